//! The userinfo endpoint ([OIDC Core §5.3]), asked for claims that the ID token lacks.
//!
//! [OIDC Core §5.3]: https://openid.net/specs/openid-connect-core-1_0.html#UserInfo

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sidecar_core::Secret;

use crate::api::ApiHeaders;
use crate::claims::Claims;
use crate::client::{Answer, Call, CallError, Client, Fault};
use crate::endpoint_url::EndpointUrl;

/// Fetches the claims that belong to `access_token`, whose account is `subject`.
///
/// An answer about another `sub` must not be used (§5.3.2); one without is taken, as v7 takes it.
pub(crate) async fn fetch(
    client: &Client,
    url: &EndpointUrl,
    access_token: &Secret<String>,
    subject: &str,
) -> Result<Claims, CallError> {
    let headers = ApiHeaders::openid(access_token).into_map(Call::UserInfo, url)?;
    let answer = client.get(Call::UserInfo, url, headers).await?;
    let claims = read(answer, url)?;
    if claims.look_up("sub").is_some_and(|sub| sub.to_text() != subject) {
        return Err(CallError::new(Call::UserInfo, url, Fault::Document("about another sub than the ID token")));
    }
    Ok(claims)
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
