//! The code of a failure: the same on the page, in the log and in the reference.

use sidecar_testkit::app::SOON;
use sidecar_testkit::process::eventually;
use sidecar_testkit::{App, Browser, Front, Launch, Program, Provider, Reply, Request, Response, Tenant, Which, place};

use crate::provider_options::{at_tenant, enter_at_tenant, keys_of};
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

/// The page and a header of its answer have this code, the log has it with the page's request id, and the reference
/// explains it.
#[track_caller]
fn assert_code(program: &Program, page: &Response, code: &str) {
    let (on_page, id) = shown(page);
    assert_eq!(on_page, code, "{}", page.text());
    assert_eq!(page.headers.get("X-Auth-Request-Error"), Some(code));
    let logged = || {
        let said = program.said();
        said.lines().any(|line| line.contains(&format!("code={code}")) && line.contains(&id)).then_some(())
    };
    eventually(SOON, logged, || format!("a line with {code} and {id} in:\n{}", program.said()));
    assert_explained(code);
}

#[track_caller]
fn assert_explained(code: &str) {
    let reference = std::fs::read_to_string(place::tree().join("docs/reference/errors.md")).expect("the reference");
    assert!(reference.contains(&format!("| `{code}` |")), "{code} is not explained");
}

/// The log has this code, and the reference explains it.
#[track_caller]
pub(crate) fn assert_logged(program: &Program, code: &str) {
    let has = |line: &str| line.split(' ').any(|word| word.strip_prefix("code=") == Some(code));
    let logged = || program.said().lines().any(has).then_some(());
    eventually(SOON, logged, || format!("a line with {code} in:\n{}", program.said()));
    assert_explained(code);
}

/// A header of the answer has this code, beside no page, and the log has it too.
#[track_caller]
pub(crate) fn assert_header(program: &Program, answer: &Response, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.headers.get("X-Auth-Request-Error"), Some(code), "{}", program.said());
    assert!(!answer.text().contains("<html"), "{}", answer.text());
    assert_logged(program, code);
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
        (format!("code=x&state={state}"), "E-LOGIN-ISSUER"),
        (format!("code=x&state={state}&iss={}", Provider::shared().issuer()), "E-LOGIN-EXCHANGE"),
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
    assert_code(&away, &away.ask(&get_with(&cookie, "/")), "E-APP-REFUSED");
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

#[test]
fn requests_that_are_not_taken_have_their_codes() {
    let site = Site::start(&["--skip-auth-route=^/open"]);
    let ask = |request: &Request| site.program.ask(request);
    assert_header(&site.program, &ask(&Request::get("/open/%zz")), 400, "E-REQUEST-MALFORMED");
    assert_header(&site.program, &ask(&Request::new("TRACE", "/open")), 405, "E-REQUEST-METHOD");
    let large = Request::get("/open").header("X-Large", &"a".repeat(70 * 1024));
    assert_header(&site.program, &ask(&large), 431, "E-REQUEST-HEAD");
    let framed = Request::new("POST", "/open").header("Transfer-Encoding", "chunked").body("this is no chunk");
    assert_code(&site.program, &ask(&framed), "E-REQUEST-BODY");
    assert!(site.app.seen().is_empty(), "the app heard nothing whole");
}

#[test]
fn an_account_that_has_no_email_address_or_no_profile_has_its_code() {
    let site = Site::start(&[]);
    let page = site.sign_in(&mut Browser::new(), "bob", "/");
    assert_code(&site.program, &page.response, "E-LOGIN-EMAIL");
    let tenant = Tenant::start();
    let profile = format!("--profile-url=http://{}/nothing", tenant.address());
    let site = at_tenant(&tenant, &[keys_of(&tenant), profile]);
    assert_code(&site.program, &enter_at_tenant(&site).response, "E-LOGIN-CLAIMS");
}

#[test]
fn an_account_that_the_validate_url_does_not_confirm_has_its_code() {
    let tenant = Tenant::start();
    let elsewhere = tenant.elsewhere(tenant.address());
    let flag = "--validate-url=https://graph.microsoft.com/nothing";
    let site = Site::set_up(|launch| launch.flags(tenant.flags_as_azure()).flag(flag).through(&elsewhere));
    let mut browser = Browser::new().with_host("login.microsoftonline.com", tenant.address(), Front::Direct);
    let page = browser.open(&site.program.url("/deep"));
    assert_code(&site.program, &browser.choose(&page, "alice").response, "E-LOGIN-VALIDATE");
}

