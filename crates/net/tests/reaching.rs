//! Connections over real sockets: TLS, proxies, unix sockets, kept connections.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::{body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use sidecar_net::{
    Connector, DialError, Dialer, Endpoint, KeepAlive, Pool, PoolSettings, Protocols, Proxies, ProxyEnv, Roots, Stage,
    Timeouts, Tls, TlsSettings, Verify,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixListener},
    sync::mpsc,
};
use tokio_rustls::TlsAcceptor;

fn plain() -> Dialer {
    Dialer::new(Tls::new(&TlsSettings::default()).unwrap(), Proxies::Direct)
}

fn http(address: SocketAddr) -> Endpoint {
    Endpoint::Http { host: address.ip().to_string(), port: address.port() }
}

async fn head(io: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match io.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

async fn answer(io: &mut (impl AsyncWrite + Unpin), body: &str) {
    let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    io.write_all(text.as_bytes()).await.unwrap();
}

fn get(uri: String) -> Request<Empty<Bytes>> {
    Request::get(uri).body(Empty::new()).unwrap()
}

/// An app that answers every request of every connection with the request's head, and counts its connections.
async fn echo() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, connections) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let count = connections.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                loop {
                    let head = head(&mut socket).await;
                    if head.is_empty() {
                        return;
                    }
                    answer(&mut socket, &head).await;
                }
            });
        }
    });
    (address, connections)
}

async fn body_of(pool: &Pool<Empty<Bytes>>, uri: String) -> String {
    let response = pool.request(get(uri)).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

// === TLS ===

struct TlsServer {
    address: SocketAddr,
    certificate: String,
}

async fn tls_server(name: &str) -> TlsServer {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            if let Ok(mut session) = acceptor.accept(socket).await {
                tokio::spawn(async move {
                    let head = head(&mut session).await;
                    answer(&mut session, &head).await;
                    session.flush().await.unwrap();
                });
            }
        }
    });
    TlsServer { address, certificate: cert.pem() }
}

fn trusting(pem: &str) -> Tls {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ca.pem");
    std::fs::write(&path, pem).unwrap();
    let roots = Roots::Files { files: vec![path], and_system: false };
    Tls::new(&TlsSettings { roots, verify: Verify::Full }).unwrap()
}

#[tokio::test]
async fn a_server_with_a_trusted_certificate_of_its_name_is_spoken_to() {
    let server = tls_server("localhost").await;
    let dialer = Dialer::new(trusting(&server.certificate), Proxies::Direct);
    let pool = Pool::new(Connector::by_uri(dialer), &PoolSettings::default());
    let seen = body_of(&pool, format!("https://localhost:{}/x?y", server.address.port())).await;
    assert!(seen.starts_with("GET /x?y HTTP/1.1\r\n"), "{seen}");
}

#[tokio::test]
async fn a_stranger_and_a_wrong_name_fail_in_the_handshake() {
    let (server, other) = (tls_server("other.test").await, tls_server("localhost").await);
    let endpoint = Endpoint::Https { host: "localhost".into(), port: server.address.port() };
    for tls in [trusting(&other.certificate), trusting(&server.certificate), Tls::new(&TlsSettings::default()).unwrap()]
    {
        let error = Dialer::new(tls, Proxies::Direct).dial(&endpoint).await.unwrap_err();
        assert_eq!(error.stage(), Stage::Tls);
        assert!(!error.is_timeout());
        assert_eq!(error.target(), format!("localhost:{}", server.address.port()));
    }
}

#[tokio::test]
async fn insecure_skip_takes_any_certificate() {
    let server = tls_server("other.test").await;
    let tls = Tls::new(&TlsSettings { verify: Verify::InsecureSkip, roots: Roots::System }).unwrap();
    let endpoint = Endpoint::Https { host: "127.0.0.1".into(), port: server.address.port() };
    Dialer::new(tls, Proxies::Direct).dial(&endpoint).await.unwrap();
}

