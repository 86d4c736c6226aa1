use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::record::Record;
use super::session_id::{SessionId, SessionKey};
use super::store::DynSessionStore;
use crate::clock::{Clock, since_epoch};
use crate::{
    AppClient, CognitoClaims, CognitoVerifier, Revocations, SessionStoreError, TokenUse, Tokens,
    VerifyError,
};

/// A store that is slower than this counts as failed.
const STORE_TIMEOUT: Duration = Duration::from_secs(2);
/// When to come again after the store or a renewal failed.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(5);
/// A token with less left is renewed in the background.
const RENEW_BEFORE: Duration = Duration::from_secs(60);
/// How long a request waits for a renewal.
pub(super) const RENEWAL_WAIT: Duration = Duration::from_secs(5);
/// How often a session in use is written down to be in use.
const SEEN_EVERY: Duration = Duration::from_secs(60);
/// How long a session may live that says nothing of its end: a bound for stores.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 86_400);

/// The end of the year 9999: whatever the settings, an end is a date.
const LAST_MOMENT: Duration = Duration::from_secs(253_402_300_799);

/// The sessions of an application: read, renewed and ended.
pub(super) struct Sessions {
    pub(super) store: Arc<dyn DynSessionStore>,
    pub(super) verifier: CognitoVerifier,
    pub(super) client: AppClient,
    pub(super) revocations: Option<Revocations>,
    pub(super) clock: Clock,
    pub(super) idle: Duration,
    pub(super) max_age: Option<Duration>,
    /// Whether the store failed last.
    pub(super) is_down: AtomicBool,
    /// The renewals that are under way in this process, one for a session.
    pub(super) flights: Mutex<HashMap<SessionKey, watch::Receiver<Option<Outcome>>>>,
}

/// What a renewal came to.
#[derive(Clone)]
pub(super) enum Outcome {
    Renewed(Arc<Record>),
    /// Cognito has ended the sign-in, or somebody the session.
    Ended,
    /// Nothing is decided: the session stays.
    Unavailable(Duration),
}

/// What stands behind a session's id.
pub(super) enum Found {
    Session(Active),
    /// No session, or one that is over; with what the verifier said of its token.
    None(Option<VerifyError>),
    /// Whether there is a session, or what its token is worth, cannot be said for now.
    Unavailable(Unavailable),
}

/// What is not available.
pub(super) enum Unavailable {
    /// The keys, or the list of revocations.
    Verifier(VerifyError),
    /// The store, or Cognito for a renewal.
    Session(Duration),
}

/// A session whose token is good.
pub(super) struct Active {
    pub(super) id: SessionId,
    pub(super) record: Arc<Record>,
    pub(super) claims: CognitoClaims,
}

/// A record as it is in the store.
#[derive(Clone)]
pub(super) struct Loaded {
    pub(super) record: Arc<Record>,
    pub(super) version: u64,
}

impl Sessions {
    /// Finds a session, with a token that is good for the application's verifier; renews the token
    /// if that must be.
    ///
    /// `in_use` keeps the session from ending for idleness.
    pub(super) async fn find(self: &Arc<Self>, id: &SessionId, in_use: bool) -> Found {
        let loaded = match self.load(id).await {
            Ok(Some(loaded)) => loaded,
            Ok(None) => return Found::None(None),
            Err(_) => return Found::Unavailable(Unavailable::Session(RETRY_AFTER)),
        };
        match self.verifier.verify(self.token(&loaded.record)).await {
            Ok(claims) => {
                let now = self.now();
                if since_epoch(claims.expires_at()).saturating_sub(now) < RENEW_BEFORE {
                    // Nobody waits for it, and a failure is the next request's.
                    drop(self.renew(id, &self.used(&loaded, in_use)));
                } else if in_use && now.abs_diff(loaded.record.seen()) >= self.seen_every() {
                    self.keep(id, &loaded, now).await;
                }
                Found::Session(Active { id: id.clone(), record: loaded.record, claims })
            }
            Err(VerifyError::Expired | VerifyError::RenewalRequired) => {
                let found = self.find_renewed(id, &self.used(&loaded, in_use)).await;
                let now = self.now();
                let is_used = in_use && now.abs_diff(loaded.record.seen()) >= self.seen_every();
                if is_used && matches!(found, Found::Unavailable(_)) {
                    // While Cognito is unavailable, a session in use does not end for idleness.
                    self.keep(id, &loaded, now).await;
                }
                found
            }
            Err(error) => self.refused(id, error).await,
        }
    }

    /// Begins a session: its id is for the browser alone.
    pub(super) async fn begin(&self, tokens: &Tokens) -> Result<SessionId, SessionStoreError> {
        let failed = |reason| SessionStoreError::new(reason);
        let id = SessionId::generate().ok_or_else(|| failed("the system has no random numbers"))?;
        let record = Record::new(tokens, self.now());
        let sealed = record.seal(&id).ok_or_else(|| failed("the tokens are too long"))?;
        let lifetime = self.lifetime(&record);
        let created = self.ask("create", self.store.create(id.key(), sealed, lifetime)).await?;
        if created { Ok(id) } else { Err(failed("the id of a session exists already")) }
    }

    /// Reads the session from the store; one that is over is none.
    pub(super) async fn load(&self, id: &SessionId) -> Result<Option<Loaded>, SessionStoreError> {
        let Some(stored) = self.ask("load", self.store.load(id.key())).await? else {
            return Ok(None);
        };
        // One of another version stays: a process of that version may know it.
        let Some(record) = Record::open(&stored.record, id) else {
            tracing::debug!(session = %id.key(), "the record of a session cannot be read");
            return Ok(None);
        };
        if self.is_over(&record) {
            // That it is over does not depend on whether it is removed.
            let _ = self.delete(id).await;
            return Ok(None);
        }
        Ok(Some(Loaded { record: Arc::new(record), version: stored.version }))
    }

