use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use redis::{Cmd, Pipeline, Value};

use super::client::Client;
use super::error::RedisError;
use super::server::Server;
use super::stream::{Entries, FIELD, Id, Place, is_replica};
use crate::clock::since_epoch;
use crate::{Batch, ConfigError, Cursor, Revocation, RevocationError, RevocationLog};

/// Where the entries are unless the program says otherwise.
const KEY: &str = "axum-cognito:revocations";
/// How long an entry stays in the stream: an hour longer than any token of Cognito lives.
const KEPT: Duration = Duration::from_secs(25 * 3600);
/// How often a process removes what is older, if it appends anything.
const TRIM_EVERY: Duration = Duration::from_secs(60);
/// Entries of one read, and of one write.
const READ_COUNT: usize = 1000;
const WRITE_COUNT: usize = 500;
/// How many entries one read removes for their length at most.
const MAX_REMOVED: usize = 16;
/// From here on a stream's ids are no times of day, and what is old is not told from what is new.
const FUTURE: Duration = Duration::from_secs(3600);

/// The revocations of a fleet in Redis or Valkey: one stream that every process reads.
///
/// ```
/// use std::time::Duration;
///
/// use axum_cognito::{OnLoss, RedisLog, Revocations};
///
/// # fn revocations() -> Result<Revocations, axum_cognito::ConfigError> {
/// let log = RedisLog::new("rediss://sessions:password@cache.example.com:6379")?;
/// let revocations = Revocations::shared(log, OnLoss::RefuseAfter(Duration::from_secs(30)));
/// # Ok(revocations)
/// # }
/// # assert!(revocations().is_ok());
/// ```
///
/// Redis 6.2 or later, Valkey, ElastiCache and MemoryDB; one server, or a cluster. It connects on the first use and
/// reconnects by itself. One connection of a process waits for new entries (`XREAD BLOCK`), another one, opened when it is
/// needed, appends them. The user of an ACL needs `+xadd +xread +xrange +xtrim +xdel +del` on the key, and `+wait` for
/// [`replicas`](Self::replicas).
///
/// # What the server must keep
///
/// An append is acknowledged when the server has it. What the server then loses is lost only for a process that did not
/// read it before, which is one that starts later: every reader notices that the stream is not the one that it knows, and
/// appends again what is missing.
///
/// | persistence | what a crash of the server loses |
/// |---|---|
/// | `appendonly yes`, `appendfsync always`; MemoryDB | nothing that was acknowledged |
/// | `appendonly yes`, `appendfsync everysec` | up to a second of entries, until a reader appends them again |
/// | a replica that is promoted | what it had not received; see [`replicas`](Self::replicas) |
/// | none | everything, until the readers append it again |
///
/// With `maxmemory` the policy should be `noeviction` or `volatile-…`, since the stream has no time to live.
///
/// A reader believes one server: the one that its URL leads to. A replica is noticed and not believed, but a primary that a
/// network cuts off from its replicas does not know that another one was promoted. Redis Cluster and MemoryDB end that
/// within `cluster-node-timeout`; elsewhere, set `min-replicas-to-write` to make such a primary reject new entries.
///
/// # What stands in the stream
///
/// Each entry has one field, `e`, with the text of a [`Revocation`]. Everything else is skipped and logged, and an
/// entry of more than 4 MiB is deleted unread, so nothing in the stream can stop a reader or fill its memory. Entries are removed after
/// 25 hours, when no token is left that they mean.
pub struct RedisLog {
    server: Server,
    key: Box<str>,
    replicas: usize,
    writer: Client,
    reader: Client,
    /// How many entries the next read asks for. Fewer after a reply that was too long.
    count: AtomicUsize,
    /// When this process trimmed last, in seconds since 1970.
    trimmed: AtomicU64,
    warned_of_future: AtomicBool,
    /// The first entry that this process has appended and its reader has not reached. A reader that knows no entry yet
    /// recognizes the stream by it: else nobody would notice that what was acknowledged a moment ago is lost.
    unread: Mutex<Option<Id>>,
}

