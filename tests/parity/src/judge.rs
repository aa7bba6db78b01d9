//! The judge of cookies: a child process in which the original's own code opens and mints them.
//!
//! The child is `decoder/`, a Go program; one JSON request per line goes in, one JSON answer per line comes out.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Serialize;
use serde_json::{Value, json};

/// The cookie options of a configuration, as the judge needs them.
#[derive(Debug, Clone, Serialize)]
pub struct CookieOptions {
    /// `cookie-name`.
    pub name: String,
    /// `cookie-secret`.
    pub secret: String,
    /// `cookie-expire` in seconds; 0 checks no time.
    pub expire: f64,
    /// `cookie-csrf-expire` in seconds.
    pub csrf_expire: f64,
    /// `cookie-csrf-per-request`.
    pub per_request: bool,
}

impl CookieOptions {
    /// Reads the options out of `flags` (`--name=value`), with the original's defaults.
    #[must_use]
    pub fn from_flags(flags: &[String]) -> Self {
        let value = |name: &str| {
            let prefix = format!("--{name}=");
            flags.iter().rev().find_map(|flag| flag.strip_prefix(&prefix).map(str::to_owned))
        };
        Self {
            name: value("cookie-name").unwrap_or_else(|| "_oauth2_proxy".to_owned()),
            secret: value("cookie-secret").expect("every configuration sets a cookie secret"),
            expire: value("cookie-expire").map_or(168.0 * 3600.0, |text| seconds(&text)),
            csrf_expire: value("cookie-csrf-expire").map_or(900.0, |text| seconds(&text)),
            per_request: value("cookie-csrf-per-request").is_some_and(|text| text == "true"),
        }
    }
}

/// Seconds of a duration with one unit, the only form that the configurations here use.
fn seconds(text: &str) -> f64 {
    let (number, unit) = text.split_at(text.len() - 1);
    let number: f64 = number.parse().expect("a duration with one unit");
    match unit {
        "s" => number,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        other => panic!("no such unit: {other}"),
    }
}

/// The running child.
#[derive(Debug)]
pub struct Judge {
    child: Child,
    into: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Judge {
    /// Builds the decoder into `folder` (cached by Go) and starts it.
    ///
    /// # Panics
    /// When Go is missing or the program does not build: nothing can be judged then.
    #[must_use]
    pub fn start(folder: &Path) -> Self {
        let program = build(folder);
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the decoder that was just built starts");
        let into = child.stdin.take().expect("stdin is piped");
        let from = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Self { child, into, from }
    }

    /// The session that a Cookie request header carries, or why the original does not accept it.
    ///
    /// # Errors
    /// The original's own words.
    pub fn open(&mut self, options: &CookieOptions, header: &str) -> Result<Value, String> {
        let answer = self.ask(&json!({"op": "open", "cookie": options, "header": header}))?;
        Ok(answer["session"].clone())
    }

    /// The login in a Cookie request header: `name`, hashed `state` and `nonce`, `verifier`.
    ///
    /// # Errors
    /// The original's own words.
    pub fn open_login(&mut self, options: &CookieOptions, state: &str, header: &str) -> Result<Value, String> {
        self.ask(&json!({"op": "open-csrf", "cookie": options, "state": state, "header": header}))
    }

    /// A Cookie request header with `session`, split where the original would split it.
    #[must_use]
    pub fn mint(&mut self, options: &CookieOptions, session: &Value) -> String {
        text(&self.must(&json!({"op": "mint", "cookie": options, "session": session})), "header")
    }

    /// A login cookie made at `at` (Unix seconds): its `name=value` and the hashed state.
    #[must_use]
    pub fn mint_login(&mut self, options: &CookieOptions, login: &Value, at: u64) -> (String, String) {
        let answer = self.must(&json!({"op": "mint-csrf", "cookie": options, "login": login, "at": at}));
        (format!("{}={}", text(&answer, "name"), text(&answer, "value")), text(&answer, "state"))
    }

    /// A value over `plain` that the secret signed under the cookie's name at `at`.
    #[must_use]
    pub fn sign(&mut self, options: &CookieOptions, plain: &str, at: u64) -> String {
        text(&self.must(&json!({"op": "sign", "cookie": options, "plain": plain, "at": at})), "value")
    }

    /// A session cookie value whose `MessagePack` is `hex`, whatever that says.
    #[must_use]
    pub fn seal(&mut self, options: &CookieOptions, hex: &str, at: u64) -> String {
        text(&self.must(&json!({"op": "seal", "cookie": options, "hex": hex, "at": at})), "value")
    }

    /// Whether the secret of `options` signed `value` under the name `name`.
    #[must_use]
    pub fn signed(&mut self, options: &CookieOptions, name: &str, value: &str) -> bool {
        let options = CookieOptions { name: name.to_owned(), ..options.clone() };
        let answer = self.ask(&json!({"op": "check-sign", "cookie": options, "plain": value}));
        answer.is_ok_and(|answer| answer["signed"] == json!(true))
    }

    /// What the YAML in `plain` says, read as the original reads its own.
    ///
    /// # Errors
    /// The reader's own words.
    pub fn yaml(&mut self, plain: &str) -> Result<Value, String> {
        Ok(self.ask(&json!({"op": "yaml", "plain": plain}))?["value"].clone())
    }

    fn must(&mut self, request: &Value) -> Value {
        self.ask(request).unwrap_or_else(|why| panic!("the judge refused to mint: {why}"))
    }

    fn ask(&mut self, request: &Value) -> Result<Value, String> {
        writeln!(self.into, "{request}").expect("the judge listens");
        let mut line = String::new();
        self.from.read_line(&mut line).expect("the judge answers");
        let answer: Value = serde_json::from_str(&line).expect("the judge answers in JSON");
        match answer["error"].as_str() {
            Some(why) => Err(why.to_owned()),
            None => Ok(answer),
        }
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        // It ends with its input anyway; waiting leaves no zombie behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn build(folder: &Path) -> PathBuf {
    let program = folder.join("decoder");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("decoder");
    let built = Command::new("go").arg("build").arg("-o").arg(&program).arg(".").current_dir(source).status();
    assert!(built.is_ok_and(|status| status.success()), "go build of tests/parity/decoder failed; is Go installed?");
    program
}

fn text(answer: &Value, member: &str) -> String {
    answer[member].as_str().unwrap_or_default().to_owned()
}
