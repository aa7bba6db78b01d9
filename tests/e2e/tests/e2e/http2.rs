//! HTTP/2 on both listeners: what a conformance suite and a client say that nobody here wrote, and frames by hand for what
//! no decent client sends.

use std::process::Command;
use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use sidecar_testkit::frames::{END_HEADERS, END_STREAM, Frames, block, frame, get, kind};
use sidecar_testkit::process::eventually;
use sidecar_testkit::{App, Certificate, Curl, Launch, Process, Provider, Reply, Request, Which, place};

use crate::identity::{FORGED, NAMES, assert_not_forged, spellings};
use crate::site::{Site, get_with};

/// `PROTOCOL_ERROR` and `ENHANCE_YOUR_CALM` (RFC 9113 §7).
const PROTOCOL_ERROR: u32 = 1;
const ENHANCE_YOUR_CALM: u32 = 11;

/// The titles of what h2spec finds wrong at `port`, and how many cases it ran.
fn h2spec(port: u16, arguments: &[&str]) -> (Vec<String>, String) {
    let hint = "tests/counterparts/install.sh http2";
    let mut command = Command::new(place::installed(place::cache().join("bin/h2spec"), hint));
    // Long enough for a busy machine; nearly every case ends by an answer.
    command.args(["--host", "localhost", "--port", &port.to_string(), "--path", "/open/x", "--timeout", "10"]);
    command.args(arguments);
    let finished = Process::start("h2spec", command).wait(Duration::from_mins(5));
    let failures = finished.stdout.split("Failures:").nth(1).unwrap_or_default();
    let wrong = failures.lines().filter_map(|line| line.trim().strip_prefix("× ")).map(str::to_owned).collect();
    let summary = finished.stdout.lines().rev().find(|line| line.contains(" tests, ")).unwrap_or_default();
    (wrong, summary.to_owned())
}

#[test]
fn h2spec_finds_nothing_wrong_on_either_listener() {
    let app = App::start();
    let open = "--skip-auth-route=^/open/";
    let plain = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream()).flag(open).start();
    let (wrong, summary) = h2spec(plain.address().port(), &[]);
    // This listener speaks HTTP/1 too, and answers what is no preface as a request of that: 400, and the end.
    assert_eq!(wrong, ["2: Sends invalid connection preface"], "{summary}");
    assert!(summary.starts_with("145 tests, 144 passed"), "{summary}");

    let Certificate { certificate, key } = Certificate::of(&["localhost"]);
    let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream()).listening_as_configured();
    let (cert, key) = (launch.write("tls.crt", &certificate), launch.write("tls.key", &key));
    let address = format!("--https-address={}", launch.address());
    let pair = [format!("--tls-cert-file={}", cert.display()), format!("--tls-key-file={}", key.display())];
    let secure = launch.flags([open, &address]).flags(&pair).start();
    let (wrong, summary) = h2spec(secure.address().port(), &["--tls", "--insecure"]);
    assert_eq!(wrong, [""; 0], "{summary}");
    assert!(summary.starts_with("145 tests, 145 passed"), "{summary}");
}

#[test]
fn a_session_its_cookies_in_crumbs_and_the_host_mean_what_they_mean_in_http_1() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    let answer = Curl::http2(&site.program.url("/private?a=b")).header("Cookie", &cookie).ask();
    assert_eq!((answer.version.as_str(), answer.response.status), ("2", 200), "{}", site.program.said());
    let seen = site.app.last();
    assert_eq!(seen.headers.get("X-Forwarded-Email"), Some("alice@example.com"));
    assert_eq!(seen.headers.get("Host"), Some(site.program.address().to_string().as_str()));
    assert_eq!(seen.target, "/private?a=b");
    assert!(site.program.said().contains("HTTP/2.0"), "{}", site.program.said());

    let mut frames = Frames::open(site.program.address());
    let mut fields = get("app.test", "/crumbs");
    fields.extend([("cookie", "a=1"), ("cookie", cookie.as_str()), ("cookie", "b=2")]);
    frames.request(1, &fields).expect("sent");
    assert_eq!(frames.answer(1).expect("an answer").kind, kind::HEADERS);
    let seen = site.app.last();
    assert_eq!(seen.headers.all("Cookie").collect::<Vec<_>>(), ["a=1; b=2"], "one line, and ours is gone");
    assert_eq!(seen.headers.all("Host").collect::<Vec<_>>(), ["app.test"]);
}

