//! The userinfo endpoint ([OIDC Core §5.3]), asked for claims that the ID token lacks.
//!
//! [OIDC Core §5.3]: https://openid.net/specs/openid-connect-core-1_0.html#UserInfo

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderMap, HeaderValue};
use sidecar_core::Secret;

use crate::claims::Claims;
use crate::client::{Answer, Call, CallError, Client, Fault};
use crate::endpoint_url::EndpointUrl;

/// Fetches the claims that belong to `access_token`.
pub(crate) async fn fetch(
    client: &Client,
    url: &EndpointUrl,
    access_token: &Secret<String>,
) -> Result<Claims, CallError> {
    let headers = bearer(access_token).ok_or_else(|| CallError::new(Call::UserInfo, url, BAD_TOKEN))?;
    let answer = client.get(Call::UserInfo, url, headers).await?;
    read(answer, url)
}

/// Asks the `validate-url` whether the access token is still good: it is when the status is 200.
pub(crate) async fn validate(
    client: &Client,
    url: &EndpointUrl,
    access_token: &Secret<String>,
) -> Result<(), CallError> {
    let headers = bearer(access_token).ok_or_else(|| CallError::new(Call::Validate, url, BAD_TOKEN))?;
    client.get(Call::Validate, url, headers).await?.into_ok_body(Call::Validate, url).map(|_| ())
}

const BAD_TOKEN: Fault = Fault::Document("the access token has characters that no header carries");

/// The header set of the OpenID Connect family (providers.md 2.6).
fn bearer(access_token: &Secret<String>) -> Option<HeaderMap> {
    let text = Secret::new(format!("Bearer {}", access_token.expose()));
    let mut value = HeaderValue::from_str(text.expose()).ok()?;
    value.set_sensitive(true);
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, value);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    Some(headers)
}

fn read(answer: Answer, url: &EndpointUrl) -> Result<Claims, CallError> {
    let is_jwt = answer.media_type == "application/jwt";
    let body = answer.into_ok_body(Call::UserInfo, url)?;
    let fault = || CallError::new(Call::UserInfo, url, Fault::Document("neither a JSON object nor a signed one"));
    if is_jwt {
        // compat: the signature is not checked. The answer came from the provider itself over its own connection, and
        // only fills in what the verified ID token left open.
        let payload = body.split(|byte| *byte == b'.').nth(1).ok_or_else(fault)?;
        let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| fault())?;
        return Claims::parse(&payload).map_err(|_| fault());
    }
    Claims::parse(&body).map_err(|_| fault())
}
