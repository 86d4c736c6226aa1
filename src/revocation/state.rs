use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::entry::Revocation;
use super::list::{List, NoRoom, Now};
use super::log::{Batch, Cursor, DynRevocationLog, OnLoss};
use super::status::{RevocationsState, RevocationsStatus};
use crate::clock::{AtomicMoment, Clock, Moment};
use crate::{RevocationError, telemetry};

/// A reader that has heard nothing for this long knows that it is deaf.
pub(super) const DEAF_AFTER: Duration = Duration::from_secs(3);
/// How long a log may wait for news before it must say that there is none.
const LONGEST_POLL: Duration = Duration::from_secs(1);
/// How much longer than it was told to wait a log may take to answer.
const READ_GRACE: Duration = Duration::from_secs(2);
/// A reader that has not moved for this long is lost: nobody runs its runtime.
const LOST_AFTER: Duration = Duration::from_secs(8);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(1);
/// How often a log that breaks its contract is asked at most.
const PAUSE: Duration = Duration::from_millis(100);
/// What all processes that found the log cleared wait for at random, so that the first one heals it.
const LONGEST_JITTER: Duration = Duration::from_secs(1);
/// How long a log that has lost entries must be heard without a break before it counts as complete again: the others
/// notice the loss, reconnect, wait for each other and append what only they know within this time.
const RESTORED_AFTER: Duration = Duration::from_secs(6);
/// How soon entries that the log did not take are sent again.
const SEND_AGAIN_AFTER: Duration = Duration::from_secs(2);
/// How often the log is read from the start because some entries had no room.
const REREAD_AFTER: Duration = Duration::from_secs(30);
/// When a client should try again: a log that answers again is heard at once.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The list, and what is known of its log.
///
/// The one rule that all of it serves: **the list is complete as of `complete`**, the start of the
/// last call of the log that found nothing new. What was acknowledged before that moment is in the
/// list. So a process that accepts a token only while `complete` is younger than `d` accepts no
/// ended token later than `d` after the acknowledgement. Whoever decides reads `complete` first and
/// the list after it; the reader fills the list first and sets `complete` after it.
pub(super) struct State {
    pub(super) list: List,
    pub(super) lifetime: Duration,
    pub(super) max_wait: Duration,
    pub(super) shared: Option<Shared>,
    clock: OnceLock<Clock>,
    /// When the list was first used: the clock that no jump moves runs from here.
    began: OnceLock<Moment>,
    /// The longest leeway of the verifiers that use the list, in nanoseconds.
    leeway: AtomicU64,
    is_full: AtomicBool,
}

/// The log that the list is shared through.
pub(super) struct Shared {
    pub(super) log: Arc<dyn DynRevocationLog>,
    pub(super) on_loss: OnLoss,
    /// When the log was last called, or its answer taken.
    moved: AtomicMoment,
    /// When the log last answered.
    heard: AtomicMoment,
    /// As of when the list is complete.
    complete: AtomicMoment,
    /// When reading began for the first time.
    started: OnceLock<Moment>,
    is_running: AtomicBool,
    is_failing: AtomicBool,
    is_deaf: AtomicBool,
    control: Mutex<Control>,
    /// Sends whenever something has changed that a request may wait for.
    news: watch::Sender<()>,
}

/// Where the reader is. Locked for moments only.
#[derive(Default)]
struct Control {
    /// Counts the readers: only the newest one moves the cursor.
    reader: u64,
    task: Option<AbortHandle>,
    cursor: Option<Cursor>,
    /// Whether the last answer was that there is nothing new.
    is_caught_up: bool,
    /// The reading of the log that is under way, from its start on: 1 to 255.
    reading: u8,
    /// Whether the log has lost its past and was not read to its end since.
    has_lost: bool,
    /// When the log lost its past, or last failed after that, until it counts as restored.
    lost_at: Option<Moment>,
    failures: u32,
    /// When to append what the log lacks.
    heal_at: Option<Moment>,
    heal_after: Duration,
    is_healing: bool,
    /// When entries that had no room made the list incomplete.
    missed: Option<Moment>,
    last_error: Option<RevocationError>,
}

/// How a token stands, where the list does not refuse it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    /// It may be accepted.
    Accept,
    /// The list may become complete in a moment.
    Wait,
    Refuse,
}

/// One call of the log.
pub(super) struct Call {
    pub(super) cursor: Option<Cursor>,
    pub(super) wait: Duration,
    pub(super) limit: Duration,
    at: Moment,
}

/// What the reader does after a call.
#[derive(Debug, Default)]
pub(super) struct Next {
    pub(super) pause: Duration,
    /// Append what the log lacks, by the reading of this number.
    pub(super) heal: Option<u8>,
}

