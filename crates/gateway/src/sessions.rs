//! Who is logged in: the session that a request carries, kept fresh.
//!
//! A session that is due is refreshed once, however many requests carry it, and the result is shared with all of them;
//! for a grace period also with those that still bring the old cookie. Losing a race ends no session (D16).
//!
//! ```text
//! cookie ─ open ─► session ─ due? ─► Flight (one per cookie) ─► Renewed │ Kept │ Ended
//! ```

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use sidecar_core::Session;
use sidecar_core::clock::Clock;
use sidecar_core::code::Code;
use sidecar_core::cookie::{RequestCookies, SetCookie};
use sidecar_core::login::RandomError;
use sidecar_core::metric::{RefreshOutcome, SessionFound};
use sidecar_core::policy::Account;
use sidecar_core::report::chain;
use sidecar_core::request_id::RequestId;
use sidecar_oidc::{Freshness, Provider, Refreshed};
use sidecar_session::{CookieStore, Opened, OpenedSession, Rejection, SessionId};

use crate::flight::Flights;
use crate::settings::Refresh;
use crate::signed_out::SignedOut;
use crate::tally::Tallies;

/// How long a refresh that changed nothing is not tried again for the same session.
const PAUSE: Duration = Duration::from_secs(5);

/// Finds, renews, saves and ends sessions.
pub(crate) struct Sessions {
    store: CookieStore,
    provider: Arc<dyn Provider>,
    refresh: Refresh,
    clock: Clock,
    renewals: Renewals,
}

/// The refreshes under way, and what came of the last ones. It outlives a gateway whose place another takes: a refresh
/// token that is used once is not sent by both of them.
#[derive(Clone)]
pub struct Renewals {
    flights: Arc<Flights<Flown>>,
    signed_out: Arc<SignedOut>,
    tallies: Tallies,
}

impl Renewals {
    /// None yet.
    #[must_use]
    pub fn new(clock: Clock, tallies: Tallies) -> Self {
        let flights = Flights::new(clock, |flown: &Flown| flown.keep);
        Self { flights: Arc::new(flights), signed_out: Arc::default(), tallies }
    }
}

/// What came of one refresh, and for how long that counts.
#[derive(Clone)]
struct Flown {
    outcome: Outcome,
    keep: Duration,
}

/// The part of a request that sessions look at.
#[derive(Clone, Copy)]
pub(crate) struct Presented<'a> {
    /// Its headers, for the cookies.
    pub(crate) headers: &'a HeaderMap,
    /// The host that the visitor's browser sees, without its port.
    pub(crate) host: &'a str,
    /// Its name in the log.
    pub(crate) request_id: &'a RequestId,
}

/// What came of looking for a session: who is logged in, and the cookies to set with the answer.
#[derive(Default)]
pub(crate) struct Resolved {
    pub(crate) session: Option<Arc<Session>>,
    /// Who says that it is of somebody.
    pub(crate) account: Account,
    /// The session as it was before its refresh.
    pub(crate) before: Option<Arc<Session>>,
    /// Names the cookie that the session came in; `None` if it came in no cookie.
    pub(crate) id: Option<SessionId>,
    pub(crate) cookies: Vec<SetCookie>,
    /// A refresh could not be saved.
    pub(crate) unsaved: Option<RandomError>,
    /// What the request brought.
    pub(crate) found: SessionFound,
}

/// What came of one refresh.
#[derive(Clone)]
enum Outcome {
    /// New tokens: the cookie changes.
    Renewed(Arc<Session>),
    /// The session goes on as it is.
    Kept,
    /// The session is over.
    Ended,
}

impl Resolved {
    /// Nobody, for now.
    fn with(found: SessionFound) -> Self {
        Self { found, ..Self::default() }
    }

    /// The session as it is, and as it was.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = &Session> {
        [&self.session, &self.before].into_iter().filter_map(|session| session.as_deref())
    }
}

fn found(rejection: Rejection) -> SessionFound {
    if matches!(rejection, Rejection::Expired) { SessionFound::Expired } else { SessionFound::Rejected }
}

impl<'a> Presented<'a> {
    fn cookies(self) -> RequestCookies<'a> {
        RequestCookies::new(self.headers)
    }
}

impl Sessions {
    pub(crate) fn new(
        store: CookieStore,
        provider: Arc<dyn Provider>,
        refresh: Refresh,
        renewals: Renewals,
        clock: Clock,
    ) -> Self {
        Self { store, provider, refresh, clock, renewals }
    }

    /// Opens the request's session and refreshes it if it is due.
    pub(crate) async fn resolve(&self, presented: Presented<'_>) -> Resolved {
        let now = self.clock.now();
        match self.store.open(presented.cookies(), now) {
            Opened::None => Resolved::with(SessionFound::Absent),
            Opened::Rejected(reason) => {
                tracing::info!(request_id = %presented.request_id, code = %reason.code(), %reason, "Error loading cookied session, removing session");
                Resolved { cookies: self.clear(presented), ..Resolved::with(found(reason)) }
            }
            Opened::Session(opened) if self.is_due(&opened.session, now) => {
                Box::pin(self.renewed(presented, opened)).await
            }
            Opened::Session(opened) => {
                Resolved { session: Some(opened.session), id: Some(opened.id), ..Resolved::with(SessionFound::Valid) }
            }
        }
    }

    /// The cookies that end whatever session the request carries.
    pub(crate) fn clear(&self, presented: Presented<'_>) -> Vec<SetCookie> {
        self.store.forget(presented.cookies());
        self.store.clear(presented.cookies(), presented.host)
    }

