//! Telling who a request speaks for.

use std::{borrow::Cow, time::SystemTime};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use jiff::{Timestamp, tz::TimeZone};
use sidecar_core::Session;

use crate::identity::Identity;
use crate::{Claim, ClientValue, Form, InjectedHeader, Injection, ProtectedNames, Source, TableError};

pub(crate) const GAP_AUTH: HeaderName = HeaderName::from_static("gap-auth");

/// What the program can write on a request, whatever the configuration says (D05).
const REQUEST_NAMES: [&str; 12] = [
    "x-forwarded-user",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-forwarded-preferred-username",
    "x-forwarded-access-token",
    "x-auth-request-user",
    "x-auth-request-email",
    "x-auth-request-groups",
    "x-auth-request-preferred-username",
    "x-auth-request-access-token",
    "gap-auth",
    "gap-signature",
];

/// What only we may say about a visitor on an answer (D08).
const RESPONSE_NAMES: [&str; 6] = [
    "x-auth-request-user",
    "x-auth-request-email",
    "x-auth-request-groups",
    "x-auth-request-preferred-username",
    "x-auth-request-access-token",
    "gap-auth",
];

/// The identity headers, ready to be written.
#[derive(Debug, Clone)]
pub struct Injector {
    request: Vec<Injected>,
    response: Vec<Injected>,
    protected: ProtectedNames,
    told: ProtectedNames,
    protected_on_responses: ProtectedNames,
}

#[derive(Debug, Clone)]
struct Injected {
    name: HeaderName,
    values: Vec<Source>,
    client_value: ClientValue,
}

impl Injector {
    /// Checks the settings.
    ///
    /// # Errors
    /// [`TableError::FixedValue`] for a fixed value with control characters; line breaks at its end are cut off.
    pub fn new(injection: &Injection) -> Result<Self, TableError> {
        Ok(Self {
            request: injection.request.iter().map(Injected::new).collect::<Result<_, _>>()?,
            response: injection.response.iter().map(Injected::new).collect::<Result<_, _>>()?,
            protected: ProtectedNames::new(protected(injection)),
            told: ProtectedNames::new(told(injection)),
            protected_on_responses: ProtectedNames::new(
                RESPONSE_NAMES.into_iter().chain(injection.response.iter().map(|header| header.name.as_str())),
            ),
        })
    }

    /// The names that no visitor may send, on any branch: to be stripped from every request when it arrives.
    ///
    /// `Authorization` is not among them even if it is injected, since it may be how the visitor logs in; it is removed
    /// when the request is forwarded. Nor is `X-Auth-Request-Redirect`, which is a question, not an identity.
    #[must_use]
    pub fn protected(&self) -> &ProtectedNames {
        &self.protected
    }

    /// Every name by which an app may be told who is asking, those that the operator lets visitors write as well:
    /// to be stripped where nobody can be signed in.
    #[must_use]
    pub fn told(&self) -> &ProtectedNames {
        &self.told
    }

    /// The values of all headers for a session.
    pub(crate) fn identity(&self, session: Option<&Session>) -> Identity {
        let name = session.and_then(Session::log_name).map(|name| Values::default().with(&GAP_AUTH, name));
        Identity {
            request: self.request.iter().map(|injected| injected.value(session)).collect(),
            response: self.response.iter().map(|injected| injected.value(session)).collect(),
            gap_auth: name.and_then(Values::into_header_value),
        }
    }

    /// Writes the identity on the request to an app: forged headers are gone first, each of ours stands once.
    pub(crate) fn write_request(&self, identity: &Identity, headers: &mut HeaderMap) {
        self.protected.strip(headers);
        for (injected, value) in self.request.iter().zip(&identity.request) {
            match (injected.client_value, value.clone()) {
                (ClientValue::Remove | ClientValue::InsecureRemoveSameSpelling, None) => {
                    drop(headers.remove(&injected.name));
                }
                (ClientValue::Remove | ClientValue::InsecureRemoveSameSpelling, Some(value)) => {
                    drop(headers.insert(injected.name.clone(), value));
                }
                (ClientValue::Keep, None) => {}
                (ClientValue::Keep, Some(value)) => drop(headers.append(injected.name.clone(), value)),
            }
        }
    }

