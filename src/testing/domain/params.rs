use form_urlencoded::Serializer;

/// The parameters of a query or a form, in their order.
#[derive(Clone)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    pub(crate) fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// The value of a parameter; one without a value is as if it were not there (RFC 6749 §3.1).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether a parameter is there twice, which is never allowed (RFC 6749 §3.1, §3.2).
    pub(crate) fn has_duplicates(&self) -> bool {
        let mut rest = self.0.iter();
        while let Some((key, _)) = rest.next() {
            if rest.as_slice().iter().any(|(other, _)| other == key) {
                return true;
            }
        }
        false
    }

    pub(crate) fn encode(&self) -> String {
        Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }
}

/// This address with more parameters in its query.
pub(crate) fn with_query(url: &str, params: &[(&str, &str)]) -> String {
    let query = Serializer::new(String::new()).extend_pairs(params).finish();
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}{query}")
}
