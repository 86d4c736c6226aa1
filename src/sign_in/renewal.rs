use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::record::Record;
use super::session_id::{SessionId, SessionKey};
use super::sessions::{Loaded, Outcome, RENEWAL_WAIT, RETRY_AFTER, Sessions};
use crate::{RenewError, Tokens};

/// How long a process that was killed with the lease keeps others waiting.
const LEASE: Duration = Duration::from_secs(10);
/// How long to wait for another process, which may have been killed with the lease in hand.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often to look whether another process is done.
const LOOK: Duration = Duration::from_millis(100);
/// How long to try to write new tokens down, which Cognito has made and will not make again.
const WRITING: Duration = Duration::from_secs(30);
/// How many sessions may renew at a time in this process. One more is told to come again.
const MAX_FLIGHTS: usize = 10_000;

impl Sessions {
    /// Joins the renewal of a session in this process, or starts it: a task of its own, which no
    /// request that goes away takes along.
    pub(super) fn renew(
        self: &Arc<Self>,
        id: &SessionId,
        stale: &Loaded,
    ) -> watch::Receiver<Option<Outcome>> {
        let key = id.key();
        let mut flights = self.flights();
        if let Some(flight) = flights.get(&key) {
            return flight.clone();
        }
        let (sender, receiver) = watch::channel(None);
        if flights.len() >= MAX_FLIGHTS {
            sender.send_replace(Some(Outcome::Unavailable(RETRY_AFTER)));
            return receiver;
        }
        flights.insert(key, receiver.clone());
        drop(flights);
        let landing = Landing { sessions: Arc::clone(self), key };
        let (id, stale) = (id.clone(), stale.clone());
        tokio::spawn(async move {
            let outcome = landing.sessions.renew_alone(&id, &stale).await;
            drop(landing);
            sender.send_replace(Some(outcome));
        });
        receiver
    }

    /// A new access token of a session, or `None` if it cannot be renewed within the wait of a
    /// request.
    pub(super) async fn renewed_access_token(self: &Arc<Self>, id: &SessionId) -> Option<String> {
        let stale = self.load(id).await.ok()??;
        let mut flight = self.renew(id, &stale);
        let outcome = timeout(RENEWAL_WAIT, flight.wait_for(Option::is_some)).await.ok()?.ok()?;
        match &*outcome {
            Some(Outcome::Renewed(record)) => Some(record.access_token.clone()),
            Some(Outcome::Ended | Outcome::Unavailable(_)) | None => None,
        }
    }

    /// Renews with the lease of the session, or takes what another process has got.
    async fn renew_alone(&self, id: &SessionId, stale: &Loaded) -> Outcome {
        let holder = fastrand::u128(..);
        let began = Instant::now();
        loop {
            match self.load(id).await {
                Ok(None) => return Outcome::Ended,
                Ok(Some(loaded)) if is_newer(&loaded.record, &stale.record) => {
                    return Outcome::Renewed(loaded.record);
                }
                Ok(Some(_)) => {}
                Err(_) => return Outcome::Unavailable(RETRY_AFTER),
            }
            match self.ask("lease", self.store.lease(id.key(), holder, LEASE)).await {
                Ok(true) => break,
                Ok(false) if began.elapsed() < PATIENCE => {
                    sleep(LOOK + Duration::from_millis(fastrand::u64(..100))).await;
                }
                Ok(false) | Err(_) => return Outcome::Unavailable(RETRY_AFTER),
            }
        }
        // Whoever has the lease keeps it, however slow Cognito or the store is: another process would
        // spend the same refresh token.
        let mut renewal = pin!(self.renew_with_lease(id, stale));
        let outcome = loop {
            if let Ok(outcome) = timeout(LEASE / 3, renewal.as_mut()).await {
                break outcome;
            }
            let _ = self.ask("lease", self.store.lease(id.key(), holder, LEASE)).await;
        };
        // If not, it ends by itself.
        let _ = self.ask("release", self.store.release(id.key(), holder)).await;
        outcome
    }

    async fn renew_with_lease(&self, id: &SessionId, stale: &Loaded) -> Outcome {
        // Once more, as another process may have had the lease until now.
        let loaded = match self.load(id).await {
            Ok(None) => return Outcome::Ended,
            Ok(Some(loaded)) if is_newer(&loaded.record, &stale.record) => {
                return Outcome::Renewed(loaded.record);
            }
            Ok(Some(loaded)) => loaded,
            Err(_) => return Outcome::Unavailable(RETRY_AFTER),
        };
        match self.client.renew(&loaded.record.refresh_token).await {
            Ok(tokens) if tokens.access_claims().sub() != loaded.record.sub => {
                tracing::error!(session = %id.key(), "renewed tokens name another user");
                let _ = self.delete(id).await;
                Outcome::Ended
            }
            Ok(tokens) => self.write(id, loaded, &tokens, stale.record.seen).await,
            Err(RenewError::Ended) => self.end_if_current(id, &loaded).await,
            Err(RenewError::Unavailable { retry_after }) => Outcome::Unavailable(retry_after),
            // The client has logged what is wrong. A wrong secret, or a clock that is behind, must not
            // sign everybody out.
            Err(RenewError::Misconfigured | RenewError::Verify) => {
                Outcome::Unavailable(RETRY_AFTER)
            }
        }
    }

    /// Writes new tokens down, over no newer ones.
    async fn write(
        &self,
        id: &SessionId,
        mut loaded: Loaded,
        tokens: &Tokens,
        seen: u64,
    ) -> Outcome {
        let began = Instant::now();
        let used = Arc::clone(&loaded.record);
        loop {
            let renewed = loaded.record.renewed(tokens, seen);
            let written = self.replace(id, loaded.version, &renewed).await;
            if matches!(written, Ok(true)) {
                return Outcome::Renewed(Arc::new(renewed));
            }
            if began.elapsed() > WRITING {
                tracing::error!(session = %id.key(), "renewed tokens cannot be written down");
                return Outcome::Unavailable(RETRY_AFTER);
            }
            sleep(LOOK + Duration::from_millis(fastrand::u64(..100))).await;
            match self.load(id).await {
                // The session was ended meanwhile: nobody would ever revoke the new refresh token.
                Ok(None) => {
                    let _ = self.client.revoke(tokens.refresh_token()).await;
                    return Outcome::Ended;
                }
                // A slow write arrived after all, or another process was faster.
                Ok(Some(now)) if is_newer(&now.record, &used) => {
                    return Outcome::Renewed(now.record);
                }
                // Only its use was written down.
                Ok(Some(now)) => loaded = now,
                Err(_) => {}
            }
        }
    }

    /// Cognito says that the sign-in is over, unless the refresh token was that of a moment ago.
    async fn end_if_current(&self, id: &SessionId, loaded: &Loaded) -> Outcome {
        match self.load(id).await {
            Ok(Some(now)) if is_newer(&now.record, &loaded.record) => Outcome::Renewed(now.record),
            Ok(Some(_) | None) => {
                let _ = self.delete(id).await;
                Outcome::Ended
            }
            Err(_) => Outcome::Unavailable(RETRY_AFTER),
        }
    }
}

/// Whether a record has other tokens than the one that was read before.
fn is_newer(now: &Record, before: &Record) -> bool {
    now.access_token != before.access_token || now.refresh_token != before.refresh_token
}

/// Takes the renewal off the list, however it ends.
struct Landing {
    sessions: Arc<Sessions>,
    key: SessionKey,
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.sessions.flights().remove(&self.key);
    }
}
