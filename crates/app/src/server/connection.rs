//! Serving one connection.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

use bytes::Bytes;
use http::header::{CONNECTION, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::{Either, Empty};
use hyper::body::{Body, Incoming};
use hyper::rt::Executor;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sidecar_core::code::{self, Code};
use sidecar_gateway::{Gateway, Observed, Peer};
use sidecar_net::{Agreed, BoxError};
use sidecar_upstream::Body as UpstreamBody;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time;

use super::frames::Frames;
use super::phase::{Answered, Phase, Served};
use super::slots::Slot;
use super::socket::{Accepted, Opening, Socket};
use super::stream;
use super::wire::Wire;
use crate::limits::{FAREWELL, MAX_HEADER_LINES, MAX_STREAMS, SEND_BUFFER};

/// What a field costs in HTTP/2 beside its bytes (RFC 9113 §6.5.2).
const FIELD_OVERHEAD: usize = 32;

/// What a connection may send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes of a request's head (`max-header-bytes`).
    pub(crate) head_bytes: usize,
}

/// What answers requests.
pub(super) trait Answer: 'static {
    /// The body of its answers.
    type Body: Body<Data = Bytes, Error = BoxError> + Unpin + 'static;

    /// Answers one request. The future is as large as the whole path of a request, and is not wrapped in another on its way
    /// here: each wrapper is a copy of it.
    fn answer(&self, request: Request<Incoming>, peer: Peer) -> impl Future<Output = Response<Self::Body>>;
}

impl Answer for Gateway {
    type Body = Observed<UpstreamBody>;

    fn answer(&self, request: Request<Incoming>, peer: Peer) -> impl Future<Output = Response<Self::Body>> {
        self.handle(request, peer)
    }
}

/// What answers at a worker: a request takes the one that there is when it comes, and ends on it.
pub(super) struct Current<A>(RefCell<Rc<A>>);

impl<A> Current<A> {
    pub(super) fn new(answers: A) -> Self {
        Self(RefCell::new(Rc::new(answers)))
    }

    pub(super) fn replace(&self, answers: A) {
        self.0.replace(Rc::new(answers));
    }

    /// The one that answers now; costs a count that no other thread sees.
    fn get(&self) -> Rc<A> {
        Rc::clone(&self.0.borrow())
    }
}

/// What a connection is served with.
pub(super) struct Guest<A> {
    pub(super) current: Rc<Current<A>>,
    pub(super) peer: Peer,
    pub(super) limits: Limits,
    /// Turns true when no further request should be taken.
    pub(super) drain: watch::Receiver<bool>,
}

/// Serves a connection until it ends, waits too long, or should take no further request.
pub(super) async fn serve<A: Answer>(accepted: Accepted, slot: Slot, mut guest: Guest<A>) {
    let Some((socket, opening)) = accepted.open().await else { return };
    let phase = Phase::new(slot);
    // The one clock of the connection, whatever it turns out to speak.
    let mut overdue = pin!(phase.overdue());
    let mut wire = Wire::new(socket, phase.clone());
    let agreed = match opening {
        Opening::Agreed(agreed) => agreed,
        Opening::Unsaid => tokio::select! {
            agreed = wire.speaks() => match agreed {
                Ok(agreed) => agreed,
                Err(_) => return,
            },
            () = overdue.as_mut() => return,
            _ = guest.drain.wait_for(|drain| *drain) => return,
        },
    };
    match agreed {
        Agreed::Http1 => serve_http1(wire, guest, &phase, overdue).await,
        // In a box, so that a connection of the other kind has a small future.
        Agreed::Http2 => Box::pin(serve_http2(wire, guest, &phase, overdue)).await,
    }
}

