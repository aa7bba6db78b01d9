//! A client that nobody here wrote, for HTTP/2 and TLS: curl.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::{Headers, Response};

/// One request by curl.
#[derive(Debug)]
pub struct Curl {
    arguments: Vec<String>,
    body: Vec<u8>,
}

/// What curl was answered, and in which version of HTTP.
#[derive(Clone, Debug)]
pub struct Answer {
    /// `1.1` or `2`; `0` when there was no answer.
    pub version: String,
    /// The answer.
    pub response: Response,
}

impl Curl {
    /// A request of `url` whose path is sent as it is.
    #[must_use]
    pub fn new(url: &str) -> Self {
        let fixed = ["--silent", "--show-error", "--include", "--path-as-is", "--max-time", "40", "--globoff"];
        let curl = Self { arguments: fixed.map(str::to_owned).to_vec(), body: Vec::new() };
        curl.with(&["--noproxy", "*", "--url", url])
    }

    /// The same in HTTP/2 without a word before (RFC 9113 §3.3).
    #[must_use]
    pub fn http2(url: &str) -> Self {
        Self::new(url).with(&["--http2-prior-knowledge"])
    }

    /// With more arguments of curl's.
    #[must_use]
    pub fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|&argument| argument.to_owned()));
        self
    }

    /// With a header line.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        // curl takes `Name;` for an empty value.
        let line = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        self.with(&["--header", &line])
    }

    /// With a body.
    #[must_use]
    pub fn body(self, method: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self.with(&["--request", method, "--data-binary", "@-"]) }
    }

    /// Asks; panics when there is no answer.
    #[must_use]
    pub fn ask(self) -> Answer {
        self.try_ask().unwrap_or_else(|why| panic!("{why}"))
    }

    /// Asks.
    ///
    /// # Errors
    /// What curl says when there is no answer.
    pub fn try_ask(self) -> Result<Answer, String> {
        let mut curl = Command::new("curl")
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .args(&self.arguments)
            .args(["--write-out", "\n%{http_version}"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("curl: {error}; tests/counterparts/install.sh http2"))?;
        // It may be answered before it has sent everything.
        let _ = curl.stdin.take().expect("piped").write_all(&self.body);
        let output = curl.wait_with_output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        read(&output.stdout).ok_or_else(|| format!("no answer: {}", String::from_utf8_lossy(&output.stdout)))
    }
}

/// Takes apart what curl prints: heads, the last of which counts, the body, the version.
fn read(printed: &[u8]) -> Option<Answer> {
    let end = printed.iter().rposition(|byte| *byte == b'\n')?;
    let (mut rest, version) = (&printed[..end], String::from_utf8_lossy(&printed[end + 1..]).into_owned());
    loop {
        let blank = rest.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head: String = rest[..blank].iter().map(|&byte| char::from(byte)).collect();
        rest = &rest[blank + 4..];
        let mut lines = head.split("\r\n");
        let status_line = lines.next()?.to_owned();
        let status: u16 = status_line.split(' ').nth(1)?.parse().ok()?;
        if (100..200).contains(&status) {
            continue;
        }
        let mut headers = Headers::default();
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            headers.push(name, value.trim_start());
        }
        let response = Response { status, status_line, headers, body: rest.to_vec(), trailers: Headers::default() };
        return Some(Answer { version, response });
    }
}
