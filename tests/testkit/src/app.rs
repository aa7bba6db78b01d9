//! An application server: it remembers what it was asked, byte by byte, and answers as the test says.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;

use crate::wire::{self, Framing};
use crate::{Headers, place, websocket};

/// How much of a request body is kept; the rest is counted only.
const KEPT_BODY: usize = 1 << 20;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The method.
    pub method: String,
    /// The target, byte for byte (Latin-1).
    pub target: String,
    /// Header lines in order, spelled as sent.
    pub headers: Headers,
    /// Every byte of the head.
    pub raw_head: Vec<u8>,
    /// The first MiB of the body, with its chunked framing undone.
    pub body: Vec<u8>,
    /// How long the body was.
    pub body_length: u64,
    /// Trailer lines.
    pub trailers: Headers,
    /// Which connection it came on, counted from 0.
    pub connection: usize,
}

/// What the app answers.
#[derive(Debug)]
pub enum Reply {
    /// 200 and, as JSON, what it was asked: `method`, `target`, `headers` (pairs), `body_length`.
    Echo,
    /// This status, these header lines and this body.
    Text(u16, Vec<(&'static str, String)>, String),
    /// 200 and a body of this many bytes, written in pieces.
    Bytes(u64),
    /// 200 and server-sent events, each sent when the test sends it, until the test's end is dropped.
    Events(Receiver<String>),
    /// 200, a chunked body of these pieces, and these trailer lines.
    Chunked(Vec<&'static str>, Vec<(&'static str, &'static str)>),
    /// These bytes and then the end of the connection.
    Raw(Vec<u8>),
    /// The first bytes once and the others again and again, until whoever asked goes away.
    Endless(Vec<u8>, Vec<u8>),
    /// The end of the connection.
    HangUp,
    /// Nothing, until whoever asked goes away.
    Silence,
    /// Accepts a WebSocket and sends every message back.
    WebSocketEcho,
}

type Answer = dyn Fn(&Seen) -> Reply + Send + Sync;

struct Shared {
    answer: Box<Answer>,
    seen: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
    stopped: AtomicBool,
}

/// A running app. Dropping it closes its listener.
pub struct App {
    shared: Arc<Shared>,
    place: Place,
}

enum Place {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

impl App {
    /// An app that answers every request with what it saw.
    #[must_use]
    pub fn start() -> Self {
        Self::with(|_| Reply::Echo)
    }

    /// An app on a free port that answers as told.
    #[must_use]
    pub fn with(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        // Another test program may take a port between a look at it and its use.
        let bound = (0..100).find_map(|_| TcpListener::bind(place::loopback(place::free_port())).ok());
        Self::listening(bound.expect("a port"), answer)
    }

    /// An app on this port, for one that comes back.
    #[must_use]
    pub fn on(port: u16, answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let address = place::loopback(port);
        Self::listening(TcpListener::bind(address).unwrap_or_else(|e| panic!("{address}: {e}")), answer)
    }

    fn listening(listener: TcpListener, answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let address = listener.local_addr().expect("an address");
        let shared = Shared::new(answer);
        serve(&shared, move || {
            let (stream, _) = listener.accept()?;
            stream.set_nodelay(true)?;
            Ok(stream)
        });
        Self { shared, place: Place::Tcp(address) }
    }

    /// An app on a unix socket.
    #[must_use]
    pub fn on_socket(path: &Path, answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = UnixListener::bind(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let shared = Shared::new(answer);
        serve(&shared, move || listener.accept().map(|(stream, _)| stream));
        Self { shared, place: Place::Unix(path.to_owned()) }
    }

    /// What an `--upstream` flag says: `http://127.0.0.1:PORT/` or `unix:///path`.
    #[must_use]
    pub fn upstream(&self) -> String {
        match &self.place {
            Place::Tcp(address) => format!("http://{address}/"),
            Place::Unix(path) => format!("unix://{}", path.display()),
        }
    }

    /// Where it listens, if on TCP.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        match &self.place {
            Place::Tcp(address) => *address,
            Place::Unix(path) => panic!("{} is no address", path.display()),
        }
    }

    /// Everything it was asked so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().expect("not poisoned").clone()
    }

    /// What it was asked last.
    #[must_use]
    pub fn last(&self) -> Seen {
        self.seen().pop().expect("the app was asked something")
    }

    /// Forgets what it was asked.
    pub fn forget(&self) {
        self.shared.seen.lock().expect("not poisoned").clear();
    }

    /// How many connections were made to it.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the accepting thread, which then sees that it is to stop and drops the listener.
        match &self.place {
            Place::Tcp(address) => drop(TcpStream::connect(address)),
            Place::Unix(path) => drop(UnixStream::connect(path)),
        }
    }
}

impl Shared {
    fn new(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            answer: Box::new(answer),
            seen: Mutex::default(),
            connections: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        })
    }
}

/// What TCP and unix streams have in common.
trait Stream: Read + Write + Send + Sized + 'static {
    fn try_clone(&self) -> io::Result<Self>;
}

impl Stream for TcpStream {
    fn try_clone(&self) -> io::Result<Self> {
        Self::try_clone(self)
    }
}

impl Stream for UnixStream {
    fn try_clone(&self) -> io::Result<Self> {
        Self::try_clone(self)
    }
}

