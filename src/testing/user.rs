use std::collections::BTreeMap;
use std::fmt;

use super::uuid::uuid_of;

/// A user of a [`TestPool`](super::TestPool), for [`add_user`](super::TestPool::add_user).
///
/// ```
/// use axum_cognito::testing::{TestPool, TestUser};
///
/// let pool = TestPool::offline();
/// pool.add_user(TestUser::new("alice").group("admins").attribute("custom:tenant", "acme"));
/// ```
#[derive(Clone)]
#[must_use]
pub struct TestUser {
    pub(super) name: String,
    pub(super) sub: String,
    pub(super) password: Option<String>,
    pub(super) groups: Vec<String>,
    pub(super) attributes: BTreeMap<String, String>,
}

impl TestUser {
    /// A user of this name, with `<name>@example.com` as a verified address, in no group.
    pub fn new(name: &str) -> Self {
        let attributes =
            [("email", format!("{name}@example.com")), ("email_verified", "true".into())];
        Self {
            name: name.to_owned(),
            sub: uuid_of(name),
            password: None,
            groups: Vec::new(),
            attributes: attributes.map(|(name, value)| (name.to_owned(), value)).into(),
        }
    }

    /// Sets the `sub`. Defaults to a UUID that is made from the name.
    #[expect(clippy::should_implement_trait, reason = "the name of the claim")]
    pub fn sub(mut self, sub: &str) -> Self {
        self.sub = sub.to_owned();
        self
    }

    /// Requires this password of `USER_PASSWORD_AUTH`. Defaults to any.
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self
    }

    /// Adds the user to a group: `cognito:groups`.
    pub fn group(mut self, group: &str) -> Self {
        self.groups.push(group.to_owned());
        self
    }

    /// Sets an attribute, like `email`, `name` or `custom:tenant`: ID tokens and `GetUser` have it,
    /// access tokens have not.
    pub fn attribute(mut self, name: &str, value: &str) -> Self {
        self.attributes.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Takes an attribute away, like the `email` that is there by default.
    pub fn without_attribute(mut self, name: &str) -> Self {
        self.attributes.remove(name);
        self
    }
}

impl fmt::Debug for TestUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestUser")
            .field("name", &self.name)
            .field("sub", &self.sub)
            .field("groups", &self.groups)
            .finish_non_exhaustive()
    }
}
