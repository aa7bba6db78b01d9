//! `make demo`, as somebody with a browser sees it: the demo's own program, the real sidecars, real sockets.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use sidecar_testkit::process::eventually;
use sidecar_testkit::{Browser, Page, Process, place};
use tempfile::TempDir;
use url::Url;

/// Everything is built; the rest is for a busy machine.
const READY: Duration = Duration::from_secs(30);

/// The running demo. Its files go with it, however it ends.
struct Demo {
    process: Process,
    url: String,
    _temporary: TempDir,
}

/// A demo of the binary at `sidecar`.
fn begin(sidecar: &Path) -> (Process, TempDir) {
    let temporary = place::temporary_folder();
    let mut command = Command::new(env!("CARGO_BIN_EXE_demo"));
    command.arg("--sidecar").arg(sidecar).env("TMPDIR", temporary.path());
    (Process::start("demo", command), temporary)
}

/// A demo that says it is ready.
fn start() -> Demo {
    let (process, temporary) = begin(&place::ours());
    process.wait_for("Ctrl-C", READY);
    let said = process.said();
    let url = said.split_ascii_whitespace().find(|word| word.starts_with("http://app1.demo.localhost:"));
    let url = url.unwrap_or_else(|| panic!("no URL: {said}")).to_owned();
    Demo { process, url, _temporary: temporary }
}

/// Presses the sign-in page's button and goes through the provider's pages as Alice.
fn sign_in(browser: &mut Browser, page: &Page) -> Page {
    let provider = browser.click(page, "/oauth2/start");
    browser.sign_in(provider, "alice", "")
}

fn other_app(url: &str) -> String {
    url.replace("app1", "app2")
}

#[test]
fn one_sign_in_opens_both_apps_at_the_page_that_was_wanted_and_sign_out_closes_both() {
    let demo = start();
    let url = &demo.url;
    let mut browser = Browser::new();
    let wanted = format!("{url}reports/2026?month=11");
    let page = browser.open(&wanted);
    assert_eq!(page.status(), 200, "{page}");
    let landed = sign_in(&mut browser, &page);
    assert_eq!(landed.url.as_str(), wanted);
    assert!(landed.text().contains("alice@example.com"), "{landed}");
    assert!(landed.text().contains("x-auth-request-email"), "{landed}");
    assert!(landed.text().contains("x-forwarded-email"), "{landed}");
    assert!(landed.text().contains("cookies that came through none"), "{landed}");
    let second = browser.open(&other_app(url));
    assert!(second.text().contains("App Two") && second.text().contains("alice@example.com"), "{second}");
    browser.click(&second, "Sign out");
    assert!(!browser.open(url).text().contains("alice@example.com"));
    assert!(!browser.open(&other_app(url)).text().contains("alice@example.com"));
}

#[test]
fn a_request_for_no_host_of_the_demo_is_shown_the_way() {
    let demo = start();
    let url = &demo.url;
    let port = Url::parse(url).unwrap().port().unwrap();
    let page = Browser::new().open_once(&format!("http://127.0.0.1:{port}/anything"));
    assert_eq!((page.status(), page.response.location()), (303, url.as_str()));
}

/// The folder that the demo names for configuration and logs.
fn folder(demo: &Demo) -> PathBuf {
    let said = demo.process.said();
    let named = said.split_ascii_whitespace().find(|word| word.contains("oauth2-sidecar-demo-"));
    named.unwrap_or_else(|| panic!("no folder: {said}")).into()
}

/// The process that was started with this configuration file.
fn sidecar_of(config: &Path) -> Option<Pid> {
    let processes = std::fs::read_dir("/proc").expect("proc(5)").flatten();
    let mut ours = processes.filter(|process| {
        let words = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        words.split(|byte| *byte == 0).any(|word| word == config.as_os_str().as_encoded_bytes())
    });
    ours.find_map(|process| Pid::from_raw(process.file_name().to_str()?.parse().ok()?))
}

#[test]
fn a_sidecar_that_dies_ends_the_demo_which_says_so() {
    let demo = start();
    let sidecar = sidecar_of(&folder(&demo).join("app2.cfg")).unwrap();
    kill_process(sidecar, Signal::KILL).unwrap();
    let finished = demo.process.wait(READY);
    assert!(!finished.status.success());
    assert!(finished.stderr.contains("app2 ended (signal: 9 (SIGKILL))"), "{}", finished.stderr);
}

#[test]
fn no_sidecar_outlives_a_demo_that_is_killed() {
    let demo = start();
    let config = folder(&demo).join("auth.cfg");
    assert!(sidecar_of(&config).is_some());
    demo.process.signal(Signal::KILL);
    eventually(READY, || sidecar_of(&config).is_none().then_some(()), || "it still runs".to_owned());
}

#[test]
fn an_interrupt_stops_the_demo_and_its_sidecars_and_removes_its_files() {
    let demo = start();
    let folder = folder(&demo);
    let config = std::fs::read_to_string(folder.join("app1.cfg")).unwrap();
    assert!(!config.contains("secret"), "{config}");
    let sidecar = config.lines().find_map(|line| line.strip_prefix("http_address = ")).unwrap().trim_matches('"');
    assert!(std::net::TcpStream::connect(sidecar).is_ok());
    demo.process.signal(Signal::INT);
    assert!(demo.process.wait(READY).status.success());
    assert!(std::net::TcpStream::connect(sidecar).is_err());
    assert!(!folder.exists());
    let port = Url::parse(&demo.url).unwrap().port().unwrap();
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn a_sidecar_that_cannot_start_is_named_with_the_end_of_its_log() {
    let folder = place::temporary_folder();
    let broken = folder.path().join("broken");
    std::fs::write(&broken, "#!/bin/sh\necho out of order\nexit 7\n").unwrap();
    std::fs::set_permissions(&broken, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let (process, _temporary) = begin(&broken);
    let finished = process.wait(READY);
    assert!(!finished.status.success());
    let says = |what: &str| assert!(finished.stderr.contains(what), "{}", finished.stderr);
    says("app1 ended (exit status: 7)");
    says("out of order");
}
