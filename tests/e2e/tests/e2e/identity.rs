//! Who the app is told the visitor is, and that nobody else can tell it.

use sidecar_testkit::{Request, Seen, websocket};

use crate::site::{SESSION, Site, get_with};

/// Every name by which an app may learn who somebody is.
pub(crate) const NAMES: [&str; 8] = [
    "X-Forwarded-User",
    "X-Forwarded-Email",
    "X-Forwarded-Groups",
    "X-Forwarded-Preferred-Username",
    "X-Auth-Request-User",
    "X-Auth-Request-Email",
    "X-Auth-Request-Groups",
    "X-Auth-Request-Preferred-Username",
];

/// What a visitor would like the app to believe.
pub(crate) const FORGED: &str = "mallory@evil.test";

#[test]
fn the_app_is_told_who_the_visitor_is_under_both_families_of_names() {
    let site = Site::start(&["--set-xauthrequest", "--pass-access-token", "--pass-authorization-header"]);
    let answer = site.program.ask(&get_with(&site.alices_cookie(), "/"));
    let seen = site.app.last();
    for family in ["X-Forwarded", "X-Auth-Request"] {
        for (what, value) in [
            ("User", "alice"),
            ("Email", "alice@example.com"),
            ("Groups", "admins,devs"),
            ("Preferred-Username", "alice"),
        ] {
            let name = format!("{family}-{what}");
            assert_eq!(seen.headers.all(&name).collect::<Vec<_>>(), [value], "{name}");
        }
        assert!(seen.headers.has(&format!("{family}-Access-Token")), "{family}");
    }
    assert!(seen.headers.get("Authorization").is_some_and(|value| value.starts_with("Bearer ey")));
    assert_eq!(answer.headers.get("X-Auth-Request-Email"), Some("alice@example.com"), "and the client as well");
}

#[test]
fn x_auth_request_stays_away_from_the_app_when_it_is_switched_off_and_so_do_forged_ones() {
    let site = Site::start(&["--set-xauthrequest", "--pass-xauthrequest=false"]);
    let _ = site.program.ask(&get_with(&site.alices_cookie(), "/").header("X-Auth-Request-Email", FORGED));
    assert!(!site.app.last().headers.has("X-Auth-Request-Email"));
    assert_eq!(site.app.last().headers.get("X-Forwarded-Email"), Some("alice@example.com"));
}

#[test]
fn forged_identity_headers_never_reach_the_app_in_any_spelling() {
    let site = Site::start(&["--set-xauthrequest", "--skip-auth-route=^/public/"]);
    let cookie = site.alices_cookie();
    for name in NAMES {
        for spelling in spellings(name) {
            for (cookie, target) in [(cookie.as_str(), "/private"), (cookie.as_str(), "/public/x"), ("", "/public/x")] {
                let request = get_with(cookie, target).header(&spelling, FORGED).header(&spelling, "again");
                assert_eq!(site.program.ask(&request).status, 200, "{spelling} {target}");
                assert_not_forged(&site.app.last(), name, &spelling);
            }
        }
    }
}

#[test]
fn a_visitors_own_authorization_never_passes_for_ours() {
    const OWN: &str = "Basic cm9vdDpyb290";
    let ours = Site::start(&["--pass-authorization-header", "--skip-auth-route=^/public/"]);
    let cookie = ours.alices_cookie();
    for (cookie, target) in [("", "/public/x"), (cookie.as_str(), "/public/x"), (cookie.as_str(), "/private")] {
        for request in [get_with(cookie, target), websocket::handshake(get_with(cookie, target))] {
            assert_eq!(ours.program.ask(&request.header("Authorization", OWN)).status, 200, "{target}");
            let told: Vec<String> = ours.app.last().headers.folded("Authorization").map(str::to_owned).collect();
            let is_ours = |told: &String| told.starts_with("Bearer ey");
            assert!(told.len() == usize::from(!cookie.is_empty()) && told.iter().all(is_ours), "{target}: {told:?}");
        }
    }
    let none = Site::start(&["--skip-auth-route=^/public/"]);
    assert_eq!(none.program.ask(&Request::get("/public/x").header("Authorization", OWN)).status, 200);
    assert_eq!(
        none.app.last().headers.get("Authorization"),
        Some(OWN),
        "where nothing is written there, it is the app's"
    );
}

#[test]
fn forged_identity_headers_never_reach_the_app_with_an_upgrade() {
    let site = Site::before(
        sidecar_testkit::App::with(|_| sidecar_testkit::Reply::WebSocketEcho),
        &["--set-xauthrequest", "--skip-auth-route=^/public/"],
    );
    let cookie = site.alices_cookie();
    for spelling in spellings("X-Forwarded-Email").into_iter().chain(spellings("X-Auth-Request-Email")) {
        for (cookie, target) in [(cookie.as_str(), "/socket"), ("", "/public/socket")] {
            let request = get_with(cookie, target).header(&spelling, FORGED);
            websocket::open(site.program.connect(), request).expect("a WebSocket");
            assert_not_forged(&site.app.last(), "X-Forwarded-Email", &spelling);
            assert_not_forged(&site.app.last(), "X-Auth-Request-Email", &spelling);
        }
    }
}

