use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::entry::{Kind, Revocation, Second};
use super::key::{Hasher, Key, uuid_text};
use super::sync::{AtomicU64, AtomicUsize, Mutex, Ordering, lock};
use super::table::{Put, Record, Table};

/// A power of two. A table that grows or drops expired entries is copied as a whole, so that
/// of a million entries some 16,000 are.
const SHARDS: usize = 64;
/// The bits of a place that choose the shard are the highest ones.
const SHARD_SHIFT: u32 = u64::BITS - SHARDS.trailing_zeros();
/// An expired entry is in nobody's way: it goes when its shard was not looked through for this long.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// What is revoked: all entries, in memory.
///
/// Reading takes no lock and does not wait for writers. A writer locks one of 64 shards, and fills a
/// slot of its table, or puts a new table in its place.
pub(super) struct List {
    hasher: Hasher,
    shards: Box<[Shard]>,
    capacity: usize,
    entries: AtomicUsize,
    /// How many entries of each kind there are, in the order of [`Kind::ALL`].
    by_kind: [AtomicUsize; 6],
    /// Counts the changes, from 1 on: what was not refused at a version is not refused until the next.
    version: AtomicU64,
}

struct Shard {
    table: ArcSwap<Table>,
    writer: Mutex<Writer>,
}

/// What only writers need.
#[derive(Default)]
struct Writer {
    entries: usize,
    /// The pool and the kind of each scope in the table.
    scopes: HashMap<u64, (Box<str>, Kind)>,
    /// The ids that are not UUIDs.
    texts: HashMap<[u64; 2], Box<str>>,
    /// No entry goes earlier.
    earliest: Option<Second>,
    swept: Second,
}

/// The list has no room.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoRoom;

/// The times by which entries go: the clock of the wall, and one that no jump moves forward.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub(super) wall: Duration,
    /// No later than `wall`: entries that have expired by both clocks are removed.
    pub(super) steady: Duration,
    /// How much longer than until their `exp` tokens are accepted, at most.
    pub(super) leeway: Duration,
}

impl Now {
    /// An entry that goes now or earlier may be removed.
    fn steady_limit(self) -> Second {
        Second::of(self.steady.saturating_sub(self.leeway))
    }

    /// An entry that goes now or earlier counts no more.
    fn wall_limit(self) -> Second {
        Second::of(self.wall.saturating_sub(self.leeway))
    }
}

impl List {
    pub(super) fn new(capacity: usize) -> Self {
        let shard = || Shard {
            table: ArcSwap::from_pointee(Table::for_entries(0)),
            writer: Mutex::new(Writer::default()),
        };
        Self {
            hasher: Hasher::new(),
            shards: (0..SHARDS).map(|_| shard()).collect(),
            capacity,
            entries: AtomicUsize::new(0),
            by_kind: std::array::from_fn(|_| AtomicUsize::new(0)),
            version: AtomicU64::new(1),
        }
    }

