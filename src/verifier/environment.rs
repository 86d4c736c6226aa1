use super::{CognitoVerifier, CognitoVerifierBuilder};
use crate::pool::environment::variable;
use crate::{ClientIds, ConfigError, TokenUse, UserPool};

const TOKEN_USE: &str = "COGNITO_TOKEN_USE";

impl CognitoVerifier {
    /// Creates a verifier from the environment.
    ///
    /// | variable | what it holds | default |
    /// |---|---|---|
    /// | `COGNITO_USER_POOL_ID` | the pool's id | required |
    /// | `COGNITO_CLIENT_ID` | the app client's id; several are separated by commas | required |
    /// | `COGNITO_TOKEN_USE` | `access`, `id` or `any` | `access` |
    /// | `AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER`, else `AWS_ENDPOINT_URL` | an emulator's address | AWS |
    ///
    /// [`UserPool::from_env`] has the details of the address, and the variables for emulators that are
    /// not on this machine. An empty variable is one that is not set.
    ///
    /// For more settings than these: [`CognitoVerifierBuilder::from_env`].
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the variable that is missing, or the value that is wrong.
    pub fn from_env() -> Result<Self, ConfigError> {
        CognitoVerifierBuilder::from_env()?.build()
    }
}

impl CognitoVerifierBuilder {
    /// Returns a builder preset from the environment, as [`CognitoVerifier::from_env`] reads it.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use axum_cognito::CognitoVerifierBuilder;
    ///
    /// let builder = CognitoVerifierBuilder::from_env()?;
    /// let verifier = builder.max_token_age(Duration::from_secs(900)).build()?;
    /// # let _ = verifier;
    /// # Ok::<(), axum_cognito::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the variable that is missing, or the value that is wrong.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(&variable)
    }

    fn from_variables(variable: &impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let pool = UserPool::from_variables(variable)?;
        let clients = ClientIds::from_variables(variable)?;
        let token_use =
            variable(TOKEN_USE).map_or(Ok(TokenUse::default()), |value| token_use(&value))?;
        Ok(Self::new().trust(pool, clients).token_use(token_use))
    }
}

fn token_use(value: &str) -> Result<TokenUse, ConfigError> {
    match value {
        "access" => Ok(TokenUse::Access),
        "id" => Ok(TokenUse::Id),
        "any" => Ok(TokenUse::Any),
        _ => Err(ConfigError::Variable {
            name: TOKEN_USE,
            value: value.to_owned(),
            expected: "`access`, `id` or `any`",
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::pool::environment::{CLIENT_ID, USER_POOL_ID};

    fn builder(variables: &[(&str, &str)]) -> Result<CognitoVerifierBuilder, ConfigError> {
        CognitoVerifierBuilder::from_variables(&|name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty())
        })
    }

    fn verifier(variables: &[(&str, &str)]) -> Result<CognitoVerifier, ConfigError> {
        builder(variables)?.build()
    }

    #[test]
    fn settings_are_added_to_those_of_the_environment() {
        let pool = (USER_POOL_ID, "us-east-1_AbCdEfGhI");
        let builder = builder(&[pool, (CLIENT_ID, "client")]).expect("all that is required");
        let error = builder.max_token_age(Duration::ZERO).build().expect_err("an age of zero");
        assert!(error.to_string().contains("max_token_age"), "{error}");
    }

    #[test]
    fn a_missing_variable_is_named() {
        let error = verifier(&[(CLIENT_ID, "client")]).expect_err("no pool");
        assert!(error.to_string().contains(USER_POOL_ID), "{error}");
        let error = verifier(&[(USER_POOL_ID, "us-east-1_AbCdEfGhI"), (CLIENT_ID, " ")])
            .expect_err("no client");
        assert!(error.to_string().contains(CLIENT_ID), "{error}");
    }

    #[test]
    fn a_token_use_that_does_not_exist_is_named() {
        let variables =
            [(USER_POOL_ID, "us-east-1_AbCdEfGhI"), (CLIENT_ID, "client"), (TOKEN_USE, "refresh")];
        let error = verifier(&variables).expect_err("no such use");
        assert!(
            error.to_string().contains("refresh") && error.to_string().contains("`any`"),
            "{error}"
        );
    }

    #[test]
    fn client_ids_are_separated_by_commas() {
        let pool = (USER_POOL_ID, "us-east-1_AbCdEfGhI");
        let verifier_of = |clients| verifier(&[pool, (CLIENT_ID, clients)]);
        assert!(verifier_of("one, two").is_ok());
        assert_eq!(
            verifier_of("one,,two").err(),
            Some(ConfigError::ClientId { client_id: String::new() })
        );
        assert_eq!(
            verifier_of("one,one").err(),
            Some(ConfigError::DuplicateClientId { client_id: "one".to_owned() })
        );
    }

    #[test]
    fn an_endpoint_moves_the_jwks_and_the_issuer_of_a_local_pool_alone() {
        let moved = |id| {
            let pool = UserPool::new(id).expect("an id");
            pool.with_endpoint("http://localhost:9229/").expect("a URL")
        };
        let aws = moved("us-east-1_AbCdEfGhI");
        assert_eq!(
            aws.jwks_url(),
            "http://localhost:9229/us-east-1_AbCdEfGhI/.well-known/jwks.json"
        );
        assert!(aws.issuers().contains(
            &"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI".to_owned()
        ));
        assert_eq!(moved("local_1a2b").issuers(), ["http://localhost:9229/local_1a2b"]);
    }
}
