use crate::ConfigError;

/// The app clients of a user pool whose tokens are accepted.
///
/// Compared with `client_id` of an access token and `aud` of an ID token, exactly. Made from a
/// `&str`, a `String`, an array, a slice or a `Vec` of either; checked when the verifier is built.
///
/// ```
/// use axum_cognito::ClientIds;
///
/// let one = ClientIds::from("1example23456789");
/// let two = ClientIds::from(["1example23456789", "2example34567890"]);
/// # let _ = (one, two);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientIds(Accepted);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Accepted {
    Any,
    These(Vec<String>),
}

impl ClientIds {
    /// Every app client of the pool, those that are added later too.
    ///
    /// Right for a gateway before services that check the client themselves. Elsewhere name the
    /// clients: a token that was made for another application opens this one too.
    #[must_use]
    pub fn any() -> Self {
        Self(Accepted::Any)
    }

    pub(crate) fn accept(&self, client_id: &str) -> bool {
        match &self.0 {
            Accepted::Any => true,
            Accepted::These(ids) => ids.iter().any(|id| id == client_id),
        }
    }

    /// Whether each id can be one and stands here once.
    pub(crate) fn validate(&self, pool: &str) -> Result<(), ConfigError> {
        let Accepted::These(ids) = &self.0 else {
            return Ok(());
        };
        if ids.is_empty() {
            return Err(ConfigError::NoClientId { pool: pool.to_owned() });
        }
        let mut rest = ids.iter();
        while let Some(client_id) = rest.next() {
            let client_id = client_id.clone();
            if !is_client_id(&client_id) {
                return Err(ConfigError::ClientId { client_id });
            }
            if rest.as_slice().contains(&client_id) {
                return Err(ConfigError::DuplicateClientId { client_id });
            }
        }
        Ok(())
    }
}

impl From<&str> for ClientIds {
    fn from(id: &str) -> Self {
        id.to_owned().into()
    }
}

impl From<String> for ClientIds {
    fn from(id: String) -> Self {
        Self(Accepted::These(vec![id]))
    }
}

impl<T: Into<String>, const N: usize> From<[T; N]> for ClientIds {
    fn from(ids: [T; N]) -> Self {
        ids.into_iter().collect()
    }
}

impl<T: Into<String> + Clone> From<&[T]> for ClientIds {
    fn from(ids: &[T]) -> Self {
        ids.iter().cloned().collect()
    }
}

impl<T: Into<String>> From<Vec<T>> for ClientIds {
    fn from(ids: Vec<T>) -> Self {
        ids.into_iter().collect()
    }
}

impl<T: Into<String>> FromIterator<T> for ClientIds {
    fn from_iter<I: IntoIterator<Item = T>>(ids: I) -> Self {
        Self(Accepted::These(ids.into_iter().map(Into::into).collect()))
    }
}

/// AWS's own pattern is `[\w+]{1,128}`; emulators and tests use other visible characters too.
fn is_client_id(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
}