impl State {
    pub(super) fn new(
        capacity: usize,
        lifetime: Duration,
        max_wait: Duration,
        shared: Option<Shared>,
        clock: Option<Clock>,
    ) -> Self {
        Self {
            list: List::new(capacity),
            lifetime,
            max_wait,
            shared,
            clock: clock.map(OnceLock::from).unwrap_or_default(),
            began: OnceLock::new(),
            leeway: AtomicU64::new(0),
            is_full: AtomicBool::new(false),
        }
    }

    pub(super) fn now(&self) -> Moment {
        self.clock.get().map_or_else(|| Clock::System.now(), Clock::now)
    }

    /// Takes the clock of a verifier that a test moves, unless there is one of its own.
    pub(super) fn adopt_clock(&self, clock: &Clock) {
        match clock {
            Clock::System => {}
            #[cfg(feature = "testing")]
            Clock::Test(_) => drop(self.clock.set(clock.clone())),
        }
    }

    pub(super) fn note_leeway(&self, leeway: Duration) {
        let nanos = u64::try_from(leeway.as_nanos()).unwrap_or(u64::MAX);
        self.leeway.fetch_max(nanos, Ordering::Relaxed);
    }

    /// The times by which entries go.
    pub(super) fn times(&self, now: Moment) -> Now {
        let began = *self.began.get_or_init(|| now);
        Now {
            wall: now.wall(),
            steady: now.steady_wall(began),
            leeway: Duration::from_nanos(self.leeway.load(Ordering::Relaxed)),
        }
    }

    /// Refuses by these entries from now on. `seen` is the reading of the log that they come from.
    pub(super) fn enforce(
        &self,
        entries: &[Revocation],
        seen: u8,
        now: Moment,
    ) -> Result<(), RevocationError> {
        let times = self.times(now);
        let mut outcome = Ok(());
        for entry in entries {
            if self.list.add(entry, seen, times) == Err(NoRoom) {
                outcome = Err(RevocationError::Full { capacity: self.list.capacity() });
            }
        }
        match &outcome {
            Err(error) => {
                if !self.is_full.swap(true, Ordering::Relaxed) {
                    tracing::error!("{error}; a larger capacity needs 70 B for each entry");
                }
            }
            Ok(()) => {
                if self.list.len() < self.list.capacity() {
                    self.is_full.store(false, Ordering::Relaxed);
                }
            }
        }
        telemetry::revocations(self.list.len());
        outcome
    }

    /// Whether good tokens are accepted, by a list that was complete at least once.
    pub(super) fn is_ready(&self, now: Moment) -> bool {
        let Some(shared) = &self.shared else { return true };
        match (shared.on_loss, shared.complete.age(now)) {
            (_, None) => false,
            (OnLoss::Accept, Some(_)) => true,
            (OnLoss::RefuseAfter(limit), Some(age)) => age <= limit,
        }
    }

    pub(super) fn status(&self) -> RevocationsStatus {
        let now = self.now();
        let entries = self.list.live(self.times(now));
        let Some(shared) = &self.shared else {
            let is_full = self.is_full.load(Ordering::Relaxed) && entries >= self.list.capacity();
            return RevocationsStatus {
                state: if is_full { RevocationsState::Full } else { RevocationsState::Current },
                entries,
                last_heard: None,
                last_error: None,
                is_ready: true,
            };
        };
        let control = shared.control();
        RevocationsStatus {
            state: shared.state(control.missed.is_some(), now),
            entries,
            last_heard: shared.heard.age(now),
            last_error: control.last_error.clone(),
            is_ready: self.is_ready(now),
        }
    }
}

impl Shared {
    pub(super) fn new(log: Arc<dyn DynRevocationLog>, on_loss: OnLoss) -> Self {
        Self {
            log,
            on_loss,
            moved: AtomicMoment::never(),
            heard: AtomicMoment::never(),
            complete: AtomicMoment::never(),
            started: OnceLock::new(),
            is_running: AtomicBool::new(false),
            is_failing: AtomicBool::new(false),
            is_deaf: AtomicBool::new(false),
            control: Mutex::new(Control { reading: 1, ..Control::default() }),
            news: watch::Sender::new(()),
        }
    }

    /// Whether a token that the list does not refuse may be accepted.
    pub(super) fn freshness(&self, max_wait: Duration, now: Moment) -> Freshness {
        let deaf = match self.on_loss {
            OnLoss::Accept => Freshness::Accept,
            OnLoss::RefuseAfter(_) => Freshness::Refuse,
        };
        let Some(age) = self.complete.age(now) else {
            let started = self.started.get();
            let may_come = started.is_some_and(|started| now.since(*started) < max_wait);
            return if may_come { Freshness::Wait } else { deaf };
        };
        match self.on_loss {
            OnLoss::RefuseAfter(limit) if age > limit => {
                // A process that was frozen, or whose runtime ended, is behind and not deaf.
                let is_failing = self.is_failing.load(Ordering::Relaxed);
                if is_failing { Freshness::Refuse } else { Freshness::Wait }
            }
            OnLoss::Accept | OnLoss::RefuseAfter(_) => Freshness::Accept,
        }
    }

