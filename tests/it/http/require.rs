//! Every `Require`, and the order in which several are asked.

use std::sync::LazyLock;

use axum::Router;
use axum::routing::get;
use axum_cognito::testing::{TestPool, TestToken};
use axum_cognito::{CognitoLayer, CognitoVerifier, Rejection, RejectionKind, Require, TokenUse};

use crate::common::log::Log;
use crate::common::send;

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

const NOTHING: [&str; 0] = [];

/// Why a request with this token is refused; `None` if it is let in.
async fn refusal(require: Require, token: TestToken) -> Option<Rejection> {
    let builder = CognitoVerifier::builder().trust(&*POOL, "test-client").clock(POOL.clock());
    let verifier = builder.token_use(TokenUse::Any).build().expect("settings that can be");
    let app = Router::new().route("/", get(async || "in"));
    let app = app.route_layer(require).layer(CognitoLayer::new(verifier));
    let answer = send::get(app, &[("authorization", format!("Bearer {}", token.sign()))]).await;
    let rejection = answer.extensions().get().cloned();
    assert_eq!(answer.status() == 200, rejection.is_none(), "{}", answer.body());
    rejection
}

async fn lets_in(require: Require, token: TestToken) -> bool {
    refusal(require, token).await.is_none()
}

fn scoped(scopes: &str) -> TestToken {
    POOL.access_token("alice").scope(scopes)
}

fn grouped<const N: usize>(groups: [&str; N]) -> TestToken {
    POOL.access_token("alice").groups(groups)
}

fn challenge(rejection: &Rejection) -> String {
    let challenge = rejection.www_authenticate().expect("a challenge");
    challenge.to_str().expect("text").to_owned()
}

#[tokio::test]
async fn scope_asks_for_exactly_this_scope() {
    let require = || Require::scope("orders/read");
    assert!(lets_in(require(), scoped("orders/read")).await);
    assert!(lets_in(require(), scoped("a orders/read b")).await);
    for scopes in ["", "orders", "orders/", "orders/read2", "orders/rea", "Orders/read", "read"] {
        assert!(!lets_in(require(), scoped(scopes)).await, "{scopes}");
    }
}

#[tokio::test]
async fn a_scope_with_a_space_is_never_met_by_two() {
    assert!(!lets_in(Require::scope("a b"), scoped("a b")).await);
}

#[tokio::test]
async fn any_scope_asks_for_one_at_least() {
    let require = || Require::any_scope(["a", "b"]);
    for scopes in ["a", "b", "b a", "c b"] {
        assert!(lets_in(require(), scoped(scopes)).await, "{scopes}");
    }
    for scopes in ["", "c", "ab", "c d"] {
        assert!(!lets_in(require(), scoped(scopes)).await, "{scopes}");
    }
}

#[tokio::test]
async fn all_scopes_asks_for_each() {
    let require = || Require::all_scopes(["a", "b"]);
    for scopes in ["a b", "b a", "c b d a"] {
        assert!(lets_in(require(), scoped(scopes)).await, "{scopes}");
    }
    for scopes in ["", "a", "b", "ab", "a c"] {
        assert!(!lets_in(require(), scoped(scopes)).await, "{scopes}");
    }
}

#[tokio::test]
async fn group_asks_for_exactly_this_group() {
    let require = || Require::group("admins");
    assert!(lets_in(require(), grouped(["users", "admins"])).await);
    for group in ["", "admin", "admins2", "Admins", "admins ", "users admins", "users,admins"] {
        assert!(!lets_in(require(), grouped([group])).await, "{group}");
    }
    assert!(!lets_in(require(), POOL.access_token("alice")).await);
}

#[tokio::test]
async fn any_group_asks_for_one_at_least() {
    let require = || Require::any_group(["a", "b"]);
    assert!(lets_in(require(), grouped(["b"])).await);
    assert!(lets_in(require(), grouped(["c", "a"])).await);
    assert!(!lets_in(require(), grouped(["c", "ab"])).await);
    assert!(!lets_in(require(), grouped([])).await);
}

