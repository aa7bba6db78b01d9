//! Ways in for `fuzz/`, in builds for fuzzing alone.
//!
//! The first byte of an input says how far behind the signature the rest begins: a stranger reaches no further than the
//! first layer, and a fault behind it is one that a stolen secret, or the original, could reach.

#![expect(clippy::missing_panics_doc, reason = "a finding panics")]

use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{COOKIE, HeaderMap, HeaderValue};
use sidecar_core::cookie::RequestCookies;
use sidecar_core::login::{LoginAttempt, Nonce, StateEncoding, StateParameter};
use sidecar_core::{Secret, Session};

use crate::chunk::{self, Presented};
use crate::limits::{MAX_COOKIE_LEN, MAX_NAME_LEN, MAX_PIECES, MAX_RECORD_LEN, MAX_SAME_NAME};
use crate::seal::unseal;
use crate::{
    CookieNames, CookieSecret, CookieStore, Destination, LoginCookies, LoginSettings, LoginStateError, Opened,
    Rejection, StoreSettings, codec, login, lz4, seal, sign,
};

const NAME: &str = "_oauth2_proxy";
const TIME: i64 = 1_700_000_000;
const LIFETIME: Option<Duration> = Some(Duration::from_hours(1));

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(TIME.unsigned_abs())
}

fn secret() -> &'static CookieSecret {
    static SECRET: OnceLock<CookieSecret> = OnceLock::new();
    SECRET.get_or_init(|| CookieSecret::new(b"not the secret of any vector 32b").expect("a key of 32 bytes"))
}

fn session() -> Session {
    Session {
        created_at: Some(now()),
        access_token: Some(Secret::from("access")),
        user: Some("ada".to_owned()),
        groups: vec!["one".to_owned(), "two".to_owned()],
        ..Session::default()
    }
}

/// The value of a session cookie: foreign, altered, or with a foreign payload, frame or record under a right signature.
pub fn session_cookie(data: &[u8]) {
    let Some((layer, rest)) = data.split_first() else { return };
    let sign = |payload: &[u8]| sign::mint(secret().hmac(), NAME, payload, TIME);
    let encrypt = |frame: &[u8]| secret().cfb().seal(frame).expect("random bytes");
    match layer % 5 {
        0 => strangers_value(rest),
        1 => altered_value(rest),
        2 => owned_value(&sign(rest)),
        3 => owned_value(&sign(&encrypt(rest))),
        _ => {
            let frame = lz4::compress(rest);
            match lz4::decompress(&frame, MAX_RECORD_LEN) {
                Ok(unfolded) => assert!(*unfolded == rest, "a frame holds what was put into it"),
                Err(error) => assert!(rest.len() > MAX_RECORD_LEN, "{error:?}"),
            }
            owned_value(&sign(&encrypt(&frame)));
        }
    }
}

/// Nothing that a stranger writes is a session, and nothing behind the signature is looked at to find that out.
fn strangers_value(value: &[u8]) {
    let Ok(text) = std::str::from_utf8(value) else { return };
    match unseal(secret(), NAME, text, LIFETIME, now()) {
        Err(Rejection::Tampered | Rejection::Expired) => {}
        Err(reason) => panic!("looked behind the signature: {reason:?}"),
        Ok(_) => panic!("a forged session"),
    }
}

/// A right value with one byte changed is no session, unless the change does not count: a stray bit at the end of the
/// signature's base64.
fn altered_value(change: &[u8]) {
    let [high, low, byte, ..] = *change else { return };
    let value = seal::seal(secret(), NAME, &session(), TIME).expect("random bytes");
    let position = usize::from(u16::from_be_bytes([high, low])) % value.len();
    let mut altered = value.clone().into_bytes();
    let flipped = byte & 0x7f;
    altered[position] ^= flipped;
    let Ok(altered) = String::from_utf8(altered) else { return };
    match unseal(secret(), NAME, &altered, LIFETIME, now()) {
        Ok(unsealed) => {
            let (signed, _) = value.rsplit_once('|').expect("a signature");
            assert!(altered.starts_with(signed), "a change of what was signed counts");
            assert_eq!(*codec::encode(&unsealed.session), *codec::encode(&session()));
        }
        Err(reason) => assert!(matches!(reason, Rejection::Tampered | Rejection::Expired), "{reason:?}"),
    }
}