impl RedisLog {
    /// A stream on this server: `rediss://user:password@host:port`, `redis://` without TLS.
    ///
    /// The port defaults to 6379. Nothing connects before the first use. A server of a cluster is enough to find all of it.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Url`] for anything else. Its message does not hold the password.
    pub fn new(url: impl AsRef<str>) -> Result<Self, ConfigError> {
        Self::cluster([url])
    }

    /// A stream on a cluster, some of whose nodes have these URLs. Others are found from them.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Url`] if one is not the URL of a server, if there is none, or if they differ in more than host and
    /// port.
    pub fn cluster<S: AsRef<str>>(urls: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        Server::new(urls).map(|server| Self::on(server, KEY.into(), 0))
    }

    /// Sets the stream's key. Defaults to `axum-cognito:revocations`.
    ///
    /// Programs with one key share one list, whichever pools they trust.
    #[must_use]
    pub fn key(self, key: impl Into<String>) -> Self {
        Self::on(self.server, key.into().into(), self.replicas)
    }

    /// Sets the certificate authorities of the server's certificate, as PEM. Defaults to those of the system.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Url`] for a `redis://` URL, which has no TLS, and for a text without a certificate.
    pub fn tls_ca(self, pem: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let server = self.server.with_tls_ca(pem.as_ref())?;
        Ok(Self::on(server, self.key, self.replicas))
    }

