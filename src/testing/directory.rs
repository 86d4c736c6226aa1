//! What a user pool knows: its users and its app clients.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use super::browser::Browser;
use super::client::TestClient;
use super::sessions::Sessions;
use super::user::TestUser;

/// The users, the app clients and the sign-ins of a pool.
#[derive(Default)]
pub(super) struct Directory {
    users: BTreeMap<String, User>,
    deleted: HashSet<String>,
    clients: BTreeMap<String, TestClient>,
    pub(super) sessions: Sessions,
    /// The browsers that are signed in, by their cookies.
    pub(super) browsers: HashMap<String, Browser>,
    /// Who is signed in without being asked.
    pub(super) sign_in_as: Option<String>,
}

/// A user, and what was done to it.
#[derive(Clone)]
pub(super) struct User {
    pub(super) profile: TestUser,
    pub(super) enabled: bool,
    /// When all sign-ins were ended the last time, since 1970.
    pub(super) signed_out_at: Option<Duration>,
}

impl Directory {
    pub(super) fn add_user(&mut self, user: TestUser) {
        if self.deleted.remove(&user.name) {
            // Somebody else of the same name.
            self.sessions.revoke_user(&user.name);
        }
        let known = User { profile: user, enabled: true, signed_out_at: None };
        self.users.insert(known.profile.name.clone(), known);
    }

    /// The user of this name, who begins to exist unless deleted.
    pub(super) fn user(&mut self, name: &str) -> Option<&mut User> {
        if self.deleted.contains(name) {
            return None;
        }
        let new = || User { profile: TestUser::new(name), enabled: true, signed_out_at: None };
        Some(self.users.entry(name.to_owned()).or_insert_with(new))
    }

    /// The user of this name, as they are described or as one of that name would be.
    pub(super) fn profile(&self, name: &str) -> TestUser {
        self.users.get(name).map_or_else(|| TestUser::new(name), |user| user.profile.clone())
    }

    pub(super) fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    pub(super) fn delete_user(&mut self, name: &str) {
        self.users.remove(name);
        self.deleted.insert(name.to_owned());
    }

    /// Ends the sessions of a user.
    pub(super) fn sign_out_user(&mut self, name: &str, now: Duration) {
        self.sessions.revoke_user(name);
        if let Some(user) = self.user(name) {
            user.signed_out_at = Some(now);
        }
    }

    pub(super) fn add_client(&mut self, client: TestClient) {
        self.clients.insert(client.id.clone(), client);
    }

    /// The app client of this id; any, while none was described.
    pub(super) fn client(&self, id: &str) -> Option<TestClient> {
        if self.clients.is_empty() && !id.is_empty() {
            return Some(TestClient::any(id));
        }
        self.clients.get(id).cloned()
    }
}
