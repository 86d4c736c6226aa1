//! Which key of a load balancer is fetched next.

use std::collections::HashMap;
use std::time::Duration;

use super::KeyId;
use crate::clock::Moment;

/// How many ids are counted. When they are full all counts are halved, which forgets those that were
/// named once.
const MAX_IDS: usize = 4096;
/// How long nobody may ask for any key before the counts are forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(10);
/// How long an answer that there is no such key is believed.
const DENIED_FOR: Duration = Duration::from_secs(10);
/// How long an id that was denied twice comes behind the others.
const REMEMBERED_FOR: Duration = Duration::from_secs(600);

/// The keys that requests name and that are not cached.
///
/// Fetches are rare, and a flood of made-up ids would take them all if each went to whoever comes
/// first. The right key is the one that all honest requests name, so the id that most requests named
/// is fetched. An id that was denied may be right too, named before the endpoint served it: it is
/// fetched again after ten seconds, and from the second denial on behind ids that were not.
#[derive(Debug, Default)]
pub(super) struct Queue {
    requests: HashMap<KeyId, u32>,
    last_request: Option<Moment>,
    /// One for each fetch of ten minutes at most.
    denials: HashMap<KeyId, Denial>,
}

#[derive(Clone, Copy, Debug)]
struct Denial {
    /// When the last fetch began that was told so.
    since: Moment,
    times: u32,
}

impl Queue {
    /// Counts one more request for this key.
    pub(super) fn add(&mut self, id: KeyId, now: Moment) {
        let last_request = self.last_request.replace(now);
        if last_request.is_some_and(|last| now.since(last) >= FORGOTTEN_AFTER) {
            self.requests.clear();
        }
        if self.requests.len() >= MAX_IDS && !self.requests.contains_key(&id) {
            self.requests.retain(|_, requests| {
                *requests /= 2;
                *requests > 0
            });
        }
        if self.requests.len() < MAX_IDS || self.requests.contains_key(&id) {
            let requests = self.requests.entry(id).or_default();
            *requests = requests.saturating_add(1);
        }
    }

    /// Takes the key to fetch now, for a request that names `id`.
    pub(super) fn next(&mut self, id: KeyId, now: Moment) -> KeyId {
        let first = self.requests.iter().max_by_key(|(other, requests)| {
            (!self.comes_last(**other, now), **requests, **other == id)
        });
        let next = first.map_or(id, |(next, _)| *next);
        self.requests.remove(&next);
        next
    }

    /// Notes that the endpoint has this key.
    pub(super) fn allow(&mut self, id: KeyId) {
        self.requests.remove(&id);
        self.denials.remove(&id);
    }

    /// Notes that the endpoint does not have this key, by a fetch that began at `since`.
    pub(super) fn deny(&mut self, id: KeyId, since: Moment) {
        self.requests.remove(&id);
        self.denials.retain(|_, denial| since.since(denial.since) < REMEMBERED_FOR);
        let denial = self.denials.entry(id).or_insert(Denial { since, times: 0 });
        denial.since = since;
        denial.times = denial.times.saturating_add(1);
    }

    /// Returns whether the endpoint has just said that it does not have this key.
    pub(super) fn is_denied(&self, id: KeyId, now: Moment) -> bool {
        self.denials.get(&id).is_some_and(|denial| now.since(denial.since) < DENIED_FOR)
    }

    fn comes_last(&self, id: KeyId, now: Moment) -> bool {
        let remembered = |denial: &&Denial| now.since(denial.since) < REMEMBERED_FOR;
        self.denials.get(&id).filter(remembered).is_some_and(|denial| denial.times > 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    fn id(number: u32) -> KeyId {
        KeyId::parse(&format!("{number:08x}-0000-4000-8000-000000000000")).expect("a UUID")
    }

    fn add(queue: &mut Queue, number: u32, times: u32) {
        for _ in 0..times {
            queue.add(id(number), Clock::default().now());
        }
    }

    fn next(queue: &mut Queue) -> KeyId {
        queue.next(id(u32::MAX), Clock::default().now())
    }

    #[test]
    fn the_key_that_most_requests_name_is_fetched_first_and_then_counted_from_scratch() {
        let mut queue = Queue::default();
        add(&mut queue, 0, 8);
        (1..2000).for_each(|number| add(&mut queue, number, 1));
        assert_eq!(next(&mut queue), id(0));
        add(&mut queue, 0, 1);
        add(&mut queue, 1, 1);
        assert_eq!(next(&mut queue), id(1));
    }

    #[test]
    fn of_keys_that_are_named_as_often_the_one_of_the_request_is_fetched() {
        let mut queue = Queue::default();
        (0..10).for_each(|number| add(&mut queue, number, 1));
        assert_eq!(queue.next(id(7), Clock::default().now()), id(7));
    }

    #[test]
    fn without_requests_the_key_of_the_request_is_fetched() {
        assert_eq!(next(&mut Queue::default()), id(u32::MAX));
    }

    #[test]
    fn a_full_queue_forgets_ids_that_were_named_once_and_keeps_the_others() {
        let mut queue = Queue::default();
        add(&mut queue, 0, 3);
        (1..100_000).for_each(|number| add(&mut queue, number, 1));
        assert!(queue.requests.len() <= MAX_IDS, "{}", queue.requests.len());
        add(&mut queue, 0, 2);
        assert_eq!(next(&mut queue), id(0));
    }

    #[tokio::test(start_paused = true)]
    async fn an_id_that_was_denied_twice_comes_behind_others_for_ten_minutes() {
        let (clock, mut queue) = (Clock::default(), Queue::default());
        queue.deny(id(0), clock.now());
        add(&mut queue, 0, 5);
        add(&mut queue, 1, 1);
        assert_eq!(next(&mut queue), id(0), "denied once");
        queue.deny(id(0), clock.now());
        add(&mut queue, 0, 5);
        assert_eq!(next(&mut queue), id(1), "denied twice");
        tokio::time::advance(REMEMBERED_FOR).await;
        add(&mut queue, 0, 5);
        add(&mut queue, 1, 1);
        assert_eq!(next(&mut queue), id(0), "ten minutes later");
    }

    #[tokio::test(start_paused = true)]
    async fn a_denial_is_believed_for_ten_seconds_and_until_the_endpoint_has_the_key() {
        let (clock, mut queue) = (Clock::default(), Queue::default());
        let is_denied = |queue: &Queue| queue.is_denied(id(0), clock.now());
        queue.deny(id(0), clock.now());
        assert!(is_denied(&queue));
        tokio::time::advance(DENIED_FOR).await;
        assert!(!is_denied(&queue));
        queue.deny(id(0), clock.now());
        queue.allow(id(0));
        assert!(!is_denied(&queue));
    }

    #[tokio::test(start_paused = true)]
    async fn denials_are_forgotten_after_ten_minutes() {
        let (clock, mut queue) = (Clock::default(), Queue::default());
        for number in 0..1000 {
            queue.deny(id(number), clock.now());
            tokio::time::advance(Duration::from_secs(6)).await;
        }
        assert_eq!(queue.denials.len(), 100);
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_names_any_more_does_not_come_first() {
        let mut queue = Queue::default();
        add(&mut queue, 0, 100);
        tokio::time::advance(FORGOTTEN_AFTER).await;
        add(&mut queue, 1, 1);
        assert_eq!(next(&mut queue), id(1));
    }
}
