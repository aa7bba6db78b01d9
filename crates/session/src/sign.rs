//! The signed envelope around everything v7 gives to the browser: `payload|timestamp|signature`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use base64::Engine as _;

use crate::b64;

/// How far the timestamp may lie ahead of our clock.
const CLOCK_SKEW: Duration = Duration::from_mins(5);

/// Bytes of an HMAC-SHA-256.
pub(crate) const TAG_LEN: usize = 32;

/// Characters of a signature: padded base64 of 32 bytes.
pub(crate) const SIGNATURE_LEN: usize = 44;

/// An envelope whose signature has been verified; only [`verify`] makes one.
#[derive(Clone, Copy)]
pub(crate) struct Envelope<'a> {
    payload: &'a str,
    /// Unix seconds.
    pub(crate) timestamp: i64,
    /// The signature, which names the envelope as no other value can.
    pub(crate) tag: [u8; TAG_LEN],
}

impl Envelope<'_> {
    /// The signed bytes; `None` when they are not base64.
    pub(crate) fn payload(&self) -> Option<Vec<u8>> {
        b64::PADDED.decode(self.payload).ok()
    }
}

/// The checks that come before anything in a value is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EnvelopeError {
    /// The signature is missing, malformed or of another key, name or text.
    Tampered,
    /// The time is outside its window.
    Expired,
}

/// Signs `payload` for the cookie called `name`.
pub(crate) fn mint(key: &hmac::Key, name: &str, payload: &[u8], timestamp: i64) -> String {
    let mut value = String::with_capacity(payload.len() / 3 * 4 + 80);
    b64::PADDED.encode_string(payload, &mut value);
    let timestamp = timestamp.to_string();
    let tag = tag(key, [name, &value, &timestamp]);
    value.push('|');
    value.push_str(&timestamp);
    value.push('|');
    b64::PADDED.encode_string(tag, &mut value);
    value
}

/// Checks signature and time of the value of the cookie called `name`, in that order and before anything else.
///
/// `lifetime` of `None` admits any time.
pub(crate) fn verify<'a>(
    key: &hmac::Key,
    name: &str,
    value: &'a str,
    lifetime: Option<Duration>,
    now: SystemTime,
) -> Result<Envelope<'a>, EnvelopeError> {
    // 1. Exactly three parts.
    let mut parts = value.split('|');
    let (Some(payload), Some(timestamp), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(EnvelopeError::Tampered);
    };
    // 2. The signature, over the texts as they stand.
    let expected = tag(key, [name, payload, timestamp]);
    let presented = decode_tag(signature).ok_or(EnvelopeError::Tampered)?;
    verify_slices_are_equal(expected.as_ref(), &presented).map_err(|_| EnvelopeError::Tampered)?;
    // 3. The time as a decimal number.
    let timestamp: i64 = timestamp.parse().map_err(|_| EnvelopeError::Tampered)?;
    // 4. Its window.
    if !is_within(timestamp, lifetime, now) {
        return Err(EnvelopeError::Expired);
    }
    // 5. Decoding the payload is left to `Envelope::payload`.
    Ok(Envelope { payload, timestamp, tag: presented })
}

/// Whether `timestamp` is younger than `lifetime` and not far in the future. Both bounds are strict.
pub(crate) fn is_within(timestamp: i64, lifetime: Option<Duration>, now: SystemTime) -> bool {
    let Some(lifetime) = lifetime else { return true };
    let now = unix_nanos(now);
    let timestamp = i128::from(timestamp) * NANOS;
    timestamp > now - nanos(lifetime) && timestamp < now + nanos(CLOCK_SKEW)
}

/// Whole seconds since the Unix epoch, rounded down.
pub(crate) fn unix_seconds(time: SystemTime) -> i64 {
    // A SystemTime cannot hold more seconds than an i64 on any platform we build for.
    i64::try_from(unix_nanos(time).div_euclid(NANOS)).unwrap_or_default()
}

const NANOS: i128 = 1_000_000_000;

pub(crate) fn unix_nanos(time: SystemTime) -> i128 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => nanos(since),
        Err(before) => -nanos(before.duration()),
    }
}

fn nanos(duration: Duration) -> i128 {
    i128::from(duration.as_secs()) * NANOS + i128::from(duration.subsec_nanos())
}

/// The HMAC over the parts joined without any separator.
///
/// compat: v7 leaves the borders open, so bytes may move from one part to the next without breaking the signature. What
/// that can reach is refused by the decoding behind it.
fn tag(key: &hmac::Key, parts: [&str; 3]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(part.as_bytes());
    }
    context.sign()
}

