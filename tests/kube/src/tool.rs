//! The programs of Kubernetes, Istio and helm, as children.

use std::fmt;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use sidecar_testkit::{Process, place};

/// How a command ended, and what it said.
#[derive(Clone, Debug)]
pub struct Said {
    /// Whether it exited with 0.
    pub success: bool,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    command: String,
}

impl Said {
    /// Goes on only if the command succeeded.
    pub fn expect_success(self) {
        assert!(self.success, "{self}");
    }

    /// Standard output, provided that the command succeeded.
    #[must_use]
    pub fn output(self) -> String {
        assert!(self.success, "{self}");
        self.stdout
    }

    /// Everything it said, provided that it failed.
    #[must_use]
    pub fn refusal(self) -> String {
        assert!(!self.success, "it was to be refused: {self}");
        format!("{}{}", self.stdout, self.stderr)
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.success { "succeeded" } else { "failed" };
        write!(f, "{} {end}:\n{}{}", self.command, self.stdout, self.stderr)
    }
}

/// A program that `tests/counterparts/kube/install.sh` built.
pub(crate) fn built(name: &str) -> Command {
    Command::new(place::installed(
        place::cache().join("kube/bin").join(name),
        "tests/counterparts/kube/install.sh builds it",
    ))
}

/// A file or folder that `tests/counterparts/kube/install.sh` laid down.
pub(crate) fn laid_down(name: &str) -> std::path::PathBuf {
    place::installed(place::cache().join("kube").join(name), "tests/counterparts/kube/install.sh lays it down")
}

/// Runs a command to its end, with `input` as its standard input.
pub(crate) fn run(mut command: Command, input: &str) -> Said {
    let shown = format!("{command:?}");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|e| panic!("{shown}: {e}"));
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_owned();
    // A command that ends before it has read everything is judged by its exit status.
    let writing = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().unwrap_or_else(|e| panic!("{shown}: {e}"));
    writing.join().expect("writing does not panic");
    Said {
        success: output.status.success(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        command: shown,
    }
}

/// Starts a server that ends with its value, and with this process where the value is a static.
///
/// It is a child of a small shell and not of this thread: Envoy ends with the thread that started it.
pub(crate) fn server(name: &str, program: &Command) -> Process {
    let mut command = Command::new(place::recipe("until-eof.sh"));
    command.arg(program.get_program()).args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    if let Some(folder) = program.get_current_dir() {
        command.current_dir(folder);
    }
    Process::start(name, command)
}

/// `kubectl kustomize FOLDER`: the manifests, as YAML.
#[must_use]
pub fn kustomize(folder: &Path) -> String {
    let mut command = built("kubectl");
    command.arg("kustomize").arg(folder);
    run(command, "").output()
}
