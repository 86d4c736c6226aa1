//! The list of revocations: which tokens to refuse although they have not expired.
//!
//! `list` holds the entries in memory, `state` what is known of the log that they come from, and
//! `reader` is the task that reads it. A verifier asks [`Revocations::check`] about every token.

mod builder;
mod cloudtrail;
mod entry;
mod key;
mod list;
mod log;
#[cfg(all(test, shuttle))]
mod model;
mod reader;
mod state;
mod status;
mod sync;
mod table;
mod text;
mod token;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::timeout_at;

pub use self::builder::RevocationsBuilder;
pub use self::entry::Revocation;
pub use self::log::{Batch, Cursor, OnLoss, RevocationLog};
use self::state::{DEAF_AFTER, Freshness, RETRY_AFTER, State};
pub use self::status::{RevocationsState, RevocationsStatus};
use self::token::Refusal;
pub use self::token::SignInClaims;
use crate::clock::{Clock, Moment};
use crate::{RevocationError, VerifyError};

/// Which tokens to refuse before they expire: a sign-out that works at once.
///
/// A verifier that has a list asks it about every token on every request, also about tokens that
/// its cache holds. Entries can only refuse, and go by themselves when the last token that they
/// mean has expired. Cheap to clone: clones share one list.
///
/// ```
/// use axum_cognito::{CognitoVerifier, Revocations, TestPool, VerifyError};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pool = TestPool::offline();
/// let revocations = Revocations::in_memory();
/// let verifier =
///     CognitoVerifier::builder().trust(&pool, "web-client").revocations(&revocations).build()?;
///
/// let token = pool.access_token("alice").client_id("web-client").sign();
/// let claims = verifier.verify(&token).await?;
/// revocations.end_sign_in(&claims).await?;
/// assert_eq!(verifier.verify(&token).await.unwrap_err(), VerifyError::Ended);
/// # Ok(())
/// # }
/// ```
///
/// # One process or a fleet
///
/// A list [in memory](Self::in_memory) is that of its process. With a [shared](Self::shared) log
/// every process reads what the others append, within a delivery of the log. What happens while the
/// log cannot be heard is for you to say: [`OnLoss`].
///
/// The log is read from the first use inside a tokio runtime on, until the last clone is dropped. If
/// its runtime ends, the next use starts again.
///
/// # What an entry refuses
///
/// An entry of a user, a client or a pool ends the sign-ins whose `auth_time` is not after the
/// entry's time; a token without `auth_time` goes by its `iat`. An entry that requires renewal goes
/// by `iat`, so a renewed token is good. Times are whole seconds, a token of the very second is
/// refused, and the verifier's [`leeway`](crate::CognitoVerifierBuilder::leeway) is added. Tokens of
/// machines match entries of their client and their pool only.
///
/// Guide: [revocation](crate::guide::revocation).
#[derive(Clone)]
pub struct Revocations {
    state: Arc<State>,
}

