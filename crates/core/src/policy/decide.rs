//! The one decision.

use std::net::IpAddr;
use std::sync::Arc;

use http::Method;

use super::{Account, Allow, BypassRules, Constraints, Grant, MalformedConstraint, Requirement, Standing, Subject};
use crate::Session;

/// Everything that says who gets through.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Which sessions may enter.
    pub allow: Allow,
    /// Which requests need none.
    pub bypass: BypassRules,
}

/// The facts of one request that the decision looks at.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The method.
    pub method: &'a Method,
    /// The request target that route rules are matched against: the one that will be forwarded, or on `PREFIX/auth`
    /// the one that the front proxy tells (D02).
    pub target: &'a str,
    /// The client, as far as it is known.
    pub client: ClientIp,
    /// What the request's query demands.
    pub constraints: &'a Result<Constraints, MalformedConstraint>,
    /// Who vouches for the session.
    pub account: Account,
    /// What the provider's own restrictions make of the session.
    pub standing: Standing,
}

/// The address of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientIp {
    /// This one.
    Known(IpAddr),
    /// Not known, hence never trusted.
    Unknown,
}

/// What is to be done with a request.
#[derive(Clone, Debug)]
pub enum Decision {
    /// Forward it.
    Allow(Grant),
    /// Nobody is logged in, and somebody must be.
    Login,
    /// Somebody is logged in who may not enter.
    Refuse(Refusal),
}

/// Why a session may not enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The e-mail address is not accepted.
    #[error("the e-mail address is not allowed")]
    Email,
    /// None of the session's groups is allowed.
    #[error("none of the groups is allowed")]
    Group,
    /// A restriction of the provider is not met. The session is good elsewhere, so it stays.
    #[error(transparent)]
    Standing(Requirement),
    /// Whether a restriction of the provider is met cannot be found out now.
    #[error("the provider cannot be asked whether its restrictions are met")]
    Unanswered,
    /// The request's own query demands what the session does not have, or cannot be read.
    #[error("the request demands what the session does not have")]
    Constraint,
}

/// The decision hangs on [`Ask::standing`]: the provider must be asked before this session is decided about.
#[derive(Clone, Debug)]
pub struct MustAsk(pub Arc<Session>);