/// What opens can be written and read again without a change; what does not is malformed, and nothing else.
fn owned_value(value: &str) {
    match unseal(secret(), NAME, value, LIFETIME, now()) {
        Ok(unsealed) => {
            let record = codec::encode(&unsealed.session);
            let again = codec::decode(&record).expect("what was written can be read");
            assert_eq!(*codec::encode(&again), *record, "a session changes by being kept");
        }
        Err(reason) => assert_eq!(reason, Rejection::Malformed),
    }
}

/// `Cookie` lines of any content, and the pieces of a value in any order among others.
pub fn chunks(data: &[u8]) {
    let Some((layer, rest)) = data.split_first() else { return };
    match layer % 2 {
        0 => any_pieces(rest),
        _ => own_pieces(rest),
    }
}

fn any_pieces(lines: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n').take(64) {
        if let Ok(line) = HeaderValue::from_bytes(line) {
            headers.append(COOKIE, line);
        }
    }
    let names = CookieNames::new(NAME);
    let cookies = RequestCookies::new(&headers);
    let presented = Presented::collect(&names, cookies);
    let (whole, joined) = (presented.whole().collect::<Vec<_>>(), presented.joined().collect::<Vec<_>>());
    assert!(whole.len() <= MAX_SAME_NAME && joined.len() <= MAX_SAME_NAME);
    for value in whole.iter().chain(&joined) {
        let joined = value.join();
        assert!(value.parts().len() <= MAX_PIECES && value.len() == joined.len() && value.is(&joined));
    }
    let store = CookieStore::new(StoreSettings::new(secret().clone()));
    if let Opened::Session(_) = store.open(cookies, now()) {
        panic!("a session without a signature");
    }
}

fn own_pieces(data: &[u8]) {
    let [length_high, length_low, attributes, order, rest @ ..] = data else { return };
    let length = usize::from(u16::from_be_bytes([*length_high, *length_low])) % 40_000;
    let value: String = rest.iter().map(|byte| char::from(b'a' + byte % 26)).cycle().take(length).collect();
    let value = if rest.is_empty() { String::new() } else { value };
    let attributes_len = usize::from(*attributes) * 12;
    let pieces = chunk::split(NAME, &value, attributes_len);
    assert_eq!(pieces.iter().map(|(_, piece)| *piece).collect::<String>(), value);
    for (name, piece) in &pieces {
        assert!(name.len() <= MAX_NAME_LEN);
        assert!(name.len() + 1 + piece.len() + attributes_len <= MAX_COOKIE_LEN, "a cookie is too long");
    }
    let mut lines: Vec<_> = pieces.iter().map(|(name, piece)| format!("{name}={piece}")).collect();
    let turn = usize::from(*order) % lines.len();
    lines.rotate_left(turn);
    let mut headers = HeaderMap::new();
    headers.insert(COOKIE, HeaderValue::from_str(&format!("x=y; {}; z=", lines.join("; "))).expect("visible text"));
    let names = CookieNames::new(NAME);
    let presented = Presented::collect(&names, RequestCookies::new(&headers));
    let mut values = presented.whole().chain(presented.joined());
    let joined = values.next().expect("one value").join();
    assert!(joined == value || (pieces.len() > MAX_PIECES && value.starts_with(&joined)));
    assert!(values.next().is_none());
}

/// The cookies of a login and the parameter `state`: foreign, altered, or with a foreign record under a right seal.
pub fn login_state(data: &[u8]) {
    let Some((layer, rest)) = data.split_first() else { return };
    match layer % 5 {
        0 => strangers_login(rest),
        1 => altered_login(rest),
        2 => {
            let logins = logins();
            let payload = secret().cfb().seal(rest).expect("random bytes");
            let name = logins.csrf_name("");
            owned_login(&logins, &name, &sign::mint(secret().hmac(), &name, &payload, TIME));
        }
        3 => {
            let logins = logins();
            let name = CookieNames::new(NAME).login("hash");
            owned_login(&logins, &name, &login::sealed_record(secret(), &name, rest));
        }
        _ => state_parameter(rest),
    }
}

