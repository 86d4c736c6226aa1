//! Keeps what is logged on the current thread.

use std::io;
use std::sync::{Arc, LazyLock, Mutex};

use tracing::Dispatch;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Two subscribers that nothing is sent to. While there is one alone, tracing asks nobody but the
/// thread that first comes by a line whether it is wanted, and remembers the answer for all threads.
static IDLE: LazyLock<[Dispatch; 2]> = LazyLock::new(|| {
    let at_any_level = || tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
    [at_any_level().finish().into(), at_any_level().finish().into()]
});

/// What was logged so far, at any level.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Keeps what this thread logs at any level, until the guard is dropped.
    pub(crate) fn start() -> (Self, impl Sized) {
        LazyLock::force(&IDLE);
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
        (log, subscriber.with_writer(move || writer.clone()).finish().set_default())
    }

    /// All of it.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("the log").clone()).expect("text")
    }

    /// The lines of the level ERROR.
    pub(crate) fn errors(&self) -> Vec<String> {
        self.text().lines().filter(|line| line.contains("ERROR")).map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("the log").extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