impl Revocations {
    /// Creates a list for this process alone.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::from_builder(RevocationsBuilder::new())
    }

    /// Creates a list that processes share through a log.
    ///
    /// `on_loss` says what happens while the log cannot be heard.
    pub fn shared(log: impl RevocationLog, on_loss: OnLoss) -> Self {
        Self::from_builder(RevocationsBuilder::new().shared(log, on_loss))
    }

    /// Returns a builder, for a list with settings of your own.
    pub fn builder() -> RevocationsBuilder {
        RevocationsBuilder::new()
    }

    fn from_builder(builder: RevocationsBuilder) -> Self {
        Self { state: Arc::new(builder.into_state()) }
    }

    /// Waits until the log was read as a whole for the first time; in memory returns at once.
    ///
    /// Call it before the server takes requests, so that none waits.
    ///
    /// # Errors
    ///
    /// [`RevocationError`] if nothing was heard from the log for 3 seconds. The list goes on trying.
    ///
    /// # Panics
    ///
    /// If it has to wait and the tokio runtime has no time driver. Build the runtime with
    /// `enable_all()`.
    pub async fn ready(&self) -> Result<(), RevocationError> {
        let Some(shared) = &self.state.shared else { return Ok(()) };
        Handle::try_current().map_err(|_| RevocationError::NoRuntime)?;
        let asked = self.state.now();
        let mut news = shared.subscribe();
        loop {
            reader::ensure(&self.state);
            if shared.is_read() {
                return Ok(());
            }
            let now = self.state.now();
            let silence = shared.silence(now).min(now.since(asked));
            let rest = DEAF_AFTER.saturating_sub(silence);
            if rest.is_zero() {
                let error = shared.last_error();
                return Err(error.unwrap_or(RevocationError::Timeout(DEAF_AFTER)));
            }
            // Either way it is looked at again.
            let _ = timeout_at(now.deadline(rest), news.changed()).await;
        }
    }

    /// Ends a sign-in: every token of it is refused, by `origin_jti`. A token without one is ended
    /// alone, by its `jti`.
    ///
    /// What Cognito keeps of the sign-in is left as it is: revoke the refresh token there too, or it
    /// makes good tokens again once the entry has gone.
    ///
    /// Takes [`CognitoClaims`](crate::CognitoClaims), [`AccessClaims`](crate::AccessClaims) or
    /// [`IdClaims`](crate::IdClaims).
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add). [`RevocationError::Machine`] or [`RevocationError::NoTokenId`] if the
    /// token belongs to no sign-in that could be ended.
    pub async fn end_sign_in(&self, claims: &impl SignInClaims) -> Result<(), RevocationError> {
        let token = claims.token();
        let entry = self.stamp(token.end_sign_in()?);
        let until = entry.until().max(token.expires());
        self.add([entry.with_until(until)]).await
    }

    /// Ends every sign-in that a user made until now: the user was disabled, deleted or signed out
    /// everywhere. A sign-in after this second is good.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add); [`RevocationError::Invalid`] if no token can match these ids.
    pub async fn end_user(
        &self,
        pool_id: impl AsRef<str>,
        sub: impl AsRef<str>,
    ) -> Result<(), RevocationError> {
        let entry = Revocation::user(pool_id, sub).map(|entry| self.stamp(entry));
        self.add_one(entry).await
    }

    /// Refuses a user's tokens that were issued until now as expired ones, so that clients renew
    /// them: groups or attributes have changed. A renewed token is good.
    ///
    /// # Errors
    ///
    /// As [`end_user`](Self::end_user).
    pub async fn require_renewal(
        &self,
        pool_id: impl AsRef<str>,
        sub: impl AsRef<str>,
    ) -> Result<(), RevocationError> {
        let entry = Revocation::renewal(pool_id, sub).map(|entry| self.stamp(entry));
        self.add_one(entry).await
    }

    /// Ends every sign-in at an app client until now, and a machine client's tokens that were issued
    /// until now: after an incident, say.
    ///
    /// # Errors
    ///
    /// As [`end_user`](Self::end_user).
    pub async fn end_client(
        &self,
        pool_id: impl AsRef<str>,
        client_id: impl AsRef<str>,
    ) -> Result<(), RevocationError> {
        let entry = Revocation::client(pool_id, client_id).map(|entry| self.stamp(entry));
        self.add_one(entry).await
    }

    /// Ends every sign-in at a pool until now, and its machine clients' tokens that were issued
    /// until now.
    ///
    /// # Errors
    ///
    /// As [`end_user`](Self::end_user).
    pub async fn end_all(&self, pool_id: impl AsRef<str>) -> Result<(), RevocationError> {
        let entry = Revocation::all(pool_id).map(|entry| self.stamp(entry));
        self.add_one(entry).await
    }

    /// Adds these entries, and returns once the log has acknowledged them: from then on this process
    /// refuses what they mean, and every other one as soon as it has read them.
    ///
    /// The entries are sent on a task of their own, so a dropped request does not lose a sign-out.
    ///
    /// # Errors
    ///
    /// [`RevocationError`] if the log did not acknowledge the entries, after 3 seconds for each 500
    /// at most. This process refuses what they mean all the same, and sends them again when the log
    /// answers, as long as it runs. [`RevocationError::Full`] if this process has no room for them.
    pub async fn add(
        &self,
        revocations: impl IntoIterator<Item = Revocation>,
    ) -> Result<(), RevocationError> {
        let entries: Vec<_> = revocations.into_iter().collect();
        if entries.is_empty() {
            return Ok(());
        }
        reader::ensure(&self.state);
        let enforced = self.state.enforce(&entries, 0, self.state.now());
        let appended = reader::append(&self.state, entries).await;
        enforced.and(appended)
    }

    /// Returns how the list and its log are doing, for a health check. It starts to read a log that
    /// was not used yet.
    pub fn status(&self) -> RevocationsStatus {
        reader::ensure(&self.state);
        self.state.status()
    }

    /// As [`RevocationsStatus::is_ready`], without counting the entries.
    pub(crate) fn is_ready(&self) -> bool {
        reader::ensure(&self.state);
        self.state.is_ready(self.state.now())
    }

    /// Whether a verified token is revoked at `now`.
    ///
    /// `seen` belongs to the token in a cache: the version of the list that did not refuse it.
    /// `incomplete` says what becomes of a token while the list may be complete in a moment.
    pub(crate) fn check(
        &self,
        claims: &impl SignInClaims,
        leeway: Duration,
        now: Moment,
        seen: Option<&AtomicU64>,
        incomplete: Incomplete,
    ) -> Result<(), Revoked> {
        // Read before the list: what was acknowledged until then is in the list.
        let freshness = match &self.state.shared {
            None => Freshness::Accept,
            Some(shared) => {
                reader::ensure(&self.state);
                shared.freshness(self.state.max_wait, now)
            }
        };
        if !self.state.list.is_empty() {
            // Read before the entries: one that comes meanwhile belongs to a later version.
            let version = self.state.list.version();
            if seen.is_none_or(|seen| seen.load(Ordering::Relaxed) != version) {
                let token = claims.token();
                match token.refusal(&self.state.list, leeway, now.wall()) {
                    Some(Refusal::Ended) => return Err(Revoked::Ended),
                    Some(Refusal::RenewalRequired) => return Err(Revoked::RenewalRequired),
                    None => {}
                }
                if let Some(seen) = seen {
                    seen.store(version, Ordering::Relaxed);
                }
            }
        }
        let Some(shared) = &self.state.shared else { return Ok(()) };
        match (freshness, incomplete) {
            (Freshness::Accept, _) => Ok(()),
            // Nobody can wait outside of a runtime.
            (Freshness::Wait, Incomplete::Wait) if Handle::try_current().is_ok() => {
                Err(Revoked::Unavailable)
            }
            (Freshness::Wait, _) if shared.accepts_on_loss() => Ok(()),
            (Freshness::Wait | Freshness::Refuse, _) => Err(Revoked::Unavailable),
        }
    }

    /// Whether it is worth waiting for the list.
    pub(crate) fn may_be_complete_soon(&self) -> bool {
        self.state.shared.as_ref().is_none_or(|shared| {
            shared.freshness(self.state.max_wait, self.state.now()) != Freshness::Refuse
        })
    }

    /// Waits until the list may be complete, for as long as a request that came now may wait.
    pub(crate) async fn wait(&self) {
        let Some(shared) = &self.state.shared else { return };
        if Handle::try_current().is_err() {
            return;
        }
        let mut news = shared.subscribe();
        let deadline = shared.wait_until(self.state.max_wait, self.state.now());
        while shared.freshness(self.state.max_wait, self.state.now()) == Freshness::Wait {
            if timeout_at(deadline, news.changed()).await.is_err() {
                return;
            }
        }
    }

    /// Makes the list last for a verifier of this leeway and this clock.
    pub(crate) fn serve(&self, leeway: Duration, clock: &Clock) {
        self.state.note_leeway(leeway);
        self.state.adopt_clock(clock);
    }

    /// The entry, of this moment.
    fn stamp(&self, entry: Revocation) -> Revocation {
        entry.at(self.state.now().wall(), self.state.lifetime)
    }

    async fn add_one(
        &self,
        entry: Result<Revocation, RevocationError>,
    ) -> Result<(), RevocationError> {
        self.add([entry?]).await
    }
}

impl fmt::Debug for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocations")
            .field("entries", &self.state.list.len())
            .field("on_loss", &self.state.shared.as_ref().map(|shared| shared.on_loss))
            .finish_non_exhaustive()
    }
}

/// What becomes of a token that the list does not refuse, while the list may be complete in a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Incomplete {
    /// It is unavailable, so that the request waits and asks again.
    Wait,
    /// As [`OnLoss`] says.
    Decide,
}

/// Why a verified token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Revoked {
    Ended,
    RenewalRequired,
    /// The list is not complete.
    Unavailable,
}

impl From<Revoked> for VerifyError {
    fn from(revoked: Revoked) -> Self {
        match revoked {
            Revoked::Ended => Self::Ended,
            Revoked::RenewalRequired => Self::RenewalRequired,
            Revoked::Unavailable => Self::RevocationsUnavailable { retry_after: RETRY_AFTER },
        }
    }
}
