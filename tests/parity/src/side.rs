//! One side: a running program, the apps behind it, and the browser of its visitor.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sidecar_testkit::cookie::Jar;
use sidecar_testkit::http::Connection;
use sidecar_testkit::process::eventually;
use sidecar_testkit::program::{Launch, Program, Which};
use sidecar_testkit::{App, Browser, Front, Provider, Reply, Request, Response, Seen, place};
use url::Url;

use crate::case::{Ask, Base, Configuration, Listens, Op, Written};
use crate::facts::{APP_MARK, Exchange};
use crate::logs;

/// The hosts that a login may return to.
pub const CALLBACK_HOST: &str = "auth.example.com";

/// The secret of the configurations that do not bring one: 32 bytes in base64, so AES-256.
pub const SECRET: &str = "--cookie-secret=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// The providers of a run, each started when it is first needed.
#[derive(Debug, Default)]
pub struct Providers(BTreeMap<Op, Provider>);

impl Providers {
    /// The provider of that kind.
    pub fn get(&mut self, kind: Op) -> &Provider {
        self.0.entry(kind).or_insert_with(|| match kind {
            Op::Usual => Provider::oidc_provider(),
            Op::Es256 => Provider::oidc_provider().as_client("sidecar-es256", "es-secret"),
            Op::ClaimsAtUserinfo => {
                Provider::oidc_provider_at(place::free_port(), &[("PROVIDER_CLAIMS_AT_USERINFO", "1")])
            }
        })
    }
}

/// The apps behind a program.
#[derive(Debug)]
pub struct Apps {
    first: Named,
    second: Named,
}

