//! Calls to the provider: bounded in time and size, and never redirected unless said so.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use sidecar_core::Secret;
use sidecar_net::{Connector, DialError, Dialer, Pool, PoolSettings, RequestError, Stage, Timeouts};
use tokio::sync::Semaphore;
use tokio::time::timeout;

pub use crate::call::{Call, CallError, Fault};
use crate::endpoint_url::EndpointUrl;
use crate::limits::{DEADLINE, MAX_BODY_BYTES, MAX_CALLS, MAX_REDIRECTS};
use crate::memory::Memory;

/// What every call says it comes from.
const AGENT: &str = concat!("oauth2-sidecar/", env!("CARGO_PKG_VERSION"));
/// Each step of a connection ends before [`DEADLINE`], so that an error can name the step at which nobody answered. Lost
/// packets are sent again after one and three seconds.
const TIMEOUTS: Timeouts =
    Timeouts { connect: Duration::from_secs(5), tunnel: Duration::from_secs(4), handshake: Duration::from_secs(4) };
/// How many more calls GitHub and its like take in the present hour.
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");

/// The one client for calls to a provider. Clones share its connections, which live on the runtime that makes the calls.
#[derive(Clone)]
pub struct Client {
    pool: Pool<Full<Bytes>>,
    /// One for each call that may be under way.
    turns: Arc<Semaphore>,
    deadline: Duration,
    memory: Memory,
}

/// Where a redirect may lead (D46).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Follow {
    /// Anywhere, but never from https to http. For calls that carry no secret.
    Anywhere,
    /// To the same scheme, host and port alone, which have seen the access token already.
    SameOrigin,
}

impl Follow {
    fn leads(self, from: &EndpointUrl, to: &EndpointUrl) -> bool {
        match self {
            Self::Anywhere => to.is_https() || !from.is_https(),
            Self::SameOrigin => to.is_same_origin(from),
        }
    }
}

/// A complete answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// The media type in lower case, without parameters; empty when there is none.
    pub(crate) media_type: String,
    /// Where a redirect leads to.
    location: Option<String>,
    /// See [`CallError::retry_after`].
    retry_after: Option<Duration>,
    /// Whether a refusal comes from a limit on the number of calls, which GitHub says with 403 and a header.
    is_rate_limited: bool,
    /// May hold tokens: goes to a parser, never to a log.
    pub(crate) body: Bytes,
}

impl Client {
    /// A client that connects as `dialer` does.
    #[must_use]
    pub fn new(dialer: Dialer) -> Self {
        let connector = Connector::by_uri(dialer.with_timeouts(TIMEOUTS));
        let pool = Pool::new(connector, &PoolSettings::default());
        Self { pool, turns: Arc::new(Semaphore::new(MAX_CALLS)), deadline: DEADLINE, memory: Memory::default() }
    }

    /// The same for somebody who goes on with what another, whose TLS trusts the same authorities, was told.
    #[must_use]
    pub fn remembering(self, memory: Memory) -> Self {
        Self { memory, ..self }
    }

    /// What providers have said.
    pub(crate) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The same with another deadline per call. Default 10 s.
    #[must_use]
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// One GET. A redirect is a fault.
    pub(crate) async fn get(&self, call: Call, url: &EndpointUrl, headers: HeaderMap) -> Result<Answer, CallError> {
        let answer = self.exchange(call, url, request(Method::GET, url, headers, Bytes::new())).await?;
        answer.unless_redirected(call, url)
    }

    /// One GET that follows up to three redirects, as far as `follow` lets it.
    pub(crate) async fn get_following(
        &self,
        call: Call,
        url: &EndpointUrl,
        headers: HeaderMap,
        follow: Follow,
    ) -> Result<Answer, CallError> {
        let mut url = url.clone();
        let mut hops = 0;
        loop {
            let get = request(Method::GET, &url, headers.clone(), Bytes::new());
            let answer = self.exchange(call, &url, get).await?;
            let Some(location) = &answer.location else { return answer.unless_redirected(call, &url) };
            let next = url.join(location).ok().filter(|next| follow.leads(&url, next));
            hops += 1;
            match next {
                Some(next) if hops <= MAX_REDIRECTS => url = next,
                _ => return answer.unless_redirected(call, &url),
            }
        }
    }

    /// One POST of a form. A redirect is a fault, so the form goes nowhere else.
    pub(crate) async fn post_form(
        &self,
        call: Call,
        url: &EndpointUrl,
        mut headers: HeaderMap,
        form: &Secret<String>,
    ) -> Result<Answer, CallError> {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let body = Bytes::copy_from_slice(form.expose().as_bytes());
        let answer = self.exchange(call, url, request(Method::POST, url, headers, body)).await?;
        answer.unless_redirected(call, url)
    }

