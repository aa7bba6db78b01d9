//! A real browser: what people see, and the example site through its real gateway.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use sidecar_testkit::emulator::Base;
use sidecar_testkit::process::eventually;
use sidecar_testkit::{App, Emulator, Launch, Process, Program, Provider, Reply, Request, Which, place};

use crate::github::at_gitea;
use crate::single_sign_on::sidecar;
use crate::site::Site;

/// A browser starts, draws and judges on a busy machine.
const PATIENCE: Duration = Duration::from_mins(5);

/// Runs a script of `tests/e2e/browser`, which says what is not as it should be.
pub(crate) fn run(script: &str, arguments: &Value) {
    place::installed("/usr/bin/chromium".into(), "tests/counterparts/install.sh browser");
    let mut command = Command::new("node");
    command.arg(place::tree().join("tests/e2e/browser").join(script)).arg(arguments.to_string());
    let finished = Process::start(script, command).wait(PATIENCE);
    assert!(finished.status.success(), "{}{}", finished.stdout, finished.stderr);
}

pub(crate) fn screenshots() -> String {
    place::tree().join("target/screenshots").display().to_string()
}

/// Its gateway: a real Envoy before three sidecars.
struct Gateway {
    https: u16,
    http: u16,
    pki: tempfile::TempDir,
    _envoy: Process,
}

impl Gateway {
    fn start(sidecars: &[Program; 3]) -> Self {
        let pki = place::temporary_folder();
        let made = Command::new(place::recipe("make-pki.sh")).arg(pki.path()).status().expect("make-pki.sh runs");
        assert!(made.success());
        let (https, http, admin) = (place::free_port(), place::free_port(), place::free_port());
        let mut config = std::fs::read_to_string(place::recipe("envoy.yaml")).expect("envoy.yaml");
        let ports = [("HTTPS", https), ("HTTP", http), ("ADMIN", admin)];
        let upstreams =
            ["APP1", "APP2", "AUTH"].into_iter().zip(sidecars.iter().map(|sidecar| sidecar.address().port()));
        for (name, port) in ports.into_iter().chain(upstreams) {
            config = config.replace(&format!("port_value: {name} "), &format!("port_value: {port} "));
        }
        config = config.replace("PKI/", &format!("{}/", pki.path().display()));
        let file = pki.path().join("envoy.yaml");
        std::fs::write(&file, config).expect("written");

        let mut command = Command::new(place::recipe("until-eof.sh"));
        command.arg(place::installed(place::cache().join("envoy/bin/envoy"), "install.sh envoy"));
        command.args(["--use-dynamic-base-id", "--concurrency", "1", "-l", "warning", "-c"]).arg(&file);
        let envoy = Process::start("Envoy", command);
        let ready = || {
            let mut connection = sidecar_testkit::Connection::try_open(place::loopback(admin)).ok()?;
            let answer = connection.exchange(&Request::get("/ready")).ok()?;
            (answer.text().trim() == "LIVE").then_some(())
        };
        eventually(Duration::from_secs(30), ready, || envoy.said());
        Self { https, http, pki, _envoy: envoy }
    }

    /// The name resolution of a browser outside, for which the gateway is at the usual ports.
    fn rules(&self) -> Value {
        json!([
            format!("MAP *.example.com:443 127.0.0.1:{}", self.https),
            format!("MAP *.example.com:80 127.0.0.1:{}", self.http),
        ])
    }
}

#[test]
fn a_browser_signs_in_through_the_gateway_once_for_all_apps_and_out_again() {
    let answer = |seen: &sidecar_testkit::Seen| {
        if seen.headers.has("Upgrade") { Reply::WebSocketEcho } else { Reply::Echo }
    };
    let apps = [App::with(answer), App::with(answer), App::with(answer)];
    let sidecars = [0, 1, 2].map(|n| sidecar(Provider::shared(), &apps[n]));
    let gateway = Gateway::start(&sidecars);
    let home = gateway.pki.path().join("home").display().to_string();
    run("journey.mjs", &json!({ "rules": gateway.rules(), "home": home, "shots": screenshots() }));
    assert!(apps[2].seen().is_empty(), "the app behind the callback host heard nothing");
}

