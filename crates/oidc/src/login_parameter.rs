//! Parameters of the authorization request that an operator adds, and those that a visitor may ask for.

use regex::Regex;

/// A parameter beside those of the protocol.
#[derive(Clone, Debug)]
pub struct LoginParameter {
    /// Its name.
    pub name: String,
    /// What is sent, in order, unless something else is asked for; with none the parameter is left out.
    pub default: Vec<String>,
    /// What may be asked for in the query of the request that begins the login; with none, nothing.
    pub allow: Vec<Admitted>,
}

/// Values that may be asked for.
#[derive(Clone, Debug)]
pub enum Admitted {
    /// Exactly this one.
    Value(String),
    /// Each in which this is found somewhere.
    Matching(Regex),
}

impl Admitted {
    fn admits(&self, value: &str) -> bool {
        match self {
            Self::Value(admitted) => admitted == value,
            Self::Matching(pattern) => pattern.is_match(value),
        }
    }
}

impl LoginParameter {
    /// A parameter with one value that nobody changes.
    #[must_use]
    pub fn fixed(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), default: vec![value.into()], allow: Vec::new() }
    }

    /// The values to send: those of `wishes` (name and value) that are admitted, else the default.
    pub(crate) fn values<'a>(&'a self, wishes: &[(&'a str, &'a str)]) -> Vec<&'a str> {
        let asked = wishes.iter().filter(|(name, _)| *name == self.name).map(|(_, value)| *value);
        let admitted: Vec<&str> =
            asked.filter(|value| self.allow.iter().any(|admitted| admitted.admits(value))).collect();
        if admitted.is_empty() { self.default.iter().map(String::as_str).collect() } else { admitted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint() -> LoginParameter {
        LoginParameter {
            name: "idp_hint".to_owned(),
            default: vec!["main".to_owned()],
            allow: vec![Admitted::Value("a.b".to_owned()), Admitted::Matching(Regex::new("^partner-[0-9]+$").unwrap())],
        }
    }

    #[test]
    fn what_is_admitted_takes_the_place_of_the_default() {
        let wishes = [("idp_hint", "axb"), ("idp_hint", "a.b"), ("other", "a.b"), ("idp_hint", "partner-7")];
        assert_eq!(hint().values(&wishes), ["a.b", "partner-7"]);
    }

    #[test]
    fn the_default_stays_when_nothing_that_is_asked_for_is_admitted() {
        assert_eq!(hint().values(&[]), ["main"]);
        assert_eq!(hint().values(&[("idp_hint", "partner-"), ("idp_hint", "")]), ["main"]);
    }

    #[test]
    fn nobody_changes_a_fixed_parameter() {
        assert_eq!(LoginParameter::fixed("prompt", "login").values(&[("prompt", "none")]), ["login"]);
    }

    #[test]
    fn a_parameter_without_default_is_sent_only_when_asked_for() {
        let parameter = LoginParameter { default: Vec::new(), ..hint() };
        assert!(parameter.values(&[("idp_hint", "evil")]).is_empty());
        assert_eq!(parameter.values(&[("idp_hint", "a.b")]), ["a.b"]);
    }
}
