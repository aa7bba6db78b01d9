//! Cookies in the envelope of v7, signed by the test itself: `payload|timestamp|signature`.
//!
//! For what no program would put into one; those that programs made are taken apart and changed here too.

use std::time::{Duration, SystemTime};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

/// A value for the cookie called `name`, signed with `secret` at `timestamp` (Unix seconds).
#[must_use]
pub fn sign(secret: &str, name: &str, payload: &[u8], timestamp: u64) -> String {
    sign_text(secret, name, &URL_SAFE.encode(payload), &timestamp.to_string())
}

/// The same for a payload and a time that need not be base64 and a number.
#[must_use]
pub fn sign_text(secret: &str, name: &str, payload: &str, timestamp: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{name}{payload}{timestamp}").as_bytes());
    format!("{payload}|{timestamp}|{}", URL_SAFE.encode(tag))
}

/// The time of day in Unix seconds.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "a test's own time; the program under test has its own clock")]
pub fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}
