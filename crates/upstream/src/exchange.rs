//! One request to an HTTP upstream, and its answer.

use std::{net::IpAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, Version, header, request, uri,
};
use http_body::Body as _;
use hyper::{body::Incoming, upgrade::OnUpgrade};
use sidecar_net::{Connector, InFlight, Pool, PoolSettings, RequestError};
use tokio::time::{Instant, sleep_until, timeout};

use crate::{
    Body, Fault, ForwardError, HostHeader, Peer, Table, WebSockets,
    body::Sent,
    hop,
    identity::Identity,
    table::{HttpTarget, Route},
    upgrade,
};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const GZIP: HeaderValue = HeaderValue::from_static("gzip");

impl HttpTarget {
    /// The connections of one worker.
    pub(crate) fn pool(&self) -> Pool<Body> {
        let settings =
            PoolSettings { keep_alive: self.keep_alive, protocols: self.protocols, ..PoolSettings::default() };
        Pool::new(Connector::to(self.dialer.clone(), self.endpoint.clone()), &settings)
    }
}

/// One upstream as one worker sees it.
pub(crate) struct Exchange<'a> {
    pub(crate) table: &'a Arc<Table>,
    pub(crate) route: &'a Route,
    pub(crate) target: &'a HttpTarget,
    pub(crate) pool: &'a Pool<Body>,
}

/// What the answer has to be read with.
pub(crate) struct Asked {
    /// The visitor's half of a WebSocket.
    websocket: Option<OnUpgrade>,
    /// Whether we asked for gzip in the visitor's place.
    gzip: Gzip,
    /// What the visitor speaks.
    version: Version,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Gzip {
    /// The visitor said what it takes.
    AsVisitor,
    /// It did not; what comes packed is unpacked for it.
    Unpack,
}

impl Exchange<'_> {
    /// Sends the request and waits for the head of the answer.
    pub(crate) async fn run(
        &self,
        request: Request<Incoming>,
        identity: &Identity,
        peer: Peer,
    ) -> Result<Response<Body>, ForwardError> {
        let (mut parts, incoming) = request.into_parts();
        let asked = self.prepare(&mut parts, incoming.is_end_stream(), identity, peer)?;
        if let Some(signature) = &self.table.signature {
            return Box::pin(self.run_signed(signature, parts, incoming, asked, identity)).await;
        }
        let response = if incoming.is_end_stream() {
            self.send_bodiless(parts, &asked).await?
        } else {
            Box::pin(self.send_with_body(parts, incoming)).await?
        };
        self.receive(response, asked)
    }

    /// Writes the head that the app receives.
    fn prepare(
        &self,
        parts: &mut request::Parts,
        is_empty: bool,
        identity: &Identity,
        peer: Peer,
    ) -> Result<Asked, ForwardError> {
        let wants_websocket = self.target.websockets == WebSockets::Pass && is_empty && hop::asks_for_websocket(parts);
        let websocket = parts.extensions.remove::<OnUpgrade>().filter(|_| wants_websocket);
        parts.extensions.clear();
        let host = self.host(parts);
        let headers = &mut parts.headers;
        hop::consume_request(headers); // theirs ends here, before ours begins (D09)
        self.table.own_cookies.consume(headers, self.table.session_cookies);
        self.table.injector.write_request(identity, headers);
        flatten(headers);
        if headers.get(header::USER_AGENT).is_some_and(HeaderValue::is_empty) {
            headers.remove(header::USER_AGENT); // compat: an empty one says nothing, and v7 does not send it
        }
        forwarded_for(headers, peer.ip);
        headers.insert(header::HOST, host);
        let gzip = ask_for_gzip(&parts.method, headers);
        if websocket.is_some() {
            headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        } else if is_empty && [Method::POST, Method::PUT, Method::PATCH].contains(&parts.method) {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0")); // RFC 9110 8.6
        }
        let version = std::mem::replace(&mut parts.version, Version::HTTP_11);
        parts.uri = self.uri(&parts.uri).map_err(|error| self.failed(Fault::Internal, Some(error)))?;
        Ok(Asked { websocket, gzip, version })
    }

    /// The `Host` for the app; an absolute-form target's authority stands above the header (RFC 9112 3.2.2).
    fn host(&self, parts: &request::Parts) -> HeaderValue {
        let own = || self.target.own_host.clone();
        if self.target.host == HostHeader::OfUpstream {
            return own();
        }
        match parts.uri.authority() {
            Some(authority) => HeaderValue::from_str(authority.as_str()).unwrap_or_else(|_| own()),
            None => parts.headers.get(header::HOST).cloned().unwrap_or_else(own),
        }
    }

