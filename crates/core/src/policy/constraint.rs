//! What a request's own query demands of the session: `allowed_groups`, `allowed_emails`, `allowed_email_domains`.

use std::borrow::Cow;

use crate::Session;
use crate::domain::DomainRule;
use crate::form::{self, Semicolons};

/// The demands of one query string. One without entries does not exist.
#[derive(Clone, Debug, Default)]
pub struct Constraints {
    groups: Vec<String>,
    emails: Vec<String>,
    email_domains: Vec<DomainRule>,
}

/// A demand that cannot be read; it must not vanish (D10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a malformed allowed_* parameter")]
pub struct MalformedConstraint;

const NAMES: [&str; 3] = ["allowed_groups", "allowed_emails", "allowed_email_domains"];

impl Constraints {
    /// Reads the demands of `query`.
    ///
    /// # Errors
    /// [`MalformedConstraint`] when a pair that names one of the parameters has a `;`, a bad escape, or a domain that is
    /// none.
    pub fn parse(query: Option<&str>, semicolons: Semicolons) -> Result<Self, MalformedConstraint> {
        let mut constraints = Self::default();
        // The names hold an underscore, so a query without one (or an escape that could hide it) has no demand.
        let Some(query) = query.filter(|query| query.contains('_') || query.contains('%')) else {
            return Ok(constraints);
        };
        for pair in form::raw_pairs(query, semicolons) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            match (form::decode(key), form::decode(value)) {
                (Ok(key), Ok(value)) if !pair.contains(';') => constraints.add(&key, &value)?,
                _ if names_a_constraint(pair) => return Err(MalformedConstraint),
                _ => {}
            }
        }
        Ok(constraints)
    }

    fn add(&mut self, key: &str, value: &str) -> Result<(), MalformedConstraint> {
        let entries = value.split(',').filter(|entry| !entry.is_empty());
        match key {
            "allowed_groups" => self.groups.extend(entries.map(str::to_owned)),
            "allowed_emails" => self.emails.extend(entries.map(str::to_owned)),
            "allowed_email_domains" => {
                for entry in entries {
                    self.email_domains.push(DomainRule::parse(entry).ok_or(MalformedConstraint)?);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether the session meets every demand.
    #[must_use]
    pub fn admit(&self, session: &Session) -> bool {
        let email = session.email.as_deref().unwrap_or_default();
        (self.groups.is_empty() || session.groups.iter().any(|group| self.groups.contains(group)))
            && (self.emails.is_empty() || self.emails.iter().any(|entry| entry == email))
            && (self.email_domains.is_empty() || self.admit_domain(email))
    }

    fn admit_domain(&self, email: &str) -> bool {
        match email.split_once('@') {
            Some((local, host)) if !local.is_empty() && !host.contains('@') => {
                self.email_domains.iter().any(|rule| rule.matches(host, None))
            }
            _ => false,
        }
    }
}

/// Whether a malformed pair would name a constraint to a lenient reader.
fn names_a_constraint(pair: &str) -> bool {
    let lenient: Cow<'_, str> = percent_encoding::percent_decode_str(pair).decode_utf8_lossy();
    NAMES.iter().any(|name| lenient.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(query: &str, session: &Session) -> Result<bool, MalformedConstraint> {
        Constraints::parse(Some(query), Semicolons::Refused).map(|constraints| constraints.admit(session))
    }

    #[test]
    fn all_present_demands_must_be_met() {
        let session =
            Session { email: Some("a@x.example.com".into()), groups: vec!["g1".into()], ..Session::default() };
        for (query, admitted) in [
            ("", true),
            ("a_b=1", true),
            ("allowed_groups=", true),
            ("allowed_groups=,", true),
            ("allowed_groups=g0,g1", true),
            ("allowed_groups=g0&allowed_groups=g1", true),
            ("allowed_groups=g2", false),
            ("%61llowed_groups=g2", false),
            ("allowed_emails=a@x.example.com", true),
            ("allowed_emails=A@x.example.com", false),
            ("allowed_email_domains=.example.com", true),
            ("allowed_email_domains=*.example.com", true),
            ("allowed_email_domains=example.com", false),
            ("allowed_email_domains=x.example.com:80", false),
            ("allowed_groups=g1&allowed_emails=other", false),
        ] {
            assert_eq!(admits(query, &session), Ok(admitted), "{query}");
        }
    }

    #[test]
    fn what_is_not_one_at_sign_with_a_name_before_it_is_of_no_domain() {
        for email in ["@example.com", "a@b@x.example.com", "example.com", ""] {
            let session = Session { email: Some(email.into()), ..Session::default() };
            assert_eq!(admits("allowed_email_domains=.example.com", &session), Ok(false), "{email}");
        }
    }

    #[test]
    fn a_demand_that_cannot_be_read_is_an_error() {
        let session = Session::default();
        for query in [
            "allowed_groups=g1;x=1",
            "allowed_groups=%",
            "allowed%5fgroups=%zz",
            "x=1;allowed_groups=g1",
            "allowed_email_domains=.",
            "allowed_email_domains=example.com,:80",
        ] {
            assert_eq!(admits(query, &session), Err(MalformedConstraint), "{query}");
        }
        assert_eq!(admits("other_thing=a;b", &session), Ok(true));
    }
}
