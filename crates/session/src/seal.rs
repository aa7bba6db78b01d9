//! From a session to the value of its cookie and back: record, LZ4 frame, AES-CFB, signed envelope.

use std::time::{Duration, SystemTime};

use sidecar_core::Session;
use sidecar_core::login::RandomError;

use crate::limits::MAX_RECORD_LEN;
use crate::sign::{self, EnvelopeError, TAG_LEN};
use crate::{CookieSecret, Rejection, codec, lz4};

/// A session taken out of its cookie's value.
pub(crate) struct Unsealed {
    pub(crate) session: Session,
    /// Unix seconds of the envelope.
    pub(crate) timestamp: i64,
    pub(crate) tag: [u8; TAG_LEN],
}

/// Makes the value of the cookie called `name`, signed as of `timestamp` (Unix seconds).
pub(crate) fn seal(
    secret: &CookieSecret,
    name: &str,
    session: &Session,
    timestamp: i64,
) -> Result<String, RandomError> {
    let frame = zeroize::Zeroizing::new(lz4::compress(&codec::encode(session)));
    let sealed = secret.cfb().seal(&frame)?;
    Ok(sign::mint(secret.hmac(), name, &sealed, timestamp))
}

/// Verifies, then opens: nothing in `value` is looked at before its signature and time are right.
pub(crate) fn unseal(
    secret: &CookieSecret,
    name: &str,
    value: &str,
    lifetime: Option<Duration>,
    now: SystemTime,
) -> Result<Unsealed, Rejection> {
    let envelope = sign::verify(secret.hmac(), name, value, lifetime, now)?;
    let mut payload = zeroize::Zeroizing::new(envelope.payload().ok_or(Rejection::Malformed)?);
    let frame = secret.cfb().open(&mut payload).ok_or(Rejection::Malformed)?;
    let record = lz4::decompress(frame, MAX_RECORD_LEN).map_err(|_| Rejection::Malformed)?;
    let session = codec::decode(&record).map_err(|_| Rejection::Malformed)?;
    Ok(Unsealed { session, timestamp: envelope.timestamp, tag: envelope.tag })
}

impl From<EnvelopeError> for Rejection {
    fn from(error: EnvelopeError) -> Self {
        match error {
            EnvelopeError::Tampered => Self::Tampered,
            EnvelopeError::Expired => Self::Expired,
        }
    }
}

#[cfg(test)]
#[path = "seal_tests.rs"]
mod tests;
