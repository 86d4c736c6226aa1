use super::entry::Second;
use super::key::{Key, SCOPE_MASK};
use super::sync::{AtomicU64, Ordering};

const FEWEST_SLOTS: usize = 8;

/// The entries of one shard: open addressing with linear probing, 32 bytes a slot.
///
/// Readers take no lock. One writer at a time fills empty slots, the scope last, and a slot never
/// changes its key after that: only its times grow. Entries leave with a new table.
pub(super) struct Table {
    /// A power of two of them, or none.
    slots: Box<[Slot]>,
}

#[derive(Default)]
struct Slot {
    /// Zero: empty. The low byte is the number of the reading of the log that saw the entry last.
    scope: AtomicU64,
    id: [AtomicU64; 2],
    times: AtomicU64,
}

/// What a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) key: Key,
    pub(super) time: Second,
    pub(super) until: Second,
    /// The reading of the log that saw the entry last; zero for none.
    pub(super) seen: u8,
}

impl Table {
    /// A table with room for twice as many entries.
    pub(super) fn for_entries(entries: usize) -> Self {
        let slots = entries.saturating_mul(2).next_power_of_two().max(FEWEST_SLOTS);
        let slots = if entries == 0 { 0 } else { slots };
        Self { slots: (0..slots).map(|_| Slot::default()).collect() }
    }

    /// How many entries it takes before it should be replaced: three quarters of its slots.
    pub(super) fn limit(&self) -> usize {
        self.slots.len() / 4 * 3
    }

    pub(super) fn get(&self, key: Key, place: u64) -> Option<Record> {
        self.find(key, place).map(|slot| slot.record(key))
    }

    /// Adds an entry, or joins it with that of its key: the later of both times counts.
    ///
    /// Only for the one writer. Whether it changed what is refused; `None` if the table is full.
    pub(super) fn put(&self, record: Record, place: u64) -> Option<Put> {
        if let Some(slot) = self.find(record.key, place) {
            let old = slot.record(record.key);
            let time = old.time.max(record.time);
            let until = old.until.max(record.until);
            let seen = if record.seen == 0 { old.seen } else { record.seen };
            slot.times.store(pack(time, until), Ordering::Release);
            slot.scope.store(record.key.scope | u64::from(seen), Ordering::Release);
            let unchanged = (time, until) == (old.time, old.until);
            return Some(if unchanged { Put::Known } else { Put::Later });
        }
        let empty = self.probe(place).find(|slot| slot.scope.load(Ordering::Relaxed) == 0)?;
        for (word, value) in empty.id.iter().zip(record.key.id) {
            word.store(value, Ordering::Relaxed);
        }
        empty.times.store(pack(record.time, record.until), Ordering::Relaxed);
        // Last: whoever sees the scope sees the rest.
        empty.scope.store(record.key.scope | u64::from(record.seen), Ordering::Release);
        Some(Put::New)
    }

    /// All entries, in no order.
    pub(super) fn records(&self) -> impl Iterator<Item = Record> {
        self.slots.iter().filter_map(|slot| {
            let scope = slot.scope.load(Ordering::Acquire) & SCOPE_MASK;
            let id = slot.id.each_ref().map(|word| word.load(Ordering::Relaxed));
            (scope != 0).then(|| slot.record(Key { scope, id }))
        })
    }

    fn find(&self, key: Key, place: u64) -> Option<&Slot> {
        for slot in self.probe(place) {
            let scope = slot.scope.load(Ordering::Acquire);
            if scope == 0 {
                return None;
            }
            let id = slot.id.each_ref().map(|word| word.load(Ordering::Relaxed));
            if scope & SCOPE_MASK == key.scope && id == key.id {
                return Some(slot);
            }
        }
        None
    }

    /// The slots from a place on, each once.
    fn probe(&self, place: u64) -> impl Iterator<Item = &Slot> {
        let slots = u64::try_from(self.slots.len()).unwrap_or(u64::MAX);
        let first = usize::try_from(place % slots.max(1)).unwrap_or_default();
        let (wrapped, rest) = self.slots.split_at_checked(first).unwrap_or_default();
        rest.iter().chain(wrapped)
    }
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Put {
    New,
    /// It was there, for an earlier time.
    Later,
    /// It was there.
    Known,
}

impl Slot {
    fn record(&self, key: Key) -> Record {
        let times = self.times.load(Ordering::Acquire);
        let [time, until] = [times >> 32, times & u64::from(u32::MAX)];
        let second = |bits: u64| Second(u32::try_from(bits).unwrap_or(u32::MAX));
        let [seen, ..] = self.scope.load(Ordering::Relaxed).to_le_bytes();
        Record { key, time: second(time), until: second(until), seen }
    }
}

/// Both in one word, so that nobody reads one of an earlier entry with the other of a later one.
fn pack(time: Second, until: Second) -> u64 {
    u64::from(time.0) << 32 | u64::from(until.0)
}