    /// Sets how long connecting may take, and how long an answer may. Defaults to 2 seconds.
    ///
    /// An append fails after at most four times this. [`Revocations`](crate::Revocations) has bounds of its own, which may
    /// be shorter.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        let server = self.server.with_timeout(timeout);
        Self::on(server, self.key, self.replicas)
    }

    /// Sets how many replicas must have an entry before an append is acknowledged (`WAIT`). Defaults to 0.
    ///
    /// With fewer the append is an error, though the entry is in the stream.
    #[must_use]
    pub fn replicas(self, replicas: usize) -> Self {
        Self::on(self.server, self.key, replicas)
    }

    fn on(server: Server, key: Box<str>, replicas: usize) -> Self {
        let (writer, reader) = (Client::new(server.clone()), Client::new(server.clone()));
        Self {
            server,
            key,
            replicas,
            writer,
            reader,
            count: AtomicUsize::new(READ_COUNT),
            trimmed: AtomicU64::new(0),
            warned_of_future: AtomicBool::new(false),
            unread: Mutex::new(None),
        }
    }

    async fn append_some(&self, entries: &[Revocation]) -> Result<Id, RedisError> {
        let mut commands = Pipeline::new();
        for entry in entries {
            commands.add_command(self.command("XADD", |command| {
                command.arg("*").arg(FIELD).arg(entry.to_string());
            }));
        }
        if self.replicas > 0 {
            let within = milliseconds(self.writer.timeout() / 2);
            commands.cmd("WAIT").arg(self.replicas).arg(within);
        }
        let mut replies = self.write(&commands).await?;
        if replies.iter().any(is_exhausted) {
            self.make_room().await?;
            replies = self.write(&commands).await?;
        }
        self.acknowledged(&replies, entries.len())
    }

    /// Sends once more what a connection that broke may not have delivered: an entry that is there twice is as good.
    async fn write(&self, commands: &Pipeline) -> Result<Vec<Value>, RedisError> {
        let send = || self.writer.send(self.key.as_bytes(), commands, self.writer.timeout());
        match send().await {
            Err(RedisError::Lost { .. }) => send().await,
            other => other,
        }
    }

    /// The last of the ids, if the server has taken every entry.
    fn acknowledged(&self, replies: &[Value], entries: usize) -> Result<Id, RedisError> {
        let error = replies.iter().find_map(|reply| match reply {
            Value::ServerError(error) => Some(error),
            _ => None,
        });
        if let Some(error) = error {
            if error.code() == "READONLY" {
                self.writer.disconnect();
            }
            return Err(RedisError::server(error));
        }
        let ids: Option<Vec<_>> = replies.iter().take(entries).map(Id::from_value).collect();
        let ids = ids.ok_or(RedisError::Protocol)?;
        let (Some(first), Some(last)) = (ids.first(), ids.last()) else {
            return Err(RedisError::Protocol);
        };
        self.unread().get_or_insert(*first);
        match replies.get(entries) {
            Some(Value::Int(have))
                if usize::try_from(*have).is_ok_and(|have| have < self.replicas) =>
            {
                let wanted = self.replicas;
                Err(RedisError::Server(format!("that {have} replicas have it instead of {wanted}")))
            }
            _ => Ok(*last),
        }
    }

    /// Deletes a stream whose last entry has the last possible id, so that it takes nothing more. Only a hostile entry has
    /// it, and the readers append again what they know.
    async fn make_room(&self) -> Result<(), RedisError> {
        tracing::error!(key = %self.key, "the ids of the revocation log are used up: deleted it, and the list restores itself");
        self.writer.call(self.key.as_bytes(), &self.command("DEL", |_| {})).await.map(drop)
    }

    /// Removes what is older than any token, by the server's clock or this one's, whichever is behind: neither alone may
    /// delete the list by being wrong. It is no part of the acknowledgement.
    async fn trim(&self, newest: Id) {
        let now = since_epoch(SystemTime::now());
        let server_time = Duration::from_millis(newest.milliseconds);
        if server_time.saturating_sub(now) > FUTURE
            && !self.warned_of_future.swap(true, Ordering::Relaxed)
        {
            tracing::error!(
                key = %self.key,
                "the ids of the revocation log lie in the future, so that old entries are not removed: check the clocks, \
                 then delete the key; the list restores itself"
            );
        }
        let last = Duration::from_secs(self.trimmed.load(Ordering::Relaxed));
        if now.abs_diff(last) < TRIM_EVERY {
            return;
        }
        self.trimmed.store(now.as_secs(), Ordering::Relaxed);
        let oldest = now.min(server_time).saturating_sub(KEPT);
        let trim = self.command("XTRIM", |command| {
            command.arg("MINID").arg("~").arg(milliseconds(oldest));
        });
        if let Err(error) = self.writer.call(self.key.as_bytes(), &trim).await {
            tracing::debug!(%error, "old revocations were not removed");
        }
    }

    /// Reads so many entries behind a place, and whether the stream is still the one that the place is in.
    async fn read_some(
        &self,
        place: Place,
        count: usize,
        wait: Duration,
    ) -> Result<(Entries, bool), RedisError> {
        let mut commands = Pipeline::new();
        let mut read = redis::cmd("XREAD");
        read.arg("COUNT").arg(count);
        // 0 would wait for ever.
        if !wait.is_zero() {
            read.arg("BLOCK").arg(milliseconds(wait).max(1));
        }
        commands
            .add_command(read.arg("STREAMS").arg(&*self.key).arg(place.behind.to_string()).clone());
        commands.cmd("HELLO");
        let unread = *self.unread();
        for known in place.known.iter().chain(&unread) {
            commands.add_command(self.command("XRANGE", |command| {
                command.arg(known.to_string()).arg(known.to_string()).arg("COUNT").arg(1);
            }));
        }
        let within = wait.saturating_add(self.reader.timeout());
        let sent = self.reader.send(self.key.as_bytes(), &commands, within).await;
        let mut replies = sent?.into_iter();
        let entries = Entries::from_value(replies.next().ok_or(RedisError::Protocol)?)?;
        if replies.next().is_some_and(|hello| is_replica(&hello)) {
            return Err(RedisError::Server("as the replica of another".to_owned()));
        }
        let mut lost_past = false;
        for reply in replies {
            match reply {
                Value::Array(known) => lost_past |= known.is_empty(),
                Value::ServerError(error) => return Err(RedisError::server(&error)),
                _ => return Err(RedisError::Protocol),
            }
        }
        // From here on the reader's own place tells whether the stream is the same.
        let known = entries.last_short.max(place.known);
        if lost_past || (unread.is_some() && unread <= known) {
            let mut now = self.unread();
            if *now == unread {
                *now = None;
            }
        }
        Ok((entries, lost_past))
    }

    /// Reads on, in small steps over entries that are too long together, and past those that are too long alone.
    ///
    /// A batch without anything in it says that there is nothing more, so an entry that is removed does not end the read.
    async fn read_on(&self, start: Place, wait: Duration) -> Result<Batch, RedisError> {
        let mut place = start;
        for _ in 0..MAX_REMOVED {
            let count = self.count.load(Ordering::Relaxed);
            let too_long = match self.read_some(place, count, wait).await {
                Ok((entries, lost_past)) => {
                    let grown = count.saturating_mul(2).min(READ_COUNT);
                    self.count.store(grown, Ordering::Relaxed);
                    let known = entries.last_short.or(place.known);
                    let next = entries.last.map(|behind| Place { behind, known });
                    let next = next.or((place != start).then_some(place));
                    let next = next.and_then(|place| Cursor::new(place.to_string()).ok());
                    let batch = Batch::from_texts(entries.texts, next);
                    return Ok(Batch { lost_past, ..batch });
                }
                Err(error @ RedisError::TooLong { .. }) => error,
                Err(error) => return Err(error),
            };
            self.count.store(1, Ordering::Relaxed);
            if count == 1 {
                place = self.remove(place, too_long).await?;
            }
        }
        Err(RedisError::Server("with many entries that are too long".to_owned()))
    }

    /// Deletes the entry behind a place, which is too long to be read, and was none for that: the other replies are
    /// short. If the server does not let
    /// this user delete it, steps over it.
    async fn remove(&self, place: Place, too_long: RedisError) -> Result<Place, RedisError> {
        let id = match &too_long {
            RedisError::TooLong { head, .. } => Id::from_head(head),
            _ => None,
        };
        let Some(id) = id.filter(|id| *id > place.behind) else { return Err(too_long) };
        tracing::warn!(key = %self.key, %id, "removed an entry of the revocation log for its length");
        let delete = self.command("XDEL", |command| {
            command.arg(id.to_string());
        });
        match self.reader.call(self.key.as_bytes(), &delete).await {
            Ok(_) => Ok(place),
            Err(RedisError::Server(_)) => Ok(Place { behind: id, ..place }),
            Err(error) => Err(error),
        }
    }

    fn unread(&self) -> MutexGuard<'_, Option<Id>> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn command(&self, name: &str, arguments: impl FnOnce(&mut Cmd)) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(&*self.key);
        arguments(&mut command);
        command
    }
}