    /// Removes from an upstream's answer what only we may say.
    pub(crate) fn guard_response(&self, headers: &mut HeaderMap) {
        self.protected_on_responses.strip(headers);
    }

    pub(crate) fn is_ours_on_responses(&self, name: &HeaderName) -> bool {
        self.protected_on_responses.covers(name)
    }

    /// Writes the identity on an answer: the configured headers, and `GAP-Auth` with the e-mail address, or the user.
    ///
    /// For the answers of upstreams (done here already), their error pages, and `PREFIX/auth`.
    pub fn write_response(&self, session: Option<&Session>, headers: &mut HeaderMap) {
        self.answer_as(&self.identity(session), headers);
    }

    /// The same with an identity that is at hand.
    pub(crate) fn answer_as(&self, identity: &Identity, headers: &mut HeaderMap) {
        for (injected, value) in self.response.iter().zip(&identity.response) {
            if let Some(value) = value {
                headers.insert(injected.name.clone(), value.clone());
            }
        }
        if let Some(name) = &identity.gap_auth {
            headers.insert(GAP_AUTH, name.clone());
        }
    }
}

/// Our own names, less those that the operator wants kept or removed in one spelling only, and whatever else carries a
/// claim.
fn protected(injection: &Injection) -> impl Iterator<Item = &str> {
    let kept = |name: &str| {
        let same = |header: &InjectedHeader| header.client_value != ClientValue::Remove && header.name == name;
        injection.request.iter().any(same)
    };
    told(injection).filter(move |name| !kept(name) && *name != header::AUTHORIZATION.as_str())
}

/// Our own names, those of the requests, and whatever else carries a claim.
fn told(injection: &Injection) -> impl Iterator<Item = &str> {
    let answered = injection.response.iter().filter(|header| header.carries_claims());
    REQUEST_NAMES.into_iter().chain(injection.request.iter().chain(answered).map(|header| header.name.as_str()))
}

impl InjectedHeader {
    fn carries_claims(&self) -> bool {
        self.values.iter().any(|source| matches!(source, Source::Claim { .. }))
    }
}

impl Injected {
    fn new(header: &InjectedHeader) -> Result<Self, TableError> {
        let InjectedHeader { name, values, client_value } = header;
        for source in values {
            if let Source::Fixed(value) = source
                && !is_clean(value.expose().trim_end_matches(['\r', '\n']))
            {
                return Err(TableError::FixedValue { name: name.clone() });
            }
        }
        Ok(Self { name: name.clone(), values: values.clone(), client_value: *client_value })
    }

    fn value(&self, session: Option<&Session>) -> Option<HeaderValue> {
        let mut values = Values::default();
        for source in &self.values {
            match (source, session) {
                (Source::Fixed(value), _) => values.push(value.expose().trim_end_matches(['\r', '\n'])),
                (Source::Claim { claim, form }, Some(session)) => {
                    claim.each(session, |text| values.add(&self.name, form, text));
                }
                (Source::Claim { .. }, None) => {}
            }
        }
        values.into_header_value()
    }
}

impl Claim {
    /// Hands out every value of the claim; empty ones are none.
    fn each(&self, session: &Session, mut take: impl FnMut(&str)) {
        let secret = |value: &Option<sidecar_core::Secret<String>>| value.as_ref().map(|value| value.expose().clone());
        let one: Option<Cow<'_, str>> = match self {
            Self::AccessToken => secret(&session.access_token).map(Cow::Owned),
            Self::IdToken => secret(&session.id_token).map(Cow::Owned),
            Self::RefreshToken => secret(&session.refresh_token).map(Cow::Owned),
            Self::Email => session.email.as_deref().map(Cow::Borrowed),
            Self::User => session.user.as_deref().map(Cow::Borrowed),
            Self::PreferredUsername => session.preferred_username.as_deref().map(Cow::Borrowed),
            Self::Groups => {
                return session.groups.iter().filter(|group| !group.is_empty()).for_each(|group| take(group));
            }
            Self::CreatedAt => session.created_at.and_then(go_time).map(Cow::Owned),
            Self::ExpiresOn => session.expires_at.and_then(go_time).map(Cow::Owned),
            Self::Additional(name) => {
                let values = session.additional_claims.get(name).map(sidecar_core::claims::ClaimValue::to_texts);
                return values.iter().flatten().filter(|value| !value.is_empty()).for_each(|value| take(value));
            }
        };
        if let Some(text) = one.filter(|text| !text.is_empty()) {
            take(&text);
        }
    }
}

