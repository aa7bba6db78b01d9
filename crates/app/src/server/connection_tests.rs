//! Connections over real sockets. Time is tokio's: it passes when nothing else can happen.

use std::cell::Cell;
use std::ffi::OsString;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Context;
use std::time::Duration;

use http_body_util::BodyExt as _;
use http_body_util::Full;
use http_body_util::combinators::BoxBody;
use hyper::body::Frame;
use rustix::net::sockopt;
use sidecar_config::Command;
use sidecar_gateway::{Gateway, Peer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::*;
use crate::app::{App, Lasting};
use crate::limits::{HEAD_TIME, REST_TIME, SCARCE_TIME, STALL_TIME};
use crate::run::Nowhere;
use crate::server::slots::Slots;
use crate::server::wire::PREFACE;

type TextAnswer = Response<BoxBody<Bytes, BoxError>>;

/// More than the buffers of a socket take.
const LONG: usize = 64 << 20;
const MEDIUM: usize = 1 << 20;

fn text(body: impl Into<Bytes>) -> TextAnswer {
    Response::new(Full::new(body.into()).map_err(|never| match never {}).boxed())
}

thread_local! {
    /// What has been read of bodies without end.
    static READ: Cell<usize> = const { Cell::new(0) };
}

/// A body without end, of a kibibyte at a time.
struct Counted;

impl Body for Counted {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        READ.set(READ.get() + 1024);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0; 1024])))))
    }
}

struct Clerk;

impl Answer for Clerk {
    type Body = BoxBody<Bytes, BoxError>;

    async fn answer(&self, request: Request<Incoming>, _peer: Peer) -> TextAnswer {
        match request.uri().path() {
            "/panic" => panic!("as asked"),
            "/long" => text(vec![b'x'; LONG]),
            "/medium" => text(vec![b'x'; MEDIUM]),
            "/counted" => Response::new(BoxBody::new(Counted)),
            "/never" => std::future::pending().await,
            _ => text("fine"),
        }
    }
}

fn guest(drain: watch::Receiver<bool>) -> Guest<Clerk> {
    guest_of(Clerk, drain)
}

fn guest_of<A>(answers: A, drain: watch::Receiver<bool>) -> Guest<A> {
    let current = Rc::new(Current::new(answers));
    Guest { current, peer: Peer::Unix, limits: Limits { head_bytes: 64 * 1024 }, drain }
}

/// A client whose connection is served with one of these slots, and the task that does.
async fn client(slots: &Slots) -> (TcpStream, tokio::task::JoinHandle<()>) {
    client_of(Clerk, slots).await
}

/// The same, answered by somebody else.
async fn client_of(answers: impl Answer, slots: &Slots) -> (TcpStream, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (socket, _) = listener.accept().await.unwrap();
    let slot = slots.take().await;
    let serving = tokio::task::spawn_local(async move {
        // Nobody drains: the sender lives as long as this.
        let (_sender, drain) = watch::channel(false);
        serve(Accepted::Tcp(socket.into_std().unwrap()), slot, guest_of(answers, drain)).await;
    });
    (client, serving)
}

/// Runs on a thread of its own, as workers do.
pub(crate) fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test);
}

async fn ask(client: &mut TcpStream, target: &str) -> String {
    client.write_all(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let length = client.read(&mut answer).await.unwrap();
    answer.truncate(length);
    String::from_utf8(answer).unwrap()
}

/// How long the connection is served, from now on.
async fn served_for(serving: tokio::task::JoinHandle<()>) -> Duration {
    let begun = Instant::now();
    serving.await.unwrap();
    begun.elapsed()
}

#[test]
fn a_panic_is_a_500_for_its_request_alone() {
    run(async {
        let slots = Slots::new(8);
        let (mut first, _serving) = client(&slots).await;
        let (mut second, _serving) = client(&slots).await;
        assert!(ask(&mut first, "/panic").await.starts_with("HTTP/1.1 500 "));
        assert!(ask(&mut first, "/").await.ends_with("fine"), "the same connection goes on");
        assert!(ask(&mut second, "/").await.ends_with("fine"));
        assert!(ask(&mut second, "/panic").await.starts_with("HTTP/1.1 500 "));
    });
}

#[test]
fn a_head_that_does_not_end_is_not_waited_for() {
    run(async {
        let slots = Slots::new(8);
        for begun in ["", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow"] {
            let (mut client, serving) = client(&slots).await;
            client.write_all(begun.as_bytes()).await.unwrap();
            let time = served_for(serving).await;
            assert!((HEAD_TIME..HEAD_TIME + Duration::from_secs(15)).contains(&time), "{begun:?}: {time:?}");
        }
    });
}

#[test]
fn a_head_that_trickles_is_not_waited_for() {
    run(async {
        let (mut client, serving) = client(&Slots::new(8)).await;
        let trickle = tokio::task::spawn_local(async move {
            for byte in "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ".bytes().chain(std::iter::repeat(b'x')) {
                if client.write_all(&[byte]).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_secs(3)).await;
            }
        });
        assert!(served_for(serving).await < HEAD_TIME + Duration::from_secs(15));
        trickle.abort();
    });
}

