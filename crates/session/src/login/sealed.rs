//! The sealed cookie of one login: AES-256-GCM under a key of its own, bound to the cookie's name.

use std::time::{Duration, SystemTime};

use aws_lc_rs::aead::{Aad, NONCE_LEN, Nonce as AeadNonce};
use base64::Engine as _;
use sidecar_core::Secret;
use sidecar_core::login::{LoginAttempt, Nonce, RandomError};
use zeroize::Zeroizing;

use super::{Destination, Kept, LoginStateError};
use crate::limits::MAX_RETURN_TO;
use crate::msgpack::{Malformed, Reader, Writer};
use crate::sign;
use crate::{CookieSecret, b64};

/// Purpose label in front of the cookie's name in the associated data.
const PURPOSE: &str = "oauth2-sidecar login cookie v1: ";

/// Members of the record.
const FIELDS: u32 = 6;

/// Makes the value of the cookie called `name`: nonce, ciphertext and tag in base64url.
pub(super) fn seal(
    secret: &CookieSecret,
    name: &str,
    attempt: &LoginAttempt,
    destination: Destination<'_>,
    issued_at: i64,
) -> Result<String, RandomError> {
    let mut sealed = encode(attempt, destination, issued_at);
    let aead_nonce = secret.login().seal_in_place_append_tag(aad(name), &mut *sealed).map_err(|_| RandomError)?;
    let mut bytes = Vec::with_capacity(NONCE_LEN + sealed.len());
    bytes.extend_from_slice(aead_nonce.as_ref());
    bytes.extend_from_slice(&sealed);
    Ok(b64::RAW.encode(bytes))
}

/// A value with a right seal around any record.
#[cfg(fuzzing)]
pub(crate) fn sealed_record(secret: &CookieSecret, name: &str, record: &[u8]) -> String {
    let mut sealed = record.to_vec();
    let aead_nonce = secret.login().seal_in_place_append_tag(aad(name), &mut sealed).expect("random bytes");
    b64::RAW.encode([&aead_nonce.as_ref()[..], &sealed].concat())
}

/// Verifies and opens; the time that counts is the one inside.
pub(super) fn open(
    secret: &CookieSecret,
    name: &str,
    value: &str,
    lifetime: Option<Duration>,
    now: SystemTime,
) -> Result<Kept, LoginStateError> {
    let mut bytes = Zeroizing::new(b64::RAW.decode(value).map_err(|_| LoginStateError::Tampered)?);
    let (aead_nonce, sealed) = bytes.split_first_chunk_mut::<NONCE_LEN>().ok_or(LoginStateError::Tampered)?;
    let aead_nonce = AeadNonce::assume_unique_for_key(*aead_nonce);
    let record = secret.login().open_in_place(aead_nonce, aad(name), sealed).map_err(|_| LoginStateError::Tampered)?;
    let kept = decode(record).map_err(|Malformed| LoginStateError::Tampered)?;
    if sign::is_within(kept.issued_at, lifetime, now) { Ok(kept) } else { Err(LoginStateError::Expired) }
}

fn aad(name: &str) -> Aad<Vec<u8>> {
    Aad::from([PURPOSE, name].concat().into_bytes())
}

/// A list of issue time, state, nonce, verifier, target and number of restarts.
fn encode(attempt: &LoginAttempt, destination: Destination<'_>, issued_at: i64) -> Zeroizing<Vec<u8>> {
    let return_to = if destination.return_to.len() <= MAX_RETURN_TO { destination.return_to } else { "" };
    let mut record = Writer::with_capacity(MAX_RETURN_TO + 384);
    record.list(FIELDS as usize);
    record.bytes(&issued_at.to_be_bytes());
    record.bytes(attempt.state.expose());
    record.bytes(attempt.nonce.expose());
    record.text(attempt.code_verifier.as_ref().map_or("", |verifier| verifier.expose()));
    record.text(return_to);
    record.bytes(&[destination.restarts]);
    Zeroizing::new(record.finish())
}

fn decode(record: &[u8]) -> Result<Kept, Malformed> {
    let mut reader = Reader::new(record);
    if reader.list()? != FIELDS {
        return Err(Malformed);
    }
    let issued_at = i64::from_be_bytes(reader.bytes()?.try_into().map_err(|_| Malformed)?);
    let state = Nonce::from_bytes(reader.bytes()?.to_vec());
    let nonce = Nonce::from_bytes(reader.bytes()?.to_vec());
    let code_verifier = reader.text()?.map(Secret::new);
    let return_to = reader.text()?;
    let [restarts] = reader.bytes()?.try_into().map_err(|_| Malformed)?;
    Ok(Kept { attempt: LoginAttempt { state, nonce, code_verifier }, return_to, restarts, issued_at })
}
