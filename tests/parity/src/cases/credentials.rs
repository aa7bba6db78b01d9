//! What says whose a request is besides a session: users of a file, by form and by Basic, and bearer tokens.

use serde_json::json;

use super::rows;
use crate::case::{Ask, Case, Configuration, Logs, alice_but, ask, case, configuration, get};

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![
        users(),
        forms_of_others(),
        users_without_a_button(),
        users_and_restrictions(),
        users_and_refresh(),
        users_by_email(),
        users_hidden(),
        users_alone(),
        own_page(),
        tokens(),
        tokens_or_nothing(),
        tokens_and_restrictions(),
        tokens_and_users(),
        tokens_of_another_audience(),
        tokens_without_a_verifier(),
        no_tokens(),
    ]
}

/// Made by Apache's htpasswd 2.4.67 and Python's bcrypt 3.2.2; the password is `correct horse` everywhere.
const USERS: &str = "# staff\n\
    alice:$2y$04$S.7J4gJxJ0vRWABPbjDqduZ7zuFGbYj/fCirrBixWCmH7k/uEJxn.\n\
    sha:{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=\n\
    \"py:thon\":$2b$04$KufTpB1Dbn1wLZMo0u2dLOhAiEnlX10e2DgKgtCzZxiXgMPeEsaMi\n\
    twice:{SHA}AAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\
    twice:$2a$04$dzHhlwukU3QfqM3HNuA3zeurjxJ8o67matum1GlO5CzKCrl2Mh9X6\n\
    \"<b>&\":{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=\n\
    empty:$2b$04$imix7gWtd397xWZISqz0yuAHZWAXTqv707AWGbD.RWr1Do4wbjGZi\n\
    long:$2b$04$mNSZ6.jO.Ry7qCMduQ0oXuODHgqqe8ti4eOYDlL0civEuaquLQmqi\n";

const FILE: (&str, &str) = ("htpasswd", USERS);

fn with_users(name: &'static str, flags: &[&'static str], cases: Vec<Case>) -> Configuration {
    let flags: Vec<&str> = ["--htpasswd-file=htpasswd"].iter().chain(flags).copied().collect();
    Configuration { files: vec![FILE], ..configuration(name, &flags, cases) }
}

/// GET with this Authorization.
fn bringing(target: &str, authorization: &str) -> Ask {
    get(target).with("Authorization", authorization)
}

fn form(target: &str, body: &'static str) -> Ask {
    ask("POST", target).form(body)
}

const RIGHT: &str = "Basic {basic:alice:correct horse}";
const WRONG: &str = "Basic {basic:alice:wrong}";

// === Users of a file ===

fn users() -> Configuration {
    let mut cases = basic();
    cases.extend(forms());
    cases.extend(endpoints(RIGHT, WRONG));
    let flags = ["--skip-auth-route=^/open", "--set-xauthrequest=true"];
    Configuration {
        logs: Logs::Compared,
        explained: rows::no_query_of_ours_in_logs(),
        ..with_users("users of a file", &flags, cases)
    }
}

fn basic() -> Vec<Case> {
    let x72 = "x".repeat(72);
    let right = [
        RIGHT.to_owned(),
        "Basic {basic:sha:correct horse}".to_owned(),
        "Basic {basic:twice:correct horse}".to_owned(),
        "Basic {basic:<b>&:correct horse}".to_owned(),
        "Basic {basic:empty:}".to_owned(),
        format!("Basic {{basic:long:{x72}}}"),
        format!("Basic {{basic:long:{x72}and more}}"),
        // The same with bits left over in its last character.
        "Basic YWxpY2U6Y29ycmVjdCBob3JzZR==".to_owned(),
    ];
    let wrong = [
        WRONG,
        "Basic {basic:Alice:correct horse}",
        "Basic {basic:nobody:correct horse}",
        "Basic {basic::correct horse}",
        "Basic {basic:alice:}",
        "Basic {basic:alice}",
        "Basic {basic::}",
        "Basic {basic:alice:correct horse:}",
        "Basic {basic:py:thon:correct horse}",
        "Basic {basic:empty:null}",
        "basic {basic:alice:correct horse}",
        "BASIC {basic:alice:correct horse}",
        "Basic  {basic:alice:correct horse}",
        "Basic YWxpY2U6Y29ycmVjdCBob3JzZQ",
        "Basic YWxpY2U6Y29ycmVjdCBob3JzZQ= =",
        "Basic %%%",
        "Basic ",
        "Basic",
        "Digest username=\"alice\"",
        "Bearer x",
        "alice:correct horse",
        "",
    ];
    let mut cases: Vec<Case> =
        right.iter().map(|value| case(format!("right {value:.60}"), bringing("/page", value))).collect();
    cases.extend(wrong.iter().map(|value| case(format!("wrong {value:.60}"), bringing("/page", value))));
    cases.extend([
        case("right beside a session", bringing("/page", RIGHT).signed_in()),
        case("wrong beside a session", bringing("/page", WRONG).signed_in()),
        case(
            "right beside a broken session",
            bringing("/page", RIGHT).cookie(|_, options| format!("{}=x", options.name)),
        ),
        case(
            "wrong beside a broken session",
            bringing("/page", WRONG).cookie(|_, options| format!("{}=x", options.name)),
        ),
        case("right on an exempt page", bringing("/open/x", RIGHT)),
        case("wrong on an exempt page", bringing("/open/x", WRONG)),
        case("right with a demand", bringing("/page?allowed_groups=staff", RIGHT)),
        case(
            "right with forged headers",
            bringing("/page", RIGHT).with("X-Forwarded-User", "root").with("X-Forwarded-Groups", "g"),
        ),
        case("right where none is looked for", bringing("/oauth2/sign_in", RIGHT)),
        case("right at the start of a login", bringing("/oauth2/start", RIGHT)),
        case("right by POST", ask("POST", "/page").with("Authorization", RIGHT).body("x")),
        case("wrong and JSON", bringing("/page", WRONG).with("Accept", "application/json")),
    ]);
    cases
}

