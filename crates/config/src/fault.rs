//! What is wrong with a configuration: every fault says which option, where it was written, why, and what to write
//! instead.

use std::borrow::Cow;
use std::fmt;

use crate::excerpt::Excerpt;
use crate::written::Source;

/// Why a value cannot be what its option needs. The words never repeat the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ValueError {
    /// The predicate of a sentence whose subject is the value: `is not a boolean`.
    pub(crate) reason: String,
    /// An imperative: `write true or false`.
    pub(crate) instead: String,
    /// Whether the words speak of the value or only of its type.
    pub(crate) concerns: Concern,
    /// Which element of a list, or which occurrence of a flag, they speak of, counted from 0.
    pub(crate) element: Option<usize>,
}

/// What a [`ValueError`] speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Concern {
    /// The value, which is worth quoting when it is no secret.
    Value,
    /// The type alone: there is nothing to quote.
    Type,
}

impl ValueError {
    pub(crate) fn new(reason: impl Into<String>, instead: impl Into<String>) -> Self {
        Self { reason: reason.into(), instead: instead.into(), concerns: Concern::Value, element: None }
    }

    pub(crate) fn about_type(reason: impl Into<String>, instead: impl Into<String>) -> Self {
        Self { concerns: Concern::Type, ..Self::new(reason, instead) }
    }

    /// The same about an element, or an occurrence.
    pub(crate) fn of_element(self, at: usize) -> Self {
        Self { element: Some(at), ..self }
    }
}

/// What to do about a file that cannot be read.
pub(crate) const READABLE: &str = "name a file that is there and that this process may read";

/// The kind of a fault, each with a code that stays the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultCode {
    /// Nobody knows a flag, key or option of this name.
    Unknown,
    /// The value is not in the syntax of its option.
    Value,
    /// The value can be read, and the option cannot be that.
    Refused,
    /// An option that is needed is not set.
    Missing,
    /// Options exclude each other, or one is written twice.
    Conflict,
    /// The option is known, and this version does not serve it.
    NotServed,
    /// A file that the configuration names cannot be read.
    File,
    /// A file or the command line does not follow its syntax.
    Syntax,
    /// It would work, and open a door that nobody meant to open.
    Dangerous,
    /// All options can be read, and what they name cannot be set up.
    Start,
}

impl FaultCode {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Unknown,
        Self::Value,
        Self::Refused,
        Self::Missing,
        Self::Conflict,
        Self::NotServed,
        Self::File,
        Self::Syntax,
        Self::Dangerous,
        Self::Start,
    ];

    /// The code, as it is printed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "E-CONFIG-UNKNOWN",
            Self::Value => "E-CONFIG-VALUE",
            Self::Refused => "E-CONFIG-REFUSED",
            Self::Missing => "E-CONFIG-MISSING",
            Self::Conflict => "E-CONFIG-CONFLICT",
            Self::NotServed => "E-CONFIG-NOT-SERVED",
            Self::File => "E-CONFIG-FILE",
            Self::Syntax => "E-CONFIG-SYNTAX",
            Self::Dangerous => "E-CONFIG-DANGEROUS",
            Self::Start => "E-CONFIG-START",
        }
    }
}

impl FaultCode {
    /// What it means and how it comes about, as a sentence for `docs/reference/errors.md`.
    #[must_use]
    pub const fn cause(self) -> &'static str {
        match self {
            Self::Unknown => "No option has a flag or a key of this name.",
            Self::Value => "The value is not written as its option needs it: no number, no duration, no list.",
            Self::Refused => "The value can be read, and is not one that its option takes.",
            Self::Missing => "An option that is needed is not set.",
            Self::Conflict => "Options exclude each other, or one is written twice.",
            Self::NotServed => "The option is one of oauth2-proxy, and this version does not serve it.",
            Self::File => {
                "A file that the configuration names is not there, may not be read, or holds the wrong thing."
            }
            Self::Syntax => "The command line, or a file, does not follow its syntax.",
            Self::Dangerous => "It would work, and open a door that nobody meant to open.",
            Self::Start => {
                "Every option is sound, and the program cannot start by them: an address is in use, a log file cannot be made, a provider that is required does not answer."
            }
        }
    }

    /// What to do about it, as a sentence for `docs/reference/errors.md`.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Unknown => "Take the name that the message suggests, or one of the reference of options.",
            Self::Value | Self::Refused | Self::Dangerous => "Write what the message says instead.",
            Self::Missing => "Set the option that the message names, in any of its sources.",
            Self::Conflict => "Leave one of the two out, or write what the message says instead.",
            Self::NotServed => "Remove the option, or give it its default; stay with oauth2-proxy if it is needed.",
            Self::File => "Look at the path, the mount and the permissions; the process may run as another user.",
            Self::Syntax => "Mend the line or the argument that the message shows.",
            Self::Start => {
                "The reason is before the code; `oauth2-sidecar doctor` tries out addresses and the provider."
            }
        }
    }
}

impl fmt::Display for FaultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its kind.
    pub code: FaultCode,
    /// The option, by the name of its flag; for a file that cannot be used, its path.
    pub subject: String,
    /// Where it was written.
    pub source: Source,
    /// Which element of a list it is about, counted from 0; `None` for a value as a whole.
    pub element: Option<usize>,
    /// What is wrong. Values are quoted only when they are no secret.
    pub reason: String,
    /// What to write instead; empty when the reason says it.
    pub instead: String,
    /// The line of the file that it was written in, when there is one.
    pub excerpt: Option<Excerpt>,
}

impl Fault {
    /// A fault whose line is not known yet.
    #[must_use]
    pub fn new(
        code: FaultCode,
        subject: impl Into<String>,
        source: Source,
        reason: impl Into<String>,
        instead: impl Into<String>,
    ) -> Self {
        let (subject, reason, instead) = (subject.into(), reason.into(), instead.into());
        Self { code, subject, source, element: None, reason, instead, excerpt: None }
    }

