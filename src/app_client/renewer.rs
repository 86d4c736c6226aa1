//! Renewals: one for each refresh token at a time, at a pace that Cognito allows.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::connection::Connection;
use super::pace::Pace;
use super::renewals::{Joined, Outcome, Renewals, Results, SHARED_FOR};
use super::tokens::{NotTokens, Tokens};
use super::wire::{Issued, Kind, Refused};
use crate::clock::Clock;
use crate::crypto::TokenDigest;
use crate::{CognitoVerifier, RenewError, VerifyError, telemetry};

/// When to try again after a failure that says nothing about it.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How long a call waits beyond the time of a request: for its turn, for keys ([`KEYS_WAIT`]), for a
/// busy machine. Shorter, and tokens that wait for keys would have nobody to go to.
const EXTRA_WAIT: Duration = Duration::from_secs(75);
/// The longest authorization code that is sent.
const MAX_CODE_LENGTH: usize = 2048;
/// How long tokens that came are kept while the key to verify them is unavailable.
const KEYS_WAIT: Duration = Duration::from_secs(60);
/// The longest pause between two attempts to verify them.
const MAX_KEYS_PAUSE: Duration = Duration::from_secs(5);

/// What makes renewals.
#[derive(Debug)]
pub(super) struct Renewer {
    pub(super) connection: Connection,
    pub(super) verifier: CognitoVerifier,
    pub(super) pace: Pace,
    pub(super) renewals: Renewals,
    pub(super) clock: Clock,
}

impl Renewer {
    /// Renews, or waits for the renewal with the same token.
    pub(super) async fn renew(self: &Arc<Self>, refresh_token: &str) -> Outcome {
        let token = TokenDigest::of(refresh_token);
        let results = match self.renewals.join(token, self.clock.now()) {
            Joined::Full => return Err(RenewError::Unavailable { retry_after: RETRY_AFTER }),
            Joined::Shared(results) => {
                telemetry::renewal_shared();
                results
            }
            Joined::Begun(number, sender, results) => {
                let flight = Flight { renewer: Arc::clone(self), token, number, sender };
                let Ok(runtime) = Handle::try_current() else {
                    tracing::error!("no tokio runtime to renew tokens on");
                    return Err(RenewError::Unavailable { retry_after: RETRY_AFTER });
                };
                drop(runtime.spawn(flight.run(refresh_token.to_owned())));
                results
            }
        };
        let limit = self.connection.request_timeout.saturating_add(EXTRA_WAIT);
        result(results, limit).await
    }

    /// Exchanges an authorization code for verified tokens.
    pub(super) async fn exchange(
        &self,
        code: &str,
        redirect_uri: &str,
        code_verifier: &str,
    ) -> Outcome {
        // What cannot be a code would be an error in the log that any browser can cause.
        let fits = code.bytes().all(|byte| byte.is_ascii_graphic());
        if !(1..=MAX_CODE_LENGTH).contains(&code.len()) || !fits {
            return Err(RenewError::Ended);
        }
        self.check_keys().await?;
        let issued = self.connection.exchange(code, redirect_uri, code_verifier).await;
        let issued = issued.map_err(|error| self.refused("exchange of a code", &error))?;
        let Some(refresh_token) = issued.refresh_token.clone() else {
            tracing::error!("Cognito issued no refresh token: the app client should allow it");
            return Err(RenewError::Misconfigured);
        };
        self.verified(&issued, &refresh_token, Duration::ZERO).await
    }

    /// The error for a refusal, which is logged, and whose wish for a pause is kept.
    pub(super) fn refused(&self, call: &'static str, refused: &Refused) -> RenewError {
        let Refused { kind, status, code, retry_after } = refused;
        match kind {
            Kind::Ended => {
                tracing::debug!(call, code, "the sign-in is over at Cognito");
                RenewError::Ended
            }
            Kind::WrongSecret | Kind::Misconfigured => {
                let client_id = &self.connection.client_id;
                tracing::error!(call, status, code, client_id, "Cognito refuses the app client");
                RenewError::Misconfigured
            }
            Kind::Throttled | Kind::Unavailable => {
                let asks = *kind == Kind::Throttled || (*status == Some(503));
                let pause = retry_after.or((*kind == Kind::Throttled).then_some(RETRY_AFTER));
                let pause = pause.filter(|_| asks);
                let pause = pause.map(|pause| self.pace.hold(Instant::now(), pause));
                let retry_after = pause.unwrap_or(RETRY_AFTER).max(RETRY_AFTER);
                tracing::warn!(call, status, code, ?retry_after, "Cognito is not available");
                RenewError::Unavailable { retry_after }
            }
        }
    }

    /// One renewal: keys, turn, request, verification.
    async fn renew_now(&self, refresh_token: &str) -> Outcome {
        self.check_keys().await?;
        let turn = self.pace.turn(Instant::now()).map_err(unavailable)?;
        sleep_until(turn).await;
        if let Some(pause) = self.pace.pause(Instant::now()) {
            return Err(unavailable(pause));
        }
        let issued = self.connection.renew(refresh_token).await;
        let issued = issued.map_err(|error| self.refused("renewal", &error))?;
        let tokens = self.verified(&issued, refresh_token, KEYS_WAIT).await?;
        tracing::debug!(sub = tokens.access_claims().sub(), "renewed tokens");
        Ok(tokens)
    }

