use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum_cognito::{Batch, Cursor, Revocation, RevocationError, RevocationLog};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// A log in memory that does what a test says. Clones share one log.
#[derive(Clone)]
pub(super) struct TestLog {
    inner: Arc<Inner>,
}

struct Inner {
    texts: Mutex<Texts>,
    mode: Mutex<Mode>,
    grown: Notify,
    page: usize,
    reads: AtomicUsize,
    appends: AtomicUsize,
}

#[derive(Default)]
struct Texts {
    /// Counts how often the log was cleared.
    life: usize,
    texts: Vec<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Works,
    /// Neither answers nor acknowledges.
    Hangs,
    Fails,
    Panics,
    /// Acknowledges, but its readers hear nothing.
    IsNotRead,
    /// Takes a second for every answer.
    AnswersSlowly,
    /// Takes a second for every acknowledgement.
    AppendsSlowly,
    /// Answers at once that there is nothing new, however long it may wait.
    NeverWaits,
    /// Answers from the start, whatever the cursor.
    RepeatsItself,
    /// Says every time that it lost its past.
    LosesItsPast,
}

impl TestLog {
    pub(super) fn new() -> Self {
        Self::with_page(1000)
    }

    pub(super) fn with_page(page: usize) -> Self {
        let inner = Inner {
            texts: Mutex::default(),
            mode: Mutex::new(Mode::Works),
            grown: Notify::new(),
            page,
            reads: AtomicUsize::new(0),
            appends: AtomicUsize::new(0),
        };
        Self { inner: Arc::new(inner) }
    }

    pub(super) fn set(&self, mode: Mode) {
        *self.inner.mode.lock().unwrap() = mode;
    }

    /// Writes any text, as another program may.
    pub(super) fn write(&self, text: impl AsRef<[u8]>) {
        self.inner.texts.lock().unwrap().texts.push(text.as_ref().to_vec());
        self.inner.grown.notify_waiters();
    }

    /// Loses everything, as `FLUSHALL` does.
    pub(super) fn clear(&self) {
        let mut texts = self.inner.texts.lock().unwrap();
        texts.texts.clear();
        texts.life += 1;
    }

    pub(super) fn texts(&self) -> Vec<String> {
        let texts = self.inner.texts.lock().unwrap();
        texts.texts.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect()
    }

    pub(super) fn reads(&self) -> usize {
        self.inner.reads.load(Ordering::SeqCst)
    }

    pub(super) fn appends(&self) -> usize {
        self.inner.appends.load(Ordering::SeqCst)
    }

    /// How many handles of the log there are.
    pub(super) fn clones(&self) -> usize {
        Arc::strong_count(&self.inner)
    }

    async fn act(&self) -> Result<Mode, RevocationError> {
        let mode = *self.inner.mode.lock().unwrap();
        match mode {
            Mode::Hangs => pending().await,
            Mode::Fails => Err(RevocationError::Log("no connection".to_owned())),
            Mode::Panics => panic!("a fault in the log"),
            mode => Ok(mode),
        }
    }

    fn page(&self, after: Option<&Cursor>) -> Batch {
        let texts = self.inner.texts.lock().unwrap();
        let read = match after.map(|cursor| cursor.as_str().split_once(' ').unwrap()) {
            None => 0,
            Some((life, _)) if life != texts.life.to_string() => {
                return Batch { lost_past: true, ..Batch::default() };
            }
            Some((_, read)) => read.parse().unwrap(),
        };
        let page: Vec<_> = texts.texts.iter().skip(read).take(self.inner.page).collect();
        let place = format!("{} {}", texts.life, read + page.len());
        let next = (!page.is_empty()).then(|| Cursor::new(place).unwrap());
        Batch::from_texts(page, next)
    }
}

impl RevocationLog for TestLog {
    async fn append(&self, entries: Vec<Revocation>) -> Result<(), RevocationError> {
        self.inner.appends.fetch_add(1, Ordering::SeqCst);
        if self.act().await? == Mode::AppendsSlowly {
            sleep(Duration::from_secs(1)).await;
        }
        for entry in entries {
            self.write(entry.to_string());
        }
        Ok(())
    }

    async fn read(&self, after: Option<Cursor>, wait: Duration) -> Result<Batch, RevocationError> {
        self.inner.reads.fetch_add(1, Ordering::SeqCst);
        let grown = self.inner.grown.notified();
        let mut waited = wait.is_zero();
        let mut grown = std::pin::pin!(grown);
        loop {
            let mode = self.act().await?;
            let batch = match mode {
                Mode::IsNotRead => pending().await,
                Mode::LosesItsPast => return Ok(Batch { lost_past: true, ..Batch::default() }),
                Mode::RepeatsItself => self.page(None),
                Mode::AnswersSlowly => {
                    sleep(Duration::from_secs(1)).await;
                    self.page(after.as_ref())
                }
                _ => self.page(after.as_ref()),
            };
            let is_new = batch.next.is_some() || batch.lost_past;
            if is_new || waited || mode == Mode::NeverWaits {
                return Ok(batch);
            }
            let _ = timeout(wait, grown.as_mut()).await;
            waited = true;
        }
    }
}
