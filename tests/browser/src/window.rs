use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{Cookie, Failure};

/// How long a page may take to become what a test waits for.
const PATIENCE: Duration = Duration::from_secs(30);
/// The member that names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser, with the window that commands go to.
#[derive(Clone, Debug)]
pub struct Browser {
    client: Client,
    session: String,
}

impl Browser {
    pub(crate) async fn open(driver: &str) -> Result<Self, Failure> {
        let client = Client::builder().timeout(Duration::from_secs(60)).no_proxy().build()?;
        let mut options = json!({
            "args": [
                "--headless=new",
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--window-size=1000,800",
            ],
        });
        if let Ok(binary) = std::env::var("CHROMIUM") {
            options["binary"] = binary.into();
        }
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": options,
        } } });
        let opened =
            send(&client, Method::POST, &format!("{driver}/session"), capabilities).await?;
        let id = opened["sessionId"].as_str().ok_or_else(|| Failure::new("no browser session"))?;
        Ok(Self { client, session: format!("{driver}/session/{id}") })
    }

    /// Closes the browser.
    ///
    /// # Errors
    /// The driver does not answer.
    pub async fn close(self) -> Result<(), Failure> {
        self.command(Method::DELETE, "", Value::Null).await.map(|_| ())
    }

    /// Goes to an address, as if it were typed.
    ///
    /// # Errors
    /// The page does not load.
    pub async fn go(&self, url: &str) -> Result<(), Failure> {
        self.post("/url", json!({ "url": url })).await.map(|_| ())
    }

    /// Presses the button "back".
    ///
    /// # Errors
    /// The driver does not answer.
    pub async fn back(&self) -> Result<(), Failure> {
        self.post("/back", json!({})).await.map(|_| ())
    }

    /// Loads the page again.
    ///
    /// # Errors
    /// The page does not load.
    pub async fn reload(&self) -> Result<(), Failure> {
        self.post("/refresh", json!({})).await.map(|_| ())
    }

    /// The address of the page.
    ///
    /// # Errors
    /// The driver does not answer.
    pub async fn url(&self) -> Result<String, Failure> {
        Ok(text(&self.get("/url").await?))
    }

    /// What a person reads on the page.
    ///
    /// # Errors
    /// The driver does not answer.
    pub async fn text(&self) -> Result<String, Failure> {
        Ok(text(&self.run("return document.body ? document.body.innerText : ''").await?))
    }

    /// The page's source as it is now.
    ///
    /// # Errors
    /// The driver does not answer.
    pub async fn source(&self) -> Result<String, Failure> {
        Ok(text(&self.get("/source").await?))
    }

    /// Clicks the first element of this CSS selector.
    ///
    /// # Errors
    /// There is none, or it cannot be clicked.
    pub async fn click(&self, selector: &str) -> Result<(), Failure> {
        let query = json!({ "using": "css selector", "value": selector });
        let found = self.post("/element", query).await?;
        let id = text(&found[ELEMENT]);
        self.post(&format!("/element/{id}/click"), json!({})).await.map(|_| ())
    }

    /// Runs a script in the page, and returns what it returns; a promise's value, if it is one.
    ///
    /// # Errors
    /// The script fails.
    pub async fn run(&self, script: &str) -> Result<Value, Failure> {
        self.post("/execute/sync", json!({ "script": script, "args": [] })).await
    }

    /// Shows pages as somebody who prefers a dark or a light screen sees them.
    ///
    /// # Errors
    /// The driver does not answer.
    pub async fn prefer(&self, scheme: &str) -> Result<(), Failure> {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        let command = json!({
            "cmd": "Emulation.setEmulatedMedia",
            "params": { "features": features },
        });
        self.post("/goog/cdp/execute", command).await.map(|_| ())
    }

    /// Waits until the page's text has this in it.
    ///
    /// # Errors
    /// Not within 30 seconds.
    pub async fn wait_for(&self, part: &str) -> Result<(), Failure> {
        let began = Instant::now();
        loop {
            // A page that is being left has no text.
            let seen = self.text().await.unwrap_or_default();
            if seen.contains(part) {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                let url = self.url().await.unwrap_or_default();
                return Err(Failure::new(format_args!("no {part:?} at {url}, but {seen:?}")));
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// The cookies of the page's address.
    ///
    /// # Errors
    /// The driver does not answer.
    pub async fn cookies(&self) -> Result<Vec<Cookie>, Failure> {
        let cookies = self.get("/cookie").await?;
        Ok(cookies.as_array().into_iter().flatten().map(Cookie::read).collect())
    }

    /// Opens another tab and goes on in it. Returns the tab that was left.
    ///
    /// # Errors
    /// The driver does not answer.
    pub async fn open_tab(&self) -> Result<String, Failure> {
        let left = text(&self.get("/window").await?);
        let opened = self.post("/window/new", json!({ "type": "tab" })).await?;
        self.switch_to(&text(&opened["handle"])).await?;
        Ok(left)
    }

    /// Goes on in this tab. Returns the tab that was left.
    ///
    /// # Errors
    /// There is no such tab.
    pub async fn switch_to(&self, tab: &str) -> Result<String, Failure> {
        let left = self.get("/window").await.map(|handle| text(&handle)).unwrap_or_default();
        self.post("/window", json!({ "handle": tab })).await?;
        Ok(left)
    }

    /// Writes the page's picture and source into a folder, for whoever looks at a test that failed.
    ///
    /// # Errors
    /// The driver does not answer, or the folder cannot be written to.
    pub async fn keep(&self, folder: &Path, name: &str) -> Result<(), Failure> {
        tokio::fs::create_dir_all(folder).await?;
        let source = self.source().await.unwrap_or_default();
        let url = self.url().await.unwrap_or_default();
        let page = format!("<!-- {url} -->\n{source}");
        tokio::fs::write(folder.join(format!("{name}.html")), page).await?;
        let picture = decode(&text(&self.get("/screenshot").await?));
        tokio::fs::write(folder.join(format!("{name}.png")), picture).await?;
        Ok(())
    }

    async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.command(Method::GET, path, Value::Null).await
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value, Failure> {
        self.command(Method::POST, path, body).await
    }

    async fn command(&self, method: Method, path: &str, body: Value) -> Result<Value, Failure> {
        send(&self.client, method, &format!("{}{path}", self.session), body).await
    }
}

async fn send(client: &Client, method: Method, url: &str, body: Value) -> Result<Value, Failure> {
    let request = client.request(method, url);
    let request = if body.is_null() { request } else { request.json(&body) };
    let answer: Value = request.send().await?.json().await?;
    let value = &answer["value"];
    if let Some(error) = value["error"].as_str() {
        let message = value["message"].as_str().unwrap_or_default();
        let message = message.lines().next().unwrap_or_default();
        return Err(Failure::new(format_args!("{error}: {message}")));
    }
    Ok(value.clone())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Base64 (RFC 4648 §4) of a picture.
fn decode(text: &str) -> Vec<u8> {
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::with_capacity(text.len() / 4 * 3));
    for char in text.bytes() {
        let value = match char {
            b'A'..=b'Z' => char - b'A',
            b'a'..=b'z' => char - b'a' + 26,
            b'0'..=b'9' => char - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => break,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}
