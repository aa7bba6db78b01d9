//! Cookies that are no session: nobody is let in, nothing breaks, and the browser is told to forget them.

use sidecar_testkit::{App, Launch, Provider, Request, Which};

use crate::site::{SESSION, Site, get_with};

/// Nobody is let in, and the program goes on as if nothing had happened.
fn assert_no_session(site: &Site, cookie: &str, what: &str) {
    for (target, status) in [("/", 403), ("/oauth2/auth", 401), ("/oauth2/userinfo", 401)] {
        let answer = site.program.ask(&get_with(cookie, target));
        assert_eq!(answer.status, status, "{what}: {target}");
    }
    assert!(site.app.seen().is_empty(), "{what} reached the app");
    assert_eq!(site.program.get("/ping").status, 200, "{what}");
}

fn value_of(cookie: &str) -> &str {
    cookie.split_once('=').expect("NAME=VALUE").1
}

#[test]
fn a_cookie_changed_in_any_place_is_no_session() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    let value = value_of(&cookie);
    for at in (0..value.len()).step_by(value.len() / 40) {
        let changed = if value.as_bytes()[at] == b'A' { "B" } else { "A" };
        let tampered = format!("{SESSION}={}{changed}{}", &value[..at], &value[at + 1..]);
        assert_no_session(&site, &tampered, &format!("byte {at} changed"));
    }
    assert_eq!(site.program.ask(&get_with(&cookie, "/")).status, 200, "the true one still holds");
}

#[test]
fn a_truncated_stretched_or_shuffled_cookie_is_no_session() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    let value = value_of(&cookie);
    let parts: Vec<_> = value.split('|').collect();
    assert_eq!(parts.len(), 3, "payload, time and signature");
    let (payload, time, signature) = (parts[0], parts[1], parts[2]);
    for (what, value) in [
        ("empty", String::new()),
        ("half of it", value[..value.len() / 2].to_owned()),
        ("one byte less", value[..value.len() - 1].to_owned()),
        ("something behind it", format!("{value}A")),
        ("no signature", format!("{payload}|{time}")),
        ("an empty signature", format!("{payload}|{time}|")),
        ("another time", format!("{payload}|{time}9|{signature}")),
        ("a fourth part", format!("{payload}|{time}|{signature}|x")),
        ("parts in another order", format!("{time}|{payload}|{signature}")),
        ("bars alone", "||".to_owned()),
        ("no base64", "!!!|1|!!!".to_owned()),
        ("a JSON Web Token", "eyJhbGciOiJub25lIn0.eyJlbWFpbCI6ImFAYiJ9.".to_owned()),
    ] {
        assert_no_session(&site, &format!("{SESSION}={value}"), what);
    }
}

#[test]
fn pieces_that_are_missing_or_mixed_or_endless_are_no_session() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    let value = value_of(&cookie);
    let (first, second) = value.split_at(value.len() / 2);
    assert_no_session(&site, &format!("{SESSION}_1={second}"), "the second alone");
    assert_no_session(&site, &format!("{SESSION}_0={first}"), "the first alone");
    assert_no_session(&site, &format!("{SESSION}_0={second}; {SESSION}_1={first}"), "in the wrong order");
    let endless: Vec<_> = (0..64).map(|n| format!("{SESSION}_{n}={}", "A".repeat(600))).collect();
    assert_no_session(&site, &endless.join("; "), "sixty-four pieces");
}

#[test]
fn a_cookie_of_another_secret_or_another_name_is_no_session() {
    let site = Site::start(&[]);
    let app = App::start();
    let foreign = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream())
        .without("--cookie-secret")
        .flag("--cookie-secret=fedcba9876543210fedcba9876543210")
        .start();
    let foreign = Site { program: foreign, app };
    assert_no_session(&site, &foreign.alices_cookie(), "a foreign secret");

    let named = Site::start(&["--cookie-name=_other"]);
    let mut browser = sidecar_testkit::Browser::new();
    named.sign_in(&mut browser, "alice", "/");
    let value = &browser.jar.get("_other").expect("a session").value;
    assert_no_session(&site, &format!("{SESSION}={value}"), "a foreign name");
    assert_no_session(&site, &format!("_other={value}"), "a name that is not ours");
}

