//! A browser that a test drives, over WebDriver (<https://www.w3.org/TR/webdriver2/>).

mod driver;
mod error;
mod page;
mod window;

pub use self::driver::Driver;
pub use self::error::Failure;
pub use self::page::Cookie;
pub use self::window::Browser;
