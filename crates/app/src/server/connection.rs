//! Serving one connection.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use futures_util::FutureExt as _;
use http::header::{CONNECTION, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::{Either, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sidecar_core::code::{self, Code};
use sidecar_gateway::Peer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use super::phase::{Answered, Phase, Watched};
use super::worker::Current;

/// Most header lines of a request (differences.md D43).
const MAX_HEADER_LINES: usize = 256;

/// What a connection may send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes of a request's head (`max-header-bytes`).
    pub(crate) head_bytes: usize,
}

/// Serves a connection until it ends, waits too long, or `drain` says that it should take no further request.
pub(super) async fn serve<S>(
    socket: S,
    peer: Peer,
    current: Rc<Current>,
    limits: Limits,
    mut drain: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let phase = Phase::new();
    let service = service_fn(|request: Request<Incoming>| {
        let (gateway, served) = (current.gateway(), phase.request());
        async move {
            if head_bytes(&request) > limits.head_bytes {
                return Ok(too_large().map(Either::Right).map(|body| Answered::new(body, served)));
            }
            // A panic is a fault of ours and ends this request alone.
            let answer = AssertUnwindSafe(gateway.handle(request, peer)).catch_unwind().await;
            let answer = match answer {
                Ok(answer) => answer.map(Either::Left),
                Err(_) => panicked().map(Either::Right),
            };
            Ok::<_, Infallible>(answer.map(|body| Answered::new(body, served)))
        }
    });
    let connection = http1::Builder::new()
        .max_buf_size(limits.head_bytes)
        .max_headers(MAX_HEADER_LINES)
        .serve_connection(TokioIo::new(Watched::new(socket, phase.clone())), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // What ended it, a bad head or a hang-up, is the client's affair: hyper has answered what can be answered.
        done = connection.as_mut() => return tell(done),
        () = phase.overdue() => return,
        _ = drain.wait_for(|drain| *drain) => connection.as_mut().graceful_shutdown(),
    }
    tell(connection.await);
}

/// Tells of a head that hyper could not read.
fn tell(done: hyper::Result<()>) {
    if let Err(error) = done
        && error.is_parse()
    {
        let code = if error.is_parse_too_large() { Code::RequestHead } else { Code::RequestMalformed };
        tracing::info!(%code, %error, "a request is not taken");
    }
}

/// The size of a head as it was sent, short of the version. hyper's own bound is that of its buffer, which a head that
/// arrives at once may exceed.
fn head_bytes<B>(request: &Request<B>) -> usize {
    let lines = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    request.method().as_str().len() + target + lines.sum::<usize>()
}

fn too_large() -> Response<Empty<bytes::Bytes>> {
    let code = Code::RequestHead;
    tracing::info!(%code, "the head of a request is too large");
    let mut answer = coded(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, code);
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

fn panicked() -> Response<Empty<bytes::Bytes>> {
    tracing::error!(code = %Code::Internal, "a request ended in a panic");
    coded(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal)
}

/// An empty answer that says its code.
fn coded(status: StatusCode, code: Code) -> Response<Empty<bytes::Bytes>> {
    let mut answer = Response::new(Empty::new());
    *answer.status_mut() = status;
    answer.headers_mut().insert(code::HEADER, HeaderValue::from_static(code.as_str()));
    answer
}