impl RevocationLog for RedisLog {
    async fn append(&self, entries: Vec<Revocation>) -> Result<(), RevocationError> {
        let mut newest = None;
        for some in entries.chunks(WRITE_COUNT) {
            newest = Some(self.append_some(some).await.map_err(log_error)?);
        }
        if let Some(newest) = newest {
            self.trim(newest).await;
        }
        Ok(())
    }

    async fn read(&self, after: Option<Cursor>, wait: Duration) -> Result<Batch, RevocationError> {
        // Another log's cursor is nowhere in this one.
        let place = after.and_then(|cursor| cursor.as_str().parse().ok()).unwrap_or_default();
        let mut unread = Unread(Some(&self.reader));
        let read = self.read_on(place, wait).await;
        if read.is_ok() {
            unread.0 = None;
        }
        read.map_err(log_error)
    }
}

impl fmt::Debug for RedisLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLog")
            .field("server", &self.server)
            .field("key", &self.key)
            .field("replicas", &self.replicas)
            .finish_non_exhaustive()
    }
}

/// Closes the reader's connection unless all of a read's replies came: the next read would wait behind them.
struct Unread<'a>(Option<&'a Client>);

impl Drop for Unread<'_> {
    fn drop(&mut self) {
        if let Some(client) = self.0 {
            client.disconnect();
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn log_error(error: RedisError) -> RevocationError {
    RevocationError::Log(error.to_string())
}

fn is_exhausted(reply: &Value) -> bool {
    let Value::ServerError(error) = reply else { return false };
    error.details().is_some_and(|details| details.contains("exhausted the last possible ID"))
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
