//! Requests by chance.

use serde_json::{Value, json};

use super::chance::Chance;
use super::reasons;
use crate::case::{Ask, Case, Configuration, Presented, Step, Written, alice, alice_but, ask};
use crate::judge::{CookieOptions, Judge};

const METHODS: &[&str] =
    &["GET", "GET", "GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH", "FOO"];

const PLACES: &[&str] = &[
    "/",
    "/page",
    "/page/x",
    "/open",
    "/open/x",
    "/read/x",
    "/api/404",
    "/api/x",
    "/pub",
    "/closed",
    "/two/x",
    "/two",
    "/two/exact",
    "/gone/x",
    "/v1/abc",
    "/v2/a%2Fb",
    "/f/a.txt",
    "/f/sub/",
    "/f/dir",
    "/f/",
    "/f",
    "/a.txt",
    "/sub/index.html",
    "/answers/identity",
    "/answers/404",
    "/answers/500",
    "/answers/204",
    "/answers/304",
    "/answers/redirect",
    "/answers/hop",
    "/answers/lines/many",
    "/answers/lines/security",
    "/answers/lines/caching",
    "/answers/lines/cookies",
    "/answers/gzip",
    "/answers/status/206",
    "/answers/status/401",
    "/answers/status/503",
    "/robots.txt",
    "/ping",
    "/ready",
    "/p",
    "/r",
    "/liveness_check",
    "/readiness_check",
];

const ENDPOINTS: &[&str] = &[
    "/sign_in",
    "/sign_in",
    "/start",
    "/start",
    "/sign_out",
    "/sign_out",
    "/auth",
    "/auth",
    "/auth",
    "/userinfo",
    "/callback",
    "/callback",
    "",
    "/",
    "/unknown",
    "/static/nothing",
    "/authx",
    "/auth/",
    "/SIGN_IN",
];

const TAILS: &[&str] = &[
    "/",
    "//",
    "/./x",
    "/../page",
    "/..",
    "%20",
    "%41",
    "%2F",
    "%2e%2e/x",
    ";a=b",
    "%3Fx",
    "%25",
    "+",
    "/x",
    ".",
    "'",
    "(a)",
    "~",
    "@",
    ":",
    "%C3%A9",
    "%00",
    "%0d%0aX:1",
    "%5c",
    "%23",
];

const TARGETS: &[&str] = &[
    "/x",
    "/x%3Fa%3Db%26c",
    "/",
    "",
    "x",
    "https%3A%2F%2Fapp.example.com%2Fx",
    "https://app.example.com/x?y",
    "http://other.test:8080/p",
    "https%3A%2F%2Fa.star.test%3A9%2F",
    "//evil.test/",
    "%2F%2Fevil.test",
    "/%5Cevil",
    "/a/../b",
    "https%3A%2F%2Fevil.test%2F",
    "/a+b%20c",
    "/x%23f",
    "%2Fbye%3F%7Bid_token%7D",
    "/%C3%A9",
    "/oauth2/sign_in",
    "/oauth2/start%3Frd%3D/x",
    "https%3A%2F%2Fapp.example.com%3A8443%2F",
    "/x%25zz",
];

const QUERIES: &[&str] = &[
    "?",
    "?a=b",
    "?a=b&a=c",
    "?json=1",
    "?a;b",
    "?a=%zz",
    "?allowed_groups=admins",
    "?allowed_groups=others,x",
    "?allowed_emails=alice@example.com",
    "?allowed_email_domains=example.com",
    "?allowed_groups=",
    "?allowed_emails=bob@example.com&allowed_groups=admins",
    "?x=y//z",
    "?u=https://x/",
    "?a=%26%3D",
    "?=",
    "?&&",
    "?error=access_denied",
    "?error=x&state=abc:/x",
    "?code=x&state=abc:/x",
    "?code=x&state=abc%3A%252Fx",
    "?code=x",
    "?state=abc",
];

