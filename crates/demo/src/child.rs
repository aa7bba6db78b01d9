//! Child processes: each with its output in a file, and none that outlives the demo.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{MissedTickBehavior, interval, timeout};

/// How long a child may take to answer for the first time.
const START_LIMIT: Duration = Duration::from_secs(10);
/// How long a child may take to end after it was asked to.
const STOP_LIMIT: Duration = Duration::from_secs(2);
/// How many lines of its log are shown when a child died.
const LAST_WORDS: usize = 30;

/// The first argument that turns the demo's own binary into the keeper of a child: see [`keep`].
pub const KEEPER: &str = "keep-child";

/// Why a child is of no use.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// It could not be started.
    #[error("{name} could not be started from {program}")]
    Spawn {
        /// Which child.
        name: String,
        /// What was started.
        program: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It ended by itself.
    #[error("{name} ended ({status}); the end of its log:\n{log}")]
    Died {
        /// Which child.
        name: String,
        /// How.
        status: String,
        /// The last lines it wrote.
        log: String,
    },
    /// It runs, but does not answer.
    #[error("{name} did not answer within {} seconds; the end of its log:\n{log}", START_LIMIT.as_secs())]
    Silent {
        /// Which child.
        name: String,
        /// The last lines it wrote.
        log: String,
    },
}

/// A child process, its output in a file. It is killed when it is dropped.
#[derive(Debug)]
pub struct Running {
    name: String,
    process: Child,
    log: PathBuf,
}

impl Running {
    /// Starts `program` with `arguments` and an environment of `variables` alone (and PATH); its log goes to `folder`.
    ///
    /// `keeper` is the demo's own binary: see [`keep`].
    ///
    /// # Errors
    /// [`ChildError::Spawn`] if the log cannot be written or the program not be started.
    pub fn start(
        name: &str,
        program: &Path,
        keeper: &Path,
        arguments: &[OsString],
        variables: &[(&str, String)],
        folder: &Path,
    ) -> Result<Self, ChildError> {
        let failed = |source| ChildError::Spawn { name: name.to_owned(), program: program.to_owned(), source };
        let log = folder.join(format!("{name}.log"));
        let output = File::create(&log).map_err(failed)?;
        let errors = output.try_clone().map_err(failed)?;
        let process = Command::new(keeper)
            .arg(KEEPER)
            .arg(std::process::id().to_string())
            .arg(program)
            .args(arguments)
            .env_clear()
            // Envoy's launcher is a script.
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            // Ctrl-C reaches the whole foreground group; the children shall end by our word, in our order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        Ok(Self { name: name.to_owned(), process, log })
    }

    /// Returns when `GET path` on `address` answers 200.
    ///
    /// # Errors
    /// [`ChildError::Died`] as soon as it ends, [`ChildError::Silent`] after ten seconds.
    pub async fn answers(&mut self, address: SocketAddr, path: &str) -> Result<(), ChildError> {
        let mut tick = interval(Duration::from_millis(5));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let asking = async {
            while !answers_200(address, path).await {
                tick.tick().await;
            }
        };
        tokio::select! {
            status = self.process.wait() => Err(died(&self.name, status, &self.log)),
            asked = timeout(START_LIMIT, asking) => {
                asked.map_err(|_| ChildError::Silent { name: self.name.clone(), log: last_words(&self.log) })
            }
        }
    }

    /// Returns when the child ends by itself, with what there is to say about it.
    pub async fn death(&mut self) -> ChildError {
        let status = self.process.wait().await;
        died(&self.name, status, &self.log)
    }

    /// Asks the child to end, and makes it end after two seconds.
    pub async fn stop(mut self) {
        let pid = self.process.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(pid) = pid {
            // Gone already: the wait below says so.
            let _ = rustix::process::kill_process(pid, Signal::TERM);
        }
        if timeout(STOP_LIMIT, self.process.wait()).await.is_err() {
            // Fails only if it is gone.
            let _ = self.process.kill().await;
        }
    }
}

fn died(name: &str, status: io::Result<ExitStatus>, log: &Path) -> ChildError {
    let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
    ChildError::Died { name: name.to_owned(), status, log: last_words(log) }
}

fn last_words(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LAST_WORDS)..].join("\n")
}

async fn answers_200(address: SocketAddr, path: &str) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await?;
        Ok::<_, io::Error>(answer)
    };
    ask.await.is_ok_and(|answer| &answer == b"HTTP/1.1 200")
}

// === The keeper ===

/// Becomes the program that `arguments` name, after arranging that it ends when the process `parent` ends.
///
/// `arguments` is what follows [`KEEPER`]: the parent's id, the program, its arguments. The process keeps its id, so
/// the parent still waits for the right one. Returns only if it fails. (Only Linux can arrange such a thing; elsewhere
/// a demo that is killed outright leaves its children behind.)
#[must_use]
pub fn keep(mut arguments: impl Iterator<Item = OsString>) -> io::Error {
    let parent = arguments.next().and_then(|id| id.to_str()?.parse().ok()).and_then(Pid::from_raw);
    let (Some(parent), Some(program)) = (parent, arguments.next()) else {
        return io::Error::new(io::ErrorKind::InvalidInput, "the id of the parent and a program are needed");
    };
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::set_parent_process_death_signal(Some(Signal::TERM)) {
        return error.into();
    }
    if rustix::process::getppid() != Some(parent) {
        return io::Error::other("the demo has ended already");
    }
    std::process::Command::new(program).args(arguments).exec()
}
