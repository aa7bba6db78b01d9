//! A world for one test: an app that records every byte, a front that grants everything, a client that writes raw bytes.

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use http::{Method, Request, Response, StatusCode};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use sidecar_core::{
    Session,
    form::Semicolons,
    policy::{
        Account, Allow, Ask, BypassRules, ClientIp, Constraints, Decision, EmailRules, Grant, Policy, Standing, decide,
    },
};
use sidecar_net::{Endpoint, Proxies};
use sidecar_upstream::{
    Body, Claim, ClientValue, Form, HttpSettings, InjectedHeader, Injection, Kind, OwnCookies, Peer, Serves, Settings,
    Source, Table, UpstreamSettings, Upstreams,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixListener},
    time::timeout,
};

/// A test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(20);

// === The app ===

/// A connection of the app, TCP or unix.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

type Script = Arc<dyn Fn(Conversation) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// An app that keeps every byte of every connection.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) endpoint: Endpoint,
    connections: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// One connection as the app's script sees it.
pub(crate) struct Conversation {
    pub(crate) io: Box<dyn Io>,
    /// How many connections there were before.
    pub(crate) number: usize,
    record: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl App {
    /// Serves each connection by a script.
    pub(crate) async fn scripted<F>(script: impl Fn(Conversation) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Self {
            endpoint: Endpoint::Http { host: address.ip().to_string(), port: address.port() },
            connections: Arc::default(),
        };
        let (script, record): (Script, _) = (Arc::new(move |talk| Box::pin(script(talk))), app.connections.clone());
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(script(Conversation::new(Box::new(socket), record.clone())));
            }
        });
        app
    }

    /// Answers every request with the same bytes.
    pub(crate) async fn answering(answer: impl Into<String>) -> Self {
        let answer = answer.into();
        Self::scripted(move |talk| talk.answer_all(answer.clone())).await
    }

    /// The same on a unix socket.
    pub(crate) fn on_unix(path: &std::path::Path, answer: &'static str) -> Self {
        let listener = UnixListener::bind(path).unwrap();
        let app = Self { endpoint: Endpoint::Unix(path.to_owned()), connections: Arc::default() };
        let record = app.connections.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(Conversation::new(Box::new(socket), record.clone()).answer_all(answer.to_owned()));
            }
        });
        app
    }

    /// Everything that came, connection by connection.
    pub(crate) fn received(&self) -> Vec<String> {
        let connections = self.connections.lock().unwrap();
        connections.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
    }

    /// What came on the only connection.
    pub(crate) fn only(&self) -> String {
        let received = self.received();
        assert_eq!(received.len(), 1, "{received:?}");
        received.into_iter().next().unwrap()
    }
}

impl Conversation {
    fn new(io: Box<dyn Io>, record: Arc<Mutex<Vec<Vec<u8>>>>) -> Self {
        let number = {
            let mut connections = record.lock().unwrap();
            connections.push(Vec::new());
            connections.len() - 1
        };
        Self { io, number, record }
    }

    pub(crate) async fn byte(&mut self) -> Option<u8> {
        let byte = self.io.read_u8().await.ok()?;
        self.record.lock().unwrap()[self.number].push(byte);
        Some(byte)
    }

    pub(crate) async fn head(&mut self) -> Option<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.byte().await?);
        }
        Some(String::from_utf8_lossy(&head).into_owned())
    }

    /// A request with its body, or the end of the connection.
    pub(crate) async fn request(&mut self) -> Option<String> {
        let head = self.head().await?;
        let lower = head.to_ascii_lowercase();
        if let Some(length) = line(&lower, "content-length") {
            for _ in 0..length.parse().unwrap() {
                self.byte().await?;
            }
        } else if lower.contains("transfer-encoding: chunked") {
            let mut body = Vec::new();
            while !body.ends_with(b"0\r\n\r\n") {
                body.push(self.byte().await?);
            }
        }
        Some(head)
    }

    pub(crate) async fn say(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.io.write_all(bytes.as_ref()).await;
        let _ = self.io.flush().await;
    }

    pub(crate) async fn answer_all(mut self, answer: String) {
        while self.request().await.is_some() {
            self.say(&answer).await;
        }
    }
}

/// The value of a header line, names in lower case.
pub(crate) fn line<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.split_once(": ").filter(|(key, _)| *key == name).map(|(_, value)| value))
}

/// All header lines of a head but the first.
pub(crate) fn lines(head: &str) -> Vec<String> {
    let head = head.split("\r\n\r\n").next().unwrap_or_default();
    head.split("\r\n").skip(1).map(str::to_owned).collect()
}

// === The front ===

pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A server that forwards whatever it is sent, for alice, or for nobody if the request says `x-nobody`.
pub(crate) struct Front {
    pub(crate) address: SocketAddr,
    pub(crate) table: Arc<Table>,
}

pub(crate) fn claim(name: &str, claim: &str) -> InjectedHeader {
    InjectedHeader {
        name: name.parse().unwrap(),
        values: vec![Source::Claim { claim: Claim::named(claim), form: Form::Plain }],
        client_value: ClientValue::Remove,
    }
}

/// The headers that v7 injects by default, and those of D38.
pub(crate) fn injection() -> Injection {
    let of = |prefix: &str| {
        ["User", "Email", "Groups", "Preferred-Username"]
            .map(|name| claim(&format!("{prefix}{name}"), &name.to_ascii_lowercase().replace('-', "_")))
    };
    Injection {
        request: [of("X-Forwarded-"), of("X-Auth-Request-")].concat(),
        response: of("X-Auth-Request-").to_vec(),
    }
}

