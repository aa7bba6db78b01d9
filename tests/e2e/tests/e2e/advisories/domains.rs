//! Advisory 12: an address with two `@` belonged to the domain at its end.

use serde_json::json;
use sidecar_testkit::{App, Browser, Issuer, Launch, Request, Which};

use crate::site::{Site, has_session};

/// Not one address of the domain that it ends in.
const ODD: [&str; 8] = [
    "attacker@evil.com@example.com",
    "attacker@evil.com@foo.example.com",
    "a@@example.com",
    "a@evil.com,b@example.com",
    "a@evil.com b@example.com",
    "a@evil.com%40example.com",
    "a@evilexample.com",
    "@example.com",
];

fn site(issuer: &Issuer, rules: &[&str]) -> Site {
    let app = App::start();
    let launch = Launch::before(Which::Ours, &app.upstream()).flags(issuer.flags()).without("--email-domain");
    Site { program: launch.flags(rules).start(), app }
}

/// Whether somebody with this address gets a session. Who does not gets the 403 page and nothing of the app.
fn enters(issuer: &Issuer, site: &Site, email: &str) -> Option<Browser> {
    issuer.says(json!({ "email": email, "email_verified": true }));
    let mut browser = Browser::new();
    let page = browser.open(&site.program.url("/oauth2/start?rd=/x"));
    let inside = has_session(&browser);
    assert_eq!(page.status(), if inside { 200 } else { 403 }, "{email}: {page}");
    assert_eq!(site.app.seen().len(), usize::from(inside), "{email}");
    site.app.forget();
    inside.then_some(browser)
}

#[test]
fn ghsa_c5c4_8r6x_56w3_an_address_with_two_at_signs_is_of_no_domain() {
    let issuer = Issuer::start();
    for (rule, welcome, others) in [
        (
            "example.com",
            &["alice@example.com", "ALICE@EXAMPLE.COM"][..],
            &["a@sub.example.com", "a@foo.example.com"][..],
        ),
        (".example.com", &["a@sub.example.com", "A@Sub.Example.com"], &["alice@example.com", "a@.example.com"]),
        ("*.example.com", &["a@sub.example.com"], &["alice@example.com", "a@.example.com"]),
    ] {
        let site = site(&issuer, &[&format!("--email-domain={rule}")]);
        for email in ODD.iter().chain(others) {
            assert!(enters(&issuer, &site, email).is_none(), "{rule}: {email}");
        }
        for email in welcome {
            assert!(enters(&issuer, &site, email).is_some(), "{rule}: {email}");
        }
    }
}

#[test]
fn ghsa_c5c4_8r6x_56w3_nor_is_it_in_a_file_that_names_another() {
    let issuer = Issuer::start();
    let app = App::start();
    let launch = Launch::before(Which::Ours, &app.upstream()).flags(issuer.flags()).without("--email-domain");
    let file = launch.write("emails", "alice@example.com\n");
    let launch = launch.flag(&format!("--authenticated-emails-file={}", file.display()));
    let site = Site { program: launch.start(), app };
    for email in ODD.into_iter().chain(["x,alice@example.com", "alice@example.com@evil.com", "alice@example.com.evil"])
    {
        assert!(enters(&issuer, &site, email).is_none(), "{email}");
    }
    assert!(enters(&issuer, &site, "Alice@Example.com").is_some());
}

#[test]
fn ghsa_c5c4_8r6x_56w3_nor_does_it_pass_a_domain_that_a_query_asks_for() {
    let issuer = Issuer::start();
    let site = site(&issuer, &["--email-domain=*"]);
    let asked = |browser: &Browser, domains: &str| {
        let target = format!("/oauth2/auth?allowed_email_domains={domains}");
        site.program.ask(&Request::get(&target).cookie(&browser.cookies_for(&site.program.url("/")))).status
    };
    for email in ODD {
        // Who has an address at all may enter here; the odd ones pass no named domain all the same.
        let Some(browser) = enters(&issuer, &site, email) else { continue };
        for domains in ["example.com", ".example.com", "*.example.com", "evil.com"] {
            assert_eq!(asked(&browser, domains), 403, "{email} {domains}");
        }
        assert_eq!(asked(&browser, "").max(202), 202, "{email}");
    }
    let alice = enters(&issuer, &site, "alice@example.com").expect("welcome");
    assert_eq!([asked(&alice, "example.com"), asked(&alice, "other.test"), asked(&alice, "")], [202, 403, 202]);
}

#[test]
fn ghsa_c5c4_8r6x_56w3_nor_does_a_bearer_token_with_such_an_address_open_anything() {
    let issuer = Issuer::start();
    for (rule, welcome) in [("example.com", "alice@example.com"), (".example.com", "a@sub.example.com")] {
        let site = site(&issuer, &[&format!("--email-domain={rule}"), "--skip-jwt-bearer-tokens"]);
        let ask = |email: &str, target: &str| {
            let token = issuer.token(&json!({ "email": email, "email_verified": true }));
            site.program.ask(&Request::get(target).header("Authorization", &format!("Bearer {token}"))).status
        };
        for email in ODD {
            assert_eq!([ask(email, "/oauth2/auth"), ask(email, "/x")], [401, 403], "{rule}: {email}");
        }
        assert!(site.app.seen().is_empty());
        assert_eq!([ask(welcome, "/oauth2/auth"), ask(welcome, "/x")], [202, 200], "{rule}");
    }
}
