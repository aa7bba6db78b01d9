//! What is told about each request: one line when its answer has left, and lines about logins.
//!
//! The line is written when the answer's body ends or the client hangs up, whichever comes first: both drop the body.

use std::fmt::Write as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};

use http::header::{HeaderValue, USER_AGENT};
use http::{Method, StatusCode, Uri, Version};
use http_body::{Body, Frame, SizeHint};
use sidecar_core::Session;
use sidecar_core::code::Code;
use sidecar_core::metric::SessionFound;
use sidecar_core::policy::Requirement;
use sidecar_core::request_id::RequestId;

use crate::inbound::Inbound;
use crate::journal::{AuthLine, AuthStatus, ClientLabel, Journal, RequestLine};
use crate::settings::Forwarding;
use crate::sockets::Place;
use crate::tally::Tally;

/// What is kept of a request until its line is written. Headers and URI share their bytes with the request.
pub(crate) struct Record {
    journal: Arc<dyn Journal>,
    facts: Facts,
    session: Option<Arc<Session>>,
    upstream: Option<Arc<str>>,
    tally: Option<Arc<Tally>>,
    websocket: Option<Place>,
    status: Option<StatusCode>,
    size: u64,
    silent: bool,
}

struct Facts {
    client: ClientLabel,
    id: RequestId,
    started: SystemTime,
    clock: Instant,
    host: HeaderValue,
    method: Method,
    uri: Uri,
    query: Query,
    version: Version,
    user_agent: Option<HeaderValue>,
}

/// Whether the query may be logged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Query {
    /// It is the app's.
    Logged,
    /// It is ours and may hold a code, a state or a target.
    Hidden,
}

impl Record {
    pub(crate) fn begin(
        inbound: &Inbound,
        forwarding: &Forwarding,
        query: Query,
        started: SystemTime,
        journal: Arc<dyn Journal>,
    ) -> Self {
        let facts = Facts {
            client: ClientLabel::of(inbound, forwarding),
            id: inbound.id.clone(),
            started,
            clock: Instant::now(),
            host: inbound.host.clone(),
            method: inbound.method().clone(),
            uri: inbound.request.uri().clone(),
            query,
            version: inbound.request.version(),
            user_agent: inbound.headers().get(USER_AGENT).cloned(),
        };
        Self {
            journal,
            facts,
            session: None,
            upstream: None,
            tally: None,
            websocket: None,
            status: None,
            size: 0,
            silent: false,
        }
    }

    /// The request's name.
    pub(crate) fn id(&self) -> &RequestId {
        &self.facts.id
    }

    /// Counts the request.
    pub(crate) fn count_in(&mut self, tally: &Arc<Tally>) {
        tally.enter();
        self.tally = Some(Arc::clone(tally));
    }

    /// Notes which session the request brought.
    pub(crate) fn found(&self, found: SessionFound) {
        if let Some(tally) = &self.tally {
            tally.sessions.count(found);
        }
    }

    /// Leaves the request out of the log.
    pub(crate) fn silence(&mut self) {
        self.silent = true;
    }

    /// Notes who is logged in.
    pub(crate) fn session(&mut self, session: Option<Arc<Session>>) {
        self.session = session;
    }

    /// Who is logged in, as far as was noted.
    pub(crate) fn known_session(&self) -> Option<&Session> {
        self.session.as_deref()
    }

    /// Notes which upstream served the request.
    pub(crate) fn upstream(&mut self, id: Arc<str>) {
        self.upstream = Some(id);
    }

    /// Notes that the request became a WebSocket of its session.
    pub(crate) fn websocket(&mut self, place: Place) {
        self.websocket = Some(place);
    }

    /// Notes the status of the answer.
    pub(crate) fn status(&mut self, status: StatusCode) {
        self.status = Some(status);
    }

    /// Tells that somebody logged in or was turned away.
    pub(crate) fn auth(&self, status: AuthStatus, username: Option<&str>, message: &str) {
        let facts = &self.facts;
        self.journal.auth(&AuthLine {
            client: facts.client,
            request_id: &facts.id,
            username,
            host: facts.host.to_str().unwrap_or_default(),
            method: &facts.method,
            version: facts.version,
            user_agent: facts.user_agent.as_ref().map_or(&[], |agent| agent.as_bytes()),
            status,
            message,
        });
    }

