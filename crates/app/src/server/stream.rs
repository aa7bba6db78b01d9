//! Requests of HTTP/2: how long an answer may wait for a client that opens no window for it, while its connection goes on.
//!
//! hyper asks a body for its next piece when the one before has found room. A piece after which nobody asks waits for the
//! client; hyper's task for the request is all that sees it, and dropping that resets the stream.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{self, Sleep};

use crate::limits::STALL_TIME;

tokio::task_local! {
    /// Of the request whose task this is.
    static PIECES: Rc<Pieces>;
}

/// What a request's answer has given so far.
#[derive(Default)]
struct Pieces {
    given: Cell<u64>,
    /// Whether nobody has asked for more since.
    last_waits: Cell<bool>,
}

/// A request, until it is served or its client has taken no piece of its answer for too long.
pub(super) async fn unless_stalled(request: impl Future<Output = ()>) {
    let pieces = Rc::new(Pieces::default());
    let mut request = pin!(PIECES.scope(Rc::clone(&pieces), request));
    let mut stall: Option<(u64, Pin<Box<Sleep>>)> = None;
    poll_fn(|cx| {
        if request.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        let waits = pieces.last_waits.get().then(|| pieces.given.get());
        stall = stall.take().filter(|(piece, _)| waits == Some(*piece));
        let Some(piece) = waits else { return Poll::Pending };
        let (_, sleep) = stall.get_or_insert_with(|| (piece, Box::pin(time::sleep(STALL_TIME))));
        sleep.as_mut().poll(cx)
    })
    .await;
}

/// An answer whose body tells [`unless_stalled`] of its pieces.
pub(super) async fn told<B>(
    answer: impl Future<Output = Result<Response<B>, Infallible>>,
) -> Result<Response<Told<B>>, Infallible> {
    let pieces = PIECES.try_with(Rc::clone).unwrap_or_default();
    Ok(answer.await?.map(|body| Told { body, pieces }))
}

/// A body that tells of its pieces.
pub(super) struct Told<B> {
    body: B,
    pieces: Rc<Pieces>,
}

impl<B: Body<Data = Bytes> + Unpin> Body for Told<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        self.pieces.given.set(self.pieces.given.get() + 1);
        self.pieces.last_waits.set(matches!(frame, Poll::Ready(Some(Ok(_)))));
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    /// Has a piece for whoever asks, or nothing to say.
    struct Source(Poll<()>);

    impl Body for Source {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            self.0.map(|()| Some(Ok(Frame::data(Bytes::from_static(b"piece")))))
        }
    }

    /// How long a request is served whose client asks so many times for a piece of this, with this pause between them.
    async fn served_for(source: Source, times: u32, pause: time::Duration) -> time::Duration {
        let begun = Instant::now();
        unless_stalled(async {
            let mut body = told(async { Ok(Response::new(source)) }).await.unwrap().into_body();
            for _ in 0..times {
                let asking = poll_fn(|cx| Poll::Ready(Pin::new(&mut body).poll_frame(cx).is_ready()));
                asking.await;
                time::sleep(pause).await;
            }
        })
        .await;
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_taken_slowly_or_has_nothing_to_say_is_waited_for() {
        let slowly = STALL_TIME * 9 / 10;
        assert_eq!(served_for(Source(Poll::Ready(())), 10, slowly).await, slowly * 10);
        assert_eq!(served_for(Source(Poll::Pending), 1, STALL_TIME * 9).await, STALL_TIME * 9);
        assert_eq!(served_for(Source(Poll::Ready(())), 2, STALL_TIME * 9).await, STALL_TIME);
    }
}