const FORMS: &[&str] = &[
    "rd=/from-form",
    "username=alice&password=correct+horse&rd=/x",
    "username=alice&password=wrong",
    "username=alice&password=correct%20horse",
    "a=b",
    "",
    "username=&password=",
    "username=bob&password=correct+horse&rd=https://app.example.com/y",
    "rd=%zz",
    "code=x&state=abc:/x",
];

const HEADERS: &[(&str, &[&str])] = &[
    ("Accept", &["application/json", "text/html", "*/*", "text/html, application/json", "application/json;q=0.5", ""]),
    (
        "Authorization",
        &[
            "Basic {basic:alice:correct horse}",
            "Basic {basic:bob:correct horse}",
            "Basic {basic:alice:wrong}",
            "Basic x",
            "Bearer x",
            "Bearer {alice}",
            "Bearer {spoiled}",
            "Bearer {other}",
            "Basic {basic:{alice}:}",
            "Basic {basic:x-oauth-basic:{bob}}",
            "Digest a=b",
        ],
    ),
    ("X-Forwarded-Host", &["app.example.com", "other.test:8080", "evil.test", "auth.example.com"]),
    ("X-Forwarded-Proto", &["http", "https"]),
    ("X-Forwarded-Uri", &["/open", "/page?x=y", "https://app.example.com/x", "/oauth2/auth", "x", "/a//b"]),
    ("X-Forwarded-For", &["192.0.2.7", "203.0.113.5, 192.0.2.7", "192.0.2.7, 10.0.0.1", "x", "[::1]:80"]),
    ("X-Real-Ip", &["192.0.2.7", "127.0.0.1", "x"]),
    ("X-Forwarded-Method", &["GET", "POST"]),
    ("X-Auth-Request-Redirect", &["/from-header", "https://app.example.com/h", "//evil.test", "https://evil.test/"]),
    ("X-Forwarded-User", &["root"]),
    ("X-Forwarded-Email", &["root@example.com"]),
    ("X_Forwarded_Groups", &["wheel"]),
    ("X-Auth-Request-Email", &["root@example.com"]),
    ("X-Kept", &["root"]),
    ("X-Requested-With", &["XMLHttpRequest"]),
    ("Origin", &["https://app.example.com", "null"]),
    ("Access-Control-Request-Method", &["POST"]),
    ("Range", &["bytes=0-1", "bytes=-2", "bytes=5-", "bytes=99-", "x"]),
    ("If-None-Match", &["\"x\"", "*"]),
    ("If-Modified-Since", &["Fri, 01 Jan 2100 00:00:00 GMT", "Fri, 01 Jan 2010 00:00:00 GMT"]),
    ("User-Agent", &["kube", "GoogleHC/1.0", "Mozilla/5.0", ""]),
    ("X-Trace", &["abc"]),
    ("X-Request-Id", &["id-1", "<b>"]),
    ("Connection", &["close", "keep-alive", "X-Trace"]),
    ("Content-Type", &["application/json", "text/plain"]),
    ("Sec-Fetch-Mode", &["navigate", "navigate", "cors"]),
    ("Referer", &["https://app.example.com/before"]),
    ("Accept-Encoding", &["gzip", "identity"]),
    ("TE", &["trailers"]),
    ("Via", &["1.1 x"]),
    ("Forwarded", &["for=192.0.2.7;host=evil.test"]),
    ("Cache-Control", &["no-cache"]),
    ("Accept-Language", &["de"]),
    ("Upgrade-Insecure-Requests", &["1"]),
];

const HOSTS: &[&str] = &[
    "app.example.com",
    "app.example.com",
    "app.example.com",
    "auth.example.com",
    "app.example.com:8443",
    "a.other.test",
    "127.0.0.1",
];