/// Decides about one request. Pure: the same facts give the same answer.
///
/// 1. A request that needs no session keeps the one it has and is not checked against [`Allow`].
/// 2. Any other needs a session that passes [`Allow`] and stands well with its provider.
/// 3. Whoever is logged in must meet the query's own demands.
///
/// # Errors
/// [`MustAsk`] when the standing is [`Standing::Unasked`] and matters.
pub fn decide(policy: &Policy, ask: &Ask<'_>, session: Option<Arc<Session>>) -> Result<Decision, MustAsk> {
    let bypass = policy.bypass.find(ask.method, ask.target, ask.client);
    let session = match (session, bypass) {
        (None, Some(bypass)) => return Ok(Decision::Allow(Grant::new(Subject::Anonymous(bypass)))),
        (None, None) => return Ok(Decision::Login),
        (Some(session), Some(_)) => session,
        (Some(session), None) => match (policy.allow.on_request(&session, ask.account), ask.standing) {
            (Err(refusal), _) => return Ok(Decision::Refuse(refusal)),
            (Ok(()), Standing::Unmet(requirement)) => return Ok(Decision::Refuse(Refusal::Standing(requirement))),
            (Ok(()), Standing::Unanswered) => return Ok(Decision::Refuse(Refusal::Unanswered)),
            (Ok(()), Standing::Unasked) => return Err(MustAsk(session)),
            (Ok(()), Standing::Met) => session,
        },
    };
    Ok(match ask.constraints {
        Ok(constraints) if constraints.admit(&session) => Decision::Allow(Grant::new(Subject::User(session))),
        Ok(_) | Err(MalformedConstraint) => Decision::Refuse(Refusal::Constraint),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{EmailDomain, EmailRules};
    use super::*;
    use crate::form::Semicolons;

    fn policy() -> Policy {
        let emails =
            EmailRules { domains: EmailDomain::parse("example.com").into_iter().collect(), ..EmailRules::default() };
        Policy {
            allow: Allow { emails, groups: ["admins".to_owned()].into() },
            bypass: BypassRules { preflight: true, ..BypassRules::default() },
        }
    }

    fn outcome(method: &Method, query: &str, session: Option<(&str, &str)>, standing: Standing) -> &'static str {
        let session = session.map(|(email, group)| {
            Arc::new(Session { email: Some(email.into()), groups: vec![group.into()], ..Session::default() })
        });
        let constraints = Constraints::parse(Some(query), Semicolons::Refused);
        let account = Account::Provider;
        let ask = Ask { method, target: "/", client: ClientIp::Unknown, constraints: &constraints, account, standing };
        match decide(&policy(), &ask, session) {
            Err(MustAsk(_)) => "ask",
            Ok(Decision::Allow(grant)) if grant.session().is_some() => "allow user",
            Ok(Decision::Allow(_)) => "allow anonymous",
            Ok(Decision::Login) => "login",
            Ok(Decision::Refuse(Refusal::Email)) => "refuse email",
            Ok(Decision::Refuse(Refusal::Group)) => "refuse group",
            Ok(Decision::Refuse(Refusal::Constraint)) => "refuse constraint",
            Ok(Decision::Refuse(Refusal::Standing(_))) => "refuse standing",
            Ok(Decision::Refuse(Refusal::Unanswered)) => "refuse unanswered",
        }
    }

    #[test]
    fn the_decision_table_holds() {
        let alice = Some(("alice@example.com", "admins"));
        let guest = Some(("alice@example.com", "guests"));
        let stranger = Some(("mallory@evil.test", "admins"));
        for (method, query, session, expected) in [
            (Method::GET, "", None, "login"),
            (Method::GET, "", alice, "allow user"),
            (Method::GET, "", guest, "refuse group"),
            (Method::GET, "", stranger, "refuse email"),
            (Method::OPTIONS, "", None, "allow anonymous"),
            (Method::OPTIONS, "", stranger, "allow user"),
            (Method::GET, "allowed_groups=admins", alice, "allow user"),
            (Method::GET, "allowed_groups=devs", alice, "refuse constraint"),
            (Method::GET, "allowed_groups=admins;x", alice, "refuse constraint"),
            (Method::OPTIONS, "allowed_groups=devs", alice, "refuse constraint"),
            (Method::OPTIONS, "allowed_groups=devs", None, "allow anonymous"),
            (Method::GET, "allowed_groups=devs", None, "login"),
        ] {
            assert_eq!(outcome(&method, query, session, Standing::Met), expected, "{method} {query} {session:?}");
        }
    }

    #[test]
    fn a_bad_standing_refuses_whoever_passes_the_other_rules_and_needs_a_session() {
        let alice = Some(("alice@example.com", "admins"));
        let guest = Some(("alice@example.com", "guests"));
        let (get, unmet) = (Method::GET, Standing::Unmet(Requirement::Team));
        for (method, query, session, standing, expected) in [
            (&get, "", alice, unmet, "refuse standing"),
            (&get, "allowed_groups=devs", alice, unmet, "refuse standing"),
            (&get, "", guest, unmet, "refuse group"),
            (&get, "", None, unmet, "login"),
            (&get, "", alice, Standing::Unasked, "ask"),
            (&get, "", guest, Standing::Unasked, "refuse group"),
            (&get, "", None, Standing::Unasked, "login"),
            (&get, "", alice, Standing::Unanswered, "refuse unanswered"),
            (&Method::OPTIONS, "", alice, unmet, "allow user"),
            (&Method::OPTIONS, "", alice, Standing::Unasked, "allow user"),
        ] {
            assert_eq!(
                outcome(method, query, session, standing),
                expected,
                "{method} {query} {session:?} {standing:?}"
            );
        }
    }
}
