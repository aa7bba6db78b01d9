//! The life of a request as one line: receive → probe → route → resolve → decide → act.

use std::sync::Arc;
use std::time::SystemTime;

use http::header::CONNECTION;
use http::{Request, Response, StatusCode, Version};
use http_body::Body as _;
use hyper::body::Incoming;
use sidecar_core::Session;
use sidecar_core::clock::Clock;
use sidecar_core::code::Code;
use sidecar_core::cookie::SetCookie;
use sidecar_core::metric::SessionFound;
use sidecar_core::origin::Host;
use sidecar_core::path;
use sidecar_core::policy::{Account, Ask, Constraints, Decision, Grant, MustAsk, Refusal, Standing, decide};
use sidecar_core::report::chain;
use sidecar_core::request_id::RequestId;
use sidecar_oidc::{BackendLogout, ExtraIssuer, Provider};
use sidecar_session::{CookieStore, LoginCookies, SessionId};
use sidecar_upstream::{Body, Fault, ForwardError, Peer as UpstreamPeer, Table, UntilClosed, Upstreams};

use crate::answer::{self, Answer};
use crate::credentials::{BearerTokens, Credentials, Found, Local, Refused as RefusedCredential};
use crate::endpoint::{asset, auth, callback, sign_in, sign_out, start, unauthenticated, userinfo};
use crate::inbound::{Inbound, Peer, Refused};
use crate::journal::{AuthStatus, Journal};
use crate::observe::{Observed, Query, Record};
use crate::page::{Renderer, Ways};
use crate::probe::Probe;
use crate::readiness::Readiness;
use crate::rescue::{Failure, counted};
use crate::route::{Guarded, Public, Route};
use crate::sessions::{Renewals, Resolved, Sessions};
use crate::settings::{ForceHttps, Settings};
use crate::shared::Shared;
use crate::sockets::Sockets;
use crate::standing::Standings;
use crate::tally::{Claim, Tallies};

/// Robots are kept out.
const ROBOTS: &str = "User-agent: *\nDisallow: /\n";

/// What a gateway is put together from.
pub struct Parts {
    /// What it is told.
    pub settings: Settings,
    /// Who signs visitors in.
    pub provider: Arc<dyn Provider>,
    /// Whose bearer tokens count besides the provider's, where any do.
    pub issuers: Vec<ExtraIssuer>,
    /// Keeps sessions.
    pub cookies: CookieStore,
    /// Keeps logins.
    pub logins: LoginCookies,
    /// The apps behind us, and the identity headers they are told.
    pub table: Arc<Table>,
    /// Calls the provider at sign-out, if that is configured.
    pub backend_logout: Option<BackendLogout>,
    /// Whether the process takes requests.
    pub readiness: Readiness,
    /// The refreshes of sessions, of the gateway before this one too.
    pub renewals: Renewals,
    /// Where it is told what happened.
    pub journal: Arc<dyn Journal>,
    /// Where it is counted.
    pub tallies: Tallies,
    /// What time it is.
    pub clock: Clock,
}

/// Answers requests. One per thread: they share everything but the connections to the app.
pub struct Gateway {
    shared: Arc<Shared>,
    upstreams: Upstreams,
    counts: Option<Claim>,
}

