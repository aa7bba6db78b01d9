//! A GET, and what is worth knowing of its answer.

use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::header::{ACCEPT, DATE, USER_AGENT};
use http::{HeaderMap, Request, StatusCode, Uri};
use http_body_util::Empty;
use sidecar_core::report::chain;
use sidecar_net::{Connector, DialError, Dialer, Endpoint, Pool, PoolSettings, Protocols, Stage};
use tokio::time;

/// How long an answer may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// Asks, and reads no body.
pub(super) struct Prober(Pool<Empty<Bytes>>);

/// The head of an answer.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) took: Duration,
    headers: HeaderMap,
}

/// Why there was no answer.
pub(super) struct Silence {
    /// How far it came; `None` when the other side was reached and did not speak HTTP, or not in time.
    pub(super) stage: Option<Stage>,
    /// In words.
    pub(super) reason: String,
}

impl Prober {
    /// Asks whoever the URI names.
    pub(super) fn by_uri(dialer: Dialer) -> Self {
        Self(Pool::new(Connector::by_uri(dialer), &PoolSettings::default()))
    }

    /// Asks `endpoint` in these protocols, whatever the URI names.
    pub(super) fn of(dialer: Dialer, endpoint: Endpoint, protocols: Protocols) -> Self {
        Self(Pool::new(Connector::to(dialer, endpoint), &PoolSettings { protocols, ..PoolSettings::default() }))
    }

    /// Sends one GET.
    pub(super) async fn get(&self, uri: &Uri) -> Result<Answer, Silence> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = uri.clone();
        request.headers_mut().insert(ACCEPT, http::HeaderValue::from_static("*/*"));
        let agent = concat!("oauth2-sidecar/", env!("CARGO_PKG_VERSION"), " doctor");
        request.headers_mut().insert(USER_AGENT, http::HeaderValue::from_static(agent));
        let began = Instant::now();
        match time::timeout(DEADLINE, self.0.request(request)).await {
            Ok(Ok(response)) => {
                let (head, _) = response.into_parts();
                Ok(Answer { status: head.status, took: began.elapsed(), headers: head.headers })
            }
            Ok(Err(error)) => {
                Err(Silence { stage: DialError::find(&error).map(DialError::stage), reason: chain(&error) })
            }
            Err(_) => Err(Silence { stage: None, reason: format!("no answer within {} s", DEADLINE.as_secs()) }),
        }
    }
}

impl Answer {
    /// The clock of whoever answered (RFC 9110 §6.6.1), to the second.
    pub(super) fn date(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(self.headers.get(DATE)?.to_str().ok()?).ok()
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} in {} ms", self.status.as_u16(), self.took.as_millis())
    }
}
