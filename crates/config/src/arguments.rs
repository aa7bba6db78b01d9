//! The command line, in the habits of Go's pflag, parsed twice.
//!
//! A lenient parse finds the flags that say what to do and passes over everything else; a strict one reads all flags.
//! clap has neither: it cannot be told to go on after what it does not know, it takes `--flag value` for a boolean or
//! leaves `--flag=false` out, and it refuses the positional arguments that are ignored here. This parser is smaller
//! than the settings that would talk clap into all that. lexopt would take over [`read`] and nothing else: the lenient
//! parse looks at raw words ahead, and `-config` and `---x` are known as the words they are only before they are lexed.

use crate::fault::{Fault, FaultCode, Faults, Stage, ValueError, Warning, quote};
use crate::nearest::nearest;
use crate::options::Options;
use crate::row::{Row, Secrecy, Serving};
use crate::table::{MODES, rows};
use crate::value::{Input, Kind};
use crate::written::Source;

/// What to do, as the lenient parse understood it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Modes {
    /// `--version`
    pub(crate) version: bool,
    /// `--config-test`
    pub(crate) config_test: bool,
    /// `--convert-config-to-alpha`
    pub(crate) convert: bool,
    /// `--config`, empty when there is none.
    pub(crate) config: String,
    /// `--alpha-config`, empty when there is none.
    pub(crate) alpha_config: String,
}

/// What the strict parse understood.
pub(crate) enum CommandLine {
    /// `--help` or `-h` was there.
    Help,
    /// Every flag that was given, with all its occurrences in order.
    Flags(Vec<(&'static Row, Vec<String>)>),
}

/// How one argument reads.
enum Argument<'a> {
    /// `--name` or `--name=value`
    Long { name: &'a str, value: Option<&'a str> },
    /// `-x…`
    Short(&'a str),
    /// `--`
    End,
    /// Anything else; ignored.
    Positional,
    /// `--=x`, `---x`
    Malformed,
}

fn read(argument: &str) -> Argument<'_> {
    match argument.strip_prefix("--") {
        Some("") => Argument::End,
        Some(long) if long.starts_with(['-', '=']) => Argument::Malformed,
        Some(long) => match long.split_once('=') {
            Some((name, value)) => Argument::Long { name, value: Some(value) },
            None => Argument::Long { name: long, value: None },
        },
        None => match argument.strip_prefix('-') {
            None | Some("") => Argument::Positional,
            Some(short) => Argument::Short(short),
        },
    }
}

/// Finds the mode flags. It ends at the first thing wrong with one of them, without a word: the strict parse comes
/// after it.
///
/// An unknown flag without `=` takes the next argument with it unless that begins with `-`; so a mode flag is seen
/// even where the strict parse takes the same word for the value of another flag.
pub(crate) fn modes(arguments: &[String]) -> Modes {
    let mut modes = Modes::default();
    let mut rest = arguments.iter().peekable();
    while let Some(argument) = rest.next() {
        let (name, value) = match read(argument) {
            Argument::Long { name: "help", .. } | Argument::End | Argument::Malformed => break,
            Argument::Short(short) if short.starts_with('h') => break,
            Argument::Positional => continue,
            Argument::Short(short) => {
                if short.chars().nth(1) != Some('=') {
                    rest.next_if(|next| !next.starts_with('-'));
                }
                continue;
            }
            Argument::Long { name, value } => (name, value),
        };
        let Some(row) = MODES.iter().find(|row| row.flag == name) else {
            if value.is_none() {
                rest.next_if(|next| !next.starts_with('-'));
            }
            continue;
        };
        let value = match (value, row.kind) {
            (Some(value), _) => Some(value),
            (None, Kind::Bool) => Some("true"),
            (None, _) => rest.next().map(String::as_str),
        };
        if value.is_none_or(|value| modes.set(row.flag, value).is_err()) {
            break;
        }
    }
    modes
}

impl Modes {
    fn set(&mut self, flag: &str, value: &str) -> Result<(), ValueError> {
        use crate::value::Setting as _;
        let given = [value.to_owned()];
        match flag {
            "version" => self.version = bool::from_flag(&given)?,
            "config-test" => self.config_test = bool::from_flag(&given)?,
            "convert-config-to-alpha" => self.convert = bool::from_flag(&given)?,
            "config" => value.clone_into(&mut self.config),
            "alpha-config" => value.clone_into(&mut self.alpha_config),
            _ => {}
        }
        Ok(())
    }
}

/// Reads every flag, and reports all that is wrong with the command line.
pub(crate) fn strict(arguments: &[String]) -> Result<CommandLine, Faults> {
    let Strict { flags, faults, asks_for_help, .. } = Strict::read(arguments);
    match (faults.is_empty(), asks_for_help) {
        (false, _) => Err(Faults::new(Stage::CommandLine, faults)),
        (true, true) => Ok(CommandLine::Help),
        (true, false) => Ok(CommandLine::Flags(flags)),
    }
}

/// What a command line says as far as it can be read, and what is wrong with the rest.
pub(crate) struct Strict {
    /// The flags that could be read.
    pub(crate) flags: Vec<(&'static Row, Vec<String>)>,
    /// What is wrong with others.
    pub(crate) faults: Vec<Fault>,
    /// What was read, and perhaps not as it was meant.
    pub(crate) warnings: Vec<Warning>,
    /// Whether `--help` or `-h` was there; what comes after it was not looked at.
    pub(crate) asks_for_help: bool,
}

impl Strict {
    /// Reads every flag up to one that asks for help.
    pub(crate) fn read(arguments: &[String]) -> Self {
        let mut parse = Self { flags: Vec::new(), faults: Vec::new(), warnings: Vec::new(), asks_for_help: false };
        parse.all(arguments);
        parse
    }