    /// Where the pool sends it; path and query are the received bytes.
    fn uri(&self, received: &Uri) -> Result<Uri, http::Error> {
        let mut parts = uri::Parts::default();
        parts.scheme = Some(uri::Scheme::HTTP);
        if let sidecar_net::Endpoint::Https { .. } = self.target.endpoint {
            parts.scheme = Some(uri::Scheme::HTTPS);
        }
        parts.authority = Some(self.target.authority.clone());
        parts.path_and_query = received.path_and_query().cloned();
        Ok(Uri::from_parts(parts)?)
    }

    /// Sends a request without a body. One that is idempotent is sent a second time when the kept connection it was
    /// given turns out dead.
    pub(crate) async fn send_bodiless(
        &self,
        parts: request::Parts,
        asked: &Asked,
    ) -> Result<Response<Incoming>, ForwardError> {
        let is_idempotent = [Method::GET, Method::HEAD, Method::OPTIONS].contains(&parts.method);
        let again = is_idempotent.then(|| {
            let mut again = Request::new(Body::empty());
            *again.method_mut() = parts.method.clone();
            *again.uri_mut() = parts.uri.clone();
            again.headers_mut().clone_from(&parts.headers);
            again
        });
        let sending = async {
            match (self.pool.request(Request::from_parts(parts, Body::empty())).await, again) {
                (Err(error), Some(again)) if error.died_idle() => Box::pin(self.pool.request(again)).await,
                (done, _) => done,
            }
        };
        // One future for both cases is half the size of two.
        let limit = self.target.timeout.filter(|_| asked.websocket.is_none()).unwrap_or(Duration::MAX);
        let sent = timeout(limit, sending).await.map_err(|_| self.failed(Fault::Timeout, None))?;
        sent.map_err(|error| self.client_failed(error))
    }

    /// Sends a request whose body is at hand, once.
    pub(crate) async fn send_whole(
        &self,
        parts: request::Parts,
        body: Bytes,
    ) -> Result<Response<Incoming>, ForwardError> {
        let sending = self.pool.request(Request::from_parts(parts, Body::from(body)));
        let limit = self.target.timeout.unwrap_or(Duration::MAX);
        let sent = timeout(limit, sending).await.map_err(|_| self.failed(Fault::Timeout, None))?;
        sent.map_err(|error| self.client_failed(error))
    }

    /// Sends a request with a body, once. The upstream's time begins when the last byte is handed over.
    async fn send_with_body(
        &self,
        mut parts: request::Parts,
        incoming: Incoming,
    ) -> Result<Response<Incoming>, ForwardError> {
        let sent = Sent::default();
        let body = Body::upload(incoming, sent.clone());
        if body.size_hint().exact().is_none() {
            // Without it hyper gives a GET or HEAD no body at all.
            parts.headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
        let sending = self.pool.request(Request::from_parts(parts, body));
        match self.target.timeout {
            Some(limit) => tokio::select! {
                done = sending => done,
                () = overdue(limit, &sent) => return Err(self.failed(Fault::Timeout, None)),
            },
            None => sending.await,
        }
        .map_err(|error| self.client_failed(error))
    }

    /// Writes the head that the visitor receives, short of our own headers.
    pub(crate) fn receive(
        &self,
        mut response: Response<Incoming>,
        asked: Asked,
    ) -> Result<Response<Body>, ForwardError> {
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return self.switch(response, asked.websocket);
        }
        // What the app speaks is between it and us: an answer in HTTP/1.0 must not end the visitor's connection.
        *response.version_mut() = Version::HTTP_11;
        let in_flight = response.extensions_mut().remove::<InFlight>();
        let headers = response.headers_mut();
        self.guard(headers);
        if headers.get_all(header::CONTENT_LENGTH).iter().nth(1).is_some()
            && let Some(length) = headers.get(header::CONTENT_LENGTH).cloned()
        {
            headers.insert(header::CONTENT_LENGTH, length); // equal lines (hyper refuses others) become one
        }
        let is_gzip = headers
            .get(header::CONTENT_ENCODING)
            .is_some_and(|coding| coding.as_bytes().eq_ignore_ascii_case(GZIP.as_bytes()));
        if asked.gzip == Gzip::Unpack && is_gzip && !response.body().is_end_stream() {
            let headers = response.headers_mut();
            for name in [header::CONTENT_ENCODING, header::CONTENT_LENGTH, header::TRAILER] {
                headers.remove(name);
            }
            return Ok(response.map(Body::gunzip));
        }
        // To a visitor of HTTP/1 hyper sends the trailers that are announced alone, which `guard` has looked at.
        let trailers = (asked.version == Version::HTTP_2).then(|| Arc::clone(self.table));
        if in_flight.is_none() && (trailers.is_none() || response.body().is_end_stream()) {
            return Ok(response.map(Body::from));
        }
        Ok(response.map(|body| Body::guarded(body, trailers, in_flight)))
    }

