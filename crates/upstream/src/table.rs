//! Which upstream serves a request.

use std::{borrow::Cow, collections::HashSet, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header, uri::Authority};
use regex::Regex;
use sidecar_core::{form::percent_decode, path};
use sidecar_net::{Dialer, Endpoint, KeepAlive, Protocols, Proxies, Tls};

use crate::{
    HostHeader, HttpSettings, Injector, Kind, OwnCookies, PathForm, Serves, SessionCookies, Settings, Signature,
    TableError, Tunnels, UpstreamSettings, WebSockets,
    file::Files,
    local::escape_path,
    rewrite::{self, Rewrite, Rewritten, Unfit},
};

/// All upstreams, checked and ready: made once, shared by all workers.
#[derive(Debug)]
pub struct Table {
    /// Those that rewrite first, then the longest path.
    pub(crate) routes: Vec<Route>,
    path_form: PathForm,
    pub(crate) injector: Injector,
    pub(crate) own_cookies: OwnCookies,
    pub(crate) session_cookies: SessionCookies,
    pub(crate) signature: Option<Signature>,
    pub(crate) tunnels: Tunnels,
}

#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) id: Arc<str>,
    path: String,
    serves: Matching,
    pub(crate) target: Target,
}

#[derive(Debug)]
enum Matching {
    Path,
    Pattern(Regex),
    Rewrite(Box<Rewrite>),
}

#[derive(Debug)]
pub(crate) enum Target {
    Http(Box<HttpTarget>),
    Static(StatusCode),
    Files(Files),
}

/// What an HTTP upstream's pool in each worker is made from, and what each request needs to know.
pub(crate) struct HttpTarget {
    pub(crate) dialer: Dialer,
    pub(crate) endpoint: Endpoint,
    pub(crate) keep_alive: KeepAlive,
    pub(crate) protocols: Protocols,
    /// What the URI of a request to it says; for a unix socket a name that stands for it.
    pub(crate) authority: Authority,
    /// `Host` where the request has none or the settings want this one.
    pub(crate) own_host: HeaderValue,
    pub(crate) host: HostHeader,
    pub(crate) websockets: WebSockets,
    pub(crate) timeout: Option<Duration>,
}

/// What is to be done with a request's target.
#[derive(Debug)]
pub(crate) enum Choice<'table, 'uri> {
    /// Serve it from here. The decoded path, below the match path.
    Serve { index: usize, route: &'table Route, below: Cow<'uri, [u8]> },
    /// Serve it from here with another target.
    Rewrite { index: usize, route: &'table Route, rewritten: Box<Rewritten> },
    /// Its decoded path is not clean, and goes there.
    Clean(String),
    /// Only with a slash at the end is it something.
    Slash(String),
    /// No upstream has it.
    Nothing,
    /// The path has a bad escape, or is rewritten to one with a dot segment.
    Malformed,
    /// Its path is rewritten to one that is longer than a target may be.
    TooLong,
}

impl Table {
    /// Checks the settings and reads the certificate authorities they name; connects to nothing.
    ///
    /// # Errors
    /// [`TableError`], the first one found.
    pub fn new(settings: &Settings, own_cookies: OwnCookies, proxies: &Proxies) -> Result<Self, TableError> {
        let (mut ids, mut paths) = (HashSet::new(), HashSet::new());
        let mut routes = Vec::new();
        for upstream in &settings.upstreams {
            if !ids.insert(&upstream.id) {
                return Err(TableError::SameId(upstream.id.clone()));
            }
            if !paths.insert(&upstream.path) {
                return Err(TableError::SamePath(upstream.path.clone()));
            }
            routes.push(Route::new(upstream, proxies)?);
        }
        routes.sort_by_key(|route| std::cmp::Reverse((route.rewrites(), route.path.len())));
        Ok(Self {
            routes,
            path_form: settings.path_form,
            injector: Injector::new(&settings.injection)?,
            own_cookies,
            session_cookies: settings.session_cookies,
            signature: settings.signature.clone(),
            tunnels: Tunnels::default(),
        })
    }

    /// The identity headers.
    #[must_use]
    pub fn injector(&self) -> &Injector {
        &self.injector
    }

    /// The same, which counts its WebSockets among those of another table that it takes the place of.
    #[must_use]
    pub fn with_tunnels(self, tunnels: Tunnels) -> Self {
        Self { tunnels, ..self }
    }

    /// The WebSockets that are open, over all workers.
    #[must_use]
    pub fn tunnels(&self) -> &Tunnels {
        &self.tunnels
    }

    /// Removes what only we may say from an answer.
    pub(crate) fn guard_response(&self, headers: &mut HeaderMap) {
        self.own_cookies.guard(headers);
        self.injector.guard_response(headers);
    }

