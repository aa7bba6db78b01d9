//! What is wrong with a configuration: every fault says which option, where it was written, why, and what to write
//! instead.

use std::borrow::Cow;
use std::fmt;

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
        Self { reason: reason.into(), instead: instead.into(), concerns: Concern::Value }
    }

    pub(crate) fn about_type(reason: impl Into<String>, instead: impl Into<String>) -> Self {
        Self { reason: reason.into(), instead: instead.into(), concerns: Concern::Type }
    }
}

/// One thing that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The option, by the name of its flag; for a file that cannot be used, its path.
    pub subject: String,
    /// Where it was written.
    pub source: Source,
    /// What is wrong. Values are quoted only when they are no secret.
    pub reason: String,
    /// What to write instead; empty when the reason says it.
    pub instead: String,
}

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
    faults: Vec<Fault>,
}

impl Faults {
    pub(crate) fn new(stage: Stage, faults: Vec<Fault>) -> Self {
        Self { stage, faults }
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
        &self.faults
    }
}

/// A heading and one indented line per fault; no line break at the end.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.stage {
            Stage::CommandLine => "invalid command line:",
            // compat: operators look for this heading.
            Stage::Configuration => "invalid configuration:",
        })?;
        for fault in &self.faults {
            write!(f, "\n  {fault}")?;
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
            c if c.is_control() || is_invisible(c) => quoted.extend(c.escape_default()),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Marks that change the order of text or cannot be seen.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn without_credentials(value: &str) -> String {
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
        let fault = |subject: &str, source, instead: &str| Fault {
            subject: subject.to_owned(),
            source,
            reason: "is wrong".to_owned(),
            instead: instead.to_owned(),
        };
        let faults = Faults::new(
            Stage::Configuration,
            vec![
                fault("cookie-name", Source::Flag, "write another"),
                fault("scope", Source::Environment("OAUTH2_PROXY_SCOPE".to_owned()), ""),
                fault("upstream", Source::File { path: "/etc/a.cfg".into(), line: 7 }, ""),
            ],
        );
        assert_eq!(
            faults.to_string(),
            "invalid configuration:\n  cookie-name (command line): is wrong; write another\n  \
             scope (environment variable OAUTH2_PROXY_SCOPE): is wrong\n  upstream (/etc/a.cfg:7): is wrong"
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