#[tokio::test]
async fn all_groups_asks_for_each() {
    let require = || Require::all_groups(["a", "b"]);
    assert!(lets_in(require(), grouped(["b", "c", "a"])).await);
    assert!(!lets_in(require(), grouped(["a", "c"])).await);
    assert!(!lets_in(require(), grouped(["a b"])).await);
}

#[tokio::test]
async fn when_asks_the_predicate() {
    let require = || Require::when(|claims| claims.username() == Some("alice"));
    assert!(lets_in(require(), POOL.access_token("alice")).await);
    assert!(!lets_in(require(), POOL.access_token("bob")).await);
}

#[tokio::test]
async fn one_of_nothing_lets_nobody_in() {
    assert!(!lets_in(Require::any_scope(NOTHING), scoped("a")).await);
    assert!(!lets_in(Require::any_group(NOTHING), grouped(["a"])).await);
}

#[tokio::test]
async fn all_of_nothing_lets_nobody_in() {
    assert!(!lets_in(Require::all_scopes(NOTHING), scoped("a")).await);
    assert!(!lets_in(Require::all_groups(NOTHING), grouped(["a"])).await);
    assert!(!lets_in(Require::all_groups(NOTHING), POOL.id_token("alice")).await);
    assert!(!lets_in(Require::acr(NOTHING), POOL.access_token("alice").claim("acr", "")).await);
}

#[tokio::test]
async fn what_no_token_can_have_lets_nobody_in_and_no_challenge_asks_for_it() {
    let good = || scoped("a a\"b \u{e9}").groups(["", "g"]).claim("acr", "");
    for require in [
        Require::scope("a\"b"),
        Require::scope("\u{e9}"),
        Require::scope("orders \u{e9}"),
        Require::scope("a a"),
        Require::all_scopes(["a", ""]),
        Require::any_scope(["", "a b"]),
        Require::group(""),
        Require::any_group([""]),
        Require::acr(["", "a b"]),
        Require::scope("missing").and(Require::all_groups(NOTHING)),
        Require::acr(["x"]).and(Require::acr(["y"])),
    ] {
        let refusal = refusal(require.clone(), good()).await.expect("a refusal");
        assert_eq!(refusal.kind(), RejectionKind::Forbidden, "{require:?}");
        let challenge = challenge(&refusal);
        assert!(!challenge.contains(" scope=") && !challenge.contains("acr"), "{challenge}");
    }
}

#[tokio::test]
async fn an_alternative_that_no_token_can_have_is_not_asked_for() {
    let require = || Require::any_scope(["a b", "c"]);
    assert!(lets_in(require(), scoped("c")).await);
    let refusal = refusal(require(), scoped("a b")).await.expect("a refusal");
    assert!(challenge(&refusal).ends_with("scope=\"c\""), "{refusal}");
}

#[test]
fn a_requirement_that_nobody_meets_is_an_error_in_the_log_when_it_is_made() {
    for make in [
        || Require::all_groups(NOTHING),
        || Require::all_scopes(NOTHING),
        || Require::any_scope(NOTHING),
        || Require::any_group(NOTHING),
        || Require::acr(NOTHING),
        || Require::scope(""),
        || Require::scope("a b"),
        || Require::scope("orders \u{e9}"),
        || Require::group(""),
        || Require::any_scope(["a", "b c"]),
    ] {
        let (log, _guard) = Log::start();
        let require = make();
        assert_eq!(log.errors().len(), 1, "{require:?}: {}", log.text());
    }
    let (log, _guard) = Log::start();
    let _good =
        Require::scope("a/b").and(Require::any_group(["g", "h i"])).and(Require::acr(["1"]));
    assert_eq!(log.text(), "");
}

#[tokio::test]
async fn the_empty_scope_is_met_by_none() {
    assert!(!lets_in(Require::scope(""), scoped("a  b")).await);
}

#[tokio::test]
async fn an_id_token_has_groups_and_no_scopes() {
    let token = || POOL.id_token("alice").groups(["admins"]).claim("scope", "orders/read");
    assert!(lets_in(Require::group("admins"), token()).await);
    assert!(!lets_in(Require::scope("orders/read"), token()).await);
}

