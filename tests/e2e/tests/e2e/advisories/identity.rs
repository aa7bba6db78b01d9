//! Advisories 5 and 7: a rule about groups that everybody passed, and identity headers under another spelling.

use serde_json::{Value, json};
use sidecar_testkit::{App, Browser, Issuer, Launch, Provider, Request, Which, websocket};

use super::hands_out_a_session;
use crate::site::{PASSWORD, Site, get_with, has_session};

/// A whole login at `site`; whether the app was reached, by its end or by a request with whatever cookies came of it.
fn enters(site: &Site, browser: &mut Browser) -> bool {
    site.app.forget();
    let page = browser.open(&site.program.url("/oauth2/start?rd=/x"));
    let inside = has_session(browser);
    assert_eq!(page.status(), if inside { 200 } else { 403 }, "{page}");
    let again = browser.open_once(&site.program.url("/x"));
    assert_eq!(again.status(), page.status(), "{again}");
    assert_eq!(site.app.seen().len(), if inside { 2 } else { 0 });
    inside
}

/// The provider of the advisory is GitLab, which this version does not serve: the class is tested with what is.
#[test]
fn ghsa_652x_m2gr_hppm_a_group_is_asked_of_the_visitor_and_not_of_the_settings() {
    let issuer = Issuer::start();
    let app = App::start();
    let launch = Launch::before(Which::Ours, &app.upstream()).flags(issuer.flags());
    let site = Site { program: launch.flag("--allowed-group=ops").start(), app };
    let claims = |groups: Value| json!({ "email": "alice@example.com", "email_verified": true, "groups": groups });
    for (groups, inside) in [
        (json!(["dev"]), false),
        (json!(["ops"]), true),
        (json!(["dev", "ops"]), true),
        (json!("ops"), true),
        (json!(["ops/sub"]), false),
        (json!(["Ops", "op", "opsx", " ops", "ops "]), false),
        (json!(["dev,ops"]), false),
        (json!([]), false),
        (json!(null), false),
        (json!({ "ops": true }), false),
        (json!(true), false),
    ] {
        issuer.says(claims(groups.clone()));
        assert_eq!(enters(&site, &mut Browser::new()), inside, "{groups}");
    }
}

#[test]
fn ghsa_652x_m2gr_hppm_so_it_is_at_keycloak() {
    for (rule, inside) in
        [("/admins", true), ("/devs/backend", true), ("/devs", false), ("admins", false), ("/ops", false)]
    {
        let app = App::start();
        let launch = Launch::oidc(Which::Ours, Provider::keycloak(), &app.upstream());
        let site = Site { program: launch.flag(&format!("--allowed-group={rule}")).start(), app };
        let mut browser = Browser::new();
        let page = site.sign_in(&mut browser, "alice", "/x");
        assert_eq!(page.status(), if inside { 200 } else { 403 }, "{rule}: {page}");
        assert_eq!((has_session(&browser), site.app.seen().len()), (inside, usize::from(inside)), "{rule} {PASSWORD}");
    }
}

/// Spellings of a name that some application server takes for it.
fn aliases(name: &str) -> Vec<String> {
    let mut aliases = Vec::new();
    for separator in "_.~!#$%&'*+^`|".chars() {
        let separator = separator.to_string();
        aliases.push(name.replace('-', &separator));
        aliases.push(name.replacen('-', &separator, 1).to_ascii_lowercase());
    }
    aliases.extend([format!("{}_{}", &name[..1], &name[2..]), name.to_ascii_uppercase(), name.to_owned()]);
    aliases
}

#[test]
fn ghsa_vjrc_mh2v_45x6_no_spelling_of_an_identity_header_reaches_the_app() {
    const FORGED: &str = "root-was-here";
    let site = Site::start(&["--skip-auth-route=^/public/"]);
    let cookie = site.alices_cookie();
    for name in [
        "X-Forwarded-User",
        "X-Forwarded-Email",
        "X-Forwarded-Groups",
        "X-Forwarded-Preferred-Username",
        "X-Forwarded-Access-Token",
        "X-Auth-Request-User",
        "X-Auth-Request-Email",
        "X-Auth-Request-Groups",
        "X-Auth-Request-Preferred-Username",
        "X-Auth-Request-Access-Token",
    ] {
        let [before, after] = ["before", "after"].map(|place| format!("{FORGED} {place}"));
        for alias in aliases(name) {
            let lines = |request: Request| request.header(&alias, &before).header(name, FORGED).header(&alias, &after);
            for request in [get_with("", "/public/x"), get_with(&cookie, "/public/x"), get_with(&cookie, "/x")] {
                for request in [lines(request.clone()), websocket::handshake(lines(request))] {
                    let answer = site.program.ask(&request);
                    assert_eq!(answer.status, 200, "{alias}");
                    let head = String::from_utf8_lossy(&site.app.last().raw_head).into_owned();
                    assert!(!head.contains(FORGED), "{alias}: {head}");
                }
            }
        }
        site.app.forget();
    }
    let _ = site.program.ask(&get_with(&cookie, "/x").header("x_forwarded-USER", FORGED));
    assert_eq!(site.app.last().headers.folded("X-Forwarded-User").collect::<Vec<_>>(), ["alice"]);
}

#[test]
fn ghsa_vjrc_mh2v_45x6_who_lets_a_visitor_send_them_still_can() {
    let site = Site::start(&["--skip-auth-route=^/public/", "--skip-auth-strip-headers=false"]);
    let answer = site.program.ask(&Request::get("/public/x").header("X-Forwarded-User", "from-the-gateway"));
    assert!(answer.status == 200 && !hands_out_a_session(&answer));
    assert_eq!(site.app.last().headers.get("X-Forwarded-User"), Some("from-the-gateway"));
}