    fn all(&mut self, arguments: &[String]) {
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match read(argument) {
                Argument::End => return,
                Argument::Positional => {}
                Argument::Malformed => {
                    self.fault(FaultCode::Syntax, "--", "a flag without a name", "write --name=value");
                }
                Argument::Long { name: "help", .. } => return self.asks_for_help = true,
                Argument::Short(short) if short.starts_with('h') => return self.asks_for_help = true,
                Argument::Short(short) => self.short(short),
                Argument::Long { name, value } => self.long(name, value, &mut rest),
            }
        }
    }

    fn fault(&mut self, code: FaultCode, subject: &str, reason: &str, instead: &str) {
        self.faults.push(Fault::new(code, subject, Source::Flag, reason, instead));
    }

    /// There are no short flags, but many have the habit of writing long ones with one hyphen.
    fn short(&mut self, short: &str) {
        let name = short.split('=').next().unwrap_or_default();
        let (subject, instead) = if let Some(row) = rows().find(|row| row.flag == name) {
            (format!("-{name}"), format!("write --{}", row.flag))
        } else {
            // The rest may be the value of what was meant for a short flag, and that value a secret.
            let first: String = short.chars().take(1).collect();
            (shown("-", &first), "flags begin with two hyphens".to_owned())
        };
        self.fault(FaultCode::Syntax, &subject, "there are no short flags", &instead);
    }

    fn long(&mut self, name: &str, value: Option<&str>, rest: &mut std::slice::Iter<'_, String>) {
        let Some(row) = rows().find(|row| row.flag == name) else {
            let instead = nearest(name, rows().map(|row| row.flag));
            let instead = instead.map_or("--help lists all flags".to_owned(), |name| format!("did you mean --{name}?"));
            return self.fault(FaultCode::Unknown, &shown("--", name), "unknown flag", &instead);
        };
        let value = match (value, row.kind) {
            (Some(value), _) => value,
            (None, Kind::Bool) => {
                self.warn_of_a_value_behind(row, rest.as_slice().first());
                "true"
            }
            (None, _) => {
                let Some(value) = rest.next() else {
                    let instead = format!("write --{}=VALUE", row.flag);
                    return self.fault(FaultCode::Value, row.flag, "needs a value", &instead);
                };
                value
            }
        };
        if let Err(error) = check(row, value) {
            let reason = match row.secrecy {
                Secrecy::Open => format!("{} {}", quote(value), error.reason),
                Secrecy::Secret => format!("the value {}", error.reason),
            };
            return self.fault(FaultCode::Value, row.flag, &reason, &error.instead);
        }
        match self.flags.iter_mut().find(|(known, _)| known.flag == row.flag) {
            Some((_, occurrences)) => occurrences.push(value.to_owned()),
            None => self.flags.push((row, vec![value.to_owned()])),
        }
    }
}

impl Strict {
    /// compat: a word behind a switch is ignored, also one that would turn it off.
    fn warn_of_a_value_behind(&mut self, row: &Row, word: Option<&String>) {
        if let Some(word @ ("true" | "false")) = word.map(String::as_str) {
            let message = format!("the word behind it is not read; write --{}={word}", row.flag);
            self.warnings.push(Warning { subject: row.flag.into(), source: Source::Flag, element: None, message });
        }
    }
}

/// An argument's name, short enough to show and without its value.
fn shown(hyphens: &str, name: &str) -> String {
    let quoted = quote(name);
    format!("{hyphens}{}", quoted.trim_matches('"'))
}

/// Whether one occurrence of a flag is in the syntax of its kind.
fn check(row: &Row, value: &str) -> Result<(), ValueError> {
    let given = [value.to_owned()];
    match row.serving {
        // compat: the two text booleans are looked at when all sources are merged.
        _ if row.kind == Kind::TextBool => Ok(()),
        Serving::Mode => Modes::default().set(row.flag, value),
        Serving::Served { set } => set(&mut Options::default(), Input::Flag(&given), row.flag, Source::Flag),
        Serving::NotYet { differs, .. } => differs(Input::Flag(&given)).map(drop),
    }
}

#[cfg(test)]
mod tests;
