//! The authorization response, as the browser brings it ([RFC 6749 §4.1.2]).
//!
//! ```text
//! query, form ─► Callback ─ verify(LoginAttempt) ─► VerifiedCallback ─► Provider::redeem
//! ```
//!
//! [RFC 6749 §4.1.2]: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2

use sidecar_core::Secret;
use sidecar_core::form::{Form, FormError, Semicolons};
use sidecar_core::login::{LoginAttempt, StateEncoding, StateError, StateParameter};
use subtle::ConstantTimeEq as _;

use crate::limits::MAX_ERROR_TEXT;

/// The parameters of an authorization response; nothing is proved yet. An empty value is an absent one (RFC 6749 §3.1).
#[derive(Debug)]
pub struct Callback {
    code: Option<Secret<String>>,
    state: Option<Secret<String>>,
    error: Option<AuthorizationError>,
    issuer: Option<String>,
}

/// Why the parameters of a callback cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackParseError {
    /// Not form-encoded.
    #[error("the callback's parameters are not form-encoded")]
    Form(#[from] FormError),
    /// One of ours is there twice (RFC 6749 §3.1: "MUST NOT be included more than once"; D58).
    #[error("the callback's parameter {0} is there more than once")]
    Repeated(&'static str),
}

/// Why a callback does not belong to a login of this browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// `state` is not the one of the attempt (RFC 6749 §10.12).
    #[error("state does not match the CSRF cookie")]
    StateMismatch,
    /// The provider answered with an error; [`Callback::error`] has it.
    #[error("the provider answered with an error")]
    Refused,
    /// No `code`.
    #[error("missing code")]
    MissingCode,
}

/// An error response of the provider (RFC 6749 §4.1.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationError {
    /// What it means, for decisions and logs.
    pub code: AuthorizationErrorCode,
    /// The value of `error` as received. Untrusted text: escape it, cut it, never decide by it.
    pub text: String,
}

/// The value of `error` (RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the specifications, which say what they mean")]
pub enum AuthorizationErrorCode {
    InvalidRequest,
    UnauthorizedClient,
    AccessDenied,
    UnsupportedResponseType,
    InvalidScope,
    ServerError,
    TemporarilyUnavailable,
    InteractionRequired,
    LoginRequired,
    AccountSelectionRequired,
    ConsentRequired,
    InvalidRequestUri,
    InvalidRequestObject,
    RequestNotSupported,
    RequestUriNotSupported,
    RegistrationNotSupported,
    /// None of the above.
    Other,
}

/// A callback that belongs to a login begun in this browser. Only [`Callback::verify`] makes one, and a code is redeemed
/// with nothing else.
#[derive(Debug)]
pub struct VerifiedCallback {
    pub(crate) code: Secret<String>,
    pub(crate) attempt: LoginAttempt,
    pub(crate) issuer: Option<String>,
}

impl VerifiedCallback {
    /// What the token endpoint is given for the code (RFC 6749 §4.1.3, RFC 7636 §4.5).
    pub(crate) fn grant<'a>(&'a self, redirect_uri: &'a str) -> Vec<(&'static str, &'a str)> {
        let mut grant = vec![
            ("grant_type", "authorization_code"),
            ("code", self.code.expose().as_str()),
            ("redirect_uri", redirect_uri),
        ];
        if let Some(code_verifier) = &self.attempt.code_verifier {
            grant.push(("code_verifier", code_verifier.expose()));
        }
        grant
    }
}

impl Callback {
    /// Reads the parameters from the query and, for `response_mode=form_post`, the body; a parameter in both is there
    /// twice.
    ///
    /// # Errors
    /// [`CallbackParseError`]
    pub fn parse(query: &str, form: &str) -> Result<Self, CallbackParseError> {
        let query = Form::parse(query, Semicolons::Refused)?;
        let form = Form::parse(form, Semicolons::Refused)?;
        let one = |name: &'static str| {
            let mut values = query.all(name).chain(form.all(name));
            let first = values.next().filter(|value| !value.is_empty()).map(str::to_owned);
            if values.next().is_some() { Err(CallbackParseError::Repeated(name)) } else { Ok(first) }
        };
        Ok(Self {
            code: one("code")?.map(Secret::new),
            state: one("state")?.map(Secret::new),
            error: one("error")?.map(AuthorizationError::new),
            issuer: one("iss")?,
        })
    }

    /// What the provider says instead of a code, if it does. Anybody can write this: it is not bound to a login.
    #[must_use]
    pub fn error(&self) -> Option<&AuthorizationError> {
        self.error.as_ref()
    }

    /// The parameter `state` taken apart, to find the cookie of its login. Proves nothing.
    ///
    /// # Errors
    /// [`StateError`], also when there is none.
    pub fn state(&self, encoding: StateEncoding) -> Result<StateParameter, StateError> {
        StateParameter::parse(self.state.as_ref().map_or("", |state| state.expose()), encoding)
    }

    /// Compares `state` with the attempt that this browser brought in its cookie, in constant time.
    ///
    /// # Errors
    /// [`CallbackError`]
    pub fn verify(self, attempt: LoginAttempt, encoding: StateEncoding) -> Result<VerifiedCallback, CallbackError> {
        let presented = self.state(encoding).map_err(|_| CallbackError::StateMismatch)?.hash;
        let expected = attempt.state.hash();
        // An absent nonce hashes to nothing, and nothing is presented easily.
        if expected.is_empty() || !bool::from(presented.as_bytes().ct_eq(expected.as_bytes())) {
            return Err(CallbackError::StateMismatch);
        }
        if self.error.is_some() {
            return Err(CallbackError::Refused);
        }
        let code = self.code.ok_or(CallbackError::MissingCode)?;
        Ok(VerifiedCallback { code, attempt, issuer: self.issuer })
    }
}

