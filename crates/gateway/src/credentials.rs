//! What a request may bring besides a stored session to say whose it is: a token or a password in `Authorization`.
//!
//! ```text
//! Authorization ─► bearer token (skip-jwt-bearer-tokens) ─► password (htpasswd-file) ─► the stored session
//! ```
//!
//! The first that yields a session wins, and nothing of it is stored. What yields none lets the next one try, but for a
//! token that is not valid where `bearer-token-login-fallback` is off.

use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use http::HeaderValue;
use sidecar_core::policy::Account;
use sidecar_core::report::chain;
use sidecar_core::{Secret, Session};
use sidecar_oidc::{BearerError, ExtraIssuer, MAX_TOKEN_BYTES};

use crate::htpasswd::{Verdict, Verifier};
use crate::inbound::Inbound;
use crate::journal::AuthStatus;
use crate::observe::Record;
use crate::settings::{LocalUsers, RefusedToken, UserEmail};
use crate::shared::Shared;

/// The credentials that count besides stored sessions.
pub(crate) struct Credentials {
    pub(crate) bearer: Option<BearerTokens>,
    pub(crate) local: Option<Local>,
}

/// Bearer tokens count.
pub(crate) struct BearerTokens {
    /// What becomes of a request whose token does not.
    pub(crate) refused: RefusedToken,
    /// Who may have issued them besides the provider, in this order.
    pub(crate) issuers: Vec<ExtraIssuer>,
}

/// The users of a file.
pub(crate) struct Local {
    pub(crate) verifier: Verifier,
    settings: LocalUsers,
}

/// What came of looking for a session in `Authorization`.
pub(crate) enum Found {
    /// This one.
    Session(Arc<Session>, Account),
    /// None; a stored session may still be there.
    Nothing,
    /// None, and the request is to be refused for what it brought.
    Refused(Refused),
}

/// How a request is refused for what it brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// A token that is not valid, or something else than a token.
    Token,
    /// A token that nobody can look at now: its issuer or its keys are out of reach.
    Away,
    /// A password, while too many are being looked at.
    Busy,
}

impl Credentials {
    /// Looks at the `Authorization` header of a request.
    pub(crate) async fn find(
        &self,
        shared: &Shared,
        inbound: &Inbound,
        header: &HeaderValue,
        record: &Record,
    ) -> Found {
        let authorization = Authorization::parse(header);
        if let Some(bearer) = &self.bearer {
            let (error, refused) = match authorization.token() {
                Some(token) => match bearer.session(shared, &token).await {
                    Ok((session, account)) => return Found::Session(Arc::new(session), account),
                    Err(errors) => errors,
                },
                None => ("no JWT in the header".to_owned(), Refused::Token),
            };
            tracing::info!(request_id = %inbound.id, error, "unable to verify bearer token");
            if bearer.refused == RefusedToken::Forbidden {
                return Found::Refused(refused);
            }
        }
        match (&self.local, &authorization) {
            (Some(local), Authorization::Basic { user, password }) => local.find(user, password, record).await,
            (Some(_) | None, _) => Found::Nothing,
        }
    }
}

impl BearerTokens {
    /// The session that a token is, by the first of its issuers that says so; or what each of them says against it.
    async fn session(&self, shared: &Shared, token: &Secret<String>) -> Result<(Session, Account), (String, Refused)> {
        let now = shared.clock.now();
        shared.first_contact().await;
        let mut errors = match shared.provider.bearer(token, now).await {
            Ok(session) => return Ok((session, Account::Provider)),
            Err(error) => vec![error],
        };
        for issuer in &self.issuers {
            match issuer.bearer(token, now).await {
                Ok(session) => return Ok((session, Account::Operator)),
                Err(error) => errors.push(error),
            }
        }
        let refused = if errors.iter().any(BearerError::is_outage) { Refused::Away } else { Refused::Token };
        let errors: Vec<String> = errors.iter().map(|error| chain(error)).collect();
        Err((errors.join("; "), refused))
    }
}

impl Local {
    pub(crate) fn new(settings: LocalUsers) -> Self {
        Self { verifier: Verifier::new(settings.users.clone()), settings }
    }

