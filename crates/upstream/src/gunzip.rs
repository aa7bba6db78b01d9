//! Unpacking an answer that we, not the visitor, asked to be packed.

use std::{
    fmt,
    io::{self, BufRead, Read},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use http_body::{Body as _, Frame};
use hyper::body::Incoming;
use sidecar_net::BoxError;

/// What is unpacked at a time: packed bytes may stand for a thousand times as many, and only this much of them is held.
const CHUNK: usize = 16 * 1024;

/// A gzip stream, unpacked as it comes (RFC 1952, several members included).
///
/// Ends with an error when the packed stream is corrupt or breaks off; then the visitor's connection is cut, as for any
/// body that fails.
pub(crate) struct Gunzip {
    packed: Incoming,
    decoder: MultiGzDecoder<Feed>,
    done: bool,
}

/// The packed bytes at hand. Says [`io::ErrorKind::WouldBlock`] when there are none yet, which the decoder passes on and
/// survives.
#[derive(Debug, Default)]
struct Feed {
    at_hand: Bytes,
    ended: bool,
}

impl Gunzip {
    pub(crate) fn new(packed: Incoming) -> Self {
        Self { packed, decoder: MultiGzDecoder::new(Feed::default()), done: false }
    }

    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.done {
            return Poll::Ready(None);
        }
        let mut unpacked = vec![0; CHUNK];
        loop {
            match self.decoder.read(&mut unpacked) {
                Ok(0) => {
                    self.done = true;
                    return Poll::Ready(None);
                }
                Ok(length) => {
                    unpacked.truncate(length);
                    return Poll::Ready(Some(Ok(Frame::data(unpacked.into()))));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if let Err(error) = ready!(self.poll_feed(cx)) {
                        self.done = true;
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                Err(error) => {
                    self.done = true;
                    return Poll::Ready(Some(Err(error.into())));
                }
            }
        }
    }

    /// Waits for more packed bytes, or for their end. Trailers are dropped with the coding they belong to.
    fn poll_feed(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        let frame = ready!(Pin::new(&mut self.packed).poll_frame(cx)).transpose()?;
        let feed = self.decoder.get_mut();
        match frame.map(Frame::into_data) {
            Some(Ok(data)) => feed.at_hand = data,
            Some(Err(_trailers)) => {}
            None => feed.ended = true,
        }
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for Gunzip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gunzip")
    }
}

impl BufRead for Feed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at_hand.is_empty() && !self.ended {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(&self.at_hand)
    }

    fn consume(&mut self, amount: usize) {
        drop(self.at_hand.split_to(amount));
    }
}

impl Read for Feed {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut filled = self.fill_buf()?;
        let length = filled.read(buf)?;
        self.consume(length);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;

    use super::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    /// Feeds piece by piece, as the network does.
    fn unpack(pieces: &[&[u8]]) -> io::Result<Vec<u8>> {
        let mut decoder = MultiGzDecoder::new(Feed::default());
        let mut pieces = pieces.iter();
        let (mut plain, mut buffer) = (Vec::new(), [0; 7]);
        loop {
            match decoder.read(&mut buffer) {
                Ok(0) => return Ok(plain),
                Ok(length) => plain.extend_from_slice(&buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => match pieces.next() {
                    Some(piece) => decoder.get_mut().at_hand = Bytes::copy_from_slice(piece),
                    None => decoder.get_mut().ended = true,
                },
                Err(error) => return Err(error),
            }
        }
    }

    proptest! {
        #[test]
        fn any_split_of_a_stream_unpacks_to_the_same(
            plain in proptest::collection::vec(any::<u8>(), 0..4000), size in 1usize..50,
        ) {
            let mut packed = gzip(&plain);
            packed.extend(gzip(&plain)); // a second member
            let pieces: Vec<_> = packed.chunks(size).collect();
            prop_assert_eq!(unpack(&pieces).unwrap(), plain.repeat(2));
        }

        #[test]
        fn a_stream_that_breaks_off_is_an_error(plain in "[a-z]{1,300}", cut in 1usize..20) {
            let packed = gzip(plain.as_bytes());
            prop_assert!(unpack(&[&packed[..packed.len() - cut.min(packed.len() - 1)]]).is_err());
        }

        #[test]
        fn any_bytes_are_unpacked_or_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = unpack(&[&bytes]);
        }
    }
}
