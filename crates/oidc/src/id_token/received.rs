//! ID tokens that no key vouches for, but the connection they came over.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{IdTokenError, Policy, check, refuse_other_kinds};
use crate::claims::Claims;
use crate::jws::JwsError;
use crate::limits::MAX_TOKEN_BYTES;

/// An ID token that the token endpoint itself gave us, and that passed in all but its signature. Only [`receive`] makes one.
#[derive(Debug)]
pub struct ReceivedIdToken {
    claims: Claims,
    subject: String,
}

impl ReceivedIdToken {
    /// All of its claims.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The claim `sub`, never empty.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }
}

/// Checks an ID token that came from the token endpoint in answer to our own request, as [`verify`](super::verify) does but
/// for the signature: the endpoint's TLS certificate says who issued it (OIDC Core §3.1.3.7, number 6). Never to be used for
/// a token that a browser brought. The algorithms of `policy` do not matter.
///
/// # Errors
/// [`IdTokenError`] names the check that failed.
pub fn receive(token: &str, policy: &Policy<'_>) -> Result<ReceivedIdToken, IdTokenError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(JwsError::TooLong.into());
    }
    let payload = token.split('.').nth(1).ok_or(JwsError::Malformed)?;
    // compat: v7 tolerates one character of padding.
    let payload = payload.strip_suffix('=').unwrap_or(payload);
    let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| JwsError::Malformed)?;
    let claims = Claims::parse(&payload).map_err(|_| IdTokenError::Payload)?;
    refuse_other_kinds(&claims)?;
    let subject = check(&claims, policy)?;
    Ok(ReceivedIdToken { claims, subject })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::id_token::{IssuerRule, NonceRule, PartyRule};

    const NOW: u64 = 1_800_000_000;

    fn policy(audience_claims: &[String]) -> Policy<'_> {
        Policy {
            issuer: IssuerRule::Exactly("https://accounts.google.com"),
            client_id: "app",
            extra_audiences: &[],
            audience_claims,
            algorithms: &[],
            nonce: NonceRule::Unchecked,
            authorized_party: PartyRule::Us,
            now: UNIX_EPOCH + Duration::from_secs(NOW),
        }
    }

    fn received(token: &str) -> Result<ReceivedIdToken, IdTokenError> {
        receive(token, &policy(&["aud".to_owned()]))
    }

    fn claims() -> Value {
        json!({"iss": "accounts.google.com", "aud": "app", "sub": "1", "exp": NOW + 60, "iat": NOW, "email": "a@b.c"})
    }

    fn token(claims: &Value) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    #[test]
    fn its_second_part_is_read_whatever_stands_beside_it() {
        let payload = URL_SAFE_NO_PAD.encode(claims().to_string());
        for token in [format!("e30.{payload}.c2ln"), format!("{payload}.{payload}="), format!(".{payload}.x.y.z")] {
            let received = received(&token).unwrap();
            assert_eq!(received.subject(), "1");
            assert!(received.claims().member("email").is_some());
        }
    }

    #[test]
    fn what_is_no_token_is_a_clean_error() {
        for token in ["", "e30", "e30.", "e30.%%", "e30.e30==", "e30.W10.x", "e30.bnVsbA.x", "\u{e9}.\u{e9}"] {
            assert!(received(token).is_err(), "{token}");
        }
        let long = format!("e30.{}", "A".repeat(MAX_TOKEN_BYTES));
        assert!(matches!(received(&long), Err(IdTokenError::Jws(JwsError::TooLong))));
    }

    #[test]
    fn all_but_the_signature_is_checked() {
        for (name, value, expected) in [
            ("aud", json!("another"), "invalid audience"),
            ("aud", json!(["another", 7]), "the claim aud has the wrong type"),
            ("aud", Value::Null, "invalid audience"),
            ("azp", json!("another"), "the ID token was issued to another client"),
            ("iss", json!("https://accounts.example"), "the ID token was issued by a different provider"),
            ("iss", Value::Null, "the claim iss is missing"),
            ("exp", json!(NOW - 1), "the ID token is expired"),
            ("exp", json!("soon"), "the claim exp has the wrong type"),
            ("exp", Value::Null, "the claim exp is missing"),
            ("iat", json!(NOW + 3600), "the ID token was issued in the future"),
            ("iat", Value::Null, "the claim iat is missing"),
            ("sub", json!(""), "the claim sub is missing"),
            ("sub", json!(7), "the claim sub has the wrong type"),
        ] {
            let mut claims = claims();
            claims[name] = value;
            assert_eq!(received(&token(&claims)).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn a_logout_token_says_nothing_about_who_logs_in() {
        let mut claims = claims();
        claims["events"] = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
        assert!(matches!(received(&token(&claims)), Err(IdTokenError::LogoutToken)));
    }

    proptest! {
        #[test]
        fn any_text_and_any_payload_passes_or_is_an_error(text in ".{0,120}", payload in ".{0,120}") {
            let _ = received(&text);
            let _ = received(&format!("e30.{}.x", URL_SAFE_NO_PAD.encode(payload)));
        }
    }
}
