//! Requests as bytes and answers as they came: no library between the test and the wire that could mend either.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// An answer as it came, its body with the chunks put together.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Header lines in order; names as sent.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first line of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Every line of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// A connection that ended without an answer, so that it can be compared like one.
    fn dropped() -> Self {
        Self { status: 0, headers: Vec::new(), body: Vec::new() }
    }
}

/// How long a program may take to answer before the test calls it hung.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends `request` on a new connection and reads one answer; status 0 when the connection ends without one.
#[must_use]
pub fn exchange(to: SocketAddr, request: &[u8]) -> Answer {
    let head_only = request.starts_with(b"HEAD ");
    converse(to, request, head_only).unwrap_or_else(|error| {
        assert!(error.kind() != std::io::ErrorKind::WouldBlock, "no answer within {PATIENCE:?}");
        Answer::dropped()
    })
}

fn converse(to: SocketAddr, request: &[u8], head_only: bool) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request)?;
    let mut from = BufReader::new(stream);
    loop {
        let (status, headers) = head(&mut from)?;
        let mut answer = Answer { status, headers, body: Vec::new() };
        if (100..200).contains(&status) && status != 101 {
            continue;
        }
        if !(head_only || status == 101 || status == 204 || status == 304) {
            answer.body = body(&mut from, &answer)?;
        }
        return Ok(answer);
    }
}

type Head = (u16, Vec<(String, String)>);

fn head(from: &mut impl BufRead) -> std::io::Result<Head> {
    let first = line(from)?;
    let status = first.split(' ').nth(1).and_then(|word| word.parse().ok()).ok_or_else(|| bad("no status line"))?;
    let mut headers = Vec::new();
    loop {
        let text = line(from)?;
        if text.is_empty() {
            return Ok((status, headers));
        }
        let (name, value) = text.split_once(':').ok_or_else(|| bad("a header line without a colon"))?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
}

fn body(from: &mut impl BufRead, answer: &Answer) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if answer.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        loop {
            let size = line(from)?;
            let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16)
                .map_err(|_| bad("a chunk without a size"))?;
            let mut chunk = vec![0; size];
            from.read_exact(&mut chunk)?;
            line(from)?;
            if size == 0 {
                return Ok(bytes);
            }
            bytes.extend(chunk);
        }
    }
    match answer.header("content-length").and_then(|length| length.parse::<u64>().ok()) {
        Some(length) => {
            from.take(length).read_to_end(&mut bytes)?;
            if bytes.len() as u64 != length {
                return Err(bad("the body is shorter than announced"));
            }
        }
        None => {
            from.read_to_end(&mut bytes)?;
        }
    }
    Ok(bytes)
}

/// One line without its end; bytes that are not ASCII become their Latin-1 letters.
fn line(from: &mut impl BufRead) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    if from.read_until(b'\n', &mut bytes)? == 0 {
        return Err(bad("the connection ended"));
    }
    while matches!(bytes.last(), Some(b'\n' | b'\r')) {
        bytes.pop();
    }
    Ok(bytes.into_iter().map(char::from).collect())
}

fn bad(why: &'static str) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, why)
}