    /// Tells that the session that came with the request may not enter any more.
    pub(crate) fn refused(&self, cause: &str) {
        self.not_authorized(cause, "removing session");
    }

    /// Tells that the session may not enter here, and stays good elsewhere.
    pub(crate) fn kept_out(&self, requirement: Requirement) {
        self.not_authorized(&requirement.to_string(), "keeping session");
    }

    fn not_authorized(&self, cause: &str, fate: &str) {
        let Some(session) = &self.session else { return };
        let message = format!("Invalid authorization via session ({cause}): {fate} {}", session_summary(session));
        self.auth(AuthStatus::Failure, session.log_name(), &message);
    }

    fn write(&self, duration: Duration) {
        let facts = &self.facts;
        let path = facts.uri.path();
        let uri = match facts.query {
            Query::Logged => facts.uri.path_and_query().map_or(path, http::uri::PathAndQuery::as_str),
            Query::Hidden => path,
        };
        self.journal.request(&RequestLine {
            client: facts.client,
            request_id: &facts.id,
            username: self.session.as_deref().and_then(Session::log_name),
            started: facts.started,
            host: facts.host.to_str().unwrap_or_default(),
            method: &facts.method,
            upstream: self.upstream.as_deref(),
            uri,
            path,
            version: facts.version,
            user_agent: facts.user_agent.as_ref().map_or(&[], |agent| agent.as_bytes()),
            // compat: v7 writes 0 for upgraded connections.
            status: self
                .status
                .filter(|status| *status != StatusCode::SWITCHING_PROTOCOLS)
                .map_or(0, |status| status.as_u16()),
            size: self.size,
            duration,
        });
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let duration = self.facts.clock.elapsed();
        if let Some(tally) = &self.tally {
            tally.leave(&self.facts.method, self.status, duration);
        }
        if !self.silent {
            self.write(duration);
        }
    }
}

/// A session in the words of the log: who, and which tokens are there, never the tokens.
pub(crate) fn session_summary(session: &Session) -> String {
    let mut summary = format!(
        "Session{{email:{} user:{} PreferredUsername:{}",
        session.email.as_deref().unwrap_or_default(),
        session.user.as_deref().unwrap_or_default(),
        session.preferred_username.as_deref().unwrap_or_default(),
    );
    if session.access_token.is_some() {
        summary.push_str(" token:true");
    }
    if session.id_token.is_some() {
        summary.push_str(" id_token:true");
    }
    for (name, time) in [("created", session.created_at), ("expires", session.expires_at)] {
        if let Some(time) = time.and_then(sidecar_upstream::go_time) {
            let _ = write!(summary, " {name}:{time}");
        }
    }
    let _ = write!(summary, " refresh_token:{}", session.refresh_token.is_some());
    if !session.groups.is_empty() {
        let _ = write!(summary, " groups:[{}]", session.groups.join(" "));
    }
    summary.push('}');
    summary
}

/// The body of an answer; dropping it closes the request's record.
pub struct Observed<B> {
    body: B,
    record: Option<Record>,
}

impl<B> Observed<B> {
    pub(crate) fn new(body: B, record: Option<Record>) -> Self {
        Self { body, record }
    }
}

impl<B: Body<Data = bytes::Bytes, Error: std::fmt::Display> + Unpin> Body for Observed<B> {
    type Data = bytes::Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, B::Error>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(cx));
        match (&frame, &mut self.record) {
            (Some(Ok(frame)), Some(record)) => record.size += frame.data_ref().map_or(0, |data| data.len() as u64),
            (Some(Err(error)), Some(record)) => {
                let (request_id, upstream) = (record.id(), record.upstream.as_deref().unwrap_or_default());
                tracing::warn!(%request_id, upstream, code = %Code::AppCut, %error, "the app's answer broke off");
            }
            (_, None) | (None, _) => {}
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
