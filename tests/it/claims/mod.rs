//! The claims that decide: who issued a token, of which kind it is, and about whom.

mod client;
mod dates;
mod personal;
mod read;
mod types;

use axum_cognito::testing::TestPool;
use axum_cognito::{TokenUse, VerifyError};

use crate::common::refusals::{access_refusal, builder, id, id_refusal, refusal};
use crate::common::tokens::{CLIENT, POOL, access};
use crate::common::verdict::verdict;

// RFC 7519 §4.1.1.
#[test]
fn an_issuer_that_is_only_like_the_trusted_one_is_refused() {
    let issuer = POOL.user_pool().issuers()[0].clone();
    let others = [
        String::new(),
        format!("{issuer}/"),
        format!("{issuer}x"),
        issuer[..issuer.len() - 1].to_owned(),
        issuer[1..].to_owned(),
        format!(" {issuer}"),
        issuer.to_uppercase(),
        issuer.replace("https://", "http://"),
        issuer.replace("us-east-1.", "us-east-2."),
        issuer.replace("amazonaws.com", "amazonaws.com.evil.example"),
        issuer.replace("amazonaws.com/", "amazonaws.com:443/"),
        issuer.replace(POOL.user_pool().id(), "us-east-1_Another01"),
        format!("{issuer}/.well-known/../"),
        POOL.user_pool().id().to_owned(),
    ];
    for other in others {
        let refused = access_refusal(access().claim("iss", &other));
        assert_eq!(refused, Some(VerifyError::Issuer), "{other}");
    }
}

#[test]
fn a_token_without_issuer_is_refused() {
    let refused = access_refusal(access().without_claim("iss"));
    assert_eq!(refused, Some(VerifyError::MissingClaim("iss")));
}

#[test]
fn both_issuers_of_a_pool_are_trusted_and_name_the_same_pool() {
    let pool = POOL.user_pool();
    for issuer in pool.issuers() {
        let claims = verdict(&access().claim("iss", issuer).sign()).expect("a trusted issuer");
        assert_eq!((claims.issuer(), claims.user_pool_id()), (issuer.as_str(), pool.id()));
    }
}

#[test]
fn a_key_of_one_pool_never_verifies_a_token_of_another() {
    let other = TestPool::offline();
    let both = || builder().trust(&other, CLIENT);
    assert_eq!(refusal(both(), access()), None);
    assert_eq!(refusal(both(), other.access_token("bob").client_id(CLIENT)), None);
    let issuer = POOL.user_pool().issuers()[0].clone();
    let under_its_own_kid = other.access_token("bob").client_id(CLIENT).claim("iss", issuer);
    assert_eq!(refusal(both(), under_its_own_kid), Some(VerifyError::UnknownKey));
    let under_our_kid = access().signed_by(&other);
    assert_eq!(refusal(both(), under_our_kid), Some(VerifyError::Signature));
}

#[test]
fn a_token_without_use_is_refused() {
    let refused = access_refusal(access().without_claim("token_use"));
    assert_eq!(refused, Some(VerifyError::MissingClaim("token_use")));
}

#[test]
fn an_id_token_is_refused_where_an_access_token_is_wanted() {
    assert_eq!(access_refusal(id()), Some(VerifyError::TokenUse(TokenUse::Access)));
}

#[test]
fn an_access_token_is_refused_where_an_id_token_is_wanted() {
    assert_eq!(id_refusal(access()), Some(VerifyError::TokenUse(TokenUse::Id)));
}

#[test]
fn any_use_is_both_and_nothing_else() {
    let any = || builder().token_use(TokenUse::Any);
    assert_eq!(refusal(any(), access()), None);
    assert_eq!(refusal(any(), id()), None);
    for name in ["", "any", "Access", "ID", "access id", "acces", "access or id"] {
        let refused = refusal(any(), access().claim("token_use", name));
        assert_eq!(refused, Some(VerifyError::TokenUse(TokenUse::Any)), "{name}");
    }
}

#[test]
fn a_signed_refresh_token_is_refused_whatever_is_wanted() {
    for wanted in [TokenUse::Access, TokenUse::Id, TokenUse::Any] {
        let token = access().claim("token_use", "refresh");
        let refused = refusal(builder().token_use(wanted), token);
        assert_eq!(refused, Some(VerifyError::RefreshToken), "{wanted}");
    }
}

#[test]
fn a_token_without_subject_is_refused() {
    for token in [access().without_claim("sub"), access().claim("sub", "")] {
        assert_eq!(access_refusal(token), Some(VerifyError::MissingClaim("sub")));
    }
}