    /// Whether an app must not send this field behind its answer: a cookie, or what only we may say.
    pub(crate) fn is_no_trailer(&self, name: &HeaderName) -> bool {
        *name == header::SET_COOKIE || self.injector.is_ours_on_responses(name)
    }

    pub(crate) fn choose<'uri>(&self, uri: &'uri Uri) -> Choice<'_, 'uri> {
        let decoded = match uri.path() {
            path if path.contains('%') => match percent_decode(path) {
                Some(decoded) => Cow::Owned(decoded),
                None => return Choice::Malformed,
            },
            path => Cow::Borrowed(path.as_bytes()),
        };
        let shown = match self.path_form {
            PathForm::Decoded => Cow::Borrowed(&*decoded),
            PathForm::Raw => raw(uri.path(), &decoded),
        };
        // A path that is not UTF-8 has no cleaned form; nothing below reads dot segments from it.
        if let Some(clean) = std::str::from_utf8(&shown).ok().and_then(path::cleaned) {
            let is_raw = self.path_form == PathForm::Raw;
            return Choice::Clean(relocated(uri, &if is_raw { clean } else { escape_path(clean.as_bytes()) }));
        }
        let Some((index, route)) = self.find(&shown, &decoded) else {
            let with_slash = || self.find(&[&shown, &b"/"[..]].concat(), &[&decoded, &b"/"[..]].concat());
            if !shown.ends_with(b"/") && with_slash().is_some() {
                return Choice::Slash(relocated(uri, &format!("{}/", uri.path())));
            }
            return Choice::Nothing;
        };
        if let Matching::Rewrite(rewrite) = &route.serves {
            return match rewrite.apply(&decoded, uri.query()) {
                Ok(rewritten) => Choice::Rewrite { index, route, rewritten: Box::new(rewritten) },
                Err(Unfit::TooLong) => Choice::TooLong,
                Err(Unfit::DotSegment) => Choice::Malformed,
            };
        }
        if self.path_form == PathForm::Raw {
            let below = percent_decode(route.below(&shown)).unwrap_or_default();
            return Choice::Serve { index, route, below: Cow::Owned(below) };
        }
        let below = match decoded {
            Cow::Borrowed(path) => Cow::Borrowed(route.below(path)),
            Cow::Owned(path) => Cow::Owned(route.below(&path).to_vec()),
        };
        Choice::Serve { index, route, below }
    }

    /// The first that serves a path: `shown` is what paths are compared with, `decoded` what is rewritten.
    fn find(&self, shown: &[u8], decoded: &[u8]) -> Option<(usize, &Route)> {
        self.routes.iter().enumerate().find(|(_, route)| match &route.serves {
            Matching::Path => route.is_at(shown),
            Matching::Pattern(pattern) => rewrite::is_match(pattern, shown),
            Matching::Rewrite(rewrite) => rewrite.is_match(decoded),
        })
    }
}

/// The path as it is written; what should have been escaped is.
fn raw<'a>(path: &'a str, decoded: &[u8]) -> Cow<'a, [u8]> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:@/[]%".contains(&byte);
    if path.bytes().all(is_plain) { Cow::Borrowed(path.as_bytes()) } else { Cow::Owned(escape_path(decoded).into()) }
}

/// The request's own URI with another path; its query stays byte for byte.
fn relocated(uri: &Uri, path: &str) -> String {
    let mut location = String::new();
    if let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) {
        location.extend([scheme, "://", authority.as_str()]);
    }
    // Browsers read `/\host` as another host.
    location.push_str(&path.replace('\\', "%5C"));
    if let Some(query) = uri.query() {
        location.extend(["?", query]);
    }
    location
}

impl Route {
    fn new(settings: &UpstreamSettings, proxies: &Proxies) -> Result<Self, TableError> {
        let target = match &settings.kind {
            Kind::Http(http) => Target::Http(Box::new(HttpTarget::new(&settings.id, http, proxies)?)),
            Kind::Static { status } => Target::Static(*status),
            Kind::Files { dir } => Target::Files(Files::new(dir.clone())),
        };
        let serves = match &settings.serves {
            Serves::Path => Matching::Path,
            Serves::Pattern(pattern) => Matching::Pattern(pattern.clone()),
            Serves::Rewritten { pattern, target } => Matching::Rewrite(Box::new(Rewrite::new(pattern, target))),
        };
        Ok(Self { id: settings.id.as_str().into(), path: settings.path.clone(), serves, target })
    }

    fn rewrites(&self) -> bool {
        matches!(self.serves, Matching::Rewrite(_))
    }

