//! The time of day, for minting cookies of a given age and for judging fresh ones.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since the Unix epoch.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the rim of this crate: real programs with real clocks are compared")]
pub fn now_seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// The same as whole seconds, `ago` seconds earlier.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the present is a small positive number")]
pub fn seconds_ago(ago: f64) -> u64 {
    (now_seconds() - ago) as u64
}
