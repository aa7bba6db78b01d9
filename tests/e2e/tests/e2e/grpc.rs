//! gRPC through the program: the client and the server of its own interoperability tests, which nobody here wrote.

use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use sidecar_testkit::process::eventually;
use sidecar_testkit::{Certificate, Launch, Process, Program, Provider, Which, place};

use crate::site::Site;

const HINT: &str = "tests/counterparts/install.sh http2";
/// A call of each shape, errors, metadata of both kinds, cancellation and deadlines.
const CASES: [&str; 14] = [
    "empty_unary",
    "large_unary",
    "client_streaming",
    "server_streaming",
    "ping_pong",
    "empty_stream",
    "custom_metadata",
    "status_code_and_message",
    "special_status_message",
    "unimplemented_method",
    "unimplemented_service",
    "cancel_after_begin",
    "cancel_after_first_response",
    "timeout_on_sleeping_server",
];
/// The paths of those calls.
const OPEN: &str = "--skip-auth-route=^/grpc\\.testing\\.";

/// The server.
struct Server {
    _process: Process,
    address: SocketAddr,
}

impl Server {
    fn start(arguments: &[String]) -> Self {
        let address = place::loopback(place::free_port());
        let mut command = Command::new(place::installed(place::cache().join("bin/grpc-interop-server"), HINT));
        command.arg(format!("-port={}", address.port())).args(arguments);
        let process = Process::start("gRPC server", command);
        let listens = || TcpStream::connect(address).ok().map(drop);
        eventually(Duration::from_secs(20), listens, || process.said());
        Self { _process: process, address }
    }
}

/// Runs one case against `port` of this machine; what the client says when it fails.
fn run(case: &str, port: u16, arguments: &[String]) -> Result<(), String> {
    let mut command = Command::new(place::installed(place::cache().join("bin/grpc-interop-client"), HINT));
    command.args(["-server_host=localhost", &format!("-server_port={port}"), &format!("-test_case={case}")]);
    command.args(arguments);
    let finished = Process::start("gRPC client", command).wait(Duration::from_mins(1));
    if finished.status.success() { Ok(()) } else { Err(finished.stdout + &finished.stderr) }
}

fn before(server: &Server, scheme: &str, flags: &[&str]) -> Program {
    let upstream = format!("{scheme}://{}", server.address);
    Launch::oidc(Which::Ours, Provider::shared(), &upstream).flags(flags).start()
}

#[test]
fn every_kind_of_call_passes_to_an_app_that_is_marked_as_h2c() {
    let server = Server::start(&[]);
    let program = before(&server, "h2c", &[OPEN]);
    for case in CASES {
        run(case, program.address().port(), &[]).unwrap_or_else(|said| panic!("{case}: {said}\n{}", program.said()));
    }
}

#[test]
fn every_kind_of_call_passes_by_tls_on_both_sides_where_the_app_picks_http_2() {
    let folder = place::temporary_folder();
    let write = |name: &str, content: &str| {
        std::fs::write(folder.path().join(name), content).expect("written");
        folder.path().join(name).display().to_string()
    };
    let (ours, theirs) = (Certificate::of(&["localhost"]), Certificate::of(&["localhost"]));
    let server = Server::start(&[
        "-use_tls".to_owned(),
        format!("-tls_cert_file={}", write("app.crt", &theirs.certificate)),
        format!("-tls_key_file={}", write("app.key", &theirs.key)),
    ]);
    let (cert, key) = (write("tls.crt", &ours.certificate), write("tls.key", &ours.key));
    let upstream = format!("https://{}", server.address);
    let launch = Launch::oidc(Which::Ours, Provider::shared(), &upstream).listening_as_configured();
    let address = format!("--https-address={}", launch.address());
    let pair = [format!("--tls-cert-file={cert}"), format!("--tls-key-file={key}")];
    let program = launch.flag(&address).flags(&pair).flags([OPEN, "--ssl-upstream-insecure-skip-verify"]).start();
    let trust = ["-use_tls".to_owned(), "-use_test_ca".to_owned(), format!("-ca_file={cert}")];
    for case in CASES {
        run(case, program.address().port(), &trust).unwrap_or_else(|said| panic!("{case}: {said}\n{}", program.said()));
    }
}

#[test]
fn a_call_needs_a_session_and_passes_with_one() {
    let server = Server::start(&[]);
    let program = before(&server, "h2c", &["--api-route=^/grpc"]);
    let said = run("empty_unary", program.address().port(), &[]).expect_err("no session");
    assert!(said.contains("Unauthenticated"), "{said}");
    let site = Site { program, app: sidecar_testkit::App::start() };
    let mut browser = sidecar_testkit::Browser::new();
    let _ = site.sign_in(&mut browser, "alice", "/oauth2/userinfo");
    browser.jar.forget(|cookie| !cookie.name.starts_with(crate::site::SESSION));
    let cookie = browser.cookies_for(&site.program.url("/"));
    let cookie = format!("-additional_metadata=cookie:{cookie}");
    let passed = run("empty_unary", site.program.address().port(), &[cookie]);
    passed.unwrap_or_else(|said| panic!("{said}\n{}", site.program.said()));
}
