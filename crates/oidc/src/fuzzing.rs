//! Ways in for `fuzz/`, in builds for fuzzing alone. What is accepted is held against a second reading of the same bytes,
//! by `serde_json` or the `url` crate.

#![expect(clippy::missing_panics_doc, reason = "a finding panics")]

use std::future::Future;
use std::pin::pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use sidecar_core::Secret;
use sidecar_core::login::{LoginAttempt, Nonce, StateEncoding};
use url::form_urlencoded;

use crate::algorithm::Algorithm;
use crate::callback::Callback;
use crate::client::Answer;
use crate::endpoint_url::EndpointUrl;
use crate::id_token::{IdToken, IdTokenError, IssuerRule, NonceRule, PartyRule, Policy, verify};
use crate::jwks::Keys;
use crate::jws::Jws;
use crate::key_set::KeySet;
use crate::metadata::Metadata;
use crate::settings::IssuerCheck;
use crate::test_signer::Signer;
use crate::{key, token_response};

const NOW: u64 = 1_800_000_000;
const ISSUER: &str = "https://idp.example";

fn signer() -> &'static Signer {
    static SIGNER: OnceLock<Signer> = OnceLock::new();
    SIGNER.get_or_init(|| Signer::new("k1"))
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

fn claims() -> Value {
    json!({"iss": ISSUER, "sub": "ada", "aud": "app", "exp": NOW + 60, "iat": NOW, "nonce": "n1"})
}

fn check(token: &str) -> Result<IdToken, IdTokenError> {
    let audience_claims = ["aud".to_owned()];
    let policy = Policy {
        issuer: IssuerRule::Exactly(ISSUER),
        client_id: "app",
        extra_audiences: &[],
        audience_claims: &audience_claims,
        algorithms: &[Algorithm::Es256],
        nonce: NonceRule::Equals("n1"),
        authorized_party: PartyRule::Us,
        now: now(),
    };
    let keys = Keys::fixed(signer().key_set());
    // Fixed keys are fetched from nowhere.
    match pin!(verify(token, &policy, &keys)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(checked) => checked,
        Poll::Pending => panic!("waits for something"),
    }
}

/// An ID token: foreign, with a foreign header, with foreign claims under a right signature, or altered.
pub fn id_token(data: &[u8]) {
    let Some((layer, rest)) = data.split_first() else { return };
    match layer % 4 {
        0 => {
            let Ok(text) = std::str::from_utf8(rest) else { return };
            assert!(check(text).is_err(), "a forged token");
        }
        1 => {
            let Ok(header) = std::str::from_utf8(rest) else { return };
            if check(&signer().sign_with_header(header, &claims().to_string())).is_ok() {
                let header: Value = serde_json::from_str(header).expect("a header that was accepted is JSON");
                assert_eq!(header["alg"], "ES256");
                assert!(header.get("crit").is_none_or(Value::is_null), "an extension that is not known");
            }
        }
        2 => {
            let Ok(payload) = std::str::from_utf8(rest) else { return };
            if let Ok(token) = check(&signer().sign(payload)) {
                accepted(payload, &token);
            }
        }
        _ => altered(rest),
    }
}

/// The rules of OIDC Core §3.1.3.7 over a second reading of the payload.
fn accepted(payload: &str, token: &IdToken) {
    let read: Value = match serde_json::from_str(payload) {
        Ok(read) => read,
        // It refuses numbers beyond a float, whose text we keep.
        Err(error) => return assert!(error.to_string().contains("number out of range"), "{error}"),
    };
    assert_eq!(read["iss"], ISSUER);
    let is_us = |value: &Value| value == "app";
    assert!(is_us(&read["aud"]) || read["aud"].as_array().is_some_and(|list| list.iter().any(is_us)));
    assert!(read["azp"].is_null() || read["azp"] == "app" || read["azp"] == "", "another party: {}", read["azp"]);
    let seconds = |name: &str| read[name].as_f64().unwrap_or_else(|| panic!("{name} is no number"));
    #[expect(clippy::cast_precision_loss, reason = "a time of today")]
    let now = NOW as f64;
    assert!(seconds("exp") >= now && seconds("iat") <= now + 301.0);
    assert_eq!(read["nonce"], "n1");
    assert_eq!(read["sub"], token.subject());
    assert!(!token.subject().is_empty());
}

/// No single bit of a token may change.
fn altered(change: &[u8]) {
    let [high, low, byte, ..] = *change else { return };
    let mut token = signer().sign(&claims().to_string()).into_bytes();
    let position = usize::from(u16::from_be_bytes([high, low])) % token.len();
    let flipped = byte & 0x7f;
    token[position] ^= flipped;
    let Ok(token) = String::from_utf8(token) else { return };
    assert_eq!(check(&token).is_ok(), flipped == 0);
}

