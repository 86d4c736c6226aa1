//! When a renewal may be sent: a limit for each second, and the pauses that Cognito asks for.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);
/// How long a renewal waits for its turn at most.
const MAX_WAIT: Duration = Duration::from_secs(5);
/// The longest pause that an answer can cause: a wrong date must not stop all renewals for good.
const MAX_PAUSE: Duration = Duration::from_secs(300);

/// Gives turns in the order in which they are asked for, in no second more than so many.
#[derive(Debug)]
pub(super) struct Pace {
    per_second: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The last turns that were given, the oldest first: as many as a second may have.
    turns: VecDeque<Instant>,
    paused_until: Option<Instant>,
}

impl Pace {
    pub(super) fn new(per_second: usize) -> Self {
        Self { per_second, state: Mutex::default() }
    }

    /// When the next renewal may be sent; how long to wait before asking again, if that is too late
    /// to be waited for.
    pub(super) fn turn(&self, now: Instant) -> Result<Instant, Duration> {
        let mut state = self.lock();
        if let Some(pause) = state.pause(now) {
            return Err(pause);
        }
        let is_full = state.turns.len() >= self.per_second;
        let free = state.turns.front().filter(|_| is_full).map(|oldest| *oldest + SECOND);
        let turn = free.map_or(now, |free| free.max(now));
        let wait = turn.saturating_duration_since(now);
        if wait > MAX_WAIT {
            return Err(wait);
        }
        if is_full {
            state.turns.pop_front();
        }
        state.turns.push_back(turn);
        Ok(turn)
    }

    /// How long the pause that Cognito asked for still lasts, if there is one.
    pub(super) fn pause(&self, now: Instant) -> Option<Duration> {
        self.lock().pause(now)
    }

    /// Sends nothing for so long. Returns how long that is.
    pub(super) fn hold(&self, now: Instant, pause: Duration) -> Duration {
        let pause = pause.min(MAX_PAUSE);
        let mut state = self.lock();
        let until = now + pause;
        state.paused_until = Some(state.paused_until.map_or(until, |earlier| earlier.max(until)));
        pause
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn pause(&self, now: Instant) -> Option<Duration> {
        let rest = self.paused_until?.saturating_duration_since(now);
        (!rest.is_zero()).then_some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: Duration = Duration::from_millis(1);

    #[test]
    fn no_second_has_more_turns_than_the_limit() {
        let (pace, start) = (Pace::new(3), Instant::now());
        let turns: Vec<_> = (0..9).map(|_| pace.turn(start).expect("a turn") - start).collect();
        let expected = [0, 0, 0, 1, 1, 1, 2, 2, 2].map(Duration::from_secs);
        assert_eq!(turns, expected);
        let next = pace.turn(start + 2500 * MILLI).expect("a turn");
        assert_eq!(next - start, Duration::from_secs(3));
    }

    #[test]
    fn a_turn_that_is_too_far_off_is_not_waited_for_and_takes_no_place() {
        let (pace, start) = (Pace::new(1), Instant::now());
        for _ in 0..6 {
            pace.turn(start).expect("a turn");
        }
        assert_eq!(pace.turn(start), Err(Duration::from_secs(6)));
        assert_eq!(pace.turn(start), Err(Duration::from_secs(6)));
        assert_eq!(pace.turn(start + SECOND), Ok(start + 6 * SECOND));
    }

    #[test]
    fn a_pause_is_kept_to_the_longest_and_to_five_minutes() {
        let (pace, start) = (Pace::new(1), Instant::now());
        pace.hold(start, 10 * SECOND);
        pace.hold(start, SECOND);
        assert_eq!(pace.turn(start), Err(10 * SECOND));
        assert_eq!(pace.turn(start + 10 * SECOND), Ok(start + 10 * SECOND));
        assert_eq!(pace.hold(start, Duration::MAX), Duration::from_secs(300));
    }
}
