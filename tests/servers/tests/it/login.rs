//! Passwords, certificates, and servers that are none: an error in time, which holds no password.

use std::time::{Duration, Instant};

use axum_cognito::{OnLoss, RedisLog, RevocationError, Revocations};
use servers::{Fleet, Options, Program, Server, Verdict};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::common::{LIMIT, SOON, log, with_each_server};

with_each_server!(
    a_wrong_password_is_an_error_that_does_not_hold_it,
    a_user_with_the_documented_permissions_is_enough,
    a_user_that_may_not_append_reads_all_the_same,
);

/// Why a list is not read.
async fn failure(log: RedisLog) -> String {
    let revocations = Revocations::shared(log, OnLoss::RefuseAfter(LIMIT));
    let began = Instant::now();
    let error = revocations.ready().await.expect_err("there is no list");
    assert!(began.elapsed() < SOON, "it fails after {:?}", began.elapsed());
    assert!(!revocations.status().is_ready());
    error.to_string()
}

fn at(url: &str) -> RedisLog {
    RedisLog::new(url).expect("the URL is right")
}

async fn a_wrong_password_is_an_error_that_does_not_hold_it(program: Program) {
    let server = Options::of(program).start();
    let port = server.port();
    for url in [
        format!("redis://:wrong-secret@127.0.0.1:{port}"),
        format!("redis://nobody:wrong-secret@127.0.0.1:{port}"),
    ] {
        let error = failure(at(&url)).await;
        assert!(error.contains("rejects the login"), "{error}");
        assert!(!error.contains("wrong-secret"), "{error}");
        assert!(!format!("{:?}", at(&url)).contains("wrong-secret"));
    }
    let error = failure(at(&format!("redis://127.0.0.1:{port}"))).await;
    assert!(error.contains("NOAUTH"), "{error}");
}

async fn a_user_with_the_documented_permissions_is_enough(program: Program) {
    let server = Options::of(program).start();
    let documented = "~axum-cognito:* +xadd +xread +xrange +xtrim +xdel +del";
    let fleet = fleet_of_user(&server, documented).await;
    let ended = fleet.token("alice");
    fleet.end(0, &ended).await.expect("the server acknowledges it");
    fleet.all_become(Verdict::Ended, &ended, SOON).await;
    let status = fleet.members()[0].revocations.status();
    assert_eq!(status.last_error(), None::<&RevocationError>);
    // What it may not do and does without: to tell its name.
    let refused = format!("{:?}", server.call(&["ACL", "LOG"]));
    let is_name = refused.contains("client|setinfo") && refused.matches("entry-id").count() == 1;
    assert!(is_name || !refused.contains("object"), "nothing else was tried: {refused}");
}

async fn a_user_that_may_not_append_reads_all_the_same(program: Program) {
    let server = Options::of(program).start();
    let mut fleet = fleet_of_user(&server, "~axum-cognito:* +xread +xrange").await;
    let ended = fleet.token("alice");
    let error = fleet.end(0, &ended).await.expect_err("it may not append");
    assert!(error.to_string().contains("NOPERM"), "{error}");
    let ended = fleet.token("alice");
    let writer = fleet.join(log(&server), OnLoss::Accept);
    fleet.end(writer, &ended).await.expect("the server acknowledges it");
    fleet.all_become(Verdict::Ended, &ended, SOON).await;
}

async fn fleet_of_user(server: &Server, rules: &str) -> Fleet {
    let mut command = vec!["ACL", "SETUSER", "fleet", "on", ">fleet-secret"];
    command.extend(rules.split(' '));
    server.call(&command);
    let url = format!("redis://fleet:fleet-secret@127.0.0.1:{}", server.port());
    let fleet = Fleet::new(2, || at(&url), OnLoss::RefuseAfter(LIMIT));
    fleet.ready().await;
    fleet
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_the_authority_that_was_named_is_accepted() {
    for host in ["127.0.0.1", "localhost"] {
        let server = Options::of(Program::Redis).tls(host).start();
        assert!(server.url().starts_with("rediss://"));
        let log = || at(&server.url()).tls_ca(server.authority()).expect("it is a certificate");
        let fleet = Fleet::new(2, log, OnLoss::RefuseAfter(LIMIT));
        fleet.ready().await;
        let ended = fleet.token("alice");
        fleet.end(0, &ended).await.expect("the server acknowledges it");
        fleet.all_become(Verdict::Ended, &ended, SOON).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_proves_nothing_is_rejected() {
    let server = Options::of(Program::Redis).tls("127.0.0.1").start();
    let elsewhere = Options::of(Program::Redis).tls("cache.example.com").start();
    let by_the_system = failure(at(&server.url())).await;
    assert!(by_the_system.contains("cannot connect"), "{by_the_system}");
    let log = at(&server.url()).tls_ca(elsewhere.authority()).expect("it is a certificate");
    let by_another = failure(log).await;
    assert!(by_another.contains("certificate"), "{by_another}");
    let log = at(&elsewhere.url()).tls_ca(elsewhere.authority()).expect("it is a certificate");
    let for_another_host = failure(log).await;
    assert!(for_another_host.contains("certificate"), "{for_another_host}");
    for error in [by_the_system, by_another, for_another_host] {
        assert!(!error.contains("pass-word"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_is_an_error_for_a_url_with_it_and_the_reverse() {
    let server = Options::of(Program::Redis).tls("127.0.0.1").start();
    let plain = Options::of(Program::Redis).start();
    failure(at(&format!("redis://:pass-word@127.0.0.1:{}", server.port()))).await;
    let error = failure(at(&format!("rediss://:pass-word@127.0.0.1:{}", plain.port()))).await;
    assert!(error.contains("cannot connect") || error.contains("did not answer"), "{error}");
}

/// A server that answers every connection with this, and then with nothing.
async fn impostor(answer: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let port = listener.local_addr().expect("it has an address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 1024];
                while stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                    if stream.write_all(answer).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_redis_is_an_error_in_time() {
    let deep: &'static [u8] = Box::leak(b"*1\r\n".repeat(100_000).into_boxed_slice());
    for answer in [
        b"".as_slice(),
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        b"+OK\r\n+OK\r\n+OK\r\n+OK\r\n",
        b":1\r\n:2\r\n:3\r\n",
        b"$-1\r\n$-1\r\n$-1\r\n",
        b"*-1\r\n*1\r\n*2\r\n*3\r\n",
        b"*9223372036854775807\r\n",
        b"$9223372036854775807\r\n",
        b"-ERR unknown command 'AUTH', with args beginning with: 'stolen-secret'\r\n",
        b"\xff\xfe\0\0\r\n",
        deep,
    ] {
        let port = impostor(answer).await;
        let error = failure(at(&format!("redis://:stolen-secret@127.0.0.1:{port}"))).await;
        assert!(!error.contains("stolen-secret"), "{error}");
        assert!(error.len() < 400, "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_ends_its_answer_fills_no_memory() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let port = listener.local_addr().expect("it has an address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let chunk = vec![b'x'; 65_536];
                if stream.write_all(b"$2000000000\r\n").await.is_ok() {
                    while stream.write_all(&chunk).await.is_ok() {}
                }
            });
        }
    });
    let error =
        failure(at(&format!("redis://127.0.0.1:{port}")).timeout(Duration::from_secs(60))).await;
    println!("{error}");
}
