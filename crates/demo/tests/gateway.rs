//! `make demo-gateway`: the demo behind a real Envoy.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use sidecar_testkit::{Process, Request, http, place};

/// What follows `marker` in `text`, up to white space, a comma or a quote.
fn word_after<'a>(text: &'a str, marker: &str) -> &'a str {
    let (_, rest) = text.split_once(marker).unwrap_or_else(|| panic!("no {marker:?} in {text}"));
    rest.split([' ', ',', '\'', '\n']).next().unwrap_or_default()
}

/// The answer to `GET /` of a browser that trusts this authority alone.
fn get_by_tls(address: SocketAddr, host: &'static str, authority: &str) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).expect("a certificate")).expect("an authority");
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from(host).expect("a name");
    let connection = ClientConnection::new(Arc::new(config), name).expect("a client");
    let socket = TcpStream::connect(address).expect("a connection");
    socket.set_read_timeout(Some(Duration::from_secs(10))).expect("a time limit");
    let mut stream = StreamOwned::new(connection, socket);
    write!(stream, "GET / HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nConnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap_or_else(|error| panic!("{error}: {answer}"));
    answer
}

#[test]
fn the_gateway_ends_tls_for_each_host_and_sends_plain_requests_there() {
    let envoy = place::installed(place::cache().join("envoy/bin/envoy"), "tests/counterparts/install.sh envoy");
    let temporary = place::temporary_folder();
    let mut command = Command::new(env!("CARGO_BIN_EXE_demo"));
    command.arg("--sidecar").arg(place::ours()).arg("--gateway").arg(envoy).env("TMPDIR", temporary.path());
    let demo = Process::start("demo", command);
    demo.wait_for("Ctrl-C", Duration::from_secs(30));
    let said = demo.said();
    let https: SocketAddr = word_after(&said, "MAP *.example.com:443 ").parse().expect("an address");
    let plain: SocketAddr = word_after(&said, "MAP *.example.com:80 ").parse().expect("an address");
    let authority = word_after(&said, "--cacert ");
    for host in ["app1.example.com", "app2.example.com", "auth.example.com"] {
        let page = get_by_tls(https, host, authority);
        assert!(page.starts_with("HTTP/1.1 200") && page.contains("Demo Identity"), "{host}: {page}");
        // The callback's own host needs no absolute target.
        let target = if host.starts_with("app") { format!("rd=https%3A%2F%2F{host}%2F") } else { "rd=%2F".to_owned() };
        assert!(page.contains(&target), "{host}: {page}");
        let moved = http::ask(plain, &Request::new("GET", "/a?b=c").header("Host", host));
        assert_eq!((moved.status, moved.location()), (301, &*format!("https://{host}/a?b=c")));
    }
}