pub(crate) fn http(endpoint: &Endpoint) -> HttpSettings {
    HttpSettings::new(endpoint.clone())
}

impl Front {
    pub(crate) async fn before(app: &App) -> Self {
        Self::with(http(&app.endpoint)).await
    }

    pub(crate) async fn with(settings: HttpSettings) -> Self {
        Self::serving(vec![UpstreamSettings {
            id: "app".into(),
            path: "/".into(),
            serves: Serves::Path,
            kind: Kind::Http(settings),
        }])
        .await
    }

    pub(crate) async fn serving(upstreams: Vec<UpstreamSettings>) -> Self {
        let settings = Settings { upstreams, injection: injection(), ..Settings::default() };
        let own = OwnCookies::new(|name| name.starts_with("_oauth2_proxy"));
        let table = Arc::new(Table::new(&settings, own, &Proxies::Direct).unwrap());
        let upstreams = Arc::new(Upstreams::new(table.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((socket, peer)) = listener.accept().await {
                let upstreams = upstreams.clone();
                let service = service_fn(move |request| serve(upstreams.clone(), request, peer));
                let mut server = http1::Builder::new();
                let connection = server.timer(TokioTimer::new()).serve_connection(TokioIo::new(socket), service);
                tokio::spawn(connection.with_upgrades());
            }
        });
        Self { address, table }
    }

    pub(crate) async fn client(&self) -> Client {
        Client { socket: TcpStream::connect(self.address).await.unwrap() }
    }

    /// Sends one request on a connection of its own.
    pub(crate) async fn ask(&self, request: &str) -> Answer {
        let mut client = self.client().await;
        client.say(request).await;
        client.answer().await
    }
}

async fn serve(
    upstreams: Arc<Upstreams>,
    request: Request<Incoming>,
    peer: SocketAddr,
) -> Result<Response<Body>, std::convert::Infallible> {
    let grant = grant(request.headers().contains_key("x-nobody"));
    match upstreams.forward(request, grant, Peer { ip: Some(peer.ip()) }).await {
        Ok(forwarded) => Ok(forwarded.response),
        Err(error) => {
            let mut response = Response::new(Body::from(format!("{:?}", error.fault())));
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            Ok(response)
        }
    }
}

fn grant(nobody: bool) -> Grant {
    let policy = Policy {
        allow: Allow { emails: EmailRules { any: true, ..EmailRules::default() }, ..Allow::default() },
        bypass: BypassRules { preflight: true, ..BypassRules::default() },
    };
    let session = (!nobody).then(|| {
        Arc::new(Session {
            email: Some("alice@example.com".into()),
            user: Some("alice".into()),
            groups: vec!["dev".into(), "ops".into()],
            ..Session::default()
        })
    });
    let constraints = Constraints::parse(None, Semicolons::Refused);
    let ask = Ask {
        method: &Method::OPTIONS,
        target: "/",
        client: ClientIp::Unknown,
        constraints: &constraints,
        account: Account::Provider,
        standing: Standing::Met,
    };
    match decide(&policy, &ask, session) {
        Ok(Decision::Allow(grant)) => grant,
        other => panic!("{other:?}"),
    }
}

// === The client ===

/// A connection to the front on which bytes are written unchanged.
pub(crate) struct Client {
    pub(crate) socket: TcpStream,
}

/// An answer as it stood on the wire.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: String,
    /// Whether the connection ended before the body did.
    pub(crate) is_cut: bool,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap_or_default().parse().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        line(&self.head, name)
    }

    /// Header lines of that name.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let named = |line: &'_ str| line.split(": ").next() == Some(name);
        self.head.lines().filter(|line| named(line)).filter_map(|line| line.split_once(": ")).map(|(_, v)| v).collect()
    }
}

impl Client {
    pub(crate) async fn say(&mut self, bytes: impl AsRef<[u8]>) {
        self.socket.write_all(bytes.as_ref()).await.unwrap();
    }

    pub(crate) async fn byte(&mut self) -> Option<u8> {
        timeout(PATIENCE, self.socket.read_u8()).await.expect("an answer in time").ok()
    }

    pub(crate) async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Some(byte) = self.byte().await else { break };
            head.push(byte);
        }
        String::from_utf8_lossy(&head).into_owned()
    }

    pub(crate) async fn exactly(&mut self, length: usize) -> String {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let Some(byte) = self.byte().await else { break };
            bytes.push(byte);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// One answer with its body: by length, by chunks, or to the end of the connection.
    pub(crate) async fn answer(&mut self) -> Answer {
        let head = self.head().await;
        let mut body = Vec::new();
        let mut is_cut = head.is_empty();
        if let Some(length) = line(&head, "content-length") {
            let length: usize = length.parse().unwrap();
            body = self.exactly(length).await.into_bytes();
            is_cut = body.len() < length;
        } else if line(&head, "transfer-encoding") == Some("chunked") {
            while !body.ends_with(b"0\r\n\r\n") {
                let Some(byte) = self.byte().await else {
                    is_cut = true;
                    break;
                };
                body.push(byte);
                if body.ends_with(b"\r\n\r\n") && body.windows(3).any(|w| w == b"0\r\n") {
                    break; // trailers
                }
            }
        }
        Answer { head, body: String::from_utf8_lossy(&body).into_owned(), is_cut }
    }

    /// Whatever else comes until the connection ends.
    pub(crate) async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        let _ = timeout(PATIENCE, self.socket.read_to_end(&mut rest)).await.expect("the end of the connection");
        String::from_utf8_lossy(&rest).into_owned()
    }
}
