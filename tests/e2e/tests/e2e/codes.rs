//! The code of a failure: the same on the page, in the log and in the reference.

use sidecar_testkit::app::SOON;
use sidecar_testkit::process::eventually;
use sidecar_testkit::{App, Launch, Program, Provider, Request, Response, Which, place};

use crate::site::{Site, get_with, parameter};

/// The code and the request id that a page shows.
#[track_caller]
fn shown(page: &Response) -> (String, String) {
    let text = page.text();
    let between = |label: &str| {
        let after = text.split_once(label).unwrap_or_else(|| panic!("no {label} on the page: {text}")).1;
        after.split_once("</code>").expect("closed").0.to_owned()
    };
    (between("Code <code>"), between("Request ID <code>"))
}

/// The page has this code, the log has it with the page's request id, and the reference explains it.
#[track_caller]
fn assert_code(program: &Program, page: &Response, code: &str) {
    let (on_page, id) = shown(page);
    assert_eq!(on_page, code, "{}", page.text());
    let logged = || {
        let said = program.said();
        said.lines().any(|line| line.contains(&format!("code={code}")) && line.contains(&id)).then_some(())
    };
    eventually(SOON, logged, || format!("a line with {code} and {id} in:\n{}", program.said()));
    let reference = std::fs::read_to_string(place::tree().join("docs/reference/errors.md")).expect("the reference");
    assert!(reference.contains(&format!("| `{code}` |")), "{code} is not explained");
}

#[test]
fn failures_of_a_login_have_their_codes() {
    let site = Site::start(&["--login-restart=false"]);
    let page = |target: &str| site.program.get(target);
    for (target, code) in [
        ("/oauth2/callback?code=x&state=y:/", "E-LOGIN-COOKIE"),
        ("/oauth2/callback?code=x&state=nothing", "E-LOGIN-STATE"),
        ("/oauth2/callback?error=access_denied&state=y:/", "E-LOGIN-REFUSED"),
        ("/oauth2/callback?code=x&code=y&state=y:/", "E-REQUEST-QUERY"),
        ("/oauth2/sign_in?rd=%zz", "E-REQUEST-QUERY"),
    ] {
        assert_code(&site.program, &page(target), code);
    }
}

/// A login that has begun: its state, and the cookies that the browser keeps for it.
fn begun(site: &Site) -> (String, String) {
    let answer = site.program.get("/oauth2/start?rd=/");
    let state = parameter(answer.location(), "state").expect("a state");
    let cookies: Vec<_> = answer.headers.all("Set-Cookie").filter_map(|line| line.split(';').next()).collect();
    (url::form_urlencoded::byte_serialize(state.as_bytes()).collect(), cookies.join("; "))
}

#[test]
fn failures_of_a_login_that_has_begun_have_their_codes() {
    let site = Site::start(&["--login-restart=false"]);
    let (state, cookies) = begun(&site);
    let (other, _) = begun(&site);
    for (query, code) in [
        (format!("state={state}"), "E-LOGIN-CODE"),
        (format!("code=x&state={other}"), "E-LOGIN-MISMATCH"),
        // The provider promises to name itself (RFC 9207).
        (format!("code=x&state={state}"), "E-LOGIN-TOKEN"),
        (format!("code=x&state={state}&iss={}", Provider::shared().issuer()), "E-LOGIN-FAILED"),
    ] {
        let page = site.program.ask(&get_with(&cookies, &format!("/oauth2/callback?{query}")));
        assert_code(&site.program, &page, code);
    }
}

#[test]
fn a_form_that_is_too_large_and_an_app_that_is_late_have_their_codes() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let upstream = format!("http://{}/", silent.local_addr().expect("an address"));
    let program = Launch::oidc(Which::Ours, Provider::shared(), &upstream);
    let program = program.flag("--upstream-timeout=200ms").flag("--skip-auth-route=^/open$").start();
    let form = Request::post_form("/oauth2/sign_in", &"a".repeat(2 << 20));
    assert_code(&program, &program.ask(&form), "E-REQUEST-SIZE");
    assert_code(&program, &program.get("/open"), "E-APP-TIMEOUT");
}

#[test]
fn an_account_that_may_not_enter_and_an_app_that_is_away_have_theirs() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    let closed = Launch::oidc(Which::Ours, Provider::shared(), &site.app.upstream()).without("--email-domain");
    let closed = closed.flag("--email-domain=elsewhere.org").start();
    assert_code(&closed, &closed.ask(&get_with(&cookie, "/")), "E-ACCESS-ACCOUNT");

    let away = Launch::oidc(Which::Ours, Provider::shared(), &format!("http://127.0.0.1:{}/", place::free_port()));
    let away = away.start();
    assert_code(&away, &away.ask(&get_with(&cookie, "/")), "E-APP-DOWN");
}

#[test]
fn a_provider_that_is_away_has_its_code() {
    let app = App::start();
    let program = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream())
        .without("--oidc-issuer-url")
        .flag(&format!("--oidc-issuer-url=http://127.0.0.1:{}", place::free_port()))
        .start();
    assert_code(&program, &program.get("/oauth2/start?rd=/"), "E-PROVIDER-DOWN");
}
