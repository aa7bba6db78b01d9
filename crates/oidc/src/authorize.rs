//! The authorization request ([RFC 6749 §4.1.1], [OIDC Core §3.1.2.1]): the URL a login begins with.
//!
//! [RFC 6749 §4.1.1]: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1
//! [OIDC Core §3.1.2.1]: https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest

use std::collections::BTreeMap;
use std::time::Duration;

use sidecar_core::form;
use sidecar_core::login::{LoginAttempt, Pkce};

use crate::endpoint_url::EndpointUrl;
use crate::error::Unavailable;
use crate::pkce::{CodeChallengeMethod, PkcePolicy};
use crate::provider::{Account, AuthorizationRequest};
use crate::settings::Registration;

/// The parameters of an authorization request that are the same for every provider.
#[derive(Clone, Copy)]
struct Parameters<'a> {
    client_id: &'a str,
    redirect_uri: &'a str,
    /// Sent even when empty.
    scope: &'a str,
    state: &'a str,
}

/// The secrets of a new login at a provider that takes these methods of PKCE.
pub(crate) fn new_attempt(pkce: PkcePolicy, code_challenge_methods: &[String]) -> Result<LoginAttempt, Unavailable> {
    let pkce = match pkce.method(code_challenge_methods) {
        Some(_) => Pkce::On,
        None => Pkce::Off,
    };
    LoginAttempt::random(pkce)
        .map_err(|error| Unavailable { reason: error.to_string(), retry_after: Duration::from_secs(1) })
}

/// One login, as far as its authorization request tells it.
pub(crate) struct Asked<'a> {
    pub(crate) registration: &'a Registration,
    pub(crate) request: &'a AuthorizationRequest<'a>,
    pub(crate) scope: &'a str,
    /// What the provider takes.
    pub(crate) code_challenge_methods: &'a [String],
    /// `nonce` (OIDC Core §3.1.2.1), where one is sent.
    pub(crate) nonce: Option<&'a str>,
    /// Parameters of this kind of provider, after the configured ones.
    pub(crate) more: &'a [(&'a str, &'a str)],
}

impl Asked<'_> {
    /// The URL that asks for it.
    pub(crate) fn url(&self, endpoint: &EndpointUrl) -> String {
        let registration = self.registration;
        let code_challenge = self.request.attempt.code_verifier.as_ref().map(|code_verifier| {
            // The attempt was made with a verifier, so it is used, whatever the metadata says by now.
            let method = registration.pkce.method(self.code_challenge_methods).unwrap_or(CodeChallengeMethod::S256);
            (method, method.code_challenge(code_verifier.expose()))
        });
        let mut extra: Vec<(&str, &str)> = Vec::new();
        let is_prompt = |name: &str| name == "prompt" || name == "approval_prompt";
        for parameter in &registration.login_parameters {
            // Providers refuse one prompt beside another.
            if self.request.account == Account::Any || !is_prompt(&parameter.name) {
                let values = parameter.values(self.request.wishes);
                extra.extend(values.into_iter().map(|value| (parameter.name.as_str(), value)));
            }
        }
        if self.request.account == Account::Chosen {
            extra.push(("prompt", "select_account"));
        }
        extra.extend(self.more);
        if let Some((method, code_challenge)) = &code_challenge {
            extra.push(("code_challenge", code_challenge));
            extra.push(("code_challenge_method", method.as_str()));
        }
        extra.extend(registration.response_mode.as_deref().map(|response_mode| ("response_mode", response_mode)));
        extra.extend(self.nonce.map(|nonce| ("nonce", nonce)));
        let parameters = Parameters {
            client_id: &registration.client_id,
            redirect_uri: self.request.redirect_uri,
            scope: self.scope,
            state: self.request.state,
        };
        authorization_url(endpoint, &parameters, extra)
    }
}

