//! Settings of what is trusted behind a load balancer.

use std::time::Duration;

use axum_cognito::testing::TestLoadBalancer;
use axum_cognito::{AlbVerifier, ConfigError, LoadBalancer, UserPool};

const ARN: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/my-alb/50dc6c495c0c9188";

fn pool() -> UserPool {
    UserPool::new("eu-west-1_AbCdEfGhI").expect("a pool id")
}

fn load_balancer() -> LoadBalancer {
    LoadBalancer::new(ARN).expect("an ARN")
}

#[test]
fn the_region_of_the_arn_chooses_the_endpoint() {
    for (partition, region, url) in [
        ("aws", "eu-west-1", "https://public-keys.auth.elb.eu-west-1.amazonaws.com"),
        ("aws", "ap-southeast-7", "https://public-keys.auth.elb.ap-southeast-7.amazonaws.com"),
        (
            "aws-us-gov",
            "us-gov-west-1",
            "https://s3-us-gov-west-1.amazonaws.com/aws-elb-public-keys-prod-us-gov-west-1",
        ),
        (
            "aws-us-gov",
            "us-gov-east-1",
            "https://s3-us-gov-east-1.amazonaws.com/aws-elb-public-keys-prod-us-gov-east-1",
        ),
        ("aws-cn", "cn-north-1", "https://public-keys.auth.elb.cn-north-1.amazonaws.com.cn"),
        ("aws-eusc", "eusc-de-east-1", "https://public-keys.auth.elb.eusc-de-east-1.amazonaws.eu"),
    ] {
        let arn = ARN.replace("arn:aws:", &format!("arn:{partition}:"));
        let load_balancer = LoadBalancer::new(&arn.replace("eu-west-1", region)).expect("an ARN");
        assert_eq!((load_balancer.region(), load_balancer.key_url()), (region, url));
    }
    let parsed: LoadBalancer = ARN.parse().expect("an ARN");
    assert_eq!((parsed.arn(), parsed.to_string().as_str()), (ARN, ARN));
}

#[test]
fn what_is_no_arn_of_an_application_load_balancer_is_refused() {
    for (part, other) in [
        ("arn:", ""),
        ("arn:", "ARN:"),
        (":aws:", "::"),
        (":aws:", ":gcp:"),
        (":aws:", ":aws-:"),
        ("elasticloadbalancing", "ec2"),
        ("eu-west-1", ""),
        ("eu-west-1", "*"),
        ("eu-west-1", "local"),
        ("eu-west-1", "evil.example/"),
        ("123456789012", "*"),
        ("123456789012", "12345678901"),
        ("loadbalancer/app", "loadbalancer/net"),
        ("loadbalancer/app", "targetgroup"),
        ("my-alb", ""),
        ("my-alb", "*"),
        ("my-alb", "a/b"),
        ("my-alb", "name-of-more-than-thirty-two-chars"),
        ("50dc6c495c0c9188", ""),
        ("50dc6c495c0c9188", "*"),
        ("50dc6c495c0c9188", "50dc6c495c0c9188/x"),
        ("50dc6c495c0c9188", "50dc6c495c0c9188:x"),
        ("50dc6c495c0c9188", "50dc6c495c0c9188 "),
    ] {
        let arn = ARN.replacen(part, other, 1);
        let error = LoadBalancer::new(&arn).expect_err(&arn);
        assert_eq!(error, ConfigError::LoadBalancerArn { arn: arn.clone() });
        assert!(error.to_string().contains(&arn), "{error}");
    }
    assert!(LoadBalancer::new("").is_err());
}

#[test]
fn keys_are_read_over_https_or_from_this_machine() {
    for url in ["https://keys.example/elb", "http://127.0.0.1:4566/keys", "http://[::1]:1/"] {
        let with = load_balancer().with_key_url(url).expect(url);
        assert_eq!(with.key_url(), url.trim_end_matches('/'));
    }
    let far = "http://keys.example";
    let error = load_balancer().with_key_url(far).expect_err("http");
    assert_eq!(error, ConfigError::InsecureUrl { url: far.to_owned() });
    assert!(load_balancer().danger_allow_http().with_key_url(far).is_ok());
    for url in ["", "keys", "ftp://a.example", "https://a.example?x", "https://a@b.example"] {
        let error = load_balancer().with_key_url(url).expect_err(url);
        assert!(matches!(error, ConfigError::Url { .. }), "{error}");
    }
}

#[test]
fn a_verifier_trusts_at_least_one_load_balancer_and_one_pool() {
    let none = AlbVerifier::builder([]).trust(pool(), "app").build().err();
    assert_eq!(none, Some(ConfigError::NoLoadBalancer));
    let none = AlbVerifier::builder([load_balancer()]).build().err();
    assert_eq!(none, Some(ConfigError::NoPool));
}

#[test]
fn what_is_named_twice_is_refused() {
    let twice = AlbVerifier::builder([load_balancer(), load_balancer()]).trust(pool(), "app");
    let arn = ARN.to_owned();
    assert_eq!(twice.build().err(), Some(ConfigError::DuplicateLoadBalancer { arn }));
    let twice = AlbVerifier::builder([load_balancer()]).trust(pool(), "app").trust(pool(), "b");
    assert!(matches!(twice.build().err(), Some(ConfigError::DuplicateIssuer { .. })));
}

#[test]
fn a_client_id_that_cannot_be_is_refused() {
    for clients in [vec![], vec![""], vec!["a b"], vec!["a", "a"]] {
        assert!(AlbVerifier::new(load_balancer(), pool(), clients).is_err());
    }
}

#[test]
fn a_duration_of_zero_is_refused() {
    let builder = || AlbVerifier::builder([load_balancer()]).trust(pool(), "app");
    for builder in [
        builder().max_wait(Duration::ZERO),
        builder().request_timeout(Duration::ZERO),
        builder().refresh_after(Duration::ZERO),
    ] {
        assert!(matches!(builder.build().err(), Some(ConfigError::Duration { .. })));
    }
}

#[test]
fn debug_names_what_is_trusted() {
    let verifier = TestLoadBalancer::offline().verifier("app");
    assert!(format!("{verifier:?}").contains("loadbalancer/app/test/"));
}