fn forms() -> Vec<Case> {
    let at = "/oauth2/sign_in";
    vec![
        case("the page", get("/oauth2/sign_in?rd=/deep")),
        case("the page in place of a page", get("/deep?a=b")),
        case("right", form(at, "username=alice&password=correct+horse&rd=%2Fdeep")),
        case("right by SHA", form(at, "username=sha&password=correct%20horse")),
        case("right with a colon in the name", form(at, "username=py:thon&password=correct+horse")),
        case("right in the query", ask("POST", "/oauth2/sign_in?username=alice&password=correct+horse&rd=/q")),
        case("right, one half each", form("/oauth2/sign_in?username=alice", "password=correct+horse")),
        case(
            "the body counts before the query",
            form("/oauth2/sign_in?username=x&password=y", "username=alice&password=correct+horse"),
        ),
        case("right by GET", get("/oauth2/sign_in?username=alice&password=correct+horse&rd=/q")),
        case("right by PUT", ask("PUT", at).form("username=alice&password=correct+horse")),
        case(
            "right towards elsewhere",
            form(at, "username=alice&password=correct+horse&rd=https%3A%2F%2Fevil.test%2F"),
        ),
        case("right without a target", form(at, "username=alice&password=correct+horse")),
        case("right over a session", form(at, "username=alice&password=correct+horse&rd=/x").signed_in()),
        case(
            "right, as JSON",
            ask("POST", at).with("Content-Type", "application/json").body("{\"username\":\"alice\"}"),
        ),
        case("wrong", form(at, "username=alice&password=wrong&rd=%2Fdeep")),
        case("wrong over a session", form(at, "username=alice&password=wrong").signed_in()),
        case("nobody", form(at, "username=nobody&password=correct+horse")),
        case("another case", form(at, "username=ALICE&password=correct+horse")),
        case("a name with spaces", form(at, "username=+alice&password=correct+horse")),
        case("no password", form(at, "username=alice")),
        case("no name", form(at, "password=correct+horse&rd=/deep")),
        case("an empty name", form(at, "username=&password=")),
        case("an empty form", form(at, "")),
        case("a name twice", form(at, "username=alice&username=sha&password=correct+horse")),
        case("a bad escape", form(at, "username=%zz&password=x")),
        case("hostile", form(at, "username=%3Cscript%3E&password=%27%22&rd=%2F%22%3E%3Cscript%3E")),
    ]
}

fn forms_of_others() -> Configuration {
    let at = "/oauth2/sign_in";
    let host = "https://app.example.com";
    let cases = vec![
        case(
            "from our own page",
            form(at, "username=alice&password=correct+horse")
                .with("Origin", host)
                .with("Sec-Fetch-Site", "same-origin"),
        ),
        case(
            "from our own page, told by Origin alone",
            form(at, "username=alice&password=correct+horse").with("Origin", host),
        ),
        case(
            "from another site",
            form(at, "username=alice&password=correct+horse&rd=/x").with("Sec-Fetch-Site", "cross-site"),
        )
        .explained_by(rows::cross_site_form()),
        case(
            "from another site, told by Origin",
            form(at, "username=alice&password=correct+horse&rd=/x").with("Origin", "https://evil.test"),
        )
        .explained_by(rows::cross_site_form()),
        case(
            "from another host of the site",
            form(at, "username=alice&password=correct+horse&rd=/x")
                .with("Origin", "https://evil.example.com")
                .with("Sec-Fetch-Site", "same-site"),
        )
        .explained_by(rows::cross_site_form()),
        case(
            "from a page without an origin",
            form(at, "username=alice&password=correct+horse&rd=/x").with("Origin", "null"),
        )
        .explained_by(rows::cross_site_form()),
    ];
    with_users("users of a file who come from elsewhere", &[], cases)
}

