//! The frames of a client that speaks HTTP/2, as they pass: when a head is open, and how many frames ask for nothing.
//!
//! The server below bounds what one connection makes it remember: streams at a time, the size of a head, `CONTINUATION`
//! frames, streams that are reset before they are looked at. It does not bound how often it is made to work for nothing,
//! and it has no clock. Both are here, from the nine bytes that each frame begins with (RFC 9113 §4.1).

use std::io;

use super::phase::Phase;
use super::wire::{PREFACE, Watch};
use crate::limits::{BYTES_FOR_AN_IDLE_FRAME, IDLE_FRAMES_A_SECOND, MAX_IDLE_FRAMES, MAX_RESETS, RESETS_A_SECOND};

// Frame types and a flag (RFC 9113 §6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;
const END_STREAM: u8 = 1;

/// The frames of one connection, counted as they are read. One that sends too many for nothing is cut.
pub(super) struct Frames {
    phase: Phase,
    /// Bytes of the preface that are still to come.
    preface: usize,
    /// The beginning of the frame, as far as it has come.
    begin: [u8; 9],
    came: usize,
    /// What is still to come of the frame behind its beginning.
    rest: usize,
    idle: u64,
    resets: u64,
    written: u64,
}

/// The client has sent too many frames for nothing.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("too many frames that ask for nothing")]
struct Flood;

impl Frames {
    pub(super) fn new(phase: Phase) -> Self {
        Self { phase, preface: PREFACE.len(), begin: [0; 9], came: 0, rest: 0, idle: 0, resets: 0, written: 0 }
    }

    fn read(&mut self, mut bytes: &[u8]) -> Result<(), Flood> {
        bytes = skip(bytes, &mut self.preface);
        while !bytes.is_empty() {
            if self.came < self.begin.len() {
                let (_, free) = self.begin.split_at_mut(self.came);
                let (piece, behind) = bytes.split_at(bytes.len().min(free.len()));
                free.iter_mut().zip(piece).for_each(|(place, byte)| *place = *byte);
                self.came += piece.len();
                bytes = behind;
                if self.came < self.begin.len() {
                    break;
                }
                self.frame_begins()?;
            }
            bytes = skip(bytes, &mut self.rest);
            if self.rest == 0 {
                self.frame_ends();
            }
        }
        Ok(())
    }

    fn frame_begins(&mut self) -> Result<(), Flood> {
        let [high, middle, low, kind, flags, ..] = self.begin;
        self.rest = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        match kind {
            HEADERS | CONTINUATION => self.phase.head_begins(),
            RST_STREAM => {
                self.resets += 1;
                if self.resets > MAX_RESETS {
                    return within(self.resets, MAX_RESETS + self.phase.age().as_secs() * RESETS_A_SECOND);
                }
            }
            _ => {}
        }
        if is_idle(kind, flags, self.rest) {
            self.idle += 1;
            // The clock is asked only of those that have sent many.
            let earned = MAX_IDLE_FRAMES + self.written / BYTES_FOR_AN_IDLE_FRAME;
            if self.idle > earned {
                return within(self.idle, earned + self.phase.age().as_secs() * IDLE_FRAMES_A_SECOND);
            }
        }
        Ok(())
    }

    fn frame_ends(&mut self) {
        let [_, _, _, kind, flags, ..] = self.begin;
        if matches!(kind, HEADERS | CONTINUATION) && flags & END_HEADERS != 0 {
            self.phase.head_ends();
        }
        self.came = 0;
    }
}

/// Whether a frame neither begins, ends nor feeds a request: settings, pings, priorities, window updates, frames of unknown
/// kinds, and empty ones.
fn is_idle(kind: u8, flags: u8, length: usize) -> bool {
    match kind {
        DATA => length == 0 && flags & END_STREAM == 0,
        CONTINUATION => length == 0,
        HEADERS | RST_STREAM => false,
        _ => true,
    }
}

fn within(count: u64, limit: u64) -> Result<(), Flood> {
    if count <= limit { Ok(()) } else { Err(Flood) }
}

/// The bytes behind the next `count`, of which those that are there are taken.
fn skip<'a>(bytes: &'a [u8], count: &mut usize) -> &'a [u8] {
    let (skipped, behind) = bytes.split_at(bytes.len().min(*count));
    *count -= skipped.len();
    behind
}

impl Watch for Frames {
    fn came(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.read(bytes).map_err(|flood| io::Error::new(io::ErrorKind::QuotaExceeded, flood))
    }