impl AuthorizationError {
    fn new(mut text: String) -> Self {
        let code = AuthorizationErrorCode::from_name(&text);
        let end = text.floor_char_boundary(MAX_ERROR_TEXT);
        text.truncate(end);
        Self { code, text }
    }
}

impl AuthorizationErrorCode {
    const NAMES: [(Self, &'static str); 16] = [
        (Self::InvalidRequest, "invalid_request"),
        (Self::UnauthorizedClient, "unauthorized_client"),
        (Self::AccessDenied, "access_denied"),
        (Self::UnsupportedResponseType, "unsupported_response_type"),
        (Self::InvalidScope, "invalid_scope"),
        (Self::ServerError, "server_error"),
        (Self::TemporarilyUnavailable, "temporarily_unavailable"),
        (Self::InteractionRequired, "interaction_required"),
        (Self::LoginRequired, "login_required"),
        (Self::AccountSelectionRequired, "account_selection_required"),
        (Self::ConsentRequired, "consent_required"),
        (Self::InvalidRequestUri, "invalid_request_uri"),
        (Self::InvalidRequestObject, "invalid_request_object"),
        (Self::RequestNotSupported, "request_not_supported"),
        (Self::RequestUriNotSupported, "request_uri_not_supported"),
        (Self::RegistrationNotSupported, "registration_not_supported"),
    ];

    fn from_name(name: &str) -> Self {
        Self::NAMES.iter().find(|(_, known)| *known == name).map_or(Self::Other, |(code, _)| *code)
    }

    /// The name in the specification; `other` for what it does not name. Constant text, fit for logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(code, _)| *code == self).map_or("other", |(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sidecar_core::login::Pkce;

    use super::*;

    fn attempt() -> LoginAttempt {
        LoginAttempt::random(Pkce::On).unwrap()
    }

    fn verify(query: &str, attempt: LoginAttempt) -> Result<VerifiedCallback, CallbackError> {
        Callback::parse(query, "").unwrap().verify(attempt, StateEncoding::Plain)
    }

    #[test]
    fn a_parameter_given_twice_is_refused_wherever_it_stands() {
        for (query, form, name) in [
            ("code=a&code=b&state=s", "", "code"),
            ("code=a&state=s&state=t", "", "state"),
            ("code=a&%63ode=b", "", "code"),
            ("code=&code=b", "", "code"),
            ("code=a&iss=x&iss=x", "", "iss"),
            ("error=a&error=b", "", "error"),
            ("code=a", "code=a", "code"),
        ] {
            let error = Callback::parse(query, form).unwrap_err();
            assert_eq!(error, CallbackParseError::Repeated(name), "{query} {form}");
        }
        assert!(Callback::parse("code=a&CODE=b&code[]=c&x=1&x=2", "").is_ok());
    }

    #[test]
    fn a_callback_is_verified_only_with_the_state_of_its_attempt() {
        let (ours, theirs) = (attempt(), attempt());
        let query = format!("code=c&state={}:%252F", ours.state.hash());
        assert_eq!(verify(&query, theirs).unwrap_err(), CallbackError::StateMismatch);
        let verified = verify(&query, ours.clone()).unwrap();
        assert_eq!(verified.code.expose(), "c");
        for query in ["code=c", "code=c&state=", "code=c&state=:/", "code=c&state=x", "code=c&state=x:%25"] {
            assert_eq!(verify(query, ours.clone()).unwrap_err(), CallbackError::StateMismatch, "{query}");
        }
    }

    #[test]
    fn an_attempt_without_a_state_verifies_nothing() {
        let mut attempt = attempt();
        attempt.state = sidecar_core::login::Nonce::from_bytes(Vec::new());
        assert_eq!(verify("code=c&state=:%2F", attempt).unwrap_err(), CallbackError::StateMismatch);
    }

    #[test]
    fn a_code_is_needed_and_an_error_is_none() {
        let attempt = attempt();
        let state = format!("state={}:%252F", attempt.state.hash());
        assert_eq!(verify(&format!("{state}&code="), attempt.clone()).unwrap_err(), CallbackError::MissingCode);
        let refused = verify(&format!("{state}&code=c&error=access_denied"), attempt).unwrap_err();
        assert_eq!(refused, CallbackError::Refused);
    }

    #[test]
    fn the_providers_error_is_told_by_its_name() {
        let error = |query: &str| Callback::parse(query, "").unwrap().error().cloned();
        let denied = error("error=access_denied&error_description=no").unwrap();
        assert_eq!((denied.code, denied.code.as_str()), (AuthorizationErrorCode::AccessDenied, "access_denied"));
        let odd = error("error=%3Csvg+onload%3D1%3E").unwrap();
        assert_eq!((odd.code.as_str(), odd.text.as_str()), ("other", "<svg onload=1>"));
        assert_eq!(error("error=&code=c"), None);
        assert_eq!(error(&format!("error={}", "%C3%A9".repeat(9000))).unwrap().text.len(), 512);
    }

    #[test]
    fn debug_output_has_no_code() {
        let callback = Callback::parse("code=marked&state=s", "").unwrap();
        assert!(!format!("{callback:?}").contains("marked"));
    }

    proptest! {
        #[test]
        fn any_query_is_a_callback_or_an_error(query in "(code|state|error|iss|[%;=&+a-f0-9é]){0,40}") {
            if let Ok(callback) = Callback::parse(&query, "") {
                prop_assert!(callback.verify(attempt(), StateEncoding::Plain).is_err());
            }
        }
    }
}