/// Our endpoints with credentials that are right and wrong.
fn endpoints(right: &'static str, wrong: &'static str) -> Vec<Case> {
    let mut cases = Vec::new();
    for target in
        ["/oauth2/auth", "/oauth2/userinfo", "/oauth2/sign_out?rd=/bye", "/oauth2/sign_out", "/ping", "/robots.txt"]
    {
        cases.push(case(format!("right at {target}"), bringing(target, right)));
        cases.push(case(format!("wrong at {target}"), bringing(target, wrong)));
        cases.push(case(format!("wrong at {target} with a session"), bringing(target, wrong).signed_in()));
    }
    cases.push(case("right at auth with a demand", bringing("/oauth2/auth?allowed_groups=staff", right)));
    cases.push(case("right at sign-out with a session", bringing("/oauth2/sign_out", right).signed_in()));
    cases
}

fn users_without_a_button() -> Configuration {
    with_users("users of a file without the provider's button", &["--skip-provider-button=true"], forms())
}

fn users_and_restrictions() -> Configuration {
    let flags = [
        "--allowed-group=staff",
        "--allowed-group=devs",
        "--htpasswd-user-group=devs",
        "--htpasswd-user-group=a,b",
        "--email-domain=example.com",
    ];
    let mut cases = endpoints(RIGHT, WRONG);
    cases.extend([
        case("right", bringing("/page", RIGHT)),
        case("right with a demand that is met", bringing("/page?allowed_groups=b", RIGHT)),
        case("right with a demand that is not met", bringing("/page?allowed_groups=c", RIGHT)),
        case("right with a demand for an address", bringing("/page?allowed_emails=alice", RIGHT)),
        case("the form", form("/oauth2/sign_in", "username=alice&password=correct+horse")),
        case("a session of the form", get("/page").as_session(form_session())),
        case("somebody of no group", get("/page").as_session(alice_but(&json!({"g": []})))),
    ]);
    Configuration { base: crate::case::Base::NoDomain, ..with_users("users of a file and restrictions", &flags, cases) }
}

/// What the form stores.
fn form_session() -> serde_json::Value {
    json!({ "ca": crate::clock::now_seconds() - 5.0, "u": "alice", "g": ["devs"] })
}

/// A refresh finds no ID token in what the form stored, so it ends the session.
fn users_and_refresh() -> Configuration {
    let made_before = |seconds: f64| {
        let mut session = form_session();
        session["ca"] = json!(crate::clock::now_seconds() - seconds);
        session
    };
    let cases = vec![
        case("a session of the form", get("/page").as_session(made_before(30.0))),
        case("one period later", get("/page").as_session(made_before(90.0))),
        case("one period later on auth", get("/oauth2/auth").as_session(made_before(90.0))),
        case("one period later by Basic", bringing("/page", RIGHT).as_session(made_before(90.0))),
    ];
    with_users("users of a file and refresh", &["--cookie-refresh=1m"], cases)
}

fn users_by_email() -> Configuration {
    let flags = [
        "--prefer-email-to-user=true",
        "--email-domain=example.com",
        "--pass-basic-auth=true",
        "--basic-auth-password=secret",
    ];
    let cases = vec![
        case("right", bringing("/page", RIGHT)),
        case("right at userinfo", bringing("/oauth2/userinfo", RIGHT)),
        case("right on an exempt page", bringing("/open", RIGHT)),
        case("the form", form("/oauth2/sign_in", "username=alice&password=correct+horse")),
        case("a session of the form", get("/page").as_session(form_session())),
    ];
    let flags: Vec<&str> = flags.into_iter().chain(["--skip-auth-route=^/open"]).collect();
    Configuration { base: crate::case::Base::NoDomain, ..with_users("users of a file named by address", &flags, cases) }
}