    /// The one load that an empty list costs.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.load(Ordering::Acquire) == 0
    }

    /// How many entries it holds, some of them expired.
    pub(super) fn len(&self) -> usize {
        self.entries.load(Ordering::Acquire)
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The entry of this kind for this id.
    pub(super) fn get(&self, kind: Kind, pool_id: &str, id: &str) -> Option<Record> {
        if self.count(kind).load(Ordering::Acquire) == 0 {
            return None;
        }
        let key = self.hasher.key(kind, pool_id, id);
        let place = self.hasher.place(key);
        self.shard(place)?.table.load().get(key, place)
    }

    /// Adds an entry. `seen` is the reading of the log that it comes from, zero for none.
    ///
    /// From its return on every reader sees it.
    pub(super) fn add(&self, entry: &Revocation, seen: u8, now: Now) -> Result<(), NoRoom> {
        let key = self.hasher.key(entry.kind, &entry.pool_id, &entry.id);
        let place = self.hasher.place(key);
        let record = Record { key, time: entry.time, until: entry.until, seen };
        if self.len() >= self.capacity {
            // By the clock of the wall alone: room now is worth more than an entry that a clock
            // which is set back would need again.
            self.sweep(Now { steady: now.wall, ..now });
        }
        let Some(shard) = self.shard(place) else { return Err(NoRoom) };
        let mut writer = lock(&shard.writer);
        let is_new = shard.table.load().get(key, place).is_none();
        if is_new {
            if self.entries.fetch_add(1, Ordering::AcqRel) >= self.capacity {
                self.entries.fetch_sub(1, Ordering::AcqRel);
                return Err(NoRoom);
            }
            self.count(entry.kind).fetch_add(1, Ordering::AcqRel);
            self.make_room(shard, &mut writer, now);
            writer.entries = writer.entries.saturating_add(1);
            writer.scopes.entry(key.scope).or_insert_with(|| (entry.pool_id.clone(), entry.kind));
            if !is_uuid(&entry.id, key) {
                writer.texts.insert(key.id, entry.id.clone());
            }
        }
        writer.earliest = Some(writer.earliest.map_or(entry.until, |at| at.min(entry.until)));
        let put = shard.table.load().put(record, place);
        if put != Some(Put::Known) {
            self.version.fetch_add(1, Ordering::AcqRel);
        }
        Ok(())
    }

    /// Removes what has expired, one shard after the other.
    pub(super) fn sweep(&self, now: Now) {
        for shard in &self.shards {
            let mut writer = lock(&shard.writer);
            if writer.earliest.is_some_and(|earliest| earliest <= now.steady_limit()) {
                self.rebuild(shard, &mut writer, now, 0);
            }
        }
    }

    /// How many entries there are that still count.
    pub(super) fn live(&self, now: Now) -> usize {
        self.sweep(now);
        let limit = now.wall_limit();
        let live = |shard: &Shard| {
            let writer = lock(&shard.writer);
            // Only while the clocks disagree is there anything left that has expired.
            if writer.earliest.is_none_or(|earliest| earliest > limit) {
                return writer.entries;
            }
            shard.table.load().records().filter(|record| record.until > limit).count()
        };
        self.shards.iter().map(live).sum()
    }

    /// The live entries of one shard that this reading of the log has not seen; `None` behind the
    /// last shard.
    pub(super) fn unseen(&self, shard: usize, reading: u8, now: Now) -> Option<Vec<Revocation>> {
        let shard = self.shards.get(shard)?;
        let writer = lock(&shard.writer);
        let limit = now.wall_limit();
        let table = shard.table.load();
        let unseen = table.records().filter(|record| record.seen != reading);
        Some(
            unseen
                .filter(|record| record.until > limit)
                .filter_map(|record| writer.revocation(record))
                .collect(),
        )
    }

    /// Replaces a table that is full, or that has held expired entries for a while.
    fn make_room(&self, shard: &Shard, writer: &mut Writer, now: Now) {
        let limit = now.steady_limit();
        let waited = limit.since_epoch().saturating_sub(writer.swept.since_epoch());
        let is_due = writer.earliest.is_some_and(|at| at <= limit) && waited >= SWEEP_EVERY;
        if is_due || writer.entries >= shard.table.load().limit() {
            self.rebuild(shard, writer, now, 1);
        }
    }

    /// Puts a table in place that has room for the live entries and for these many more.
    fn rebuild(&self, shard: &Shard, writer: &mut Writer, now: Now, more: usize) {
        let limit = now.steady_limit();
        let old = shard.table.load_full();
        let live: Vec<_> = old.records().filter(|record| record.until > limit).collect();
        let table = Table::for_entries(live.len().saturating_add(more));
        let mut scopes = HashMap::new();
        let mut texts = HashMap::new();
        for record in &live {
            table.put(*record, self.hasher.place(record.key));
            if let Some((scope, owner)) = writer.scopes.get_key_value(&record.key.scope) {
                scopes.entry(*scope).or_insert_with(|| owner.clone());
            }
            if let Some(text) = writer.texts.get(&record.key.id) {
                // Cloned, as two entries may name one id.
                texts.insert(record.key.id, text.clone());
            }
        }
        for record in old.records().filter(|record| record.until <= limit) {
            if let Some((_, kind)) = writer.scopes.get(&record.key.scope) {
                self.count(*kind).fetch_sub(1, Ordering::AcqRel);
            }
            self.entries.fetch_sub(1, Ordering::AcqRel);
        }
        writer.entries = live.len();
        writer.earliest = live.iter().map(|record| record.until).min();
        writer.swept = limit;
        writer.scopes = scopes;
        writer.texts = texts;
        shard.table.store(Arc::new(table));
    }

    fn shard(&self, place: u64) -> Option<&Shard> {
        self.shards.get(usize::try_from(place >> SHARD_SHIFT).ok()?)
    }

    fn count(&self, kind: Kind) -> &AtomicUsize {
        let [sign_in, token, user, renewal, client, pool] = &self.by_kind;
        match kind {
            Kind::SignIn => sign_in,
            Kind::Token => token,
            Kind::User => user,
            Kind::Renewal => renewal,
            Kind::Client => client,
            Kind::Pool => pool,
        }
    }
}

impl Writer {
    /// The entry again, as it was added.
    fn revocation(&self, record: Record) -> Option<Revocation> {
        let (pool_id, kind) = self.scopes.get(&record.key.scope)?;
        let id = self.texts.get(&record.key.id).cloned();
        Some(Revocation {
            kind: *kind,
            pool_id: pool_id.clone(),
            id: id.unwrap_or_else(|| uuid_text(record.key.id).into()),
            time: record.time,
            until: record.until,
        })
    }
}

fn is_uuid(id: &str, key: Key) -> bool {
    super::key::uuid_words(id) == Some(key.id)
}
