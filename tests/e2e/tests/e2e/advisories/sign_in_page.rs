//! Advisory 8: the sign-in page left the session in the browser.

use sidecar_testkit::{Request, Response};

use crate::site::{SESSION, Site, get_with};

/// The answer tells the browser to forget each of these, in a way that it accepts.
fn assert_cleared(answer: &Response, names: &[&str], what: &str) {
    for name in names {
        let is_named = |line: &&str| line.starts_with(&format!("{name}="));
        let lines: Vec<_> = answer.headers.all("Set-Cookie").filter(is_named).collect();
        assert!(!lines.is_empty(), "{what}: {name} stays: {:?}", answer.headers);
        for line in lines {
            assert!(line.starts_with(&format!("{name}=; ")), "{what}: {line}");
            assert!(line.contains("Max-Age=0") && line.contains("Path=/"), "{what}: {line}");
        }
    }
}

#[test]
fn ghsa_f24x_5g9q_753f_the_sign_in_page_takes_the_session_away() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    let answer = site.program.ask(&get_with(&cookie, "/oauth2/sign_in"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_cleared(&answer, &[SESSION], "the page");

    let pieces = cookie.replacen(SESSION, &format!("{SESSION}_0"), 1) + &format!("; {SESSION}_1=rest; other=1");
    let answer = site.program.ask(&get_with(&pieces, "/oauth2/sign_in"));
    assert_cleared(&answer, &["_oauth2_proxy_0", "_oauth2_proxy_1"], "pieces");
    assert!(!answer.headers.all("Set-Cookie").any(|line| line.starts_with("other=")), "{:?}", answer.headers);

    let answer = site.program.ask(&get_with(&format!("{SESSION}=broken"), "/private"));
    assert_eq!(answer.status, 403);
    assert_cleared(&answer, &[SESSION], "the page in place of a protected one");

    // A browser that obeys has no session afterwards.
    let mut browser = site.alice();
    browser.open(&site.program.url("/oauth2/sign_in"));
    assert_eq!(browser.open_once(&site.program.url("/private")).status(), 403);
    assert!(site.app.seen().is_empty());
}

#[test]
fn ghsa_f24x_5g9q_753f_and_so_does_a_form_that_signs_nobody_in() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    for body in ["username=alice&password=wrong", "username=&password=", "", "rd=/x"] {
        let answer = site.program.ask(&Request::post_form("/oauth2/sign_in", body).cookie(&cookie));
        assert!([200, 400, 401, 403].contains(&answer.status), "{body}: {}", answer.status);
        assert_cleared(&answer, &[SESSION], body);
    }
}
