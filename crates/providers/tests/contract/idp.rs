//! A provider made of prepared replies: it says what a test tells it to, however wrong, and remembers what it was asked.

use std::collections::{HashMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

pub(crate) const DISCOVERY: &str = "/.well-known/openid-configuration";
pub(crate) const KEYS: &str = "/keys";
pub(crate) const TOKEN: &str = "/token";
pub(crate) const USERINFO: &str = "/userinfo";

/// The time of day in every test.
pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

const NOW: u64 = 1_800_000_000;

/// What is said to one request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// 200 with a JSON body.
    Json(Value),
    /// Anything else that is a complete answer.
    Raw { status: u16, headers: Vec<(&'static str, String)>, body: Vec<u8> },
    /// A head that promises more than comes.
    Truncated,
    /// Nothing: the connection is closed.
    Closed,
    /// Nothing: the connection stays.
    Silence,
}

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self::Raw { status, headers: Vec::new(), body: b"marked-body".to_vec() }
    }

    pub(crate) fn body(body: impl Into<Vec<u8>>) -> Self {
        Self::Raw { status: 200, headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn redirect(status: u16, location: String) -> Self {
        Self::Raw { status, headers: vec![("location", location)], body: Vec::new() }
    }

    /// Whether it is a complete answer of an ordinary size with the status 200.
    pub(crate) fn is_success(&self) -> bool {
        match self {
            Self::Json(_) => true,
            Self::Raw { status, body, .. } => *status == 200 && body.len() < 1024 * 1024,
            Self::Truncated | Self::Closed | Self::Silence => false,
        }
    }

    pub(crate) fn error(status: u16, error: &str) -> Self {
        Self::Raw { status, headers: Vec::new(), body: json!({ "error": error }).to_string().into_bytes() }
    }
}

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

#[derive(Default)]
struct Script {
    replies: HashMap<String, VecDeque<Reply>>,
    seen: Vec<Seen>,
}

/// The provider. It ends when it is dropped.
pub(crate) struct Idp {
    address: SocketAddr,
    script: Arc<Mutex<Script>>,
    asked: Arc<Notify>,
    serving: JoinHandle<()>,
    key: Mutex<SigningKey>,
}

impl Drop for Idp {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Idp {
    /// A provider with metadata and one key; every other path answers 404 until it is told.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (script, asked) = (Arc::<Mutex<Script>>::default(), Arc::<Notify>::default());
        let serving = tokio::spawn(serve(listener, Arc::clone(&script), Arc::clone(&asked)));
        let idp = Self { address, script, asked, serving, key: Mutex::new(SigningKey::new("k1")) };
        idp.says(DISCOVERY, Reply::Json(idp.metadata()));
        idp.says(KEYS, Reply::Json(json!({ "keys": [idp.jwk()] })));
        idp
    }

    pub(crate) fn issuer(&self) -> String {
        self.url("")
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn metadata(&self) -> Value {
        json!({
            "issuer": self.issuer(),
            "authorization_endpoint": self.url("/authorize"),
            "token_endpoint": self.url(TOKEN),
            "userinfo_endpoint": self.url(USERINFO),
            "jwks_uri": self.url(KEYS),
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["ES256"],
        })
    }

    /// From now on, `path` is answered like this.
    pub(crate) fn says(&self, path: &str, reply: Reply) {
        self.says_in_turn(path, [reply]);
    }

    /// The replies in their order; the last one stays.
    pub(crate) fn says_in_turn(&self, path: &str, replies: impl IntoIterator<Item = Reply>) {
        self.lock().replies.insert(path.to_owned(), replies.into_iter().collect());
    }

    /// What came to `path` so far.
    pub(crate) fn seen(&self, path: &str) -> Vec<Seen> {
        self.lock().seen.iter().filter(|seen| seen.path == path).cloned().collect()
    }

    pub(crate) fn count(&self, path: &str) -> usize {
        self.seen(path).len()
    }

    /// Waits until `path` was asked for `times` times.
    pub(crate) async fn asked(&self, path: &str, times: usize) {
        while self.count(path) < times {
            self.asked.notified().await;
        }
    }

    /// The claims of a token that is good for the login with this nonce.
    pub(crate) fn claims(&self, nonce: &str) -> Value {
        json!({
            "iss": self.issuer(), "aud": "app", "sub": "alice-id", "nonce": nonce, "iat": NOW, "exp": NOW + 3600,
            "email": "alice@example.com", "email_verified": true, "preferred_username": "alice", "groups": ["staff"],
        })
    }

    /// Signs with the present key.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.key.lock().unwrap().sign(claims)
    }

    /// From now on another key signs; the key set says so only when it is told.
    pub(crate) fn rotate(&self, kid: &'static str) {
        *self.key.lock().unwrap() = SigningKey::new(kid);
    }

    pub(crate) fn jwk(&self) -> Value {
        self.key.lock().unwrap().jwk()
    }

    fn lock(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }
}

/// A token answer with everything in it.
pub(crate) fn tokens(id_token: &str) -> Reply {
    Reply::Json(json!({
        "access_token": "marked-access", "token_type": "Bearer", "expires_in": 300,
        "refresh_token": "marked-refresh", "id_token": id_token,
    }))
}

pub(crate) struct SigningKey {
    pair: EcdsaKeyPair,
    kid: &'static str,
}

impl SigningKey {
    pub(crate) fn new(kid: &'static str) -> Self {
        Self { pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(), kid }
    }

    fn jwk(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({"kty": "EC", "crv": "P-256", "kid": self.kid, "x": text(&point[1..33]), "y": text(&point[33..])})
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": "ES256", "typ": "JWT", "kid": self.kid});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", part(&header), part(claims));
        let signature = self.pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

async fn serve(listener: TcpListener, script: Arc<Mutex<Script>>, asked: Arc<Notify>) {
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        tokio::spawn(answer(socket, Arc::clone(&script), Arc::clone(&asked)));
    }
}

/// Reads one request and says what it is told to; then the connection ends.
async fn answer(mut socket: TcpStream, script: Arc<Mutex<Script>>, asked: Arc<Notify>) -> Option<()> {
    let seen = read(&mut socket).await?;
    let reply = {
        let mut script = script.lock().unwrap();
        script.seen.push(seen.clone());
        let replies = script.replies.entry(seen.path).or_default();
        if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() }
    };
    asked.notify_waiters();
    let (status, headers, body, length) = match reply.unwrap_or_else(|| Reply::status(404)) {
        Reply::Json(value) => {
            let body = value.to_string().into_bytes();
            (200, vec![("content-type", "application/json; charset=utf-8".to_owned())], body.clone(), body.len())
        }
        Reply::Raw { status, headers, body } => {
            let length = body.len();
            (status, headers, body, length)
        }
        Reply::Truncated => (200, Vec::new(), b"{\"access_token\":".to_vec(), 1000),
        Reply::Closed => return None,
        Reply::Silence => std::future::pending().await,
    };
    let mut head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n");
    for (name, value) in headers {
        head.extend([name, ": ", &value, "\r\n"]);
    }
    head.push_str("\r\n");
    socket.write_all(head.as_bytes()).await.ok()?;
    socket.write_all(&body).await.ok()?;
    socket.shutdown().await.ok()
}

async fn read(socket: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let path = head.split(' ').nth(1)?.split('?').next()?.to_owned();
    let mut seen = Seen { path, head, body: String::new() };
    let length: usize = seen.header("content-length").unwrap_or("0").parse().ok()?;
    while bytes.len() < end + length {
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    seen.body = String::from_utf8(bytes[end..].to_vec()).ok()?;
    Some(seen)
}
