//! Where the frames of a WebSocket end (RFC 6455 §5.2), seen from the bytes that pass.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A close frame of a server, code 1001: "an endpoint is 'going away', such as a server going down" (§7.4.1).
pub(super) const GOING_AWAY: [u8; 4] = [0x88, 0x02, 0x03, 0xe9];

/// How far into a frame the bytes so far lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// Between two frames.
    Boundary,
    /// Behind the first byte of a head.
    Second,
    /// Further on in a head, which has so many bytes of a long length to come, and then so many of a mask.
    Head { of_length: u8, of_mask: u8, length: u64 },
    /// In the payload, of which this much is to come.
    Payload { left: u64 },
}

impl Position {
    fn after(self, mut passed: &[u8]) -> Self {
        let mut position = self;
        while let [first, rest @ ..] = passed {
            if let Self::Payload { left } = position {
                let behind = usize::try_from(left).ok().and_then(|left| passed.get(left..));
                let Some(behind) = behind else { return Self::Payload { left: left - passed.len() as u64 } };
                (position, passed) = (Self::Boundary, behind);
            } else {
                (position, passed) = (position.after_one(*first), rest);
            }
        }
        position
    }

    /// One byte further, in a head.
    fn after_one(self, byte: u8) -> Self {
        match self {
            Self::Boundary => Self::Second,
            Self::Second => {
                let of_mask = if byte & 0x80 == 0 { 0 } else { 4 };
                match byte & 0x7f {
                    126 => Self::in_head(2, of_mask, 0),
                    127 => Self::in_head(8, of_mask, 0),
                    short => Self::in_head(0, of_mask, short.into()),
                }
            }
            Self::Head { of_length: 0, of_mask, length } => Self::in_head(0, of_mask - 1, length),
            Self::Head { of_length, of_mask, length } => {
                Self::in_head(of_length - 1, of_mask, length << 8 | u64::from(byte))
            }
            Self::Payload { left } => Self::in_payload(left - 1),
        }
    }

    fn in_head(of_length: u8, of_mask: u8, length: u64) -> Self {
        if of_length == 0 && of_mask == 0 {
            Self::in_payload(length)
        } else {
            Self::Head { of_length, of_mask, length }
        }
    }

    fn in_payload(left: u64) -> Self {
        if left == 0 { Self::Boundary } else { Self::Payload { left } }
    }
}

/// The visitor's side of a tunnel, which knows whether what was written to it ends with a frame.
#[derive(Debug)]
pub(super) struct Framed<S> {
    inner: S,
    position: Position,
}

impl<S> Framed<S> {
    pub(super) fn new(inner: S) -> Self {
        Self { inner, position: Position::Boundary }
    }

    /// Whether a frame of our own may follow.
    pub(super) fn is_at_boundary(&self) -> bool {
        self.position == Position::Boundary
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Framed<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Framed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write(cx, bytes))?;
        self.position = self.position.after(bytes.get(..written).unwrap_or(bytes));
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(payload: usize, masked: bool) -> Vec<u8> {
        let mask = if masked { 0x80 } else { 0 };
        let mut frame = vec![0x82];
        match u16::try_from(payload) {
            Ok(short) if short < 126 => frame.push(mask | u8::try_from(short).unwrap()),
            Ok(long) => {
                frame.push(mask | 0x7e);
                frame.extend(long.to_be_bytes());
            }
            Err(_) => {
                frame.push(mask | 0x7f);
                frame.extend((payload as u64).to_be_bytes());
            }
        }
        frame.resize(frame.len() + payload + if masked { 4 } else { 0 }, 0xff);
        frame
    }

    proptest! {
        #[test]
        fn whole_frames_end_at_a_boundary_however_they_are_cut(
            frames in prop::collection::vec((0_usize..70_000, any::<bool>()), 1..4),
            piece in 1_usize..5_000,
        ) {
            let bytes: Vec<u8> = frames.iter().flat_map(|(payload, masked)| frame(*payload, *masked)).collect();
            let mut position = Position::Boundary;
            for piece in bytes[..bytes.len() - 1].chunks(piece) {
                position = position.after(piece);
            }
            prop_assert_ne!(position, Position::Boundary, "the last byte is still to come");
            prop_assert_eq!(position.after(&bytes[bytes.len() - 1..]), Position::Boundary);
        }

        #[test]
        fn any_bytes_lead_somewhere(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Position::Boundary.after(&bytes);
        }
    }
}
