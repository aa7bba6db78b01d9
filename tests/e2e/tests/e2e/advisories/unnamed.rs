//! Security fixes of the original that got no advisory, by the number of their change; as far as what they mend is served.
//!
//! 3264 (access tokens in the log) is `secrets.rs`, 3535 (Entra's groups after a failed look-up) is `microsoft.rs`; 3477
//! concerns a provider that is not served, and the command injection of 7.14.3 the release workflow of the original.

use serde_json::json;
use sidecar_testkit::process::eventually;
use sidecar_testkit::program::COOKIE_SECRET;
use sidecar_testkit::{App, Browser, Issuer, Launch, Provider, Request, Which, app::SOON, v7_cookie};

use crate::site::{SESSION, Site, get_with, has_session};

fn at(issuer: &Issuer, flags: &[&str]) -> Site {
    let app = App::start();
    let launch = Launch::before(Which::Ours, &app.upstream()).flags(issuer.flags());
    Site { program: launch.flags(flags).start(), app }
}

#[test]
fn fix_826_identity_headers_are_removed_with_a_session_as_well_as_without() {
    let site = Site::start(&["--skip-auth-route=^/public/", "--pass-user-headers=false"]);
    let cookie = site.alices_cookie();
    for request in [get_with("", "/public/x"), get_with(&cookie, "/public/x"), get_with(&cookie, "/x")] {
        let names = ["X-Forwarded-User", "X_Forwarded_User", "X-Auth-Request-User"];
        let request = names.iter().fold(request, |request, name| request.header(name, "root"));
        assert_eq!(site.program.ask(&request).status, 200);
        assert!(!String::from_utf8_lossy(&site.app.last().raw_head).contains("root"));
    }
}

#[test]
fn fix_1545_a_group_asked_for_of_nobody_is_an_answer() {
    let site = Site::start(&["--trusted-ip=127.0.0.1", "--skip-auth-preflight", "--skip-auth-route=^/public/"]);
    for query in ["allowed_groups=a", "allowed_emails=a@b.test", "allowed_email_domains=b.test", "allowed_groups="] {
        let answer = site.program.get(&format!("/oauth2/auth?{query}"));
        assert!(matches!(answer.status, 202 | 401 | 403), "{query}: {}", answer.status);
        assert_eq!(site.program.get("/ping").status, 200);
    }
}

#[test]
fn fix_3228_a_secret_in_a_file_signs_as_the_same_secret_elsewhere_and_never_as_an_empty_one() {
    let app = App::start();
    let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream()).without("--cookie-secret");
    let file = launch.write("secret", COOKIE_SECRET);
    let launch = launch.flag(&format!("--cookie-secret-file={}", file.display()));
    let by_file = Site { program: launch.start(), app };
    let cookie = by_file.alices_cookie();
    let by_flag = Site::start(&[]);
    assert_eq!(by_flag.program.ask(&get_with(&cookie, "/")).status, 200);

    let now = v7_cookie::now();
    for secret in ["", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"] {
        let forged = v7_cookie::sign(secret, SESSION, b"anything at all that is long enough", now);
        assert_eq!(by_file.program.ask(&get_with(&format!("{SESSION}={forged}"), "/oauth2/auth")).status, 401);
    }
    let empty = Launch::oidc(Which::Ours, Provider::shared(), "http://127.0.0.1:9/").without("--cookie-secret");
    let file = empty.write("empty", "");
    let refused = empty.flag(&format!("--cookie-secret-file={}", file.display())).run();
    assert!(!refused.status.success() && refused.stderr.contains("cookie-secret"), "{}", refused.stderr);
}

#[test]
fn fix_3365_an_empty_group_is_no_rule_that_everybody_passes() {
    for groups in ["--allowed-group=", "--allowed-group=,", "--allowed-group=dev,"] {
        let launch = Launch::oidc(Which::Ours, Provider::shared(), "http://127.0.0.1:9/");
        let refused = launch.flag(groups).run();
        assert!(!refused.status.success() && refused.stderr.contains("allowed-group"), "{groups}: {}", refused.stderr);
    }
}