/// A gateway that needs nobody else.
pub(crate) fn gateway() -> Gateway {
    let flags = [
        "--provider=github",
        "--client-id=app",
        "--client-secret=secret",
        "--cookie-secret=0123456789abcdef",
        "--email-domain=*",
        "--upstream=static://200",
    ];
    let Ok(Command::Run(config)) = sidecar_config::load(&flags.map(OsString::from), &[]) else {
        panic!("sound settings")
    };
    let lasting = Lasting::for_a_look(Arc::new(Nowhere));
    App::build(&config, &lasting, tokio::runtime::Handle::current()).unwrap().gateway
}

#[test]
fn a_form_that_does_not_arrive_is_answered_with_408_and_its_code() {
    run(async {
        let (mut client, _serving) = client_of(gateway(), &Slots::new(8)).await;
        let begun = Instant::now();
        let head = "POST /oauth2/start HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                    Content-Length: 20\r\n\r\nrd=%2Fhalf";
        client.write_all(head.as_bytes()).await.unwrap();
        let mut said = String::new();
        client.read_to_string(&mut said).await.unwrap();
        let (head, page) = said.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 408 "), "{said}");
        assert!(head.contains("x-auth-request-error: E-REQUEST-TIMEOUT"), "{said}");
        assert!(page.contains("E-REQUEST-TIMEOUT"), "{said}");
        assert!((Duration::from_secs(30)..Duration::from_secs(40)).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    });
}

#[test]
fn a_connection_may_rest_for_longer_than_a_head_may_take() {
    run(async {
        let (mut client, serving) = client(&Slots::new(8)).await;
        ask(&mut client, "/").await;
        tokio::time::sleep(HEAD_TIME * 10).await;
        assert!(ask(&mut client, "/").await.ends_with("fine"));
        let time = served_for(serving).await;
        assert!((REST_TIME..REST_TIME + Duration::from_secs(15)).contains(&time), "{time:?}");
    });
}

#[test]
fn a_client_that_takes_nothing_of_its_answer_is_not_waited_for() {
    run(async {
        let (mut client, serving) = client(&Slots::new(8)).await;
        client.write_all(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let time = served_for(serving).await;
        assert!((STALL_TIME..STALL_TIME + Duration::from_mins(1)).contains(&time), "{time:?}");
    });
}

/// A frame of HTTP/2 (RFC 9113 §4.1).
fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    [&[0, 0, length, kind, flags, 0, 0, 0, stream], payload].concat()
}

/// A whole request; the names of its fields are numbers of HPACK's table.
fn get(stream: u8, path: &str) -> Vec<u8> {
    let length = u8::try_from(path.len()).unwrap();
    frame(1, 5, stream, &[&[0x82, 0x86, 1, 1, b'x', 4, length], path.as_bytes()].concat())
}

/// The kind, the stream and the payload of the next frame.
async fn next_frame(client: &mut TcpStream) -> (u8, u8, Vec<u8>) {
    let mut begin = [0; 9];
    client.read_exact(&mut begin).await.unwrap();
    let [high, middle, low, kind, .., stream] = begin;
    let mut payload = vec![0; usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low)];
    client.read_exact(&mut payload).await.unwrap();
    (kind, stream, payload)
}