#[test]
fn forged_identity_headers_never_reach_the_app_in_any_spelling() {
    let site = Site::start(&["--set-xauthrequest", "--skip-auth-route=^/public/"]);
    let cookie = site.alices_cookie();
    let mut frames = Frames::open(site.program.address());
    let mut stream = 1;
    for name in NAMES {
        for spelling in spellings(name) {
            let spelling = spelling.to_ascii_lowercase();
            for (cookie, path) in [(Some(&cookie), "/private"), (Some(&cookie), "/public/x"), (None, "/public/x")] {
                let mut fields = get("app.test", path);
                fields.extend(cookie.map(|cookie| ("cookie", cookie.as_str())));
                fields.extend([(spelling.as_str(), FORGED), (spelling.as_str(), "again")]);
                frames.request(stream, &fields).expect("sent");
                assert_eq!(frames.answer(stream).expect("an answer").kind, kind::HEADERS, "{spelling} {path}");
                assert_not_forged(&site.app.last(), name, &spelling);
                stream += 2;
            }
        }
    }
    assert_eq!(site.app.connections(), site.app.connections().min(2), "and they were kept");
}

#[test]
fn paths_that_are_not_open_in_http_1_are_not_open_in_http_2() {
    let site = Site::start(&["--skip-auth-route=^/public/"]);
    let mut frames = Frames::open(site.program.address());
    let paths = [
        "/public/..%2fadmin",
        "/public/%2e%2e/admin",
        "/public/..;/admin",
        "/public/a;v=1",
        "/public/a%3Bv",
        "/public%2F%2Fa",
        "/public/a%5Cb",
        "/public/a%23b",
        "/public/a%3Fb",
        "/public/a%00",
        "/public%252f..%252fadmin",
        "/public%2Fa",
        "/public/%ff",
        "/admin#/public/",
        "/admin",
        "//public/a",
        "/public/../admin",
        "/public/./a",
    ];
    for (index, path) in (0_u32..).zip(paths) {
        let of_http_1 = site.program.get(path).status;
        assert_ne!(of_http_1, 200, "{path}");
        let stream = 2 * index + 1;
        frames.request(stream, &get("app.test", path)).expect("sent");
        assert!(frames.answer(stream).is_some(), "{path}");
        assert!(site.app.seen().is_empty(), "{path} reached the app: {:?}", site.app.seen());
    }
    frames.request(101, &get("app.test", "/public/x")).expect("sent");
    assert_eq!(frames.answer(101).expect("an answer").kind, kind::HEADERS);
    assert_eq!(site.app.last().target, "/public/x", "the connection still serves");
    // The log is written by a thread of its own, in order.
    site.program.process().wait_for("\"/public/x\" HTTP/2.0", Duration::from_secs(10));
    let lines = site.program.said();
    for path in ["/public/..%2fadmin", "/public/a;v=1", "/public/%ff"] {
        let statuses: Vec<_> = lines
            .lines()
            .filter(|line| line.contains(&format!(" \"{path}\" HTTP/")))
            .map(|line| line.rsplit(' ').nth(2).unwrap_or_default())
            .collect();
        assert_eq!(statuses.len(), 2, "{path}: {lines}");
        assert_eq!(statuses[0], statuses[1], "{path}");
    }
}