    fn is_at(&self, path: &[u8]) -> bool {
        let own = self.path.as_bytes();
        if own.ends_with(b"/") { path.starts_with(own) } else { path == own }
    }

    fn below<'a>(&self, path: &'a [u8]) -> &'a [u8] {
        path.strip_prefix(self.path.as_bytes()).unwrap_or(path)
    }
}

impl HttpTarget {
    fn new(id: &str, settings: &HttpSettings, proxies: &Proxies) -> Result<Self, TableError> {
        let tls = Tls::new(&settings.tls).map_err(|source| TableError::Tls { id: id.to_owned(), source })?;
        let own = match &settings.endpoint {
            Endpoint::Http { port: 80, .. } | Endpoint::Https { port: 443, .. } => {
                let shown = settings.endpoint.to_string();
                shown.rsplit_once(':').map_or(shown.clone(), |(host, _)| host.to_owned())
            }
            endpoint @ (Endpoint::Http { .. } | Endpoint::Https { .. }) => endpoint.to_string(),
            Endpoint::Unix(_) => "localhost".to_owned(),
        };
        let host = || TableError::Host { id: id.to_owned() };
        Ok(Self {
            dialer: Dialer::new(tls, proxies.clone()),
            endpoint: settings.endpoint.clone(),
            keep_alive: settings.keep_alive,
            protocols: settings.protocols,
            authority: own.parse().map_err(|_| host())?,
            own_host: HeaderValue::try_from(own).map_err(|_| host())?,
            host: settings.host,
            websockets: settings.websockets,
            timeout: settings.timeout,
        })
    }
}

