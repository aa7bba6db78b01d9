//! A client of HTTP/2 that sends exactly the frames it is told: RFC 9113 §4.1, with heads in the plainest form of HPACK.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What every connection begins with (RFC 9113 §3.4).
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How long the next byte may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(40);

/// Kinds of frames (RFC 9113 §6).
pub mod kind {
    /// A piece of a body.
    pub const DATA: u8 = 0;
    /// A head.
    pub const HEADERS: u8 = 1;
    /// The end of one request.
    pub const RST_STREAM: u8 = 3;
    /// What one side wants of the other.
    pub const SETTINGS: u8 = 4;
    /// Is anybody there?
    pub const PING: u8 = 6;
    /// No further request is taken.
    pub const GOAWAY: u8 = 7;
    /// More may be sent.
    pub const WINDOW_UPDATE: u8 = 8;
    /// The rest of a head.
    pub const CONTINUATION: u8 = 9;
}

/// On DATA and HEADERS: nothing follows.
pub const END_STREAM: u8 = 1;
/// On HEADERS and CONTINUATION: the head is complete.
pub const END_HEADERS: u8 = 4;

/// A frame as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its kind.
    pub kind: u8,
    /// Its flags.
    pub flags: u8,
    /// The request it belongs to; 0 for the connection.
    pub stream: u32,
    /// What is in it.
    pub payload: Vec<u8>,
}

impl Frame {
    /// The error code of a frame that ends a request or the connection.
    #[must_use]
    pub fn error(&self) -> u32 {
        let at = if self.kind == kind::GOAWAY { 4 } else { 0 };
        self.payload.get(at..at + 4).map_or(0, |code| u32::from_be_bytes([code[0], code[1], code[2], code[3]]))
    }
}

/// A connection on which nothing is said that the test does not say.
#[derive(Debug)]
pub struct Frames {
    socket: TcpStream,
}

impl Frames {
    /// Connects and sends nothing.
    #[must_use]
    pub fn connect(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).unwrap_or_else(|error| panic!("{address}: {error}"));
        socket.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        socket.set_nodelay(true).expect("no delay");
        Self { socket }
    }

    /// Connects, sends the preface with empty settings, and lets the other side answer as much as it likes.
    #[must_use]
    pub fn open(address: SocketAddr) -> Self {
        let mut frames = Self::connect(address);
        frames.write(PREFACE).expect("sent");
        frames.send(kind::SETTINGS, 0, 0, &[]).expect("sent");
        frames.send(kind::WINDOW_UPDATE, 0, 0, &(1_u32 << 30).to_be_bytes()).expect("sent");
        frames
    }

    /// Sends these bytes.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.socket.write_all(bytes)
    }

    /// Sends a frame.
    pub fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
        self.write(&frame(kind, flags, stream, payload))
    }

    /// Sends a whole request without a body.
    pub fn request(&mut self, stream: u32, fields: &[(&str, &str)]) -> io::Result<()> {
        self.send(kind::HEADERS, END_HEADERS | END_STREAM, stream, &block(fields))
    }

    /// The next frame; `None` at the end of the connection, a broken one included.
    #[must_use]
    pub fn read(&mut self) -> Option<Frame> {
        let mut begin = [0; 9];
        self.socket.read_exact(&mut begin).ok()?;
        let [high, middle, low, kind, flags, stream @ ..] = begin;
        let mut payload = vec![0; usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low)];
        self.socket.read_exact(&mut payload).ok()?;
        Some(Frame { kind, flags, stream: u32::from_be_bytes(stream) & 0x7fff_ffff, payload })
    }

    /// Waits for the head that answers this request, or for the end of the request or the connection.
    #[must_use]
    pub fn answer(&mut self, stream: u32) -> Option<Frame> {
        loop {
            let frame = self.next_of(&[kind::HEADERS, kind::RST_STREAM, kind::GOAWAY])?;
            if frame.stream == stream || frame.kind == kind::GOAWAY {
                return Some(frame);
            }
        }
    }

    /// The next frame of one of these kinds.
    #[must_use]
    pub fn next_of(&mut self, kinds: &[u8]) -> Option<Frame> {
        loop {
            let frame = self.read()?;
            if kinds.contains(&frame.kind) {
                return Some(frame);
            }
        }
    }
}

/// A frame's bytes.
#[must_use]
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame's length").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Fields as a header block: each one written out, none remembered (RFC 7541 §6.2.3).
#[must_use]
pub fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0x10);
        for text in [name, value] {
            length(text.len(), &mut block);
            // One char is one byte, as everywhere here.
            block.extend(text.chars().map(|c| u8::try_from(c).expect("Latin-1")));
        }
    }
    block
}

/// An integer with a prefix of seven bits (RFC 7541 §5.1).
fn length(length: usize, block: &mut Vec<u8>) {
    if length < 127 {
        block.push(u8::try_from(length).expect("below 127"));
        return;
    }
    block.push(127);
    let mut rest = length - 127;
    while rest >= 128 {
        block.push(u8::try_from(rest % 128).expect("below 128") | 128);
        rest /= 128;
    }
    block.push(u8::try_from(rest).expect("below 128"));
}

/// The fields that every request begins with.
#[must_use]
pub fn get<'a>(authority: &'a str, path: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![(":method", "GET"), (":scheme", "http"), (":authority", authority), (":path", path)]
}
