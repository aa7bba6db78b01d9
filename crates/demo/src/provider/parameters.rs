//! Request parameters, each at most once.

use url::form_urlencoded;

/// Parameters of a query or a form body (RFC 6749, appendix B).
#[derive(Debug, Clone, Default)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Decodes `encoded`.
    ///
    /// # Errors
    /// The name that occurs twice: "Request and response parameters MUST NOT be included more than once"
    /// (RFC 6749, section 3.1).
    pub(super) fn parse(encoded: &str) -> Result<Self, String> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(encoded.as_bytes()) {
            if pairs.iter().any(|(seen, _)| *seen == name) {
                return Err(name.into_owned());
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(pairs))
    }

    /// The value of `name`; one without a value counts as absent (RFC 6749, section 3.1).
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(key, _)| key == name)?;
        (!value.is_empty()).then_some(value.as_str())
    }

    /// All of them, with `-` for what is nobody's business in a log.
    pub(super) fn without_secrets(&self) -> Vec<(String, String)> {
        const SECRET: [&str; 5] = ["client_secret", "code", "code_verifier", "refresh_token", "id_token_hint"];
        let shown = |(name, value): &(String, String)| {
            let value = if SECRET.contains(&name.as_str()) { "-" } else { value };
            (name.clone(), value.to_owned())
        };
        self.0.iter().map(shown).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_given_twice_is_refused_by_name() {
        assert_eq!(Parameters::parse("a=1&b=2&a=1").unwrap_err(), "a");
    }

    #[test]
    fn an_empty_parameter_counts_as_absent() {
        let parameters = Parameters::parse("a=&b=x+y%26").unwrap();
        assert_eq!((parameters.get("a"), parameters.get("b"), parameters.get("c")), (None, Some("x y&"), None));
    }

    #[test]
    fn secrets_do_not_appear_in_what_is_recorded() {
        let shown = Parameters::parse("grant_type=x&code=abc").unwrap().without_secrets();
        assert_eq!(shown, [("grant_type".into(), "x".into()), ("code".to_string(), "-".to_string())]);
    }
}
