use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use super::KeyId;
use crate::clock::Moment;

/// Counters in a row; there are two rows.
const WIDTH: u16 = 4096;
/// After so many requests all counters are halved.
const HALVED_AFTER: u32 = 1 << 24;
/// Every so many fetches, one is for a key that is drawn by lot.
const LOT_EVERY: u32 = 4;
/// How long nobody may ask for any key before what they asked for is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(10);

/// The keys that requests ask for, that are not at hand and that the endpoint has not denied, and
/// which of them is fetched next.
///
/// Fetches are rare, and a flood of made-up ids would take them all if each went to whoever comes
/// first. The right key is the one that all honest requests name, so the most wanted is fetched.
/// Every fourth fetch is for a request that is drawn by lot, so no flood, however it is made, keeps
/// a key away for ever.
///
/// How often an id was asked for is estimated, in memory that does not grow: the counters that it
/// hashes to are shared with others, so the lesser of two is nearer to the truth (a count-min
/// sketch). The hash is seeded, so nobody can choose ids that share one.
#[derive(Debug)]
pub(super) struct Wanted {
    hasher: RandomState,
    counters: Box<[u32]>,
    requests: u32,
    most_wanted: Option<(KeyId, u32)>,
    by_lot: Option<KeyId>,
    /// How many took part in the lot.
    lots: u64,
    taken: u32,
    last: Option<Moment>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            counters: Box::default(),
            requests: 0,
            most_wanted: None,
            by_lot: None,
            lots: 0,
            taken: 0,
            last: None,
        }
    }
}

impl Wanted {
    /// Somebody asks for a key, whether or not that counts. Returns whether all that was asked before
    /// is forgotten.
    pub(super) fn touch(&mut self, now: Moment) -> bool {
        let outlived = |last: Moment| now.since(last) >= FORGOTTEN_AFTER;
        let forgotten = self.last.replace(now).is_some_and(outlived);
        if forgotten {
            self.start_anew();
        }
        forgotten
    }

    /// One more request for this key.
    pub(super) fn note(&mut self, id: KeyId) {
        let requests = self.count(id);
        if self.most_wanted.is_none_or(|(_, most)| requests >= most) {
            self.most_wanted = Some((id, requests));
        }
        self.lots = self.lots.saturating_add(1);
        if fastrand::u64(..self.lots) == 0 {
            self.by_lot = Some(id);
        }
    }

    /// The key to fetch next, if any was asked for since the last one.
    pub(super) fn take(&mut self) -> Option<KeyId> {
        self.taken = self.taken.wrapping_add(1);
        let most_wanted = self.most_wanted.map(|(id, _)| id);
        let id = if self.taken % LOT_EVERY == 0 { self.by_lot } else { most_wanted }?;
        self.start_anew();
        for cell in self.cells(id) {
            self.set(cell, 0);
        }
        Some(id)
    }

    /// Forgets who is ahead, and not how often each was asked for.
    fn start_anew(&mut self) {
        (self.most_wanted, self.by_lot, self.lots) = (None, None, 0);
    }

    /// Counts a request, and returns how many there were for this key, or a few more.
    fn count(&mut self, id: KeyId) -> u32 {
        if self.counters.is_empty() {
            // Not before the first key is missing.
            self.counters = vec![0; 2 * usize::from(WIDTH)].into_boxed_slice();
        }
        self.requests = self.requests.saturating_add(1);
        if self.requests >= HALVED_AFTER {
            self.requests = 0;
            self.counters.iter_mut().for_each(|counter| *counter /= 2);
        }
        let cells = self.cells(id);
        let counted = cells.map(|cell| self.counters.get(cell).copied().unwrap_or_default());
        let requests = counted.into_iter().min().unwrap_or_default().saturating_add(1);
        for (cell, counted) in cells.into_iter().zip(counted) {
            self.set(cell, counted.max(requests));
        }
        requests
    }

    /// Where this key is counted: once in each row.
    fn cells(&self, id: KeyId) -> [usize; 2] {
        let hash = self.hasher.hash_one(id);
        [(0, hash), (WIDTH, hash >> 32)].map(|(row, hash)| {
            let column = usize::try_from(hash % u64::from(WIDTH)).unwrap_or_default();
            usize::from(row) + column
        })
    }

    fn set(&mut self, cell: usize, requests: u32) {
        if let Some(counter) = self.counters.get_mut(cell) {
            *counter = requests;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::clock::Clock;

    const RIGHT: &str = "ffffffff-ffff-4fff-8fff-ffffffffffff";

    fn id(text: &str) -> KeyId {
        KeyId::parse(text).expect("a UUID")
    }

    fn made_up(number: u32) -> KeyId {
        id(&format!("{number:08x}-0000-4000-8000-000000000000"))
    }

    fn note(wanted: &mut Wanted, id: KeyId, times: u32) {
        for _ in 0..times {
            wanted.note(id);
        }
    }

    #[test]
    fn each_row_spreads_the_keys_over_its_own_counters() {
        let wanted = Wanted::default();
        for row in 0..2 {
            let cells: BTreeSet<_> =
                (0..1000).map(|number| wanted.cells(made_up(number))[row]).collect();
            let first = row * usize::from(WIDTH);
            assert!(cells.iter().all(|cell| (first..first + usize::from(WIDTH)).contains(cell)));
            assert!(cells.len() > 700, "{} in row {row}", cells.len());
        }
    }

    #[test]
    fn the_key_that_most_requests_name_comes_before_any_number_that_are_named_once() {
        let mut wanted = Wanted::default();
        note(&mut wanted, id(RIGHT), 8);
        for number in 0..2000 {
            note(&mut wanted, made_up(number), 1);
        }
        assert_eq!(wanted.take(), Some(id(RIGHT)));
    }

    #[test]
    fn a_key_that_one_request_in_a_hundred_names_has_its_turn() {
        let mut wanted = Wanted::default();
        let taken = (0..200).any(|round| {
            note(&mut wanted, id(RIGHT), 1);
            note(&mut wanted, made_up(round % 3), 99);
            wanted.take() == Some(id(RIGHT))
        });
        assert!(taken);
    }

    #[test]
    fn a_key_that_is_never_ahead_is_drawn_by_lot() {
        let mut wanted = Wanted::default();
        let taken = (0..400).any(|round| {
            note(&mut wanted, made_up(round), 1);
            note(&mut wanted, id(RIGHT), 3);
            wanted.take() == Some(made_up(round))
        });
        assert!(taken);
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_names_any_more_does_not_come_first() {
        let (clock, mut wanted) = (Clock::default(), Wanted::default());
        wanted.touch(clock.now());
        note(&mut wanted, made_up(0), 100);
        tokio::time::advance(FORGOTTEN_AFTER).await;
        wanted.touch(clock.now());
        note(&mut wanted, id(RIGHT), 1);
        assert_eq!(wanted.take(), Some(id(RIGHT)));
    }

    #[test]
    fn without_requests_there_is_nothing_to_fetch() {
        assert_eq!(Wanted::default().take(), None);
    }
}