/// Cookies, by what they are.
type Cookies = (&'static str, fn(&mut Judge, &CookieOptions) -> String);

const COOKIES: &[Cookies] = &[
    ("alice", |judge, options| judge.mint(options, &alice())),
    ("an outsider", |judge, options| {
        judge.mint(options, &alice_but(&json!({"g": ["others"], "e": "bob@else.test", "u": "bob"})))
    }),
    ("no preferred name", |judge, options| judge.mint(options, &alice_but(&json!({"pu": "", "g": []})))),
    ("an old session", |judge, options| judge.mint(options, &older(5400.0))),
    ("an older session", |judge, options| judge.mint(options, &older(800_000.0))),
    ("an ended access token", |judge, options| judge.mint(options, &alice_but(&json!({"eo": 1_600_000_000.0})))),
    ("a long session", |judge, options| judge.mint(options, &long())),
    ("a long session without its end", |judge, options| {
        let all = judge.mint(options, &long());
        all.split("; ").next().unwrap_or_default().to_owned()
    }),
    ("rubbish", |_, options| format!("{}=rubbish", options.name)),
    ("an empty one", |_, options| format!("{}=", options.name)),
    ("another's", |_, _| "theirs=1; _csrf=2".to_owned()),
    ("alice beside others", |judge, options| format!("a=b; {}; {}_x=y", judge.mint(options, &alice()), options.name)),
    ("a login", |judge, options| {
        judge.mint_login(options, &json!({"state": "616263", "nonce": "6e", "verifier": "v"}), 0).0
    }),
];

fn older(seconds: f64) -> Value {
    let created = alice()["ca"].as_f64().expect("a time");
    alice_but(&json!({"ca": created - seconds, "eo": created + 1e6}))
}

/// One whose cookie is in pieces.
fn long() -> Value {
    alice_but(&json!({"at": noise(5000)}))
}

/// What does not become shorter when it is packed.
fn noise(length: usize) -> String {
    let mut chance = Chance::of(1);
    (0..length)
        .map(|_| char::from(chance.one(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")))
        .collect()
}

/// Names whose lines may be many.
const MANY: [&str; 6] = ["Accept", "Accept-Encoding", "If-None-Match", "Via", "X-Auth-Request-Redirect", "X-Trace"];

/// What asks for a WebSocket.
const WEBSOCKET: [(&str, &str); 4] = [
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

/// A case: mostly a request, at times several on one connection, or a visit of several steps.
pub(super) fn draw(chance: &mut Chance, configuration: &Configuration) -> Case {
    if chance.once_in(20) {
        return connection(chance, configuration);
    }
    if chance.once_in(80) && may_sign_in(configuration) {
        visit(chance, configuration)
    } else {
        single(chance, configuration)
    }
}

/// Whether the provider knows the callback, and no app is shown cookies that are each program's own.
fn may_sign_in(configuration: &Configuration) -> bool {
    let moved = ["proxy-prefix", "cookie-secure", "redirect-url", "relative-redirect-url"];
    let shown = configuration.environment.iter().any(|(name, _)| *name == "OAUTH2_PROXY_PASS_SESSION_COOKIE");
    !shown && moved.iter().all(|name| configuration.flag(name).is_none())
}

fn single(chance: &mut Chance, configuration: &Configuration) -> Case {
    let mut request = request(chance, configuration);
    let mut whose = "nobody";
    if !chance.once_in(3) {
        let (name, make) = if chance.once_in(2) { COOKIES[0] } else { chance.one(COOKIES) };
        whose = name;
        request.cookie = Presented::Made(make);
    }
    let explained = reasons::of_request(&request, configuration);
    Case { name: shown(&request, whose), steps: vec![Step::Ask(request)], explained }
}

/// Requests of nobody that go out at once on one connection. Only the last has odd headers: of the others nothing but the
/// status is compared.
fn connection(chance: &mut Chance, configuration: &Configuration) -> Case {
    let mut asks: Vec<Ask> = (0..chance.below(3)).map(|_| plain(chance)).collect();
    asks.push(request(chance, configuration));
    let mut explained: Vec<_> = asks.iter().flat_map(|ask| reasons::of_request(ask, configuration)).collect();
    if asks.iter().any(|ask| ask.body.is_some()) {
        explained.extend(reasons::of_an_unread_body());
    }
    let name = asks.iter().map(|ask| shown(ask, "nobody")).collect::<Vec<_>>().join(" | ");
    let written = asks.iter().map(|ask| Written { method: ask.method, bytes: ask.bytes(None) }).collect();
    Case { name, steps: vec![Step::Wire(written)], explained }
}

fn plain(chance: &mut Chance) -> Ask {
    let request = ask(chance.one(METHODS), chance.one(PLACES));
    if request.method == "POST" { request.form("a=b") } else { request }
}

fn request(chance: &mut Chance, configuration: &Configuration) -> Ask {
    if chance.once_in(40) {
        let target = format!("/answers/websocket{}", chance.one(&["", "?a=b", "/", "?a;b"]));
        return WEBSOCKET.iter().fold(ask("GET", target), |ask, (name, value)| ask.with(name, *value));
    }
    let mut request = ask(chance.one(METHODS), target(chance, configuration)).at(chance.one(HOSTS));
    for _ in 0..chance.below(4) {
        let (name, values) = chance.one(HEADERS);
        if MANY.contains(&name) || !request.headers.iter().any(|(other, _)| *other == name) {
            request = request.with(name, chance.one(values));
        }
    }
    if matches!(request.method, "POST" | "PUT" | "PATCH") && !chance.once_in(4) {
        let typed = request.headers.iter().any(|(name, _)| *name == "Content-Type");
        let body = chance.one(FORMS);
        request = if typed { request.body(body) } else { request.form(body) };
    }
    request
}

fn target(chance: &mut Chance, configuration: &Configuration) -> String {
    let endpoint = chance.once_in(2);
    let mut target = if endpoint {
        format!("{}{}", configuration.prefix(), chance.one(ENDPOINTS))
    } else {
        chance.one(PLACES).to_owned()
    };
    if chance.once_in(8) {
        target.push_str(chance.one(TAILS));
    }
    // Not in the middle of an escape.
    if chance.once_in(16) && !target.contains('%') {
        let at = chance.below(target.len());
        target.insert_str(at, chance.one(&["/", "//", "%2F", "/.", "%41", "a"]));
        if !target.starts_with('/') {
            target.insert(0, '/');
        }
    }
    match chance.below(6) {
        0 | 1 => target.push_str(chance.one(QUERIES)),
        2 | 3 if endpoint => {
            target.push_str("?rd=");
            target.push_str(chance.one(TARGETS));
        }
        _ => {}
    }
    target
}

/// Somebody signs in at one program, or at both, and goes about.
fn visit(chance: &mut Chance, configuration: &Configuration) -> Case {
    let prefix = configuration.prefix();
    let mut explained = reasons::of_login();
    let mut open = |target: String| {
        explained.extend(reasons::of_request(&ask("GET", &target), configuration));
        Step::Open(format!("https://auth.example.com{target}"))
    };
    let mut steps = vec![
        open(format!("{prefix}/start?rd={}", chance.one(TARGETS))),
        Step::SignIn(chance.one(&["alice", "bob"])),
        Step::Return(str::to_owned),
    ];
    if chance.once_in(3) {
        steps.push(Step::ChangePrograms);
    }
    for _ in 0..chance.below(5) {
        match chance.below(8) {
            0 => steps.push(Step::ChangePrograms),
            1 => steps.push(Step::Forget("_csrf")),
            _ => steps.push(open(target(chance, configuration))),
        }
    }
    let name = steps.iter().map(|step| format!("{step:?}")).collect::<Vec<_>>().join(" ");
    Case { name, steps, explained }
}

fn shown(ask: &Ask, whose: &str) -> String {
    let headers = ask.headers.iter().fold(String::new(), |shown, (name, value)| shown + &format!(" [{name}: {value}]"));
    let body = ask.body.map(|body| format!(" {body:?}")).unwrap_or_default();
    format!("{} {} at {}{headers}{body} by {whose}", ask.method, ask.target, ask.host)
}