fn serve<S: Stream>(shared: &Arc<Shared>, accept: impl Fn() -> io::Result<S> + Send + 'static) {
    let shared = Arc::clone(shared);
    std::thread::spawn(move || {
        while let Ok(stream) = accept() {
            if shared.stopped.load(Ordering::SeqCst) {
                return;
            }
            let number = shared.connections.fetch_add(1, Ordering::SeqCst);
            let shared = Arc::clone(&shared);
            // A connection that breaks is the peer's affair; the test sees it at the other end.
            std::thread::spawn(move || drop(converse(&shared, stream, number)));
        }
    });
}

/// Answers the requests of one connection until either side ends it.
fn converse<S: Stream>(shared: &Shared, mut out: S, number: usize) -> io::Result<()> {
    let mut stream = BufReader::with_capacity(65536, out.try_clone()?);
    while let Some(head) = wire::read_head(&mut stream)? {
        let seen = read_request(head, &mut stream, number, &mut out)?;
        shared.seen.lock().expect("not poisoned").push(seen.clone());
        match (shared.answer)(&seen) {
            Reply::HangUp => return Ok(()),
            Reply::Silence => {
                stream.fill_buf()?;
                return Ok(());
            }
            Reply::Raw(bytes) => return out.write_all(&bytes),
            Reply::Endless(first, again) => {
                out.write_all(&first)?;
                loop {
                    out.write_all(&again)?;
                }
            }
            Reply::WebSocketEcho => return websocket::echo(&seen.headers, &mut stream, out),
            Reply::Echo => {
                write_text(&mut out, &seen, 200, &[("Content-Type", "application/json".to_owned())], &echo(&seen))?;
            }
            Reply::Text(status, headers, body) => write_text(&mut out, &seen, status, &headers, &body)?,
            Reply::Bytes(length) => write_bytes(&mut out, length)?,
            Reply::Events(events) => write_events(&mut out, events)?,
            Reply::Chunked(pieces, trailers) => write_chunked(&mut out, &pieces, &trailers)?,
        }
    }
    Ok(())
}

fn read_request<S: Stream>(
    head: wire::Head,
    stream: &mut BufReader<S>,
    connection: usize,
    out: &mut S,
) -> io::Result<Seen> {
    if head.headers.get("Expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
        out.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let framing = if head.headers.lists("Transfer-Encoding", "chunked") {
        Framing::Chunked
    } else {
        Framing::Length(head.headers.get("Content-Length").and_then(|value| value.parse().ok()).unwrap_or(0))
    };
    let (mut body, mut body_length) = (Vec::new(), 0);
    let trailers = wire::read_body(stream, framing, |piece| {
        body_length += piece.len() as u64;
        let room = KEPT_BODY.saturating_sub(body.len()).min(piece.len());
        body.extend_from_slice(&piece[..room]);
    })?;
    let mut words = head.start_line.splitn(3, ' ');
    Ok(Seen {
        method: words.next().unwrap_or_default().to_owned(),
        target: words.next().unwrap_or_default().to_owned(),
        headers: head.headers,
        raw_head: head.raw,
        body,
        body_length,
        trailers,
        connection,
    })
}

fn write_events(out: &mut impl Write, events: Receiver<String>) -> io::Result<()> {
    out.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")?;
    for event in events {
        let event = format!("data: {event}\n\n");
        write!(out, "{:x}\r\n{event}\r\n", event.len())?;
    }
    out.write_all(b"0\r\n\r\n")
}

fn write_chunked(out: &mut impl Write, pieces: &[&str], trailers: &[(&str, &str)]) -> io::Result<()> {
    let names: Vec<_> = trailers.iter().map(|(name, _)| *name).collect();
    write!(out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: {}\r\n\r\n", names.join(", "))?;
    for piece in pieces {
        write!(out, "{:x}\r\n{piece}\r\n", piece.len())?;
    }
    out.write_all(b"0\r\n")?;
    for (name, value) in trailers {
        write!(out, "{name}: {value}\r\n")?;
    }
    out.write_all(b"\r\n")
}

fn write_text(
    out: &mut impl Write,
    seen: &Seen,
    status: u16,
    headers: &[(&'static str, String)],
    body: &str,
) -> io::Result<()> {
    let mut answer = format!("HTTP/1.1 {status} Answer\r\n");
    for (name, value) in headers {
        let _ = write!(answer, "{name}: {value}\r\n");
    }
    if status != 204 && status != 304 {
        let _ = write!(answer, "Content-Length: {}\r\n", body.len());
    }
    answer += "\r\n";
    if seen.method != "HEAD" && status != 204 && status != 304 {
        answer += body;
    }
    out.write_all(answer.as_bytes())
}

fn write_bytes(out: &mut impl Write, length: u64) -> io::Result<()> {
    write!(out, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {length}\r\n\r\n")?;
    io::copy(&mut io::repeat(b'x').take(length), out).map(drop)
}

fn echo(seen: &Seen) -> String {
    let headers: Vec<_> = seen.headers.iter().map(|(name, value)| json!([name, value])).collect();
    json!({ "method": seen.method, "target": seen.target, "headers": headers, "body_length": seen.body_length })
        .to_string()
}

/// How long the test waits for something that another thread does at once.
pub const SOON: Duration = Duration::from_secs(10);