// === Failures ===

#[tokio::test]
async fn a_closed_port_is_a_connect_error_below_the_pools_error() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let pool = Pool::new(Connector::by_uri(plain()), &PoolSettings::default());
    let error = pool.request(get(format!("http://127.0.0.1:{port}/"))).await.unwrap_err();
    let dial = DialError::find(&error).unwrap();
    assert_eq!((dial.stage(), dial.is_timeout()), (Stage::Connect, false));
    assert_eq!(dial.to_string(), format!("cannot connect to 127.0.0.1:{port}"));
}

#[tokio::test]
async fn a_silent_tls_server_is_a_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Endpoint::Https { host: "127.0.0.1".into(), port: listener.local_addr().unwrap().port() };
    tokio::time::pause();
    let error = plain().dial(&endpoint).await.unwrap_err();
    assert_eq!((error.stage(), error.is_timeout()), (Stage::Tls, true));
}

#[tokio::test]
async fn a_missing_socket_is_a_connect_error() {
    let error = plain().dial(&Endpoint::Unix("/nowhere/app.sock".into())).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot connect to unix:/nowhere/app.sock");
    assert_eq!(error.stage(), Stage::Connect);
}

// === Kept connections ===

#[tokio::test]
async fn a_kept_connection_serves_the_next_request() {
    let (address, connections) = echo().await;
    let pool = Pool::new(Connector::to(plain(), http(address)), &PoolSettings::default());
    for path in ["/one", "/two?", "/three?a=%zz;b"] {
        let seen = body_of(&pool, format!("http://any.name{path}")).await;
        assert!(seen.starts_with(&format!("GET {path} HTTP/1.1\r\n")), "{seen}");
        assert!(seen.to_lowercase().contains("host: any.name\r\n"), "{seen}");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_connection_whose_answer_is_not_read_yet_serves_nobody_else() {
    let (address, connections) = echo().await;
    let pool = Pool::new(Connector::to(plain(), http(address)), &PoolSettings::default());
    // Longer than what is read from a socket before anybody asks for it.
    let long = "x".repeat(60_000);
    let unread = pool.request(get(format!("http://app/{long}"))).await.unwrap();
    body_of(&pool, "http://app/two".into()).await;
    assert_eq!(connections.load(Ordering::SeqCst), 2);
    unread.into_body().collect().await.unwrap();
    for path in ["three", "four"] {
        body_of(&pool, format!("http://app/{path}")).await;
    }
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn no_connection_is_used_after_its_idle_time() {
    let (address, connections) = echo().await;
    let settings = PoolSettings { idle_timeout: Duration::from_secs(90), ..PoolSettings::default() };
    let pool = Pool::new(Connector::by_uri(plain()), &settings);
    let uri = format!("http://{address}/");
    tokio::time::pause();
    for (pause, made) in [(89, 1), (89, 1), (91, 2)] {
        body_of(&pool, uri.clone()).await;
        tokio::time::advance(Duration::from_secs(pause)).await;
        body_of(&pool, uri.clone()).await;
        assert_eq!(connections.load(Ordering::SeqCst), made);
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_in_time_and_so_are_those_of_a_dropped_pool() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let pool = Pool::new(Connector::to(plain(), http(address)), &PoolSettings::default());
    for drops in [false, true] {
        let asking = pool.clone();
        let asked = tokio::spawn(async move { body_of(&asking, "http://app/".into()).await });
        let (mut socket, _) = listener.accept().await.unwrap();
        head(&mut socket).await;
        answer(&mut socket, "").await;
        asked.await.unwrap();
        if drops {
            drop(pool);
            assert_eq!(socket.read(&mut [0]).await.unwrap(), 0);
            return;
        }
        tokio::time::pause();
        assert_eq!(socket.read(&mut [0]).await.unwrap(), 0, "time goes by until it is closed");
        tokio::time::resume();
    }
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_meanwhile_is_replaced() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let head = head(&mut socket).await;
            answer(&mut socket, &head).await;
        }
    });
    let pool = Pool::new(Connector::to(plain(), http(address)), &PoolSettings::default());
    for path in ["/one", "/two", "/three"] {
        assert!(body_of(&pool, format!("http://app{path}")).await.starts_with(&format!("GET {path} ")));
    }
}

#[tokio::test]
async fn without_keep_alive_each_request_has_its_connection() {
    let (address, connections) = echo().await;
    let settings = PoolSettings { keep_alive: KeepAlive::Off, ..PoolSettings::default() };
    let pool = Pool::new(Connector::to(plain(), http(address)), &settings);
    for _ in 0..3 {
        let seen = body_of(&pool, "http://app/".into()).await;
        assert!(seen.to_lowercase().contains("connection: close\r\n"), "{seen}");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 3);
}

/// An app of HTTP/2 that answers with a head of so many bytes, and counts its connections.
async fn http2_app(head: usize) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, connections) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let count = connections.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let service = service_fn(move |_: Request<Incoming>| async move {
                let long = HeaderValue::try_from("x".repeat(head)).unwrap();
                Response::builder().header("x-long", long).body(Empty::<Bytes>::new())
            });
            tokio::spawn(http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), service));
        }
    });
    (address, connections)
}

