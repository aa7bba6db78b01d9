//! A writer that uses the shortest form of everything, as v7's does.

use std::time::SystemTime;

use rmp::Marker;

use super::TIMESTAMP;
use crate::sign::{unix_nanos, unix_seconds};

/// Writes values one after the other.
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }

    pub(crate) fn nil(&mut self) {
        self.marker(Marker::Null);
    }

    pub(crate) fn bool(&mut self, value: bool) {
        self.marker(if value { Marker::True } else { Marker::False });
    }

    pub(crate) fn text(&mut self, text: &str) {
        match u8::try_from(text.len()) {
            Ok(length @ ..=31) => self.marker(Marker::FixStr(length)),
            Ok(_) | Err(_) => self.length(text.len(), Some(Marker::Str8), Marker::Str16, Marker::Str32),
        }
        self.0.extend_from_slice(text.as_bytes());
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.length(bytes.len(), Some(Marker::Bin8), Marker::Bin16, Marker::Bin32);
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn list(&mut self, length: usize) {
        match u8::try_from(length) {
            Ok(short @ ..=15) => self.marker(Marker::FixArray(short)),
            Ok(_) | Err(_) => self.length(length, None, Marker::Array16, Marker::Array32),
        }
    }

    pub(crate) fn map(&mut self, length: usize) {
        match u8::try_from(length) {
            Ok(short @ ..=15) => self.marker(Marker::FixMap(short)),
            Ok(_) | Err(_) => self.length(length, None, Marker::Map16, Marker::Map32),
        }
    }

    /// The shortest of the three forms.
    pub(crate) fn time(&mut self, time: SystemTime) {
        let seconds = unix_seconds(time);
        let nanoseconds = unix_nanos(time).rem_euclid(1_000_000_000);
        let nanoseconds = u32::try_from(nanoseconds).unwrap_or_default();
        match u64::try_from(seconds) {
            Ok(seconds) if seconds >> 34 == 0 => {
                let both = u64::from(nanoseconds) << 34 | seconds;
                if let Ok(short) = u32::try_from(both) {
                    self.marker(Marker::FixExt4);
                    self.0.extend_from_slice(&TIMESTAMP.to_be_bytes());
                    self.0.extend_from_slice(&short.to_be_bytes());
                } else {
                    self.marker(Marker::FixExt8);
                    self.0.extend_from_slice(&TIMESTAMP.to_be_bytes());
                    self.0.extend_from_slice(&both.to_be_bytes());
                }
            }
            Ok(_) | Err(_) => {
                self.marker(Marker::Ext8);
                self.0.push(12);
                self.0.extend_from_slice(&TIMESTAMP.to_be_bytes());
                self.0.extend_from_slice(&nanoseconds.to_be_bytes());
                self.0.extend_from_slice(&seconds.to_be_bytes());
            }
        }
    }

    fn marker(&mut self, marker: Marker) {
        self.0.push(marker.to_u8());
    }

    #[expect(clippy::expect_used, reason = "what a session holds has come through heads and bodies with limits")]
    fn length(&mut self, length: usize, one: Option<Marker>, two: Marker, four: Marker) {
        if let (Some(marker), Ok(length)) = (one, u8::try_from(length)) {
            self.marker(marker);
            self.0.push(length);
        } else if let Ok(length) = u16::try_from(length) {
            self.marker(two);
            self.0.extend_from_slice(&length.to_be_bytes());
        } else {
            self.marker(four);
            self.0.extend_from_slice(&u32::try_from(length).expect("no session has 4 GiB").to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use proptest::prelude::*;

    use super::super::Reader;
    use super::*;
    use crate::vectors::hex;

    #[test]
    fn lengths_use_the_shortest_form() {
        for (length, head) in
            [(0, "a0"), (31, "bf"), (32, "d920"), (255, "d9ff"), (256, "da0100"), (65536, "db00010000")]
        {
            let mut writer = Writer::with_capacity(0);
            writer.text(&"x".repeat(length));
            assert_eq!(writer.finish()[..head.len() / 2], hex(head), "{length}");
        }
        for (length, head) in [(15, "9f"), (16, "dc0010"), (65536, "dd00010000")] {
            let mut writer = Writer::with_capacity(0);
            writer.list(length);
            assert_eq!(writer.finish(), hex(head));
        }
        for (length, head) in [(15, "8f"), (16, "de0010"), (65536, "df00010000")] {
            let mut writer = Writer::with_capacity(0);
            writer.map(length);
            assert_eq!(writer.finish(), hex(head));
        }
        let mut writer = Writer::with_capacity(0);
        writer.bytes(&[1; 256]);
        assert_eq!(writer.finish()[..3], hex("c50100"));
    }

    proptest! {
        #[test]
        fn times_survive_a_round_trip(seconds in -(1_i64 << 40)..(1_i64 << 40), nanoseconds in 0_u32..1_000_000_000) {
            let whole = Duration::from_secs(seconds.unsigned_abs());
            let time = if seconds < 0 { UNIX_EPOCH - whole } else { UNIX_EPOCH + whole };
            let time = time + Duration::from_nanos(nanoseconds.into());
            let mut writer = Writer::with_capacity(16);
            writer.time(time);
            prop_assert_eq!(Reader::new(&writer.finish()).time(), Ok(Some(time)));
        }
    }
}