    fn left(&mut self, bytes: usize) {
        self.written += bytes as u64;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::server::slots::Slot;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, 1], payload].concat()
    }

    fn begun() -> Frames {
        let mut frames = Frames::new(Phase::new(Slot::for_tests()));
        frames.read(PREFACE).unwrap();
        frames
    }

    #[test]
    fn a_flood_of_pings_ends_and_one_beside_a_download_does_not() {
        const PING: u8 = 6;
        let ping = frame(PING, 0, &[0; 8]);
        let mut flooded = begun();
        let survived = (0..10_000).take_while(|_| {
            flooded.written += 17; // the answer
            flooded.read(&ping).is_ok()
        });
        let survived = survived.count();
        assert!((1000..2000).contains(&survived), "{survived}");
        let mut downloading = begun();
        for _ in 0..10_000 {
            downloading.written += 16_384;
            assert_eq!(downloading.read(&ping), Ok(()));
        }
    }

    #[test]
    fn empty_frames_settings_and_unknown_kinds_are_floods_too_and_a_body_is_not() {
        for (kind, flags, payload) in
            [(DATA, 0, &b""[..]), (4, 0, b""), (2, 0, b"12345"), (8, 0, b"1234"), (0xbe, 0, b"")]
        {
            let mut frames = begun();
            let flood = (0..2000).any(|_| frames.read(&frame(kind, flags, payload)).is_err());
            assert!(flood, "kind {kind}");
        }
        let mut frames = begun();
        assert!((0..5000).all(|_| frames.read(&frame(DATA, 0, b"x")).is_ok()));
        assert!((0..5000).all(|_| frames.read(&frame(DATA, END_STREAM, b"")).is_ok()));
        assert!((0..5000).all(|_| frames.read(&frame(HEADERS, END_HEADERS | END_STREAM, b"x")).is_ok()));
    }

    #[test]
    fn requests_that_are_called_off_one_after_the_other_end_the_connection() {
        let mut frames = begun();
        let survived = (0..1000).take_while(|_| {
            frames.read(&frame(HEADERS, END_HEADERS | END_STREAM, b"x")).unwrap();
            frames.read(&frame(RST_STREAM, 0, &[0; 4])).is_ok()
        });
        assert_eq!(survived.count(), 200);
    }

    #[tokio::test(start_paused = true)]
    async fn more_frames_for_nothing_may_come_for_each_second_of_a_connection() {
        let lived = 100;
        let head = frame(HEADERS, END_HEADERS | END_STREAM, b"x");
        for (kind, limit) in
            [(8, MAX_IDLE_FRAMES + lived * IDLE_FRAMES_A_SECOND), (RST_STREAM, MAX_RESETS + lived * RESETS_A_SECOND)]
        {
            let mut frames = begun();
            tokio::time::advance(std::time::Duration::from_secs(lived)).await;
            let bytes = [head.as_slice(), &frame(kind, 0, &[0; 4])].concat();
            let survived = (0..10_000).take_while(|_| frames.read(&bytes).is_ok()).count();
            assert_eq!(survived as u64, limit, "kind {kind}");
        }
    }

    #[test]
    fn a_head_is_open_from_its_first_frame_to_the_end_of_its_last() {
        let phase = Phase::new(Slot::for_tests());
        let mut frames = Frames::new(phase.clone());
        frames.read(PREFACE).unwrap();
        frames.read(&frame(4, 0, b"")).unwrap();
        assert!(!phase.has_open_head());
        let headers = frame(HEADERS, 0, b"abc");
        frames.read(&headers[..5]).unwrap();
        frames.read(&headers[5..]).unwrap();
        assert!(phase.has_open_head());
        let last = frame(CONTINUATION, END_HEADERS, b"def");
        let (most, end) = last.split_at(last.len() - 1);
        frames.read(most).unwrap();
        assert!(phase.has_open_head());
        frames.read(end).unwrap();
        assert!(!phase.has_open_head());
    }

    proptest! {
        /// However the bytes are cut, the same is seen.
        #[test]
        fn pieces_say_what_the_whole_says(
            sizes in proptest::collection::vec((0u8..12, any::<u8>(), 0usize..40), 0..40),
            cut in 1usize..30,
        ) {
            let bytes: Vec<u8> = sizes.iter().flat_map(|(kind, flags, size)| frame(*kind, *flags, &vec![7; *size])).collect();
            let (mut whole, mut pieces) = (begun(), begun());
            whole.read(&bytes).unwrap();
            for piece in bytes.chunks(cut) {
                pieces.read(piece).unwrap();
            }
            prop_assert_eq!(
                (whole.idle, whole.resets, whole.came, whole.rest, whole.phase.has_open_head()),
                (pieces.idle, pieces.resets, pieces.came, pieces.rest, pieces.phase.has_open_head())
            );
        }
    }
}