/// Puts the URL together: the endpoint's own parameters stay, `redirect_uri`, `client_id` and
/// `response_type` replace those of the same name, all others are appended. Keys are sorted, values of one key keep their
/// order.
fn authorization_url<'a>(
    endpoint: &EndpointUrl,
    parameters: &Parameters<'a>,
    extra: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    let mut query: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut append = |key: &str, value: &str| query.entry(key.to_owned()).or_default().push(value.to_owned());
    for (key, value) in endpoint.as_url().query_pairs() {
        append(&key, &value);
    }
    append("scope", parameters.scope);
    append("state", parameters.state);
    for (key, value) in extra {
        append(key, value);
    }
    for (key, value) in
        [("redirect_uri", parameters.redirect_uri), ("client_id", parameters.client_id), ("response_type", "code")]
    {
        query.insert(key.to_owned(), vec![value.to_owned()]);
    }
    let mut encoded = String::new();
    for (key, values) in &query {
        for value in values {
            if !encoded.is_empty() {
                encoded.push('&');
            }
            form::encode_into(key, &mut encoded);
            encoded.push('=');
            form::encode_into(value, &mut encoded);
        }
    }
    let url = endpoint.as_url().as_str();
    let base = url.split(['?', '#']).next().unwrap_or(url);
    match endpoint.as_url().fragment() {
        Some(fragment) => format!("{base}?{encoded}#{fragment}"),
        None => format!("{base}?{encoded}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::login_parameter::LoginParameter;
    use crate::settings::SecretSource;

    const PARAMETERS: Parameters<'_> = Parameters {
        client_id: "app",
        redirect_uri: "https://p.example/oauth2/callback",
        scope: "openid email profile",
        state: "H:%2Fa+b",
    };

    fn url(endpoint: &str, extra: &[(&str, &str)]) -> String {
        authorization_url(&EndpointUrl::parse(endpoint).unwrap(), &PARAMETERS, extra.iter().copied())
    }

    #[test]
    fn the_vector_of_the_original_is_reproduced() {
        assert_eq!(
            url("https://idp.example/auth?x=1", &[("approval_prompt", "force")]),
            "https://idp.example/auth?approval_prompt=force&client_id=app\
             &redirect_uri=https%3A%2F%2Fp.example%2Foauth2%2Fcallback&response_type=code\
             &scope=openid+email+profile&state=H%3A%252Fa%2Bb&x=1"
        );
    }

    #[test]
    fn our_own_parameters_replace_and_the_others_are_appended() {
        let url = url(
            "https://idp.example/auth?client_id=evil&response_type=token&scope=a&redirect_uri=x#top",
            &[("acr_values", "1"), ("acr_values", "~*2")],
        );
        assert_eq!(
            url,
            "https://idp.example/auth?acr_values=1&acr_values=~%2A2&client_id=app\
             &redirect_uri=https%3A%2F%2Fp.example%2Foauth2%2Fcallback&response_type=code\
             &scope=a&scope=openid+email+profile&state=H%3A%252Fa%2Bb#top"
        );
    }

    #[test]
    fn a_chosen_account_takes_the_place_of_every_configured_prompt() {
        let attempt = LoginAttempt::random(Pkce::Off).unwrap();
        let secret = SecretSource::Value("s".into());
        let mut registration = Registration::new("app", secret);
        registration.login_parameters.push(LoginParameter::fixed("prompt", "login"));
        registration.login_parameters.push(LoginParameter::fixed("acr_values", "1"));
        let endpoint = EndpointUrl::parse("https://idp.example/auth").unwrap();
        let url = |account| {
            let request = AuthorizationRequest {
                redirect_uri: "https://p/cb",
                state: "S",
                attempt: &attempt,
                account,
                wishes: &[],
            };
            let asked = Asked {
                registration: &registration,
                request: &request,
                scope: "s",
                code_challenge_methods: &[],
                nonce: None,
                more: &[],
            };
            asked.url(&endpoint)
        };
        assert!(url(Account::Any).contains("?acr_values=1&approval_prompt=force&client_id=app&prompt=login&"));
        assert!(url(Account::Chosen).contains("?acr_values=1&client_id=app&prompt=select_account&"));
    }

    proptest! {
        #[test]
        fn what_is_sent_is_what_the_provider_reads(value in ".*") {
            let url = url::Url::parse(&url("https://idp.example/auth", &[("login_hint", &value)])).unwrap();
            let read = url.query_pairs().find(|(key, _)| key == "login_hint").map(|(_, value)| value.into_owned());
            prop_assert_eq!(read, Some(value));
        }
    }
}
