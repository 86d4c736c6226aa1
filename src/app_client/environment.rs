use std::fs::File;
use std::io::Read as _;

use super::{AppClient, AppClientBuilder};
use crate::pool::environment::{CLIENT_ID, variable};
use crate::{ConfigError, UserPool};

const SECRET: [&str; 2] = ["COGNITO_CLIENT_SECRET", "COGNITO_CLIENT_SECRET_FILE"];
const DOMAIN: [&str; 2] = ["COGNITO_DOMAIN", "COGNITO_DOMAIN_FILE"];
/// The most that is read of a file.
const MAX_FILE_BYTES: u64 = 16 * 1024;

impl AppClient {
    /// Returns an app client with the settings of the environment.
    ///
    /// | variable | what it holds | default |
    /// |---|---|---|
    /// | `COGNITO_USER_POOL_ID` | the pool's id | required |
    /// | `COGNITO_CLIENT_ID` | the app client's id, one alone | required |
    /// | `COGNITO_CLIENT_SECRET` | the app client's secret; two between commas while it is changed | a public client |
    /// | `COGNITO_DOMAIN` | the user pool's domain, like `https://auth.example.com` | the pool's API |
    /// | `AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER`, else `AWS_ENDPOINT_URL` | an emulator's address, as for [`UserPool::from_env`] | AWS |
    /// | `COGNITO_DANGER_ALLOW_HTTP` | `1`: that address and the domain may be http to any host | `0` |
    ///
    /// `COGNITO_CLIENT_SECRET_FILE` and `COGNITO_DOMAIN_FILE` name a file that holds the value
    /// instead, as a container's secret does; white space at its ends is dropped.
    ///
    /// For more settings than these: [`AppClientBuilder::from_env`].
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the variable that is missing, or the value that is wrong; a secret is
    /// never shown.
    pub fn from_env() -> Result<Self, ConfigError> {
        AppClientBuilder::from_env()?.build()
    }
}

impl AppClientBuilder {
    /// Returns the settings of the environment, as [`AppClient::from_env`] reads them, to be added
    /// to.
    ///
    /// # Errors
    ///
    /// As [`AppClient::from_env`]; what [`build`](Self::build) finds, it finds later.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(&variable)
    }

    fn from_variables(variable: &impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let pool = UserPool::from_variables(variable)?;
        let expected = "one app client id";
        let client_id = variable(CLIENT_ID)
            .ok_or(ConfigError::MissingVariable { name: CLIENT_ID, expected })?;
        if client_id.contains(',') {
            return Err(ConfigError::Variable { name: CLIENT_ID, value: client_id, expected });
        }
        // One variable for all: keys, tokens and the secret go to one emulator.
        let allows_http = pool.allows_http();
        let mut builder = AppClient::builder(pool, client_id);
        if allows_http {
            builder = builder.danger_allow_http();
        }
        if let Some(secrets) = value_or_file(variable, SECRET)? {
            builder = builder.secrets(secrets.split(',').map(str::trim));
        }
        if let Some(domain) = value_or_file(variable, DOMAIN)? {
            builder = builder.domain(domain);
        }
        Ok(builder)
    }
}

/// The value of a variable, or of the file that its second name names.
fn value_or_file(
    variable: &impl Fn(&str) -> Option<String>,
    [name, file]: [&'static str; 2],
) -> Result<Option<String>, ConfigError> {
    match (variable(name), variable(file)) {
        (Some(_), Some(_)) => Err(ConfigError::DuplicateVariable { name, file }),
        (value, None) => Ok(value),
        (None, Some(path)) => read(&path)
            .map(Some)
            .map_err(|error| ConfigError::VariableFile { name: file, reason: error.to_string() }),
    }
}

fn read(path: &str) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_FILE_BYTES).read_to_string(&mut text)?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const POOL: (&str, &str) = ("COGNITO_USER_POOL_ID", "us-east-1_AbCdEfGhI");

    fn client(variables: &[(&str, &str)]) -> Result<AppClient, ConfigError> {
        let builder = AppClientBuilder::from_variables(&|name: &str| {
            let found =
                [POOL, (CLIENT_ID, "web-client")].iter().chain(variables).find(|v| v.0 == name);
            found.map(|(_, value)| (*value).to_owned())
        });
        builder?.build()
    }

    #[test]
    fn http_to_another_host_must_be_said_for_the_api_and_for_the_domain() {
        let allowed = ("COGNITO_DANGER_ALLOW_HTTP", "1");
        for name in ["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "COGNITO_DOMAIN"] {
            let address = (name, "http://cognito:9229");
            let error = client(&[address]).expect_err("http to another host");
            assert!(error.to_string().contains("http://cognito:9229"), "{error}");
            client(&[address, allowed]).expect("it was said");
        }
    }
}
