/// The parameters of a query or a form, decoded.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// The value of a parameter, `Some(None)` if it is not there. `None` if it is there twice, as
    /// another reader might take the other one (RFC 6749 §3.1).
    pub(super) fn single(&self, name: &str) -> Option<Option<&str>> {
        let mut values = self.0.iter().filter(|(own, _)| own == name);
        let value = values.next().map(|(_, value)| value.as_str());
        values.next().is_none().then_some(value)
    }
}
