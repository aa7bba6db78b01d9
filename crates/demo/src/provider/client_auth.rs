//! Who calls the token endpoint (RFC 6749, section 2.3.1).

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

use super::parameters::Parameters;
use super::{Client, Shared};

/// The client that the request proves to come from, or the error code for it.
///
/// "The client MUST NOT use more than one authentication method in each request."
pub(super) fn authenticate(provider: &Shared, headers: &HeaderMap, form: &Parameters) -> Result<Client, &'static str> {
    let presented = match (headers.get(header::AUTHORIZATION), form.get("client_secret")) {
        (Some(_), Some(_)) => return Err("invalid_request"),
        (Some(line), None) => basic(line.as_bytes()).ok_or("invalid_client")?,
        (None, Some(secret)) => (form.get("client_id").ok_or("invalid_client")?.to_owned(), secret.to_owned()),
        (None, None) => return Err("invalid_client"),
    };
    let (id, secret) = presented;
    let client = provider.state().clients.get(&id).cloned().ok_or("invalid_client")?;
    aws_lc_rs::constant_time::verify_slices_are_equal(client.secret.as_bytes(), secret.as_bytes())
        .map_err(|_| "invalid_client")?;
    Ok(client)
}

/// Id and secret, each encoded as in a form before they were joined.
fn basic(line: &[u8]) -> Option<(String, String)> {
    let line = std::str::from_utf8(line).ok()?;
    let (scheme, credentials) = line.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let credentials = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (id, secret) = credentials.split_once(':')?;
    Some((form_decoded(id)?, form_decoded(secret)?))
}

fn form_decoded(text: &str) -> Option<String> {
    // A form with one nameless value; `=` and `&` are always escaped in what the encoding produces.
    let form = format!("={text}");
    form_urlencoded::parse(form.as_bytes()).next().map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_form_encoded_before_they_are_joined() {
        let line = format!("bAsIc {}", STANDARD.encode("my%3Aid:a+b%25"));
        assert_eq!(basic(line.as_bytes()), Some(("my:id".to_owned(), "a b%".to_owned())));
    }

    #[test]
    fn other_schemes_and_broken_base64_are_nobody() {
        assert_eq!(basic(b"Bearer abc"), None);
        assert_eq!(basic(b"Basic *"), None);
        assert_eq!(basic(b"Basic"), None);
    }
}
