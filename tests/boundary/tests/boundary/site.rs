//! The program before an app that tells what it understood, and a visitor who never lets go of a connection.

use std::net::IpAddr;

use sidecar_testkit::oracle::{Oracle, Understood};
use sidecar_testkit::{Browser, Connection, Launch, Program, Provider, Request, Response, Which, cookie};

/// The name of the session cookie.
pub(crate) const SESSION: &str = "_oauth2_proxy";

/// An app, and the program before it.
pub(crate) struct Site {
    pub(crate) program: Program,
    pub(crate) oracle: Oracle,
}

impl Site {
    pub(crate) fn before(oracle: Oracle, flags: &[&str]) -> Self {
        let program = Launch::oidc(Which::Ours, Provider::shared(), &oracle.upstream()).flags(flags).start();
        Self { program, oracle }
    }

    /// The Cookie header of alice's session.
    pub(crate) fn alices_cookie(&self) -> String {
        let cookie = sign_in(&self.program);
        let _ = self.oracle.drain();
        cookie
    }

    /// What the app said in this answer that it understood.
    pub(crate) fn understood(&self, answer: &Response) -> Understood {
        self.oracle.read(&answer.json())
    }
}

/// The Cookie header of alice's session at this program.
pub(crate) fn sign_in(program: &Program) -> String {
    let mut browser = Browser::new();
    let page = browser.sign_in_at(&program.url("/oauth2/start?rd=/"), "alice", "any");
    browser.jar.forget(|cookie| !cookie.name.starts_with(SESSION));
    let cookie = browser.cookies_for(&program.url("/"));
    assert!(cookie.starts_with(SESSION), "no session: {page}");
    cookie
}

/// Somebody who asks again and again, on one connection as long as it lasts.
pub(crate) struct Visitor<'a> {
    program: &'a Program,
    source: Option<IpAddr>,
    connection: Option<Connection>,
}

impl<'a> Visitor<'a> {
    pub(crate) fn of(program: &'a Program) -> Self {
        Self { program, source: None, connection: None }
    }

    /// One whose connections come from this address.
    pub(crate) fn from(program: &'a Program, source: IpAddr) -> Self {
        Self { program, source: Some(source), connection: None }
    }

    /// Sends a request and reads its answer; `None` when the connection ended instead.
    pub(crate) fn try_ask(&mut self, request: &Request) -> Option<Response> {
        if let Some(mut connection) = self.connection.take()
            && let Ok(answer) = connection.exchange(request)
        {
            return Some(self.keep(connection, answer));
        }
        // The program may have closed the old connection before it took this request.
        let mut connection = match self.source {
            Some(source) => Connection::open_from(source, self.program.address()),
            None => self.program.connect(),
        };
        let answer = connection.exchange(request).ok()?;
        Some(self.keep(connection, answer))
    }

    /// Sends a request and reads its answer.
    pub(crate) fn ask(&mut self, request: &Request) -> Response {
        self.try_ask(request).unwrap_or_else(|| panic!("no answer to {request:?}: {}", self.program.said()))
    }

    fn keep(&mut self, connection: Connection, answer: Response) -> Response {
        if answer.status != 101 && !answer.headers.lists("Connection", "close") {
            self.connection = Some(connection);
        }
        answer
    }
}

/// Whether the answer is one of those that visitors without a session get.
pub(crate) fn is_denial(answer: &Response) -> bool {
    let location = answer.location();
    let session = answer
        .headers
        .all("Set-Cookie")
        .any(|line| line.starts_with(&format!("{SESSION}=")) && cookie::gives_a_value(line));
    !session
        && match answer.status {
            301 => {
                let location = location.strip_prefix("http://app.test").unwrap_or(location);
                location.starts_with('/') && !location.starts_with("//") && !location.starts_with("/\\")
            }
            302 => location.starts_with(Provider::shared().issuer()),
            400 | 401 | 403 => true,
            _ => false,
        }
}
