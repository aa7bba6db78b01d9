//! Changes without a restart (D51): by SIGHUP, by watched files, under load, and when what is written is faulty.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rustix::process::Signal;
use sidecar_testkit::process::eventually;
use sidecar_testkit::websocket::{self, Message};
use sidecar_testkit::{App, Fault, Launch, Program, Provider, Reply, Request, Spoiler, Which, place};

use crate::site::Site;
use crate::site::get_with;

/// How long anything may take that is looked for every second.
const SOON: Duration = Duration::from_secs(20);

const IN_USE: &str = "the configuration was read again and is in use";

/// The program before `app` with a file of its own, and the path of that file.
fn with_file(app: &App, toml: &str, flags: &[&str]) -> (Program, PathBuf) {
    let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream()).flags(flags).config(toml);
    let program = launch.start();
    let file = program.folder().join("oauth2_proxy.cfg");
    (program, file)
}

fn write(file: &Path, content: &str) {
    std::fs::write(file, content).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}

/// How often the program has said this.
fn times(program: &Program, text: &str) -> usize {
    program.said().matches(text).count()
}

/// Asks it to read everything again, and waits until it has.
fn hang_up(program: &Program) {
    let before = times(program, IN_USE);
    program.process().signal(Signal::HUP);
    eventually(SOON, || (times(program, IN_USE) > before).then_some(()), || program.said());
}

fn banner(program: &Program) -> String {
    program.get("/oauth2/sign_in").text()
}

#[test]
fn a_hangup_brings_a_changed_file_into_use_and_ends_no_connection() {
    let (sender, events) = std::sync::mpsc::channel();
    let events = std::sync::Mutex::new(Some(events));
    let app = App::with(move |seen| match seen.target.as_str() {
        "/events" => Reply::Events(events.lock().expect("not poisoned").take().expect("asked once")),
        "/socket" => Reply::WebSocketEcho,
        _ => Reply::Echo,
    });
    let (program, file) = with_file(&app, "banner = 'the first'\nskip_auth_routes = ['^/']\n", &[]);
    let mut download = program.connect();
    download.send(&Request::get("/events")).expect("sent");
    assert_eq!(download.read_head("GET").expect("a head").status, 200);
    let mut kept = program.connect();
    assert_eq!(kept.exchange(&Request::get("/before")).expect("an answer").status, 200);
    let mut socket = websocket::open(program.connect(), Request::get("/socket")).expect("a socket");

    write(&file, "banner = 'the second'\nskip_auth_routes = ['^/events']\n");
    assert!(banner(&program).contains("the first"), "nobody watches the file");
    hang_up(&program);

    assert!(banner(&program).contains("the second"));
    assert_eq!(kept.exchange(&Request::get("/after")).expect("the same connection").status, 403);
    sender.send("after the change".to_owned()).expect("the app listens");
    let mut seen = String::new();
    while !seen.contains("after the change") {
        let piece = download.read_some().expect("the download goes on");
        assert!(!piece.is_empty(), "it ended: {seen}");
        seen += &String::from_utf8_lossy(&piece);
    }
    socket.send(Message::text("still there")).expect("the socket is open");
    assert_eq!(socket.read().expect("an echo"), Message::text("still there"));
}

#[test]
fn a_faulty_change_is_told_with_every_fault_and_the_old_configuration_stays() {
    let app = App::start();
    let (program, file) = with_file(&app, "banner = 'the sound one'\n", &[]);
    write(&file, "banner = 'the faulty one'\ncookie_samesite = 'sometimes'\ncookie_nam = 'marked'\n");
    program.process().signal(Signal::HUP);
    program.process().wait_for("is faulty: the one before stays in use", SOON);
    let said = program.said();
    assert!(said.contains("cookie-samesite (") && said.contains("oauth2_proxy.cfg:2:19"), "{said}");
    assert!(said.contains("cookie_nam (") && !said.contains("marked"), "{said}");
    assert!(banner(&program).contains("the sound one"));

    write(&file, "banner = 'the mended one'\n");
    hang_up(&program);
    assert!(banner(&program).contains("the mended one"));
}

#[test]
fn with_watch_config_a_volume_that_kubernetes_turns_counts_at_once() {
    let app = App::start();
    let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream());
    let folder = launch.write("x", "").parent().expect("a folder").to_owned();
    for version in ["v1", "v2"] {
        std::fs::create_dir(folder.join(version)).expect("a folder");
        write(&folder.join(version).join("proxy.cfg"), &format!("banner = 'of {version}'\nwatch_config = true\n"));
    }
    let link = |target: &str, name: &str| std::os::unix::fs::symlink(target, folder.join(name)).expect("a link");
    link("v1", "..data");
    link("..data/proxy.cfg", "proxy.cfg");
    let program = launch.flag(&format!("--config={}", folder.join("proxy.cfg").display())).start();
    assert!(banner(&program).contains("of v1"));
    link("v2", "..data_tmp");
    std::fs::rename(folder.join("..data_tmp"), folder.join("..data")).expect("to turn the link");
    program.process().wait_for(IN_USE, SOON);
    assert!(banner(&program).contains("of v2"));
}

