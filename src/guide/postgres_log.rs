use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum_cognito::{Batch, Cursor, Revocation, RevocationError, RevocationLog};
use futures_util::stream::{StreamExt as _, poll_fn};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, Client, NoTls};

/// Run it once, as the table's owner. The program itself needs SELECT, INSERT and DELETE only.
pub const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS revocations (
        id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        entry text NOT NULL CHECK (octet_length(entry) <= 512),
        until timestamptz NOT NULL
    );
    CREATE INDEX IF NOT EXISTS revocations_until ON revocations (until)";

/// Held while entries are appended: any number that nothing else in the database uses.
const APPENDING: i64 = 0x0063_6f67_6e69_746f;
const PAGE: i64 = 1000;

/// A table of PostgreSQL as a revocation log.
pub struct PostgresLog {
    config: String,
    /// Connections in nobody's hands. A call takes one and gives it back once it went well: one that
    /// failed, or was given up in the middle, is not used again.
    idle: Mutex<Vec<Session>>,
}

/// A connection, and the task that drives it.
struct Session {
    client: Client,
    grown: Arc<Notify>,
    task: JoinHandle<()>,
}

impl PostgresLog {
    /// Connects with the first call. `config` is like `host=db user=api password=… dbname=app`.
    pub fn new(config: impl Into<String>) -> Self {
        Self { config: config.into(), idle: Mutex::default() }
    }

    async fn take(&self) -> Result<Session, RevocationError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle.filter(|session| !session.client.is_closed()) {
            Some(session) => Ok(session),
            None => Session::open(&self.config).await,
        }
    }

    fn give_back(&self, session: Session) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < 4 {
            idle.push(session);
        }
    }
}

impl Session {
    async fn open(config: &str) -> Result<Self, RevocationError> {
        // In production with TLS, by `tokio-postgres-rustls`.
        let (client, mut connection) =
            tokio_postgres::connect(config, NoTls).await.map_err(failed)?;
        let grown = Arc::new(Notify::new());
        let task = tokio::spawn({
            let grown = Arc::clone(&grown);
            async move {
                let mut messages = poll_fn(move |cx| connection.poll_message(cx));
                while let Some(Ok(message)) = messages.next().await {
                    if let AsyncMessage::Notification(_) = message {
                        grown.notify_one();
                    }
                }
            }
        });
        let session = Self { client, grown, task };
        session.client.batch_execute("LISTEN revocations").await.map_err(failed)?;
        Ok(session)
    }

    async fn append(&self, entries: &[Revocation]) -> Result<(), RevocationError> {
        let texts: Vec<_> = entries.iter().map(ToString::to_string).collect();
        let untils: Vec<SystemTime> = entries.iter().map(Revocation::until).collect();
        let client = &self.client;
        // First trap: ids are drawn before they are committed. Without the lock a reader may see a
        // larger id before a smaller one, move its cursor beyond both, and never see the smaller.
        client.batch_execute("BEGIN").await.map_err(failed)?;
        client.execute("SELECT pg_advisory_xact_lock($1)", &[&APPENDING]).await.map_err(failed)?;
        client
            .execute(
                "INSERT INTO revocations (entry, until) SELECT * FROM unnest($1::text[], $2::timestamptz[])",
                &[&texts, &untils],
            )
            .await
            .map_err(failed)?;
        // The newest one stays, though it has expired: it shows that the table lost nothing.
        client
            .execute(
                "DELETE FROM revocations WHERE until < now() - interval '1 hour'
                 AND id < (SELECT max(id) FROM revocations)",
                &[],
            )
            .await
            .map_err(failed)?;
        client.batch_execute("NOTIFY revocations; COMMIT").await.map_err(failed)
    }

    async fn page(&self, after: Option<i64>) -> Result<Batch, RevocationError> {
        // Second trap: after a restore from a backup, a failover to a replica that was behind or a
        // TRUNCATE, what the cursor names is gone, and larger ids may not come for a long time.
        if let Some(after) = after {
            let row = "SELECT 1 FROM revocations WHERE id = $1";
            if self.client.query_opt(row, &[&after]).await.map_err(failed)?.is_none() {
                return Ok(Batch { lost_past: true, ..Batch::default() });
            }
        }
        let rows = self
            .client
            .query(
                "SELECT id, entry FROM revocations WHERE id > $1 ORDER BY id LIMIT $2",
                &[&after.unwrap_or(i64::MIN), &PAGE],
            )
            .await
            .map_err(failed)?;
        let last = rows.last().map(|row| Cursor::new(row.get::<_, i64>(0).to_string()));
        Ok(Batch::from_texts(rows.iter().map(|row| row.get::<_, &str>(1)), last.transpose()?))
    }

    async fn read(&self, after: Option<i64>, wait: Duration) -> Result<Batch, RevocationError> {
        let batch = self.page(after).await?;
        if batch.next.is_some() || batch.lost_past || wait.is_zero() {
            return Ok(batch);
        }
        // Third trap: a notification is lost with its connection. It ends the wait, and no more.
        let _ = tokio::time::timeout(wait, self.grown.notified()).await;
        self.page(after).await
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl RevocationLog for PostgresLog {
    async fn append(&self, entries: Vec<Revocation>) -> Result<(), RevocationError> {
        let session = self.take().await?;
        session.append(&entries).await?;
        self.give_back(session);
        Ok(())
    }

    async fn read(&self, after: Option<Cursor>, wait: Duration) -> Result<Batch, RevocationError> {
        let after = after.and_then(|cursor| cursor.as_str().parse().ok());
        let session = self.take().await?;
        let batch = session.read(after, wait).await?;
        self.give_back(session);
        Ok(batch)
    }
}

/// Its code alone: the whole message may quote a value.
#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn failed(error: tokio_postgres::Error) -> RevocationError {
    let code = error.code().map_or("no connection", |code| code.code());
    RevocationError::Log(format!("PostgreSQL: {code}"))
}
