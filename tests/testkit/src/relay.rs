//! Passing a request on to another server of the test, and its answer back.

use std::fmt::Write as _;
use std::net::SocketAddr;

use crate::{Reply, Request, Response, Seen, http};

/// Sends what an app saw on to a server, as it was but for the lines of the connection.
pub(crate) fn pass_on(to: SocketAddr, seen: &Seen) -> Response {
    let mut request = Request::new(&seen.method, &seen.target);
    for (name, value) in seen.headers.iter().filter(|(name, _)| !is_of_the_connection(name)) {
        request = request.header(name, value);
    }
    http::ask(to, &request.body(seen.body.clone()))
}

/// An answer of another server as an app's own.
pub(crate) fn as_reply(response: &Response) -> Reply {
    Reply::Raw(to_bytes(response, response.body.len()))
}

/// The bytes of an answer which says that its body is `length` long.
pub(crate) fn to_bytes(response: &Response, length: usize) -> Vec<u8> {
    let mut head = format!("{}\r\n", response.status_line);
    for (name, value) in response.headers.iter().filter(|(name, _)| !is_of_the_connection(name)) {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    if response.status != 204 && response.status != 304 {
        let _ = write!(head, "Content-Length: {length}\r\n");
    }
    head += "Connection: close\r\n\r\n";
    let mut bytes: Vec<u8> = head.chars().map(|c| u8::try_from(c).expect("header bytes are Latin-1")).collect();
    bytes.extend_from_slice(&response.body);
    bytes
}

fn is_of_the_connection(name: &str) -> bool {
    ["Host", "Connection", "Keep-Alive", "Content-Length", "Transfer-Encoding", "Trailer", "Expect"]
        .iter()
        .any(|other| other.eq_ignore_ascii_case(name))
}