    /// Sends a request and reads the whole answer, within the deadline.
    async fn exchange(
        &self,
        call: Call,
        url: &EndpointUrl,
        request: Request<Full<Bytes>>,
    ) -> Result<Answer, CallError> {
        let exchange = async {
            // Nobody closes it, so there is always a turn in the end.
            let _turn = self.turns.acquire().await;
            let response = self.send(request).await.map_err(|error| fault_of(&error))?;
            read(response).await
        };
        let answer = timeout(self.deadline, exchange).await.unwrap_or(Err(Fault::TimedOut));
        answer.map_err(|fault| CallError::new(call, url, fault))
    }

    /// A GET that met a kept connection which the provider was just closing is sent once more (RFC 9110 §9.2.2). A POST is
    /// not: nobody knows whether its code was used up.
    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, RequestError> {
        let again = (request.method() == Method::GET).then(|| request.clone());
        match (self.pool.request(request).await, again) {
            (Err(error), Some(again)) if error.died_idle() => self.pool.request(again).await,
            (sent, _) => sent,
        }
    }
}

impl Answer {
    #[cfg(any(test, fuzzing))]
    pub(crate) fn of(status: u16, media_type: &str, body: &[u8]) -> Self {
        Self {
            status: StatusCode::from_u16(status).expect("a status"),
            media_type: media_type.to_owned(),
            location: None,
            retry_after: None,
            is_rate_limited: status == 429,
            body: Bytes::copy_from_slice(body),
        }
    }

    fn unless_redirected(self, call: Call, url: &EndpointUrl) -> Result<Self, CallError> {
        if self.status.is_redirection() {
            return Err(CallError::new(call, url, Fault::Redirect(self.status.as_u16())));
        }
        Ok(self)
    }

    /// The body of an answer with status 200; any other is a fault.
    pub(crate) fn into_ok_body(self, call: Call, url: &EndpointUrl) -> Result<Bytes, CallError> {
        if self.status != StatusCode::OK {
            return Err(self.refused(call, url));
        }
        Ok(self.body)
    }

    /// The error for a status that the call does not want.
    pub(crate) fn refused(&self, call: Call, url: &EndpointUrl) -> CallError {
        CallError { retry_after: self.retry_after, ..CallError::new(call, url, self.refusal()) }
    }

    /// What a status means that the call does not want.
    pub(crate) fn refusal(&self) -> Fault {
        let status = self.status.as_u16();
        if self.is_rate_limited { Fault::RateLimited(status) } else { Fault::Status(status) }
    }
}

fn request(method: Method, url: &EndpointUrl, headers: HeaderMap, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = url.to_uri();
    *request.headers_mut() = headers;
    request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(AGENT));
    request
}

async fn read(response: Response<Incoming>) -> Result<Answer, Fault> {
    let (head, mut body) = response.into_parts();
    let text = |name: HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok());
    let media_type = text(CONTENT_TYPE).and_then(|value| value.split(';').next()).unwrap_or_default();
    let location = text(LOCATION).filter(|_| head.status.is_redirection()).map(str::to_owned);
    let is_rate_limited = match head.status {
        StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::FORBIDDEN => text(RETRY_AFTER).is_some() || text(REMAINING) == Some("0"),
        _ => false,
    };
    let asks_for_patience = is_rate_limited || head.status == StatusCode::SERVICE_UNAVAILABLE;
    let retry_after = text(RETRY_AFTER).filter(|_| asks_for_patience).and_then(seconds);
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Fault::Interrupted(innermost(&error)))?;
        let Ok(data) = frame.into_data() else { continue }; // trailers say nothing here
        if bytes.len() + data.len() > MAX_BODY_BYTES {
            return Err(Fault::TooLarge);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Answer {
        status: head.status,
        media_type: media_type.trim().to_ascii_lowercase(),
        location,
        retry_after,
        is_rate_limited,
        body: bytes.freeze(),
    })
}

/// A delay in seconds. The other form, a date, is not read: it would need their clock and ours to agree.
fn seconds(text: &str) -> Option<Duration> {
    text.trim().parse().ok().map(Duration::from_secs)
}