impl Gateway {
    /// Puts a gateway together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { settings, provider, issuers, cookies, logins, table, .. } = parts;
        let Parts { backend_logout, readiness, renewals, journal, tallies, clock, .. } = parts;
        let credentials = settings.credentials.look_at_headers().then(|| Credentials {
            bearer: settings.credentials.bearer.map(|refused| BearerTokens { refused, issuers }),
            local: settings.credentials.users.clone().map(Local::new),
        });
        let upstreams = Upstreams::new(Arc::clone(&table));
        let shared = Shared {
            renderer: Renderer::new(&settings.pages, &settings.prefix, provider.display_name()),
            sessions: Sessions::new(cookies, Arc::clone(&provider), settings.refresh.clone(), renewals, clock.clone()),
            credentials,
            standings: Standings::new(Arc::clone(&provider), settings.refresh.period, clock.clone()),
            sockets: Sockets::default(),
            settings,
            provider,
            logins,
            table,
            backend_logout,
            readiness,
            journal,
            tallies,
            clock,
        };
        // It makes those of the threads, and answers nothing itself.
        Self { shared: Arc::new(shared), upstreams, counts: None }
    }

    /// The same gateway for another thread, with connections to the apps of its own.
    #[must_use]
    pub fn for_thread(&self) -> Self {
        let upstreams = Upstreams::new(Arc::clone(&self.shared.table));
        Self { shared: Arc::clone(&self.shared), upstreams, counts: self.shared.tallies.claim() }
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(crate) fn upstreams(&self) -> &Upstreams {
        &self.upstreams
    }

    /// Answers one request. Dropping the future ends the work; what must finish runs in tasks of its own.
    pub async fn handle(&self, request: Request<Incoming>, peer: Peer) -> Response<Observed<Body>> {
        let shared = &*self.shared;
        let started = shared.clock.now();
        match Inbound::receive(request, peer, &shared.settings, shared.table.injector().protected()) {
            Ok(inbound) => self.serve(inbound, started).await,
            Err(refused) => refuse(refused).map(|body| Observed::new(body, None)),
        }
    }

    async fn serve(&self, inbound: Inbound, started: SystemTime) -> Response<Observed<Body>> {
        let shared = &*self.shared;
        let tally = self.counts.as_ref().map(Claim::tally);
        if let Some(tally) = tally {
            tally.see();
        }
        if let Some(answer) = shared.elsewhere(&inbound) {
            return answer.map(|body| Observed::new(body, None));
        }
        let probe = Probe::of(&inbound, &shared.settings.probes);
        let route = Route::of(inbound.path(), &shared.settings.prefix);
        let query = match route {
            Route::Guarded(Guarded::Proxy) => Query::Logged,
            Route::Public(_) | Route::Guarded(_) => Query::Hidden,
        };
        let old_and_kept = inbound.request.version() == Version::HTTP_10 && inbound.headers().contains_key(CONNECTION);
        let journal = Arc::clone(&shared.journal);
        let mut record = Record::begin(&inbound, &shared.settings.forwarding, query, started, journal);
        // Whether we live is asked all the time, and says nothing of what visitors see.
        if let (None, Some(tally)) = (probe, tally) {
            record.count_in(tally);
        }
        let mut answer = match (probe, route) {
            (Some(probe), _) => self.probe(probe, &mut record),
            (None, Route::Public(endpoint)) => Box::pin(self.public(endpoint, inbound, &record)).await,
            (None, Route::Guarded(endpoint)) => self.guarded(endpoint, inbound, &mut record).await,
        };
        if old_and_kept && answer.body().size_hint().exact().is_none() {
            // The end of the connection is the end of the body. Of an answer of 1.1 hyper would say that it is kept.
            *answer.version_mut() = Version::HTTP_10;
        }
        record.status(answer.status());
        if let Some(tunnel) = answer.extensions_mut().remove::<UntilClosed>() {
            // compat: a WebSocket is written down and counted when it ends.
            tunnel.hold(record);
            return answer.map(|body| Observed::new(body, None));
        }
        answer.map(|body| Observed::new(body, Some(record)))
    }

    fn probe(&self, probe: Probe, record: &mut Record) -> Answer {
        let shared = &*self.shared;
        if shared.settings.probes.silent {
            record.silence();
        }
        match probe {
            Probe::Ping => answer::text(StatusCode::OK, "OK"),
            Probe::Ready if !shared.readiness.is_serving() => {
                answer::text(StatusCode::SERVICE_UNAVAILABLE, "error: shutting down\n")
            }
            Probe::Ready => match shared.provider.status() {
                Err(unavailable) if shared.settings.probes.ready_requires_provider => {
                    tracing::warn!(code = %Code::ProviderDown, error = %unavailable, "not ready");
                    let answer = answer::text(StatusCode::INTERNAL_SERVER_ERROR, "error: not ready\n");
                    answer::coded(answer, Code::ProviderDown)
                }
                Ok(()) | Err(_) => answer::text(StatusCode::OK, "OK"),
            },
        }
    }

    async fn public(&self, endpoint: Public, inbound: Inbound, record: &Record) -> Answer {
        let shared = &*self.shared;
        if matches!(endpoint, Public::SignIn | Public::Start | Public::Callback) {
            shared.first_contact().await;
        }
        match endpoint {
            Public::Robots => {
                let robots = shared.settings.robots.clone();
                answer::text(StatusCode::OK, robots.unwrap_or_else(|| ROBOTS.into()))
            }
            Public::SignIn => sign_in::answer(shared, inbound, record).await,
            Public::Start => start::answer(shared, inbound).await,
            Public::Callback => callback::answer(shared, inbound, record).await,
            Public::Asset(asset) => asset::answer(asset),
        }
    }

    async fn guarded(&self, endpoint: Guarded, mut inbound: Inbound, record: &mut Record) -> Answer {
        let shared = &*self.shared;
        let mut resolved = match self.resolve(&inbound, record).await {
            Ok(resolved) => resolved,
            Err(refused) => return refuse_credential(endpoint, record.id(), refused),
        };
        record.session(resolved.session.clone());
        // Whoever brings a token or a password brings a session, if it counts.
        record.found(if resolved.session.is_some() { SessionFound::Valid } else { resolved.found });
        if let Some(error) = &resolved.unsaved {
            let name = resolved.session.as_deref().and_then(Session::log_name);
            record.auth(AuthStatus::Error, name, &format!("error saving session: {error}"));
        }
        let decision = self.decide(endpoint, &inbound, &resolved).await;
        let cookies = std::mem::take(&mut resolved.cookies);
        resolved.cookies = shared.cookies_beside(&decision, endpoint, &inbound, cookies, record);
        let is_of_the_app = endpoint == Guarded::Proxy && matches!(decision, Decision::Allow(_));
        let mut answer = match endpoint {
            Guarded::Auth => auth::answer(shared, &decision, record.id()),
            Guarded::UserInfo => userinfo::answer(&decision, record.id()),
            Guarded::SignOut => {
                let let_in = match &decision {
                    Decision::Allow(grant) => grant.session(),
                    Decision::Login | Decision::Refuse(_) => None,
                };
                match Box::pin(sign_out::answer(shared, &mut inbound, &resolved, let_in)).await {
                    Ok(answer) => {
                        // A session that was refreshed on the way must not outlive its sign-out.
                        resolved.cookies.clear();
                        answer
                    }
                    Err(report) => shared.failure_page(&inbound, report),
                }
            }
            Guarded::Proxy => match decision {
                Decision::Allow(grant) => {
                    let answer = self.forward(inbound, grant, record).await;
                    self.count_websocket(answer, resolved.id, record)
                }
                Decision::Login => Box::pin(unauthenticated::answer(shared, &inbound)).await,
                Decision::Refuse(refusal) => shared.turn_away(&inbound, refusal, record),
            },
        };
        // The app may have taken its time.
        let cookies = shared.sessions.unless_signed_out(resolved);
        if is_of_the_app && !cookies.is_empty() {
            answer::keep_out_of_caches(&mut answer);
        }
        answer::set_cookies_first(&mut answer, &cookies);
        answer
    }

    /// Who is asking, by what the request brings.
    async fn resolve(&self, inbound: &Inbound, record: &Record) -> Result<Resolved, RefusedCredential> {
        let shared = &*self.shared;
        if let (Some(credentials), Some(header)) = (&shared.credentials, &inbound.authorization) {
            // In a box, so that requests that bring none have a small future.
            match Box::pin(credentials.find(shared, inbound, header, record)).await {
                Found::Session(session, account) => {
                    return Ok(Resolved { session: Some(session), account, ..Resolved::default() });
                }
                Found::Refused(refused) => return Err(refused),
                Found::Nothing => {}
            }
        }
        Ok(shared.sessions.resolve(inbound.presented()).await)
    }

    async fn decide(&self, endpoint: Guarded, inbound: &Inbound, resolved: &Resolved) -> Decision {
        let Shared { settings, standings, .. } = &*self.shared;
        // Only `PREFIX/auth` speaks for another target than its own (D02).
        let target = if endpoint == Guarded::Auth { inbound.external_uri() } else { inbound.target() };
        let constraints = match endpoint {
            Guarded::Auth | Guarded::Proxy => Constraints::parse(inbound.query(), settings.semicolons),
            Guarded::UserInfo | Guarded::SignOut => Ok(Constraints::default()),
        };
        let account = self.shared.account_of(resolved);
        let standing = match (endpoint, &resolved.session, account) {
            // Whoever is not let in may still sign out.
            (Guarded::SignOut, ..) | (_, None, _) | (_, _, Account::Operator) => Standing::Met,
            (_, Some(session), Account::Provider) => standings.of(session),
        };
        let (method, client) = (inbound.method(), inbound.client);
        let ask = Ask { method, target, client, constraints: &constraints, account, standing };
        match decide(&settings.policy, &ask, resolved.session.clone()) {
            Ok(decision) => decision,
            Err(MustAsk(session)) => {
                // In boxes, so that requests that ask nobody have a small future.
                let standing = match resolved.id {
                    Some(id) => Box::pin(standings.ask(id, &session)).await,
                    None => Box::pin(standings.of_new(&session)).await,
                };
                let informed = decide(&settings.policy, &Ask { standing, ..ask }, Some(session));
                informed.unwrap_or(Decision::Refuse(Refusal::Unanswered))
            }
        }
    }

    /// The same answer, or a refusal where it opens a WebSocket and the session has too many.
    fn count_websocket(&self, answer: Answer, session: Option<SessionId>, record: &mut Record) -> Answer {
        let (Some(session), true) = (session, answer.extensions().get::<UntilClosed>().is_some()) else {
            return answer;
        };
        match self.shared.sockets.take(session) {
            Some(place) => {
                record.websocket(place);
                answer
            }
            None => self.shared.error_page(record.id(), Failure::WebSockets, Ways::Reload),
        }
    }

    async fn forward(&self, inbound: Inbound, grant: Grant, record: &mut Record) -> Answer {
        let peer = UpstreamPeer { ip: inbound.peer.ip() };
        match self.upstreams.forward(inbound.request, grant, peer).await {
            Ok(forwarded) => {
                if let Some(id) = forwarded.upstream {
                    record.upstream(id);
                }
                forwarded.response
            }
            Err(error) => {
                record.upstream(Arc::clone(error.upstream()));
                self.shared.tallies.rare().upstream.count(counted(error.fault()));
                tracing::warn!(
                    request_id = %record.id(),
                    upstream = %error.upstream(),
                    code = %error.code(),
                    error = %chain(&error),
                    "Error proxying to upstream server"
                );
                let report = Failure::from(&error).because(chain(&error));
                let mut answer = self.shared.error_page(record.id(), report, Ways::Reload);
                self.shared.table.injector().write_response(record.known_session(), answer.headers_mut());
                answer
            }
        }
    }
}

