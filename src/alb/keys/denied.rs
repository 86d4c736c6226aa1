use std::time::Duration;

use super::KeyId;
use crate::clock::Moment;

/// How long an answer that there is no such key is believed.
const BELIEVED_FOR: Duration = Duration::from_secs(10);
/// How long a key that was denied is not put before keys that never were.
const REMEMBERED_FOR: Duration = Duration::from_secs(600);
/// How many are remembered: with 5 seconds between fetches, no more fit into the time.
const MAX_DENIED: usize = 128;

/// The keys that the endpoint said it does not have, in the order in which it said so.
///
/// A flood that repeats made-up ids has each of them fetched once in a while, and no more. The right
/// key can be among them, if it is named before the endpoint serves it: so who asks for them again
/// is served in turn, however often each of them is named.
#[derive(Debug, Default)]
pub(super) struct Denied {
    denials: Vec<Denial>,
}

#[derive(Debug)]
struct Denial {
    id: KeyId,
    /// When the fetch began that was told so.
    since: Moment,
    /// Whether a request named the key when that was no longer believed.
    asked_again: bool,
}

impl Denied {
    /// Notes that the endpoint does not have this key.
    pub(super) fn add(&mut self, id: KeyId, since: Moment) {
        let remembered = |denial: &Denial| since.since(denial.since) < REMEMBERED_FOR;
        self.denials.retain(|denial| denial.id != id && remembered(denial));
        if self.denials.len() >= MAX_DENIED {
            self.denials.remove(0);
        }
        self.denials.push(Denial { id, since, asked_again: false });
    }

    /// Notes that the endpoint has this key.
    pub(super) fn remove(&mut self, id: KeyId) {
        self.denials.retain(|denial| denial.id != id);
    }

    /// Whether the endpoint has just said that it does not have this key.
    pub(super) fn is_believed(&self, id: KeyId, now: Moment) -> bool {
        self.denials.iter().any(|denial| denial.id == id && denial.is_believed(now))
    }

    /// One more request for this key. Returns whether the key was denied, and is remembered as such.
    pub(super) fn ask(&mut self, id: KeyId, now: Moment) -> bool {
        let remembered = |own: &&mut Denial| own.id == id && now.since(own.since) < REMEMBERED_FOR;
        let Some(denial) = self.denials.iter_mut().find(remembered) else { return false };
        denial.asked_again = denial.asked_again || !denial.is_believed(now);
        true
    }

    /// Nobody has asked for any key for a while: no denied key has a turn before it is named again.
    pub(super) fn forget_who_asked(&mut self) {
        self.denials.iter_mut().for_each(|denial| denial.asked_again = false);
    }

    /// The key that was denied first of those that are asked for again.
    pub(super) fn take(&mut self) -> Option<KeyId> {
        let denial = self.denials.iter_mut().find(|denial| denial.asked_again)?;
        denial.asked_again = false;
        Some(denial.id)
    }
}

impl Denial {
    fn is_believed(&self, now: Moment) -> bool {
        now.since(self.since) < BELIEVED_FOR
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    fn id(number: usize) -> KeyId {
        KeyId::parse(&format!("{number:08x}-0000-4000-8000-000000000000")).expect("a UUID")
    }

    #[tokio::test(start_paused = true)]
    async fn denied_keys_take_turns_however_often_each_is_named() {
        let (clock, mut denied) = (Clock::default(), Denied::default());
        for number in 0..3 {
            denied.add(id(number), clock.now());
        }
        tokio::time::advance(BELIEVED_FOR).await;
        let mut taken = Vec::new();
        for _ in 0..2 {
            for number in [2, 2, 2, 1, 2, 2, 0] {
                assert!(denied.ask(id(number), clock.now()));
            }
            let next = denied.take().expect("a key that was asked for");
            denied.add(next, clock.now());
            taken.push(next);
        }
        assert_eq!(taken, [id(0), id(1)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_denied_key_is_forgotten_after_some_minutes() {
        let (clock, mut denied) = (Clock::default(), Denied::default());
        denied.add(id(0), clock.now());
        tokio::time::advance(REMEMBERED_FOR).await;
        assert!(!denied.ask(id(0), clock.now()));
        denied.add(id(1), clock.now());
        assert_eq!(denied.denials.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_denied_key_that_had_its_turn_has_none_before_it_is_named_again() {
        let (clock, mut denied) = (Clock::default(), Denied::default());
        denied.add(id(0), clock.now());
        tokio::time::advance(BELIEVED_FOR).await;
        for _ in 0..2 {
            assert!(denied.ask(id(0), clock.now()));
            assert_eq!([denied.take(), denied.take()], [Some(id(0)), None]);
        }
    }

    #[test]
    fn a_key_that_the_endpoint_has_is_denied_no_more_and_others_are() {
        let (now, mut denied) = (Clock::default().now(), Denied::default());
        for number in 0..3 {
            denied.add(id(number), now);
        }
        denied.remove(id(1));
        assert_eq!([0, 1, 2].map(|number| denied.ask(id(number), now)), [true, false, true]);
    }

    #[test]
    fn no_more_than_128_are_kept_and_the_oldest_goes_first() {
        let (now, mut denied) = (Clock::default().now(), Denied::default());
        for number in 0..=128 {
            denied.add(id(number), now);
        }
        assert_eq!(denied.denials.len(), 128);
        assert!(!denied.is_believed(id(0), now) && denied.is_believed(id(1), now));
    }
}
