//! The authorization request ([RFC 6749 §4.1.1], [OIDC Core §3.1.2.1]): the URL a login begins with.
//!
//! [RFC 6749 §4.1.1]: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1
//! [OIDC Core §3.1.2.1]: https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest

use std::collections::BTreeMap;

use sidecar_core::form;

use crate::endpoint_url::EndpointUrl;

/// The parameters of an authorization request that are the same for every provider.
#[derive(Clone, Copy, Debug)]
pub struct Parameters<'a> {
    /// `client_id`
    pub client_id: &'a str,
    /// `redirect_uri`
    pub redirect_uri: &'a str,
    /// `scope`, sent even when empty.
    pub scope: &'a str,
    /// `state`
    pub state: &'a str,
}

/// Puts the URL together (providers.md 2.2): the endpoint's own parameters stay, `redirect_uri`, `client_id` and
/// `response_type` replace those of the same name, all others are appended. Keys are sorted, values of one key keep their
/// order.
#[must_use]
pub fn authorization_url<'a>(
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
    let base = &url[..url.find(['?', '#']).unwrap_or(url.len())];
    match endpoint.as_url().fragment() {
        Some(fragment) => format!("{base}?{encoded}#{fragment}"),
        None => format!("{base}?{encoded}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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

    proptest! {
        #[test]
        fn what_is_sent_is_what_the_provider_reads(value in ".*") {
            let url = url::Url::parse(&url("https://idp.example/auth", &[("login_hint", &value)])).unwrap();
            let read = url.query_pairs().find(|(key, _)| key == "login_hint").map(|(_, value)| value.into_owned());
            prop_assert_eq!(read, Some(value));
        }
    }
}