    pub(super) async fn delete(&self, id: &SessionId) -> Result<(), SessionStoreError> {
        self.ask("delete", self.store.delete(id.key())).await
    }

    /// Replaces the record if it is still of this version.
    pub(super) async fn replace(
        &self,
        id: &SessionId,
        version: u64,
        record: &Record,
    ) -> Result<bool, SessionStoreError> {
        let sealed = record.seal(id);
        let sealed = sealed.ok_or_else(|| SessionStoreError::new("the tokens are too long"))?;
        let lifetime = self.lifetime(record);
        let set = self.store.compare_and_set(id.key(), version, sealed, lifetime);
        self.ask("write", set).await
    }

    /// One call of the store, in its time.
    pub(super) async fn ask<T>(
        &self,
        what: &'static str,
        call: impl Future<Output = Result<T, SessionStoreError>>,
    ) -> Result<T, SessionStoreError> {
        let answer = timeout(STORE_TIMEOUT, call).await;
        let answer =
            answer.unwrap_or_else(|_| Err(SessionStoreError::new("no answer within two seconds")));
        // One line for an outage, not one for each request.
        match &answer {
            Ok(_) if self.is_down.swap(false, Ordering::Relaxed) => {
                tracing::info!("the session store answers again");
            }
            Err(error) if !self.is_down.swap(true, Ordering::Relaxed) => {
                tracing::warn!(%error, what, "the session store failed");
            }
            Ok(_) | Err(_) => {}
        }
        answer
    }

    /// The time since 1970.
    pub(super) fn now(&self) -> Duration {
        self.clock.now().wall()
    }

    /// The token that the verifier asks for.
    pub(super) fn token<'a>(&self, record: &'a Record) -> &'a str {
        match self.verifier.token_use() {
            TokenUse::Id => record.id_token.as_deref().unwrap_or_default(),
            TokenUse::Access | TokenUse::Any => &record.access_token,
        }
    }

    /// When the session ends if nothing more uses it, since 1970.
    pub(super) fn end(&self, record: &Record) -> Duration {
        let idle = record.seen().saturating_add(self.idle);
        let oldest = self.max_age.map(|age| record.began().saturating_add(age));
        oldest.map_or(idle, |oldest| idle.min(oldest)).min(LAST_MOMENT)
    }

    pub(super) fn flights(
        &self,
    ) -> MutexGuard<'_, HashMap<SessionKey, watch::Receiver<Option<Outcome>>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a renewal, and verifies what it brought.
    async fn find_renewed(self: &Arc<Self>, id: &SessionId, loaded: &Loaded) -> Found {
        let mut flight = self.renew(id, loaded);
        let outcome = match timeout(RENEWAL_WAIT, flight.wait_for(Option::is_some)).await {
            Ok(Ok(outcome)) => outcome.clone(),
            // It takes too long, or its runtime ended.
            Err(_) | Ok(Err(_)) => None,
        };
        let record = match outcome {
            Some(Outcome::Renewed(record)) => record,
            Some(Outcome::Ended) => return Found::None(None),
            Some(Outcome::Unavailable(retry_after)) => {
                return Found::Unavailable(Unavailable::Session(retry_after));
            }
            None => return Found::Unavailable(Unavailable::Session(RETRY_AFTER)),
        };
        match self.verifier.verify(self.token(&record)).await {
            Ok(claims) => Found::Session(Active { id: id.clone(), record, claims }),
            // Renewed in the very second in which a renewal was required, or by a clock that is far
            // ahead: the next one will do.
            Err(VerifyError::Expired | VerifyError::RenewalRequired) => {
                Found::Unavailable(Unavailable::Session(Duration::from_secs(1)))
            }
            Err(error) => self.refused(id, error).await,
        }
    }

    /// The verifier does not accept the session's token.
    async fn refused(&self, id: &SessionId, error: VerifyError) -> Found {
        if error.is_unavailable() {
            return Found::Unavailable(Unavailable::Verifier(error));
        }
        // This machine's clock is behind: the token is good, and will be here in a moment.
        if matches!(error, VerifyError::NotYetValid | VerifyError::IssuedInFuture) {
            tracing::warn!(%error, "a session's token is from the future: check the clock");
            return Found::Unavailable(Unavailable::Session(RETRY_AFTER));
        }
        if matches!(error, VerifyError::Ended) {
            // No later token of this sign-in will do.
            let _ = self.delete(id).await;
        }
        tracing::debug!(%error, "the token of a session is not accepted");
        Found::None(Some(error))
    }

    /// Writes down that the session is in use. Of two that do it at a time, one is enough.
    async fn keep(&self, id: &SessionId, loaded: &Loaded, now: Duration) {
        let record = Record { seen: now.as_secs(), ..(*loaded.record).clone() };
        let _ = self.replace(id, loaded.version, &record).await;
    }

    /// What was read, with this moment as the last use, if it is one.
    fn used(&self, loaded: &Loaded, in_use: bool) -> Loaded {
        let seen = if in_use { self.now().as_secs() } else { loaded.record.seen };
        let record = Record { seen, ..(*loaded.record).clone() };
        Loaded { record: Arc::new(record), version: loaded.version }
    }

    fn seen_every(&self) -> Duration {
        SEEN_EVERY.min(self.idle / 4)
    }

    fn is_over(&self, record: &Record) -> bool {
        self.now() >= self.end(record)
    }

    /// How long a store has to keep the record.
    fn lifetime(&self, record: &Record) -> Duration {
        self.end(record).saturating_sub(self.now()).clamp(Duration::from_secs(1), LONGEST)
    }
}
