//! Many requests over HTTP/2, by a client that nobody here wrote.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::{Headers, Process, Request, Response, http, place};

/// How long the client may take to start, on a busy machine.
const START: Duration = Duration::from_mins(1);

/// Node's client.
#[derive(Debug)]
pub struct Http2Client {
    address: SocketAddr,
    _process: Process,
}

impl Http2Client {
    /// A client that is ready.
    #[must_use]
    pub fn start() -> Self {
        let port = place::free_port();
        let mut command = Command::new("node");
        command.arg(place::recipe("http2.mjs")).arg(port.to_string());
        let process = Process::start("HTTP/2 client", command);
        process.wait_for("ready", START);
        Self { address: place::loopback(port), _process: process }
    }

    /// Sends a request to the plain listener at `to`, on a connection of its own.
    #[must_use]
    pub fn ask(&self, to: SocketAddr, request: &Request) -> Response {
        self.ask_all(to, std::slice::from_ref(request)).pop().expect("one answer")
    }

    /// Sends requests to the plain listener at `to`, some at a time on one connection; the answers come in their order. The
    /// status of a stream that was reset is 0. Lines of the connection, which HTTP/2 has none of, may not be in them.
    #[must_use]
    pub fn ask_all(&self, to: SocketAddr, requests: &[Request]) -> Vec<Response> {
        let written: Vec<_> = requests.iter().map(written).collect();
        let question = json!({ "origin": format!("http://{to}"), "requests": written }).to_string();
        let told = http::ask(self.address, &Request::new("POST", "/").body(question)).json();
        let answers: Vec<_> = told.as_array().expect("a list").iter().map(read).collect();
        assert_eq!(answers.len(), requests.len());
        answers
    }
}

fn written(request: &Request) -> Value {
    let headers: Vec<_> = request.headers().iter().map(|(name, value)| json!([name, value])).collect();
    let body = std::str::from_utf8(request.body_bytes()).expect("a body of text");
    json!({ "method": request.method(), "path": request.target(), "headers": headers, "body": body })
}

fn read(told: &Value) -> Response {
    let mut headers = Headers::default();
    for line in told["headers"].as_array().into_iter().flatten() {
        headers.push(line[0].as_str().unwrap_or_default(), line[1].as_str().unwrap_or_default());
    }
    let status = told["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(0);
    let body = told["body"].as_str().unwrap_or_default().as_bytes().to_vec();
    Response { status, status_line: format!("HTTP/2 {status}"), headers, body, trailers: Headers::default() }
}
