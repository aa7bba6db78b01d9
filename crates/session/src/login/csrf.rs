//! The CSRF cookie that v7 reads.

use std::time::{Duration, SystemTime};

use sidecar_core::Secret;
use sidecar_core::login::{LoginAttempt, Nonce, RandomError};
use zeroize::Zeroizing;

use super::{Kept, LoginStateError};
use crate::CookieSecret;
use crate::msgpack::{Malformed, Reader, Writer};
use crate::sign::{self, EnvelopeError};

/// Makes the value of the cookie called `name`, signed as of `issued_at` (Unix seconds).
pub(super) fn seal(
    secret: &CookieSecret,
    name: &str,
    attempt: &LoginAttempt,
    issued_at: i64,
) -> Result<String, RandomError> {
    let sealed = secret.cfb().seal(&encode(attempt))?;
    Ok(sign::mint(secret.hmac(), name, &sealed, issued_at))
}

/// Verifies, then opens.
pub(super) fn open(
    secret: &CookieSecret,
    name: &str,
    value: &str,
    lifetime: Option<Duration>,
    now: SystemTime,
) -> Result<Kept, LoginStateError> {
    let envelope = sign::verify(secret.hmac(), name, value, lifetime, now)?;
    let mut payload = Zeroizing::new(envelope.payload().ok_or(LoginStateError::Tampered)?);
    let record = secret.cfb().open(&mut payload).ok_or(LoginStateError::Tampered)?;
    let attempt = decode(record).map_err(|Malformed| LoginStateError::Tampered)?;
    Ok(Kept { attempt, return_to: None, restarts: 0, issued_at: envelope.timestamp })
}

impl From<EnvelopeError> for LoginStateError {
    fn from(error: EnvelopeError) -> Self {
        match error {
            EnvelopeError::Tampered => Self::Tampered,
            EnvelopeError::Expired => Self::Expired,
        }
    }
}

/// A map of `s`, `n` and, with PKCE, `cv`.
pub(super) fn encode(attempt: &LoginAttempt) -> Zeroizing<Vec<u8>> {
    let mut record = Writer::with_capacity(256);
    record.map(if attempt.code_verifier.is_some() { 3 } else { 2 });
    record.text("s");
    record.bytes(attempt.state.expose());
    record.text("n");
    record.bytes(attempt.nonce.expose());
    if let Some(verifier) = &attempt.code_verifier {
        record.text("cv");
        record.text(verifier.expose());
    }
    Zeroizing::new(record.finish())
}

fn decode(record: &[u8]) -> Result<LoginAttempt, Malformed> {
    let mut reader = Reader::new(record);
    let length = reader.map()?;
    let (mut state, mut nonce, mut code_verifier) = (Vec::new(), Vec::new(), None);
    for _ in 0..length {
        match reader.bytes()? {
            b"s" => state = reader.bytes()?.to_vec(),
            b"n" => nonce = reader.bytes()?.to_vec(),
            b"cv" => code_verifier = reader.text()?.map(Secret::new),
            _ => reader.skip()?,
        }
    }
    Ok(LoginAttempt { state: Nonce::from_bytes(state), nonce: Nonce::from_bytes(nonce), code_verifier })
}