    /// Notes that these sessions end, also for the answers that are under way.
    pub(crate) fn sign_out<'a>(&self, sessions: impl IntoIterator<Item = &'a Session>) {
        let now = self.clock.now();
        sessions.into_iter().for_each(|session| self.renewals.signed_out.note(session, now));
    }

    /// The cookies that end the session that the request carries, also for the answers that are under way.
    pub(crate) fn end(&self, presented: Presented<'_>) -> Vec<SetCookie> {
        if let Opened::Session(opened) = self.store.open(presented.cookies(), self.clock.now()) {
            self.sign_out([&*opened.session]);
        }
        self.clear(presented)
    }

    /// The cookies that a request's session leaves in its answer: none if its visitor has signed out meanwhile.
    pub(crate) fn unless_signed_out(&self, resolved: Resolved) -> Vec<SetCookie> {
        let signed_out = |session: &Session| self.renewals.signed_out.holds(session, self.clock.now());
        if !resolved.cookies.is_empty() && resolved.sessions().any(signed_out) { Vec::new() } else { resolved.cookies }
    }

    /// The cookies that keep `session`.
    pub(crate) fn save(&self, session: &Session, presented: Presented<'_>) -> Result<Vec<SetCookie>, RandomError> {
        self.store.save(session, presented.cookies(), presented.host, self.clock.now())
    }

    fn is_due(&self, session: &Session, now: SystemTime) -> bool {
        let runs_out = self.refresh.before_expiry.is_some_and(|margin| {
            session.refresh_token.is_some() && session.expires_at.is_some_and(|at| at < now + margin)
        });
        session.needs_refresh(now, self.refresh.period) || runs_out
    }

    async fn renewed(&self, presented: Presented<'_>, opened: OpenedSession) -> Resolved {
        let OpenedSession { session, id } = opened;
        // A rotated refresh token is not lost when the visitor hangs up: the work is a task of its own.
        let begin = |_| {
            let flight = fly(Arc::clone(&self.provider), Arc::clone(&session), self.clock.clone());
            let (grace, tallies) = (self.refresh.grace, self.renewals.tallies.clone());
            async move {
                let (outcome, came_of_it) = flight.await;
                tallies.rare().refreshes.count(came_of_it);
                let keep = if matches!(outcome, Outcome::Kept) { PAUSE } else { grace };
                Flown { outcome, keep }
            }
        };
        let outcome = self.renewals.flights.result(id, begin).await.map_or(Outcome::Kept, |flown| flown.outcome);
        let found = Resolved { before: Some(Arc::clone(&session)), ..Resolved::with(SessionFound::Valid) };
        let id = Some(id);
        match outcome {
            Outcome::Kept => Resolved { session: Some(session), id, ..found },
            Outcome::Ended => Resolved { cookies: self.clear(presented), ..found },
            Outcome::Renewed(session) => match self.save(&session, presented) {
                Ok(cookies) => Resolved { session: Some(session), id, cookies, ..found },
                Err(error) => Resolved { session: Some(session), id, unsaved: Some(error), ..found },
            },
        }
    }
}

/// Refreshes and validates one session, and says what to count.
async fn fly(provider: Arc<dyn Provider>, session: Arc<Session>, clock: Clock) -> (Outcome, RefreshOutcome) {
    let now = clock.now();
    let mut came_of_it = RefreshOutcome::Kept;
    let (renewed, freshness) = match provider.refresh(&session, now).await {
        Ok(Refreshed::Renewed(mut renewed)) => {
            renewed.created_at = Some(now);
            (Some(Arc::from(renewed)), Freshness::JustRefreshed)
        }
        Ok(Refreshed::NothingToDo) => (None, Freshness::Stored),
        Ok(Refreshed::NotSupported) => {
            // compat: a provider that cannot refresh re-arms the timer.
            let renewed = Session { created_at: Some(now), ..Session::clone(&session) };
            (Some(Arc::new(renewed)), Freshness::Stored)
        }
        Err(error) if error.ends_session() => {
            tracing::warn!(code = %error.code(), error = %chain(&error), "Fatal refresh error detected, clearing session");
            return (Outcome::Ended, RefreshOutcome::Ended);
        }
        Err(error) => {
            tracing::warn!(code = %error.code(), error = %chain(&error), "Unable to refresh session");
            came_of_it = RefreshOutcome::Failed;
            (None, Freshness::Stored)
        }
    };
    let session = renewed.as_ref().unwrap_or(&session);
    if session.is_expired(clock.now()) {
        tracing::info!(code = %Code::SessionExpired, "session is expired");
        return (Outcome::Ended, RefreshOutcome::Ended);
    }
    match provider.validate(session, freshness, clock.now()).await {
        Err(error) if !error.is_outage() => {
            tracing::info!(code = %Code::SessionInvalid, error = %chain(&error), "session is invalid");
            (Outcome::Ended, RefreshOutcome::Ended)
        }
        // Nothing was learned. New tokens must not be lost, but a new time alone would put the question off.
        Err(_) if freshness == Freshness::Stored => (Outcome::Kept, RefreshOutcome::Failed),
        Ok(()) | Err(_) => match renewed {
            Some(renewed) => (Outcome::Renewed(renewed), RefreshOutcome::Renewed),
            None => (Outcome::Kept, came_of_it),
        },
    }
}

#[cfg(test)]
#[path = "sessions_tests.rs"]
mod tests;
