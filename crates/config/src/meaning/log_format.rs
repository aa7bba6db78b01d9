//! Lines of a shape of one's own: Go templates of plain text.

use std::sync::Arc;

use sidecar_gotmpl::{Fault as TemplateFault, Record, RenderError, Set, Source, Value};

use super::judge::{Judge, one_of};
use crate::fault::quote;
use crate::row::Row;
use crate::written::Written;

/// The streams of log lines that have a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogStream {
    /// The program's own lines.
    Standard,
    /// Logins.
    Auth,
    /// Requests.
    Request,
}

impl LogStream {
    /// The variables of its format; all are texts.
    #[must_use]
    pub const fn variables(self) -> &'static [&'static str] {
        match self {
            Self::Standard => &["Timestamp", "File", "Message"],
            Self::Auth => &[
                "Client",
                "Host",
                "Protocol",
                "RequestID",
                "RequestMethod",
                "Timestamp",
                "UserAgent",
                "Username",
                "Status",
                "Message",
            ],
            Self::Request => &[
                "Client",
                "Host",
                "Protocol",
                "RequestID",
                "RequestDuration",
                "RequestMethod",
                "RequestURI",
                "ResponseSize",
                "StatusCode",
                "Timestamp",
                "Upstream",
                "UserAgent",
                "Username",
            ],
        }
    }
}

/// A format that was written in place of the usual one: compiled once, run for each line.
#[derive(Clone, Debug)]
pub struct LogFormat {
    text: String,
    set: Arc<Set>,
}

/// Why a format makes no line of some values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct NoLine(#[from] RenderError);

/// The name of the template in a set of its own.
const NAME: &str = "format";

impl LogFormat {
    /// One line, without its line break.
    ///
    /// # Errors
    /// [`NoLine`] where an action fails on these values.
    pub fn line(&self, values: impl IntoIterator<Item = (&'static str, String)>) -> Result<String, NoLine> {
        let record = values.into_iter().fold(Record::new(), |record, (name, value)| record.with(name, value));
        Ok(self.set.render(NAME, &Value::Record(record))?)
    }
}

impl PartialEq for LogFormat {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for LogFormat {}

/// The format of a stream; the inner `None` is the usual one, which no template needs to run for.
#[expect(clippy::option_option, reason = "outside: whether there is a fault; inside: whether it is another format")]
pub(super) fn format(
    stream: LogStream,
    row: Option<&Row>,
    written: &Written<String>,
    judge: &mut Judge,
) -> Option<Option<LogFormat>> {
    if row.is_some_and(|row| row.default == written.value) {
        return Some(None);
    }
    let set = match Set::text(&[Source { name: NAME, text: &written.value }], &[]) {
        Ok(set) => set,
        Err(error) => {
            let reason = format!("line {} of the template: {}", error.line, error.fault);
            judge.refuse(written, reason, "write a Go template");
            return None;
        }
    };
    let format = LogFormat { text: written.value.clone(), set: Arc::new(set) };
    let sample = |text: &str| stream.variables().iter().map(|name| (*name, text.to_owned())).collect::<Vec<_>>();
    let record = sample("").into_iter().fold(Record::new(), |record, (name, value)| record.with(name, value));
    if let Err(error) = format.set.check(NAME, &Value::Record(record)) {
        refuse(written, &error, stream, judge);
        return None;
    }
    // What only some values make fail is told, and such lines are written in the usual format.
    let tried = [SAMPLE, ""].map(|text| format.line(sample(text)));
    match &tried {
        [Err(error), Err(_)] => {
            refuse(written, &error.0, stream, judge);
            return None;
        }
        [Err(error), Ok(_)] | [Ok(_), Err(error)] => {
            judge.warn(written, format!("some lines will be written in the usual format: {}", place(&error.0)));
        }
        [Ok(_), Ok(_)] => {}
    }
    Some(Some(format))
}

/// A value as long as most.
const SAMPLE: &str = "a text of some forty letters and figures 1";

fn refuse(written: &Written<String>, error: &RenderError, stream: LogStream, judge: &mut Judge) {
    match error {
        RenderError::Action { line, fault: TemplateFault::Field { field, of: "struct" }, .. } => {
            let reason = format!("line {line} of the template: these lines have no variable {}", quote(field));
            judge.refuse(written, reason, format!("write {}", one_of(stream.variables())));
        }
        RenderError::Unknown(_) | RenderError::Action { .. } => judge.refuse(written, place(error), ""),
    }
}

fn place(error: &RenderError) -> String {
    match error {
        RenderError::Action { line, fault, .. } => format!("line {line} of the template: {fault}"),
        RenderError::Unknown(name) => format!("no template is called {}", quote(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::written::Source as Origin;

    /// The format, if there is no fault, and what was said of it.
    fn judged(stream: LogStream, text: &str) -> (Option<LogFormat>, Judge) {
        let mut judge = Judge::default();
        let written =
            Written { value: text.to_owned(), option: "x-logging-format".into(), source: Origin::Flag, element: None };
        let format = format(stream, None, &written, &mut judge);
        (format.flatten(), judge)
    }

    fn told(judge: &Judge) -> String {
        judge.faults.iter().map(ToString::to_string).chain(judge.warnings.iter().map(ToString::to_string)).collect()
    }

    #[test]
    fn a_variable_that_the_stream_does_not_have_is_refused_by_name_in_every_branch() {
        let (format, judge) = judged(LogStream::Auth, "{{.Message}}\n{{if eq .Status \"x\"}}{{.Upstream}}{{end}}");
        assert!(format.is_none());
        let told = told(&judge);
        assert!(told.contains("line 2") && told.contains("Upstream") && told.contains("RequestMethod"), "{told}");
    }

    #[test]
    fn every_variable_of_a_stream_is_known_to_it() {
        for stream in [LogStream::Standard, LogStream::Auth, LogStream::Request] {
            let text: String = stream.variables().iter().flat_map(|name| ["{{.", name, "}}"]).collect();
            let (format, judge) = judged(stream, &text);
            assert!(format.is_some(), "{}", told(&judge));
        }
    }

    #[test]
    fn what_is_no_template_or_fails_always_is_refused_and_what_fails_sometimes_is_told() {
        for text in ["{{.Message", "{{nothing .Message}}", "{{.Message.Length}}", "{{index .Message \"x\"}}"] {
            let (format, judge) = judged(LogStream::Standard, text);
            assert!(format.is_none() && judge.faults.len() == 1, "{text}: {}", told(&judge));
        }
        let (format, judge) = judged(LogStream::Standard, "{{slice .Message 0 5}}");
        assert!(format.is_some() && judge.warnings.len() == 1, "{}", told(&judge));
    }

    #[test]
    fn a_format_makes_a_line_of_values_without_changing_them() {
        let (format, _) = judged(LogStream::Standard, "{\"m\":{{printf \"%q\" .Message}},\"f\":\"{{.File}}\"}");
        let line = format.expect("a format").line([
            ("Timestamp", String::new()),
            ("File", "a.rs:1".to_owned()),
            ("Message", "<a> & \"b\"".to_owned()),
        ]);
        assert_eq!(line.expect("a line"), r#"{"m":"<a> & \"b\"","f":"a.rs:1"}"#);
    }
}