#[test]
fn heads_that_http_1_could_read_otherwise_never_reach_the_app() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    let with = |more: &[(&'static str, &'static str)]| {
        let mut fields = get("app.test", "/a");
        fields.push(("cookie", cookie.as_str()));
        fields.extend(more);
        fields
    };
    let pseudo = |fields: [(&'static str, &'static str); 4]| {
        let mut fields = fields.to_vec();
        fields.push(("cookie", Box::leak(cookie.clone().into_boxed_str())));
        fields
    };
    let (method, scheme, authority, path) =
        ((":method", "GET"), (":scheme", "http"), (":authority", "app.test"), (":path", "/a"));
    for fields in [
        with(&[("host", "evil.test")]),
        with(&[("host", "app.test"), ("host", "evil.test")]),
        with(&[("transfer-encoding", "chunked")]),
        with(&[("connection", "close")]),
        with(&[("upgrade", "websocket")]),
        with(&[("keep-alive", "timeout=5")]),
        with(&[("te", "gzip")]),
        with(&[("X-Upper", "1")]),
        with(&[("x:colon", "1")]),
        with(&[("x blank", "1")]),
        with(&[("x\r\nx-injected", "1")]),
        with(&[("x-value", "a\r\nx-injected: 1")]),
        with(&[("x-value", "a\0b")]),
        with(&[(":path", "/late")]),
        with(&[("authorization", "Basic YTpi"), ("authorization", "Basic YzpkCg==")]),
        pseudo([method, scheme, authority, (":path", "")]),
        pseudo([method, scheme, authority, (":path", "*")]),
        pseudo([method, scheme, authority, (":path", "a")]),
        pseudo([method, scheme, authority, (":path", "/a b")]),
        pseudo([method, scheme, authority, (":path", "/a\r\nx-injected: 1")]),
        pseudo([method, scheme, authority, (":path", "http://evil.test/a")]),
        pseudo([method, (":scheme", "javascript"), authority, path]),
        pseudo([method, scheme, (":authority", "a@b"), path]),
        pseudo([method, scheme, (":authority", ""), path]),
        pseudo([method, scheme, path, (":unknown", "1")]),
        pseudo([method, scheme, path, path]),
        pseudo([(":method", "GET / HTTP/1.1\r\nX:"), scheme, authority, path]),
        pseudo([(":method", "TRACE"), scheme, authority, path]),
        pseudo([(":method", "CONNECT"), scheme, authority, path]),
        vec![(":method", "CONNECT"), (":authority", "127.0.0.1:22"), ("cookie", cookie.as_str())],
        vec![(":method", "CONNECT"), (":protocol", "websocket"), scheme, authority, path, ("cookie", cookie.as_str())],
    ] {
        let mut frames = Frames::open(site.program.address());
        frames.request(1, &fields).expect("sent");
        let answer = frames.answer(1);
        let shown: Vec<_> = fields.iter().filter(|(name, _)| *name != "cookie").collect();
        assert!(site.app.seen().is_empty(), "{shown:?} reached the app: {:?}", site.app.seen());
        if let Some(answer) = answer.filter(|answer| answer.kind != kind::HEADERS) {
            assert_eq!(answer.error(), PROTOCOL_ERROR, "{shown:?}");
        }
    }
    assert_eq!(site.program.ask(&get_with(&cookie, "/still")).status, 200);
}

#[test]
fn a_body_of_another_length_than_it_says_and_trailers_of_a_request_make_no_second_request() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    let hidden = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    for length in ["0", "5", "1000"] {
        let mut fields = get("app.test", "/upload");
        fields[0] = (":method", "POST");
        fields.extend([("cookie", cookie.as_str()), ("content-length", length)]);
        let mut frames = Frames::open(site.program.address());
        frames.send(kind::HEADERS, END_HEADERS, 1, &block(&fields)).expect("sent");
        let _ = frames.send(kind::DATA, END_STREAM, 1, hidden);
        let _ = frames.answer(1);
        assert!(
            site.app.seen().iter().all(|seen| !seen.target.contains("smuggled")),
            "{length}: {:?}",
            site.app.seen()
        );
    }
    site.app.forget();
    let mut fields = get("app.test", "/upload");
    fields[0] = (":method", "POST");
    fields.extend([("cookie", cookie.as_str()), ("trailer", "x-forwarded-user")]);
    let mut frames = Frames::open(site.program.address());
    frames.send(kind::HEADERS, END_HEADERS, 1, &block(&fields)).expect("sent");
    frames.send(kind::DATA, 0, 1, hidden).expect("sent");
    let trailers = block(&[("x-forwarded-user", "root"), ("x-sum", "1")]);
    frames.send(kind::HEADERS, END_HEADERS | END_STREAM, 1, &trailers).expect("sent");
    assert_eq!(frames.answer(1).expect("an answer").kind, kind::HEADERS);
    let seen = site.app.last();
    assert_eq!((seen.target.as_str(), seen.body_length), ("/upload", hidden.len() as u64));
    assert_eq!(seen.headers.get("X-Forwarded-User"), Some("alice"));
    assert_eq!(seen.trailers.iter().count(), 0, "{:?}", seen.trailers);
}