#[tokio::test]
async fn a_machine_has_scopes_and_no_groups() {
    let token = || POOL.machine_token("test-client").scope("orders/read");
    assert!(lets_in(Require::scope("orders/read"), token()).await);
    assert!(!lets_in(Require::group("admins"), token()).await);
}

#[tokio::test]
async fn and_asks_for_both() {
    let require = || Require::scope("a").and(Require::group("g"));
    assert!(lets_in(require(), scoped("a").groups(["g"])).await);
    assert!(!lets_in(require(), scoped("a").groups(["h"])).await);
    assert!(!lets_in(require(), scoped("b").groups(["g"])).await);
}

#[tokio::test]
async fn the_first_that_is_not_met_decides_the_answer() {
    let kind = async |require| refusal(require, scoped("x")).await.map(|refusal| refusal.kind());
    let (scope, group) = (|| Require::scope("a"), || Require::group("g"));
    let scope_first = kind(scope().and(group())).await;
    assert_eq!(scope_first, Some(RejectionKind::InsufficientScope));
    assert_eq!(kind(group().and(scope())).await, Some(RejectionKind::Forbidden));
    let met_first = kind(Require::scope("x").and(group()).and(scope())).await;
    assert_eq!(met_first, Some(RejectionKind::Forbidden));
}

#[tokio::test]
async fn what_stands_behind_the_first_that_is_not_met_is_not_asked() {
    let require = Require::group("g").and(Require::when(|_| panic!("asked")));
    assert!(!lets_in(require, scoped("a")).await);
}

#[tokio::test]
async fn the_answer_names_every_scope_that_the_route_needs() {
    let inner = Require::scope("b").and(Require::group("g")).and(Require::scope("c"));
    let require = Require::scope("a").and(inner).and(Require::all_scopes(["d", "a"]));
    for token in ["", "a", "b c d", "a c d"] {
        let refusal = refusal(require.clone(), scoped(token).groups(["g"])).await;
        let challenge = challenge(&refusal.expect("a refusal"));
        assert!(challenge.ends_with("scope=\"a b c d\""), "{challenge}");
    }
    assert!(lets_in(require, scoped("a b c d").groups(["g"])).await);
}

#[tokio::test]
async fn the_answer_names_of_alternatives_those_that_are_there_or_else_all() {
    let require = || Require::any_scope(["a", "b"]).and(Require::any_scope(["c", "d"]));
    for (token, needed) in [("", "a b c d"), ("c", "a b c"), ("b", "b c d"), ("a b", "a b c d")] {
        let challenge = challenge(&refusal(require(), scoped(token)).await.expect("a refusal"));
        assert!(challenge.ends_with(&format!("scope=\"{needed}\"")), "{challenge}");
    }
}

#[tokio::test]
async fn two_layers_ask_the_outer_one_first() {
    let app = Router::new().route("/", get(async || "in"));
    let app = app.layer(Require::scope("inner")).layer(Require::scope("outer"));
    let app = app.layer(CognitoLayer::new(POOL.verifier("test-client")));
    let authorization = ("authorization", format!("Bearer {}", scoped("x").sign()));
    let answer = send::get(app, &[authorization]).await;
    let refusal = answer.extensions().get().expect("a refusal");
    assert!(challenge(refusal).ends_with("scope=\"outer\""));
}

#[tokio::test]
async fn pool_asks_for_exactly_this_pool() {
    let id = POOL.user_pool().id().to_owned();
    let token = || POOL.access_token("alice").groups(["admins"]);
    assert!(lets_in(Require::pool(&id).and(Require::group("admins")), token()).await);
    let refusal = refusal(Require::pool("eu-west-1_AbCdEfGhI"), token()).await;
    assert_eq!(refusal.map(|refusal| refusal.kind()), Some(RejectionKind::Forbidden));
    let (log, _guard) = Log::start();
    assert!(!lets_in(Require::pool("no pool"), token()).await);
    assert_eq!(log.errors().len(), 1, "{}", log.text());
}