fn users_hidden() -> Configuration {
    let cases = vec![
        case("the page", get("/oauth2/sign_in?rd=/deep")),
        case("the page in place of a page", get("/deep")),
        case("right", form("/oauth2/sign_in", "username=alice&password=correct+horse")),
        case("wrong", form("/oauth2/sign_in", "username=alice&password=wrong")),
        case("right by Basic", bringing("/page", RIGHT)),
    ];
    with_users("users of a file without their form", &["--display-htpasswd-form=false"], cases)
}

fn users_alone() -> Configuration {
    let cases = vec![
        case("right", bringing("/page", RIGHT)),
        case("the form", form("/oauth2/sign_in", "username=alice&password=correct+horse")),
        case("somebody of the provider", get("/page").signed_in()),
        case("a session of the form", get("/page").as_session(form_session())),
    ];
    Configuration { base: crate::case::Base::NoDomain, ..with_users("users of a file and nobody else", &[], cases) }
}

fn own_page() -> Configuration {
    let page = "<!doctype html><p data-page=\"custom\">{{.StatusCode}}|{{.CustomLogin}}|{{.Redirect}}|{{if .CustomLogin}}<form method=post action=\"{{.ProxyPrefix}}/sign_in\">{{end}}";
    let cases = vec![
        case("the page", get("/oauth2/sign_in?rd=/deep")),
        case("in place of a page", get("/deep")),
        case("wrong", form("/oauth2/sign_in", "username=alice&password=wrong&rd=%2Fdeep")),
        case("no name", form("/oauth2/sign_in", "rd=%2Fdeep")),
    ];
    let mut all = with_users("users of a file with a page of one's own", &["--custom-templates-dir=."], cases);
    all.files.push(("sign_in.html", page));
    all
}

// === Bearer tokens ===

/// A token in every way that it can be brought, and what is none.
fn shapes() -> Vec<Case> {
    let good = [
        "Bearer {alice}",
        "Basic {basic:{alice}:}",
        "Basic {basic:{alice}:x-oauth-basic}",
        "Basic {basic:anybody:{alice}}",
        "Basic {basic::{alice}}",
    ];
    let bad = [
        "Bearer {spoiled}",
        "Bearer {bob}",
        "Bearer {other}",
        "bearer {alice}",
        "BEARER {alice}",
        "Bearer  {alice}",
        "Bearer {alice} x",
        "Bearer {alice}.x",
        "Bearer {alice}=",
        "Bearer,{alice}",
        "{alice}",
        "Bearer",
        "Bearer opaque",
        "Bearer ey.ey.x",
        "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.",
        "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.x",
        "Basic {basic:{alice}:password}",
        "Basic {basic:{alice}}",
        "Basic {basic:{spoiled}:}",
        "Basic {basic:alice:correct horse}",
        "Digest username=\"alice\"",
        "Token {alice}",
        "",
    ];
    let mut cases: Vec<Case> =
        good.iter().map(|value| case(format!("good {value}"), bringing("/page", value))).collect();
    cases.extend(bad.iter().map(|value| case(format!("bad {value}"), bringing("/page", value))));
    cases.extend([
        case("none", get("/page")),
        case("none beside a session", get("/page").signed_in()),
        case(
            "good beside a session",
            bringing("/page", "Bearer {alice}").as_session(alice_but(&json!({"u": "carol", "e": "carol@example.com"}))),
        ),
        case("bad beside a session", bringing("/page", "Bearer {spoiled}").signed_in()),
        case(
            "bad beside a broken session",
            bringing("/page", "Bearer {spoiled}").cookie(|_, options| format!("{}=x", options.name)),
        ),
        case("good on an exempt page", bringing("/open/x", "Bearer {alice}")),
        case("bad on an exempt page", bringing("/open/x", "Bearer {spoiled}")),
        case("Digest on an exempt page", bringing("/open/x", "Digest x")),
        case("bad and JSON", bringing("/page", "Bearer {spoiled}").with("Accept", "application/json")),
        case("good with a demand that is met", bringing("/page?allowed_groups=devs", "Bearer {alice}")),
        case("good with a demand that is not met", bringing("/page?allowed_groups=others", "Bearer {alice}")),
        case("good by POST", ask("POST", "/page").with("Authorization", "Bearer {alice}").body("x")),
        case("good where none is looked for", bringing("/oauth2/sign_in", "Bearer {alice}")),
        case("bad where none is looked for", bringing("/oauth2/start", "Bearer {spoiled}")),
        case("good in the query", get("/page?access_token={alice}&id_token={alice}")),
    ]);
    cases.extend(endpoints("Bearer {alice}", "Bearer {spoiled}"));
    cases.push(case(
        "sign-out with the token in its target",
        bringing("/oauth2/sign_out?rd=%2Fbye%3F%7Bid_token%7D", "Bearer {alice}"),
    ));
    cases
}

