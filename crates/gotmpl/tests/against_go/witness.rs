//! The running Go program.

use std::borrow::Cow;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::LazyLock;
use std::thread;

use serde_json::{Value as Json, json};
use sidecar_gotmpl::Value;

/// What a template set makes of its data.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    Page(String),
    RefusedAtStart(String),
    FailedWhileRunning(String),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Mode {
    Html,
    Text,
}

/// One question to both.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) mode: Mode,
    /// Name and text of the files, of which the one called `t` is rendered.
    pub(crate) sources: Vec<(&'a str, Cow<'a, str>)>,
    pub(crate) data: Value,
}

/// The program, built once (and cached by Go) for all tests of a run.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/counterparts/gotemplate");
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gotemplate");
    let built = Command::new("go").arg("build").arg("-o").arg(&program).arg(".").current_dir(source).status();
    assert!(built.is_ok_and(|status| status.success()), "go build of gotemplate failed; is Go installed?");
    program
});

pub(crate) struct Witness {
    child: Child,
    into: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Witness {
    /// Starts the program.
    pub(crate) fn start() -> Self {
        let mut child = Command::new(&*PROGRAM)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program that was just built starts");
        let into = child.stdin.take();
        let from = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Self { child, into, from }
    }

    /// What Go makes of each of them, shown one by one. They are written ahead, so that neither side waits for the other.
    pub(crate) fn judge(&mut self, all: &[Asked<'_>], mut show: impl FnMut(&Asked<'_>, Judgement)) {
        let into = self.into.as_mut().expect("stdin is open");
        let from = &mut self.from;
        thread::scope(|scope| {
            scope.spawn(|| all.iter().for_each(|asked| asked.write(into)));
            for asked in all {
                let mut line = String::new();
                from.read_line(&mut line).expect("the witness answers");
                show(asked, Judgement::read(&line));
            }
        });
    }
}

impl Asked<'_> {
    fn write(&self, into: &mut ChildStdin) {
        let mode = match self.mode {
            Mode::Html => "html",
            Mode::Text => "text",
        };
        let request = json!({
            "mode": mode,
            "sources": self.sources,
            "name": "t",
            "data": tagged(&self.data),
        });
        writeln!(into, "{request}").expect("the witness listens");
    }
}

impl Judgement {
    fn read(line: &str) -> Self {
        let answer: Json = serde_json::from_str(line).expect("the witness answers in JSON");
        let text = |member: &str| answer[member].as_str().unwrap_or_default().to_owned();
        match answer["failed"].as_str() {
            Some("") => Judgement::Page(text("output")),
            Some("start") => Judgement::RefusedAtStart(text("error")),
            _ => Judgement::FailedWhileRunning(text("error")),
        }
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        // It ends with its input.
        self.into.take();
        let _ = self.child.wait();
    }
}

/// A value with the name of its type, from which the witness makes a Go value.
fn tagged(value: &Value) -> Json {
    match value {
        Value::Nil => Json::Null,
        Value::Bool(value) => json!({ "bool": value }),
        Value::Int(value) => json!({ "int": value }),
        Value::Float(value) => json!({ "float": value }),
        Value::Text(text) => json!({ "text": text }),
        Value::Html(text) => json!({ "html": text }),
        Value::List(items) => json!({ "list": items.iter().map(tagged).collect::<Vec<_>>() }),
        Value::Record(record) => {
            let fields = record.iter().map(|(name, value)| json!({ "name": name, "value": tagged(value) }));
            json!({ "record": fields.collect::<Vec<_>>() })
        }
    }
}
