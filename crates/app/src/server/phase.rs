//! How long a connection may wait for a request's head.
//!
//! A head must arrive whole within a minute of its first byte; between requests a connection may rest for longer than
//! any gateway keeps it, so that we are never the one who closes it under a request (hyper's own limit counts the rest
//! as well).

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{self, Instant};

use super::slots::Slot;
use super::wire::Watch;
use crate::limits::{HEAD_TIME, REST_TIME, SCARCE_TIME};

/// How often a connection looks at the clock.
const TICK: Duration = Duration::from_secs(5);

/// What a connection waits for, and since when. One thread uses it at a time; atomics only satisfy `Send`.
#[derive(Clone)]
pub(super) struct Phase(Arc<State>);

struct State {
    born: Instant,
    /// One of the constants below.
    waiting: AtomicU8,
    /// Milliseconds after `born`.
    since: AtomicU64,
    in_flight: AtomicU32,
    /// Whether a head has begun and not ended; used by HTTP/2, where others may be served meanwhile.
    head_is_open: AtomicBool,
    /// Whether the other side has not taken yet what is there for it.
    is_writing: AtomicBool,
    /// Free again when the socket and all that wait for it are gone, a tunnel among them.
    slot: Slot,
}

/// Waits for the next request.
const REST: u8 = 0;
/// Waits for the rest of a head.
const HEAD: u8 = 1;
/// Waits for nothing: a request is being served.
const SERVED: u8 = 2;

impl Phase {
    /// A new connection owes a head at once.
    pub(super) fn new(slot: Slot) -> Self {
        Self(Arc::new(State {
            born: Instant::now(),
            waiting: AtomicU8::new(HEAD),
            since: AtomicU64::new(0),
            in_flight: AtomicU32::new(0),
            head_is_open: AtomicBool::new(false),
            is_writing: AtomicBool::new(false),
            slot,
        }))
    }

    /// A head is complete. The guard is held until its answer has left.
    pub(super) fn request(&self) -> Served {
        self.0.waiting.store(SERVED, Relaxed);
        self.0.in_flight.fetch_add(1, Relaxed);
        Served(self.clone())
    }

    /// Resolves once the connection has waited too long.
    pub(super) async fn overdue(&self) {
        let mut clock = time::interval_at(time::Instant::now() + TICK, TICK);
        loop {
            clock.tick().await;
            let limit = match self.0.waiting.load(Relaxed) {
                // The end of an answer may still be on its way when nothing is in flight any more.
                REST if self.0.is_writing.load(Relaxed) => continue,
                REST => REST_TIME,
                HEAD => HEAD_TIME,
                _ => continue,
            };
            let limit = if self.0.slot.is_scarce() { SCARCE_TIME } else { limit };
            if self.elapsed().saturating_sub(self.0.since.load(Relaxed)) > as_millis(limit) {
                return;
            }
        }
    }

    /// A frame that belongs to a head has begun.
    pub(super) fn head_begins(&self) {
        if !self.0.head_is_open.swap(true, Relaxed) && self.0.waiting.load(Relaxed) == REST {
            self.set(HEAD);
        }
    }

    /// The head that was begun is complete; what becomes of it is another matter.
    pub(super) fn head_ends(&self) {
        self.0.head_is_open.store(false, Relaxed);
        if self.0.waiting.load(Relaxed) == HEAD {
            self.set(REST);
        }
    }

    /// Whether a head has begun and not ended.
    #[cfg(test)]
    pub(super) fn has_open_head(&self) -> bool {
        self.0.head_is_open.load(Relaxed)
    }

    /// How long the connection has been there.
    pub(super) fn age(&self) -> Duration {
        self.0.born.elapsed()
    }

    /// The other side took something of what is there for it, or it takes nothing at present.
    pub(super) fn wrote<T>(&self, written: &Poll<T>) {
        let waited = self.0.is_writing.load(Relaxed);
        self.0.is_writing.store(written.is_pending(), Relaxed);
        if waited && written.is_ready() && self.0.waiting.load(Relaxed) == REST {
            self.set(REST);
        }
    }

    fn set(&self, waiting: u8) {
        self.0.waiting.store(waiting, Relaxed);
        self.0.since.store(self.elapsed(), Relaxed);
    }

    fn elapsed(&self) -> u64 {
        as_millis(self.0.born.elapsed())
    }
}

/// Of HTTP/1, where what comes after a rest begins a head.
impl Watch for Phase {
    fn came(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !bytes.is_empty() && self.0.waiting.load(Relaxed) == REST {
            self.set(HEAD);
        }
        Ok(())
    }

    fn left(&mut self, _bytes: usize) {}
}

fn as_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Held while a request is served.
pub(super) struct Served(Phase);

impl Drop for Served {
    fn drop(&mut self) {
        if self.0.0.in_flight.fetch_sub(1, Relaxed) == 1 {
            let is_waiting = self.0.0.head_is_open.load(Relaxed);
            self.0.set(if is_waiting { HEAD } else { REST });
        }
    }
}

/// A body that ends its request's service when it goes.
pub(super) struct Answered<B> {
    body: B,
    _served: Served,
}

impl<B> Answered<B> {
    pub(super) fn new(body: B, served: Served) -> Self {
        Self { body, _served: served }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Answered<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
