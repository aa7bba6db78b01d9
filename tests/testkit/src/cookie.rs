//! A browser's cookie jar (RFC 6265 §5), as far as tests need it.

use std::time::{Duration, SystemTime};

use url::Url;

/// One cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
    /// The host it belongs to, without a leading dot.
    pub domain: String,
    /// Whether only that very host gets it: the cookie came without Domain.
    pub host_only: bool,
    /// The path it belongs to.
    pub path: String,
    /// Secure.
    pub secure: bool,
    /// `HttpOnly`.
    pub http_only: bool,
    /// `SameSite`, as written.
    pub same_site: Option<String>,
    /// The attributes as written, for tests that look at them.
    pub attributes: String,
}

/// All cookies of a browser.
#[derive(Clone, Debug, Default)]
pub struct Jar(Vec<Cookie>);

impl Jar {
    /// Takes a Set-Cookie line of an answer from `url`, or refuses it as a browser does. A cookie that has expired
    /// removes the one it replaces.
    pub fn set(&mut self, url: &Url, line: &str) {
        let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
        let Some((name, value)) = pair.split_once('=') else { return };
        let host = url.host_str().unwrap_or_default();
        let mut cookie = Cookie {
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
            domain: host.to_owned(),
            host_only: true,
            path: default_path(url.path()),
            secure: false,
            http_only: false,
            same_site: None,
            attributes: attributes.trim().to_owned(),
        };
        let mut lifetime = Lifetime::default();
        for attribute in attributes.split(';') {
            let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            cookie.take_attribute(&key.trim().to_ascii_lowercase(), value.trim(), &mut lifetime);
        }
        let foreign = !domain_matches(host, &cookie);
        if foreign || (cookie.secure && !is_trustworthy(url)) {
            return;
        }
        self.0.retain(|old| (&old.name, &old.domain, &old.path) != (&cookie.name, &cookie.domain, &cookie.path));
        if !lifetime.is_over() {
            self.0.push(cookie);
        }
    }

    /// The Cookie header for a request to `url`; `None` when no cookie goes there.
    #[must_use]
    pub fn header(&self, url: &Url) -> Option<String> {
        let mut going: Vec<_> = self.0.iter().filter(|cookie| goes_to(cookie, url)).collect();
        // "Cookies with longer paths are listed before cookies with shorter paths."
        going.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<_> = going.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// The first cookie of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Cookie> {
        self.0.iter().find(|cookie| cookie.name == name)
    }

    /// All cookies whose names begin so.
    pub fn starting_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a Cookie> + 'a {
        self.0.iter().filter(move |cookie| cookie.name.starts_with(prefix))
    }

    /// Changes the value of a cookie, as somebody with the browser's tools can.
    pub fn overwrite(&mut self, name: &str, value: &str) {
        for cookie in self.0.iter_mut().filter(|cookie| cookie.name == name) {
            value.clone_into(&mut cookie.value);
        }
    }

    /// Forgets every cookie that `which` names.
    pub fn forget(&mut self, which: impl Fn(&Cookie) -> bool) {
        self.0.retain(|cookie| !which(cookie));
    }
}

impl Cookie {
    fn take_attribute(&mut self, key: &str, value: &str, lifetime: &mut Lifetime) {
        match key {
            "domain" if !value.trim_start_matches('.').is_empty() => {
                self.domain = value.trim_start_matches('.').to_ascii_lowercase();
                self.host_only = false;
            }
            "path" if value.starts_with('/') => value.clone_into(&mut self.path),
            "secure" => self.secure = true,
            "httponly" => self.http_only = true,
            "samesite" => self.same_site = Some(value.to_owned()),
            "max-age" => lifetime.max_age = value.parse().ok(),
            "expires" => lifetime.expires = httpdate::parse_http_date(value).ok(),
            _ => {}
        }
    }
}

#[derive(Default)]
struct Lifetime {
    max_age: Option<i64>,
    expires: Option<SystemTime>,
}

