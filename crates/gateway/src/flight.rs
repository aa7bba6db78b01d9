//! Work that is done once per session however many requests ask for it, and whose result counts for a while.
//!
//! ```text
//! requests with one cookie ─► Flights ─► one task ─► result ─► all of them, and those that come while it counts
//! ```

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use sidecar_core::clock::Clock;
use sidecar_session::SessionId;
use tokio::sync::watch;

use crate::limits::MOST_REMEMBERED;

/// Fewer flights than this are not worth looking through.
const SWEEP_FROM: usize = 64;

/// The work under way, and what landed a little while ago.
pub(crate) struct Flights<T> {
    table: Mutex<Table<T>>,
    clock: Clock,
    keep: Keep<T>,
    /// How long a result that counts no more is known to the next work for the same session.
    remember: Duration,
}

/// How long a result counts.
type Keep<T> = Box<dyn Fn(&T) -> Duration + Send + Sync>;

/// Work that others can wait for.
type Flight<T> = watch::Receiver<Option<Landed<T>>>;

struct Table<T> {
    by_session: HashMap<SessionId, Flight<T>>,
    /// With so many, those that count no more are thrown out.
    sweep_at: usize,
}

/// What came of the work, and when.
struct Landed<T> {
    result: T,
    at: SystemTime,
}

impl<T: Clone + Send + Sync + 'static> Flights<T> {
    pub(crate) fn new(clock: Clock, keep: impl Fn(&T) -> Duration + Send + Sync + 'static) -> Self {
        let table = Table { by_session: HashMap::new(), sweep_at: SWEEP_FROM };
        Self { table: Mutex::new(table), clock, keep: Box::new(keep), remember: Duration::ZERO }
    }

    /// The same, with results that are known for so long to the work that comes after them.
    pub(crate) fn remembering(self, remember: Duration) -> Self {
        Self { remember, ..self }
    }

    /// What comes of the work for this session: that under way or a result that counts, else `begin` starts it, given the
    /// last result if it is remembered, in a task of its own, which is finished even when every visitor hangs up. `None`
    /// when it panicked.
    pub(crate) async fn result<W>(&self, session: SessionId, begin: impl FnOnce(Option<T>) -> W) -> Option<T>
    where
        W: Future<Output = T> + Send + 'static,
    {
        let mut flight = self.join(session, begin);
        let landed = flight.wait_for(Option::is_some).await.ok()?;
        landed.as_ref().map(|landed| landed.result.clone())
    }

    fn join<W>(&self, session: SessionId, begin: impl FnOnce(Option<T>) -> W) -> Flight<T>
    where
        W: Future<Output = T> + Send + 'static,
    {
        let now = self.clock.now();
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let last = table.by_session.get(&session);
        if let Some(flight) = last.filter(|flight| self.counts(flight, now)) {
            return flight.clone();
        }
        let last = last.and_then(|flight| flight.borrow().as_ref().map(|landed| landed.result.clone()));
        if table.by_session.len() >= table.sweep_at {
            let remembers = table.by_session.len() <= MOST_REMEMBERED;
            table
                .by_session
                .retain(|_, flight| self.counts(flight, now) || (remembers && self.is_remembered(flight, now)));
            table.sweep_at = 2 * table.by_session.len() + SWEEP_FROM;
        }
        let (landing, flight) = watch::channel(None);
        table.by_session.insert(session, flight.clone());
        drop(table);
        let (work, clock) = (begin(last), self.clock.clone());
        tokio::spawn(async move {
            let result = work.await;
            landing.send_replace(Some(Landed { result, at: clock.now() }));
        });
        flight
    }

    /// How many sessions something is known of.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.table.lock().unwrap_or_else(PoisonError::into_inner).by_session.len()
    }

    /// Whether a flight is under way, or its result still counts. One whose task panicked is neither.
    fn counts(&self, flight: &Flight<T>, now: SystemTime) -> bool {
        match &*flight.borrow() {
            None => flight.has_changed().is_ok(),
            Some(landed) => now.duration_since(landed.at).unwrap_or_default() < (self.keep)(&landed.result),
        }
    }

    fn is_remembered(&self, flight: &Flight<T>, now: SystemTime) -> bool {
        let landed = flight.borrow().as_ref().map(|landed| landed.at);
        landed.is_some_and(|at| now.duration_since(at).unwrap_or_default() < self.remember)
    }
}