    /// The same about an element of a list.
    pub(crate) fn of_element(self, element: Option<usize>) -> Self {
        Self { element, ..self }
    }
}

/// One line, without the code and the excerpt.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.subject, self.source, self.reason)?;
        if !self.instead.is_empty() {
            write!(f, "; {}", self.instead)?;
        }
        Ok(())
    }
}

/// At which step the faults were found, which decides the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The command line could not be understood: exit status 2, after the usage text on the standard error stream.
    CommandLine,
    /// What was written is not a configuration to start with: exit status 1.
    Configuration,
}

/// Everything that is wrong, found in one go.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Faults {
    stage: Stage,
    list: Vec<Fault>,
    warnings: Vec<Warning>,
}

impl Faults {
    pub(crate) fn new(stage: Stage, faults: Vec<Fault>) -> Self {
        Self { stage, list: faults, warnings: Vec::new() }
    }

    /// The same with what is not wrong, and was noticed on the way.
    pub(crate) fn beside(self, warnings: Vec<Warning>) -> Self {
        Self { warnings, ..self }
    }

    /// What works and an operator should know of, beside what does not.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// At which step they were found.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// The status the process ends with.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self.stage {
            Stage::CommandLine => 2,
            Stage::Configuration => 1,
        }
    }

    /// The faults, in the order they are reported; at least one.
    #[must_use]
    pub fn list(&self) -> &[Fault] {
        &self.list
    }
}

/// A heading, and per fault an indented line, its excerpt and what to write instead; no line break at the end.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.stage {
            Stage::CommandLine => "invalid command line:",
            // compat: operators look for this heading.
            Stage::Configuration => "invalid configuration:",
        })?;
        for fault in &self.list {
            write!(f, "\n  {} ({}): {} [{}]", fault.subject, fault.source, fault.reason, fault.code)?;
            if let Some(excerpt) = &fault.excerpt {
                write!(f, "\n{excerpt}")?;
            }
            if !fault.instead.is_empty() {
                write!(f, "\n      {}", fault.instead)?;
            }
        }
        Ok(())
    }
}

/// Something that works and that an operator should know of, for the log at start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The option: the name of its flag, or its path in the structured configuration.
    pub subject: Cow<'static, str>,
    /// Where it was written.
    pub source: Source,
    /// Which element of a list it is about, counted from 0; `None` for a value as a whole.
    pub element: Option<usize>,
    /// What it means for this deployment.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.subject, self.source, self.message)
    }
}

/// The longest piece of a value that a message repeats, in characters.
const QUOTED: usize = 120;

/// A value in quotes, fit for a terminal and a log line: control characters are escaped, the length is bounded, and
/// a URL has lost its userinfo and its query, where credentials live.
pub(crate) fn quote(value: &str) -> String {
    let value = without_credentials(value);
    let mut quoted = String::from("\"");
    for (count, c) in value.chars().enumerate() {
        if count == QUOTED {
            quoted.push('…');
            break;
        }
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c => push_visible(&mut quoted, c),
        }
    }
    quoted.push('"');
    quoted
}

/// Appends a character, escaped when a terminal would obey it or nobody would see it.
pub(crate) fn push_visible(text: &mut String, c: char) {
    if c.is_control() || is_invisible(c) {
        text.extend(c.escape_default());
    } else {
        text.push(c);
    }
}

/// Marks that change the order of text or cannot be seen.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A URL without its userinfo and its query, where credentials live.
pub(crate) fn without_credentials(value: &str) -> String {
    let Some((scheme, rest)) = value.split_once("://") else {
        return value.to_owned();
    };
    let (rest, query) = match rest.split_once('?') {
        Some((rest, _)) => (rest, "?…"),
        None => (rest, ""),
    };
    // Up to the last @, wherever it is: a password may hold a raw slash, and hiding too much is harmless.
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://…@{host}{query}"),
        None => format!("{scheme}://{rest}{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_one_line_each_below_a_heading() {
        let fault =
            |subject: &str, source, instead: &str| Fault::new(FaultCode::Refused, subject, source, "is wrong", instead);
        let faults = Faults::new(
            Stage::Configuration,
            vec![
                fault("cookie-name", Source::Flag, "write another"),
                fault("scope", Source::Environment("OAUTH2_PROXY_SCOPE".to_owned()), ""),
                fault("upstream", Source::File { path: "/etc/a.cfg".into(), line: 7, column: 3 }, ""),
            ],
        );
        assert_eq!(
            faults.to_string(),
            "invalid configuration:\n  cookie-name (command line): is wrong [E-CONFIG-REFUSED]\n      write another\n  \
             scope (environment variable OAUTH2_PROXY_SCOPE): is wrong [E-CONFIG-REFUSED]\n  \
             upstream (/etc/a.cfg:7:3): is wrong [E-CONFIG-REFUSED]"
        );
        assert_eq!(faults.exit_code(), 1);
    }

    #[test]
    fn a_quoted_value_cannot_forge_lines_or_hide_text() {
        assert_eq!(quote("a\nb\x1b[31m\"\\"), "\"a\\nb\\u{1b}[31m\\\"\\\\\"");
        assert_eq!(quote("a\u{202e}b"), "\"a\\u{202e}b\"");
        assert_eq!(quote(&"x".repeat(500)).chars().count(), QUOTED + 3);
    }

    #[test]
    fn a_quoted_url_has_no_credentials() {
        assert_eq!(quote("http://user:pa/ss@w@host:1/p?key=1"), "\"http://…@host:1/p?…\"");
        assert_eq!(quote("http://host/p"), "\"http://host/p\"");
    }
}