impl From<&ForwardError> for Failure {
    fn from(error: &ForwardError) -> Self {
        match error.fault() {
            Fault::Timeout => Self::UpstreamTimeout,
            Fault::TooLarge => Self::TooLarge,
            Fault::Unreachable | Fault::Closed | Fault::Malformed | Fault::Visitor | Fault::Internal => {
                Self::UpstreamDown(error.code())
            }
        }
    }
}

impl Shared {
    /// The answer that leads to another spelling or scheme of the same address, before anybody asks what is there.
    fn elsewhere(&self, inbound: &Inbound) -> Option<Answer> {
        if let Some(clean) = path::cleaned(inbound.path()) {
            let mut answer = clean_path(inbound, &clean);
            answer::no_store(&mut answer);
            answer::secure(&mut answer, self.renderer.policy());
            return Some(answer);
        }
        let force = self.settings.force_https.filter(|_| !inbound.is_https)?;
        Some(by_https(inbound, force))
    }

    /// The cookies that go out with a decision: `resolved`, unless it ends the session.
    fn cookies_beside(
        &self,
        decision: &Decision,
        endpoint: Guarded,
        inbound: &Inbound,
        resolved: Vec<SetCookie>,
        record: &Record,
    ) -> Vec<SetCookie> {
        // To end a session at its sign-out is the sign-out's own affair.
        let ended = |resolved| match endpoint {
            Guarded::SignOut => resolved,
            Guarded::Auth | Guarded::UserInfo | Guarded::Proxy => self.sessions.clear(inbound.presented()),
        };
        match decision {
            Decision::Refuse(Refusal::Email) => {
                record.refused("invalid email");
                ended(resolved)
            }
            Decision::Refuse(Refusal::Group) => {
                record.refused("unauthorized");
                ended(resolved)
            }
            Decision::Refuse(Refusal::Standing(requirement)) => {
                record.kept_out(*requirement);
                resolved
            }
            Decision::Allow(_) | Decision::Login | Decision::Refuse(Refusal::Constraint | Refusal::Unanswered) => {
                resolved
            }
        }
    }

