//! One renewal for all who come with the same refresh token.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::tokens::Tokens;
use crate::RenewError;
use crate::clock::Moment;
use crate::crypto::TokenDigest;

/// How long the result of a renewal is shared with those who come later with the same token.
pub(super) const SHARED_FOR: Duration = Duration::from_secs(10);
/// How long a renewal may take besides its requests: for its turn, and for the key of new tokens.
const BESIDE_REQUESTS: Duration = Duration::from_secs(90);
/// How many there are at most, under way and shared.
const MAX_RENEWALS: usize = 20_000;

/// The result of a renewal.
pub(super) type Outcome = Result<Tokens, RenewError>;
/// Where the result of a renewal will be.
pub(super) type Results = watch::Receiver<Option<Outcome>>;

/// The renewals under way, and those that ended not long ago, by the digest of the refresh token:
/// the token itself is not kept.
#[derive(Debug)]
pub(super) struct Renewals {
    /// When a renewal that has not ended is given up for lost: its runtime is not run any more.
    lost_after: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next_number: u64,
    by_token: HashMap<TokenDigest, Renewal>,
}

#[derive(Debug)]
struct Renewal {
    number: u64,
    started: Moment,
    ended: Option<Moment>,
    results: Results,
}

/// What there is for a refresh token.
pub(super) enum Joined {
    /// A renewal of somebody else's.
    Shared(Results),
    /// A renewal to be made: its number, and where its result is sent.
    Begun(u64, watch::Sender<Option<Outcome>>, Results),
    /// Too many renewals are under way.
    Full,
}

impl Renewals {
    /// Of a client whose requests for one renewal take this long at most, all together.
    pub(super) fn new(longest: Duration) -> Self {
        Self { lost_after: longest.saturating_add(BESIDE_REQUESTS), state: Mutex::default() }
    }

    /// Joins the renewal with this token, or begins it.
    pub(super) fn join(&self, token: TokenDigest, now: Moment) -> Joined {
        let mut state = self.lock();
        if let Some(renewal) =
            state.by_token.get(&token).filter(|renewal| self.is_good(renewal, now))
        {
            return Joined::Shared(renewal.results.clone());
        }
        // Each goes by itself, unless its runtime is not run any more.
        state.by_token.retain(|_, renewal| self.is_good(renewal, now));
        if state.by_token.len() >= MAX_RENEWALS {
            return Joined::Full;
        }
        let number = state.next_number;
        state.next_number = number.wrapping_add(1);
        let (sender, results) = watch::channel(None);
        let renewal = Renewal { number, started: now, ended: None, results: results.clone() };
        state.by_token.insert(token, renewal);
        Joined::Begun(number, sender, results)
    }

    /// Notes that a renewal has ended, with a result that may be shared. Returns whether it is still
    /// there.
    pub(super) fn end(&self, token: &TokenDigest, number: u64, now: Moment) -> bool {
        let mut state = self.lock();
        let renewal = state.by_token.get_mut(token).filter(|renewal| renewal.number == number);
        renewal.map(|renewal| renewal.ended = Some(now)).is_some()
    }

    /// Forgets a renewal, if it is still this one.
    pub(super) fn forget(&self, token: &TokenDigest, number: u64) {
        let mut state = self.lock();
        if state.by_token.get(token).is_some_and(|renewal| renewal.number == number) {
            state.by_token.remove(token);
        }
    }

    /// Forgets the renewal with this token, and those whose tokens are revoked: nobody gets them.
    pub(super) fn forget_revoked(
        &self,
        token: Option<TokenDigest>,
        is_revoked: impl Fn(&Tokens) -> bool,
    ) {
        self.lock().by_token.retain(|digest, renewal| {
            let outcome = renewal.results.borrow();
            let tokens = outcome.as_ref().and_then(|outcome| outcome.as_ref().ok());
            Some(*digest) != token && !tokens.is_some_and(&is_revoked)
        });
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lock().by_token.len()
    }

    /// Whether there is a result to wait for, or one that may still be shared.
    fn is_good(&self, renewal: &Renewal, now: Moment) -> bool {
        match renewal.ended {
            Some(ended) => now.since(ended) < SHARED_FOR,
            None => now.since(renewal.started) < self.lost_after,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    const TIMEOUT: Duration = Duration::from_secs(10);

    fn begun(renewals: &Renewals, token: &str, now: Moment) -> Option<u64> {
        match renewals.join(TokenDigest::of(token), now) {
            Joined::Begun(number, ..) => Some(number),
            Joined::Shared(_) | Joined::Full => None,
        }
    }

    #[test]
    fn a_renewal_that_nobody_ends_is_given_up_for_lost() {
        let clock = crate::testing::TestClock::new();
        let (renewals, now) = (Renewals::new(TIMEOUT), || Clock::Test(clock.clone()).now());
        assert_eq!(begun(&renewals, "token", now()), Some(0));
        clock.advance(TIMEOUT + BESIDE_REQUESTS - Duration::from_secs(1));
        assert_eq!(begun(&renewals, "token", now()), None);
        clock.advance(Duration::from_secs(1));
        assert_eq!(begun(&renewals, "token", now()), Some(1));
        renewals.forget(&TokenDigest::of("token"), 0);
        assert_eq!(
            begun(&renewals, "token", now()),
            None,
            "the late one must not take the new one"
        );
    }

    #[test]
    fn there_is_a_bound_for_all_of_them_and_those_that_are_over_make_room() {
        let clock = crate::testing::TestClock::new();
        let (renewals, now) = (Renewals::new(TIMEOUT), Clock::Test(clock.clone()).now());
        for token in 0..MAX_RENEWALS {
            let number = begun(&renewals, &token.to_string(), now).expect("there is room");
            renewals.end(&TokenDigest::of(&token.to_string()), number, now);
        }
        assert_eq!(begun(&renewals, "one more", now), None);
        clock.advance(SHARED_FOR);
        assert!(begun(&renewals, "one more", Clock::Test(clock).now()).is_some());
        assert_eq!(renewals.len(), 1);
    }
}