#[test]
fn bodies_pass_both_ways_and_trailers_of_an_answer_but_for_what_only_we_may_say() {
    let app = App::with(|seen| {
        match seen.target.as_str() {
        "/trailers" => Reply::Raw(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 42\r\nX-Auth-Request-User: root\r\n\
              Set-Cookie: _oauth2_proxy=evil\r\nSet-Cookie: other=1\r\n\r\n"
                .to_vec(),
        ),
        "/download" => Reply::Bytes(3_000_000),
        _ => Reply::Echo,
    }
    });
    let site = Site::before(app, &["--set-xauthrequest", "--skip-auth-route=^/"]);
    let upload = Curl::http2(&site.program.url("/upload")).body("POST", vec![b'x'; 3_000_000]).ask();
    assert_eq!((upload.version.as_str(), upload.response.status), ("2", 200));
    assert_eq!(site.app.last().body_length, 3_000_000);
    let download = Curl::http2(&site.program.url("/download")).ask();
    assert_eq!(download.response.body.len(), 3_000_000);
    // curl writes trailers behind the body.
    let text = Curl::http2(&site.program.url("/trailers")).ask().response.text();
    assert!(text.starts_with("hi") && text.contains("x-sum: 42"), "{text}");
    assert!(!text.contains("x-auth-request-user") && !text.contains("set-cookie"), "{text}");
}

#[test]
fn a_head_that_is_too_large_gets_431_and_one_that_fits_http_1_fits_http_2() {
    let site = Site::start(&["--skip-auth-route=^/"]);
    let ask = |curl: Curl| curl.ask().response.status;
    let url = site.program.url("/x");
    let long = "x".repeat(60_000);
    assert_eq!(ask(Curl::http2(&url).header("X-Long", &long)), 200);
    let with_lines =
        |count: usize| (0..count).fold(Curl::http2(&url), |curl, number| curl.header(&format!("x-{number}"), "a"));
    assert_eq!(ask(with_lines(250)), 200);
    site.app.forget();
    assert_eq!(ask(with_lines(257)), 431);
    // curl sends no head of that size. Either we find it too large, or already the frames do.
    for length in [66_000, 100_000] {
        let long = "x".repeat(length);
        let mut fields = get("app.test", "/x");
        fields.push(("x-long", &long));
        let mut frames = Frames::open(site.program.address());
        let whole = block(&fields);
        let pieces: Vec<&[u8]> = whole.chunks(16_384).collect();
        for (index, piece) in pieces.iter().enumerate() {
            let (kind, ends) = if index == 0 { (kind::HEADERS, END_STREAM) } else { (kind::CONTINUATION, 0) };
            let last = if index + 1 == pieces.len() { END_HEADERS } else { 0 };
            frames.send(kind, ends | last, 1, piece).expect("sent");
        }
        let answer = frames.answer(1).expect("an answer");
        assert_eq!(answer.kind, kind::HEADERS, "{answer:?}");
        // As it is, or in the code of RFC 7541 appendix B.
        let says = |bytes: &[u8]| answer.payload.windows(bytes.len()).any(|window| window == bytes);
        assert!(says(b"431") || says(&[0x69, 0x90, 0xff]), "{answer:?}");
    }
    assert!(site.app.seen().is_empty());
}

/// Rapid reset (CVE-2023-44487), CONTINUATION flood, pings, settings, empty frames.
#[test]
fn floods_of_frames_end_their_own_connection_and_nothing_else() {
    let site = Site::start(&["--skip-auth-route=^/"]);
    let request = block(&get("app.test", "/x"));
    let resets = (0..20_000_u32).flat_map(|index| {
        let stream = 2 * index + 1;
        [
            frame(kind::HEADERS, END_HEADERS | END_STREAM, stream, &request),
            frame(kind::RST_STREAM, 0, stream, &8_u32.to_be_bytes()),
        ]
    });
    let resets: Vec<u8> = resets.flatten().collect();
    let many = |kind: u8, payload: &[u8]| frame(kind, 0, 0, payload).repeat(20_000);
    let mut heads = frame(kind::HEADERS, END_STREAM, 1, &request);
    let mut empty_heads = heads.clone();
    let filler = block(&[("x-filler", &"x".repeat(16_000))]);
    heads.extend(frame(kind::CONTINUATION, 0, 1, &filler).repeat(2_000));
    empty_heads.extend(frame(kind::CONTINUATION, 0, 1, &[]).repeat(20_000));
    let mut empty_bodies = frame(kind::HEADERS, END_HEADERS, 1, &request);
    empty_bodies.extend(frame(kind::DATA, 0, 1, &[]).repeat(20_000));
    for (what, flood) in [
        ("rapid resets", resets),
        ("pings", many(kind::PING, &[0; 8])),
        ("settings", many(kind::SETTINGS, &[0, 4, 0, 1, 0, 0])),
        ("window updates", many(kind::WINDOW_UPDATE, &1_u32.to_be_bytes())),
        ("heads without an end", heads),
        ("empty heads without an end", empty_heads),
        ("empty pieces of a body", empty_bodies),
    ] {
        let mut frames = Frames::open(site.program.address());
        // It is cut while it writes.
        let _ = frames.write(&flood);
        while let Some(frame) = frames.read() {
            if frame.kind == kind::GOAWAY && frame.error() != 0 {
                assert!([PROTOCOL_ERROR, ENHANCE_YOUR_CALM].contains(&frame.error()), "{what}: {frame:?}");
            }
        }
        assert_eq!(site.program.get("/alive").status, 200, "after {what}");
    }
    let asked = site.app.seen().iter().filter(|seen| seen.target == "/x").count();
    assert!(asked < 1000, "the app was asked {asked} times for 20,000 requests that were called off");
    let peak = site.program.process().peak_memory_kib();
    assert!(peak < 200 * 1024, "{peak} KiB");
}

