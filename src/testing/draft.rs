use serde::Serialize;
use serde_json::{Map, Value};

/// The header and the claims of a token before it is signed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl Draft {
    /// Sets a claim, in the place of the one that was there.
    pub(crate) fn claim(&mut self, name: &str, value: impl Serialize) {
        set(&mut self.claims, name, value);
    }

    /// Removes a claim.
    pub(crate) fn remove_claim(&mut self, name: &str) {
        self.claims.remove(name);
    }

    /// Sets a parameter of the header, in the place of the one that was there.
    pub(crate) fn header(&mut self, name: &str, value: impl Serialize) {
        set(&mut self.header, name, value);
    }

    /// Removes a parameter of the header.
    pub(crate) fn remove_header(&mut self, name: &str) {
        self.header.remove(name);
    }

    /// The header and the payload, as JSON.
    pub(crate) fn into_parts(self) -> [String; 2] {
        [self.header, self.claims].map(|part| Value::Object(part).to_string())
    }
}

#[expect(clippy::expect_used, reason = "what fails here should fail the test")]
fn set(members: &mut Map<String, Value>, name: &str, value: impl Serialize) {
    let value = serde_json::to_value(value).expect("the value of a claim should be JSON");
    members.insert(name.to_owned(), value);
}