fn http2_pool(address: SocketAddr) -> Pool<Empty<Bytes>> {
    let settings = PoolSettings { protocols: Protocols::Http2, ..PoolSettings::default() };
    Pool::new(Connector::to(plain(), http(address)), &settings)
}

#[tokio::test]
async fn one_connection_of_http2_carries_a_hundred_requests_and_the_next_has_another() {
    let (address, connections) = http2_app(0).await;
    let pool = http2_pool(address);
    let mut answers = Vec::new();
    for _ in 0..100 {
        answers.push(pool.request(get("http://app/".into())).await.unwrap());
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    answers.push(pool.request(get("http://app/".into())).await.unwrap());
    assert_eq!(connections.load(Ordering::SeqCst), 2);
    drop(answers);
    pool.request(get("http://app/".into())).await.unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn an_answer_of_http2_has_a_head_of_bounded_size() {
    for (head, taken) in [(100 * 1024, true), (250 * 1024, true), (257 * 1024, false), (1024 * 1024, false)] {
        let (address, _) = http2_app(head).await;
        let answer = http2_pool(address).request(get("http://app/".into())).await;
        assert_eq!(answer.is_ok(), taken, "{head}");
    }
}

#[tokio::test]
async fn a_unix_socket_serves_http() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("app.sock");
    let listener = UnixListener::bind(&path).unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let head = head(&mut socket).await;
        answer(&mut socket, &head).await;
    });
    let pool = Pool::new(Connector::to(plain(), Endpoint::Unix(path)), &PoolSettings::default());
    assert!(body_of(&pool, "http://localhost/a".into()).await.starts_with("GET /a HTTP/1.1\r\n"));
}

// === Proxies ===

/// A proxy that tells the head it was sent and then does as `status` says: 200 opens the tunnel to `target`.
async fn proxy(status: u16, target: Option<SocketAddr>) -> (SocketAddr, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (tell, told) = mpsc::channel(4);
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tell.send(head(&mut socket).await).await.unwrap();
            let line = format!("HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n\r\n");
            let line = if status == 200 && target.is_some() { "HTTP/1.1 200 OK\r\n\r\n".into() } else { line };
            socket.write_all(line.as_bytes()).await.unwrap();
            if let Some(target) = target {
                let mut app = TcpStream::connect(target).await.unwrap();
                tokio::spawn(async move { tokio::io::copy_bidirectional(&mut socket, &mut app).await });
            }
        }
    });
    (address, told)
}

