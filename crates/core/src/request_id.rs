//! The name of one request in logs and on error pages.

use std::cell::Cell;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};

use crate::limits::MAX_REQUEST_ID;

thread_local! {
    /// Random numbers for names: an id names a request and guards nothing, so a hash with keys of the operating system over
    /// a counter will do, and takes a tenth of the time that a generator for secrets does.
    static NUMBERS: (RandomState, Cell<u64>) = (RandomState::new(), Cell::new(0));
}

/// A request id: what the client or gateway sent, if it is fit to be printed, else a random UUID (version 4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Text);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Text {
    Given(Box<str>),
    Random([u8; 16]),
}

impl RequestId {
    /// Takes over an id that was sent along: visible ASCII, at most 128 bytes.
    #[must_use]
    pub fn given(text: &[u8]) -> Option<Self> {
        let fit = !text.is_empty() && text.len() <= MAX_REQUEST_ID && text.iter().all(u8::is_ascii_graphic);
        let text = std::str::from_utf8(text).ok().filter(|_| fit)?;
        Some(Self(Text::Given(text.into())))
    }

    /// A new random id.
    #[must_use]
    pub fn random() -> Self {
        let mut bytes = NUMBERS.with(|(keyed, drawn)| {
            drawn.set(drawn.get().wrapping_add(1));
            let halves = [0_u8, 1].map(|half| keyed.hash_one((drawn.get(), half)));
            (u128::from(halves[0]) << 64 | u128::from(halves[1])).to_ne_bytes()
        });
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self(Text::Random(bytes))
    }
}

impl fmt::Display for RequestId {
    #[expect(clippy::expect_used, reason = "a UUID is ASCII")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Text::Given(text) => f.write_str(text),
            Text::Random(bytes) => f.write_str(std::str::from_utf8(&uuid(bytes)).expect("hex digits and hyphens")),
        }
    }
}

/// The 36 characters of a UUID (RFC 9562 §4). Every log line has one, and the formatter takes ten times as long.
fn uuid(bytes: &[u8; 16]) -> [u8; 36] {
    let digit = |number: u8| if number < 10 { b'0' + number } else { b'a' - 10 + number };
    let mut text = *b"00000000-0000-0000-0000-000000000000";
    let pairs = text.split_mut(|byte| *byte == b'-').flat_map(|group| group.as_chunks_mut().0);
    for (pair, byte) in pairs.zip(bytes) {
        *pair = [digit(byte >> 4), digit(byte & 0xf)];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_id_is_a_version_4_uuid() {
        let id = RequestId::random().to_string();
        assert_eq!(id.len(), 36);
        assert_eq!(&id[14..15], "4");
        assert!("89ab".contains(&id[19..20]));
        assert_ne!(RequestId::random(), RequestId::random());
        let counted = RequestId(Text::Random(std::array::from_fn(|n| u8::try_from(n * 17).expect("fifteen at most"))));
        assert_eq!(counted.to_string(), "00112233-4455-6677-8899-aabbccddeeff");
    }

    #[test]
    fn an_id_that_could_forge_a_log_line_is_not_taken() {
        assert!(RequestId::given(b"abc-123").is_some());
        assert_eq!(RequestId::given(b""), None);
        assert_eq!(RequestId::given(b"a b"), None);
        assert_eq!(RequestId::given(b"a\nb"), None);
        assert!(RequestId::given(&[b'x'; 128]).is_some());
        assert_eq!(RequestId::given(&[b'x'; 129]), None);
    }
}
