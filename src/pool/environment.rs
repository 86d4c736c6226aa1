use super::{ClientIds, UserPool};
use crate::ConfigError;

pub(crate) const USER_POOL_ID: &str = "COGNITO_USER_POOL_ID";
pub(crate) const CLIENT_ID: &str = "COGNITO_CLIENT_ID";
/// AWS's own names for the address of a service, in its SDKs' order of preference.
const ENDPOINT_URLS: [&str; 2] = ["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_ENDPOINT_URL"];
/// AWS's own switch, by which its SDKs pass over both.
const IGNORE_ENDPOINT_URLS: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
const ALLOW_HTTP: &str = "COGNITO_DANGER_ALLOW_HTTP";

impl UserPool {
    /// Returns the user pool that the environment names.
    ///
    /// | variable | what it holds | default |
    /// |---|---|---|
    /// | `COGNITO_USER_POOL_ID` | the pool's id | required |
    /// | `AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER`, else `AWS_ENDPOINT_URL` | an emulator's address, https, or http to a loopback host (`localhost`, `*.localhost`, `127.0.0.1`), as in [`with_endpoint`](Self::with_endpoint) | AWS |
    /// | `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` | `true`: AWS, whatever the two above say | `false` |
    /// | `COGNITO_DANGER_ALLOW_HTTP` | `1`: the address may be http to any host, as in [`danger_allow_http`](Self::danger_allow_http). For docker-compose; it is a warning in the log | `0` |
    ///
    /// An empty variable is one that is not set. With [`ClientIds::from_env`] it is one half of
    /// [`CognitoVerifier::from_env`](crate::CognitoVerifier::from_env), for verifiers that share
    /// their keys:
    ///
    /// ```no_run
    /// use axum_cognito::{ClientIds, CognitoVerifier, JwksCache, TokenUse, UserPool};
    ///
    /// let keys = JwksCache::new(UserPool::from_env()?)?;
    /// let clients = ClientIds::from_env()?;
    /// let api = CognitoVerifier::builder().trust(&keys, clients.clone()).build()?;
    /// let site = CognitoVerifier::builder().trust(&keys, clients).token_use(TokenUse::Id).build()?;
    /// # let _ = (api, site);
    /// # Ok::<(), axum_cognito::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the variable that is missing, or the value that is wrong.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(&variable)
    }

    pub(crate) fn from_variables(
        variable: &impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let expected = "a user pool id, like `us-east-1_AbCdEfGhI`";
        let missing = ConfigError::MissingVariable { name: USER_POOL_ID, expected };
        let mut pool = Self::new(&variable(USER_POOL_ID).ok_or(missing)?)?;
        if is_true(variable, ALLOW_HTTP)? {
            tracing::warn!(
                "{ALLOW_HTTP} is set: keys may be read over http from another host, and whoever can \
                 change that answer chooses who is let in; never set it in production"
            );
            pool = pool.danger_allow_http();
        }
        if is_true(variable, IGNORE_ENDPOINT_URLS)? {
            return Ok(pool);
        }
        match ENDPOINT_URLS.iter().find_map(|name| variable(name)) {
            Some(url) => pool.with_endpoint(&url),
            None => Ok(pool),
        }
    }
}

impl ClientIds {
    /// Returns the app clients that `COGNITO_CLIENT_ID` names: one, or several between commas.
    ///
    /// Example: [`UserPool::from_env`].
    ///
    /// # Errors
    ///
    /// [`ConfigError::MissingVariable`] if the variable is not set or empty; a client id that cannot
    /// be one, or is there twice, as the verifier would find it.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(&variable)
    }

    pub(crate) fn from_variables(
        variable: &impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let expected = "an app client id, or several between commas";
        let missing = ConfigError::MissingVariable { name: CLIENT_ID, expected };
        let ids: Self = variable(CLIENT_ID).ok_or(missing)?.split(',').map(str::trim).collect();
        ids.validate(CLIENT_ID)?;
        Ok(ids)
    }
}

/// The variable of this name, without white space at its ends; `None` if it is empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    let value = std::env::var_os(name)?.to_string_lossy().trim().to_owned();
    (!value.is_empty()).then_some(value)
}