    /// Whether there are keys. Without them new tokens could be given to nobody, and the old refresh
    /// token or the code would be spent.
    async fn check_keys(&self) -> Result<(), RenewError> {
        self.verifier.prefetch().await.map_err(|error| {
            tracing::warn!(%error, "no keys to verify tokens with, so none are asked for");
            RenewError::Unavailable { retry_after: RETRY_AFTER }
        })
    }

    /// The issued tokens, verified. While a new key is unavailable, it goes on trying for so long: a
    /// new refresh token is not lost by an outage of the keys.
    async fn verified(&self, issued: &Issued, refresh_token: &str, patience: Duration) -> Outcome {
        let deadline = Instant::now() + patience;
        loop {
            let error = match Tokens::verify(issued, refresh_token, &self.verifier).await {
                Ok(tokens) => return Ok(tokens),
                Err(error) => error,
            };
            match error {
                NotTokens::Token(_, VerifyError::KeysUnavailable { retry_after }) => {
                    let next = Instant::now() + retry_after.clamp(RETRY_AFTER, MAX_KEYS_PAUSE);
                    if next > deadline {
                        tracing::error!("no keys to verify issued tokens with: they are lost");
                        return Err(RenewError::Unavailable { retry_after: RETRY_AFTER });
                    }
                    sleep_until(next).await;
                }
                NotTokens::Token(token_use, error) => {
                    tracing::error!(%token_use, %error, "a token that Cognito issued is not valid");
                    return Err(RenewError::Verify);
                }
                NotTokens::OtherUser => {
                    tracing::error!("the ID token that Cognito issued is another user's");
                    return Err(RenewError::Verify);
                }
            }
        }
    }
}

/// One renewal under way, on a task of its own: no caller that goes away can lose its result.
///
/// It is forgotten when it is dropped, so also when its task is: by a panic, or by a runtime that
/// shuts down.
struct Flight {
    renewer: Arc<Renewer>,
    token: TokenDigest,
    number: u64,
    sender: watch::Sender<Option<Outcome>>,
}

impl Flight {
    async fn run(self, refresh_token: String) {
        let outcome = self.renewer.renew_now(&refresh_token).await;
        drop(refresh_token);
        self.land(outcome).await;
    }

    /// Hands the result to all who wait, and keeps it for those who come within the next seconds.
    async fn land(self, outcome: Outcome) {
        telemetry::renewed(outcome.as_ref().err());
        // Nothing is known about the token, so the next caller may try.
        if matches!(outcome, Err(RenewError::Unavailable { .. })) {
            self.renewer.renewals.forget(&self.token, self.number);
            self.sender.send_replace(Some(outcome));
            return;
        }
        let now = self.renewer.clock.now();
        let is_shared = self.renewer.renewals.end(&self.token, self.number, now);
        self.sender.send_replace(Some(outcome));
        if is_shared {
            sleep(SHARED_FOR).await;
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.renewer.renewals.forget(&self.token, self.number);
    }
}

/// Waits for the result of a renewal.
async fn result(mut results: Results, limit: Duration) -> Outcome {
    let ended = timeout(limit, results.wait_for(Option::is_some)).await;
    let outcome = ended.ok().and_then(Result::ok).and_then(|outcome| outcome.clone());
    outcome.unwrap_or(Err(RenewError::Unavailable { retry_after: RETRY_AFTER }))
}

fn unavailable(retry_after: Duration) -> RenewError {
    RenewError::Unavailable { retry_after: retry_after.max(RETRY_AFTER) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AppClient, TestPool};

    #[tokio::test(start_paused = true)]
    async fn a_result_is_in_memory_for_ten_seconds_and_no_longer() {
        let client = AppClient::builder(&TestPool::offline(), "web-client").build();
        let renewer = client.expect("settings that can be").renewer;
        let token = TokenDigest::of("refresh-token");
        let Joined::Begun(number, sender, _) = renewer.renewals.join(token, renewer.clock.now())
        else {
            unreachable!("nobody else renews");
        };
        let flight = Flight { renewer: Arc::clone(&renewer), token, number, sender };
        drop(tokio::spawn(flight.land(Err(RenewError::Ended))));
        sleep(Duration::from_millis(9_900)).await;
        assert_eq!(renewer.renewals.len(), 1);
        sleep(Duration::from_millis(200)).await;
        assert_eq!(renewer.renewals.len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_whose_task_ends_early_leaves_nothing() {
        let client = AppClient::builder(&TestPool::offline(), "web-client").build();
        let renewer = client.expect("settings that can be").renewer;
        let token = TokenDigest::of("refresh-token");
        let Joined::Begun(number, sender, results) =
            renewer.renewals.join(token, renewer.clock.now())
        else {
            unreachable!("nobody else renews");
        };
        drop(Flight { renewer: Arc::clone(&renewer), token, number, sender });
        assert_eq!(renewer.renewals.len(), 0);
        let outcome = result(results, Duration::from_secs(60)).await;
        assert!(matches!(outcome, Err(RenewError::Unavailable { .. })), "{outcome:?}");
    }
}
