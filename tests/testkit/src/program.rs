//! Starts the program under test, or the original, with the same words.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::http::{Connection, ask};
use crate::passage::Passage;
use crate::process::eventually;
use crate::{Elsewhere, Finished, Process, Provider, Request, Response, place};

/// How long a program may take to answer its first `/ping`, on a busy machine.
const START: Duration = Duration::from_secs(20);

/// The cookie secret that [`Launch::oidc`] gives to every program, so that they read each other's sessions.
pub const COOKIE_SECRET: &str = "0123456789abcdef0123456789abcdef";

/// Which program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The program under test.
    Ours,
    /// oauth2-proxy.
    Original,
}

impl Which {
    fn path(self) -> PathBuf {
        match self {
            Self::Ours => place::ours(),
            Self::Original => place::original(),
        }
    }
}

/// What a program is started with.
#[derive(Debug)]
pub struct Launch {
    which: Which,
    binary: Option<PathBuf>,
    port: u16,
    listening: Listening,
    task: Option<String>,
    flags: Vec<String>,
    environment: Vec<(String, String)>,
    passage: Option<Passage>,
    folder: TempDir,
}

#[derive(Debug, PartialEq, Eq)]
enum Listening {
    /// `--http-address` is ours to give.
    ByFlag,
    /// The test says where; nothing is added.
    BySettings,
}

impl Launch {
    /// The bare program on a free loopback port.
    #[must_use]
    pub fn new(which: Which) -> Self {
        Self {
            which,
            binary: None,
            port: place::free_port(),
            listening: Listening::ByFlag,
            task: None,
            flags: Vec::new(),
            environment: Vec::new(),
            passage: None,
            folder: place::temporary_folder(),
        }
    }

    /// Set up for one provider and one upstream, as most tests want it: see [`Launch::before`].
    #[must_use]
    pub fn oidc(which: Which, provider: &Provider, upstream: &str) -> Self {
        Self::before(which, upstream).provider(provider)
    }

    /// Set up for one upstream, as most tests want it, but for its provider: any e-mail, no Secure cookies,
    /// [`Launch::callback`].
    #[must_use]
    pub fn before(which: Which, upstream: &str) -> Self {
        let launch = Self::new(which);
        let callback = format!("--redirect-url={}", launch.callback());
        launch
            .flag(&callback)
            .flag(&format!("--upstream={upstream}"))
            .flag("--email-domain=*")
            .flag("--cookie-secure=false")
            .flag(&format!("--cookie-secret={COOKIE_SECRET}"))
    }

    /// The flags that name a provider.
    #[must_use]
    pub fn provider(self, provider: &Provider) -> Self {
        self.flags(provider.flags())
    }

    /// Starts this file instead of the one that [`Which`] stands for.
    #[must_use]
    pub fn binary(mut self, path: PathBuf) -> Self {
        self.binary = Some(path);
        self
    }

    /// Puts the word of a sub-command before all flags.
    #[must_use]
    pub fn task(mut self, word: &str) -> Self {
        self.task = Some(word.to_owned());
        self
    }

    /// Adds a flag, written as on a command line.
    #[must_use]
    pub fn flag(mut self, flag: &str) -> Self {
        self.flags.push(flag.to_owned());
        self
    }

    /// Adds flags.
    #[must_use]
    pub fn flags<T: AsRef<str>>(self, flags: impl IntoIterator<Item = T>) -> Self {
        flags.into_iter().fold(self, |launch, flag| launch.flag(flag.as_ref()))
    }

    /// Lets it find the world outside where `elsewhere` says, and trust its certificates.
    #[must_use]
    pub fn through(self, elsewhere: &Elsewhere) -> Self {
        self.env("HTTPS_PROXY", &elsewhere.proxy())
            .flag(&format!("--provider-ca-file={}", elsewhere.authority().display()))
    }

