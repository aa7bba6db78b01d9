//! A client that sends exactly the bytes it is given.

use std::fmt::Write as _;
use std::io::{self, BufReader, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use rustix::net::{self, AddressFamily, SocketType};

use crate::Headers;
use crate::wire::{self, Framing};

/// How long a connection waits for the next byte before the test fails.
const PATIENCE: Duration = Duration::from_secs(40);

/// A request as it will be written: nothing is added but Host and Content-Length where they are missing.
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    target: String,
    headers: Headers,
    body: Vec<u8>,
}

impl Request {
    /// A request with this method and target, both written as they are.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        Self { method: method.to_owned(), target: target.to_owned(), headers: Headers::default(), body: Vec::new() }
    }

    /// GET.
    #[must_use]
    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// POST of a form.
    #[must_use]
    pub fn post_form(target: &str, body: &str) -> Self {
        Self::new("POST", target).header("Content-Type", "application/x-www-form-urlencoded").body(body)
    }

    /// Adds a header line.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push(name, value);
        self
    }

    /// Adds a Cookie line.
    #[must_use]
    pub fn cookie(self, value: &str) -> Self {
        self.header("Cookie", value)
    }

    /// Sets the body; Content-Length is added unless there is a framing header already.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The target.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The header lines.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The body.
    #[must_use]
    pub fn body_bytes(&self) -> &[u8] {
        &self.body
    }

    /// The bytes to send to `authority`.
    #[must_use]
    pub fn to_bytes(&self, authority: &str) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        if !self.headers.has("Host") {
            let _ = write!(head, "Host: {authority}\r\n");
        }
        for (name, value) in self.headers.iter() {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if !self.body.is_empty() && !self.headers.has("Content-Length") && !self.headers.has("Transfer-Encoding") {
            let _ = write!(head, "Content-Length: {}\r\n", self.body.len());
        }
        head += "\r\n";
        // One char is one byte here, so that a test can write any byte as '\u{80}'..'\u{ff}'.
        let mut bytes: Vec<u8> = head.chars().map(|c| u8::try_from(c).expect("header bytes are Latin-1")).collect();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The status line as it came.
    pub status_line: String,
    /// Header lines in order.
    pub headers: Headers,
    /// The body with its chunked framing undone; nothing is unpacked.
    pub body: Vec<u8>,
    /// Trailer lines of a chunked body.
    pub trailers: Headers,
}

impl Response {
    /// The body as text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("no JSON ({e}): {:?} {}", self.headers, self.text()))
    }

    /// The Location header; empty when there is none.
    #[must_use]
    pub fn location(&self) -> &str {
        self.headers.get("Location").unwrap_or_default()
    }
}

/// The head of an answer whose body is still to be read.
#[derive(Clone, Debug)]
pub struct ResponseHead {
    /// The status code.
    pub status: u16,
    /// The status line as it came.
    pub status_line: String,
    /// Header lines in order.
    pub headers: Headers,
    framing: Framing,
}

/// One TCP connection to a server on this machine.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
    authority: String,
}

impl Connection {
    /// Connects; panics when nobody listens there.
    #[must_use]
    pub fn open(address: SocketAddr) -> Self {
        Self::try_open(address).unwrap_or_else(|e| panic!("connect to {address}: {e}"))
    }

    /// Connects.
    pub fn try_open(address: SocketAddr) -> io::Result<Self> {
        Self::over(TcpStream::connect_timeout(&address, PATIENCE)?, address)
    }

    /// Connects from this address of the machine: all of 127.0.0.0/8 is there.
    #[must_use]
    pub fn open_from(source: IpAddr, address: SocketAddr) -> Self {
        let connect = || {
            let socket = net::socket(
                if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 },
                SocketType::STREAM,
                None,
            )?;
            net::bind(&socket, &SocketAddr::new(source, 0))?;
            net::connect(&socket, &address)?;
            Self::over(TcpStream::from(socket), address)
        };
        connect().unwrap_or_else(|e| panic!("connect from {source} to {address}: {e}"))
    }

    fn over(stream: TcpStream, address: SocketAddr) -> io::Result<Self> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), authority: address.to_string() })
    }

    /// Sends a request.
    pub fn send(&mut self, request: &Request) -> io::Result<()> {
        let bytes = request.to_bytes(&self.authority);
        self.write(&bytes)
    }

    /// Sends these bytes and nothing else.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Says that nothing more will be sent.
    pub fn finish_sending(&mut self) -> io::Result<()> {
        self.stream.get_mut().shutdown(Shutdown::Write)
    }

    /// Reads the next head that is not an interim answer; `method` says whether it has a body.
    pub fn read_head(&mut self, method: &str) -> io::Result<ResponseHead> {
        loop {
            let head = wire::read_head(&mut self.stream)?.ok_or(io::ErrorKind::UnexpectedEof)?;
            let status = head.start_line.split(' ').nth(1).and_then(|code| code.parse().ok());
            let status: u16 =
                status.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, head.start_line.clone()))?;
            if (100..200).contains(&status) && status != 101 {
                continue;
            }
            let framing = framing_of_response(status, method, &head.headers);
            return Ok(ResponseHead { status, status_line: head.start_line, headers: head.headers, framing });
        }
    }

    /// Reads the body that belongs to `head`, handing each piece to `take`; returns the trailers.
    pub fn read_body(&mut self, head: &ResponseHead, take: impl FnMut(&[u8])) -> io::Result<Headers> {
        wire::read_body(&mut self.stream, head.framing, take)
    }

    /// Reads one piece of a body that has not ended: whatever is there, at least one byte.
    pub fn read_some(&mut self) -> io::Result<Vec<u8>> {
        let mut buffer = vec![0; 65536];
        let n = self.stream.read(&mut buffer)?;
        buffer.truncate(n);
        Ok(buffer)
    }

    /// Reads a whole answer.
    pub fn read_response(&mut self, method: &str) -> io::Result<Response> {
        let head = self.read_head(method)?;
        let mut body = Vec::new();
        let trailers = self.read_body(&head, |piece| body.extend_from_slice(piece))?;
        Ok(Response { status: head.status, status_line: head.status_line, headers: head.headers, body, trailers })
    }

    /// Sends a request and reads its answer.
    pub fn exchange(&mut self, request: &Request) -> io::Result<Response> {
        self.send(request)?;
        self.read_response(request.method())
    }

    /// Whatever else comes until the other side closes; an error counts as the end.
    pub fn read_to_end(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let _ = self.stream.read_to_end(&mut rest);
        rest
    }

    /// The stream, with what has been read ahead lost: for protocols that start anew, such as WebSockets.
    #[must_use]
    pub fn into_stream(self) -> TcpStream {
        self.stream.into_inner()
    }
}

/// RFC 9112 §6.3.
fn framing_of_response(status: u16, method: &str, headers: &Headers) -> Framing {
    if method == "HEAD" || status == 101 || status == 204 || status == 304 {
        Framing::Length(0)
    } else if headers.lists("Transfer-Encoding", "chunked") {
        Framing::Chunked
    } else if let Some(length) = headers.get("Content-Length").and_then(|value| value.parse().ok()) {
        Framing::Length(length)
    } else {
        Framing::UntilClose
    }
}

/// Sends one request on a connection of its own.
#[must_use]
pub fn ask(address: SocketAddr, request: &Request) -> Response {
    let mut connection = Connection::open(address);
    connection.exchange(request).unwrap_or_else(|e| panic!("{} {}: {e}", request.method, request.target))
}
