//! A scripted browser: a cookie jar, redirects, links, forms; every host leads to this machine.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use url::Url;
use url::form_urlencoded::Serializer;

use crate::cookie::Jar;
use crate::html::{self, Field, Form, Link};
use crate::{Headers, Request, Response, http, place};

/// How many redirects are followed before the test fails.
const MAX_REDIRECTS: usize = 20;

/// How a request reaches the program behind a host name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Front {
    /// Straight.
    Direct,
    /// As through the gateway of the example site, which ended TLS: with the forwarded headers that Envoy adds.
    Gateway,
}

/// A browser of one visitor.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    /// Its cookies.
    pub jar: Jar,
    hosts: BTreeMap<String, (SocketAddr, Front)>,
    hops: Vec<Hop>,
}

/// One request that a browser made.
#[derive(Clone, Debug)]
pub struct Hop {
    /// The method.
    pub method: String,
    /// Where to.
    pub url: Url,
    /// The status of the answer.
    pub status: u16,
    /// The Set-Cookie lines of the answer.
    pub set_cookies: Vec<String>,
}

/// What a browser shows.
#[derive(Clone, Debug)]
pub struct Page {
    /// Where it came from, after all redirects.
    pub url: Url,
    /// The answer.
    pub response: Response,
}

impl Browser {
    /// A browser without cookies, which finds `http://127.0.0.1:PORT` by itself.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets a host name lead to an address, whatever the scheme and port.
    #[must_use]
    pub fn with_host(mut self, host: &str, address: SocketAddr, front: Front) -> Self {
        self.hosts.insert(host.to_owned(), (address, front));
        self
    }

    /// Opens a URL as somebody who types it in, and follows redirects.
    pub fn open(&mut self, url: &str) -> Page {
        let url = Url::parse(url).unwrap_or_else(|e| panic!("{url}: {e}"));
        self.follow("GET", url, Vec::new())
    }

    /// Opens a URL without following a redirect.
    pub fn open_once(&mut self, url: &str) -> Page {
        let url = Url::parse(url).unwrap_or_else(|e| panic!("{url}: {e}"));
        let response = self.send("GET", &url, &Headers::default(), Vec::new());
        Page { url, response }
    }

    /// Sends a request with more headers than a typed-in URL has, without following a redirect.
    pub fn fetch(&mut self, method: &str, url: &str, headers: &[(&str, &str)]) -> Response {
        let url = Url::parse(url).unwrap_or_else(|e| panic!("{url}: {e}"));
        let mut lines = Headers::default();
        for (name, value) in headers {
            lines.push(*name, *value);
        }
        self.send(method, &url, &lines, Vec::new())
    }

    /// Follows the first link of the page whose text or target contains `what`.
    pub fn click(&mut self, page: &Page, what: &str) -> Page {
        let link = page.link(what);
        self.follow("GET", page.resolve(&link.href), Vec::new())
    }

    /// Fills in a form and sends it off with its first button.
    pub fn submit(&mut self, page: &Page, form: &Form, fill: &[(&str, &str)]) -> Page {
        self.press(page, form, fill, form.buttons.first())
    }

    /// Fills in a form and sends it off with this button, or without one as a script does.
    pub fn press(&mut self, page: &Page, form: &Form, fill: &[(&str, &str)], button: Option<&Field>) -> Page {
        let mut pairs = Serializer::new(String::new());
        for field in &form.fields {
            let filled = fill.iter().find(|(name, _)| *name == field.name).map(|(_, value)| *value);
            pairs.append_pair(&field.name, filled.unwrap_or(&field.value));
        }
        if let Some(button) = button {
            pairs.append_pair(&button.name, &button.value);
        }
        let pairs = pairs.finish();
        let mut action = page.resolve(&form.action);
        if form.method == "post" {
            self.follow("POST", action, pairs.into_bytes())
        } else {
            action.set_query(Some(&pairs));
            self.follow("GET", action, Vec::new())
        }
    }

    /// Goes through the login and consent forms of a provider until its pages end, and returns what comes then.
    pub fn sign_in(&mut self, page: Page, user: &str, password: &str) -> Page {
        let provider = page.url.origin();
        let mut page = page;
        for _ in 0..6 {
            if page.url.origin() != provider {
                return page;
            }
            let forms = page.forms();
            let form = forms.iter().find(|form| form.method == "post").unwrap_or_else(|| panic!("no form: {page}"));
            let mut fill: Vec<(&str, &str)> = Vec::new();
            for field in &form.fields {
                match field.kind.as_str() {
                    "password" => fill.push((&field.name, password)),
                    "text" | "email" => fill.push((&field.name, user)),
                    _ => {}
                }
            }
            page = self.submit(&page, form, &fill);
        }
        panic!("the provider asks and asks: {page}");
    }

    /// Goes from a sign-in page to the provider: by a link on ours, by a form on the original's.
    pub fn begin(&mut self, page: &Page) -> Page {
        let forms = page.forms();
        match forms.iter().find(|form| form.action.contains("/oauth2/start")) {
            Some(form) => self.submit(page, form, &[]),
            None => self.click(page, "/oauth2/start"),
        }
    }