/// A key set or a PEM file: the keys that are taken are those that a second reading finds too, few, and none of them
/// verifies a signature that it did not make.
pub fn key_set(data: &[u8]) {
    if let Ok(pem) = std::str::from_utf8(data) {
        let _ = key::check_pem(pem);
    }
    let Ok(set) = KeySet::parse(data) else { return };
    // Members that nobody looks at may be less than JSON.
    let Ok(read) = serde_json::from_slice::<Value>(data) else { return };
    let keys = read["keys"].as_array().expect("keys are a list");
    let signing = |key: &&Value| ["RSA", "EC", "OKP"].iter().any(|kind| key["kty"] == *kind);
    let usable = keys.iter().take(64).filter(signing).count();
    assert!(set.len() <= usable, "a key that signs no token is used");
    let token = signer().sign(&claims().to_string());
    let token = Jws::parse(&token, &Algorithm::ALL).expect("our own token");
    assert!(!set.signed(&token) && !set.signed_by_any(&token), "a signature of another key");
}

/// A discovery document: what is accepted names our issuer and endpoints that can be called.
pub fn metadata(data: &[u8]) {
    // With debug assertions, which fuzzing turns on everywhere, the parser of URLs ends at encoded names that decode to marks
    // of direction. A release has none.
    if data.windows(3).any(|piece| piece.eq_ignore_ascii_case(b"n--")) {
        return;
    }
    let checked = Metadata::parse(data, ISSUER, IssuerCheck::Required);
    let unchecked = Metadata::parse(data, ISSUER, IssuerCheck::InsecureSkipped);
    assert!(checked.is_err() || unchecked.is_ok(), "the check of the issuer lets more in than none");
    let Ok(metadata) = unchecked else { return };
    // Members that nobody looks at may be less than JSON.
    if let Ok(read) = serde_json::from_slice::<Value>(data) {
        assert!(checked.is_err() || read["issuer"] == ISSUER);
    }
    let optional = [&metadata.userinfo_endpoint, &metadata.jwks_uri].into_iter().flatten();
    for endpoint in [&metadata.authorization_endpoint, &metadata.token_endpoint].into_iter().chain(optional) {
        let url = endpoint.as_url();
        assert!(matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| !host.is_empty()));
        assert!(url.username().is_empty() && url.password().is_none());
        assert_eq!(endpoint.to_uri().host(), url.host_str(), "two readings of one host");
    }
}

/// An answer of the token endpoint. Its first line is the status and the media type.
pub fn token_response(data: &[u8]) {
    let mut halves = data.splitn(2, |byte| *byte == b'\n');
    let (head, body) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
    let head = String::from_utf8_lossy(head);
    let (status, media_type) = head.split_once(' ').unwrap_or((&head, ""));
    let status = status.parse().ok().filter(|status| (200..=599).contains(status)).unwrap_or(200);
    let answer = Answer::of(status, &media_type.to_ascii_lowercase(), body);
    let url = EndpointUrl::parse("https://idp.example/token").expect("a URL");
    let read = token_response::read(&answer, &url);
    assert!(read.is_err() || answer.status.is_success(), "an error became tokens");
    for tokens in [read, token_response::read_blindly(&answer, &url)].into_iter().flatten() {
        let texts = [Some(&tokens.access_token), tokens.refresh_token.as_ref(), tokens.id_token.as_ref()];
        assert!(texts.into_iter().flatten().all(|token| !token.expose().is_empty()));
        assert!(tokens.expires_in.is_none_or(|life| life <= Duration::from_secs(0x7fff_ffff)));
        assert!(tokens.expires_on.is_none_or(|at| at.duration_since(UNIX_EPOCH).is_ok()));
        if let Ok(read) = serde_json::from_slice::<Value>(body) {
            assert!(read["error"].as_str().is_none_or(str::is_empty), "an error beside tokens");
        }
    }
}

/// The query and, in a second line, the form of a callback.
pub fn callback(data: &str) {
    let (query, form) = data.split_once('\n').unwrap_or((data, ""));
    let attempt = || LoginAttempt {
        state: Nonce::from_bytes((0..32).collect()),
        nonce: Nonce::from_bytes((32..64).collect()),
        code_verifier: None,
    };
    let values = |name: &str| -> Vec<String> {
        let pairs = form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(form.as_bytes()));
        pairs.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect()
    };
    for encoding in [StateEncoding::Plain, StateEncoding::Base64] {
        let Ok(callback) = Callback::parse(query, form) else { return };
        for name in ["code", "state", "error", "iss"] {
            assert!(values(name).len() <= 1, "{name} twice");
        }
        if let Some(error) = callback.error() {
            assert!(values("error")[0].starts_with(&error.text) && error.text.len() <= 512);
        }
        let state = callback.state(encoding);
        if let Ok(verified) = callback.verify(attempt(), encoding) {
            assert_eq!(state.expect("it was compared").hash, attempt().state.hash());
            assert_eq!([verified.code.expose().clone()], *values("code"));
            assert!(Secret::new(verified.attempt.nonce.hash()).ct_eq(attempt().nonce.hash()));
            assert!(values("error").iter().all(String::is_empty));
        }
    }
}
