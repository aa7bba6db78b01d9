//! Metrics as Prometheus itself reads them.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::place;

/// The series of an exposition, `KIND NAME{LABEL="VALUE"} VALUE` each, sorted; what Prometheus' parser or its linter finds
/// fault with fails the test.
#[must_use]
pub fn series(text: &str) -> Vec<String> {
    let program = place::installed(place::cache().join("bin/promcheck"), "tests/counterparts/install.sh promcheck");
    let mut judge = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promcheck starts");
    judge.stdin.take().expect("piped").write_all(text.as_bytes()).expect("promcheck reads");
    let output = judge.wait_with_output().expect("promcheck ends");
    assert!(output.status.success(), "{}{text}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// The value of one series that counts, named with its labels as the exposition has it: `a_total{b="c"}`; `None` if there is none.
#[must_use]
pub fn value(text: &str, series: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}
