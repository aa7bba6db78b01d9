//! The door of the demo: one port, and the host name says which sidecar a request goes to.
//!
//! It stands where the example site's ingress gateway stands and tells the sidecars the same things: the host, the scheme and
//! the address of the visitor. What a visitor claims about those is removed.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::uri::{Authority, PathAndQuery, Scheme};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;

use crate::server::{Served, serve};

/// Sent by the door alone.
const FORWARDED: [HeaderName; 7] = [
    header::FORWARDED,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-port"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-forwarded-uri"),
    HeaderName::from_static("x-real-ip"),
];

/// About one connection, hence never passed on (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [HeaderName; 6] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Which host leads where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The host name, lower case, without a port.
    pub host: String,
    /// The sidecar for it.
    pub sidecar: SocketAddr,
}

/// A running door. It ends when it is dropped.
#[derive(Debug)]
pub struct Door {
    served: Vec<Served>,
}

#[derive(Debug)]
struct Plan {
    routes: Vec<Route>,
    /// Where a request for an unknown host is sent.
    start: String,
    client: Client<HttpConnector, Body>,
}

impl Door {
    /// Serves `routes` on each of `listeners`; a request for another host is redirected to `start`.
    ///
    /// # Errors
    /// If a socket does not say its address.
    pub fn open(listeners: Vec<TcpListener>, routes: Vec<Route>, start: String) -> io::Result<Self> {
        let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        let every_path = Router::new().fallback(forward).with_state(Arc::new(Plan { routes, start, client }));
        let served = listeners.into_iter().map(|listener| serve(listener, every_path.clone()));
        let served = served.collect::<Result<_, _>>()?;
        Ok(Self { served })
    }

    /// Where the door listens.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.served.iter().map(Served::address).collect()
    }
}

async fn forward(
    State(plan): State<Arc<Plan>>,
    ConnectInfo(visitor): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let Some((host, sidecar)) = destination(&plan, &request) else {
        return Redirect::to(&plan.start).into_response();
    };
    let Ok(request) = rewritten(request, &host, visitor, sidecar) else {
        return (StatusCode::BAD_REQUEST, "this is not a request the demo understands\n").into_response();
    };
    match plan.client.request(request).await {
        Ok(answer) => {
            let (mut parts, body) = answer.into_parts();
            remove(&mut parts.headers, &HOP_BY_HOP);
            Response::from_parts(parts, Body::new(body))
        }
        Err(_) => (StatusCode::BAD_GATEWAY, format!("the sidecar of {host:?} does not answer\n")).into_response(),
    }
}

/// The Host line as it came, and the sidecar for it.
fn destination(plan: &Plan, request: &Request) -> Option<(HeaderValue, SocketAddr)> {
    let host = request.headers().get(header::HOST)?;
    let authority: Authority = host.to_str().ok()?.parse().ok()?;
    let name = authority.host().to_ascii_lowercase();
    let route = plan.routes.iter().find(|route| route.host == name)?;
    Some((host.clone(), route.sidecar))
}

/// The request as the sidecar gets it: same method, target, host and body.
fn rewritten(
    mut request: Request,
    host: &HeaderValue,
    visitor: SocketAddr,
    sidecar: SocketAddr,
) -> Result<Request, axum::http::Error> {
    let target = request.uri().path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    *request.uri_mut() =
        Uri::builder().scheme(Scheme::HTTP).authority(sidecar.to_string()).path_and_query(target).build()?;
    let headers = request.headers_mut();
    remove(headers, &HOP_BY_HOP);
    remove(headers, &FORWARDED);
    let address = HeaderValue::from_str(&visitor.ip().to_string())?;
    headers.insert("x-forwarded-for", address.clone());
    headers.insert("x-real-ip", address);
    headers.insert("x-forwarded-proto", HeaderValue::from_static("http"));
    headers.insert("x-forwarded-host", host.clone());
    Ok(request)
}

fn remove(headers: &mut HeaderMap, names: &[HeaderName]) {
    for name in names {
        headers.remove(name);
    }
}