fn logins() -> LoginCookies {
    LoginCookies::new(LoginSettings { lifetime: LIFETIME, ..LoginSettings::new(secret().clone()) })
}

fn attempt() -> LoginAttempt {
    LoginAttempt {
        state: Nonce::from_bytes((0..32).collect()),
        nonce: Nonce::from_bytes((32..64).collect()),
        code_verifier: Some(Secret::from("verifier-verifier")),
    }
}

fn strangers_login(value: &[u8]) {
    let (logins, hash) = (logins(), attempt().state.hash());
    let names = [logins.csrf_name(&hash), CookieNames::new(NAME).login(&hash)];
    for name in names {
        let Ok(line) = HeaderValue::from_bytes(&[name.as_bytes(), b"=", value].concat()) else { return };
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, line);
        let taken = logins.take(&hash, RequestCookies::new(&headers), "app.test", now());
        assert!(taken.is_err(), "a forged login");
    }
}

fn altered_login(change: &[u8]) {
    let [which, high, low, byte, ..] = *change else { return };
    let (logins, attempt) = (logins(), attempt());
    let hash = attempt.state.hash();
    let none = HeaderMap::new();
    let destination = Destination { return_to: "/there", restarts: 1 };
    let begun = logins.begin(&attempt, destination, RequestCookies::new(&none), "app.test", now());
    let cookies = begun.expect("random bytes");
    let cookie = &cookies[usize::from(which) % cookies.len()];
    let mut pair = cookie.expose().split(';').next().expect("a pair").as_bytes().to_vec();
    let position = usize::from(u16::from_be_bytes([high, low])) % pair.len();
    let flipped = byte & 0x7f;
    pair[position] ^= flipped;
    let Ok(line) = HeaderValue::from_bytes(&pair) else { return };
    let mut headers = HeaderMap::new();
    headers.insert(COOKIE, line);
    if let Ok(taken) = logins.take(&hash, RequestCookies::new(&headers), "app.test", now()) {
        // The last character of v7's signature has two bits that do not count.
        assert!(flipped == 0 || position + 2 == pair.len(), "a change of a sealed login counts");
        assert_eq!(taken.attempt.state.expose(), attempt.state.expose());
        assert_eq!(taken.attempt.nonce.expose(), attempt.nonce.expose());
        assert!(!taken.clear.is_empty(), "a login is used once");
    }
}

/// What opens has a state, so that no callback can name an empty one, and can be kept again without a change.
fn owned_login(logins: &LoginCookies, name: &str, value: &str) {
    let mut headers = HeaderMap::new();
    headers.insert(COOKIE, HeaderValue::from_str(&format!("{name}={value}")).expect("visible text"));
    match logins.take("hash", RequestCookies::new(&headers), "app.test", now()) {
        Ok(taken) => {
            let hash = taken.attempt.state.hash();
            assert!(!hash.is_empty(), "a login without a state");
            let destination =
                Destination { return_to: taken.return_to.as_deref().unwrap_or_default(), restarts: taken.restarts };
            let none = HeaderMap::new();
            let begun = logins.begin(&taken.attempt, destination, RequestCookies::new(&none), "app.test", now());
            let mut again = HeaderMap::new();
            for cookie in begun.expect("random bytes") {
                let pair = cookie.expose().split(';').next().expect("a pair").to_owned();
                again.append(COOKIE, HeaderValue::from_str(&pair).expect("visible text"));
            }
            let kept = logins.take(&hash, RequestCookies::new(&again), "app.test", now()).expect("just made");
            assert_eq!(kept.attempt.state.expose(), taken.attempt.state.expose());
            assert_eq!(kept.attempt.nonce.expose(), taken.attempt.nonce.expose());
            assert_eq!(kept.restarts, taken.restarts);
        }
        Err(error) => assert!(matches!(error, LoginStateError::Tampered | LoginStateError::Expired), "{error:?}"),
    }
}

/// What can be taken apart can be put together again.
fn state_parameter(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    for encoding in [StateEncoding::Plain, StateEncoding::Base64] {
        if let Ok(state) = StateParameter::parse(text, encoding) {
            assert!(!state.hash.contains([':', '~']));
            assert_eq!(StateParameter::parse(&state.encode(encoding), encoding).as_ref(), Ok(&state));
        }
    }
}
