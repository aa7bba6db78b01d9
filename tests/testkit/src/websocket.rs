//! WebSockets (RFC 6455), both ends on a library that nobody here wrote.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use tungstenite::WebSocket;
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::Role;

pub use tungstenite::Message;
pub use tungstenite::protocol::frame::coding::CloseCode;

use crate::http::ResponseHead;
use crate::{Connection, Headers, Request};

/// The key of the sample handshake of RFC 6455 §1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// An open WebSocket of a client.
pub type Client = WebSocket<TcpStream>;

/// Adds what asks for a WebSocket.
#[must_use]
pub fn handshake(request: Request) -> Request {
    request
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", KEY)
}

/// Asks for a WebSocket; `Err` is an answer that is not 101.
pub fn open(mut connection: Connection, request: Request) -> Result<Client, ResponseHead> {
    let request = handshake(request);
    connection.send(&request).expect("the request is sent");
    let head = connection.read_head(request.method()).expect("an answer");
    if head.status != 101 {
        return Err(head);
    }
    assert_eq!(head.headers.get("Sec-WebSocket-Accept"), Some(derive_accept_key(KEY.as_bytes()).as_str()));
    Ok(WebSocket::from_raw_socket(connection.into_stream(), Role::Client, None))
}

/// The server's half: accepts and sends every message back until the peer closes.
pub(crate) fn echo(headers: &Headers, input: &mut impl Read, mut output: impl Write) -> io::Result<()> {
    let accept = derive_accept_key(headers.get("Sec-WebSocket-Key").unwrap_or_default().as_bytes());
    write!(
        output,
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    )?;
    let mut socket = WebSocket::from_raw_socket(Halves { input, output }, Role::Server, None);
    loop {
        match socket.read() {
            Ok(message @ (Message::Text(_) | Message::Binary(_))) => {
                socket.send(message).map_err(io::Error::other)?;
            }
            Ok(_) => {}
            Err(_) => return Ok(()),
        }
    }
}

struct Halves<I, O> {
    input: I,
    output: O,
}

impl<I: Read, O> Read for Halves<I, O> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.input.read(buffer)
    }
}

impl<I, O: Write> Write for Halves<I, O> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}