#[test]
fn a_connection_header_cannot_remove_what_the_app_is_told() {
    let site = Site::start(&["--set-xauthrequest"]);
    let cookie = site.alices_cookie();
    for named in ["X-Forwarded-Email", "x-forwarded-email, x-auth-request-email", "close, X-Forwarded-User", "cookie"] {
        let _ = site.program.ask(&get_with(&cookie, "/").header("Connection", named));
        let seen = site.app.last();
        assert_eq!(seen.headers.get("X-Forwarded-Email"), Some("alice@example.com"), "{named}");
        assert_eq!(seen.headers.get("X-Forwarded-User"), Some("alice"), "{named}");
        assert_eq!(seen.headers.get("X-Auth-Request-Email"), Some("alice@example.com"), "{named}");
    }
}

#[test]
fn our_cookies_stop_at_us_and_the_apps_own_go_on() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    let request = Request::get("/")
        .cookie(&format!("theme=dark; {cookie}; {SESSION}_csrf=x; {SESSION}_login_00aa11bb=y"))
        .cookie("lang=en");
    assert_eq!(site.program.ask(&request).status, 200);
    let seen = site.app.last();
    assert_eq!(seen.headers.all("Cookie").collect::<Vec<_>>(), ["theme=dark; lang=en"]);
    assert!(!String::from_utf8_lossy(&seen.raw_head).contains(SESSION));

    let site = Site::start(&["--pass-session-cookie"]);
    let cookie = site.alices_cookie();
    let _ = site.program.ask(&get_with(&cookie, "/"));
    assert_eq!(site.app.last().headers.get("Cookie"), Some(cookie.as_str()), "an app may ask for it");
}

#[test]
fn the_app_can_set_neither_our_cookies_nor_our_headers() {
    let app = sidecar_testkit::App::with(|_| {
        let headers = vec![
            ("Set-Cookie", format!("{SESSION}=forged; Path=/")),
            ("Set-Cookie", "own=1; Path=/".to_owned()),
            ("X-Auth-Request-Email", FORGED.to_owned()),
            ("GAP-Auth", FORGED.to_owned()),
        ];
        sidecar_testkit::Reply::Text(200, headers, "hello".to_owned())
    });
    let site = Site::before(app, &["--set-xauthrequest", "--skip-auth-route=^/public/"]);
    let answer = site.program.ask(&get_with(&site.alices_cookie(), "/"));
    assert_eq!(answer.headers.all("Set-Cookie").collect::<Vec<_>>(), ["own=1; Path=/"]);
    assert_eq!(answer.headers.all("X-Auth-Request-Email").collect::<Vec<_>>(), ["alice@example.com"]);
    assert_eq!(answer.headers.all("GAP-Auth").collect::<Vec<_>>(), ["alice@example.com"]);
    let of_nobody = site.program.get("/public/x");
    assert_eq!((of_nobody.status, of_nobody.headers.all("Set-Cookie").count()), (200, 1));
    assert!(!of_nobody.headers.has("X-Auth-Request-Email") && !of_nobody.headers.has("GAP-Auth"), "{of_nobody:?}");
}

#[test]
fn two_visitors_on_one_connection_are_two_visitors_to_the_app() {
    let site = Site::start(&["--set-xauthrequest"]);
    let alice = site.alices_cookie();
    let mut browser = sidecar_testkit::Browser::new();
    site.sign_in(&mut browser, "dave", "/");
    let dave = browser.cookies_for(&site.program.url("/"));
    let mut connection = site.program.connect();
    for (cookie, user) in [(&alice, "alice"), (&dave, "dave"), (&alice, "alice")] {
        connection.exchange(&get_with(cookie, "/")).expect("an answer");
        assert_eq!(site.app.last().headers.get("X-Forwarded-User"), Some(user));
    }
    let answer = connection.exchange(&Request::get("/")).expect("an answer");
    assert_eq!(answer.status, 403, "nobody without a cookie");
}

/// A protected name with each separator that an app server may fold to the same, and in each case.
pub(crate) fn spellings(name: &str) -> Vec<String> {
    let mut spellings = Vec::new();
    for separator in ["-", "_", ".", "!", "~", "+"] {
        let spelling = name.replace('-', separator);
        spellings.extend([spelling.to_ascii_lowercase(), spelling.to_ascii_uppercase(), spelling]);
    }
    spellings.push(name.replacen('-', "_", 1));
    spellings
}

pub(crate) fn assert_not_forged(seen: &Seen, name: &str, spelling: &str) {
    let heard: Vec<_> = seen.headers.folded(name).collect();
    assert!(heard.len() <= 1 && !heard.contains(&FORGED) && !heard.contains(&"again"), "{spelling}: {heard:?}");
}