    /// Presses the button of the form that has `value` in one of its fields, as on a page that asks which account to
    /// take; then sends off the form that a script would send, if the answer has such a one for another place
    /// (`response_mode=form_post`).
    pub fn choose(&mut self, page: &Page, value: &str) -> Page {
        let forms = page.forms();
        let named = |form: &&Form| form.fields.iter().any(|field| field.value == value);
        let form = forms.iter().find(named).unwrap_or_else(|| panic!("no form for {value:?}: {page}"));
        let next = self.submit(page, form, &[]);
        let forms = next.forms();
        match forms.as_slice() {
            [form] if form.method == "post" && next.resolve(&form.action).origin() != next.url.origin() => {
                self.press(&next, form, &[], None)
            }
            _ => next,
        }
    }

    /// Opens a URL of a program that redirects to its provider at once, and signs in there.
    pub fn sign_in_at(&mut self, url: &str, user: &str, password: &str) -> Page {
        let page = self.open(url);
        self.sign_in(page, user, password)
    }

    /// Every request so far.
    #[must_use]
    pub fn hops(&self) -> &[Hop] {
        &self.hops
    }

    /// The Cookie header for a URL.
    #[must_use]
    pub fn cookies_for(&self, url: &str) -> String {
        self.jar.header(&Url::parse(url).unwrap_or_else(|e| panic!("{url}: {e}"))).unwrap_or_default()
    }

    fn follow(&mut self, method: &str, url: Url, body: Vec<u8>) -> Page {
        let (mut method, mut url, mut body) = (method.to_owned(), url, body);
        for _ in 0..MAX_REDIRECTS {
            let response = self.send(&method, &url, &Headers::default(), body.clone());
            if !matches!(response.status, 301 | 302 | 303 | 307 | 308) || response.location().is_empty() {
                return Page { url, response };
            }
            let location = response.location();
            url = url.join(location).unwrap_or_else(|e| panic!("Location {location}: {e}"));
            if matches!(response.status, 301..=303) {
                "GET".clone_into(&mut method);
                body = Vec::new();
            }
        }
        panic!("redirects without end: {:#?}", &self.hops[self.hops.len() - 6..]);
    }

    fn send(&mut self, method: &str, url: &Url, more: &Headers, body: Vec<u8>) -> Response {
        let host = url.host_str().unwrap_or_default();
        let (address, front) = match self.hosts.get(host) {
            Some(found) => *found,
            None => (place::loopback(url.port_or_known_default().unwrap_or(80)), Front::Direct),
        };
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let mut request = Request::new(method, target).header("Host", &authority);
        if !more.has("Accept") {
            request = request.header("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        }
        if front == Front::Gateway {
            request = as_forwarded(request, url.scheme());
        }
        if method == "POST" {
            request = request.header("Content-Type", "application/x-www-form-urlencoded");
        }
        request = more.iter().fold(request, |request, (name, value)| request.header(name, value));
        if let Some(cookies) = self.jar.header(url) {
            request = request.cookie(&cookies);
        }
        let response = http::ask(address, &request.body(body));
        let set_cookies: Vec<_> = response.headers.all("Set-Cookie").map(str::to_owned).collect();
        for line in &set_cookies {
            self.jar.set(url, line);
        }
        self.hops.push(Hop { method: method.to_owned(), url: url.clone(), status: response.status, set_cookies });
        response
    }
}

/// What an Envoy at the edge adds.
fn as_forwarded(request: Request, scheme: &str) -> Request {
    request
        .header("X-Forwarded-For", "198.51.100.7")
        .header("X-Forwarded-Proto", scheme)
        .header("X-Envoy-External-Address", "198.51.100.7")
        .header("X-Request-Id", "7b1b6a0c-9a52-4bb4-9d4f-2d4c0a8c7a11")
}

impl Page {
    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.response.status
    }

    /// What a reader sees.
    #[must_use]
    pub fn text(&self) -> String {
        html::text(&self.response.text())
    }

    /// Its forms.
    #[must_use]
    pub fn forms(&self) -> Vec<Form> {
        html::forms(&self.response.text())
    }

    /// Its links.
    #[must_use]
    pub fn links(&self) -> Vec<Link> {
        html::links(&self.response.text())
    }

    /// The first link whose text or target contains `what`.
    #[must_use]
    pub fn link(&self, what: &str) -> Link {
        let found = self.links().into_iter().find(|link| link.text.contains(what) || link.href.contains(what));
        found.unwrap_or_else(|| panic!("no link {what:?}: {self}"))
    }

    /// What the app says in JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        self.response.json()
    }

    fn resolve(&self, reference: &str) -> Url {
        self.url.join(reference).unwrap_or_else(|e| panic!("{reference}: {e}"))
    }
}

impl std::fmt::Display for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.response.status, self.url, self.text())
    }
}
