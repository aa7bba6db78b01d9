//! What is counted of requests, logins and sessions.
//!
//! Every thread has counters of its own, which no other thread writes, so counting costs a handful of relaxed additions
//! to memory that is in the thread's cache: no lock, no allocation. They are added up when somebody asks. What is rare is
//! counted in one place for all.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Method, StatusCode};
use sidecar_core::metric::{BUCKETS, Label, LoginOutcome, MethodLabel, RefreshOutcome, SessionFound, UpstreamFault};

/// The lowest and the highest status that can be written.
const FIRST_STATUS: u16 = 100;
const LAST_STATUS: u16 = 999;
const STATUSES: usize = (LAST_STATUS - FIRST_STATUS) as usize + 1;
const METHODS: usize = MethodLabel::ALL.len();
/// Those with a bound, and the one without.
const ALL_BUCKETS: usize = BUCKETS.len() + 1;

/// A counter for each value of a label.
#[derive(Debug)]
pub struct Counters<L, const N: usize> {
    counts: [AtomicU64; N],
    label: std::marker::PhantomData<L>,
}

impl<L: Label, const N: usize> Default for Counters<L, N> {
    fn default() -> Self {
        const { assert!(N == L::ALL.len(), "a counter for each value") };
        Self { counts: std::array::from_fn(|_| AtomicU64::new(0)), label: std::marker::PhantomData }
    }
}

impl<L: Label, const N: usize> Counters<L, N> {
    /// One more.
    pub fn count(&self, value: L) {
        if let Some(counter) = self.counts.get(value.index()) {
            counter.fetch_add(1, Relaxed);
        }
    }

    /// How many there were of each.
    pub fn each(&self) -> impl Iterator<Item = (L, u64)> {
        L::ALL.iter().copied().zip(self.counts.iter().map(|count| count.load(Relaxed)))
    }
}

/// The counters of the process: one per thread for what each request counts, one for all for the rest. Clones share them;
/// they outlive a gateway whose place another takes.
#[derive(Clone, Debug)]
pub struct Tallies(Arc<All>);

#[derive(Debug)]
struct All {
    of_requests: Counted,
    threads: Mutex<Threads>,
    rare: Rare,
}

/// Whether requests are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// They are.
    Yes,
    /// Nobody would ask, so it costs nothing.
    No,
}

#[derive(Debug, Default)]
struct Threads {
    all: Vec<Arc<Tally>>,
    /// Those that no gateway uses any more; the next one goes on with them.
    free: Vec<Arc<Tally>>,
}

/// What no request waits for.
#[derive(Debug, Default)]
pub(crate) struct Rare {
    pub(crate) logins_begun: AtomicU64,
    pub(crate) logins: Counters<LoginOutcome, { LoginOutcome::ALL.len() }>,
    pub(crate) refreshes: Counters<RefreshOutcome, { RefreshOutcome::ALL.len() }>,
    pub(crate) upstream: Counters<UpstreamFault, { UpstreamFault::ALL.len() }>,
}

/// What one thread counts.
#[derive(Debug)]
pub(crate) struct Tally {
    /// Whether there was a request of any kind, a health check too.
    seen: AtomicBool,
    in_flight: AtomicI64,
    statuses: [AtomicU64; STATUSES],
    methods: [Durations; METHODS],
    pub(crate) sessions: Counters<SessionFound, { SessionFound::ALL.len() }>,
}

#[derive(Debug, Default)]
struct Durations {
    buckets: [AtomicU64; ALL_BUCKETS],
    nanoseconds: AtomicU64,
}

/// Everything, added up at one moment.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Requests that are being answered; `None` before the first request of any kind.
    pub in_flight: Option<i64>,
    /// Answers by status, of those that there were.
    pub statuses: Vec<(u16, u64)>,
    /// How long requests took, of the methods that there were.
    pub durations: Vec<(MethodLabel, Histogram)>,
    /// The sessions that requests brought.
    pub sessions: Vec<(SessionFound, u64)>,
    /// Logins that were sent to the provider.
    pub logins_begun: u64,
    /// Logins by their end.
    pub logins: Vec<(LoginOutcome, u64)>,
    /// Refreshes by their end.
    pub refreshes: Vec<(RefreshOutcome, u64)>,
    /// Requests that an app did not answer.
    pub upstream: Vec<(UpstreamFault, u64)>,
}