impl Lifetime {
    fn is_over(&self) -> bool {
        #[expect(clippy::disallowed_methods, reason = "this is a browser; the program under test has its own clock")]
        let now = SystemTime::now();
        match (self.max_age, self.expires) {
            (Some(seconds), _) => seconds <= 0,
            (None, Some(at)) => at <= now + Duration::ZERO,
            (None, None) => false,
        }
    }
}

/// Whether Secure cookies go there: browsers trust loopback as they do https.
fn is_trustworthy(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    url.scheme() == "https" || host == "127.0.0.1" || host == "localhost" || host.ends_with(".localhost")
}

fn domain_matches(host: &str, cookie: &Cookie) -> bool {
    host == cookie.domain
        || (!cookie.host_only && host.strip_suffix(&cookie.domain).is_some_and(|rest| rest.ends_with('.')))
}

fn goes_to(cookie: &Cookie, url: &Url) -> bool {
    let path_matches = url
        .path()
        .strip_prefix(cookie.path.as_str())
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || cookie.path.ends_with('/'));
    path_matches
        && domain_matches(url.host_str().unwrap_or_default(), cookie)
        && (!cookie.secure || is_trustworthy(url))
}

fn default_path(path: &str) -> String {
    match path.rfind('/') {
        Some(0) | None => "/".to_owned(),
        Some(last) => path[..last].to_owned(),
    }
}

/// Whether a `Set-Cookie` line gives the cookie a value, as one that takes it away does not. (A value may end in `=`.)
#[must_use]
pub fn gives_a_value(line: &str) -> bool {
    line.split(';').next().and_then(|pair| pair.split_once('=')).is_some_and(|(_, value)| !value.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jar(lines: &[(&str, &str)]) -> Jar {
        let mut jar = Jar::default();
        for (url, line) in lines {
            jar.set(&Url::parse(url).unwrap(), line);
        }
        jar
    }

    fn header(jar: &Jar, url: &str) -> String {
        jar.header(&Url::parse(url).unwrap()).unwrap_or_default()
    }

    #[test]
    fn a_domain_cookie_goes_to_every_host_below_and_a_host_cookie_to_its_own_alone() {
        let jar = jar(&[
            ("https://app1.example.com/", "wide=1; Domain=.example.com; Path=/"),
            ("https://app1.example.com/", "own=1; Path=/"),
        ]);
        assert_eq!(header(&jar, "https://app1.example.com/x"), "wide=1; own=1");
        assert_eq!(header(&jar, "https://app2.example.com/x"), "wide=1");
        assert_eq!(header(&jar, "https://badexample.com/x"), "");
    }

    #[test]
    fn a_cookie_for_a_foreign_domain_is_refused() {
        assert_eq!(header(&jar(&[("https://evil.test/", "a=1; Domain=example.com")]), "https://example.com/"), "");
    }

    #[test]
    fn secure_cookies_stay_away_from_plain_http_except_on_loopback() {
        let jar = jar(&[
            ("https://app.example.com/", "a=1; Secure; Path=/"),
            ("http://app.example.com/", "b=1; Secure; Path=/"),
            ("http://127.0.0.1/", "c=1; Secure; Path=/"),
        ]);
        assert_eq!(header(&jar, "https://app.example.com/"), "a=1");
        assert_eq!(header(&jar, "http://app.example.com/"), "");
        assert_eq!(header(&jar, "http://127.0.0.1/"), "c=1");
    }

    #[test]
    fn an_expired_cookie_removes_the_one_it_replaces() {
        let url = "https://app.example.com/";
        for past in ["Max-Age=0", "Expires=Thu, 01 Jan 1970 00:00:00 GMT"] {
            let gone = format!("a=; Path=/; {past}");
            assert_eq!(header(&jar(&[(url, "a=1; Path=/"), (url, &gone)]), url), "");
        }
    }

    #[test]
    fn a_value_that_ends_in_an_equals_sign_is_a_value() {
        for (line, gives) in [("a=b|1|cw==; Path=/", true), ("a=b=", true), ("a=; Max-Age=0", false), ("a", false)] {
            assert_eq!(gives_a_value(line), gives, "{line}");
        }
    }
}