    /// Until when a request may wait for the list to be complete.
    pub(super) fn wait_until(&self, max_wait: Duration, now: Moment) -> tokio::time::Instant {
        let started = self.started.get().filter(|_| self.complete.age(now).is_none());
        started.copied().unwrap_or(now).deadline(max_wait)
    }

    /// Whether the log was read as a whole at some time.
    pub(super) fn is_read(&self) -> bool {
        self.complete.is_set()
    }

    pub(super) fn accepts_on_loss(&self) -> bool {
        self.on_loss == OnLoss::Accept
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    pub(super) fn last_error(&self) -> Option<RevocationError> {
        self.control().last_error.clone()
    }

    /// How long nothing was heard, from the first call of the log on.
    pub(super) fn silence(&self, now: Moment) -> Duration {
        let started = || self.started.get().map(|started| now.since(*started));
        self.heard.age(now).or_else(started).unwrap_or_default()
    }

    /// Whether a reader runs, as far as can be seen.
    pub(super) fn is_running(&self, now: Moment) -> bool {
        self.is_running.load(Ordering::Acquire)
            && self.moved.age(now).is_some_and(|age| age < LOST_AFTER)
    }

    /// Makes way for a new reader, unless another thread has done so: its number.
    pub(super) fn begin(&self, now: Moment) -> Option<u64> {
        let mut control = self.control();
        if self.is_running(now) {
            return None;
        }
        let lost = control.task.take();
        control.reader = control.reader.wrapping_add(1);
        control.failures = 0;
        control.is_caught_up = false;
        let reader = control.reader;
        let _ = self.started.set(now);
        self.moved.set(now);
        self.is_failing.store(false, Ordering::Relaxed);
        self.is_running.store(true, Ordering::Release);
        drop(control);
        if let Some(lost) = lost {
            lost.abort();
        }
        Some(reader)
    }

    pub(super) fn keep(&self, reader: u64, task: AbortHandle) {
        let mut control = self.control();
        if control.reader == reader {
            control.task = Some(task);
        }
    }

    /// A reader has ended, perhaps with its runtime.
    pub(super) fn end(&self, reader: u64) {
        if self.control().reader == reader {
            self.is_running.store(false, Ordering::Release);
        }
    }

    pub(super) fn stop(&self) {
        let task = self.control().task.take();
        if let Some(task) = task {
            task.abort();
        }
    }

    /// What to call the log with; `None` once another reader has taken over.
    pub(super) fn call(&self, reader: u64, now: Moment) -> Option<Call> {
        let control = self.control();
        if control.reader != reader {
            return None;
        }
        self.moved.set(now);
        // While there may be more, only what is there: an empty answer then says that it is all.
        let poll = match self.on_loss {
            OnLoss::Accept => LONGEST_POLL,
            OnLoss::RefuseAfter(limit) => LONGEST_POLL.min(limit / 4),
        };
        // Those who are to heal a log wait for each other, and not all for the same moment.
        let heals = control.heal_at.filter(|_| !control.is_healing);
        let heals_in = heals.map(|at| control.heal_after.saturating_sub(now.since(at)));
        let poll = heals_in.map_or(poll, |rest| poll.min(rest.max(PAUSE / 10)));
        let wait = if control.is_caught_up { poll } else { Duration::ZERO };
        let limit = wait.saturating_add(READ_GRACE);
        Some(Call { cursor: control.cursor.clone(), wait, limit, at: now })
    }

    /// Says that appending has failed, so that it is tried again once the log is heard.
    pub(super) fn not_appended(&self, error: RevocationError, now: Moment) {
        let mut control = self.control();
        control.last_error = Some(error);
        control.heal_at = Some(now);
        control.heal_after = SEND_AGAIN_AFTER;
    }

    pub(super) fn healed(&self) {
        self.control().is_healing = false;
    }

    /// Puts down that the log failed, or did not answer in time.
    pub(super) fn failed(&self, reader: u64, error: RevocationError, now: Moment) -> Next {
        let mut control = self.control();
        if control.reader != reader {
            return Next::default();
        }
        self.moved.set(now);
        self.is_failing.store(true, Ordering::Relaxed);
        control.failures = control.failures.saturating_add(1);
        control.lost_at = control.lost_at.map(|_| now);
        // So that the first answer tells whether there is more, without a wait for news.
        control.is_caught_up = false;
        let back_off = PAUSE.saturating_mul(1 << control.failures.min(4));
        let silence = self.silence(now);
        if silence >= DEAF_AFTER && !self.is_deaf.swap(true, Ordering::Relaxed) {
            telemetry::revocations_deaf(true);
            tracing::warn!(%error, "nothing was heard from the revocation log for {silence:?}");
        } else {
            tracing::debug!(%error, "the revocation log was not read");
        }
        control.last_error = Some(error);
        drop(control);
        self.news.send_replace(());
        let pause = jitter(back_off.min(LONGEST_BACK_OFF)).max(PAUSE / 2);
        // No longer than until it is known that nothing is heard.
        let rest = DEAF_AFTER.saturating_sub(silence);
        Next { pause: if rest.is_zero() { pause } else { pause.min(rest) }, heal: None }
    }

    fn state(&self, has_missed: bool, now: Moment) -> RevocationsState {
        if has_missed {
            RevocationsState::Full
        } else if self.silence(now) >= DEAF_AFTER {
            RevocationsState::Deaf
        } else if self.is_read() {
            RevocationsState::Current
        } else {
            RevocationsState::Reading
        }
    }

    fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes what the log answered.
    pub(super) fn take(&self, shared: &Shared, reader: u64, call: &Call, batch: Batch) -> Next {
        let now = self.now();
        let reading = shared.control().reading;
        // The list first, and what is known of it after that.
        let is_complete = self.enforce(&batch.entries, reading, now).is_ok();
        let mut control = shared.control();
        if control.reader != reader {
            return Next::default();
        }
        shared.moved.set(now);
        shared.heard.set(now);
        shared.is_failing.store(false, Ordering::Relaxed);
        if shared.is_deaf.swap(false, Ordering::Relaxed) {
            telemetry::revocations_deaf(false);
            tracing::info!("the revocation log answers again");
        }
        telemetry::revocations_heard(now.wall());
        control.failures = 0;
        if control.heal_at.is_none() {
            control.last_error = None;
        }
        if !is_complete {
            control.missed = Some(now);
        }
        let next = if batch.lost_past {
            control.lose(now)
        } else {
            let has_moved = batch.next.is_some() && batch.next != call.cursor;
            let is_empty = batch.entries.is_empty() && !has_moved;
            if has_moved {
                control.cursor = batch.next;
            }
            if is_empty {
                self.caught_up(shared, &mut control, call, now)
            } else {
                control.is_caught_up = false;
                // A log that goes on answering the same is not asked without end.
                Next { pause: if has_moved { Duration::ZERO } else { PAUSE }, heal: None }
            }
        };
        drop(control);
        shared.news.send_replace(());
        next
    }

    /// There was nothing new when the log was called.
    fn caught_up(&self, shared: &Shared, control: &mut Control, call: &Call, now: Moment) -> Next {
        control.is_caught_up = true;
        control.has_lost = false;
        // A log that does not wait is asked as often as one that does.
        let pause = call.wait.saturating_sub(now.since(call.at));
        // What somebody has ended shortly before the loss may be known to that process alone.
        control.lost_at = control.lost_at.filter(|lost| now.since(*lost) < RESTORED_AFTER);
        match control.missed {
            None if control.lost_at.is_some() => {}
            None => shared.complete.set(call.at),
            Some(missed) => {
                self.list.sweep(self.times(now));
                if self.list.len() < self.list.capacity() && now.since(missed) >= REREAD_AFTER {
                    control.missed = None;
                    control.restart();
                }
            }
        }
        let is_due = control.heal_at.is_some_and(|at| now.since(at) >= control.heal_after);
        if !is_due || control.is_healing {
            return Next { pause, heal: None };
        }
        control.heal_at = None;
        control.is_healing = true;
        Next { pause, heal: Some(control.reading) }
    }
}

impl Control {
    /// The log lacks something that it had: reads it from the start, and appends what it lacks.
    fn lose(&mut self, now: Moment) -> Next {
        let again = self.has_lost;
        if !again {
            tracing::warn!("the revocation log has lost entries: it is read from the start");
        }
        self.has_lost = true;
        self.lost_at = Some(now);
        self.restart();
        self.heal_at = Some(now);
        self.heal_after = jitter(LONGEST_JITTER);
        Next { pause: if again { LONGEST_BACK_OFF } else { Duration::ZERO }, heal: None }
    }

    fn restart(&mut self) {
        self.cursor = None;
        self.is_caught_up = false;
        self.reading = self.reading.checked_add(1).unwrap_or(1);
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if let Some(shared) = &self.shared {
            shared.stop();
        }
    }
}

/// A random part of this time.
fn jitter(longest: Duration) -> Duration {
    longest.mul_f64(fastrand::f64())
}
