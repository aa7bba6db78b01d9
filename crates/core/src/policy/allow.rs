//! Which sessions may enter.

use std::collections::HashSet;

use crate::Session;

use super::{Account, Refusal};

/// The rules that a session must pass at login and on every request.
#[derive(Clone, Debug, Default)]
pub struct Allow {
    /// Accepted e-mail addresses.
    pub emails: EmailRules,
    /// Groups of which a session needs one; empty restricts nothing.
    pub groups: HashSet<String>,
}

/// Accepted e-mail addresses (`email-domain`, `authenticated-emails-file`); one rule that accepts is enough.
#[derive(Clone, Debug, Default)]
pub struct EmailRules {
    /// Every non-empty address passes (`email-domain=*`).
    pub any: bool,
    /// Accepted domains.
    pub domains: Vec<EmailDomain>,
    /// Accepted addresses, with ASCII letters in lower case. Others are compared as they are: the Kelvin sign is no `k`
    /// (P64).
    pub addresses: HashSet<String>,
}

/// One accepted domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmailDomain {
    /// Exactly this domain, in lower case.
    Exact(String),
    /// Every true subdomain of this one (`.example.com`, `*.example.com`), in lower case, without the dot.
    Below(String),
}

impl EmailDomain {
    /// Parses `domain`, `.domain` or `*.domain`; `None` when nothing is left of it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let domain = match text.strip_prefix("*.").or_else(|| text.strip_prefix('.')) {
            Some(parent) => Self::Below(parent.to_owned()),
            None => Self::Exact(text),
        };
        let (Self::Exact(name) | Self::Below(name)) = &domain;
        (!name.is_empty()).then_some(domain)
    }

    fn matches(&self, host: &str) -> bool {
        match self {
            Self::Exact(domain) => host == domain,
            Self::Below(parent) => {
                host.strip_suffix(parent.as_str()).is_some_and(|sub| sub.len() > 1 && sub.ends_with('.'))
            }
        }
    }
}

impl EmailRules {
    /// Whether `email` is accepted. An address that is not one `@` with something on both sides matches no domain
    /// (D57).
    #[must_use]
    pub fn admit(&self, email: &str) -> bool {
        if email.is_empty() {
            return false;
        }
        if self.any || (!self.addresses.is_empty() && self.addresses.contains(&email.to_ascii_lowercase())) {
            return true;
        }
        let Some((local, host)) = email.split_once('@') else { return false };
        if local.is_empty() || host.is_empty() || host.contains('@') {
            return false;
        }
        let host = host.to_ascii_lowercase();
        self.domains.iter().any(|domain| domain.matches(&host))
    }
}

impl Allow {
    /// Judges a session at login, where an e-mail address is needed.
    ///
    /// # Errors
    /// The first rule that it fails.
    pub fn at_login(&self, session: &Session) -> Result<(), Refusal> {
        if !session.email.as_deref().is_some_and(|email| self.emails.admit(email)) {
            return Err(Refusal::Email);
        }
        self.groups(session)
    }

    /// Judges a session of an ordinary request. One without an e-mail address passes the e-mail rules if it is the
    /// operator's, such as that of a user of `htpasswd-file`, or if they accept every address (P63).
    ///
    /// # Errors
    /// The first rule that it fails.
    pub fn on_request(&self, session: &Session, account: Account) -> Result<(), Refusal> {
        let is_admitted = match &session.email {
            Some(email) => self.emails.admit(email),
            None => self.emails.any || account == Account::Operator,
        };
        if is_admitted { self.groups(session) } else { Err(Refusal::Email) }
    }