fn through(address: SocketAddr) -> Proxies {
    let url = format!("http://user:pa%3Ass@{address}");
    let lookup =
        |name: &str| name.ends_with("_PROXY").then(|| if name == "NO_PROXY" { String::new() } else { url.clone() });
    Proxies::Environment(ProxyEnv::read(lookup).unwrap())
}

/// `user:pa:ss` in base64.
const BASIC: &str = "Basic dXNlcjpwYTpzcw==";

#[tokio::test]
async fn plain_http_goes_to_the_proxy_in_absolute_form_with_credentials() {
    let (address, mut told) = proxy(200, None).await;
    let dialer = Dialer::new(Tls::new(&TlsSettings::default()).unwrap(), through(address));
    for connector in [
        Connector::by_uri(dialer.clone()),
        Connector::to(dialer.clone(), Endpoint::Http { host: "app.test".into(), port: 80 }),
    ] {
        let pool = Pool::new(connector, &PoolSettings::default());
        assert_eq!(pool.request(get("http://app.test/x?y=1".into())).await.unwrap().status(), 200);
        let head = told.recv().await.unwrap();
        assert!(head.starts_with("GET http://app.test/x?y=1 HTTP/1.1\r\n"), "{head}");
        assert!(head.to_lowercase().contains("host: app.test\r\n"), "{head}");
        assert!(head.contains(BASIC), "{head}");
    }
}

#[tokio::test]
async fn https_goes_through_a_tunnel_and_the_credentials_stay_at_the_proxy() {
    let server = tls_server("app.test").await;
    let (address, mut told) = proxy(200, Some(server.address)).await;
    let dialer = Dialer::new(trusting(&server.certificate), through(address));
    let pool = Pool::new(Connector::by_uri(dialer), &PoolSettings::default());
    let seen = body_of(&pool, "https://app.test:8443/in".into()).await;
    assert!(seen.starts_with("GET /in HTTP/1.1\r\n") && !seen.contains(BASIC), "{seen}");
    let head = told.recv().await.unwrap();
    assert!(head.starts_with("CONNECT app.test:8443 HTTP/1.1\r\nHost: app.test:8443\r\n"), "{head}");
    assert!(head.contains(BASIC), "{head}");
}

#[tokio::test]
async fn a_proxy_that_refuses_is_a_proxy_error_with_its_status() {
    let (address, _told) = proxy(407, None).await;
    let dialer = Dialer::new(Tls::new(&TlsSettings::default()).unwrap(), through(address));
    let endpoint = Endpoint::Https { host: "app.test".into(), port: 443 };
    let error = dialer.dial(&endpoint).await.unwrap_err();
    assert_eq!((error.stage(), error.target()), (Stage::Proxy, address.to_string().as_str()));
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("407"));
}

#[tokio::test]
async fn a_proxy_whose_answer_has_no_end_is_not_read_to_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        while socket.write_all(b"HTTP/1.1 200 OK\r\nX: y\r\n").await.is_ok() {}
    });
    let dialer = Dialer::new(Tls::new(&TlsSettings::default()).unwrap(), through(address));
    let endpoint = Endpoint::Https { host: "app.test".into(), port: 443 };
    let error = dialer.dial(&endpoint).await.unwrap_err();
    assert_eq!((error.stage(), error.is_timeout()), (Stage::Proxy, false));
}

#[tokio::test]
async fn a_connection_that_is_slow_to_be_made_is_a_timeout() {
    // A listener whose queue is full answers no more SYNs.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let dialer = plain().with_timeouts(Timeouts { connect: Duration::from_millis(200), ..Timeouts::default() });
    let mut held = Vec::new();
    for _ in 0..16 {
        match dialer.dial(&http(address)).await {
            Ok(stream) => held.push(stream),
            Err(error) => {
                assert_eq!((error.stage(), error.is_timeout()), (Stage::Connect, true));
                return;
            }
        }
    }
    panic!("the queue took {} connections", held.len());
}
