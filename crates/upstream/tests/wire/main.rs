//! Over real sockets: a recording app, the code under test behind hyper's server, and a client that writes raw bytes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod files;
mod framing;
mod headers;
mod support;
mod websocket;
