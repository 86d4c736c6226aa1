//! An app client with the settings of the environment: each test starts itself as a process of its
//! own.

use std::env;
use std::path::PathBuf;

use axum_cognito::AppClient;
use tokio::process::Command;

use super::cognito::{Asked, CLIENT, Cognito, Reply, SECRET, api_tokens, tokens};

/// Marks such a process.
const MARK: &str = "APP_CLIENT_FROM_ENV_TEST";
const SAYS: &str = "the process says: ";

const POOL_ID: &str = "COGNITO_USER_POOL_ID";
const CLIENT_ID: &str = "COGNITO_CLIENT_ID";
const CLIENT_SECRET: &str = "COGNITO_CLIENT_SECRET";
const DOMAIN: &str = "COGNITO_DOMAIN";
const ENDPOINT: &str = "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER";
const SECRET_FILE: &str = "COGNITO_CLIENT_SECRET_FILE";
const DOMAIN_FILE: &str = "COGNITO_DOMAIN_FILE";
const OTHERS: [&str; 2] = ["AWS_ENDPOINT_URL", "COGNITO_DANGER_ALLOW_HTTP"];

/// What a program with these variables says; `None` in that very program.
async fn said(test: &str, variables: &[(&str, &str)]) -> Option<String> {
    if env::var_os(MARK).is_some() {
        println!("{SAYS}{}", renew().await);
        return None;
    }
    let mut command = Command::new(env::current_exe().expect("this program"));
    for name in [POOL_ID, CLIENT_ID, CLIENT_SECRET, DOMAIN, ENDPOINT, SECRET_FILE, DOMAIN_FILE] {
        command.env_remove(name);
    }
    for name in OTHERS {
        command.env_remove(name);
    }
    let test = format!("app_client::from_env::{test}");
    command.args([&test, "--exact", "--nocapture"]).env(MARK, "");
    let output = command.envs(variables.iter().copied()).output().await.expect("the process runs");
    let output = String::from_utf8(output.stdout).expect("text");
    let (_, said) = output.split_once(SAYS).expect("the process says something");
    Some(said.lines().next().unwrap_or_default().to_owned())
}

async fn renew() -> String {
    let client = match AppClient::from_env() {
        Ok(client) => client,
        Err(error) => return error.to_string(),
    };
    let outcome = client.renew("old").await;
    outcome.map_or_else(|error| error.to_string(), |tokens| tokens.refresh_token().to_owned())
}

/// Cognito, with its keys at `/<pool>/.well-known/jwks.json`.
async fn cognito() -> Cognito {
    let cognito = Cognito::start(|_, _| Reply::Lost).await;
    let (access, id, jwks) = (cognito.access_token(), cognito.id_token(), cognito.pool.jwks());
    cognito.set(move |_, asked| match asked.path.as_str() {
        "/oauth2/token" => tokens(&access, &id, Some("renewed-at-the-domain")),
        "/" => api_tokens(&access, &id, Some("renewed-at-the-api")),
        _ => Reply::Answer { status: 200, headers: String::new(), body: jwks.clone() },
    });
    cognito
}

fn renewal(cognito: &Cognito) -> Asked {
    let mut asked = cognito.asked().into_iter();
    asked.find(|asked| !asked.path.ends_with("jwks.json")).expect("a renewal")
}

/// A file of its own for each test, which goes with its value.
struct Secret(PathBuf);

impl Secret {
    fn new(name: &str, text: &str) -> Self {
        let path = env::temp_dir().join(format!("{name}-{}", std::process::id()));
        std::fs::write(&path, text).expect("a file");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("text")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

#[tokio::test]
async fn a_public_client_without_a_domain_needs_no_variable_of_its_own() {
    let cognito = cognito().await;
    let pool = cognito.pool.user_pool();
    let variables = [(POOL_ID, pool.id()), (CLIENT_ID, CLIENT), (ENDPOINT, &cognito.url)];
    let test = "a_public_client_without_a_domain_needs_no_variable_of_its_own";
    let Some(said) = said(test, &variables).await else { return };
    assert_eq!(said, "renewed-at-the-api");
}

#[tokio::test]
async fn the_environment_names_secret_and_domain() {
    let cognito = cognito().await;
    let pool = cognito.pool.user_pool();
    let variables = [
        (POOL_ID, pool.id()),
        (CLIENT_ID, CLIENT),
        (ENDPOINT, &cognito.url),
        (CLIENT_SECRET, SECRET),
        (DOMAIN, &cognito.url),
    ];
    let test = "the_environment_names_secret_and_domain";
    let Some(said) = said(test, &variables).await else { return };
    assert_eq!(said, "renewed-at-the-domain");
    assert!(renewal(&cognito).header("authorization").is_some());
}

#[tokio::test]
async fn files_hold_secret_and_domain_as_well() {
    let cognito = cognito().await;
    let pool = cognito.pool.user_pool();
    let secret = Secret::new("client-secret", &format!("{SECRET}\n"));
    let domain = Secret::new("domain", &format!("{}\n", cognito.url));
    let variables = [
        (POOL_ID, pool.id()),
        (CLIENT_ID, CLIENT),
        (ENDPOINT, &cognito.url),
        (SECRET_FILE, secret.path()),
        (DOMAIN_FILE, domain.path()),
    ];
    let test = "files_hold_secret_and_domain_as_well";
    let Some(said) = said(test, &variables).await else { return };
    assert_eq!(said, "renewed-at-the-domain");
    let expected = Some("Basic d2ViLWNsaWVudDpzM2NyM3QwZlRoZVdlYkNsaWVudA==");
    assert_eq!(renewal(&cognito).header("authorization"), expected);
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named_by_its_variable() {
    let variables = [
        (POOL_ID, "us-east-1_AbCdEfGhI"),
        (CLIENT_ID, CLIENT),
        (SECRET_FILE, "/nowhere/to/be/found"),
    ];
    let test = "a_file_that_is_not_there_is_named_by_its_variable";
    let Some(said) = said(test, &variables).await else { return };
    assert!(said.contains(SECRET_FILE), "{said}");
}

#[tokio::test]
async fn a_value_beside_a_file_is_refused_and_not_shown() {
    let variables = [
        (POOL_ID, "us-east-1_AbCdEfGhI"),
        (CLIENT_ID, CLIENT),
        (CLIENT_SECRET, SECRET),
        (SECRET_FILE, "/nowhere/to/be/found"),
    ];
    let test = "a_value_beside_a_file_is_refused_and_not_shown";
    let Some(said) = said(test, &variables).await else { return };
    assert!(said.contains(CLIENT_SECRET) && said.contains(SECRET_FILE), "{said}");
    assert!(!said.contains(SECRET), "{said}");
}

#[tokio::test]
async fn an_app_client_is_one_client() {
    let variables = [(POOL_ID, "us-east-1_AbCdEfGhI"), (CLIENT_ID, "one,two")];
    let Some(said) = said("an_app_client_is_one_client", &variables).await else { return };
    assert!(said.contains("one app client id"), "{said}");
}
