//! Where messages begin and end: nothing of the visitor's framing reaches an app, and no exchange leaks into the next.

use std::{
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::support::{App, Conversation, Front, OK, http, line};
use flate2::{Compression, write::GzEncoder};
use sidecar_net::KeepAlive;
use sidecar_upstream::HttpSettings;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

/// How many requests an app saw, and that each of its connections holds whole messages only.
fn requests(app: &App) -> usize {
    app.received().concat().matches(" HTTP/1.1\r\n").count()
}

const SECOND: &str = "GET /admin HTTP/1.1\r\nHost: x\r\n\r\n";

#[tokio::test]
async fn a_request_of_two_lengths_is_one_reframed_message_or_none() {
    for attack in [
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 13\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 05\r\n\r\nhello",
        "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        let app = App::answering(OK).await;
        let front = Front::before(&app).await;
        let answer = front.ask(attack).await;
        assert!([200, 400].contains(&answer.status()), "{attack}\n{answer:?}");
        let seen = app.received().concat();
        assert_eq!(requests(&app), usize::from(answer.status() == 200), "{attack}\n{seen}");
        for theirs in ["gzip, chunked", "identity", "05", "Transfer-Encoding: chunked\r\nTransfer"] {
            assert!(!seen.contains(theirs), "{attack}\n{seen}");
        }
        let framings = seen.matches("content-length").count() + seen.matches("transfer-encoding").count();
        assert!(framings <= 1, "{attack}\n{seen}");
    }
}

#[tokio::test]
async fn a_second_request_in_a_body_stays_in_the_body() {
    let app = App::answering(OK).await;
    let front = Front::before(&app).await;
    let mut client = front.client().await;
    client.say(format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{SECOND}", SECOND.len())).await;
    assert_eq!(client.answer().await.status(), 200);
    client.say("GET /next HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(client.answer().await.status(), 200);
    let seen = app.only();
    assert!(seen.contains(&format!("content-length: {}\r\n", SECOND.len())), "{seen}");
    assert!(seen.ends_with("\r\n\r\n") && seen.contains("GET /next HTTP/1.1\r\n"), "{seen}");
}

#[tokio::test]
async fn chunk_extensions_and_trailers_of_a_request_are_dropped() {
    let app = App::answering(OK).await;
    let front = Front::before(&app).await;
    let request = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: X-Forwarded-User\r\n\r\n\
        5;ext=\"1\"\r\nhello\r\n0\r\nX-Forwarded-User: root\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(front.ask(request).await.status(), 200);
    let seen = app.only();
    assert!(seen.ends_with("\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), "{seen}");
    assert!(!seen.contains("root") && !seen.contains("ext=") && !seen.contains("trailer"), "{seen}");
}

#[tokio::test]
async fn a_malformed_body_cuts_the_exchange_with_the_app() {
    for body in ["0x5\r\nhello\r\n0\r\n\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFF1\r\n", "5\nhello\n0\n\n"] {
        let app = App::answering(OK).await;
        let front = Front::before(&app).await;
        let mut client = front.client().await;
        client.say(format!("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{body}{SECOND}")).await;
        let answered = client.rest().await;
        assert!(!answered.contains(" 200 "), "{body:?} {answered}");
        let seen = app.received().concat();
        assert!(!seen.contains("/admin") && !seen.contains("0\r\n\r\n"), "{body:?} {seen}");
    }
}

#[tokio::test]
async fn a_get_with_a_chunked_body_keeps_it_and_an_empty_post_says_so() {
    let app = App::answering(OK).await;
    let front = Front::before(&app).await;
    front.ask("GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n").await;
    front.ask("POST /empty HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n").await;
    let seen = app.received().concat();
    assert!(seen.contains("\r\n\r\n2\r\nhi\r\n0\r\n\r\n"), "{seen}");
    assert!(seen[seen.find("/empty").unwrap()..].contains("content-length: 0\r\n"), "{seen}");
}

#[tokio::test]
async fn expect_is_answered_here_and_not_passed_on() {
    let app = App::answering(OK).await;
    let front = Front::before(&app).await;
    let mut client = front.client().await;
    client.say("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n").await;
    assert!(client.head().await.starts_with("HTTP/1.1 100 "));
    client.say("hi").await;
    assert_eq!(client.answer().await.status(), 200);
    assert!(!app.only().contains("expect"));
}

// === The app's side ===

#[tokio::test]
async fn announced_trailers_of_an_answer_pass_unless_they_are_ours() {
    let trailing = |trailer: &str| {
        format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: {trailer}\r\n\r\n2\r\nok\r\n0\r\n\
             Grpc-Status: 0\r\nX-Auth-Request-User: root\r\nSet-Cookie: _oauth2_proxy=evil\r\n\r\n"
        )
    };
    let request = "GET / HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nAccept-Encoding: identity\r\n\r\n";
    let app = App::answering(trailing("Grpc-Status")).await;
    let answer = Front::before(&app).await.ask(request).await;
    assert!(answer.body.contains("grpc-status: 0\r\n"), "{answer:?}");
    assert!(!answer.body.contains("root") && !answer.body.contains("evil"), "{answer:?}");
    assert!(app.only().contains("te: trailers\r\n"));

    let app = App::answering(trailing("Grpc-Status, X_Auth_Request_User, Set-Cookie")).await;
    let answer = Front::before(&app).await.ask(request).await;
    assert!(!answer.body.contains("root") && !answer.body.contains("evil") && !answer.is_cut, "{answer:?}");
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

async fn packing_app() -> App {
    App::scripted(|mut talk: Conversation| async move {
        while let Some(head) = talk.request().await {
            let body = gzip("hello, plain world");
            let line = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", body.len());
            talk.say(line).await;
            if !head.starts_with("HEAD") {
                talk.say(body).await;
            }
        }
    })
    .await
}

#[tokio::test]
async fn gzip_that_only_we_asked_for_is_unpacked() {
    let app = packing_app().await;
    let front = Front::before(&app).await;
    let answer = front.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert!(app.only().contains("accept-encoding: gzip\r\n"));
    assert!(answer.body.contains("hello, plain world"), "{answer:?}");
    assert_eq!((answer.header("content-encoding"), answer.header("content-length")), (None, None));

    for line in ["Accept-Encoding: gzip, br\r\n", "Range: bytes=0-\r\n"] {
        let answer = front.ask(&format!("GET / HTTP/1.1\r\nHost: h\r\n{line}\r\n")).await;
        assert_eq!(answer.header("content-encoding"), Some("gzip"), "{line}");
    }
    let mut client = front.client().await;
    client.say("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let head = client.head().await;
    assert_eq!(line(&head, "content-encoding"), Some("gzip"));
    assert!(line(&head, "content-length").is_some(), "{head}");
}

#[tokio::test]
async fn a_corrupt_packed_answer_cuts_the_connection() {
    let app = App::answering("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!").await;
    let answer = Front::before(&app).await.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert!(answer.is_cut, "{answer:?}");
}

#[tokio::test]
async fn an_app_that_dies_in_the_body_cuts_the_visitors_connection() {
    for begun in [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nxyz\r\n",
    ] {
        let app = App::scripted(move |mut talk: Conversation| async move {
            talk.request().await;
            talk.say(begun).await;
        })
        .await;
        let answer = Front::before(&app).await.ask("GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: x\r\n\r\n").await;
        assert!(answer.is_cut && answer.status() == 200, "{answer:?}");
    }
}

#[tokio::test]
async fn what_is_no_answer_is_a_fault_of_the_upstream() {
    for (said, fault) in [
        ("garbage\r\n\r\n", "Malformed"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "Malformed"),
        ("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "Malformed"),
        ("HTTP/1.1 200 OK\r\nX-Bad", "Closed"),
        ("", "Closed"),
    ] {
        let app = App::scripted(move |mut talk: Conversation| async move {
            talk.request().await;
            talk.say(said).await;
        })
        .await;
        let answer = Front::before(&app).await.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
        assert_eq!((answer.status(), answer.body.as_str()), (502, fault), "{said}");
    }
    let nobody = sidecar_net::Endpoint::Http { host: "127.0.0.1".into(), port: 1 };
    let answer = Front::with(http(&nobody)).await.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!((answer.status(), answer.body.as_str()), (502, "Unreachable"));
}

#[tokio::test]
async fn informational_answers_are_swallowed_and_an_answer_to_the_end_of_the_connection_is_whole() {
    let app = App::scripted(|mut talk: Conversation| async move {
        talk.request().await;
        talk.say("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n").await;
        talk.say("HTTP/1.0 200 OK\r\n\r\nto the end").await;
    })
    .await;
    let answer = Front::before(&app).await.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(answer.status(), 200);
    assert!(answer.body.contains("to the end") && !answer.is_cut, "{answer:?}");
}

// === Kept connections ===

#[tokio::test]
async fn connections_are_kept_or_not_as_the_settings_say() {
    let app = App::answering(OK).await;
    let front = Front::before(&app).await;
    for _ in 0..3 {
        front.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    }
    assert_eq!((app.received().len(), requests(&app)), (1, 3));
    let front = Front::with(HttpSettings { keep_alive: KeepAlive::Off, ..http(&app.endpoint) }).await;
    for _ in 0..2 {
        front.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    }
    assert_eq!(app.received().len(), 3);
}

#[tokio::test]
async fn bytes_behind_an_answer_are_never_somebody_elses_answer() {
    let evil = format!("{OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    let head = "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
    let short = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\noHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
    for first in [evil.as_str(), head, short] {
        let first = first.to_owned();
        let app = App::scripted(move |mut talk: Conversation| {
            let first = first.clone();
            async move {
                while talk.request().await.is_some() {
                    let said = if talk.number == 0 { first.as_str() } else { OK };
                    talk.say(said).await;
                }
            }
        })
        .await;
        let front = Front::before(&app).await;
        front.ask("GET /one HTTP/1.1\r\nHost: h\r\n\r\n").await;
        let victim = front.ask("GET /two HTTP/1.1\r\nHost: h\r\n\r\n").await;
        assert_eq!((victim.status(), victim.body.as_str()), (200, "ok"));
    }
}

/// An app whose connections serve one request and then die over the next without a word.
async fn dying_app() -> (App, Arc<AtomicUsize>) {
    let served = Arc::new(AtomicUsize::new(0));
    let count = served.clone();
    let app = App::scripted(move |mut talk: Conversation| {
        let count = count.clone();
        async move {
            if talk.request().await.is_some() {
                count.fetch_add(1, Ordering::SeqCst);
                talk.say(OK).await;
                talk.request().await;
            }
        }
    })
    .await;
    (app, served)
}

#[tokio::test]
async fn an_idempotent_request_survives_the_death_of_a_kept_connection_and_others_are_not_repeated() {
    let (app, served) = dying_app().await;
    let front = Front::before(&app).await;
    for _ in 0..3 {
        let answer = front.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
        assert_eq!((answer.status(), answer.body.as_str()), (200, "ok"));
    }
    assert_eq!(served.load(Ordering::SeqCst), 3);
    assert_eq!(app.received().len(), 3, "each later request met a dead connection first");

    for request in [
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi",
    ] {
        let (app, served) = dying_app().await;
        let front = Front::before(&app).await;
        front.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
        let answer = front.ask(request).await;
        assert_eq!((answer.status(), answer.body.as_str()), (502, "Closed"), "{request}");
        assert_eq!(served.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_fresh_connection_that_dies_is_not_tried_again() {
    let app = App::scripted(|mut talk: Conversation| async move {
        talk.request().await;
    })
    .await;
    let answer = Front::before(&app).await.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!((answer.status(), answer.body.as_str()), (502, "Closed"));
    assert_eq!(requests(&app), 1);
}

#[tokio::test]
async fn an_app_that_closes_its_idle_connections_is_never_noticed() {
    // Closes right after each answer without having said so.
    let app = App::scripted(|mut talk: Conversation| async move {
        talk.request().await;
        talk.say(OK).await;
    })
    .await;
    let front = Front::before(&app).await;
    for method in ["GET", "POST", "GET", "DELETE", "POST"] {
        let answer = front.ask(&format!("{method} / HTTP/1.1\r\nHost: h\r\n\r\n")).await;
        assert_eq!(answer.status(), 200, "{method}");
    }
    assert_eq!(requests(&app), 5);
}

// === Time ===

#[tokio::test]
async fn an_app_that_does_not_answer_is_a_timeout() {
    let app = App::scripted(|mut talk: Conversation| async move {
        talk.request().await;
        std::future::pending::<()>().await;
    })
    .await;
    let front = Front::with(HttpSettings { timeout: Some(Duration::from_millis(50)), ..http(&app.endpoint) }).await;
    for request in ["GET / HTTP/1.1\r\nHost: h\r\n\r\n", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"] {
        let answer = front.ask(request).await;
        assert_eq!((answer.status(), answer.body.as_str()), (502, "Timeout"));
    }
}

/// Of time that passes when nothing else can happen.
#[tokio::test(start_paused = true)]
async fn a_body_that_stops_on_its_way_is_not_waited_for_and_a_slow_or_silent_stream_is() {
    const STALL: Duration = Duration::from_mins(10);
    let app = App::answering(OK).await;
    let front = Front::before(&app).await;
    let answered = async |pieces: &[&str], pause: Duration| {
        let mut client = front.client().await;
        for piece in pieces {
            client.say(piece).await;
            tokio::time::sleep(pause).await;
        }
        let begun = tokio::time::Instant::now();
        let mut status = [0; 12];
        timeout(STALL * 2, client.socket.read_exact(&mut status)).await.expect("an answer in time").unwrap();
        (String::from_utf8_lossy(&status).into_owned(), begun.elapsed())
    };
    let (of_length, chunked): (String, String) = ["Content-Length: 4", "Transfer-Encoding: chunked"]
        .map(|by| format!("POST / HTTP/1.1\r\nHost: h\r\n{by}\r\n\r\n"))
        .into();
    let (status, waited) = answered(&[of_length.as_str(), "ab"], Duration::ZERO).await;
    assert_eq!(status, "HTTP/1.1 502");
    assert!((STALL..STALL + Duration::from_secs(30)).contains(&waited), "{waited:?}");
    let (status, _) = answered(&[of_length.as_str(), "a", "b", "c", "d"], STALL * 9 / 10).await;
    assert_eq!(status, "HTTP/1.1 200", "slow");
    let (status, _) = answered(&[chunked.as_str(), "2\r\nab\r\n", "0\r\n\r\n"], STALL * 3).await;
    assert_eq!(status, "HTTP/1.1 200", "without a length");
}

// === Streaming ===

const MANY: usize = 100 * 1024 * 1024;

/// What may be on the way of a stream that nobody reads: Linux lets each of the two connections hold some 10 MiB.
const HELD: usize = 32 * 1024 * 1024;

#[tokio::test]
async fn a_hundred_mebibytes_down_are_streamed_as_fast_as_they_are_read() {
    let sent = Arc::new(AtomicUsize::new(0));
    let count = sent.clone();
    let app = App::scripted(move |mut talk: Conversation| {
        let count = count.clone();
        async move {
            talk.request().await;
            talk.say(format!("HTTP/1.1 200 OK\r\nContent-Length: {MANY}\r\n\r\n")).await;
            let block = vec![b'x'; 64 * 1024];
            while count.load(Ordering::SeqCst) < MANY {
                talk.io.write_all(&block).await.unwrap();
                count.fetch_add(block.len(), Ordering::SeqCst);
            }
        }
    })
    .await;
    let front = Front::before(&app).await;
    let mut client = front.client().await;
    client.say("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    client.head().await;
    settle(&sent).await;
    assert!(sent.load(Ordering::SeqCst) < HELD, "{sent:?} taken from the app while the visitor reads nothing");
    let (mut read, mut block) = (0, vec![0; 256 * 1024]);
    while read < MANY {
        read += client.socket.read(&mut block).await.unwrap();
    }
    assert_eq!(read, MANY);
}

#[tokio::test]
async fn a_hundred_mebibytes_up_are_streamed_as_fast_as_the_app_takes_them() {
    let taken = Arc::new(AtomicUsize::new(0));
    let (go, gone) = tokio::sync::watch::channel(false);
    let count = taken.clone();
    let app = App::scripted(move |mut talk: Conversation| {
        let (count, mut gone) = (count.clone(), gone.clone());
        async move {
            talk.head().await;
            gone.wait_for(|go| *go).await.unwrap();
            let mut block = vec![0; 256 * 1024];
            while count.load(Ordering::SeqCst) < MANY {
                count.fetch_add(talk.io.read(&mut block).await.unwrap(), Ordering::SeqCst);
            }
            talk.say(OK).await;
        }
    })
    .await;
    let front = Front::before(&app).await;
    let client = front.client().await;
    let (mut read, mut write) = client.socket.into_split();
    let given = Arc::new(AtomicUsize::new(0));
    let count = given.clone();
    tokio::spawn(async move {
        let head = format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {MANY}\r\n\r\n");
        write.write_all(head.as_bytes()).await.unwrap();
        let block = vec![b'x'; 64 * 1024];
        while count.load(Ordering::SeqCst) < MANY {
            write.write_all(&block).await.unwrap();
            count.fetch_add(block.len(), Ordering::SeqCst);
        }
        std::future::pending::<()>().await;
    });
    settle(&given).await;
    assert!(given.load(Ordering::SeqCst) < HELD, "{given:?} taken from the visitor while the app reads nothing");
    go.send_replace(true);
    let mut answer = vec![0; 12];
    read.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 200");
    assert_eq!(taken.load(Ordering::SeqCst), MANY);
}

/// Waits until a counter has not moved for a while.
async fn settle(counter: &AtomicUsize) {
    let mut last = usize::MAX;
    while last != counter.load(Ordering::SeqCst) || last == 0 {
        last = counter.load(Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn events_pass_as_they_come() {
    let (go, gone) = tokio::sync::watch::channel(0);
    let app = App::scripted(move |mut talk: Conversation| {
        let mut gone = gone.clone();
        async move {
            talk.request().await;
            talk.say("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n").await;
            for number in 1..=3 {
                talk.say(format!("9\r\ndata: {number}\n\n\r\n")).await;
                gone.wait_for(|gone| *gone >= number).await.unwrap();
            }
            talk.say("0\r\n\r\n").await;
        }
    })
    .await;
    let front = Front::before(&app).await;
    let mut client = front.client().await;
    client.say("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    client.head().await;
    for number in 1..=3 {
        let event = client.exactly("9\r\ndata: 1\n\n\r\n".len()).await;
        assert_eq!(event, format!("9\r\ndata: {number}\n\n\r\n"));
        go.send_replace(number); // only now may the app go on
    }
    assert_eq!(client.exactly(5).await, "0\r\n\r\n");
}

#[tokio::test]
async fn an_early_answer_reaches_the_visitor_and_the_connection_serves_nobody_else() {
    let app = App::scripted(|mut talk: Conversation| async move {
        while let Some(head) = talk.head().await {
            if head.contains("content-length: 1000") {
                talk.say("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n").await;
            } else {
                talk.say(OK).await;
            }
        }
    })
    .await;
    let front = Front::before(&app).await;
    let mut client = front.client().await;
    client.say(format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n{SECOND}")).await;
    assert_eq!(client.answer().await.status(), 413);
    let victim = front.ask("GET /other HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!((victim.status(), victim.body.as_str()), (200, "ok"));
    assert_eq!(app.received().len(), 2, "the unfinished exchange keeps its connection");
}

#[tokio::test]
async fn a_refusal_in_the_middle_of_an_upload_reaches_the_visitor() {
    for is_abrupt in [false, true] {
        let app = App::scripted(move |mut talk: Conversation| async move {
            talk.head().await;
            talk.say("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig").await;
            if !is_abrupt {
                let mut block = vec![0; 64 * 1024];
                while talk.io.read(&mut block).await.is_ok_and(|length| length > 0) {}
            }
        })
        .await;
        let front = Front::before(&app).await;
        for _ in 0..20 {
            let (mut read, mut write) = front.client().await.socket.into_split();
            tokio::spawn(async move {
                let head = format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", 8 << 20);
                let _ = write.write_all(head.as_bytes()).await;
                let _ = write.write_all(&vec![b'x'; 8 << 20]).await;
                std::future::pending::<()>().await;
            });
            let mut answer = vec![0; 12];
            read.read_exact(&mut answer).await.unwrap();
            assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 413", "abrupt: {is_abrupt}");
        }
    }
}

#[tokio::test]
async fn a_unix_socket_is_an_upstream_like_any_other() {
    let dir = tempfile::tempdir().unwrap();
    let app = App::on_unix(&dir.path().join("app.sock"), OK);
    let front = Front::before(&app).await;
    assert_eq!(front.ask("GET /x?y HTTP/1.1\r\nHost: app1.example.com\r\n\r\n").await.status(), 200);
    assert_eq!(front.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi").await.status(), 200);
    let seen = app.only();
    assert!(seen.starts_with("GET /x?y HTTP/1.1\r\n") && seen.contains("host: app1.example.com\r\n"), "{seen}");
}
