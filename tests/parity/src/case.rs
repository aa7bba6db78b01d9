//! What a case is: data. A configuration that both programs get, and requests that both get under it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::clock;
use crate::explain::Explained;
use crate::judge::{CookieOptions, Judge};

/// One configuration of both programs and what is asked under it.
#[derive(Debug)]
pub struct Configuration {
    /// Its name in reports.
    pub name: &'static str,
    /// Flags besides those of [`Base`]. `{app}`, `{second}`, `{issuer}` stand for addresses of this run.
    pub flags: Vec<&'static str>,
    /// Environment of both programs; the original ignores variables it does not know.
    pub environment: Vec<(&'static str, &'static str)>,
    /// Environment of ours alone, where an option's value is one that the original refuses.
    pub ours_alone: Vec<(&'static str, &'static str)>,
    /// The configuration file of both programs.
    pub file: Option<&'static str>,
    /// More files, by name or path, in the folder that both programs run in.
    pub files: Vec<(&'static str, &'static str)>,
    /// Which flags it starts from.
    pub base: Base,
    /// Where both programs listen.
    pub listens: Listens,
    /// Whether what the programs write down is compared too.
    pub logs: Logs,
    /// The provider that visitors sign in at.
    pub provider: Op,
    /// What is asked.
    pub cases: Vec<Case>,
    /// Differences that this configuration brings about.
    pub explained: Vec<Explained>,
}

/// Where a program listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listens {
    /// On a port.
    OnPort,
    /// On a unix socket: its peers have no address.
    OnSocket,
}

/// Whether request and auth lines are compared. Where answers differ on purpose the lines about them do too, so this
/// is done where answers are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logs {
    /// They are.
    Compared,
    /// They are not.
    LeftAlone,
}

/// A provider with its habits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Op {
    /// Everything in an ID token signed with RS256.
    Usual,
    /// ID tokens signed with ES256, beside a key for RS256.
    Es256,
    /// Claims at the userinfo endpoint alone.
    ClaimsAtUserinfo,
}

/// The flags that a configuration starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// Provider, secret, one app, everybody let in; nonce and PKCE on in both programs.
    Usual,
    /// The same without a word about nonce and PKCE, where the defaults differ.
    Bare,
    /// Provider, secret and `email-domain`, but no app.
    NoApp,
    /// The usual without `email-domain`.
    NoDomain,
    /// The usual without a cookie secret.
    NoSecret,
    /// A structured configuration with the usual provider; [`Configuration::file`] is what comes behind it, in YAML.
    /// `{folder}` stands for the folder that the program runs in.
    Structured,
}

/// A few requests that belong together.
#[derive(Debug)]
pub struct Case {
    /// Its name in reports.
    pub name: String,
    /// One after the other, on each side with a browser of its own.
    pub steps: Vec<Step>,
    /// Differences that this case brings about.
    pub explained: Vec<Explained>,
}