    fn switch(
        &self,
        mut response: Response<Incoming>,
        visitor: Option<OnUpgrade>,
    ) -> Result<Response<Body>, ForwardError> {
        let Some(visitor) = visitor.filter(|_| hop::grants_websocket(response.headers())) else {
            return Err(self.failed(Fault::Malformed, None));
        };
        let app = hyper::upgrade::on(&mut response);
        self.guard(response.headers_mut());
        let until_closed = upgrade::join(visitor, app, &self.table.tunnels);
        let mut response = upgrade::switching(response.map(|_| Body::empty()));
        response.extensions_mut().insert(until_closed);
        Ok(response)
    }

    /// Removes from an answer what concerns the connection, and what only we may say.
    fn guard(&self, headers: &mut HeaderMap) {
        hop::consume_response(headers);
        self.table.guard_response(headers);
        let is_refused = |name: &[u8]| match HeaderName::from_bytes(name.trim_ascii()) {
            Ok(name) => self.table.is_no_trailer(&name),
            Err(_) => true,
        };
        let mut announced =
            headers.get_all(header::TRAILER).iter().flat_map(|line| line.as_bytes().split(|b| *b == b','));
        if announced.any(is_refused) {
            headers.remove(header::TRAILER); // hyper sends no trailer that is not announced
        }
    }

    pub(crate) fn failed(&self, fault: Fault, source: Option<http::Error>) -> ForwardError {
        ForwardError::new(self.route.id.clone(), fault, source.map(Into::into))
    }

    fn client_failed(&self, error: RequestError) -> ForwardError {
        ForwardError::from_client(self.route.id.clone(), error)
    }
}

/// Ends when `limit` has passed since the request was sent; a long upload does not count.
async fn overdue(limit: Duration, sent: &Arc<std::sync::OnceLock<Instant>>) {
    let mut deadline = Instant::now() + limit;
    loop {
        sleep_until(deadline).await;
        deadline = sent.get().copied().unwrap_or_else(Instant::now) + limit;
        if deadline <= Instant::now() {
            return;
        }
    }
}

/// Makes one line of several, as v7 does with every request header: joined with `,` and no blank.
/// Cookies are one line already.
fn flatten(headers: &mut HeaderMap) {
    if headers.len() == headers.keys_len() {
        return;
    }
    let repeated: Vec<HeaderName> =
        headers.keys().filter(|name| headers.get_all(*name).iter().nth(1).is_some()).cloned().collect();
    for name in repeated {
        let lines: Vec<&[u8]> = headers.get_all(&name).iter().map(HeaderValue::as_bytes).collect();
        // Joined valid values are a valid value.
        if let Ok(joined) = HeaderValue::from_maybe_shared(Bytes::from(lines.join(&b","[..]))) {
            headers.insert(name, joined);
        }
    }
}

/// Appends the peer, if it has an address, to the addresses that came.
fn forwarded_for(headers: &mut HeaderMap, peer: Option<IpAddr>) {
    let Some(peer) = peer else { return };
    let text = match headers.get(FORWARDED_FOR).map(HeaderValue::as_bytes) {
        Some(prior) => [prior, b", ", peer.to_string().as_bytes()].concat(),
        None => peer.to_string().into_bytes(),
    };
    if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(text)) {
        headers.insert(FORWARDED_FOR, value);
    }
}

fn ask_for_gzip(method: &Method, headers: &mut HeaderMap) -> Gzip {
    let says = |name| headers.get(name).is_some_and(|value| !value.is_empty());
    if method == Method::HEAD || says(header::ACCEPT_ENCODING) || says(header::RANGE) {
        return Gzip::AsVisitor;
    }
    headers.insert(header::ACCEPT_ENCODING, GZIP);
    Gzip::Unpack
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_upstreams_time_begins_when_the_upload_has_ended() {
        let (sent, begin) = (Sent::default(), Instant::now());
        let late = sent.clone();
        tokio::spawn(async move {
            sleep_until(begin + Duration::from_secs(100)).await;
            late.set(Instant::now()).unwrap();
        });
        overdue(Duration::from_secs(30), &sent).await;
        assert_eq!(begin.elapsed().as_secs(), 130);
    }

    #[test]
    fn several_lines_become_one_and_the_peer_comes_last() {
        let mut headers = HeaderMap::new();
        for (name, value) in [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "2.2.2.2"), ("accept", "a")] {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers.append("accept", HeaderValue::from_static("b"));
        flatten(&mut headers);
        forwarded_for(&mut headers, Some(IpAddr::from([10, 0, 0, 9])));
        assert_eq!(headers["accept"], "a,b");
        assert_eq!(headers["x-forwarded-for"], "1.1.1.1,2.2.2.2, 10.0.0.9");
        assert_eq!(headers.len(), 2);
        forwarded_for(&mut headers, None);
        assert_eq!(headers["x-forwarded-for"], "1.1.1.1,2.2.2.2, 10.0.0.9");
    }
}
