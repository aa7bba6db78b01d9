//! A page that shows who an app was told you are.

use std::fmt::Write as _;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use serde_json::json;
use tokio::net::TcpListener;

pub use crate::html::Tone;
use crate::html::{Document, Escaped};
use crate::server::{Served, serve};

/// What a sample app is started with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What the app is called.
    pub name: String,
    /// Its colour.
    pub tone: Tone,
    /// Links to offer, the most important one first.
    pub links: Vec<Link>,
    /// Where the sign-out link leads; the sidecar in front answers it.
    pub sign_out: String,
}

/// A link on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What it says.
    pub text: String,
    /// Where it leads.
    pub href: String,
}

/// A running sample app. It ends when it is dropped.
#[derive(Debug)]
pub struct SampleApp {
    served: Served,
}

impl SampleApp {
    /// Serves the app on loopback, on a port that the system hands out.
    ///
    /// # Errors
    /// If no port can be bound.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        Self::serve_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?, settings)
    }

    /// Serves the app on a socket that is bound already, for a caller who had to know the port earlier.
    ///
    /// # Errors
    /// If the socket does not say its address.
    pub fn serve_on(listener: TcpListener, settings: Settings) -> io::Result<Self> {
        let routes = Router::new().fallback(answer).with_state(Arc::new(settings));
        Ok(Self { served: serve(listener, routes)? })
    }

    /// Where the app listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.served.address()
    }
}

/// The page at every path; as JSON for who prefers it.
async fn answer(State(app): State<Arc<Settings>>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let told = Told::from(&headers);
    if headers.get(header::ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"application/json")) {
        return Json(json!({
            "app": app.name,
            "method": method.as_str(),
            "target": uri.to_string(),
            "told": told.headers,
            "cookies": told.cookies,
        }))
        .into_response();
    }
    let body = [person(&told), links(&app), asked(&method, &uri), table(&told)].concat();
    Document { title: &app.name, owner: &app.name, tone: app.tone, body }.answer(StatusCode::OK)
}

/// What the request says about the visitor.
struct Told {
    /// `X-Auth-Request-*` and `X-Forwarded-*` in alphabetical order, names in lower case.
    headers: Vec<(String, String)>,
    /// The names of the cookies that came through. Their values are not shown: one could be a session.
    cookies: Vec<String>,
}

impl From<&HeaderMap> for Told {
    fn from(all: &HeaderMap) -> Self {
        let wanted = |name: &str| name.starts_with("x-auth-request-") || name.starts_with("x-forwarded-");
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let mut headers: Vec<_> = all
            .iter()
            .filter(|(name, _)| wanted(name.as_str()))
            .map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes())))
            .collect();
        headers.sort();
        let lines = all.get_all(header::COOKIE).into_iter().map(|line| text(line.as_bytes()));
        let mut cookies = Vec::new();
        for line in lines {
            cookies.extend(line.split(';').filter_map(|pair| Some(pair.split_once('=')?.0.trim().to_owned())));
        }
        Self { headers, cookies }
    }
}

impl Told {
    fn first(&self, names: &[&str]) -> Option<&str> {
        let find = |name: &&str| self.headers.iter().find(|(key, value)| key == *name && !value.is_empty());
        names.iter().find_map(find).map(|(_, value)| value.as_str())
    }
}

fn person(told: &Told) -> String {
    let email = told.first(&["x-auth-request-email", "x-forwarded-email"]);
    let user = told.first(&[
        "x-auth-request-preferred-username",
        "x-forwarded-preferred-username",
        "x-auth-request-user",
        "x-forwarded-user",
    ]);
    let groups = told.first(&["x-auth-request-groups", "x-forwarded-groups"]);
    let Some(name) = email.or(user) else {
        return "<div class=\"card person\"><span class=\"face\" aria-hidden=\"true\">?</span><div>\
                <h1>Nobody told me who you are</h1>\n<p class=\"quiet\">No identity header came with this request.</p>\
                </div></div>\n"
            .to_owned();
    };
    let initial: String = name.chars().take(1).flat_map(char::to_uppercase).collect();
    let mut details = format!("Signed in as {}", Escaped(user.unwrap_or(name)));
    if let Some(groups) = groups {
        let _ = write!(details, " · groups {}", Escaped(&groups.replace(',', ", ")));
    }
    format!(
        "<div class=\"card person\"><span class=\"face\" aria-hidden=\"true\">{}</span><div><h1>{}</h1>\n\
         <p class=\"quiet\">{details}</p></div></div>\n",
        Escaped(&initial),
        Escaped(name),
    )
}

fn links(app: &Settings) -> String {
    let mut nav = String::from("<nav aria-label=\"Places to go\">\n");
    for (number, link) in app.links.iter().enumerate() {
        let class = if number == 0 { "button" } else { "button plain" };
        let _ = writeln!(nav, "<a class=\"{class}\" href=\"{}\">{}</a>", Escaped(&link.href), Escaped(&link.text));
    }
    let _ = writeln!(nav, "<a class=\"button plain\" href=\"{}\">Sign out</a>\n</nav>", Escaped(&app.sign_out));
    nav
}

fn asked(method: &Method, uri: &Uri) -> String {
    format!(
        "<p>You asked for <code>{} {}</code>. This app has no sign-in code of its own: it believes the headers below. \
         In a pod nobody but the sidecar can reach it.</p>\n",
        Escaped(method.as_str()),
        Escaped(&uri.to_string()),
    )
}

fn table(told: &Told) -> String {
    let mut rows = String::new();
    for (name, value) in &told.headers {
        let _ = writeln!(rows, "<tr><th scope=\"row\">{}</th><td>{}</td></tr>", Escaped(name), Escaped(value));
    }
    let cookies = if told.cookies.is_empty() { "none".to_owned() } else { told.cookies.join(", ") };
    format!(
        "<section class=\"card\" aria-labelledby=\"told\"><h2 id=\"told\">What this app was told</h2>\n\
         <table><tbody>\n{rows}<tr><th scope=\"row\">cookies that came through</th><td>{}</td></tr>\n\
         </tbody></table></section>",
        Escaped(&cookies),
    )
}
