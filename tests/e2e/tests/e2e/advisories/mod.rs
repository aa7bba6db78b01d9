//! The fifteen published advisories of oauth2-proxy, 2020 to 2026, each with its requests and its controls; and the fixes
//! that got no advisory.
//!
//! A test is named for its advisory. It fails when the mend is taken out of our code, which was tried for each; the
//! generators of `tests/boundary` are the test of the whole class. Where a row names the answer of v7.15.6, which is less
//! strict in places, ours is the stricter one of docs/compatibility.md.

mod domains;
mod forwarded;
mod http2;
mod identity;
mod log;
mod network;
mod passwords;
mod paths;
mod redirects;
mod sign_in_page;
mod unnamed;

use std::net::{IpAddr, Ipv4Addr};

use sidecar_testkit::{App, Launch, Provider, Request, Response, Which, cookie, websocket};

use crate::site::{SESSION, Site};

/// A peer that no configuration here trusts; connections come from it unless a test says otherwise.
const UNTRUSTED: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The front proxy of [`TRUST`].
const TRUSTED: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// Believes [`TRUSTED`] alone.
const TRUST: [&str; 2] = ["--reverse-proxy", "--trusted-proxy-ip=127.0.0.2/32"];

/// A site that listens on a unix socket, whose peers have no address.
fn site_on_a_socket(flags: &[&str]) -> Site {
    let app = App::start();
    let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream());
    Site { program: launch.flags(flags).on_socket().start(), app }
}

/// The request as it is, and as the handshake of a WebSocket.
fn with_handshake(request: Request) -> [Request; 2] {
    [request.clone(), websocket::handshake(request)]
}

/// What a visitor without a session gets: a login, the sign-in page, 401, or the redirect of path cleaning, whose target
/// is judged by itself. No session is handed out, and the app was asked nothing.
fn assert_denied(site: &Site, answer: &Response, what: &str) {
    let location = answer.location();
    let fine = match answer.status {
        301 => location.starts_with('/') && !location.starts_with("//") && !location.contains("/../"),
        302 => location.starts_with(Provider::shared().issuer()),
        status => status == 401 || status == 403,
    };
    assert!(fine, "{what}: {} {location}", answer.status);
    assert!(!hands_out_a_session(answer), "{what}: {:?}", answer.headers);
    assert!(site.app.seen().is_empty(), "{what} reached the app: {:?}", site.app.seen());
}

/// The app itself answered; what it was asked is forgotten.
fn assert_open(site: &Site, answer: &Response, what: &str) {
    assert_eq!((answer.status, site.app.seen().len()), (200, 1), "{what}: {}", answer.text());
    site.app.forget();
}

fn hands_out_a_session(answer: &Response) -> bool {
    let pieces = [format!("{SESSION}="), format!("{SESSION}_0="), format!("{SESSION}_1=")];
    answer.headers.all("Set-Cookie").any(|line| {
        let is_ours = pieces.iter().any(|piece| line.starts_with(piece));
        is_ours && cookie::gives_a_value(line)
    })
}