    /// The session of a user whose password was right. `email` is set where headers name users by it.
    pub(crate) fn session(&self, user: &str, email: UserEmail) -> Session {
        Session {
            email: (email == UserEmail::IsUser).then(|| user.to_owned()),
            user: Some(user.to_owned()),
            groups: self.settings.groups.clone(),
            ..Session::default()
        }
    }

    /// Whether a stored session is one that the form made, for a user who is still there. No provider makes a session
    /// without an e-mail address or without tokens.
    pub(crate) fn made(&self, session: &Session) -> bool {
        let bare = session.email.is_none() && session.access_token.is_none() && session.id_token.is_none();
        bare && session.user.as_deref().is_some_and(|user| self.verifier.users().contains(user))
    }

    async fn find(&self, user: &[u8], password: &Secret<Vec<u8>>, record: &Record) -> Found {
        // A name that is no UTF-8 is nobody's.
        let user = String::from_utf8_lossy(user);
        let named = Some(&*user).filter(|user| !user.is_empty());
        match self.verifier.verify(&user, password).await {
            Verdict::Right => {
                record.auth(AuthStatus::Success, named, "Authenticated via basic auth and HTpasswd File");
                Found::Session(Arc::new(self.session(&user, self.settings.email)), Account::Operator)
            }
            Verdict::Wrong => {
                let message = "Invalid authentication via basic auth: not in Htpasswd File";
                record.auth(AuthStatus::Failure, named, message);
                Found::Nothing
            }
            Verdict::Busy => {
                record.auth(AuthStatus::Error, named, "too many passwords are being looked at");
                Found::Refused(Refused::Busy)
            }
        }
    }
}

/// An `Authorization` header, taken apart.
enum Authorization<'a> {
    /// `Bearer`, in exactly these letters, and one word.
    Bearer(&'a str),
    /// `Basic` credentials (RFC 7617 §2).
    Basic { user: Vec<u8>, password: Secret<Vec<u8>> },
    /// Anything else.
    Other,
}

/// Base64 as Go reads it: padded, and bits left over in the last character do not matter.
const BASIC: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

impl<'a> Authorization<'a> {
    /// compat: exactly one space, for there is none in what may follow, and the scheme in exactly these letters.
    fn parse(header: &'a HeaderValue) -> Self {
        let Some((scheme, rest)) = header.to_str().ok().and_then(|text| text.split_once(' ')) else {
            return Self::Other;
        };
        match scheme {
            "Bearer" => Self::Bearer(rest),
            "Basic" => Self::basic(rest).unwrap_or(Self::Other),
            _ => Self::Other,
        }
    }

    fn basic(encoded: &str) -> Option<Self> {
        let decoded = Secret::new(BASIC.decode(encoded).ok()?);
        let mut sides = decoded.expose().splitn(2, |byte| *byte == b':').map(<[u8]>::to_vec);
        Some(Self::Basic { user: sides.next()?, password: Secret::new(sides.next()?) })
    }

    /// The token in it: that of `Bearer`; or the user of `Basic`, with a password that says so, or its password.
    fn token(&self) -> Option<Secret<String>> {
        let token = |bytes: &[u8]| is_jwt(bytes).then(|| std::str::from_utf8(bytes).ok().map(Secret::from)).flatten();
        match self {
            Self::Bearer(text) => token(text.as_bytes()),
            Self::Basic { user, password } => match token(user) {
                // What git and others send beside a token that stands for the user.
                Some(found) => matches!(password.expose().as_slice(), b"" | b"x-oauth-basic").then_some(found),
                None => token(password.expose()),
            },
            Self::Other => None,
        }
    }
}