#[test]
fn a_request_whose_client_opens_no_window_for_the_answer_is_not_waited_for_and_its_connection_goes_on() {
    run(async {
        let (mut client, _serving) = client(&Slots::new(8)).await;
        let no_window = frame(4, 0, 0, &[0, 4, 0, 0, 0, 0]);
        client.write_all(&[PREFACE, &no_window[..], &get(1, "/medium")].concat()).await.unwrap();
        let begun = Instant::now();
        let reason = loop {
            assert!(begun.elapsed() < STALL_TIME * 2);
            if time::timeout(Duration::from_mins(1), client.readable()).await.is_err() {
                let ping = frame(6, 0, 0, &[0; 8]);
                client.write_all(&ping).await.unwrap();
            } else if let (3, 1, reason) = next_frame(&mut client).await {
                break reason;
            }
        };
        assert_eq!(reason, [0, 0, 0, 8], "CANCEL");
        assert!((STALL_TIME..STALL_TIME + Duration::from_mins(1)).contains(&begun.elapsed()), "{:?}", begun.elapsed());
        client.write_all(&get(3, "/")).await.unwrap();
        while !matches!(next_frame(&mut client).await, (1, 3, _)) {}
    });
}

#[test]
fn an_answer_that_is_not_taken_is_not_read_from_the_app_either() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        // The sockets hold next to nothing, so that what is held is ours.
        sockopt::set_socket_send_buffer_size(&listener, 4096).unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        sockopt::set_socket_recv_buffer_size(&client, 4096).unwrap();
        let (socket, _) = listener.accept().await.unwrap();
        tokio::task::spawn_local(async move {
            let (_sender, drain) = watch::channel(false);
            serve(Accepted::Tcp(socket.into_std().unwrap()), Slot::for_tests(), guest(drain)).await;
        });
        // All may be sent that there is, and nothing is taken.
        let window = frame(4, 0, 0, &[0, 4, 0x7f, 0xff, 0xff, 0xff]);
        let more = frame(8, 0, 0, &[0x7f, 0, 0, 0]);
        client.write_all(&[PREFACE, &window[..], &more[..], &get(1, "/counted")].concat()).await.unwrap();
        while READ.get() == 0 {
            time::sleep(Duration::from_secs(1)).await;
        }
        time::sleep(Duration::from_secs(30)).await;
        let read = READ.get();
        assert!((SEND_BUFFER..2 * SEND_BUFFER).contains(&read), "{read}");
    });
}

#[test]
fn an_http2_connection_that_does_not_hear_of_its_end_is_cut() {
    run(async {
        let (mut client, serving) = client(&Slots::new(8)).await;
        client.write_all(&[PREFACE, &frame(4, 0, 0, &[])[..], &get(1, "/")].concat()).await.unwrap();
        let time = served_for(serving).await;
        let earliest = REST_TIME + FAREWELL;
        assert!((earliest..earliest + Duration::from_secs(15)).contains(&time), "{time:?}");
    });
}

#[test]
fn a_client_that_takes_its_answer_slowly_gets_all_of_it() {
    run(async {
        // The kernel's buffers move in the world's time; these do not.
        let (mut client, socket) = tokio::io::duplex(64 * 1024);
        tokio::task::spawn_local(async move {
            let (_sender, drain) = watch::channel(false);
            let phase = Phase::new(Slot::for_tests());
            let wire = Wire::new(socket, phase.clone());
            serve_http1(wire, guest(drain), &phase, pin!(phase.overdue())).await;
        });
        client.write_all(b"GET /medium HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut piece = vec![0; 32 * 1024];
        let mut length = 0;
        loop {
            tokio::time::sleep(STALL_TIME / 2).await;
            match client.read(&mut piece).await.unwrap() {
                0 => break,
                more => length += more,
            }
        }
        assert!(length > MEDIUM, "{length}");
    });
}

#[test]
fn a_request_that_takes_long_is_waited_for_however_few_slots_there_are() {
    run(async {
        let slots = Slots::new(1);
        let (mut client, serving) = client(&slots).await;
        client.write_all(b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        tokio::time::sleep(Duration::from_hours(48)).await;
        assert!(!serving.is_finished());
    });
}

#[test]
fn idle_connections_make_room_when_they_are_too_many() {
    run(async {
        let slots = Slots::new(2);
        let (mut idle, serving) = client(&slots).await;
        ask(&mut idle, "/").await;
        let (mut other, _serving) = client(&slots).await;
        ask(&mut other, "/").await;
        let waited = Instant::now();
        let _third = client(&slots).await;
        assert!(waited.elapsed() < SCARCE_TIME + Duration::from_secs(10), "{:?}", waited.elapsed());
        served_for(serving).await;
    });
}