    fn groups(&self, session: &Session) -> Result<(), Refusal> {
        if self.groups.is_empty() || session.groups.iter().any(|group| self.groups.contains(group)) {
            Ok(())
        } else {
            Err(Refusal::Group)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(domains: &[&str]) -> EmailRules {
        EmailRules {
            any: domains.contains(&"*"),
            domains: domains.iter().filter_map(|domain| EmailDomain::parse(domain)).collect(),
            addresses: HashSet::new(),
        }
    }

    #[test]
    fn a_listed_address_is_admitted_in_any_case_and_beside_the_domains() {
        let mut rules = rules(&["example.com"]);
        rules.addresses.insert("guest@elsewhere.org".to_owned());
        assert!(rules.admit("Guest@Elsewhere.ORG") && rules.admit("a@example.com"));
        assert!(!rules.admit("other@elsewhere.org") && !rules.admit(""));
        rules.addresses.insert("frank@elsewhere.org".to_owned());
        assert!(rules.admit("FRANK@elsewhere.org") && !rules.admit("fran\u{212a}@elsewhere.org"));
    }

    #[test]
    fn email_domains_admit_exactly_what_they_say() {
        for (domain, email, admitted) in [
            ("example.com", "a@example.com", true),
            ("example.com", "a@EXAMPLE.com", true),
            ("Example.Com", "a@example.com", true),
            ("example.com", "a@sub.example.com", false),
            ("example.com", "a@badexample.com", false),
            ("ample.com", "x@example.com", false),
            (".example.com", "x@example.com", false),
            (".example.com", "x@a.example.com", true),
            ("*.example.com", "x@a.b.example.com", true),
            (".com", "x@example.com", true),
            (".example.com", "x@.example.com", false),
            (".example.com", "x@badexample.com", false),
            (".example.com", "a@b@x.example.com", false),
            ("example.com", "@example.com", false),
            ("example.com", "a@b@example.com", false),
            ("example.com", "example.com", false),
            ("example.com", "", false),
            ("*", "anything", true),
            ("*", "", false),
        ] {
            assert_eq!(rules(&[domain]).admit(email), admitted, "{domain} {email}");
        }
    }

    #[test]
    fn an_entry_without_a_name_is_no_domain() {
        for text in ["", ".", "*."] {
            assert_eq!(EmailDomain::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_login_needs_an_accepted_address_and_an_allowed_group() {
        let allow = Allow { emails: rules(&["example.com"]), groups: ["admins".to_owned()].into() };
        for (email, group, judgement) in [
            ("a@example.com", "admins", Ok(())),
            ("a@evil.test", "admins", Err(Refusal::Email)),
            ("a@example.com", "guests", Err(Refusal::Group)),
        ] {
            let session = Session { email: Some(email.into()), groups: vec![group.into()], ..Session::default() };
            assert_eq!(allow.at_login(&session), judgement, "{email} {group}");
        }
    }

    #[test]
    fn a_session_without_an_email_passes_on_requests_alone_and_only_if_it_is_the_operators_or_every_address_passes() {
        let session = Session::default();
        for (domain, account, judgement) in [
            ("example.com", Account::Operator, Ok(())),
            ("example.com", Account::Provider, Err(Refusal::Email)),
            ("*", Account::Operator, Ok(())),
            ("*", Account::Provider, Ok(())),
        ] {
            let allow = Allow { emails: rules(&[domain]), ..Allow::default() };
            assert_eq!(allow.on_request(&session, account), judgement, "{domain} {account:?}");
            assert_eq!(allow.at_login(&session), Err(Refusal::Email), "{domain}");
        }
    }

    #[test]
    fn one_of_the_allowed_groups_is_enough_and_case_counts() {
        let allow = Allow { emails: rules(&["*"]), groups: ["admins".to_owned(), "devs".to_owned()].into() };
        let session = |groups: &[&str]| Session {
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            ..Session::default()
        };
        assert_eq!(allow.on_request(&session(&["x", "devs"]), Account::Provider), Ok(()));
        assert_eq!(allow.on_request(&session(&["Devs"]), Account::Provider), Err(Refusal::Group));
        assert_eq!(allow.on_request(&session(&[]), Account::Provider), Err(Refusal::Group));
    }
}