/// Whether it has the form of a JWT: three words of base64url, two of them JSON objects by their first letters. What is
/// longer than any token is not looked at.
fn is_jwt(text: &[u8]) -> bool {
    if text.len() > MAX_TOKEN_BYTES {
        return false;
    }
    let is_word = |word: &[u8]| word.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let mut words = text.splitn(4, |byte| *byte == b'.');
    let (Some(header), Some(payload), Some(signature), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return false;
    };
    [header, payload].iter().all(|word| word.starts_with(b"ey") && is_word(word))
        && !signature.is_empty()
        && is_word(signature)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    const JWT: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln";

    fn token(header: &str) -> Option<String> {
        let header = HeaderValue::from_bytes(header.as_bytes()).unwrap();
        Authorization::parse(&header).token().map(|token| token.expose().clone())
    }

    fn basic(credentials: &str) -> String {
        format!("Basic {}", STANDARD.encode(credentials))
    }

    #[test]
    fn a_token_is_found_where_v7_finds_it_and_nowhere_else() {
        let found = [
            format!("Bearer {JWT}"),
            "Bearer ey.ey.x".to_owned(),
            basic(&format!("{JWT}:")),
            basic(&format!("{JWT}:x-oauth-basic")),
            basic(&format!("anybody:{JWT}")),
            basic(&format!(":{JWT}")),
        ];
        for header in found {
            assert!(token(&header).is_some(), "{header}");
        }
        let none = [
            String::new(),
            "Bearer".to_owned(),
            "Bearer ".to_owned(),
            JWT.to_owned(),
            format!("bearer {JWT}"),
            format!("BEARER {JWT}"),
            format!("Bearer  {JWT}"),
            format!(" Bearer {JWT}"),
            format!("Bearer {JWT} "),
            format!("Bearer\t{JWT}"),
            format!("Bearer,{JWT}"),
            format!("Bearer {JWT} {JWT}"),
            format!("Bearer {JWT}.x"),
            format!("Bearer {JWT}="),
            format!("Bearer x{JWT}"),
            "Bearer ey.ey.".to_owned(),
            "Bearer ey.x.x".to_owned(),
            "Bearer ey..x".to_owned(),
            "Bearer opaque".to_owned(),
            format!("Bearer ey{}", ".".repeat(9_000)),
            format!("Bearer ey.ey.{}", "x".repeat(MAX_TOKEN_BYTES)),
            format!("Digest {JWT}"),
            format!("basic {}", STANDARD.encode(format!("{JWT}:"))),
            basic(&format!("{JWT}:password")),
            basic(JWT),
            basic("alice:secret"),
            format!("Basic {}", STANDARD.encode(format!("x:{JWT}")).trim_end_matches('=')),
            "Basic %%%".to_owned(),
        ];
        for header in none {
            assert_eq!(token(&header), None, "{header:.100}");
        }
    }

    #[test]
    fn the_password_begins_behind_the_first_colon() {
        for (credentials, user, password) in
            [("a:b", "a", "b"), ("a:b:c", "a", "b:c"), (":x", "", "x"), ("a:", "a", ""), ("a b:c d", "a b", "c d")]
        {
            let header = HeaderValue::try_from(basic(credentials)).unwrap();
            let Authorization::Basic { user: found, password: secret } = Authorization::parse(&header) else {
                panic!("{credentials} is no Basic");
            };
            assert_eq!((found.as_slice(), secret.expose().as_slice()), (user.as_bytes(), password.as_bytes()));
        }
        for header in [basic("no colon"), "Basic YTpi=".to_owned(), "Basic YTp".to_owned(), "Basic".to_owned()] {
            let header = HeaderValue::try_from(header).unwrap();
            assert!(matches!(Authorization::parse(&header), Authorization::Other), "{header:?}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_taken_apart_or_is_something_else(bytes in proptest::collection::vec(0x20u8..0x7f, 0..80)) {
            let header = HeaderValue::from_bytes(&bytes).unwrap();
            let _ = Authorization::parse(&header).token();
        }

        #[test]
        fn what_has_the_form_of_a_jwt_is_what_the_pattern_of_v7_says(text in "(ey|[a.]|[eyA_=. -]){0,12}") {
            let pattern = regex::Regex::new(r"^ey[A-Za-z0-9_-]*\.ey[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+$").unwrap();
            prop_assert_eq!(is_jwt(text.as_bytes()), pattern.is_match(&text));
        }
    }
}