/// How long some requests took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Histogram {
    /// How many fell into each bucket, those of the smaller ones not included; the last has no bound.
    pub buckets: [u64; ALL_BUCKETS],
    /// All their time together.
    pub sum: Duration,
}

impl Tallies {
    /// All at zero.
    #[must_use]
    pub fn new(of_requests: Counted) -> Self {
        Self(Arc::new(All { of_requests, threads: Mutex::default(), rare: Rare::default() }))
    }

    /// Counters for one thread; `None` if requests are not counted.
    pub(crate) fn claim(&self) -> Option<Claim> {
        if self.0.of_requests == Counted::No {
            return None;
        }
        let mut threads = self.threads();
        let tally = threads.free.pop().unwrap_or_else(|| {
            let tally = Arc::new(Tally::new());
            threads.all.push(Arc::clone(&tally));
            tally
        });
        Some(Claim { tally, tallies: self.clone() })
    }

    pub(crate) fn rare(&self) -> &Rare {
        &self.0.rare
    }

    fn threads(&self) -> MutexGuard<'_, Threads> {
        self.0.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything as it is now.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let rare = self.rare();
        let mut totals = Totals {
            logins_begun: rare.logins_begun.load(Relaxed),
            logins: rare.logins.each().collect(),
            refreshes: rare.refreshes.each().collect(),
            upstream: rare.upstream.each().collect(),
            sessions: SessionFound::ALL.iter().map(|found| (*found, 0)).collect(),
            ..Totals::default()
        };
        let mut statuses = vec![0; STATUSES];
        let mut durations = [Histogram::default(); METHODS];
        for tally in &self.threads().all {
            tally.add_to(&mut totals, &mut statuses, &mut durations);
        }
        let statuses = (FIRST_STATUS..=LAST_STATUS).zip(statuses);
        totals.statuses = statuses.filter(|(_, count)| *count > 0).collect();
        let durations = MethodLabel::ALL.iter().copied().zip(durations);
        totals.durations = durations.filter(|(_, histogram)| histogram.count() > 0).collect();
        totals
    }
}

impl Histogram {
    /// How many requests there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

/// The counters of one thread, until its gateway goes.
#[derive(Debug)]
pub(crate) struct Claim {
    tally: Arc<Tally>,
    tallies: Tallies,
}

impl Claim {
    pub(crate) fn tally(&self) -> &Arc<Tally> {
        &self.tally
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.tallies.threads().free.push(Arc::clone(&self.tally));
    }
}

impl Tally {
    fn new() -> Self {
        Self {
            seen: AtomicBool::new(false),
            in_flight: AtomicI64::new(0),
            statuses: std::array::from_fn(|_| AtomicU64::new(0)),
            methods: std::array::from_fn(|_| Durations::default()),
            sessions: Counters::default(),
        }
    }

    /// There was a request.
    pub(crate) fn see(&self) {
        if !self.seen.load(Relaxed) {
            self.seen.store(true, Relaxed);
        }
    }

    /// A request is being answered.
    pub(crate) fn enter(&self) {
        self.in_flight.fetch_add(1, Relaxed);
    }

    /// It was answered, `duration` after its head came. `None` for the status of a visitor who did not wait for one.
    pub(crate) fn leave(&self, method: &Method, status: Option<StatusCode>, duration: Duration) {
        self.in_flight.fetch_sub(1, Relaxed);
        let status = match status {
            // compat: v7 counts what became a WebSocket as 200, and whoever hung up as 502.
            Some(StatusCode::SWITCHING_PROTOCOLS) => StatusCode::OK,
            Some(status) => status,
            None => StatusCode::BAD_GATEWAY,
        };
        if let Some(count) = self.statuses.get(usize::from(status.as_u16() - FIRST_STATUS)) {
            count.fetch_add(1, Relaxed);
        }
        let Some(durations) = self.methods.get(method_label(method).index()) else { return };
        let seconds = duration.as_secs_f64();
        let bucket = BUCKETS.iter().position(|bound| seconds <= *bound).unwrap_or(BUCKETS.len());
        if let Some(count) = durations.buckets.get(bucket) {
            count.fetch_add(1, Relaxed);
        }
        durations.nanoseconds.fetch_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }

    fn add_to(&self, totals: &mut Totals, statuses: &mut [u64], durations: &mut [Histogram]) {
        if self.seen.load(Relaxed) {
            *totals.in_flight.get_or_insert(0) += self.in_flight.load(Relaxed);
        }
        for (sum, (_, count)) in totals.sessions.iter_mut().zip(self.sessions.each()) {
            sum.1 += count;
        }
        for (sum, count) in statuses.iter_mut().zip(&self.statuses) {
            *sum += count.load(Relaxed);
        }
        for (sum, of_method) in durations.iter_mut().zip(&self.methods) {
            for (sum, count) in sum.buckets.iter_mut().zip(&of_method.buckets) {
                *sum += count.load(Relaxed);
            }
            sum.sum += Duration::from_nanos(of_method.nanoseconds.load(Relaxed));
        }
    }
}

/// compat: as v7 names methods; those are compared as they came, and RFC 9110 §9.1 has them in upper case.
fn method_label(method: &Method) -> MethodLabel {
    match method.as_str() {
        "GET" | "get" => MethodLabel::Get,
        "PUT" | "put" => MethodLabel::Put,
        "HEAD" | "head" => MethodLabel::Head,
        "POST" | "post" => MethodLabel::Post,
        "DELETE" | "delete" => MethodLabel::Delete,
        "CONNECT" | "connect" => MethodLabel::Connect,
        "OPTIONS" | "options" => MethodLabel::Options,
        "NOTIFY" | "notify" => MethodLabel::Notify,
        "TRACE" | "trace" => MethodLabel::Trace,
        "PATCH" | "patch" => MethodLabel::Patch,
        _ => MethodLabel::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(tally: &Tally, method: &str, status: u16, milliseconds: u64) {
        tally.see();
        tally.enter();
        let status = StatusCode::from_u16(status).ok();
        tally.leave(&Method::from_bytes(method.as_bytes()).unwrap(), status, Duration::from_millis(milliseconds));
    }

    #[test]
    fn what_threads_count_apart_is_told_together() {
        let tallies = Tallies::new(Counted::Yes);
        let (one, other) = (tallies.claim().unwrap(), tallies.claim().unwrap());
        assert_eq!(tallies.totals().in_flight, None, "nobody came");
        served(one.tally(), "GET", 200, 5);
        served(other.tally(), "GET", 200, 6);
        served(other.tally(), "FOO", 999, 10_001);
        other.tally().enter();
        let totals = tallies.totals();
        assert_eq!((totals.in_flight, totals.statuses), (Some(1), vec![(200, 2), (999, 1)]));
        let [(MethodLabel::Get, get), (MethodLabel::Unknown, unknown)] = totals.durations[..] else {
            panic!("{:?}", totals.durations)
        };
        assert_eq!((get.buckets[..3].to_vec(), get.count(), get.sum), (vec![1, 1, 0], 2, Duration::from_millis(11)));
        assert_eq!((unknown.buckets[BUCKETS.len()], unknown.count()), (1, 1));
    }

    #[test]
    fn a_thread_that_answers_by_another_gateway_goes_on_with_the_counters_of_the_one_before() {
        let tallies = Tallies::new(Counted::Yes);
        for _ in 0..100 {
            served(tallies.claim().unwrap().tally(), "GET", 204, 0);
        }
        assert_eq!(tallies.totals().statuses, [(204, 100)]);
        assert_eq!(tallies.threads().all.len(), 1);
    }

    #[test]
    fn a_websocket_counts_as_200_and_who_hung_up_as_502() {
        let tallies = Tallies::new(Counted::Yes);
        let claim = tallies.claim().unwrap();
        served(claim.tally(), "GET", 101, 0);
        claim.tally().enter();
        claim.tally().leave(&Method::GET, None, Duration::ZERO);
        assert_eq!(tallies.totals().statuses, [(200, 1), (502, 1)]);
    }

    #[test]
    fn nothing_is_counted_of_requests_when_nobody_asks() {
        assert!(Tallies::new(Counted::No).claim().is_none());
    }
}
