//! `signature-key`: the app can tell that a request came through us (D49).

use std::io::Write as _;
use std::process::{Command, Stdio};

use sidecar_testkit::{App, Reply, Request, Seen, place, websocket};

use crate::site::{Site, get_with};

/// What an app that knows the key makes of a request, by Python's own HMAC: the signature it expects.
const VERIFIER: &str = r#"
import sys, hmac, hashlib, base64, urllib.parse
algorithm, key = sys.argv[1], sys.argv[2].encode()
data = sys.stdin.buffer.read()
head, body = data.split(b"\r\n\r\n", 1)
first, *lines = head.split(b"\r\n")
method, target, _ = first.split(b" ")
fields = {}
for line in lines:
    name, value = line.split(b":", 1)
    fields.setdefault(name.decode().lower(), []).append(value.strip())
path, mark, query = target.partition(b"?")
text = method + b"\n"
for name in ["Content-Length", "Content-Md5", "Content-Type", "Date", "Authorization", "X-Forwarded-User",
             "X-Forwarded-Email", "X-Forwarded-Preferred-User", "X-Forwarded-Access-Token", "Cookie", "Gap-Auth"]:
    text += b",".join(fields.get(name.lower(), [])) + b"\n"
text += urllib.parse.unquote_to_bytes(path) + (mark + query if query else b"") + b"\n" + body
mac = hmac.new(key, text, getattr(hashlib, algorithm)).digest()
print(algorithm, base64.b64encode(mac).decode())
"#;

fn expected(seen: &Seen, algorithm: &str, key: &str) -> String {
    let mut python = Command::new(place::installed(
        place::cache().join("kosoku/bin/python3"),
        "tests/counterparts/install.sh kosoku",
    ))
    .args(["-c", VERIFIER, algorithm, key])
    .stdin(Stdio::piped())
    .stdout(Stdio::piped())
    .spawn()
    .expect("python3");
    let head = seen.raw_head.strip_suffix(b"\r\n\r\n").unwrap_or(&seen.raw_head);
    let mut input = python.stdin.take().expect("piped");
    input.write_all(&[head, b"\r\n\r\n", &seen.body].concat()).expect("written");
    drop(input);
    let output = python.wait_with_output().expect("an end");
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

fn assert_signed(site: &Site, algorithm: &str, key: &str) {
    let seen = site.app.last();
    let signature = seen.headers.get("GAP-Signature").unwrap_or_default();
    assert_eq!(signature, expected(&seen, algorithm, key), "{}", String::from_utf8_lossy(&seen.raw_head));
}

#[test]
fn an_app_verifies_who_is_signed_in_and_what_was_sent() {
    let site = Site::start(&["--signature-key=sha256:app key", "--pass-access-token", "--basic-auth-password=pw"]);
    let cookie = site.alices_cookie();
    for request in [
        Request::get("/p%61th/a%2Fb?q=%20;&r"),
        Request::get("/path?"),
        Request::get("/").header("Date", "Mon, 30 Nov 2026 14:00:00 GMT").header("Content-MD5", "x"),
        Request::get("/").header("GAP-Auth", "root@example.com").header("Gap_Signature", "sha256 forged"),
        Request::new("POST", "/form").header("Content-Type", "text/plain").header("Content-Length", "4").body("body"),
        Request::new("POST", "/empty"),
        Request::new("PUT", "/chunks")
            .header("Transfer-Encoding", "chunked")
            .body("4\r\nbody\r\n3\r\nmor\r\n0\r\n\r\n"),
        Request::new("PUT", "/none").header("Transfer-Encoding", "chunked").body("0\r\n\r\n"),
    ] {
        let answer = site.program.ask(&request.cookie(&format!("theme=dark; {cookie}")));
        assert_eq!(answer.status, 200, "{}", site.program.said());
        let seen = site.app.last();
        assert_eq!(seen.headers.get("GAP-Auth"), Some("alice@example.com"));
        assert_eq!(seen.headers.all("GAP-Signature").count(), 1);
        assert_eq!(seen.headers.get("Cookie"), Some("theme=dark"));
        assert!(seen.headers.get("Authorization").is_some_and(|value| value.starts_with("Basic ")));
        assert_signed(&site, "sha256", "app key");
    }
}

#[test]
fn every_algorithm_of_the_original_signs() {
    for algorithm in ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"] {
        let site = Site::start(&[&format!("--signature-key={algorithm}:k"), "--skip-auth-route=.*"]);
        let request = Request::new("POST", "/a?b").header("Content-Length", "2").header("GAP-Auth", "x").body("hi");
        assert_eq!(site.program.ask(&request).status, 200);
        assert_eq!(site.app.last().headers.get("GAP-Auth"), Some(""), "nobody is signed in");
        assert_signed(&site, algorithm, "k");
    }
}

#[test]
fn a_body_above_ten_mebibytes_is_refused_before_the_app_sees_any_of_it() {
    const LIMIT: usize = 10 << 20;
    let site = Site::start(&["--signature-key=sha1:k", "--skip-auth-route=.*"]);
    let post = |length: usize| Request::new("POST", "/").header("Content-Length", &length.to_string());
    let mut connection = site.program.connect();
    connection.send(&post(LIMIT + 1)).expect("sent");
    assert_eq!(connection.read_response("POST").expect("an answer without the body").status, 413);

    let mut connection = site.program.connect();
    connection.send(&Request::new("POST", "/").header("Transfer-Encoding", "chunked")).expect("sent");
    let piece = [b"100000\r\n".as_slice(), &vec![b'x'; 1 << 20], b"\r\n"].concat();
    for _ in 0..11 {
        if connection.write(&piece).is_err() {
            break; // it has answered and gone
        }
    }
    assert_eq!(connection.read_response("POST").expect("an answer").status, 413);
    assert!(site.app.seen().is_empty());

    let answer = site.program.ask(&post(LIMIT).body(vec![b'x'; LIMIT]));
    assert_eq!((answer.status, site.app.last().body_length), (200, LIMIT as u64));
}

#[test]
fn a_websocket_is_signed_too_and_without_the_option_nothing_is() {
    let app = App::with(|seen| if seen.headers.has("Upgrade") { Reply::WebSocketEcho } else { Reply::Echo });
    let site = Site::before(app, &["--signature-key=sha512:k"]);
    let cookie = site.alices_cookie();
    websocket::open(site.program.connect(), get_with(&cookie, "/chat?x")).expect("a WebSocket");
    assert_signed(&site, "sha512", "k");

    let site = Site::start(&["--skip-auth-route=.*"]);
    let forged = Request::get("/").header("GAP-Signature", "sha256 forged").header("GAP.Auth", "x");
    assert_eq!(site.program.ask(&forged).status, 200);
    assert!(!site.app.last().headers.has("GAP-Signature"));
    assert_eq!(site.app.last().headers.folded("GAP-Auth").count(), 0);
}
