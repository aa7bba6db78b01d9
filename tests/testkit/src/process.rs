//! A child process: its output, its end, and that it does end.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// A running child in a process group of its own. Dropping it kills the group.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    output: Arc<Output>,
    readers: Vec<JoinHandle<()>>,
}

/// How a process ended, and all it said.
#[derive(Debug)]
pub struct Finished {
    /// The exit status.
    pub status: ExitStatus,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

#[derive(Debug, Default)]
struct Output {
    text: Mutex<Text>,
    grown: Condvar,
}

#[derive(Debug, Default)]
struct Text {
    stdout: String,
    stderr: String,
    open: usize,
}

impl Process {
    /// Starts a command. Its standard input stays open as long as the value lives, and ends with this process.
    #[must_use]
    pub fn start(name: &str, mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{name}: {}: {e}", command.get_program().display()));
        let output = Arc::new(Output::default());
        output.text.lock().expect("not poisoned").open = 2;
        let stdout = child.stdout.take().expect("piped");
        let stderr = child.stderr.take().expect("piped");
        let readers =
            vec![collect(stdout, &output, |text| &mut text.stdout), collect(stderr, &output, |text| &mut text.stderr)];
        Self { name: name.to_owned(), child, output, readers }
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything it has said so far, standard output first.
    #[must_use]
    pub fn said(&self) -> String {
        let text = self.output.text.lock().expect("not poisoned");
        format!("{}{}", text.stdout, text.stderr)
    }

    /// Waits until it has said `text`.
    pub fn wait_for(&self, text: &str, within: Duration) {
        let deadline = Instant::now() + within;
        let mut said = self.output.text.lock().expect("not poisoned");
        while !said.stdout.contains(text) && !said.stderr.contains(text) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && said.open > 0,
                "{} did not say {text:?}; it said:\n{}{}",
                self.name,
                said.stdout,
                said.stderr
            );
            said = self.output.grown.wait_timeout(said, left).expect("not poisoned").0;
        }
    }

    /// Sends a signal to it alone.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap_or_else(|e| panic!("{signal:?} to {}: {e}", self.name));
    }

    /// Whether it is still running.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child of ours").is_none()
    }

    /// Waits for its end; panics when it takes longer than `within`.
    #[must_use]
    pub fn wait(mut self, within: Duration) -> Finished {
        let deadline = Instant::now() + within;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child of ours") {
                break status;
            }
            assert!(Instant::now() < deadline, "{} did not end; it said:\n{}", self.name, self.said());
            pause();
        };
        for reader in self.readers.drain(..) {
            reader.join().expect("reading does not panic");
        }
        let text = self.output.text.lock().expect("not poisoned");
        Finished { status, stdout: text.stdout.clone(), stderr: text.stderr.clone() }
    }

    /// The most memory it has had resident so far, in KiB (`VmHWM` of proc(5)).
    #[must_use]
    pub fn peak_memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).expect("it is running");
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("VmHWM");
        line.split_ascii_whitespace().nth(1).expect("a number").parse().expect("a number")
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // What it started itself must go too; what is gone already is no failure.
        let _ = kill_process_group(self.pid(), Signal::KILL);
        let _ = self.child.wait();
    }
}

/// Polls `attempt` until it answers, or panics with what `otherwise` tells.
pub fn eventually<T>(within: Duration, mut attempt: impl FnMut() -> Option<T>, otherwise: impl Fn() -> String) -> T {
    let deadline = Instant::now() + within;
    loop {
        if let Some(value) = attempt() {
            return value;
        }
        assert!(Instant::now() < deadline, "not within {within:?}: {}", otherwise());
        pause();
    }
}

/// Lets others run between two looks at something that tells of no change itself.
fn pause() {
    std::thread::park_timeout(Duration::from_millis(10));
}

fn collect(
    stream: impl Read + Send + 'static,
    output: &Arc<Output>,
    part: fn(&mut Text) -> &mut String,
) -> JoinHandle<()> {
    let output = Arc::clone(output);
    std::thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            part(&mut output.text.lock().expect("not poisoned")).push_str(&String::from_utf8_lossy(&line));
            output.grown.notify_all();
            line.clear();
        }
        output.text.lock().expect("not poisoned").open -= 1;
        output.grown.notify_all();
    })
}
