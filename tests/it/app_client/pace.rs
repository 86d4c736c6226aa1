//! How fast renewals are sent, and how long Cognito can hold them.

use std::time::{Duration, Instant};

use axum_cognito::{AppClient, RenewError};

use super::cognito::{Cognito, Reply, tokens};

const SECOND: Duration = Duration::from_secs(1);

async fn renewing() -> Cognito {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    answer_well(&cognito);
    cognito
}

fn answer_well(cognito: &Cognito) {
    let (access, id) = (cognito.access_token(), cognito.id_token());
    cognito.set(move |_, _| tokens(&access, &id, None));
}

fn limited(cognito: &Cognito, limit: u32) -> AppClient {
    let client = cognito.builder().domain(&cognito.url).max_renewals_per_second(limit);
    client.build().expect("a client")
}

/// How long another try should wait, by this answer.
async fn wait_of(client: &AppClient, token: &str) -> Duration {
    match client.renew(token).await {
        Err(RenewError::Unavailable { retry_after }) => retry_after,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_renewal_beyond_the_limit_waits_for_the_next_second() {
    let cognito = renewing().await;
    let (client, start) = (limited(&cognito, 2), Instant::now());
    for token in ["a", "b", "c", "d", "e"] {
        client.renew(token).await.expect("tokens");
    }
    assert!(start.elapsed() >= 2 * SECOND, "{:?}", start.elapsed());
    assert_eq!(cognito.requests(), 5);
}

#[tokio::test]
async fn a_turn_that_is_more_than_five_seconds_off_is_not_waited_for() {
    let cognito = renewing().await;
    let client = limited(&cognito, 1);
    let waiting: Vec<_> = (0..6)
        .map(|number| {
            let client = client.clone();
            tokio::spawn(async move { client.renew(&format!("token-{number}")).await })
        })
        .collect();
    // Each has its place in the queue.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let wait = wait_of(&client, "one-too-many").await;
    assert!(wait > 4 * SECOND && wait <= 6 * SECOND, "{wait:?}");
    for call in waiting {
        call.abort();
    }
}

#[tokio::test]
async fn shared_results_take_no_turn() {
    let cognito = renewing().await;
    let (client, start) = (limited(&cognito, 1), Instant::now());
    for _ in 0..50 {
        client.renew("old").await.expect("tokens");
    }
    assert!(start.elapsed() < 20 * SECOND, "50 turns would take 49 s");
    assert_eq!(cognito.requests(), 1);
}

#[tokio::test]
async fn cognitos_wish_for_patience_holds_every_renewal_of_the_client() {
    for status in [429, 503] {
        let cognito = Cognito::start(|_, _| Reply::Lost).await;
        cognito.set(move |_, _| Reply::oauth(status, "slow_down").with_header("retry-after", "30"));
        let client = cognito.client();
        assert_eq!(wait_of(&client, "one").await, 30 * SECOND);
        for token in ["one", "two"] {
            let wait = wait_of(&client, token).await;
            assert!(wait > 20 * SECOND && wait <= 30 * SECOND, "{wait:?}");
        }
        assert_eq!(cognito.requests(), 1, "{status}");
    }
}

#[tokio::test]
async fn after_the_pause_renewals_go_on() {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    cognito.set(|_, _| Reply::oauth(429, "slow_down").with_header("retry-after", "1"));
    let client = cognito.client();
    assert_eq!(wait_of(&client, "old").await, SECOND);
    answer_well(&cognito);
    tokio::time::sleep(SECOND).await;
    client.renew("old").await.expect("tokens");
}

#[tokio::test]
async fn a_wish_may_be_a_date_and_none_lasts_more_than_five_minutes() {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    for (value, least, most) in [
        ("Fri, 31 Dec 2100 23:59:59 GMT", 300, 300),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 1, 1),
        ("86400", 300, 300),
        ("0", 1, 1),
        ("99999999999999999999", 1, 1),
        ("-1", 1, 1),
        ("soon", 1, 1),
    ] {
        cognito.set(move |_, _| Reply::oauth(429, "slow_down").with_header("retry-after", value));
        let wait = wait_of(&cognito.client(), "old").await.as_secs();
        assert!((least..=most).contains(&wait), "{value}: {wait}");
    }
}

#[tokio::test]
async fn an_error_that_is_not_about_load_holds_nobody_else() {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    cognito.set(|_, _| Reply::oauth(500, "server_error").with_header("retry-after", "30"));
    let client = cognito.client();
    assert_eq!(wait_of(&client, "one").await, SECOND);
    answer_well(&cognito);
    client.renew("two").await.expect("tokens");
}