    /// Takes back the flags of this name, such as `--upstream`.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.flags.retain(|flag| flag.split('=').next() != Some(name));
        self
    }

    /// Sets a variable of the environment, which is otherwise empty but for PATH and HOME.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Gives it this configuration file.
    #[must_use]
    pub fn config(self, toml: &str) -> Self {
        let path = self.write("oauth2_proxy.cfg", toml);
        self.flag(&format!("--config={}", path.display()))
    }

    /// Writes a file into the folder that lives as long as the program.
    #[must_use]
    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        path
    }

    /// Leaves it to the test's settings where the program listens: at [`Launch::address`], however they say it.
    #[must_use]
    pub fn listening_as_configured(mut self) -> Self {
        self.listening = Listening::BySettings;
        self
    }

    /// Lets it listen on a unix socket. Whoever connects to [`Launch::address`] is led there, and so is a peer without an
    /// address.
    #[must_use]
    pub fn on_socket(mut self) -> Self {
        let path = self.folder.path().join("listen.sock");
        self.passage = Some(Passage::open(self.address(), path.clone()));
        self.listening_as_configured().flag(&format!("--http-address=unix://{}", path.display()))
    }

    /// Where it will listen.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        place::loopback(self.port)
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The callback on its own port: what most tests let its provider return to.
    #[must_use]
    pub fn callback(&self) -> String {
        format!("{}/oauth2/callback", self.url())
    }

    /// Starts it and waits until it answers `/ping`, with whatever status.
    #[must_use]
    pub fn start(mut self) -> Program {
        let address = self.address();
        let passage = self.passage.take();
        let (mut process, folder) = self.spawn();
        eventually(
            START,
            || {
                let mut connection = Connection::try_open(address).ok();
                let answer = connection.as_mut().and_then(|open| open.exchange(&Request::get("/ping")).ok());
                assert!(answer.is_some() || process.is_running(), "it ended; it said:\n{}", process.said());
                answer
            },
            || format!("an answer at {address}"),
        );
        Program { process, address, _passage: passage, folder }
    }

    /// Starts it and waits for its end: for settings that it must refuse.
    #[must_use]
    pub fn run(self) -> Finished {
        let (process, _folder) = self.spawn();
        process.wait(START)
    }

    fn spawn(self) -> (Process, TempDir) {
        let mut command = Command::new(self.binary.clone().unwrap_or_else(|| self.which.path()));
        command.env_clear().current_dir(self.folder.path());
        for name in ["PATH", "HOME"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command.args(self.task.as_deref());
        if self.listening == Listening::ByFlag {
            command.arg(format!("--http-address={}", self.address()));
        }
        command.args(self.flags).envs(self.environment);
        (Process::start(&format!("{:?}", self.which), command), self.folder)
    }
}

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub struct Program {
    process: Process,
    address: SocketAddr,
    _passage: Option<Passage>,
    folder: TempDir,
}

impl Program {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT` and this path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Sends one request on a connection of its own.
    #[must_use]
    pub fn ask(&self, request: &Request) -> Response {
        ask(self.address, request)
    }

    /// Sends one request on a connection of its own that comes from this address of the machine.
    #[must_use]
    pub fn ask_from(&self, source: IpAddr, request: &Request) -> Response {
        let mut connection = Connection::open_from(source, self.address);
        connection.exchange(request).unwrap_or_else(|e| panic!("{request:?}: {e}"))
    }

    /// GET of a path without any header but Host.
    #[must_use]
    pub fn get(&self, path: &str) -> Response {
        self.ask(&Request::get(path))
    }

    /// A connection to it.
    #[must_use]
    pub fn connect(&self) -> Connection {
        Connection::open(self.address)
    }

    /// The process, for signals, memory and what it said.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Everything it has said so far.
    #[must_use]
    pub fn said(&self) -> String {
        self.process.said()
    }

    /// The folder its files lie in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Asks it to stop (SIGTERM) without waiting.
    pub fn terminate(&self) {
        self.process.signal(Signal::TERM);
    }

    /// Waits for its end.
    #[must_use]
    pub fn wait(self, within: Duration) -> Finished {
        self.process.wait(within)
    }

    /// Stops it (SIGTERM) and waits for its end.
    #[must_use]
    pub fn stop(self) -> Finished {
        self.terminate();
        self.wait(Duration::from_secs(30))
    }
}