impl std::fmt::Debug for HttpTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpTarget").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(paths: &[&str]) -> Table {
        let upstream = |path: &&str| UpstreamSettings {
            id: (*path).to_owned(),
            path: (*path).to_owned(),
            serves: Serves::Path,
            kind: Kind::Static { status: StatusCode::OK },
        };
        let settings = Settings { upstreams: paths.iter().map(upstream).collect(), ..Settings::default() };
        Table::new(&settings, OwnCookies::new(|_| false), &Proxies::Direct).unwrap()
    }

    fn chosen(table: &Table, target: &str) -> String {
        match table.choose(&target.parse().unwrap()) {
            Choice::Serve { route, below, .. } => {
                format!("{} {}", route.id, String::from_utf8_lossy(&below))
            }
            Choice::Rewrite { route, rewritten, .. } => format!("{} {}", route.id, rewritten.target),
            Choice::TooLong => "414".into(),
            Choice::Clean(to) => format!("301 {to}"),
            Choice::Slash(to) => format!("301/ {to}"),
            Choice::Nothing => "404".into(),
            Choice::Malformed => "400".into(),
        }
    }

    #[test]
    fn the_longest_path_serves_and_a_missing_slash_is_added() {
        let table = table(&["/", "/foo/", "/foo/bar", "/foo/baz/"]);
        for (target, served) in [
            ("/x", "/ x"),
            ("/foo/x", "/foo/ x"),
            ("/foo/bar", "/foo/bar "),
            ("/foo/bar/", "/foo/ bar/"),
            ("/foo/baz/%2e", "301 /foo/baz"),
            ("/foo/baz/q?x=1", "/foo/baz/ q"),
            ("/foo", "/ foo"),
            ("/f%6fo/x", "/foo/ x"),
            ("/a%2F%2Fb?q=%2F", "301 /a/b?q=%2F"),
            ("/%2F/", "301 /"),
            ("/a%20b%2F%2Fc", "301 /a%20b/c"),
            ("/%zz", "400"),
            ("/%ff", "/ \u{fffd}"),
        ] {
            assert_eq!(chosen(&table, target), served, "{target}");
        }
    }

    #[test]
    fn without_a_match_there_is_a_slash_redirect_or_nothing() {
        let table = table(&["/bar/", "/exact"]);
        for (target, served) in [
            ("/bar?q=1", "301/ /bar/?q=1"),
            ("/%62ar?q=1", "301/ /%62ar/?q=1"),
            ("/bar?", "301/ /bar/?"),
            ("http://h/bar?q=1", "301/ http://h/bar/?q=1"),
            ("/exact", "/exact "),
            ("/exact/", "404"),
            ("/barx", "404"),
            ("/", "404"),
        ] {
            assert_eq!(chosen(&table, target), served, "{target}");
        }
    }

    fn serving(id: &str, path: &str, serves: Serves) -> UpstreamSettings {
        UpstreamSettings { id: id.into(), path: path.into(), serves, kind: Kind::Static { status: StatusCode::OK } }
    }

    #[test]
    fn a_slash_that_is_added_leads_to_no_other_host() {
        let pattern = Regex::new("^/[^/]+/").unwrap();
        let table = made(vec![serving("team", "/{name}/", Serves::Pattern(pattern))], PathForm::Decoded);
        assert_eq!(chosen(&table, "/\\evil.test?x=\\"), "301/ /%5Cevil.test/?x=\\");
    }

    fn made(upstreams: Vec<UpstreamSettings>, path_form: PathForm) -> Table {
        let settings = Settings { upstreams, path_form, ..Settings::default() };
        Table::new(&settings, OwnCookies::new(|_| false), &Proxies::Direct).unwrap()
    }

    #[test]
    fn what_rewrites_goes_first_and_the_longest_text_before_the_others() {
        let pattern = |text: &str| Regex::new(text).unwrap();
        let rewritten = |id: &str, text: &str, target: &str| {
            serving(id, text, Serves::Rewritten { pattern: pattern(text), target: target.into() })
        };
        let table = made(
            vec![
                serving("long", "/a/very/long/path", Serves::Path),
                rewritten("short", "^/a/", "/s/"),
                rewritten("longer", "^/a/very", "/l"),
                serving("team", "/team/{name}/", Serves::Pattern(pattern("^/team/[^/]+/"))),
                serving("all", "/team/", Serves::Path),
                rewritten("end", "^/end/$", "/e/"),
            ],
            PathForm::Decoded,
        );
        for (target, served) in [
            ("/a/very/long/path", "longer /l/long/path"),
            ("/a/x?b&a=1", "short /s/x?a=1&b="),
            ("/team/red/x", "team /team/red/x"),
            ("/team/x", "all x"),
            ("/team", "301/ /team/"),
            ("/end?q", "301/ /end/?q"),
            ("/end/", "end /e/"),
            ("/none", "404"),
        ] {
            assert_eq!(chosen(&table, target), served, "{target}");
        }
    }

    #[test]
    fn a_raw_path_is_compared_as_it_is_written() {
        let pattern = Regex::new("^/t/[^/]+/x$").unwrap();
        let rewritten = Serves::Rewritten { pattern: Regex::new("^/r/(.*)$").unwrap(), target: "/$1".into() };
        let table = made(
            vec![
                serving("o", "/o/", Serves::Path),
                serving("escaped", "/a%62c", Serves::Path),
                serving("t", "/t/{n}/x", Serves::Pattern(pattern)),
                serving("r", "^/r/(.*)$", rewritten),
            ],
            PathForm::Raw,
        );
        for (target, served) in [
            ("/o/%2F%2Fx%20y", "o //x y"),
            ("/o/..%2fx", "o ../x"),
            ("/o//x", "301 /o/x"),
            ("/o//%2F?q", "301 /o/%2F?q"),
            ("/o%2Fx", "404"),
            ("/a%62c", "escaped "),
            ("/abc", "404"),
            ("/t/a%2Fb/x", "t /t/a/b/x"),
            ("/r/a%2Fb%20c", "r /a/b%20c"),
            ("/r/%2Fx", "r /x"),
            ("/o|x", "404"),
        ] {
            assert_eq!(chosen(&table, target), served, "{target}");
        }
    }

    #[test]
    fn ids_and_paths_are_unique() {
        let upstream = |id: &str, path: &str| UpstreamSettings {
            id: id.into(),
            path: path.into(),
            serves: Serves::Path,
            kind: Kind::Static { status: StatusCode::OK },
        };
        let made = |upstreams| {
            let settings = Settings { upstreams, ..Settings::default() };
            Table::new(&settings, OwnCookies::new(|_| false), &Proxies::Direct).unwrap_err()
        };
        assert!(matches!(made(vec![upstream("a", "/"), upstream("a", "/b")]), TableError::SameId(id) if id == "a"));
        assert!(
            matches!(made(vec![upstream("a", "/"), upstream("b", "/")]), TableError::SamePath(path) if path == "/")
        );
    }

    #[test]
    fn an_upstreams_own_host_leaves_out_the_default_port() {
        let host = |endpoint| HttpTarget::new("a", &HttpSettings::new(endpoint), &Proxies::Direct).unwrap().own_host;
        assert_eq!(host(Endpoint::Http { host: "app".into(), port: 80 }), "app");
        assert_eq!(host(Endpoint::Http { host: "::1".into(), port: 8080 }), "[::1]:8080");
        assert_eq!(host(Endpoint::Https { host: "::1".into(), port: 443 }), "[::1]");
        assert_eq!(host(Endpoint::Unix("/run/app.sock".into())), "localhost");
    }
}