#[test]
fn a_login_that_took_too_long_and_one_without_the_clients_secret_have_their_codes() {
    let site = Site::start(&["--login-restart=false", "--cookie-csrf-expire=1s"]);
    let (state, cookies) = begun(&site);
    let callback = get_with(&cookies, &format!("/oauth2/callback?code=x&state={state}"));
    let expired = || Some(site.program.ask(&callback)).filter(|page| page.text().contains("E-LOGIN-EXPIRED"));
    let page = eventually(SOON, expired, || site.program.said());
    assert_code(&site.program, &page, "E-LOGIN-EXPIRED");

    let mut file = None;
    let site = Site::set_up(|launch| {
        let path = file.insert(launch.write("client-secret", "soon away")).clone();
        let flag = format!("--client-secret-file={}", path.display());
        launch.provider(Provider::shared()).without("--client-secret").flag(&flag)
    });
    std::fs::remove_file(file.expect("it was set up")).expect("to remove");
    let page = site.sign_in(&mut Browser::new(), "alice", "/");
    assert_code(&site.program, &page.response, "E-LOGIN-CREDENTIAL");
}

#[test]
fn programs_are_told_the_code_of_a_refusal_in_a_header() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    let asked = site.program.ask(&get_with(&cookie, "/oauth2/auth?allowed_groups=nobody"));
    assert_header(&site.program, &asked, 403, "E-ACCESS-CONSTRAINT");
    let nobody = site.program.get("/oauth2/auth");
    assert_eq!(
        (nobody.status, nobody.headers.get("X-Auth-Request-Error")),
        (401, None),
        "to be signed out is no failure"
    );

    let closed = Launch::oidc(Which::Ours, Provider::shared(), &site.app.upstream()).without("--email-domain");
    let closed = closed.flags(["--email-domain=elsewhere.org", "--force-json-errors"]).start();
    for (path, status) in [("/", 403), ("/oauth2/auth", 401), ("/oauth2/userinfo", 401)] {
        let answer = closed.ask(&get_with(&cookie, path));
        assert_header(&closed, &answer, status, "E-ACCESS-ACCOUNT");
    }
}

/// A program that lets everybody through to this upstream.
fn open_to(upstream: &str, with: impl FnOnce(Launch) -> Launch) -> Program {
    with(Launch::oidc(Which::Ours, Provider::shared(), upstream).flag("--skip-auth-route=.*")).start()
}

#[test]
fn each_way_in_which_an_app_fails_has_its_own_code() {
    let app = App::with(|seen| match seen.target.as_str() {
        "/closed" => Reply::HangUp,
        "/malformed" => Reply::Raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec()),
        "/cut" => Reply::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this".to_vec()),
        _ => Reply::Echo,
    });
    let program = open_to(&app.upstream(), |launch| launch);
    assert_code(&program, &program.get("/closed"), "E-APP-CLOSED");
    assert_code(&program, &program.get("/malformed"), "E-APP-MALFORMED");
    let mut connection = program.connect();
    connection.send(&Request::get("/cut")).expect("sent");
    let head = connection.read_head("GET").expect("the head came");
    assert!(connection.read_body(&head, |_| ()).is_err(), "it is cut off");
    assert_logged(&program, "E-APP-CUT");

    let by_tls = app.upstream().replace("http:", "https:");
    let program = open_to(&by_tls, |launch| launch);
    assert_code(&program, &program.get("/"), "E-APP-TLS");
    let program = open_to("http://nowhere.invalid/", |launch| launch);
    assert_code(&program, &program.get("/"), "E-APP-NAME");
    let proxy = format!("http://127.0.0.1:{}", place::free_port());
    let program = open_to("https://app.example.com/", |launch| launch.env("HTTPS_PROXY", &proxy));
    assert_code(&program, &program.get("/"), "E-APP-DOWN");
}

#[test]
fn a_file_that_is_there_and_cannot_be_read_has_its_code() {
    let folder = place::temporary_folder();
    std::os::unix::fs::symlink("loop", folder.path().join("loop")).expect("a link");
    let program = open_to(&format!("file://{}#/", folder.path().display()), |launch| launch);
    assert_eq!(program.get("/loop").status, 500);
    assert_logged(&program, "E-APP-FILE");
}

#[test]
fn a_page_of_ones_own_that_cannot_be_written_is_a_fault_with_a_code() {
    let folder = place::temporary_folder();
    let broken = "<p>{{ index .Footer 9999 }}</p>";
    std::fs::write(folder.path().join("sign_in.html"), broken).expect("written");
    let flag = format!("--custom-templates-dir={}", folder.path().display());
    let site = Site::start(&[&flag]);
    assert_code(&site.program, &site.program.get("/oauth2/sign_in"), "E-INTERNAL");
}