#[test]
fn settings_say_how_many_requests_at_a_time_and_how_large_a_head() {
    let site = Site::start(&[]);
    let mut frames = Frames::open(site.program.address());
    let settings = frames.next_of(&[kind::SETTINGS]).expect("settings").payload;
    let value = |id: u16| {
        settings
            .chunks_exact(6)
            .find(|pair| pair[..2] == id.to_be_bytes())
            .map(|pair| u32::from_be_bytes([pair[2], pair[3], pair[4], pair[5]]))
    };
    assert_eq!(value(3), Some(100), "MAX_CONCURRENT_STREAMS");
    assert_eq!(value(6), Some(65_536 + 256 * 32), "MAX_HEADER_LIST_SIZE");
    assert_eq!(value(8), None, "ENABLE_CONNECT_PROTOCOL");
}

#[test]
fn a_stop_says_goaway_takes_no_new_request_and_finishes_what_has_begun() {
    let (events, receiver) = mpsc::channel();
    let receiver = Mutex::new(Some(receiver));
    let app = App::with(move |seen| match seen.target.as_str() {
        "/events" => Reply::Events(receiver.lock().expect("not poisoned").take().expect("asked once")),
        _ => Reply::Echo,
    });
    let site = Site::before(app, &["--skip-auth-route=^/"]);
    let mut frames = Frames::open(site.program.address());
    frames.request(1, &get("app.test", "/events")).expect("sent");
    assert_eq!(frames.answer(1).expect("a head").kind, kind::HEADERS);
    site.program.terminate();
    let goaway = frames.next_of(&[kind::GOAWAY]).expect("GOAWAY");
    assert_eq!(goaway.error(), 0);
    events.send("the last".to_owned()).expect("the app listens");
    drop(events);
    let mut body = Vec::new();
    loop {
        let frame = frames.read().expect("the answer goes on");
        if frame.kind == kind::PING && frame.flags == 0 {
            // The server waits for an answer before it counts what had been on its way.
            frames.send(kind::PING, 1, 0, &frame.payload).expect("sent");
        }
        if frame.kind == kind::DATA {
            body.extend(&frame.payload);
            if frame.flags & END_STREAM != 0 {
                break;
            }
        }
    }
    assert!(String::from_utf8_lossy(&body).contains("the last"));
    let finished = site.program.wait(Duration::from_secs(30));
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stdout);
    assert!(!finished.stdout.contains("connections cut"), "{}", finished.stdout);
}

#[test]
fn many_requests_at_a_time_share_one_connection_and_one_that_is_called_off_disturbs_no_other() {
    let app = App::with(|seen| if seen.target == "/silent" { Reply::Silence } else { Reply::Echo });
    let site = Site::before(app, &["--skip-auth-route=^/"]);
    let mut frames = Frames::open(site.program.address());
    frames.request(1, &get("app.test", "/silent")).expect("sent");
    let asked = || site.app.seen().iter().any(|seen| seen.target == "/silent").then_some(());
    eventually(Duration::from_secs(10), asked, || site.program.said());
    for stream in (3..103).step_by(2) {
        frames.request(stream, &get("app.test", "/x")).expect("sent");
    }
    frames.send(kind::RST_STREAM, 0, 1, &8_u32.to_be_bytes()).expect("sent");
    let mut answered = 0;
    while answered < 50 {
        let frame = frames.read().expect("the connection lives");
        assert_ne!(frame.kind, kind::GOAWAY, "{frame:?}");
        if frame.kind == kind::HEADERS {
            answered += 1;
        }
    }
    assert_eq!(site.program.ask(&Request::get("/after")).status, 200);
}
