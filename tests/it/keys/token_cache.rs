//! A token that was verified before: its answer is the one that a verification would give.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use axum_cognito::{CognitoVerifier, CognitoVerifierBuilder, JwksResponse, TokenUse, VerifyError};
use tokio::time::sleep;

use crate::common::answers;
use crate::common::at_once::at_once;
use crate::common::pools::{POOL, ROTATED, rotated_token, token};
use crate::common::rig::Rig;

const SECOND: Duration = Duration::from_secs(1);

/// Fresh keys, and a token that was verified with them.
async fn remembering(token: &str) -> Rig {
    let rig = Rig::of_age(SECOND).await;
    assert_eq!(rig.judge(token).await.0, Ok(()));
    rig
}

/// A verifier with the keys of this one, and other settings.
fn stricter(
    rig: &Rig,
    client_id: &str,
    settings: impl Fn(CognitoVerifierBuilder) -> CognitoVerifierBuilder,
) -> CognitoVerifier {
    let builder = CognitoVerifier::builder().trust(&rig.keys, client_id).clock(POOL.clock());
    settings(builder).build().unwrap()
}

fn verdict(verifier: &CognitoVerifier, token: &str) -> Result<(), VerifyError> {
    at_once(verifier.verify(token)).map(drop)
}

#[tokio::test(start_paused = true)]
async fn a_remembered_token_answers_at_once_without_a_fetch() {
    let token = token();
    let rig = remembering(&token).await;
    assert_eq!(at_once(rig.judge(&token)).0, Ok(()));
    sleep(SECOND).await;
    assert_eq!(rig.endpoint.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_remembered_token_is_refused_when_its_key_leaves_the_set() {
    let token = token();
    let rig = remembering(&token).await;
    rig.endpoint.set(answers::rotated_keys);
    rig.keys.refresh().await.unwrap();
    assert_eq!(rig.judge(&token).await.0, Err(VerifyError::UnknownKey));
}

#[tokio::test(start_paused = true)]
async fn a_remembered_token_is_refused_when_its_kid_gets_another_key() {
    let token = token();
    let rig = remembering(&token).await;
    rig.endpoint.set(async |_| {
        let renamed = ROTATED.jwks().replace(&ROTATED.access_key_id(), &POOL.access_key_id());
        Ok(JwksResponse::new(renamed))
    });
    rig.keys.refresh().await.unwrap();
    assert_eq!(rig.judge(&token).await.0, Err(VerifyError::Signature));
}

#[tokio::test(start_paused = true)]
async fn a_remembered_token_is_accepted_after_a_refresh_that_brings_its_key_again() {
    let token = token();
    let rig = remembering(&token).await;
    rig.keys.refresh().await.unwrap();
    assert_eq!(rig.judge(&token).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_remembered_token_is_not_answered_by_dead_keys() {
    let token = token();
    let rig = remembering(&token).await;
    rig.endpoint.set(answers::outage);
    sleep(25 * 3600 * SECOND).await;
    let verdict = rig.judge(&token).await.0;
    assert!(matches!(verdict, Err(VerifyError::KeysUnavailable { .. })), "{verdict:?}");
}

#[tokio::test(start_paused = true)]
async fn a_remembered_token_is_refused_from_its_exp_on() {
    let token = POOL.access_token("alice").client_id("app").expires_in(60 * SECOND).sign();
    let rig = remembering(&token).await;
    sleep(57 * SECOND).await;
    assert_eq!(rig.judge(&token).await.0, Ok(()));
    sleep(3 * SECOND).await;
    assert_eq!(rig.judge(&token).await.0, Err(VerifyError::Expired));
}

#[tokio::test(start_paused = true)]
async fn a_remembered_token_is_refused_when_it_is_older_than_max_token_age() {
    let token = token();
    let rig = remembering(&token).await;
    let verifier = stricter(&rig, "app", |builder| builder.max_token_age(60 * SECOND));
    assert_eq!(verdict(&verifier, &token), Ok(()));
    sleep(61 * SECOND).await;
    assert_eq!(verdict(&verifier, &token), Err(VerifyError::TooOld));
}

#[tokio::test(start_paused = true)]
async fn a_check_is_asked_about_a_remembered_token_too() {
    let token = token();
    let rig = remembering(&token).await;
    let revoked = Arc::new(AtomicBool::new(false));
    let verifier = stricter(&rig, "app", |builder| {
        let revoked = Arc::clone(&revoked);
        builder.check(move |_| match revoked.load(Ordering::SeqCst) {
            true => Err("revoked".to_owned()),
            false => Ok(()),
        })
    });
    assert_eq!(verdict(&verifier, &token), Ok(()));
    revoked.store(true, Ordering::SeqCst);
    assert_eq!(verdict(&verifier, &token), Err(VerifyError::Check("revoked".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn a_verifier_for_another_client_refuses_a_token_that_one_with_the_same_keys_remembers() {
    let token = token();
    let rig = remembering(&token).await;
    let verifier = stricter(&rig, "another-app", |builder| builder);
    assert_eq!(verdict(&verifier, &token), Err(VerifyError::Client));
}

#[tokio::test(start_paused = true)]
async fn a_verifier_of_id_tokens_refuses_a_token_that_one_with_the_same_keys_remembers() {
    let token = token();
    let rig = remembering(&token).await;
    let verifier = stricter(&rig, "app", |builder| builder.token_use(TokenUse::Id));
    assert_eq!(verdict(&verifier, &token), Err(VerifyError::TokenUse(TokenUse::Id)));
}

#[tokio::test(start_paused = true)]
async fn a_verifier_for_an_audience_refuses_a_token_that_one_with_the_same_keys_remembers() {
    let token = token();
    let rig = remembering(&token).await;
    let verifier = stricter(&rig, "app", |builder| builder.audience("https://api.example.com"));
    assert_eq!(verdict(&verifier, &token), Err(VerifyError::Audience));
}

#[tokio::test(start_paused = true)]
async fn a_verifier_without_leeway_refuses_a_token_that_a_lenient_one_remembers() {
    let token = POOL.access_token("alice").client_id("app").expires_in(60 * SECOND).sign();
    let rig = remembering(&token).await;
    let lenient = stricter(&rig, "app", |builder| builder.leeway(60 * SECOND));
    sleep(90 * SECOND).await;
    assert_eq!(verdict(&lenient, &token), Ok(()));
    assert_eq!(rig.judge(&token).await.0, Err(VerifyError::Expired));
}

#[tokio::test(start_paused = true)]
async fn two_tokens_that_share_one_place_keep_their_own_claims() {
    let rig = Rig::of_age(SECOND).await;
    let verifier = stricter(&rig, "app", |builder| builder.token_cache(NonZeroUsize::MIN));
    let tokens =
        ["alice", "bob"].map(|user| (user, POOL.access_token(user).client_id("app").sign()));
    for (user, token) in tokens.iter().cycle().take(6) {
        let claims = at_once(verifier.verify(token)).unwrap();
        assert_eq!(claims.username(), Some(*user));
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_differs_from_a_remembered_one_in_its_signature_alone_is_refused() {
    let mut token = token();
    let rig = remembering(&token).await;
    let forged = if token.remove(token.len() - 20) == 'A' { 'B' } else { 'A' };
    token.insert(token.len() - 19, forged);
    assert_eq!(rig.judge(&token).await.0, Err(VerifyError::Signature));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_for_the_time_is_not_remembered() {
    let now = POOL.clock().now().duration_since(UNIX_EPOCH).unwrap();
    let token = POOL.access_token("alice").client_id("app").claim("nbf", now.as_secs() + 60);
    let token = token.sign();
    let rig = Rig::of_age(SECOND).await;
    assert_eq!(rig.judge(&token).await.0, Err(VerifyError::NotYetValid));
    sleep(60 * SECOND).await;
    assert_eq!(rig.judge(&token).await.0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_for_the_key_is_not_remembered() {
    let token = rotated_token().sign();
    let rig = Rig::of_age(SECOND).await;
    assert_eq!(rig.judge(&token).await.0, Err(VerifyError::UnknownKey));
    rig.endpoint.set(answers::rotated_keys);
    rig.keys.refresh().await.unwrap();
    assert_eq!(rig.judge(&token).await.0, Ok(()));
}