fn tokens() -> Configuration {
    let flags = [
        "--skip-jwt-bearer-tokens=true",
        "--skip-auth-route=^/open",
        "--set-authorization-header=true",
        "--set-xauthrequest=true",
    ];
    Configuration {
        logs: Logs::Compared,
        explained: rows::no_query_of_ours_in_logs(),
        ..configuration("bearer tokens", &flags, shapes())
    }
}

fn tokens_or_nothing() -> Configuration {
    let flags = [
        "--skip-jwt-bearer-tokens=true",
        "--bearer-token-login-fallback=false",
        "--skip-auth-route=^/open",
        "--pass-authorization-header=true",
        "--pass-access-token=true",
    ];
    configuration("bearer tokens or 403", &flags, shapes())
}

fn tokens_and_restrictions() -> Configuration {
    let flags = ["--skip-jwt-bearer-tokens=true", "--email-domain=other.test", "--skip-auth-route=^/open"];
    let mut cases = endpoints("Bearer {alice}", "Bearer {spoiled}");
    cases.extend([
        case("of another domain", bringing("/page", "Bearer {alice}")),
        case(
            "of another domain beside a session",
            bringing("/page", "Bearer {alice}").as_session(alice_but(&json!({"e": "c@other.test"}))),
        ),
        case("of another domain on an exempt page", bringing("/open", "Bearer {alice}")),
    ]);
    Configuration {
        base: crate::case::Base::NoDomain,
        ..configuration("bearer tokens and restrictions", &flags, cases)
    }
}

fn tokens_and_users() -> Configuration {
    let flags = [
        "--skip-jwt-bearer-tokens=true",
        "--skip-auth-route=^/open",
        "--htpasswd-user-group=staff",
        "--insecure-oidc-allow-unverified-email=true",
    ];
    let mut cases = shapes();
    cases.extend([
        case("a password", bringing("/page", RIGHT)),
        case("a wrong password", bringing("/page", WRONG)),
        case("a wrong password beside a session", bringing("/page", WRONG).signed_in()),
    ]);
    with_users("bearer tokens and users of a file", &flags, cases)
}

fn tokens_of_another_audience() -> Configuration {
    let flags = [
        "--skip-jwt-bearer-tokens=true",
        "--bearer-token-login-fallback=false",
        "--extra-jwt-issuers=https://nobody.invalid=x,{issuer}=sidecar-es256",
    ];
    let cases = vec![
        case("of the provider", bringing("/page", "Bearer {alice}")),
        case("of the provider at userinfo", bringing("/oauth2/userinfo", "Bearer {alice}")),
        case("of the other audience", bringing("/page", "Bearer {other}")),
        case("of the other audience at userinfo", bringing("/oauth2/userinfo", "Bearer {other}")),
        case("of the other audience at auth", bringing("/oauth2/auth", "Basic {basic:{other}:}")),
        case("unverified", bringing("/page", "Bearer {bob}")),
        case("spoiled", bringing("/page", "Bearer {spoiled}")),
        case("a password", bringing("/page", RIGHT)),
        case("none", get("/page")),
    ];
    configuration("bearer tokens of another audience", &flags, cases)
}

fn tokens_without_a_verifier() -> Configuration {
    let flags = [
        "--skip-jwt-bearer-tokens=true",
        "--provider=github",
        "--extra-jwt-issuers={issuer}=sidecar-es256",
        "--oidc-groups-claim=nested",
    ];
    let cases = vec![
        case("of the provider's client", bringing("/oauth2/userinfo", "Bearer {alice}")),
        case("of the audience that is listed", bringing("/oauth2/userinfo", "Bearer {other}")),
    ];
    configuration("bearer tokens of an issuer beside GitHub", &flags, cases)
}

fn no_tokens() -> Configuration {
    let flags =
        ["--bearer-token-login-fallback=false", "--extra-jwt-issuers={issuer}=sidecar", "--skip-auth-route=^/open"];
    let cases = vec![
        case("a token that nobody looks at", bringing("/page", "Bearer {alice}")),
        case("a spoiled one", bringing("/page", "Bearer {spoiled}")),
        case("a password that nobody looks at", bringing("/page", RIGHT)),
        case("a token beside a session", bringing("/page", "Bearer {alice}").signed_in()),
        case("a form that nobody looks at", form("/oauth2/sign_in", "username=alice&password=correct+horse")),
        case("an empty form", form("/oauth2/sign_in", "rd=/deep")),
    ];
    configuration("neither tokens nor users", &flags, cases)
}