/// One thing done on both sides.
#[derive(Debug, Clone)]
pub enum Step {
    /// A request that knows nothing of the browser.
    Ask(Ask),
    /// Bytes, which may not be a request at all. Only the status counts and what reached an app: how a parser words
    /// its refusal is its own affair.
    Raw(Vec<u8>),
    /// Requests as bytes that go out at once on one connection. All of the last answer counts, the status of the others,
    /// and whether the connection takes one more request.
    Wire(Vec<Written>),
    /// The browser opens an address; cookies as it keeps them.
    Open(String),
    /// The browser follows the redirect of the last answer.
    Follow,
    /// The browser goes to the provider where the last answer sends it and signs in there as this person.
    SignIn(&'static str),
    /// The browser comes back from the provider, with the address changed.
    Return(fn(&str) -> String),
    /// The browser comes back from the provider without the cookie that ours makes for each login, and with another
    /// target in `state`.
    ReturnTo(String),
    /// The browser comes back from the provider by a POST of the form (`response_mode=form_post`).
    ReturnByPost,
    /// The two browsers change programs: what began on one goes on at the other.
    ChangePrograms,
    /// The session in the browser is made older by so many seconds.
    Age(u32),
    /// The browser loses cookies whose name contains the text.
    Forget(&'static str),
}

/// A request as it is written on a connection.
#[derive(Debug, Clone)]
pub struct Written {
    /// Its method, by which the end of the answer is known.
    pub method: &'static str,
    /// All its bytes.
    pub bytes: Vec<u8>,
}

/// One request, written out.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Method.
    pub method: &'static str,
    /// Request target as it goes out.
    pub target: String,
    /// Host.
    pub host: &'static str,
    /// More header lines.
    pub headers: Vec<(&'static str, String)>,
    /// Body; `Content-Length` follows from it.
    pub body: Option<&'static str>,
    /// Cookies.
    pub cookie: Presented,
}

/// The cookies of a request.
#[derive(Debug, Clone)]
pub enum Presented {
    /// None.
    Nothing,
    /// A session that the original's code sealed.
    Session(Value),
    /// A header that is made with the judge's help.
    Made(fn(&mut Judge, &CookieOptions) -> String),
}

impl Presented {
    /// The Cookie request header.
    #[must_use]
    pub fn header(&self, judge: &mut Judge, options: &CookieOptions) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Session(session) => Some(judge.mint(options, session)),
            Self::Made(make) => Some(make(judge, options)),
        }
    }
}

/// The host that requests name unless they say otherwise.
pub const HOST: &str = "app.example.com";

/// A request of `method`.
pub fn ask(method: &'static str, target: impl Into<String>) -> Ask {
    let cookie = Presented::Nothing;
    Ask { method, target: target.into(), host: HOST, headers: Vec::new(), body: None, cookie }
}

/// A GET request.
pub fn get(target: impl Into<String>) -> Ask {
    ask("GET", target)
}

impl Ask {
    /// With one more header line.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Asks for another protocol on its connection, with the headers of a WebSocket's handshake.
    #[must_use]
    pub fn upgrading(self, protocol: &str) -> Self {
        self.with("Connection", "Upgrade")
            .with("Upgrade", protocol)
            .with("Sec-WebSocket-Version", "13")
            .with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
    }

    /// With the cookies of Alice, who is signed in.
    #[must_use]
    pub fn signed_in(self) -> Self {
        self.as_session(alice())
    }

    /// With this session.
    #[must_use]
    pub fn as_session(mut self, session: Value) -> Self {
        self.cookie = Presented::Session(session);
        self
    }

    /// With a Cookie header made for the purpose.
    #[must_use]
    pub fn cookie(mut self, make: fn(&mut Judge, &CookieOptions) -> String) -> Self {
        self.cookie = Presented::Made(make);
        self
    }

    /// To another host.
    #[must_use]
    pub fn at(mut self, host: &'static str) -> Self {
        self.host = host;
        self
    }

    /// With a form as its body.
    #[must_use]
    pub fn form(self, body: &'static str) -> Self {
        self.with("Content-Type", "application/x-www-form-urlencoded").body(body)
    }

    /// With a body.
    #[must_use]
    pub fn body(mut self, body: &'static str) -> Self {
        self.body = Some(body);
        self
    }

    /// With what stands for the placeholders in its header lines; `{basic:…}` around them becomes Base64.
    #[must_use]
    pub fn with_tokens(&self, tokens: &[(&str, String)]) -> Self {
        let fill = |value: &str| {
            let value = tokens.iter().fold(value.to_owned(), |value, (name, token)| value.replace(name, token));
            match value.split_once("{basic:").and_then(|(before, rest)| Some((before, rest.strip_suffix('}')?))) {
                Some((before, credentials)) => format!("{before}{}", STANDARD.encode(credentials)),
                None => value,
            }
        };
        let headers = self.headers.iter().map(|(name, value)| (*name, fill(value))).collect();
        Self { headers, ..self.clone() }
    }