/// Whether a switch is on. Another value than these is an error: nobody knows what it meant.
fn is_true(
    variable: &impl Fn(&str) -> Option<String>,
    name: &'static str,
) -> Result<bool, ConfigError> {
    let Some(value) = variable(name) else { return Ok(false) };
    match value.to_ascii_lowercase().as_str() {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err(ConfigError::Variable { name, value, expected: "`1`, `true`, `0` or `false`" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: (&str, &str) = (USER_POOL_ID, "us-east-1_AbCdEfGhI");

    fn pool(variables: &[(&str, &str)]) -> Result<UserPool, ConfigError> {
        UserPool::from_variables(&|name: &str| {
            let found = variables.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_services_own_address_comes_before_the_one_of_all_services() {
        let [own, all] = ENDPOINT_URLS;
        let only = pool(&[ID, (all, "http://localhost:4566")]).expect("an emulator");
        assert!(only.jwks_url().starts_with("http://localhost:4566/us-east-1_AbCdEfGhI/"));
        let both = [ID, (all, "http://localhost:4566"), (own, "http://localhost:9229")];
        assert!(pool(&both).expect("an emulator").jwks_url().starts_with("http://localhost:9229/"));
    }

    #[test]
    fn the_switch_of_aws_passes_over_both_addresses() {
        let emulator = (ENDPOINT_URLS[1], "http://localhost:4566");
        let ignored = pool(&[ID, emulator, (IGNORE_ENDPOINT_URLS, "TRUE")]).expect("a pool");
        assert!(ignored.jwks_url().starts_with("https://cognito-idp.us-east-1.amazonaws.com/"));
        let read = pool(&[ID, emulator, (IGNORE_ENDPOINT_URLS, "false")]).expect("a pool");
        assert!(read.jwks_url().starts_with("http://localhost:4566/"));
        let odd = pool(&[ID, (IGNORE_ENDPOINT_URLS, "maybe")]).expect_err("no switch");
        assert!(odd.to_string().contains(IGNORE_ENDPOINT_URLS), "{odd}");
    }

    #[test]
    fn http_to_another_host_needs_its_own_switch() {
        let emulator = (ENDPOINT_URLS[1], "http://cognito:4566");
        assert!(matches!(pool(&[ID, emulator]), Err(ConfigError::InsecureUrl { .. })));
        assert!(matches!(
            pool(&[ID, emulator, (ALLOW_HTTP, "0")]),
            Err(ConfigError::InsecureUrl { .. })
        ));
        assert!(matches!(
            pool(&[ID, emulator, (ALLOW_HTTP, "yes")]),
            Err(ConfigError::Variable { .. })
        ));
        let allowed = pool(&[ID, emulator, (ALLOW_HTTP, "1")]).expect("allowed");
        assert!(allowed.jwks_url().starts_with("http://cognito:4566/"));
        let local = pool(&[ID, (ENDPOINT_URLS[1], "http://cognito.localhost:4566")]);
        assert!(local.is_ok(), "{local:?}");
    }

    #[test]
    fn an_emulators_own_address_is_an_issuer_beside_those_of_aws() {
        let pool = pool(&[ID, (ENDPOINT_URLS[1], "http://localhost:4566/")]).expect("an emulator");
        let issuers = pool.issuers();
        assert_eq!(issuers[0], "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI");
        assert!(issuers.contains(&"http://localhost:4566/us-east-1_AbCdEfGhI".to_owned()));
    }

    #[test]
    fn client_ids_are_checked_when_they_are_read() {
        let clients = |value: &'static str| {
            ClientIds::from_variables(&|name: &str| (name == CLIENT_ID).then(|| value.to_owned()))
        };
        assert_eq!(clients("one, two"), Ok(ClientIds::from(["one", "two"])));
        assert!(matches!(clients("one,,two"), Err(ConfigError::ClientId { .. })));
        assert!(matches!(clients(","), Err(ConfigError::ClientId { .. })));
        assert!(matches!(clients("one,one"), Err(ConfigError::DuplicateClientId { .. })));
        let missing = ClientIds::from_variables(&|_: &str| None).expect_err("no variable");
        assert!(missing.to_string().contains(CLIENT_ID), "{missing}");
    }
}