    /// What somebody gets who is logged in and may not reach the app.
    fn turn_away(&self, inbound: &Inbound, refusal: Refusal, record: &Record) -> Answer {
        match refusal {
            Refusal::Constraint => {
                Self::refused(record.id(), refusal.into(), answer::text_error(StatusCode::FORBIDDEN))
            }
            _ if self.settings.api.force_json => Self::refused(record.id(), refusal.into(), refused_as_json(refusal)),
            Refusal::Unanswered => self.unanswered(inbound, &self.page_target(inbound)),
            Refusal::Email | Refusal::Group | Refusal::Standing(_) => {
                let report = Failure::from(refusal).because(refusal);
                self.refusal_page(inbound, report, record.known_session(), &self.page_target(inbound))
            }
        }
    }
}

/// A refusal for a program: the status alone.
fn refused_as_json(refusal: Refusal) -> Answer {
    let failure = Failure::from(refusal);
    let answer = answer::json(failure.status(), "{}");
    if failure == Failure::Unanswered { answer::again_in(answer::RETRY_AFTER_SECONDS, answer) } else { answer }
}

/// A refusal for what the request brought, as text for every kind of client.
fn refuse_credential(endpoint: Guarded, id: &RequestId, refused: RefusedCredential) -> Answer {
    let (failure, answer) = match refused {
        RefusedCredential::Token => (Failure::BearerToken, answer::text_error(StatusCode::FORBIDDEN)),
        RefusedCredential::Away => (Failure::ProviderDown, answer::retry_text_error()),
        RefusedCredential::Busy => (Failure::Busy, answer::retry_text_error()),
    };
    let mut answer = Shared::refused(id, failure, answer);
    match endpoint {
        Guarded::UserInfo | Guarded::SignOut => answer::no_store(&mut answer),
        Guarded::Auth | Guarded::Proxy => {}
    }
    answer
}

