//! A signed token in its compact form ([RFC 7515 §7.1]): taken apart, nothing believed yet.
//!
//! [RFC 7515 §7.1]: https://www.rfc-editor.org/rfc/rfc7515#section-7.1

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

use crate::algorithm::Algorithm;
use crate::api::Object;
use crate::limits::MAX_TOKEN_BYTES;

/// A well-formed compact JWS with an algorithm that is allowed. Its signature is *not* checked.
pub(crate) struct Jws<'a> {
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: Option<String>,
    /// `BASE64URL(header) "." BASE64URL(payload)`, which is what was signed.
    pub(crate) signing_input: &'a [u8],
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

/// Why a text is not a token to look further at. Never quotes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwsError {
    /// Longer than [`MAX_TOKEN_BYTES`].
    #[error("the token is too long")]
    TooLong,
    /// Not three parts of canonical base64url; five parts would be an encrypted token.
    #[error("the token is not a compact JWS")]
    Malformed,
    /// The first part is no JSON object with members of the right types, each given once.
    #[error("the token's header is malformed")]
    Header,
    /// `alg` is absent or not among the allowed ones.
    #[error("the token's signature algorithm is not allowed")]
    Algorithm,
    /// The header has `crit`, or `b64` other than true (RFC 7515 §4.1.11, RFC 7797).
    #[error("the token's header demands an extension")]
    Extension,
    /// `typ` says that it is a token of another kind (RFC 8725 §3.11).
    #[error("the token is of another kind")]
    Kind,
}

/// The header members that are looked at.
///
/// `jwk`, `jku`, `x5u`, `x5c` and `x5t` are not among them: a key comes from us, never from the token. A member
/// given twice is an error of the parser.
#[derive(Deserialize)]
struct Header {
    alg: Option<String>,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
    b64: Option<Value>,
}

impl<'a> Jws<'a> {
    /// Takes `token` apart; `allowed` comes from configuration and metadata, never from the token.
    pub(crate) fn parse(token: &'a str, allowed: &[Algorithm]) -> Result<Self, JwsError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(JwsError::TooLong);
        }
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(JwsError::Malformed);
        };
        let signing_input = token.as_bytes().get(..header.len() + 1 + payload.len()).ok_or(JwsError::Malformed)?;
        let header = decode(header)?;
        let Object(header): Object<Header> = serde_json::from_slice(&header).map_err(|_| JwsError::Header)?;
        if header.crit.is_some() || header.b64.is_some_and(|b64| b64 != Value::Bool(true)) {
            return Err(JwsError::Extension);
        }
        if !header.typ.as_deref().is_none_or(is_known_typ) {
            return Err(JwsError::Kind);
        }
        let algorithm = header
            .alg
            .and_then(|name| Algorithm::from_name(&name))
            .filter(|algorithm| allowed.contains(algorithm))
            .ok_or(JwsError::Algorithm)?;
        Ok(Self { algorithm, kid: header.kid, signing_input, payload: decode(payload)?, signature: decode(signature)? })
    }
}

/// `JWT` is what ID tokens say, `at+jwt` what some providers put on everything. Logout tokens, `DPoP` proofs, request
/// objects and the like say something else, and are no proof of who somebody is.
fn is_known_typ(typ: &str) -> bool {
    let typ = typ.to_ascii_lowercase();
    matches!(typ.strip_prefix("application/").unwrap_or(&typ), "jwt" | "at+jwt")
}

/// Canonical base64url without padding; anything else is not what was signed.
fn decode(part: &str) -> Result<Vec<u8>, JwsError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JwsError::Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token(header: &str) -> String {
        format!("{}.{}.AAAA", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode("{}"))
    }

    fn error(token: &str) -> Option<JwsError> {
        Jws::parse(token, &[Algorithm::Rs256, Algorithm::Es256]).err()
    }

    #[test]
    fn the_header_alone_cannot_choose_the_algorithm() {
        for alg in ["none", "None", "NONE", "nOnE", "", "HS256", "RS384", "PS256", "rs256"] {
            assert_eq!(error(&token(&format!(r#"{{"alg":"{alg}"}}"#))), Some(JwsError::Algorithm), "{alg}");
        }
        assert_eq!(error(&token(r#"{"alg":null}"#)), Some(JwsError::Algorithm));
        assert_eq!(error(&token("{}")), Some(JwsError::Algorithm));
        assert_eq!(error(&token(r#"{"alg":"ES256"}"#)), None);
    }

    #[test]
    fn odd_headers_are_refused() {
        for (header, expected) in [
            (r#"{"alg":"RS256","crit":["x"]}"#, JwsError::Extension),
            (r#"{"alg":"RS256","crit":[]}"#, JwsError::Extension),
            (r#"{"alg":"RS256","b64":false}"#, JwsError::Extension),
            (r#"{"alg":"RS256","alg":"ES256"}"#, JwsError::Header),
            (r#"{"alg":"RS256","kid":7}"#, JwsError::Header),
            (r#"{"alg":["RS256"]}"#, JwsError::Header),
            (r#"["RS256"]"#, JwsError::Header),
            (r#"["RS256",null,null,null,null]"#, JwsError::Header),
            (r#"{"alg":"RS256"} x"#, JwsError::Header),
            (r#"{"alg":"RS256","typ":"logout+jwt"}"#, JwsError::Kind),
            (r#"{"alg":"RS256","typ":"dpop+jwt"}"#, JwsError::Kind),
        ] {
            assert_eq!(error(&token(header)), Some(expected), "{header}");
        }
        for header in [
            r#"{"alg":"RS256","typ":"JWT","kid":"k","jku":"http://127.0.0.1:1/","jwk":{},"zip":"DEF"}"#,
            r#"{"\u0061lg":"RS256","typ":"application/at+jwt"}"#,
        ] {
            assert_eq!(error(&token(header)), None, "{header}");
        }
    }

    #[test]
    fn only_three_parts_of_canonical_base64url_are_a_token() {
        let good = token(r#"{"alg":"RS256"}"#);
        let (head, signature) = good.rsplit_once('.').unwrap();
        for bad in [
            String::new(),
            "..".to_owned(),
            head.to_owned(),
            format!("{good}."),
            format!("{good}.a.b"),
            format!("{head}.{signature}=="),
            format!("{head}.AA+/"),
            format!("{head}.AB"),
            format!("{head}. AAAA"),
            format!("{good}\n"),
        ] {
            assert!(matches!(error(&bad), Some(JwsError::Malformed | JwsError::Header)), "{bad}");
        }
        assert_eq!(error(&".".repeat(MAX_TOKEN_BYTES + 1)), Some(JwsError::TooLong));
    }

    proptest! {
        #[test]
        fn any_text_is_a_token_or_an_error(text in ".{0,200}") {
            let _ = error(&text);
        }

        #[test]
        fn any_header_and_payload_is_a_token_or_an_error(
            header in proptest::collection::vec(any::<u8>(), 0..64),
            payload in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let text = format!("{}.{}.AAAA", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
            let _ = error(&text);
        }
    }
}