#[test]
fn a_changed_file_of_addresses_counts_for_sessions_that_are_there() {
    let app = App::start();
    let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream()).without("--email-domain");
    let file = launch.write("emails.csv", "alice@example.com\n");
    let flags = [format!("--authenticated-emails-file={}", file.display()), "--skip-provider-button".to_owned()];
    let site = Site { program: launch.flags(flags).start(), app };
    let cookie = site.alices_cookie();
    let status = || site.program.ask(&get_with(&cookie, "/page")).status;
    assert_eq!(status(), 200);

    write(&file, "# alice has left\nbob@example.com\n");
    eventually(SOON, || (times(&site.program, IN_USE) == 1).then_some(()), || site.program.said());
    assert_eq!(status(), 403, "her session does not let her in any more");

    // Whoever replaces a file may take it away for a moment.
    std::fs::remove_file(&file).expect("to remove");
    site.program.process().wait_for("is faulty: the one before stays in use", SOON);
    assert_eq!(status(), 403, "a file that is away lets nobody in");
    write(&file, "Alice@Example.com\n");
    eventually(SOON, || (times(&site.program, IN_USE) == 2).then_some(()), || site.program.said());
    assert!(!site.alices_cookie().is_empty(), "she is let in again");
}

#[test]
fn another_secret_in_its_file_counts_at_once_and_signs_out_who_has_a_session_of_the_old_one() {
    let app = App::start();
    let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream()).without("--cookie-secret");
    let file = launch.write("cookie-secret", "an old secret 16");
    let site = Site { program: launch.flag(&format!("--cookie-secret-file={}", file.display())).start(), app };
    let cookie = site.alices_cookie();
    assert_eq!(site.program.ask(&get_with(&cookie, "/page")).status, 200);
    write(&file, "another secret 6");
    eventually(SOON, || (times(&site.program, IN_USE) == 1).then_some(()), || site.program.said());
    assert_eq!(site.program.ask(&get_with(&cookie, "/page")).status, 403, "the sign-in page");
    let fresh = site.alices_cookie();
    assert_eq!(site.program.ask(&get_with(&fresh, "/page")).status, 200);
}

#[test]
fn what_counts_after_a_restart_alone_is_told_by_name() {
    let app = App::start();
    let (program, file) = with_file(&app, "", &[]);
    write(&file, "max_header_bytes = 32768\nauth_logging = false\n");
    hang_up(&program);
    let said = program.said();
    assert!(said.contains("max-header-bytes was changed, which counts after a restart alone"), "{said}");
    assert!(said.contains("what is logged was changed"), "{said}");
}

#[test]
fn a_change_while_the_provider_is_away_leaves_logins_their_way_there() {
    let spoiler = Spoiler::before(place::loopback(Provider::shared().port()));
    let app = App::start();
    let metadata = "/.well-known/openid-configuration";
    let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream())
        .without("--oidc-issuer-url")
        .flag(&format!("--oidc-issuer-url={}", spoiler.url()))
        .flag("--insecure-oidc-skip-issuer-verification")
        .config("banner = 'the first'\n");
    let site = Site { program: launch.start(), app };
    site.wait_for_the_provider();
    let file = site.program.folder().join("oauth2_proxy.cfg");
    spoiler.spoil(metadata, Fault::HangUp);
    write(&file, "banner = 'the second'\n");
    hang_up(&site.program);
    site.program.process().wait_for("code=E-PROVIDER-DISCOVERY", SOON);
    let begun = site.program.get("/oauth2/start?rd=/");
    assert_eq!(begun.status, 302, "{} {}", begun.text(), site.program.said());
    assert!(!site.alices_cookie().is_empty(), "a login ends well, its keys included");
}

/// The descriptors and threads of a process.
fn held(program: &Program) -> (usize, usize) {
    let count =
        |what: &str| std::fs::read_dir(format!("/proc/{}/{what}", program.process().id())).map_or(0, Iterator::count);
    (count("fd"), count("task"))
}

#[test]
fn twenty_changes_under_load_fail_no_request_and_leave_nothing_behind() {
    let app = App::start();
    let (program, file) = with_file(&app, "skip_auth_routes = ['^/']\n", &[]);
    let (stop, served) = (AtomicBool::new(false), AtomicUsize::new(0));
    hang_up(&program);
    let before = held(&program);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut connection = program.connect();
                while !stop.load(Ordering::Relaxed) {
                    let answer = connection.exchange(&Request::get("/load")).expect("an answer on the same connection");
                    assert_eq!(answer.status, 200, "{}", answer.text());
                    served.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for version in 0..20 {
            write(&file, &format!("skip_auth_routes = ['^/']\nbanner = 'version {version}'\n"));
            hang_up(&program);
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(banner(&program).contains("version 19"));
    assert!(served.load(Ordering::Relaxed) > 100, "there was load");
    // Connections to the app that nobody uses any more are closed when their pool goes.
    eventually(SOON, || (held(&program).1 == before.1).then_some(()), || format!("{:?} {before:?}", held(&program)));
    let app_connections = 8;
    assert!(held(&program).0 <= before.0 + app_connections, "{:?} {before:?}", held(&program));
}
