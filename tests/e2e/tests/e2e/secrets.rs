//! What must not leave the process: cookies, codes, tokens, secrets.

use sidecar_testkit::{App, Browser, Launch, Page, Program, Provider, Request, Which, cookie};

use crate::site::{PASSWORD, SESSION, get_with, parameter};

const COOKIE_SECRET: &str = "MARKED-cookie-secret-of-32-bytes";

/// Everything that a test knows to be secret, with a name for each.
#[derive(Default)]
struct Secrets(Vec<(String, String)>);

impl Secrets {
    fn add(&mut self, name: &str, value: &str) {
        assert!(value.len() >= 8, "{name} is too short to look for: {value}");
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// Neither the whole nor the first half of any of them is in the text.
    fn assert_absent(&self, place: &str, text: &str) {
        for (name, value) in &self.0 {
            let half = &value[..value.len() / 2];
            if let Some(at) = text.find(half) {
                let line = text[..at].rfind('\n').map_or(0, |start| start + 1);
                panic!("the {name} is in {place}: {:.300}", &text[line..]);
            }
        }
    }
}

#[test]
fn nothing_secret_is_logged_shown_or_sent_elsewhere_at_the_most_verbose_level() {
    let app = App::start();
    let provider = Provider::shared();
    let program = Launch::oidc(Which::Ours, provider, &app.upstream())
        .without("--cookie-secret")
        .flag(&format!("--cookie-secret={COOKIE_SECRET}"))
        .flags(["--show-debug-on-error", "--pass-access-token", "--pass-authorization-header", "--cookie-refresh=1s"])
        .flags(["--set-xauthrequest=false", "--skip-provider-button"])
        .env("RUST_LOG", "trace")
        .start();
    let mut secrets = Secrets::default();
    secrets.add("cookie secret", COOKIE_SECRET);
    secrets.add("client secret", provider.client_secret());
    secrets.add("client secret as it is sent", "s3cret%2F%2B+%25");
    let mut pages: Vec<Page> = Vec::new();

    let mut browser = Browser::new();
    pages.push(browser.sign_in_at(&program.url("/deep?marked-query=1"), "alice", PASSWORD));
    let callback = browser.hops().iter().find(|hop| hop.url.path() == "/oauth2/callback").expect("a callback").clone();
    secrets.add("code", &parameter(callback.url.as_str(), "code").expect("a code"));
    secrets.add("state", &parameter(callback.url.as_str(), "state").expect("a state"));
    for hop in browser.hops() {
        for line in hop.set_cookies.iter().filter(|line| line.starts_with(SESSION) && cookie::gives_a_value(line)) {
            let (name, value) = line.split_once('=').expect("NAME=VALUE");
            secrets.add(&format!("cookie {name}"), value.split(';').next().expect("a value"));
        }
    }
    let seen = app.last();
    secrets.add("access token", seen.headers.get("X-Forwarded-Access-Token").expect("an access token"));
    let id_token = seen.headers.get("Authorization").expect("an ID token").trim_start_matches("Bearer ");
    secrets.add("ID token", id_token.rsplit('.').next().expect("a signature"));

    go_wrong(&program, &mut browser, callback.url.as_str(), &mut secrets, &mut pages);
    drop(app);
    pages.push(browser.open_once(&program.url("/gone")));

    for page in pages.iter().filter(|page| page.response.headers.get("Content-Type") != Some("application/json")) {
        secrets.assert_absent(&format!("the page at {}", page.url.path()), &page.response.text());
    }
    let finished = program.stop();
    let output = format!("{}{}", finished.stdout, finished.stderr);
    assert!(output.contains("AuthSuccess"), "there are logs to look through:\n{output}");
    assert!(output.contains("/deep"), "and request lines among them:\n{output}");
    secrets.assert_absent("the output", &output);
    assert!(!output.contains("panicked"), "{output}");
}

/// Everything that can go wrong, with the secrets in its hands.
fn go_wrong(program: &Program, browser: &mut Browser, callback: &str, secrets: &mut Secrets, pages: &mut Vec<Page>) {
    let cookie = browser.cookies_for(&program.url("/"));
    for target in [
        "/oauth2/callback?code=MARKED-code-that-is-wrong&state=forged:%2F",
        callback.split_once(&program.address().to_string()).expect("ours").1,
        "/oauth2/callback?error=MARKED-error-of-the-provider&state=x",
        "/x?a=b;c",
        "/oauth2/sign_out?rd=//evil.test",
        "/oauth2/userinfo",
    ] {
        pages.push(browser.open_once(&program.url(target)));
        let answer = program.ask(&get_with(&format!("{cookie}tampered"), target));
        secrets.assert_absent("an answer", &answer.text());
    }
    let password = Request::get("/").header("Authorization", "Basic TUFSS0VEOk1BUktFRC1wYXNzd29yZA==");
    let bearer = Request::get("/").header("Authorization", "Bearer MARKED-bearer-token-of-somebody");
    for request in [password, bearer] {
        secrets.assert_absent("an answer", &program.ask(&request).text());
    }
    secrets.add("wrong code", "MARKED-code-that-is-wrong");
    secrets.add("bearer token", "MARKED-bearer-token-of-somebody");
    secrets.add("basic credentials", "TUFSS0VEOk1BUktFRC1wYXNzd29yZA==");
}

#[test]
fn one_visitors_data_is_not_in_anothers_answers() {
    let app = App::start();
    let program = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream()).flag("--set-xauthrequest").start();
    let sign_in = |user: &str| {
        let mut browser = Browser::new();
        browser.sign_in_at(&program.url("/oauth2/start?rd=/"), user, PASSWORD);
        browser
    };
    let mut browsers = [sign_in("alice"), sign_in("dave"), sign_in("erin")];
    let users = ["alice", "dave", "erin"];
    for round in 0..60 {
        let which = (round * 7) % 3;
        let answer = browsers[which].open(&program.url(&format!("/{round}"))).response;
        let whole = format!("{:?}{}", answer.headers, answer.text());
        for (n, user) in users.iter().enumerate() {
            assert_eq!(whole.contains(user), n == which, "round {round}: {user} in {whole}");
        }
    }
}
