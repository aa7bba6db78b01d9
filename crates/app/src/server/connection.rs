//! Serving one connection.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use futures_util::FutureExt as _;
use http::{Request, Response, StatusCode};
use http_body_util::{Either, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sidecar_gateway::{Gateway, Peer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use super::phase::{Answered, Phase, Watched};

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
    gateway: Rc<Gateway>,
    limits: Limits,
    mut drain: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let phase = Phase::new();
    let service = service_fn(|request: Request<Incoming>| {
        let (gateway, served) = (Rc::clone(&gateway), phase.request());
        async move {
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
        _ = connection.as_mut() => return,
        () = phase.overdue() => return,
        _ = drain.wait_for(|drain| *drain) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

fn panicked() -> Response<Empty<bytes::Bytes>> {
    tracing::error!("a request ended in a panic");
    let mut answer = Response::new(Empty::new());
    *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    answer
}