    /// The bytes that go out.
    #[must_use]
    pub fn bytes(&self, cookie: Option<&str>) -> Vec<u8> {
        use std::fmt::Write;
        let mut head = format!("{} {} HTTP/1.1\r\nHost: {}\r\n", self.method, self.target, self.host);
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if let Some(cookie) = cookie {
            let _ = write!(head, "Cookie: {cookie}\r\n");
        }
        let chunked = self.headers.iter().any(|(name, _)| *name == "Transfer-Encoding");
        if let Some(body) = self.body.filter(|_| !chunked) {
            let _ = write!(head, "Content-Length: {}\r\n", body.len());
        }
        head.push_str("\r\n");
        head.push_str(self.body.unwrap_or_default());
        head.into_bytes()
    }
}

impl Configuration {
    /// Whether a request of its cases brings a token of the provider.
    #[must_use]
    pub fn presents_tokens(&self) -> bool {
        let asks = self.cases.iter().flat_map(|case| &case.steps);
        asks.filter_map(|step| if let Step::Ask(ask) = step { Some(ask) } else { None }).any(|ask| {
            let names = ["{alice}", "{bob}", "{other}", "{spoiled}"];
            ask.headers.iter().any(|(_, value)| names.iter().any(|name| value.contains(name)))
        })
    }
}

/// The session of Alice, made a moment ago.
#[must_use]
pub fn alice() -> Value {
    json!({
        "ca": clock::now_seconds() - 5.0,
        "eo": clock::now_seconds() + 3600.0,
        "at": "fixture-access-token",
        "it": "fixture-id-token",
        "rt": "fixture-refresh-token",
        "e": "alice@example.com",
        "u": "alice",
        "g": ["admins", "devs"],
        "pu": "alice-p",
    })
}

/// Alice with members replaced.
#[must_use]
pub fn alice_but(changes: &Value) -> Value {
    let mut session = alice();
    for (name, value) in changes.as_object().into_iter().flatten() {
        session[name] = value.clone();
    }
    session
}

/// A case of one request.
pub fn case(name: impl Into<String>, request: Ask) -> Case {
    Case { name: name.into(), steps: vec![Step::Ask(request)], explained: Vec::new() }
}

/// A case of bytes that may not be a request.
pub fn raw(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Case {
    Case { name: name.into(), steps: vec![Step::Raw(bytes.into())], explained: Vec::new() }
}

/// A case of requests on one connection, of which the text is Latin-1.
pub fn wire(name: impl Into<String>, requests: &[(&'static str, &str)]) -> Case {
    let written = requests.iter().map(|(method, text)| Written { method, bytes: latin_1(text) }).collect();
    Case { name: name.into(), steps: vec![Step::Wire(written)], explained: Vec::new() }
}

/// Bytes of a text in which one char is one byte, so that any byte can be written.
#[must_use]
pub fn latin_1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(c).expect("Latin-1")).collect()
}

/// A case of several steps.
pub fn flow(name: impl Into<String>, steps: Vec<Step>) -> Case {
    Case { name: name.into(), steps, explained: Vec::new() }
}

impl Case {
    /// With differences that it brings about.
    #[must_use]
    pub fn explained_by(mut self, rows: impl IntoIterator<Item = Explained>) -> Self {
        self.explained.extend(rows);
        self
    }
}

/// A configuration on the usual base.
#[must_use]
pub fn configuration(name: &'static str, flags: &[&'static str], cases: Vec<Case>) -> Configuration {
    Configuration {
        name,
        flags: flags.to_vec(),
        environment: Vec::new(),
        ours_alone: Vec::new(),
        file: None,
        files: Vec::new(),
        logs: Logs::LeftAlone,
        base: Base::Usual,
        listens: Listens::OnPort,
        provider: Op::Usual,
        cases,
        explained: Vec::new(),
    }
}