#[test]
fn a_session_older_than_it_may_be_is_no_session() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    let brief = Site::start(&["--cookie-expire=1ms"]);
    assert_no_session(&brief, &cookie, "expired");
}

#[test]
fn a_cookie_header_of_any_size_and_shape_ends_in_an_answer() {
    let site = Site::start(&[]);
    for value in [
        format!("{SESSION}={}", "A".repeat(30_000)),
        format!("{SESSION}={0}|1700000000|{0}", "A".repeat(20_000)),
        "; ".repeat(5_000),
        "a=b; ".repeat(6_000),
        format!("{SESSION}=\u{e9}\u{ff}|1|x"),
        SESSION.to_owned(),
        "=".to_owned(),
    ] {
        let answer = site.program.ask(&Request::get("/").cookie(&value));
        assert!([400, 403, 431].contains(&answer.status), "{} for {:.40}", answer.status, value);
        assert_eq!(site.program.get("/ping").status, 200);
    }
    let answer = site.program.ask(&Request::get("/").cookie(&"A".repeat(70_000)));
    assert_eq!(answer.status, 431, "beyond max-header-bytes");
    assert!(site.app.seen().is_empty());
}

#[test]
fn a_broken_session_cookie_is_cleared() {
    let site = Site::start(&[]);
    for cookie in [format!("{SESSION}=broken"), format!("{SESSION}_0=broken; {SESSION}_1=broken")] {
        let answer = site.program.ask(&get_with(&cookie, "/"));
        for pair in cookie.split("; ") {
            let name = pair.split('=').next().expect("a name");
            let line = answer.headers.all("Set-Cookie").find(|line| line.starts_with(&format!("{name}=;")));
            let line = line.unwrap_or_else(|| panic!("{name} is not cleared: {:?}", answer.headers));
            assert!(line.contains("Max-Age=0"), "{line}");
        }
    }
}

#[test]
fn of_several_cookies_of_one_name_the_one_that_verifies_counts() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    for cookies in [format!("{SESSION}=stale; {cookie}"), format!("{cookie}; {SESSION}=stale")] {
        assert_eq!(site.program.ask(&get_with(&cookies, "/")).status, 200, "{cookies:.40}");
    }
}

#[test]
fn what_is_left_over_of_an_older_session_signs_nobody_out() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    let value = value_of(&cookie);
    let (first, second) = value.split_at(value.len() / 2);
    let pieces = format!("{SESSION}_0={first}; {SESSION}_1={second}");
    for cookies in [
        format!("{SESSION}=stale; {pieces}"),
        format!("{pieces}; {SESSION}=stale|1700000000|{}=", "A".repeat(43)),
        format!("{pieces}; {SESSION}_2=rest|1700000000|{}=", "A".repeat(43)),
        format!("{SESSION}=stale; {pieces}; {SESSION}_2=rest"),
        format!("{SESSION}_0=stale; {cookie}; {SESSION}_1=stale"),
    ] {
        assert_eq!(site.program.ask(&get_with(&cookies, "/")).status, 200, "{cookies}");
    }
}

#[test]
fn what_only_looks_like_a_credential_opens_nothing() {
    let site = Site::start(&[]);
    let query = "?access_token=x&id_token=x&token=x&code=x";
    let ways = [
        ("Authorization", "Bearer x", ""),
        ("Authorization", "Basic YWxpY2U6YWxpY2U=", ""),
        // Envoy's.
        ("Cookie", "BearerToken=x; OauthHMAC=x; OauthExpires=9999999999", ""),
        ("Cookie", "__Host-_oauth2_proxy=x; _oauth2_proxy_user=alice", ""),
        ("X-Forwarded-User", "alice", ""),
        ("Accept", "text/html", query),
    ];
    for (name, value, query) in ways {
        for (target, status) in [("/", 403), ("/oauth2/auth", 401), ("/oauth2/userinfo", 401)] {
            let request = Request::get(&format!("{target}{query}")).header(name, value);
            assert_eq!(site.program.ask(&request).status, status, "{name}: {value}: {target}{query}");
        }
    }
    assert!(site.app.seen().is_empty());
}