pub(crate) fn refuse(refused: Refused) -> Answer {
    let (status, code) = match refused {
        Refused::Malformed => (StatusCode::BAD_REQUEST, Code::RequestMalformed),
        Refused::Method => (StatusCode::METHOD_NOT_ALLOWED, Code::RequestMethod),
        Refused::Asterisk => return answer::empty(StatusCode::OK),
    };
    tracing::info!(%code, status = status.as_u16(), "a request is not taken");
    let mut answer = answer::coded(answer::text_error(status), code);
    answer::close(&mut answer);
    answer
}

/// The redirect to the cleaned form of a path; the query is kept as it is.
fn clean_path(inbound: &Inbound, clean: &str) -> Answer {
    let mut answer = answer::empty(StatusCode::MOVED_PERMANENTLY);
    answer::location(&mut answer, &cleaned_target(clean, inbound.query()));
    answer
}

/// The redirect of a request that did not come by `https`.
fn by_https(inbound: &Inbound, force: ForceHttps) -> Answer {
    let Some(host) = Host::parse(inbound.host()) else { return refuse(Refused::Malformed) };
    let host = match host.port() {
        Some(_) => format!("{}:{}", host.name(), force.port),
        None => host.name().to_owned(),
    };
    let location = path::visible(format!("https://{host}{}", inbound.target()));
    answer::redirect(StatusCode::PERMANENT_REDIRECT, inbound.method(), &location)
}

/// The cleaned path with its query, fit for a `Location`: raw bytes beyond ASCII are escaped, and so is a backslash of
/// the path, since browsers read `/\host` as another host.
fn cleaned_target(clean: &str, query: Option<&str>) -> String {
    let mut target = clean.replace('\\', "%5C");
    if let Some(query) = query {
        target.push('?');
        target.push_str(query);
    }
    path::visible(target)
}

#[cfg(test)]
mod tests {
    use http::header::{CONTENT_TYPE, RETRY_AFTER};
    use sidecar_core::policy::Requirement;

    use super::*;

    #[test]
    fn programs_are_told_in_json_that_a_refusal_will_pass() {
        for (refusal, status, seconds) in [
            (Refusal::Email, 403, None),
            (Refusal::Standing(Requirement::Team), 403, None),
            (Refusal::Unanswered, 503, Some("5")),
        ] {
            let answer = refused_as_json(refusal);
            let header = |name| answer.headers().get(name).map(|value| value.to_str().unwrap());
            assert_eq!((answer.status().as_u16(), header(RETRY_AFTER)), (status, seconds), "{refusal:?}");
            assert_eq!(header(CONTENT_TYPE), Some("application/json"));
        }
    }

    /// It is moved a few times on its way, and each connection has one while a request is under way: what few requests
    /// need is in boxes.
    #[test]
    fn the_future_of_a_request_stays_small() {
        fn size<'a, F: Future>(_: fn(&'a Gateway, Request<Incoming>, Peer) -> F) -> usize {
            size_of::<F>()
        }
        assert!(size(Gateway::handle) < 8 * 1024, "{}", size(Gateway::handle));
    }

    #[test]
    fn a_cleaned_path_leads_nowhere_else_and_fits_a_header() {
        for (path, query, location) in [
            ("/./\\evil.test", None, "/%5Cevil.test"),
            ("//é/x", Some("q=é&b=\\"), "/%c3%a9/x?q=%c3%a9&b=\\"),
            ("/a/../b%20c", Some(""), "/b%20c?"),
        ] {
            assert_eq!(cleaned_target(&path::cleaned(path).unwrap(), query), location);
        }
    }
}