#[test]
fn a_browser_signs_in_at_gitea_and_at_every_emulator() {
    let mut emulators = Vec::new();
    let mut emulated = |start: fn(&[&str]) -> Emulator, flags: &[&str]| {
        Site::set_up(|launch| {
            let emulator = start(&[&launch.callback()]);
            let launch = launch.flags(emulator.flags()).flags(flags);
            emulators.push(emulator);
            launch
        })
    };
    let microsoft = |callbacks: &[&str]| Emulator::microsoft(Base::Microsofts, callbacks);
    let form_post = ["--auth-request-response-mode=form_post"];
    let sites = [
        ("gitea", "alice", Some("alice-pw1"), at_gitea(&[])),
        ("github", "alice", None, emulated(Emulator::github, &[])),
        ("google", "alice@example.com", None, emulated(Emulator::google, &[])),
        ("microsoft", "alice@example.com", None, emulated(microsoft, &[])),
        ("microsoft-by-form", "alice@example.com", None, emulated(microsoft, &form_post)),
    ];
    let restricted = at_gitea(&["--github-org=acme"]);
    let mut logins: serde_json::Map<_, _> = sites
        .iter()
        .map(|(name, user, password, site)| {
            let url = site.program.url("/deep?x=1");
            let email = "alice@example.com";
            ((*name).to_owned(), json!({ "url": url, "user": user, "password": password, "email": email }))
        })
        .collect();
    let url = restricted.program.url("/deep?x=1");
    let why = "not a member of the organization";
    let kept_out = json!({ "url": url, "user": "carol", "password": "carol-pw1", "keptOut": why });
    logins.insert("kept-out".to_owned(), kept_out);
    run("providers.mjs", &json!({ "logins": logins, "shots": screenshots() }));
}

#[test]
fn every_page_is_for_everybody_by_light_and_dark_on_phones_by_keyboard_and_without_scripts() {
    let site = Site::start(&["--login-restart=false", "--provider-display-name=Example Login"]);
    let nobody = place::free_port();
    let app_down = Launch::oidc(Which::Ours, Provider::shared(), &format!("http://127.0.0.1:{nobody}/"))
        .flag("--skip-auth-route=.*")
        .start();
    let provider_down = Launch::oidc(Which::Ours, Provider::shared(), &site.app.upstream())
        .without("--oidc-issuer-url")
        .flag(&format!("--oidc-issuer-url=http://127.0.0.1:{nobody}"))
        .start();
    let banner = "--banner=<b>Staff only.</b> Ask the <a href=\"/help\">help desk</a> for an account.";
    let with_banner = Site::start(&["--sign-in-page-status=200", banner, "--footer=Example Ltd."]);
    let closed = Launch::oidc(Which::Ours, Provider::shared(), &site.app.upstream())
        .without("--email-domain")
        .flag("--email-domain=elsewhere.org")
        .start();
    let cookies = site.alices_cookie();
    let pages = json!({
        "sign-in": { "url": site.program.url("/deep/page"), "status": 403 },
        "sign-in-itself": { "url": site.program.url("/oauth2/sign_in?rd=/deep"), "status": 200 },
        "sign-in-banner": { "url": with_banner.program.url("/deep/page"), "status": 200 },
        "error-account": { "url": closed.url("/deep"), "status": 403, "cookies": cookies },
        "error-login": { "url": site.program.url("/oauth2/callback?code=x&state=forged:%2Fdeep"), "status": 403 },
        "error-refused": { "url": site.program.url("/oauth2/callback?error=access_denied&state=x"), "status": 403 },
        "error-state": { "url": site.program.url("/oauth2/callback?code=x&state=y"), "status": 500 },
        "error-query": { "url": site.program.url("/x?a=b;c"), "status": 400 },
        "error-app-down": { "url": app_down.url("/x"), "status": 502 },
        "error-provider-down": { "url": provider_down.url("/oauth2/start?rd=/deep"), "status": 503 },
    });
    run("pages.mjs", &json!({ "pages": pages, "shots": screenshots() }));
}

#[test]
fn the_demo_signs_a_newcomer_in_on_pages_that_axe_finds_nothing_on() {
    let demo = place::installed(place::tree().join("target/debug/demo"), "cargo build -p sidecar-demo");
    let mut command = Command::new(place::recipe("until-eof.sh"));
    // It is killed at the end, so its files go with a folder of ours.
    let temporary = place::temporary_folder();
    command.arg(demo).arg("--sidecar").arg(place::ours()).env("TMPDIR", temporary.path());
    let demo = Process::start("the demo", command);
    demo.wait_for("Ctrl-C stops everything", Duration::from_secs(30));
    let said = demo.said();
    let url = said.split_whitespace().find(|word| word.starts_with("http://app1.")).expect("a URL to open");
    run("demo.mjs", &json!({ "url": url, "shots": screenshots() }));
}
