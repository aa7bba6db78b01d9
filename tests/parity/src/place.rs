//! Addresses: what of a URL is the same on both sides, and what only has the same shape.

use crate::page::{decode_component, encode_component};

/// A redirect to the provider's authorization endpoint, parameter by parameter.
#[derive(Debug)]
pub struct AuthorizationRequest {
    /// The endpoint without its query.
    pub endpoint: String,
    /// Parameter names in the order of the query.
    pub order: Vec<String>,
    /// Decoded parameters; random ones replaced by their shape.
    pub parameters: Vec<(String, String)>,
    /// The nonce part of `state`, as the callback will get it.
    pub state: Option<String>,
}

/// Reads `target` as an authorization request: an absolute URL with `response_type`.
#[must_use]
pub fn authorization_request(target: &str) -> Option<AuthorizationRequest> {
    let (endpoint, query) = target.split_once('?')?;
    if !endpoint.starts_with("http") || !query.contains("response_type=") {
        return None;
    }
    let mut order = Vec::new();
    let mut parameters = Vec::new();
    let mut state = None;
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decode_component(name), decode_component(value));
        let shown = match name.as_str() {
            "state" => {
                let (nonce, shown) = shape_of_state(&value);
                state = nonce;
                shown
            }
            "nonce" | "code_challenge" => shape(&value),
            _ => value,
        };
        order.push(name.clone());
        parameters.push((name, shown));
    }
    Some(AuthorizationRequest { endpoint: without_ports(endpoint), order, parameters, state })
}

/// `NONCE:target` with the nonce replaced by its shape; in the encoded form likewise, marked as such.
fn shape_of_state(value: &str) -> (Option<String>, String) {
    if let Some(shape) = shape_of_plain_state(value) {
        return shape;
    }
    let decoded = decode_base64url(value).and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded.as_deref().and_then(shape_of_plain_state) {
        Some((nonce, shown)) => (nonce, format!("encoded {shown}")),
        None => (None, value.to_owned()),
    }
}

fn shape_of_plain_state(value: &str) -> Option<(Option<String>, String)> {
    let (nonce, target) = value.split_once(':')?;
    // A login that began anew carries its count behind the nonce.
    let (nonce, count) = nonce.split_once('~').map_or((nonce, String::new()), |(n, count)| (n, format!("~{count}")));
    Some((Some(nonce.to_owned()), format!("{}{count}:{target}", shape(nonce))))
}

/// The nonce that a callback's target carries, so that the cookie named after it is known.
#[must_use]
pub fn state_of_callback(target: &str) -> Option<String> {
    let (path, query) = target.split_once('?')?;
    let state = query.split('&').find_map(|pair| pair.strip_prefix("state="))?;
    path.ends_with("/callback").then(|| shape_of_state(&decode_component(state)).0)?
}

/// A callback's address whose plain `state` has another target behind its nonce, encoded as the original encodes it.
#[must_use]
pub fn with_target_in_state(url: &str, target: &str) -> String {
    let (before, rest) = url.split_once("%3A").expect("a state with a nonce and a target");
    let after = rest.find('&').map_or("", |at| &rest[at..]);
    format!("{before}%3A{}{after}", encode_component(&encode_component(target)))
}

/// The shape of a random value: its length and alphabet.
#[must_use]
pub fn shape(value: &str) -> String {
    let alphabet = if value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
        "base64url"
    } else {
        "other"
    };
    format!("<{} {alphabet}>", value.len())
}

/// `text` with the ports of loopback addresses, which the system chose, written as `PORT`.
#[must_use]
pub fn without_ports(text: &str) -> String {
    let mut rest = text;
    let mut out = String::with_capacity(text.len());
    while let Some(at) = rest.find("127.0.0.1:") {
        let (before, after) = rest.split_at(at + "127.0.0.1:".len());
        out.push_str(before);
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        out.push_str(if digits > 0 { "PORT" } else { "" });
        rest = &after[digits..];
    }
    out + rest
}

/// Base64 in the URL alphabet without padding.
#[must_use]
pub fn decode_base64url(text: &str) -> Option<Vec<u8>> {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_state_is_shown_by_its_shape_and_its_target_as_it_is() {
        let nonce = "a".repeat(43);
        let target = format!("http://127.0.0.1:999/auth?response_type=code&state={nonce}%3A%252Fx");
        let request = authorization_request(&target).expect("an authorization request");
        assert_eq!(request.endpoint, "http://127.0.0.1:PORT/auth");
        assert_eq!(request.parameters[1].1, "<43 base64url>:%2Fx");
        assert_eq!(request.state, Some(nonce));
    }

    #[test]
    fn other_targets_are_no_authorization_requests() {
        assert!(authorization_request("/a?response_type=code").is_none());
        assert!(authorization_request("https://app.example.com/").is_none());
    }
}
