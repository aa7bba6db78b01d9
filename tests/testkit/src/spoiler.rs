//! Spoils the answers of a server that works: every fault a call to a provider can meet, at any path.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::relay::{as_reply, pass_on, to_bytes};
use crate::{App, Reply, Response, Seen};

/// What goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The connection ends without an answer.
    HangUp,
    /// No answer ever comes; the connection stays.
    Silence,
    /// The true answer under another status.
    Status(u16),
    /// The first half of the true body, as if that were all.
    HalfTheBody,
    /// The first half of the true body, and then the connection ends.
    CutOff,
    /// 200 and this instead.
    Instead(Value),
    /// 200 and this instead, as it is, of this media type.
    Text(&'static str, String),
    /// The first page of the true answer, whatever page is asked for.
    FirstPageForever,
    /// 200 and this JSON, with the number of the page that was asked for in place of `{n}`: another page, whatever page
    /// is asked for.
    AnotherPageForever(&'static str),
    /// 302 to this place.
    Redirect(String),
}

/// A server that passes everything on to another, but for what it spoils.
pub struct Spoiler {
    app: App,
    faults: Arc<Mutex<Vec<(String, Fault)>>>,
}

impl fmt::Debug for Spoiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spoiler").field("address", &self.address()).finish_non_exhaustive()
    }
}

impl Spoiler {
    /// Before this server; nothing is spoilt yet.
    #[must_use]
    pub fn before(server: SocketAddr) -> Self {
        let faults = Arc::new(Mutex::new(Vec::<(String, Fault)>::new()));
        let known = Arc::clone(&faults);
        let app = App::with(move |seen| {
            let path = seen.target.split('?').next().unwrap_or_default();
            let fault = known.lock().expect("not poisoned").iter().find(|(which, _)| which == path).cloned();
            match fault {
                None => as_reply(&pass_on(server, seen)),
                Some((_, fault)) => spoil(&fault, server, seen),
            }
        });
        Self { app, faults }
    }

    /// Spoils the answers to this path from now on.
    pub fn spoil(&self, path: &str, fault: Fault) {
        let mut faults = self.faults.lock().expect("not poisoned");
        faults.retain(|(which, _)| which != path);
        faults.push((path.to_owned(), fault));
    }

    /// Spoils nothing from now on.
    pub fn heal(&self) {
        self.faults.lock().expect("not poisoned").clear();
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.app.address()
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Everything it was asked so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.app.seen()
    }

    /// Forgets what it was asked.
    pub fn forget(&self) {
        self.app.forget();
    }
}

fn spoil(fault: &Fault, server: SocketAddr, seen: &Seen) -> Reply {
    let json = |body: String| Reply::Text(200, vec![("Content-Type", "application/json".to_owned())], body);
    match fault {
        Fault::HangUp => Reply::HangUp,
        Fault::Silence => Reply::Silence,
        Fault::Status(status) => {
            let answer = pass_on(server, seen);
            let status_line = format!("HTTP/1.1 {status} Spoilt");
            as_reply(&Response { status: *status, status_line, ..answer })
        }
        Fault::HalfTheBody => as_reply(&half(pass_on(server, seen))),
        Fault::CutOff => {
            let answer = pass_on(server, seen);
            let whole = answer.body.len();
            Reply::Raw(to_bytes(&half(answer), whole))
        }
        Fault::Instead(value) => json(value.to_string()),
        Fault::Text(kind, body) => Reply::Text(200, vec![("Content-Type", (*kind).to_owned())], body.clone()),
        Fault::FirstPageForever => as_reply(&pass_on(server, &first_page(seen))),
        Fault::AnotherPageForever(page) => {
            let (_, query) = seen.target.split_once('?').unwrap_or_default();
            let number = query.split('&').find_map(|pair| pair.strip_prefix("page=")).unwrap_or("1");
            json(page.replace("{n}", number))
        }
        Fault::Redirect(to) => Reply::Text(302, vec![("Location", to.clone())], String::new()),
    }
}

fn half(mut answer: Response) -> Response {
    answer.body.truncate(answer.body.len() / 2);
    answer
}

/// The same request for page 1.
fn first_page(seen: &Seen) -> Seen {
    let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
    let others = query.split('&').filter(|pair| !pair.starts_with("page=") && !pair.is_empty());
    let query: Vec<_> = others.chain(["page=1"]).collect();
    Seen { target: format!("{path}?{}", query.join("&")), ..seen.clone() }
}