struct Named(&'static str, App);

impl std::fmt::Debug for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl Apps {
    /// Two apps on free ports.
    #[must_use]
    pub fn start() -> Self {
        Self { first: Named("first", App::with(answer)), second: Named("second", App::with(answer)) }
    }

    fn take(&self) -> Vec<(&'static str, Seen)> {
        let mut all = Vec::new();
        for Named(name, app) in [&self.first, &self.second] {
            all.extend(app.seen().into_iter().map(|seen| (*name, seen)));
            app.forget();
        }
        all
    }
}

/// What the apps answer, by the path they are asked.
fn answer(seen: &Seen) -> Reply {
    let text = |status, mut headers: Vec<(&'static str, String)>, body: &str| {
        headers.push((APP_MARK, "the app".into()));
        Reply::Text(status, headers, body.to_owned())
    };
    let path = seen.target.split('?').next().unwrap_or_default();
    if let Some(status) = path.strip_prefix("/answers/status/").and_then(|status| status.parse().ok()) {
        return text(status, vec![("Content-Type", "text/plain".into()), ("X-Mine", "1".into())], "as asked\n");
    }
    if let Some(name) = path.strip_prefix("/answers/lines/") {
        return Reply::Raw(lines(name).into_bytes());
    }
    match path {
        "/answers/404" => text(404, vec![("Content-Type", "text/plain".into())], "not here\n"),
        "/answers/500" => text(500, vec![("Content-Type", "text/html".into())], "<html>the app's own</html>"),
        "/answers/204" => text(204, vec![], ""),
        "/answers/304" => text(304, vec![("ETag", "\"x\"".into())], ""),
        "/answers/redirect" => text(302, vec![("Location", "https://elsewhere.example.org/?a=b".into())], ""),
        "/answers/identity" => text(
            200,
            vec![
                ("X-Auth-Request-User", "of-the-app".into()),
                ("GAP-Auth", "of-the-app".into()),
                ("Set-Cookie", "theirs=1; Path=/".into()),
                ("Set-Cookie", "more=2".into()),
                ("Vary", "a".into()),
                ("Vary", "b".into()),
            ],
            "ok",
        ),
        "/answers/hop" => {
            text(200, vec![("Connection", "X-Gone".into()), ("X-Gone", "1".into()), ("X-Kept", "1".into())], "ok")
        }
        "/answers/chunked" => Reply::Raw(CHUNKED.to_vec()),
        "/answers/hang-up" => Reply::HangUp,
        "/answers/rubbish" => Reply::Raw(b"this is no HTTP\r\n\r\n".to_vec()),
        "/answers/gzip" => Reply::Raw(gzip()),
        "/answers/interim" => Reply::Raw(INTERIM.to_vec()),
        "/answers/websocket" => Reply::WebSocketEcho,
        "/answers/until-close" => Reply::Raw(
            b"HTTP/1.0 200 OK\r\nX-Answered-By: the app\r\nContent-Type: text/plain\r\n\r\nall of it".to_vec(),
        ),
        _ => text(200, vec![("Content-Type", "text/plain; charset=utf-8".into())], "the app\n"),
    }
}

/// An answer with header lines of a certain kind.
fn lines(kind: &str) -> String {
    let lines = match kind {
        "relative-location" => "Location: ../up?x=y\r\n",
        "many" => "X-Two: a\r\nX-Two: b\r\nx-two: c\r\n",
        "links" => "Link: </a>\r\nLink: </b>\r\n",
        "cookies" => "Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2; HttpOnly\r\nSet-Cookie: a=3\r\n",
        "caching" => {
            "Cache-Control: max-age=60\r\nETag: \"x\"\r\nLast-Modified: Mon, 30 Nov 2026 00:00:00 GMT\r\nAge: 3\r\n"
        }
        "security" => {
            "Content-Security-Policy: default-src *\r\nX-Frame-Options: DENY\r\nReferrer-Policy: no-referrer\r\n"
        }
        "challenge" => "WWW-Authenticate: Basic realm=\"x\"\r\nWWW-Authenticate: Bearer\r\n",
        "server" => "Server: mine/1\r\nVia: 1.1 x\r\nX-Powered-By: y\r\n",
        "date" => "Date: Mon, 30 Nov 2026 00:00:00 GMT\r\n",
        "empty" => "X-Empty:\r\nX-Blank:   \r\n",
        "odd-names" => "x_under_score: 1\r\nX.DOT: 2\r\n",
        "upgrade" => "Upgrade: h2c\r\nConnection: Upgrade, close\r\n",
        "cors" => "Access-Control-Allow-Origin: *\r\nVary: Origin\r\n",
        _ => "Content-Language: de\r\n",
    };
    // Who asks next must not meet a connection that is about to end.
    let connection = if lines.contains("Connection:") { "" } else { "Connection: close\r\n" };
    format!(
        "HTTP/1.1 200 OK\r\nX-Answered-By: the app\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\
        {connection}{lines}\r\nok"
    )
}

/// A body in pieces with a trailer. Its type is told, since the original guesses the type of such a body at times only.
const CHUNKED: &[u8] =
    b"HTTP/1.1 200 OK\r\nX-Answered-By: the app\r\nContent-Type: text/plain\r\nTrailer: X-Trailer\r\n\
    Transfer-Encoding: chunked\r\n\r\n4\r\none \r\n3\r\ntwo\r\n0\r\nX-Trailer: t\r\n\r\n";

/// An answer after another that announces it (RFC 8297).
const INTERIM: &[u8] =
    b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nX-Answered-By: the app\r\n\
    Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";

/// An answer that is packed whether or not anybody asked.
fn gzip() -> Vec<u8> {
    // "packed\n", as gzip -n writes it.
    let body = [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x2b, 0x48, 0x4c, 0xce, 0x4e, 0x4d, 0xe1, 0x02,
        0x00, 0x43, 0xe0, 0x41, 0x2f, 0x07, 0x00, 0x00, 0x00,
    ];
    let head = "HTTP/1.1 200 OK\r\nX-Answered-By: the app\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\n";
    [format!("{head}Content-Length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat()
}

/// What shows that a connection goes on.
const ONE_MORE: &[u8] = b"GET /robots.txt HTTP/1.1\r\nHost: app.example.com\r\n\r\n";

/// A program with everything around it.
#[derive(Debug)]
pub struct Side {
    program: Program,
    apps: Apps,
}

impl Side {
    /// Starts `which` under a configuration.
    #[must_use]
    pub fn start(which: Which, ours: Which, configuration: &Configuration, provider: &Provider) -> Self {
        let apps = Apps::start();
        let is_structured = configuration.base == Base::Structured;
        let mut launch = Launch::new(which);
        launch = if is_structured { launch.listening_as_configured() } else { launch.provider(provider) };
        for flag in base_flags(configuration.base) {
            launch = launch.flag(flag);
        }
        if configuration.base == Base::Bare {
            launch = launch.without("--code-challenge-method");
        }
        if !matches!(configuration.base, Base::NoApp | Base::Structured) {
            launch = launch.flag(&format!("--upstream={}", apps.first.1.upstream()));
        }
        for flag in &configuration.flags {
            launch = launch.flag(&filled_in(flag, &apps, provider));
        }
        let alone = if which == ours { configuration.ours_alone.as_slice() } else { &[] };
        if let Some(toml) = configuration.file.filter(|_| !is_structured) {
            launch = launch.config(toml);
        }
        for (name, content) in &configuration.files {
            write(&launch, name, content);
        }
        age(&launch, &configuration.files);
        if is_structured {
            launch = structured(launch, configuration, &apps, provider);
        }
        for (name, value) in configuration.environment.iter().chain(alone) {
            launch = launch.env(name, &filled_in(value, &apps, provider));
        }
        if configuration.listens == Listens::OnSocket {
            launch = launch.on_socket();
        }
        let side = Self { program: launch.start(), apps };
        side.wait_for_provider(configuration);
        side
    }

    /// Ours listens before it knows its provider (D18), and then logins get 503; what is compared comes after that.
    fn wait_for_provider(&self, configuration: &Configuration) {
        let prefix = configuration.flags.iter().find_map(|flag| flag.strip_prefix("--proxy-prefix="));
        let start = Request::get(&format!("{}/start", prefix.unwrap_or("/oauth2")));
        let ready = || (self.program.ask(&start).status != 503).then_some(());
        eventually(Duration::from_secs(20), ready, || self.program.said());
    }

    /// Sends bytes and gathers what they brought about.
    #[must_use]
    pub fn exchange(&self, method: &str, bytes: &[u8]) -> Exchange {
        let answer = self.converse(method, bytes);
        let line = bytes.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
        Exchange { target: String::from_utf8_lossy(line).into_owned(), answer, received: self.apps.take() }
    }

    fn converse(&self, method: &str, bytes: &[u8]) -> Option<Response> {
        let mut connection = Connection::open(self.program.address());
        connection.write(bytes).ok()?;
        connection.read_response(method).ok()
    }

    /// Sends requests at once on one connection. Gives the last exchange, the statuses of the others, and whether the
    /// connection takes one more request.
    #[must_use]
    pub fn conversation(&self, requests: &[Written]) -> (Exchange, Vec<String>, &'static str) {
        let (last, others) = requests.split_last().expect("a request");
        let mut connection = Connection::open(self.program.address());
        let all: Vec<u8> = requests.iter().flat_map(|request| request.bytes.clone()).collect();
        // Whoever has been refused may be cut off while still writing.
        let _ = connection.write(&all);
        let status = |answer: Option<Response>| answer.map_or("none".to_owned(), |answer| answer.status.to_string());
        let before = others.iter().map(|request| status(connection.read_response(request.method).ok())).collect();
        let answer = connection.read_response(last.method).ok();
        let received = self.apps.take();
        let target = String::from_utf8_lossy(last.bytes.split(|byte| *byte == b' ').nth(1).unwrap_or_default());
        let again = connection.write(ONE_MORE).and_then(|()| connection.read_response("GET"));
        let afterwards = if again.is_ok_and(|answer| answer.status == 200) { "kept" } else { "closed" };
        self.apps.take();
        (Exchange { target: target.into_owned(), answer, received }, before, afterwards)
    }

    /// A request that is found again in what the program writes down.
    pub fn mark(&self) {
        let _ = self.program.ask(&Request::get(logs::MARK));
        self.apps.take();
    }

    /// What the program wrote down up to the second mark; it may write a line after it has answered.
    #[must_use]
    pub fn written(&self) -> String {
        let said = || Some(self.program.said()).filter(|said| logs::is_complete(said));
        eventually(Duration::from_secs(10), said, || self.program.said())
    }

    /// What the program said, for a report of a failure.
    #[must_use]
    pub fn said(&self) -> String {
        self.program.said()
    }
}

/// Gives the program a structured configuration: its listener, the provider, and what the configuration says.
fn structured(launch: Launch, configuration: &Configuration, apps: &Apps, provider: &Provider) -> Launch {
    let (id, secret, issuer) = (provider.client_id(), provider.client_secret(), provider.issuer());
    let folder = write(&launch, "alpha.yaml", "");
    let folder = folder.parent().expect("a file is in a folder").display().to_string();
    let rest = filled_in(configuration.file.unwrap_or_default(), apps, provider).replace("{folder}", &folder);
    let yaml = format!(
        "server: {{bindAddress: '{}'}}\nproviders:\n- {{id: p, provider: oidc, clientID: '{id}', clientSecret: '{secret}', \
         code_challenge_method: S256, oidcConfig: {{issuerURL: '{issuer}', insecureSkipNonce: false}}}}\n{rest}",
        launch.address(),
    );
    let path = write(&launch, "alpha.yaml", &yaml);
    launch.flag(&format!("--alpha-config={}", path.display()))
}

/// Writes a file and the folders that it is in.
fn write(launch: &Launch, name: &str, content: &str) -> PathBuf {
    if let Some((folders, _)) = name.rsplit_once('/') {
        let first = launch.write("alpha.yaml", "");
        std::fs::create_dir_all(first.with_file_name(folders)).expect("folders");
    }
    launch.write(name, content)
}

/// Gives the files and their folders one time of long ago, so that both sides have the same.
fn age(launch: &Launch, files: &[(&str, &str)]) {
    let root = launch.write("alpha.yaml", "");
    for (name, _) in files {
        for place in Path::new(name).ancestors().filter(|place| !place.as_os_str().is_empty()) {
            let file = File::open(root.with_file_name(place)).expect("a file");
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000)).expect("aged");
        }
    }
}

/// The flags of a base, besides the provider's.
#[must_use]
pub fn base_flags(base: Base) -> Vec<&'static str> {
    let mut flags = Vec::new();
    if base != Base::NoSecret {
        flags.push(SECRET);
    }
    if base != Base::NoDomain {
        flags.push("--email-domain=*");
    }
    if !matches!(base, Base::Bare | Base::Structured) {
        flags.push("--insecure-oidc-skip-nonce=false");
    }
    flags
}