fn decode_tag(signature: &str) -> Option<[u8; TAG_LEN]> {
    if signature.len() != SIGNATURE_LEN {
        return None;
    }
    let mut buffer = [0; SIGNATURE_LEN / 4 * 3];
    let written = b64::PADDED.decode_slice(signature, &mut buffer).ok()?;
    buffer.get(..written)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAME: &str = "_oauth2_proxy";

    fn key() -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, b"0123456789abcdef")
    }

    fn at(seconds: u64, nanos: u32) -> SystemTime {
        UNIX_EPOCH + Duration::new(seconds, nanos)
    }

    fn check(value: &str) -> Result<Envelope<'_>, EnvelopeError> {
        verify(&key(), NAME, value, None, at(1_700_000_000, 0))
    }

    #[test]
    fn the_window_is_open_at_both_ends() {
        let value = mint(&key(), NAME, b"x", 1_700_000_000);
        for (now, lifetime, admitted) in [
            (at(1_700_000_000, 0), 60, true),
            (at(1_700_000_059, 999_999_999), 60, true),
            (at(1_700_000_060, 0), 60, false),
            (at(1_699_999_700, 1), 60, true),
            (at(1_699_999_700, 0), 60, false),
        ] {
            let result = verify(&key(), NAME, &value, Some(Duration::from_secs(lifetime)), now);
            assert_eq!(result.is_ok(), admitted, "{now:?}");
        }
        assert!(verify(&key(), NAME, &value, None, at(9_700_000_000, 0)).is_ok(), "no lifetime admits any time");
    }

    #[test]
    fn another_name_key_or_part_count_is_tampering() {
        let value = mint(&key(), NAME, b"payload", 1_700_000_000);
        assert_eq!(check(&value).unwrap().payload().unwrap(), b"payload");
        let now = at(1_700_000_000, 0);
        assert!(verify(&key(), "_oauth2_proxy_0", &value, None, now).is_err());
        let empty = hmac::Key::new(hmac::HMAC_SHA256, b"");
        assert!(verify(&empty, NAME, &value, None, now).is_err());
        for forged in ["", "|", "||", "a|b", &format!("{value}|"), &format!("|{value}"), &value.replace("17", "18")] {
            assert_eq!(check(forged).err(), Some(EnvelopeError::Tampered), "{forged:?}");
        }
    }

    #[test]
    fn the_signature_needs_its_padding_but_not_clean_trailing_bits() {
        let value = mint(&key(), NAME, b"payload", 1_700_000_000);
        assert!(check(value.trim_end_matches('=')).is_err());
        let mut characters: Vec<char> = value.chars().collect();
        let last = characters.len() - 2;
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let position = alphabet.find(characters[last]).unwrap();
        characters[last] = alphabet.chars().nth(position + 1).unwrap();
        assert!(check(&characters.into_iter().collect::<String>()).is_ok(), "as Go's decoder has it");
    }

    #[test]
    fn a_signed_text_that_is_no_number_is_not_a_time() {
        let payload = "eA==";
        for timestamp in ["", "x", "1.5", "99999999999999999999", "1_0"] {
            let mut signature = String::new();
            b64::PADDED.encode_string(tag(&key(), [NAME, payload, timestamp]), &mut signature);
            assert!(check(&format!("{payload}|{timestamp}|{signature}")).is_err(), "{timestamp:?}");
        }
    }

    #[test]
    fn seconds_are_rounded_down_on_both_sides_of_the_epoch() {
        assert_eq!(unix_seconds(at(5, 999_999_999)), 5);
        assert_eq!(unix_seconds(UNIX_EPOCH - Duration::from_millis(1)), -1);
        assert_eq!(unix_seconds(UNIX_EPOCH), 0);
    }

    proptest! {
        #[test]
        fn what_was_minted_verifies(payload in proptest::collection::vec(any::<u8>(), 0..300), seconds in any::<i64>()) {
            let value = mint(&key(), NAME, &payload, seconds);
            let envelope = check(&value).unwrap();
            prop_assert_eq!(envelope.payload().unwrap(), payload);
            prop_assert_eq!(envelope.timestamp, seconds);
        }

        #[test]
        fn any_text_is_judged_without_a_panic(value in "[ -~|]{0,200}") {
            prop_assert!(check(&value).is_err());
        }
    }
}