/// A time as Go prints it by default, `2006-01-02 15:04:05.999999999 -0700 MST`, in the local zone. `None` for years that
/// no calendar here reaches.
#[must_use]
pub fn go_time(at: SystemTime) -> Option<String> {
    let local = Timestamp::try_from(at).ok()?.to_zoned_datetime(TimeZone::system());
    let fraction = match local.subsec_nanosecond() {
        0 => String::new(),
        nanoseconds => format!(".{nanoseconds:09}").trim_end_matches('0').to_owned(),
    };
    Some(format!("{}{fraction} {}", local.strftime("%Y-%m-%d %H:%M:%S"), local.strftime("%z %Z")))
}

/// The values of one header, joined with `,` as they come: the one way by which text from a session gets into a head
/// (invariant I-10). What has control characters is left out, not mended: the header is exact or absent.
#[derive(Default)]
struct Values {
    joined: Option<Vec<u8>>,
}

impl Values {
    fn with(mut self, name: &HeaderName, text: &str) -> Self {
        self.add(name, &Form::Plain, text);
        self
    }

    fn add(&mut self, name: &HeaderName, form: &Form, text: &str) {
        if !is_clean(text) {
            tracing::warn!(header = %name, "a claim with control characters is left out of a header");
            return;
        }
        match form {
            Form::Plain => self.push(text),
            Form::Prefixed(prefix) => self.push(&format!("{prefix}{text}")),
            // RFC 7617 §2: an app ends the name at its first colon, so that `admin:x` would be `admin` to it.
            Form::Basic { .. } if text.contains(':') => {
                tracing::warn!(header = %name, "a name with a colon is left out of Basic credentials");
            }
            Form::Basic { password } => {
                self.push(&format!("Basic {}", STANDARD.encode(format!("{text}:{}", password.expose()))));
            }
        }
    }

    fn push(&mut self, text: &str) {
        match &mut self.joined {
            None => self.joined = Some(text.as_bytes().to_vec()),
            Some(joined) => {
                joined.push(b',');
                joined.extend_from_slice(text.as_bytes());
            }
        }
    }

