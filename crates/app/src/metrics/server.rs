//! The listener for scrapes. It answers every request alike, whatever its path and method, as v7 does; it reads no body,
//! changes nothing, and knows no app and no session (invariants I-18 and I-41).

use std::convert::Infallible;
use std::io::Write as _;
use std::net::IpAddr;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderName, HeaderValue, ORIGIN, USER_AGENT, VARY,
};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time;

use super::Metrics;
use super::text::MEDIA_TYPE;
use crate::limits::{MAX_SMALL_HEAD, SCRAPE_HEAD_TIME, SCRAPES_TIME};
use crate::server::{Door, PAUSE, Seats};

/// Accepts scrapes until the future is dropped.
pub(crate) async fn serve(door: Door, metrics: Metrics) -> Infallible {
    let mut seats = Seats::default();
    loop {
        match door.next().await {
            Ok((accepted, peer)) => {
                let (seat, metrics) = (seats.take(peer.ip()), metrics.clone());
                tokio::spawn(seat.while_free(async {
                    if let Some((socket, _)) = accepted.open().await {
                        connection(socket, metrics).await;
                    }
                }));
            }
            Err(error) => {
                tracing::error!(%error, "cannot accept connections for metrics");
                time::sleep(PAUSE).await;
            }
        }
    }
}

async fn connection(socket: impl AsyncRead + AsyncWrite + Unpin, metrics: Metrics) {
    let service = service_fn(|request| {
        let answer = answer(&request, &metrics);
        async { Ok::<_, Infallible>(answer) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(SCRAPE_HEAD_TIME)
        .max_buf_size(MAX_SMALL_HEAD)
        .serve_connection(TokioIo::new(socket), service);
    // How it ends is the scraper's affair.
    let _ = time::timeout(SCRAPES_TIME, connection).await;
}

fn answer<B>(request: &Request<B>, metrics: &Metrics) -> Response<Full<Bytes>> {
    if is_from_a_page(request.headers()) {
        let mut answer = Response::new(Full::new(Bytes::from_static(b"metrics are not for web pages\n")));
        *answer.status_mut() = StatusCode::FORBIDDEN;
        return answer;
    }
    let text = metrics.text();
    let packed = accepts_gzip(request.headers()).then(|| gzip(text.as_bytes())).flatten();
    let is_packed = packed.is_some();
    let mut answer = Response::new(Full::new(packed.map_or_else(|| Bytes::from(text), Bytes::from)));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    if is_packed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    answer
}

/// Whether a browser asks, or may ask, in the name of a page, be it one that has its own host's name lead here (DNS
/// rebinding): browsers get an answer by address alone, or by a name that no page can have. Scrapers may
/// call us as they like.
fn is_from_a_page(headers: &HeaderMap) -> bool {
    let is_part = headers.get("sec-fetch-mode").is_some_and(|mode| mode != "navigate");
    let is_browser = headers.get(USER_AGENT).is_some_and(|agent| agent.as_bytes().starts_with(b"Mozilla/"));
    let mut hosts = headers.get_all(HOST).iter();
    let (host, another) = (hosts.next(), hosts.next());
    headers.contains_key(ORIGIN) || is_part || another.is_some() || (is_browser && !host.is_some_and(is_private))
}

/// Whether a host is an address or a name without a dot.
fn is_private(host: &HeaderValue) -> bool {
    let host = host.to_str().unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    address.parse::<IpAddr>().is_ok() || (!name.is_empty() && !name.contains('.'))
}

/// Whether `gzip` is among the codings that are accepted, and not with weight zero (RFC 9110 §12.5.3).
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let refused = parts.filter_map(|part| part.split_once('=')).any(|(name, weight)| {
            name.trim().eq_ignore_ascii_case("q") && weight.trim().parse().is_ok_and(|weight: f32| weight == 0.0)
        });
        is_gzip && !refused
    })
}

fn gzip(text: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    async fn served_for(client: impl AsyncFnOnce(tokio::io::DuplexStream)) -> std::time::Duration {
        let metrics = Metrics {
            tallies: sidecar_gateway::Tallies::new(sidecar_gateway::Counted::No),
            meters: super::super::Meters::default(),
            tunnels: sidecar_upstream::Tunnels::default(),
        };
        let (theirs, ours) = tokio::io::duplex(1 << 20);
        let begun = time::Instant::now();
        tokio::join!(connection(ours, metrics), client(theirs));
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_scrape_that_does_not_come_is_not_waited_for() {
        for begun in ["", "GET /metrics HT"] {
            let time = served_for(async |mut client| {
                client.write_all(begun.as_bytes()).await.unwrap();
                let _ = client.read_to_end(&mut Vec::new()).await;
            });
            let time = time.await;
            assert!((SCRAPE_HEAD_TIME..SCRAPE_HEAD_TIME * 2).contains(&time), "{begun:?}: {time:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_connection_for_metrics_lives_forever() {
        let time = served_for(async |mut client| {
            let mut answer = vec![0; 1 << 16];
            while client.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await.is_ok() {
                if client.read(&mut answer).await.unwrap_or(0) == 0 {
                    break;
                }
                time::sleep(SCRAPE_HEAD_TIME / 2).await;
            }
        });
        let time = time.await;
        assert!((SCRAPES_TIME..SCRAPES_TIME + SCRAPE_HEAD_TIME).contains(&time), "{time:?}");
    }

    #[test]
    fn gzip_is_sent_to_whom_accepts_it() {
        for (value, accepted) in [
            ("gzip", true),
            ("br, GZIP ; q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0, br", false),
            ("identity", false),
            ("x-gzip", false),
            ("", false),
        ] {
            assert_eq!(accepts_gzip(&headers(&[("accept-encoding", value)])), accepted, "{value}");
        }
    }

    #[test]
    fn pages_are_told_nothing_and_whoever_opens_the_address_is() {
        for (pairs, refused) in [
            (&[("host", "10.0.0.1:9090")][..], false),
            (&[("host", "app.example.com:9090"), ("user-agent", "Prometheus/3.0")], false),
            (&[("host", "[::1]:9090"), ("user-agent", "Mozilla/5.0"), ("sec-fetch-mode", "navigate")], false),
            (&[("host", "localhost:9090"), ("user-agent", "Mozilla/5.0")], false),
            (&[("host", "evil.example:9090"), ("user-agent", "Mozilla/5.0")], true),
            (&[("user-agent", "Mozilla/5.0")], true),
            (&[("host", "evil.example"), ("sec-fetch-mode", "cors")], true),
            (&[("host", "x"), ("origin", "https://evil.example")], true),
            (&[("host", "x"), ("host", "y")], true),
        ] {
            assert_eq!(is_from_a_page(&headers(pairs)), refused, "{pairs:?}");
        }
    }
}
