//! Advisories 1 to 4: where a visitor may be sent. One function answers for all who ask, so each value goes through each.

use sidecar_testkit::{Request, place};
use url::form_urlencoded::byte_serialize;

use crate::site::{Site, parameter};

fn encoded(value: &str) -> String {
    byte_serialize(value.as_bytes()).collect()
}

/// The place that the program remembers for the end of the login that this answer begins.
fn remembered(location: &str) -> String {
    let state = parameter(location, "state").unwrap_or_else(|| panic!("no state in {location}"));
    let (_, target) = state.split_once(':').unwrap_or_else(|| panic!("no target in {state}"));
    url::form_urlencoded::parse(format!("t={target}").as_bytes()).next().expect("a pair").1.into_owned()
}

/// Where the program sends a visitor who asks for `target`, by everything that may ask.
fn everywhere(site: &Site, target: &str) -> Vec<(&'static str, String)> {
    let value = encoded(target);
    let location = |request: &Request| {
        let answer = site.program.ask(request);
        assert_eq!(answer.status, 302, "{target:?}: {}", answer.text());
        answer.location().to_owned()
    };
    let mut places = vec![
        ("sign_out", location(&Request::get(&format!("/oauth2/sign_out?rd={value}")))),
        ("sign_out by a form", location(&Request::post_form("/oauth2/sign_out", &format!("rd={value}")))),
        ("start", remembered(&location(&Request::get(&format!("/oauth2/start?rd={value}"))))),
    ];
    // The state of a login that nobody knows: it begins anew, towards the same target if that is allowed.
    let state = encoded(&format!("unknown:{value}"));
    let callback = Request::get(&format!("/oauth2/callback?code=x&state={state}"));
    places.push(("the callback's state", remembered(&location(&callback))));
    if target.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~')) && target.trim() == target {
        let request = Request::get("/oauth2/sign_out").header("X-Auth-Request-Redirect", target);
        places.push(("X-Auth-Request-Redirect", location(&request)));
    }
    places
}

/// The page that offers to sign in leads nowhere else either.
fn assert_page_is_silent(site: &Site, target: &str) {
    let page = site.program.get(&format!("/oauth2/sign_in?rd={}", encoded(target)));
    assert_eq!(page.status, 200, "{target:?}");
    assert!(!page.text().contains("evil"), "{target:?}: {}", page.text());
}

fn assert_all_lead(site: &Site, target: &str, to: &str) {
    for (how, location) in everywhere(site, target) {
        assert_eq!(location, to, "{how}: {target:?}");
    }
}

#[test]
fn ghsa_qqxw_m5fj_f7gv_a_backslash_does_not_begin_a_host() {
    let site = Site::start(&[]);
    assert_all_lead(&site, "/\\evil.com", "/");
    assert_page_is_silent(&site, "/\\evil.com");
    assert_all_lead(&site, "//evil.com", "/");
    assert_all_lead(&site, "/ok?x=1", "/ok?x=1");
}

#[test]
fn ghsa_j7px_6hwj_hpjg_nor_do_two_slashes_with_white_space_between() {
    let site = Site::start(&[]);
    for blank in [" ", "\t", "\u{b}", "\n", "\r", "\u{c}"] {
        for slash in ["/", "\\"] {
            let target = format!("/{blank}{slash}evil.com");
            assert_all_lead(&site, &target, "/");
            assert_page_is_silent(&site, &target);
        }
    }
    assert_all_lead(&site, "/ok?x=1", "/ok?x=1");
}

#[test]
fn ghsa_5m6c_jp6f_2vcv_nor_do_dots_or_more_white_space_anywhere_in_the_path() {
    let site = Site::start(&[]);
    for target in [
        "/./\\evil.com",
        "/.//evil.com",
        "/../\\evil.com",
        "/..//evil.com",
        "/a/.//evil.com",
        "/\t/\t\\evil.com",
        "/a//b",
        "/  /evil.com",
        "/\\./evil.com",
        "/.\\/evil.com",
        "/a/../\\evil.com",
    ] {
        assert_all_lead(&site, target, "/");
        assert_page_is_silent(&site, target);
    }
    for control in ["/ok?x=1", "/a?u=https://x/", "/...", "/.a/b"] {
        assert_all_lead(&site, control, control);
    }
}

#[test]
fn ghsa_5m6c_jp6f_2vcv_no_line_of_the_originals_own_list_leaves_the_host() {
    let list = place::installed(place::cache().join("openredirects.txt"), "install.sh redirects");
    let list = std::fs::read_to_string(list).expect("UTF-8");
    let site = Site::start(&[]);
    let mut connection = site.program.connect();
    let mut ask = |target: &str| {
        let request = Request::get(&format!("/oauth2/sign_out?rd={}", encoded(target)));
        connection.exchange(&request).expect("an answer").location().to_owned()
    };
    let home = url::Url::parse("http://good.test/").expect("a URL");
    let mut count = 0;
    for line in list.lines() {
        let decoded = url::form_urlencoded::parse(format!("t={}", line.replace('+', "%2B")).as_bytes())
            .next()
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default();
        for target in [line, &decoded] {
            let location = ask(target);
            let landed = home.join(&location).unwrap_or_else(|e| panic!("{target:?} led to {location:?}: {e}"));
            assert!(landed.host_str() == Some("good.test"), "{target:?} led to {location:?}");
            // The original looks for this in the query as well (docs/compatibility.md, D53).
            let path = location.split(['?', '#']).next().unwrap_or_default();
            assert!(!path.contains("//"), "{target:?} led to {location:?}");
            count += 1;
        }
    }
    assert!(count > 1000, "{count} targets");
    assert_eq!(ask("/ok?x=1"), "/ok?x=1");
}

#[test]
fn ghsa_4mf2_f3wh_gvf2_a_domain_covers_true_subdomains_and_no_name_that_ends_in_its_letters() {
    let site = Site::start(&["--whitelist-domain=.bar.foo"]);
    for target in [
        "http://evilbar.foo/",
        "https://evilbar.foo/",
        "http://evil.bar.foo.evil/",
        "https://bar.foo@evil.com",
        "https://evil.com\\@bar.foo/",
        "https://evil.com#.bar.foo",
        "https://evil.com?.bar.foo",
        "https://evil.com\t.bar.foo/",
        "https://BAR.foo/",
        "https://sub.bar.foo./",
        "https://sub.bar.foo:443/",
        "//sub.bar.foo/",
        "javascript:alert('.bar.foo')",
    ] {
        assert_all_lead(&site, target, "/");
        assert_page_is_silent(&site, target);
    }
    for control in ["http://sub.bar.foo/", "http://bar.foo/", "https://a.b.bar.foo/x?y=1"] {
        assert_all_lead(&site, control, control);
    }
}