    fn into_header_value(self) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_maybe_shared(Bytes::from(self.joined?)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// Neither C0 and C1 controls nor the line separators of Unicode.
fn is_clean(text: &str) -> bool {
    let plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    plain || !text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use proptest::prelude::*;
    use sidecar_core::{Secret, claims::ClaimValue};

    use super::*;

    fn claim(name: &str, claim: &str) -> InjectedHeader {
        with(name, Form::Plain, claim, ClientValue::Remove)
    }

    fn with(name: &str, form: Form, claim: &str, client_value: ClientValue) -> InjectedHeader {
        let values = vec![Source::Claim { claim: Claim::named(claim), form }];
        InjectedHeader { name: name.parse().unwrap(), values, client_value }
    }

    fn fixed(name: &str, value: &str) -> InjectedHeader {
        let values = vec![Source::Fixed(Secret::from(value))];
        InjectedHeader { name: name.parse().unwrap(), values, client_value: ClientValue::Remove }
    }

    fn injector(request: Vec<InjectedHeader>, response: Vec<InjectedHeader>) -> Injector {
        Injector::new(&Injection { request, response }).unwrap()
    }

    fn alice() -> Session {
        Session {
            email: Some("alice@example.com".into()),
            user: Some("alice".into()),
            groups: vec!["dev".into(), String::new(), "ops".into()],
            id_token: Some(Secret::from("a.b.c")),
            additional_claims: [("roles".to_owned(), ClaimValue::List(vec![ClaimValue::Number("1.50".into())]))].into(),
            ..Session::default()
        }
    }

    fn written(
        injector: &Injector,
        session: Option<&Session>,
        lines: &[(&str, &'static str)],
    ) -> Vec<(String, String)> {
        let line = |(name, value): &(&str, &'static str)| (name.parse().unwrap(), HeaderValue::from_static(value));
        let mut headers: HeaderMap = lines.iter().map(line).collect::<HeaderMap>();
        injector.write_request(&injector.identity(session), &mut headers);
        let text = |(name, value): (&HeaderName, &HeaderValue)| {
            (name.to_string(), String::from_utf8(value.as_bytes().to_vec()).unwrap())
        };
        headers.iter().map(text).collect()
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn each_kind_of_claim_is_written_as_the_table_says() {
        let headers = vec![
            claim("x-email", "email"),
            claim("x-groups", "groups"),
            claim("x-roles", "roles"),
            claim("x-none", "preferred_username"),
            claim("x-missing", "no such claim"),
            with("x-bearer", Form::Prefixed("Bearer ".into()), "id_token", ClientValue::Remove),
            with("x-basic", Form::Basic { password: Secret::from("pw") }, "user", ClientValue::Remove),
            fixed("x-fixed", "always\n"),
        ];
        let injector = injector(headers, vec![]);
        assert_eq!(
            written(&injector, Some(&alice()), &[]),
            [
                pair("x-email", "alice@example.com"),
                pair("x-groups", "dev,ops"),
                pair("x-roles", "1.50"),
                pair("x-bearer", "Bearer a.b.c"),
                pair("x-basic", "Basic YWxpY2U6cHc="),
                pair("x-fixed", "always"),
            ]
        );
        assert_eq!(written(&injector, None, &[]), [pair("x-fixed", "always")]);
    }

    #[test]
    fn a_forged_header_is_gone_with_and_without_a_value_of_ours() {
        let injector = injector(
            vec![claim("X-Forwarded-USER", "user"), claim("authorization", "access_token"), claim("x-who", "none")],
            vec![],
        );
        let forged = [
            ("x-forwarded-user", "root"),
            ("x_forwarded_user", "root"),
            ("x_who", "root"),
            ("x.auth.request~email", "root"),
            ("gap-auth", "root"),
            ("authorization", "Basic root"),
            ("x-forwarded-access-token", "root"),
            ("x-auth-request-redirect", "/kept"),
        ];
        assert_eq!(
            written(&injector, Some(&alice()), &forged),
            [pair("x-auth-request-redirect", "/kept"), pair("x-forwarded-user", "alice")]
        );
        assert_eq!(written(&injector, None, &forged), [pair("x-auth-request-redirect", "/kept")]);
    }

    #[test]
    fn a_name_with_a_colon_is_no_other_name_in_basic_credentials() {
        let basic = with("authorization", Form::Basic { password: Secret::from("") }, "user", ClientValue::Remove);
        let injector = injector(vec![basic], vec![]);
        for user in ["admin:x", "https://op.test/users/1", ":"] {
            let session = Session { user: Some(user.to_owned()), ..alice() };
            assert_eq!(written(&injector, Some(&session), &[("authorization", "Basic root")]), [], "{user}");
        }
    }

    #[test]
    fn an_empty_value_of_a_claim_is_none() {
        let injector =
            injector(vec![claim("x-user", "user"), claim("x-groups", "groups"), claim("x-roles", "roles")], vec![]);
        let mut session =
            Session { user: Some(String::new()), groups: vec![String::new(), "dev".into()], ..Session::default() };
        let roles = ["", "reader"].map(|role| ClaimValue::String(role.into()));
        session.additional_claims.insert("roles".into(), ClaimValue::List(roles.into()));
        assert_eq!(written(&injector, Some(&session), &[]), [pair("x-groups", "dev"), pair("x-roles", "reader")]);
    }

    #[test]
    fn a_kept_header_gets_ours_behind_it() {
        let keep = with("x-forwarded-user", Form::Plain, "user", ClientValue::Keep);
        let injector = injector(vec![keep], vec![]);
        let seen = written(&injector, Some(&alice()), &[("x-forwarded-user", "spoof"), ("x-forwarded-email", "spoof")]);
        assert_eq!(seen, [pair("x-forwarded-user", "spoof"), pair("x-forwarded-user", "alice")]);
    }

    #[test]
    fn an_unfolded_header_is_removed_in_its_own_spelling_alone() {
        let exact = with("x-who", Form::Plain, "user", ClientValue::InsecureRemoveSameSpelling);
        let injector = injector(vec![exact], vec![]);
        assert_eq!(written(&injector, None, &[("x-who", "spoof"), ("x_who", "spoof")]), [pair("x_who", "spoof")]);
        assert!(!injector.protected().covers(&"x_who".parse().unwrap()));
        let seen = written(&injector, Some(&alice()), &[("x-who", "spoof"), ("x-forwarded-user", "spoof")]);
        assert_eq!(seen, [pair("x-who", "alice")]);
    }

    #[test]
    fn authorization_is_protected_only_where_it_is_injected_and_never_at_intake() {
        let bare = injector(vec![], vec![claim("authorization", "id_token")]);
        assert_eq!(written(&bare, None, &[("authorization", "Basic x")]), [pair("authorization", "Basic x")]);
        let injected = injector(vec![claim("authorization", "id_token")], vec![]);
        assert!(!injected.protected().covers(&header::AUTHORIZATION));
    }

    #[test]
    fn a_name_that_answers_carry_a_claim_in_is_protected_on_requests() {
        let injector = injector(vec![], vec![claim("x-who", "email"), fixed("x-frame-options", "DENY")]);
        assert!(injector.protected().covers(&"x_who".parse().unwrap()));
        assert!(!injector.protected().covers(&"x-frame-options".parse().unwrap()));
    }

    #[test]
    fn answers_carry_the_configured_headers_and_gap_auth() {
        let injector = injector(vec![], vec![claim("x-auth-request-user", "user")]);
        let mut headers = HeaderMap::new();
        headers.append("x-auth-request-user", HeaderValue::from_static("root"));
        headers.append("X-Auth_Request-Email", HeaderValue::from_static("root"));
        headers.append("gap-auth", HeaderValue::from_static("root"));
        injector.guard_response(&mut headers);
        assert!(headers.is_empty());
        injector.write_response(None, &mut headers);
        assert!(headers.is_empty());
        injector.write_response(Some(&alice()), &mut headers);
        assert_eq!(headers.len(), 2);
        assert_eq!(headers["gap-auth"], "alice@example.com");
        assert_eq!(headers["x-auth-request-user"], "alice");
        assert!(headers.values().all(HeaderValue::is_sensitive));
    }

    #[test]
    fn a_fixed_value_with_a_line_break_is_refused() {
        let injection = Injection { request: vec![fixed("x-a", "a\r\nX-Admin: 1")], response: vec![] };
        assert!(matches!(Injector::new(&injection), Err(TableError::FixedValue { name }) if name == "x-a"));
    }

    #[test]
    fn times_are_printed_as_go_prints_them() {
        let text = go_time(UNIX_EPOCH + Duration::new(1_763_894_686, 311_576_860)).unwrap();
        assert!(text.contains(".31157686 "), "{text}");
        let whole = go_time(UNIX_EPOCH + Duration::from_secs(1_763_894_686)).unwrap();
        assert!(!whole.contains('.'), "{whole}");
        assert_eq!(whole.split(' ').count(), 4, "{whole}");
    }

    proptest! {
        #[test]
        fn no_claim_can_break_out_of_its_header(
            email in ".*", breaks in prop::sample::select(vec!["\r\nX-Admin: 1", "\n", "\r", "\0", "\u{85}", "\u{2028}"]),
        ) {
            let injector = injector(vec![claim("x-email", "email")], vec![]);
            let mut session = Session { email: Some(email.clone()), ..Session::default() };
            for (_, value) in written(&injector, Some(&session), &[]) {
                prop_assert_eq!(&value, &email);
            }
            session.email = Some(format!("{email}{breaks}"));
            prop_assert!(written(&injector, Some(&session), &[]).is_empty());
        }
    }
}