fn filled_in(text: &str, apps: &Apps, provider: &Provider) -> String {
    let address = |app: &Named| app.1.upstream().trim_end_matches('/').to_owned();
    text.replace("{app}", &address(&apps.first))
        .replace("{second}", &address(&apps.second))
        .replace("{issuer}", provider.issuer())
}

/// One visitor: cookies, the answer seen last, and a second browser for the provider's pages.
#[derive(Debug)]
pub struct Visitor {
    /// Cookies of the program's hosts.
    pub jar: Jar,
    /// Where the last answer sends the visitor.
    pub location: Option<Url>,
    /// The way back from the provider, once there: the address, and the form if it comes by POST.
    pub way_back: Option<(Url, String)>,
    /// What it takes to be at the provider, from the first time on: most visitors never are.
    elsewhere: Option<Elsewhere>,
}

/// A browser for the provider's pages, and what stands where the provider sends it back to.
#[derive(Debug)]
struct Elsewhere {
    browser: Browser,
    catcher: Named,
}

impl Elsewhere {
    fn start() -> Self {
        let catcher = App::with(|_| Reply::Text(200, Vec::new(), String::new()));
        let address = catcher.upstream().trim_start_matches("http://").trim_end_matches('/').parse();
        let browser = Browser::new().with_host(CALLBACK_HOST, address.expect("an address"), Front::Direct);
        Self { browser, catcher: Named("catcher", catcher) }
    }
}