#[test]
fn fix_3369_a_login_is_judged_by_its_own_lifetime_and_not_by_that_of_sessions() {
    let issuer = Issuer::start();
    let finishes = |flags: &[&str]| {
        let site = at(&issuer, &[flags, &["--login-restart=false"]].concat());
        let mut browser = Browser::new();
        let page = browser.open(&site.program.url("/oauth2/start?rd=/x"));
        (has_session(&browser), page.url.path().to_owned())
    };
    // A session that is over as soon as it is made is made all the same.
    let (_, path) = finishes(&["--cookie-expire=1ms"]);
    assert_eq!(path, "/x", "the login itself had fifteen minutes");
    assert_eq!(finishes(&["--cookie-csrf-expire=1ms"]), (false, "/oauth2/callback".to_owned()));
    assert_eq!(finishes(&[]), (true, "/x".to_owned()));
}

#[test]
fn fix_3333_a_refresh_that_is_refused_ends_the_session() {
    let issuer = Issuer::start();
    let site = at(&issuer, &["--cookie-refresh=1s"]);
    let mut browser = Browser::new();
    assert_eq!(browser.open(&site.program.url("/oauth2/start?rd=/")).status(), 200);
    issuer.refuse(Some(400));
    let cookie = browser.cookies_for(&site.program.url("/"));
    let answer = eventually(
        SOON,
        || {
            let answer = site.program.ask(&get_with(&cookie, "/"));
            (answer.status != 200).then_some(answer)
        },
        || site.program.said(),
    );
    assert_eq!(answer.status, 403);
    assert!(
        answer.headers.all("Set-Cookie").any(|line| line.starts_with(&format!("{SESSION}=;"))),
        "{:?}",
        answer.headers
    );
    assert_eq!(site.program.ask(&Request::get("/oauth2/auth").cookie(&cookie)).status, 401, "and it stays over");
}

#[test]
fn fix_3527_a_sealed_text_of_any_length_is_an_answer() {
    let site = Site::start(&[]);
    let now = v7_cookie::now();
    for length in (0..70).chain([4095, 4096]) {
        let payload: Vec<u8> = (0..length).map(|n| u8::try_from(n % 251).expect("a byte")).collect();
        let signed = v7_cookie::sign(COOKIE_SECRET, SESSION, &payload, now);
        let answer = site.program.ask(&get_with(&format!("{SESSION}={signed}"), "/oauth2/auth"));
        assert_eq!(answer.status, 401, "{length} bytes");
    }
    assert_eq!(site.program.get("/ping").status, 200);
    assert!(!site.program.said().contains("panicked"), "{}", site.program.said());
}

#[test]
fn fix_3547_what_a_refreshed_token_no_longer_says_is_no_longer_so() {
    let issuer = Issuer::start();
    let claims = |more| {
        let mut claims = json!({ "email": "alice@example.com", "email_verified": true });
        if more {
            (claims["groups"], claims["preferred_username"]) = (json!(["admins"]), json!("alice"));
        }
        claims
    };
    issuer.says(claims(true));
    let site = at(&issuer, &["--cookie-refresh=1s"]);
    let mut browser = Browser::new();
    assert_eq!(browser.open(&site.program.url("/oauth2/start?rd=/")).status(), 200);
    assert_eq!(site.told("X-Forwarded-Groups"), "admins");
    issuer.says(claims(false));
    let last = eventually(
        SOON,
        || {
            assert_eq!(browser.open_once(&site.program.url("/")).status(), 200, "{}", site.program.said());
            let seen = site.app.last();
            (!seen.headers.has("X-Forwarded-Groups")).then_some(seen)
        },
        || site.program.said(),
    );
    assert_eq!(last.headers.get("X-Forwarded-Email"), Some("alice@example.com"));
    assert!(!last.headers.has("X-Forwarded-Preferred-Username"), "{:?}", last.headers);
}
