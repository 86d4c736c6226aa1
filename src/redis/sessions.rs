use std::fmt;
use std::time::Duration;

use redis::{Cmd, Value};

use super::client::Client;
use super::error::RedisError;
use super::server::Server;
use crate::{ConfigError, SessionKey, SessionStore, SessionStoreError, StoredSession};

const PREFIX: &str = "axum-cognito:session:";
/// A store that is slower than two seconds counts as failed: once to connect, once to answer.
const TIMEOUT: Duration = Duration::from_millis(900);

/// Each script answers 1 also if it was carried out before: its answer may have been lost.
const CREATE: &str = "\
local version = redis.call('HGET', KEYS[1], 'v')
if version then return version == ARGV[1] and 1 or 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'r', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1";
const COMPARE_AND_SET: &str = "\
local version = redis.call('HGET', KEYS[1], 'v')
if version == ARGV[1] then return 1 end
if version ~= ARGV[4] then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'r', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1";
const LEASE: &str = "\
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1";
const RELEASE: &str = "\
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1";

/// Sessions in Redis, Valkey, ElastiCache or MemoryDB, for a fleet (feature `redis`).
///
/// One hash for a session, of about 6 kB, which the server forgets when the session ends. It holds
/// no token in clear: the key is a hash of what the browser's cookie holds, and the record is
/// encrypted with it.
///
/// ```no_run
/// # fn sessions() -> Result<(), axum_cognito::ConfigError> {
/// use axum_cognito::RedisSessions;
///
/// let sessions = RedisSessions::new("rediss://sessions:password@cache.example.com:6379")?;
/// # let _ = sessions;
/// # Ok(())
/// # }
/// ```
///
/// # Persistence
///
/// What the server loses, its users sign in again for. A session survives a crash of the server once
/// it was acknowledged if the server writes every command down before it answers: `appendonly yes`
/// with `appendfsync always`, or MemoryDB. With `appendfsync everysec` the last second may be lost,
/// with snapshots more. After a failover a replica may lack the last writes: a renewal among them is
/// made again within the grace period of the refresh token's rotation.
///
/// With `maxmemory` the policy should be `volatile-ttl`: the sessions that end first go.
pub struct RedisSessions {
    server: Server,
    prefix: Box<str>,
    client: Client,
}

impl RedisSessions {
    /// Keeps sessions on this server: `rediss://user:password@host:port`, `redis://` without TLS.
    ///
    /// The port defaults to 6379. Nothing connects before the first use. A server of a cluster is
    /// enough to find all of it.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Url`] for anything else. Its message does not hold the password.
    pub fn new(url: impl AsRef<str>) -> Result<Self, ConfigError> {
        Self::cluster([url])
    }

    /// Keeps sessions on a cluster, some of whose nodes have these URLs. Others are found from them.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Url`] if one is not the URL of a server, if there is none, or if they differ in
    /// more than host and port.
    pub fn cluster<S: AsRef<str>>(urls: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        let server = Server::new(urls)?.with_timeout(TIMEOUT);
        Ok(Self::on(server, PREFIX.into()))
    }