/// What a failed exchange means: a stage of the connection, or an answer that is none.
fn fault_of(error: &(dyn Error + 'static)) -> Fault {
    let Some(dial) = DialError::find(error) else { return Fault::Interrupted(innermost(error)) };
    let reason = if dial.is_timeout() { "nobody answered in time".to_owned() } else { innermost(dial) };
    match dial.stage() {
        Stage::Resolve => Fault::Dns(reason),
        Stage::Connect => Fault::Connect(reason),
        Stage::Proxy => Fault::Proxy(reason),
        Stage::Tls => Fault::Tls(reason),
    }
}

/// The text of the first cause. Network and TLS libraries name addresses and certificates there, never what was sent.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use sidecar_net::{Proxies, Tls, TlsSettings};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

    fn client() -> Client {
        Client::new(Dialer::new(Tls::new(&TlsSettings::default()).unwrap(), Proxies::Direct))
    }

    async fn listen(scheme: &str) -> (TcpListener, EndpointUrl) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("{scheme}://{}/keys", listener.local_addr().unwrap());
        (listener, EndpointUrl::parse(&url).unwrap())
    }

    async fn read_request(socket: &mut TcpStream) {
        let mut bytes = Vec::new();
        while !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
            assert!(socket.read_buf(&mut bytes).await.unwrap() > 0);
        }
    }

    #[tokio::test]
    async fn a_get_is_sent_again_when_its_kept_connection_was_just_being_closed_and_a_post_is_not() {
        for method in [Method::GET, Method::POST] {
            let (listener, url) = listen("http").await;
            let served = tokio::spawn(async move {
                let (mut kept, _) = listener.accept().await.unwrap();
                read_request(&mut kept).await;
                kept.write_all(ANSWER).await.unwrap();
                read_request(&mut kept).await;
                drop(kept);
                let (mut fresh, _) = listener.accept().await.unwrap();
                read_request(&mut fresh).await;
                fresh.write_all(ANSWER).await.unwrap();
            });
            let client = client();
            client.get(Call::Keys, &url, HeaderMap::new()).await.unwrap();
            let sent = client.exchange(Call::Keys, &url, request(method.clone(), &url, HeaderMap::new(), Bytes::new()));
            let answered = sent.await;
            assert_eq!(answered.is_ok(), method == Method::GET, "{:?}", answered.err());
            served.abort();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_at_which_nobody_answers_is_named() {
        let (_silent, url) = listen("https").await;
        let Err(error) = client().get(Call::Keys, &url, HeaderMap::new()).await else { panic!("nobody is there") };
        assert_eq!(error.fault.to_string(), "TLS failed: nobody answered in time");
        let (_silent, url) = listen("http").await;
        let Err(error) = client().get(Call::Keys, &url, HeaderMap::new()).await else { panic!("nobody is there") };
        assert_eq!(error.fault, Fault::TimedOut);
    }

    /// A server that says `head`, and then `piece` again and again, with a pause before each.
    async fn trickle(head: &'static str, piece: Vec<u8>, pause: Duration) -> EndpointUrl {
        let (listener, url) = listen("http").await;
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                read_request(&mut socket).await;
                let mut sent = socket.write_all(head.as_bytes()).await;
                while sent.is_ok() {
                    tokio::time::sleep(pause).await;
                    sent = socket.write_all(&piece).await;
                }
            }
        });
        url
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_of_the_provider_that_never_ends_is_not_waited_for() {
        const LENGTH: &str = "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n";
        const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        let slow = Duration::from_secs(2);
        for (head, piece, pause) in [
            ("", b"H".to_vec(), slow),
            ("HTTP/1.1 200 OK\r\n", b"x: y\r\n".to_vec(), slow),
            ("HTTP/1.1 200 OK\r\n", b"x: y\r\n".to_vec(), Duration::ZERO),
            ("HTTP/1.1 200 OK\r\nx: ", vec![b'y'; 4096], Duration::ZERO),
            ("", b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec(), slow),
            (LENGTH, b" ".to_vec(), slow),
            (CHUNKED, b"1\r\n \r\n".to_vec(), slow),
            (CHUNKED, b"1;".to_vec(), Duration::ZERO),
        ] {
            let url = trickle(head, piece, pause).await;
            let begun = tokio::time::Instant::now();
            let answer = client().get(Call::Keys, &url, HeaderMap::new()).await;
            assert!(answer.is_err(), "{head:?}");
            assert!(begun.elapsed() <= DEADLINE, "{head:?}: {:?}", begun.elapsed());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_of_the_provider_without_end_is_not_kept() {
        let mut chunk = b"10000\r\n".to_vec();
        chunk.resize(chunk.len() + 0x10000, b' ');
        chunk.extend_from_slice(b"\r\n");
        let url = trickle("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", chunk, Duration::ZERO).await;
        let Err(error) = client().get(Call::Keys, &url, HeaderMap::new()).await else { panic!("it has no end") };
        assert_eq!(error.fault, Fault::TooLarge);
    }

    #[tokio::test(start_paused = true)]
    async fn calls_beyond_the_limit_wait_for_one_to_end() {
        let (listener, url) = listen("http").await;
        let client = client().with_deadline(Duration::from_hours(1));
        let call = || {
            let (client, url) = (client.clone(), url.clone());
            tokio::spawn(async move { client.get(Call::Keys, &url, HeaderMap::new()).await.is_ok() })
        };
        let calls: Vec<_> = (0..=MAX_CALLS).map(|_| call()).collect();
        let mut open = Vec::new();
        for _ in 0..MAX_CALLS {
            open.push(listener.accept().await.unwrap().0);
        }
        let another = tokio::time::timeout(Duration::from_mins(1), listener.accept());
        assert!(another.await.is_err(), "more calls are under way than may be");
        drop(open.pop());
        open.push(listener.accept().await.unwrap().0);
        drop(listener);
        drop(open);
        for call in calls {
            assert!(!call.await.unwrap(), "nobody was answered");
        }
    }

    #[test]
    fn a_wish_to_be_left_alone_is_read_in_seconds_alone() {
        assert_eq!(seconds(" 120"), Some(Duration::from_mins(2)));
        for text in ["", "-1", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT", "99999999999999999999999"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
