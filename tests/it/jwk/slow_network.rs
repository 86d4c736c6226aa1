//! A connection that takes its time: `request_timeout` alone bounds it, and not a part of it.
//!
//! The default HTTP client trusts what the environment says, so each test starts itself as a process
//! of its own, with a server or a proxy here.

use std::env;
use std::sync::Arc;
use std::time::Duration;

use axum_cognito::{JwksCache, JwksError};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::common::tokens::POOL;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/jwk/tls");
/// Marks such a process, and holds the address of the keys.
const URL: &str = "SLOW_NETWORK_TEST_URL";
const SAYS: &str = "the process says: ";
/// Longer than a connection had once, whatever `request_timeout` said.
const SLOW: Duration = Duration::from_millis(1500);
/// Longer than the slowest machine takes.
const LONG: Duration = Duration::from_secs(120);

/// How the default client of another process fares at this address; `None` in that very process.
async fn said(test: &str, url: &str, proxy: Option<&str>) -> Option<String> {
    if let Ok(url) = env::var(URL) {
        println!("{SAYS}{:?}", fetch(&url, LONG).await);
        return None;
    }
    let mut command = Command::new(env::current_exe().expect("this program"));
    for name in ["NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"] {
        command.env_remove(name);
    }
    if let Some(proxy) = proxy {
        command.env("HTTPS_PROXY", proxy);
    }
    command.env("SSL_CERT_FILE", format!("{FOLDER}/ca.pem")).env(URL, url);
    let arguments = [&format!("jwk::slow_network::{test}"), "--exact", "--nocapture"];
    let output = command.args(arguments).output().await.expect("the process runs");
    let output = String::from_utf8(output.stdout).expect("text");
    let (_, said) = output.split_once(SAYS).expect("the process says something");
    Some(said.lines().next().unwrap_or_default().to_owned())
}

async fn fetch(url: &str, timeout: Duration) -> Result<(), JwksError> {
    let pool = POOL.user_pool().with_jwks_url(url).expect("an address");
    let cache = JwksCache::builder(pool).request_timeout(timeout).build();
    cache.expect("settings that can be").refresh().await
}

/// A server whose TLS handshakes take their time. Its port.
async fn slow_tls() -> u16 {
    let certificate = CertificateDer::from_pem_file(format!("{FOLDER}/cert.pem"));
    let key = PrivateKeyDer::from_pem_file(format!("{FOLDER}/key.pem"));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.expect("a certificate")], key.expect("a key"))
        .expect("they fit");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
    let port = listener.local_addr().expect("an address").port();
    let body = POOL.jwks();
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, answer) = (acceptor.clone(), answer.clone());
            tokio::spawn(async move {
                tokio::time::sleep(SLOW).await;
                let mut stream = acceptor.accept(stream).await?;
                read_head(&mut stream).await?;
                stream.write_all(answer.as_bytes()).await?;
                stream.shutdown().await
            });
        }
    });
    port
}

/// A proxy that takes its time to connect to this port. Its own port.
async fn slow_proxy(target: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let head = read_head(&mut client).await?;
                assert!(head.starts_with("CONNECT keys.test:443 "), "{head}");
                tokio::time::sleep(SLOW).await;
                let mut server = TcpStream::connect(("127.0.0.1", target)).await?;
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
                copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
    port
}

/// The lines of a request before its body.
async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

#[tokio::test]
async fn a_slow_tls_handshake_may_take_all_of_the_request_timeout() {
    let url = format!("https://127.0.0.1:{}/jwks.json", slow_tls().await);
    let test = "a_slow_tls_handshake_may_take_all_of_the_request_timeout";
    let Some(said) = said(test, &url, None).await else { return };
    assert_eq!(said, "Ok(())");
}

#[tokio::test]
async fn a_slow_proxy_may_take_all_of_the_request_timeout() {
    let proxy = format!("http://127.0.0.1:{}", slow_proxy(slow_tls().await).await);
    let test = "a_slow_proxy_may_take_all_of_the_request_timeout";
    let Some(said) = said(test, "https://keys.test/jwks.json", Some(&proxy)).await else { return };
    assert_eq!(said, "Ok(())");
}

#[tokio::test]
async fn a_connection_that_never_comes_about_is_named_by_the_setting_that_ended_it() {
    // Accepted by the system, and answered by nobody.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
    let url = format!("https://{}/jwks.json", listener.local_addr().expect("an address"));
    let short = Duration::from_millis(300);
    let error = fetch(&url, short).await.expect_err("no answer");
    assert_eq!(error, JwksError::Timeout(short));
    assert!(error.to_string().contains("`request_timeout` of 300ms"), "{error}");
}