    /// Sets what the keys begin with. Defaults to `axum-cognito:session:`.
    #[must_use]
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        Self::on(self.server, prefix.into().into())
    }

    /// Sets the certificate authorities of the server's certificate, as PEM. Defaults to those of the
    /// system.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Url`] for a `redis://` URL, which has no TLS, and for a text without a
    /// certificate.
    pub fn tls_ca(self, pem: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Ok(Self::on(self.server.with_tls_ca(pem.as_ref())?, self.prefix))
    }

    fn on(server: Server, prefix: Box<str>) -> Self {
        Self { client: Client::new(server.clone()), server, prefix }
    }

    /// The key of a session; `suffix` names what else is kept for it, at the same node of a cluster.
    fn key(&self, key: SessionKey, suffix: &str) -> String {
        format!("{}{{{key}}}{suffix}", self.prefix)
    }

    /// Sends a command, and once more if the connection was lost: every one of them may be repeated.
    async fn ask(&self, key: &str, command: &Cmd) -> Result<Value, SessionStoreError> {
        let answer = match self.client.call(key.as_bytes(), command).await {
            Err(RedisError::Lost { .. }) => self.client.call(key.as_bytes(), command).await,
            answer => answer,
        };
        answer.map_err(|error| SessionStoreError::new(error.to_string()))
    }

    async fn eval(
        &self,
        script: &str,
        key: &str,
        arguments: &[&[u8]],
    ) -> Result<bool, SessionStoreError> {
        let mut command = redis::cmd("EVAL");
        command.arg(script).arg(1).arg(key);
        for argument in arguments {
            command.arg(*argument);
        }
        match self.ask(key, &command).await? {
            Value::Int(answer) => Ok(answer == 1),
            _ => Err(unexpected()),
        }
    }
}

impl SessionStore for RedisSessions {
    async fn load(&self, key: SessionKey) -> Result<Option<StoredSession>, SessionStoreError> {
        let key = self.key(key, "");
        let mut command = redis::cmd("HMGET");
        command.arg(&key).arg("v").arg("r");
        let Value::Array(values) = self.ask(&key, &command).await? else {
            return Err(unexpected());
        };
        match values.as_slice() {
            [Value::BulkString(version), Value::BulkString(record)] => {
                // Anything else in its place is no session.
                let version = std::str::from_utf8(version).ok().and_then(|text| text.parse().ok());
                Ok(version.map(|version| StoredSession::new(record.clone(), version)))
            }
            _ => Ok(None),
        }
    }

    async fn create(
        &self,
        key: SessionKey,
        record: Vec<u8>,
        lifetime: Duration,
    ) -> Result<bool, SessionStoreError> {
        let (key, version, lifetime) = (self.key(key, ""), new_version(), milliseconds(lifetime));
        let arguments = [version.as_bytes(), &record, lifetime.as_bytes()];
        self.eval(CREATE, &key, &arguments).await
    }

    async fn compare_and_set(
        &self,
        key: SessionKey,
        version: u64,
        record: Vec<u8>,
        lifetime: Duration,
    ) -> Result<bool, SessionStoreError> {
        let (key, next, lifetime) = (self.key(key, ""), new_version(), milliseconds(lifetime));
        let expected = version.to_string();
        let arguments = [next.as_bytes(), &record, lifetime.as_bytes(), expected.as_bytes()];
        self.eval(COMPARE_AND_SET, &key, &arguments).await
    }

    async fn lease(
        &self,
        key: SessionKey,
        holder: u128,
        lifetime: Duration,
    ) -> Result<bool, SessionStoreError> {
        let (key, lifetime) = (self.key(key, ":lease"), milliseconds(lifetime));
        self.eval(LEASE, &key, &[holder.to_string().as_bytes(), lifetime.as_bytes()]).await
    }

    async fn release(&self, key: SessionKey, holder: u128) -> Result<(), SessionStoreError> {
        let key = self.key(key, ":lease");
        self.eval(RELEASE, &key, &[holder.to_string().as_bytes()]).await.map(|_| ())
    }

    async fn delete(&self, key: SessionKey) -> Result<(), SessionStoreError> {
        let key = self.key(key, "");
        self.ask(&key, redis::cmd("DEL").arg(&key)).await.map(|_| ())
    }
}

impl fmt::Debug for RedisSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisSessions")
            .field("server", &self.server)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// One that no other record has.
fn new_version() -> String {
    fastrand::u64(..).to_string()
}

/// For a server, which knows no zero.
fn milliseconds(duration: Duration) -> String {
    // Of ten years, so that no server's arithmetic overflows.
    duration.as_millis().clamp(1, 315_360_000_000).to_string()
}

fn unexpected() -> SessionStoreError {
    SessionStoreError::new("the answer is not what Redis or Valkey would send")
}
