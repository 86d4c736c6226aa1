//! Keeps what is logged on the current thread.

use std::io;
use std::sync::{Arc, Mutex, Once};

use tracing_subscriber::util::SubscriberInitExt as _;

/// What was logged so far, at any level.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Keeps what this thread logs at any level, until the guard is dropped.
    ///
    /// All other threads get a subscriber too, which drops what it is told: `tracing` remembers for the
    /// whole program that nobody wants an event, if a thread without one comes to it first.
    pub(crate) fn start() -> (Self, impl Sized) {
        static EVERYWHERE: Once = Once::new();
        EVERYWHERE.call_once(|| tracing_subscriber::registry().init());
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
