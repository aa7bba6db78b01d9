//! The body of an answer, or of a request on its way to an app.

use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use sidecar_net::{BoxError, InFlight};
use tokio::time::{Instant, Sleep, sleep};

use crate::{Table, file::FileBody, gunzip::Gunzip, hop, limits::UPLOAD_STALL};

/// A body: streamed from the network or a file, or at hand. Never collected.
#[derive(Debug, Default)]
pub struct Body(Inner);

#[derive(Debug, Default)]
enum Inner {
    #[default]
    Empty,
    Full(Bytes),
    Streamed(Incoming),
    Guarded(Box<Guarded>),
    Upload(Upload),
    Gunzip(Box<Gunzip>),
    File(Box<FileBody>),
}

impl Body {
    /// No body.
    #[must_use]
    pub fn empty() -> Self {
        Self(Inner::Empty)
    }

    pub(crate) fn upload(incoming: Incoming, sent: Sent) -> Self {
        Self(Inner::Upload(Upload { incoming, sent, stall: None }))
    }

    /// An answer whose trailers are looked at, if `trailers` says by what, and that counts as a request of its connection.
    pub(crate) fn guarded(incoming: Incoming, trailers: Option<Arc<Table>>, in_flight: Option<InFlight>) -> Self {
        Self(Inner::Guarded(Box::new(Guarded { incoming, trailers, _in_flight: in_flight })))
    }

    pub(crate) fn gunzip(incoming: Incoming) -> Self {
        Self(Inner::Gunzip(Box::new(Gunzip::new(incoming))))
    }

    pub(crate) fn file(file: FileBody) -> Self {
        Self(Inner::File(Box::new(file)))
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self::empty() } else { Self(Inner::Full(bytes)) }
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::from(Bytes::from(text))
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Self::from(Bytes::from_static(text.as_bytes()))
    }
}

impl From<Incoming> for Body {
    fn from(incoming: Incoming) -> Self {
        Self(Inner::Streamed(incoming))
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        match &mut this.0 {
            Inner::Empty => Poll::Ready(None),
            Inner::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                this.0 = Inner::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Inner::Streamed(incoming) => Pin::new(incoming).poll_frame(cx).map_err(Into::into),
            Inner::Guarded(guarded) => guarded.poll_frame(cx),
            Inner::Upload(upload) => upload.poll_frame(cx),
            Inner::Gunzip(gunzip) => gunzip.poll_frame(cx),
            Inner::File(file) => file.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Inner::Empty => true,
            Inner::Full(_) | Inner::Gunzip(_) => false,
            Inner::Streamed(incoming) => incoming.is_end_stream(),
            Inner::Guarded(guarded) => guarded.incoming.is_end_stream(),
            Inner::Upload(upload) => upload.incoming.is_end_stream(),
            Inner::File(file) => file.remaining() == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Empty => SizeHint::with_exact(0),
            Inner::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Inner::Streamed(incoming) => incoming.size_hint(),
            Inner::Guarded(guarded) => guarded.incoming.size_hint(),
            Inner::Upload(upload) => upload.incoming.size_hint(),
            Inner::Gunzip(_) => SizeHint::default(),
            Inner::File(file) => SizeHint::with_exact(file.remaining()),
        }
    }
}

/// The body of an answer where HTTP/2 is spoken: trailers need no announcement there, so what they say is looked at as it
/// comes.
#[derive(Debug)]
struct Guarded {
    incoming: Incoming,
    trailers: Option<Arc<Table>>,
    /// Held until the last byte has come.
    _in_flight: Option<InFlight>,
}

impl Guarded {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.incoming).poll_frame(cx)).transpose()?;
        let Some(frame) = frame else { return Poll::Ready(None) };
        Poll::Ready(Some(Ok(match (frame.into_trailers(), &self.trailers) {
            (Ok(mut trailers), Some(table)) => {
                hop::consume_response(&mut trailers);
                let refused: Vec<_> = trailers.keys().filter(|name| table.is_no_trailer(name)).cloned().collect();
                for name in refused {
                    trailers.remove(name);
                }
                Frame::trailers(trailers)
            }
            (Ok(trailers), None) => Frame::trailers(trailers),
            (Err(data), _) => data,
        })))
    }
}

/// When the last byte of a request was handed over: an upstream's time for its answer begins then.
pub(crate) type Sent = Arc<OnceLock<Instant>>;

/// A request's body on its way to an app: data only, trailers are dropped (invariant I-03).
#[derive(Debug)]
struct Upload {
    incoming: Incoming,
    sent: Sent,
    /// Runs while the visitor sends nothing of what it has announced.
    stall: Option<Pin<Box<Sleep>>>,
}

/// A visitor has sent nothing of its body for [`UPLOAD_STALL`].
#[derive(Debug, thiserror::Error)]
#[error("nothing more of the body came")]
struct Stalled;

impl Upload {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        loop {
            let Poll::Ready(frame) = Pin::new(&mut self.incoming).poll_frame(cx) else { return self.poll_stall(cx) };
            self.stall = None;
            match frame {
                Some(Ok(frame)) if frame.is_trailers() => {}
                Some(frame) => return Poll::Ready(Some(frame.map_err(Into::into))),
                None => {
                    self.sent.get_or_init(Instant::now);
                    return Poll::Ready(None);
                }
            }
        }
    }

    fn poll_stall(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.incoming.size_hint().exact().is_none() {
            return Poll::Pending;
        }
        let stall = self.stall.get_or_insert_with(|| Box::pin(sleep(UPLOAD_STALL)));
        stall.as_mut().poll(cx).map(|()| Some(Err(Stalled.into())))
    }
}

impl Drop for Upload {
    // hyper drops a body of known length with its last byte, without asking for the end.
    fn drop(&mut self) {
        self.sent.get_or_init(Instant::now);
    }
}