async fn serve_http1<S, A: Answer>(
    wire: Wire<S>,
    guest: Guest<A>,
    phase: &Phase,
    overdue: Pin<&mut impl Future<Output = ()>>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Guest { current, peer, limits, mut drain } = guest;
    let service = service_fn(|request| within(limits, current.get(), request, peer, phase.request()));
    let connection = http1::Builder::new()
        .max_buf_size(limits.head_bytes)
        .max_headers(MAX_HEADER_LINES)
        .serve_connection(TokioIo::new(wire.watched(phase.clone())), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    tokio::select! {
        // What ended it, a bad head or a hang-up, is the client's affair: hyper has answered what can be answered.
        done = connection.as_mut() => return tell(done),
        () = overdue => return,
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

async fn serve_http2<A: Answer>(
    wire: Wire<Socket>,
    guest: Guest<A>,
    phase: &Phase,
    overdue: Pin<&mut impl Future<Output = ()>>,
) {
    let Guest { current, peer, limits, mut drain } = guest;
    let service = service_fn(|request| stream::told(within(limits, current.get(), request, peer, phase.request())));
    let list = limits.head_bytes + MAX_HEADER_LINES * FIELD_OVERHEAD;
    let connection = http2::Builder::new(Worker)
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(u32::try_from(list).unwrap_or(u32::MAX))
        .max_send_buf_size(SEND_BUFFER)
        .serve_connection(TokioIo::new(wire.watched(Frames::new(phase.clone()))), service);
    let mut connection = pin!(connection);
    let is_overdue = tokio::select! {
        _ = connection.as_mut() => return,
        () = overdue => true,
        _ = drain.wait_for(|drain| *drain) => false,
    };
    // GOAWAY: what has begun is finished, nothing more is begun.
    connection.as_mut().graceful_shutdown();
    if is_overdue {
        let _ = time::timeout(FAREWELL, connection).await;
    } else {
        let _ = connection.await;
    }
}

/// Runs the requests of an HTTP/2 connection on its own worker.
#[derive(Clone, Copy)]
struct Worker;

impl<F: Future<Output = ()> + 'static> Executor<F> for Worker {
    fn execute(&self, future: F) {
        tokio::task::spawn_local(stream::unless_stalled(future));
    }
}

/// The answer to a request whose head is within its limits.
async fn within<A: Answer>(
    limits: Limits,
    answers: Rc<A>,
    request: Request<Incoming>,
    peer: Peer,
    served: Served,
) -> Result<Response<Answered<Either<A::Body, Empty<Bytes>>>>, Infallible> {
    if head_bytes(&request) > limits.head_bytes || request.headers().len() > MAX_HEADER_LINES {
        return Ok(too_large().map(Either::Right).map(|body| Answered::new(body, served)));
    }
    let mut answering = pin!(answers.answer(request, peer));
    // A panic is a fault of ours and ends this request alone.
    let answer = poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| answering.as_mut().poll(cx)));
        polled.map_or_else(
            |_| Poll::Ready(panicked().map(Either::Right)),
            |poll| poll.map(|answer| answer.map(Either::Left)),
        )
    })
    .await;
    Ok(answer.map(|body| Answered::new(body, served)))
}

/// The size of a head as it was sent, short of the version. hyper's own bound is that of its buffer, which a head that
/// arrives at once may exceed.
fn head_bytes<B>(request: &Request<B>) -> usize {
    let lines = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    request.method().as_str().len() + target + lines.sum::<usize>()
}

fn too_large() -> Response<Empty<Bytes>> {
    let code = Code::RequestHead;
    tracing::info!(%code, "the head of a request is too large");
    let mut answer = coded(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, code);
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

fn panicked() -> Response<Empty<Bytes>> {
    tracing::error!(code = %Code::Internal, "a request ended in a panic");
    coded(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal)
}

/// An empty answer that says its code.
fn coded(status: StatusCode, code: Code) -> Response<Empty<Bytes>> {
    let mut answer = Response::new(Empty::new());
    *answer.status_mut() = status;
    answer.headers_mut().insert(code::HEADER, HeaderValue::from_static(code.as_str()));
    answer
}

#[cfg(test)]
#[path = "connection_tests.rs"]
pub(super) mod tests;