impl Visitor {
    /// Somebody new.
    #[must_use]
    pub fn new() -> Self {
        Self { jar: Jar::default(), location: None, way_back: None, elsewhere: None }
    }

    /// The request that opens `url`, with the cookies that go there.
    #[must_use]
    pub fn request(&self, method: &str, url: &Url, body: &str) -> Request {
        let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let host = url.host_str().unwrap_or_default();
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let mut request = Request::new(method, target).header("Host", &authority).header("Accept", "text/html");
        if let Some(cookies) = self.jar.header(url) {
            request = request.cookie(&cookies);
        }
        if method == "POST" {
            request = request.header("Content-Type", "application/x-www-form-urlencoded").body(body);
        }
        request
    }

    /// Takes in an answer from `url`.
    pub fn take_in(&mut self, url: &Url, answer: &Response) {
        for line in answer.headers.all("set-cookie") {
            self.jar.set(url, line);
        }
        self.location = answer.headers.get("location").and_then(|location| url.join(location).ok());
    }

    /// Goes through the provider's pages up to the redirect back, which is kept instead of followed.
    ///
    /// # Errors
    /// The last answer does not lead to the provider.
    pub fn sign_in(&mut self, user: &str) -> Result<(), &'static str> {
        let to = self.location.take().ok_or("the last answer does not lead to the provider")?;
        let Elsewhere { browser, catcher } = self.elsewhere.get_or_insert_with(Elsewhere::start);
        let first = browser.open(to.as_str());
        let page = if first.url.host_str() == Some(CALLBACK_HOST) {
            first
        } else {
            browser.sign_in(first, user, "any password")
        };
        let form = String::from_utf8_lossy(&catcher.1.last().body).into_owned();
        self.way_back = Some((page.url, form));
        Ok(())
    }
}

impl Default for Visitor {
    fn default() -> Self {
        Self::new()
    }
}

impl Ask {
    /// The URL this request is for, as a browser would write it.
    #[must_use]
    pub fn url(&self) -> Option<Url> {
        Url::parse(&format!("https://{}{}", self.host, self.target)).ok()
    }
}
