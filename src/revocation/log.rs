use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::entry::Revocation;
use crate::RevocationError;

/// The longest text of a cursor.
const MAX_CURSOR_LENGTH: usize = 256;

/// An append-only log that the processes of a fleet share: a Redis stream, a table, a subject of NATS.
///
/// [`Revocations`](crate::Revocations) decides when to call it, bounds every call in time, and calls
/// it again after a failure. One call of `read` is under way at a time, beside any number of
/// `append`.
///
/// What a log must do:
/// - **Keep its order.** What is appended later is read later, by everybody, and an entry whose
///   `append` returned `Ok` is never skipped by a reader whose cursor lies before it.
/// - **Answer.** An empty batch is a sign of life: `read` returns one after `wait`, or earlier.
/// - **Say what it lost.** If the cursor is not in the log any more, because the log was cleared,
///   restored or trimmed beyond it, `read` says [`lost_past`](Batch::lost_past). The list is then
///   read from the start, and each process appends again what it knows and the log lacks.
/// - **Forget.** An entry may be deleted once its [`until`](Revocation::until) has passed.
///
/// An entry is kept as its text ([`Revocation`]'s `Display`), at most 512 bytes, and
/// [`Batch::from_texts`] reads the texts back.
///
/// Example: [PostgreSQL](crate::guide::revocation#a-log-of-your-own).
pub trait RevocationLog: Send + Sync + 'static {
    /// Appends these entries, in any order, and returns once the log has them for good.
    ///
    /// Entries that are there already may be appended again: twice is as good as once.
    ///
    /// # Errors
    ///
    /// [`RevocationError::Log`] if the log did not acknowledge them all.
    fn append(
        &self,
        entries: Vec<Revocation>,
    ) -> impl Future<Output = Result<(), RevocationError>> + Send;

    /// Reads what was appended after this cursor, oldest first; without one, from the start.
    ///
    /// If there is nothing, waits for this long at most, and not at all for zero: then an empty
    /// batch means that everything was read. A batch holds a part of what there is, some
    /// hundreds or thousands of entries; the next call reads on.
    ///
    /// # Errors
    ///
    /// [`RevocationError::Log`] if the log could not be read. A text that is not an entry is not an
    /// error: [`Batch::from_texts`] skips it.
    fn read(
        &self,
        after: Option<Cursor>,
        wait: Duration,
    ) -> impl Future<Output = Result<Batch, RevocationError>> + Send;
}

impl<T: RevocationLog> RevocationLog for Arc<T> {
    fn append(
        &self,
        entries: Vec<Revocation>,
    ) -> impl Future<Output = Result<(), RevocationError>> + Send {
        T::append(self, entries)
    }

    fn read(
        &self,
        after: Option<Cursor>,
        wait: Duration,
    ) -> impl Future<Output = Result<Batch, RevocationError>> + Send {
        T::read(self, after, wait)
    }
}

/// A place in a log: whatever its [`RevocationLog`] reads on from, at most 256 bytes of text.
///
/// Example: [PostgreSQL](crate::guide::revocation#a-log-of-your-own).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor(Box<str>);

impl Cursor {
    /// A place in a log.
    ///
    /// # Errors
    ///
    /// [`RevocationError::Invalid`] if it is empty or longer than 256 bytes.
    pub fn new(place: impl AsRef<str>) -> Result<Self, RevocationError> {
        let place = place.as_ref();
        if place.is_empty() || place.len() > MAX_CURSOR_LENGTH {
            return Err(RevocationError::Invalid {
                what: "the cursor",
                expected: "1 to 256 bytes",
            });
        }
        Ok(Self(place.into()))
    }

    /// The text that it was made of.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a [`RevocationLog`] read.
///
/// Example: [PostgreSQL](crate::guide::revocation#a-log-of-your-own).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "logs outside of the crate make it")]
pub struct Batch {
    /// The entries, oldest first.
    pub entries: Vec<Revocation>,
    /// The place behind the last of them, skipped ones too. `None`: as it was.
    pub next: Option<Cursor>,
    /// Whether the log lacks something that stood before the cursor. What else the batch holds is
    /// taken all the same, and the next call reads from the start.
    pub lost_past: bool,
}

impl Batch {
    /// Reads the texts of entries, and skips those that are none: with a line in the log of the
    /// program for each batch that has some.
    ///
    /// An entry of a newer version of this crate is skipped too, which is logged once.
    #[must_use]
    pub fn from_texts<T: AsRef<[u8]>>(
        texts: impl IntoIterator<Item = T>,
        next: Option<Cursor>,
    ) -> Self {
        static NEWER_VERSION_LOGGED: AtomicBool = AtomicBool::new(false);

        let mut entries = Vec::new();
        let mut skipped: u64 = 0;
        for text in texts {
            let text = std::str::from_utf8(text.as_ref()).map_err(|_| RevocationError::Malformed);
            match text.and_then(str::parse) {
                Ok(entry) => entries.push(entry),
                Err(error @ RevocationError::NewerVersion(_)) => {
                    if !NEWER_VERSION_LOGGED.swap(true, Ordering::Relaxed) {
                        tracing::warn!("skipped an entry: {error}; update this program");
                    }
                }
                Err(_) => skipped = skipped.saturating_add(1),
            }
        }
        if skipped > 0 {
            tracing::warn!(skipped, "the revocation log holds texts that are not entries");
        }
        Self { entries, next, lost_past: false }
    }
}

/// What to do while a shared log cannot be heard: there is no default, because it is a choice
/// between two losses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a third way would be a change to every caller")]
pub enum OnLoss {
    /// Goes on with what is known: every good token is accepted, and for the length of the outage
    /// also those that others ended meanwhile.
    Accept,
    /// Answers 503 once this much time has passed since the list was certainly complete, and at
    /// once before the log was read for the first time. Tokens that the list refuses are still
    /// refused.
    ///
    /// So **an ended token is accepted nowhere later than this after the log has acknowledged its
    /// end**. Below a second the log is read more often; with zero nothing is accepted.
    RefuseAfter(Duration),
}

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// [`RevocationLog`] behind a pointer.
pub(super) trait DynRevocationLog: Send + Sync + 'static {
    fn append_boxed(&self, entries: Vec<Revocation>) -> BoxFuture<'_, Result<(), RevocationError>>;

    fn read_boxed(
        &self,
        after: Option<Cursor>,
        wait: Duration,
    ) -> BoxFuture<'_, Result<Batch, RevocationError>>;
}

impl<T: RevocationLog> DynRevocationLog for T {
    fn append_boxed(&self, entries: Vec<Revocation>) -> BoxFuture<'_, Result<(), RevocationError>> {
        Box::pin(self.append(entries))
    }

    fn read_boxed(
        &self,
        after: Option<Cursor>,
        wait: Duration,
    ) -> BoxFuture<'_, Result<Batch, RevocationError>> {
        Box::pin(self.read(after, wait))
    }
}
