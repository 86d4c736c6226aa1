use axum_cognito::UserPool;
use serde_json::{Value, json};

use crate::{
    Emulator,
    cognito::{Tokens, call, sign_in, text},
};

/// A new user pool of an emulator, with an app client, a group, and a user in it.
#[derive(Debug)]
pub struct Pool<'a> {
    emulator: &'a Emulator,
    /// Its id.
    pub id: String,
    /// The id of its app client, for sign-in with a password.
    pub client: String,
}

impl Pool<'_> {
    /// The user that every pool has.
    pub const USERNAME: &'static str = "alice";
    /// Her address, which is verified.
    pub const EMAIL: &'static str = "alice@example.com";
    /// Her password, and every other user's.
    pub const PASSWORD: &'static str = "Correct-Horse-1";
    /// Her only group.
    pub const GROUP: &'static str = "admins";
    /// Every user's attribute `custom:tenant`.
    pub const TENANT: &'static str = "acme";
}

impl<'a> Pool<'a> {
    /// Makes the pool, its app client, its group and its user.
    ///
    /// # Panics
    /// When the emulator refuses.
    pub async fn create(emulator: &'a Emulator) -> Self {
        let tenant = json!({ "Name": "tenant", "AttributeDataType": "String", "Mutable": true });
        let input = json!({ "PoolName": "orders", "Schema": [tenant] });
        let output = call(emulator, "CreateUserPool", &input).await;
        let id = text(&output, "/UserPool/Id");
        let mut pool = Self { emulator, id, client: String::new() };
        pool.client = pool.create_password_client().await;
        pool.create_user(Self::USERNAME, Self::EMAIL, true).await;
        pool.call("CreateGroup", json!({ "GroupName": Self::GROUP })).await;
        let member = json!({ "GroupName": Self::GROUP, "Username": Self::USERNAME });
        pool.call("AdminAddUserToGroup", member).await;
        pool
    }

    /// The pool as the crate is to know it.
    #[must_use]
    pub fn trusted(&self) -> UserPool {
        self.emulator.user_pool(&self.id)
    }

    /// Signs the pool's user in, with the pool's client.
    pub async fn sign_in(&self) -> Tokens {
        sign_in(self.emulator, &self.client, Self::USERNAME, Self::PASSWORD).await
    }

    /// Makes another app client for sign-in with a password, and answers with its id.
    pub async fn create_password_client(&self) -> String {
        let client = self.create_client(json!({})).await;
        text(&client, "/ClientId")
    }

    /// Makes an app client with these settings besides those for sign-in with a password.
    pub async fn create_client(&self, settings: Value) -> Value {
        let mut input = json!({
            "ClientName": "client",
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            "ReadAttributes": ["email", "email_verified", "custom:tenant"],
        });
        merge(&mut input, settings);
        self.call("CreateUserPoolClient", input).await["UserPoolClient"].take()
    }

    /// Makes a user who signs in with [`Pool::PASSWORD`].
    pub async fn create_user(&self, username: &str, email: &str, email_verified: bool) {
        let attributes = json!([
            { "Name": "email", "Value": email },
            { "Name": "email_verified", "Value": email_verified.to_string() },
            { "Name": "custom:tenant", "Value": Self::TENANT },
        ]);
        let user = json!({
            "Username": username,
            "UserAttributes": attributes,
            "MessageAction": "SUPPRESS",
        });
        self.call("AdminCreateUser", user).await;
        let password =
            json!({ "Username": username, "Password": Self::PASSWORD, "Permanent": true });
        self.call("AdminSetUserPassword", password).await;
    }

    /// Calls an action of the API on this pool.
    pub async fn call(&self, action: &str, mut input: Value) -> Value {
        merge(&mut input, json!({ "UserPoolId": self.id }));
        call(self.emulator, action, &input).await
    }
}

fn merge(into: &mut Value, members: Value) {
    if let (Value::Object(into), Value::Object(members)) = (into, members) {
        into.extend(members);
    }
}
