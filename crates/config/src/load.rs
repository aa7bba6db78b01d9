//! From the command line and the environment to what to do.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use sidecar_core::Secret;
use sidecar_net::{ProxyEnv, ProxyError};

use crate::arguments::{self, Modes, Strict};
use crate::convert;
use crate::fault::{Fault, FaultCode, Faults, Stage};
use crate::file::Document;
use crate::files::Files;
use crate::help;
use crate::meaning::{Config, Judge, Surroundings};
use crate::merge::Flags;
use crate::sheet::{explained, placed};
use crate::understand::{Completeness, Given, Understood};
use crate::written::Source;

/// What the program is asked to do.
#[derive(Debug)]
pub enum Command {
    /// Serve.
    Run(Box<Config>),
    /// The configuration was to be checked, and it is in order: say so and end with status 0.
    Test(Box<Config>),
    /// Try out what the configuration names, and say what came back (`oauth2-sidecar doctor`).
    Doctor(Box<Config>),
    /// Tell what becomes of the configuration that these files hold (`oauth2-sidecar migrate check FILE…`).
    Migrate(Vec<PathBuf>),
    /// Print the version and end with status 0.
    Version,
    /// Print this text and end with status 0.
    Help(String),
    /// Print the configuration as a file for `--alpha-config`, secrets and all, and end with status 0. It was not looked at
    /// whether it makes sense.
    Convert(Secret<String>),
}

/// Reads the command line (without the program's name), the environment, and the files that they name.
///
/// # Errors
/// Everything that is wrong. Beside a flag or a file that cannot be read nothing is said to be missing: it may be there.
pub fn load(arguments: &[OsString], environment: &[(OsString, OsString)]) -> Result<Command, Faults> {
    load_from(arguments, environment, &Files::default())
}

/// The same with configuration files that may have been read before.
///
/// # Errors
/// As [`load`].
pub fn load_from(
    arguments: &[OsString],
    environment: &[(OsString, OsString)],
    files: &Files,
) -> Result<Command, Faults> {
    let arguments = texts(arguments)?;
    if let [word, rest @ ..] = arguments.as_slice()
        && word == "migrate"
    {
        return migration(rest);
    }
    let (task, arguments) = Task::of(&arguments);
    let modes = arguments::modes(arguments);
    if modes.version {
        return Ok(Command::Version);
    }
    let line = Strict::read(arguments);
    if line.faults.is_empty() && line.asks_for_help {
        return Ok(Command::Help(help::usage()));
    }
    if !line.faults.is_empty() && (line.asks_for_help || modes.convert) {
        return Err(Faults::new(Stage::CommandLine, line.faults));
    }
    if modes.convert {
        return converted(&line.flags, environment, &modes, files).map(Command::Convert);
    }
    let config = Box::new(configuration(line, environment, &modes, files)?);
    Ok(match task {
        _ if modes.config_test => Command::Test(config),
        Task::Serve => Command::Run(config),
        Task::Doctor => Command::Doctor(config),
    })
}

/// `migrate check FILE…`
fn migration(arguments: &[String]) -> Result<Command, Faults> {
    if let [check, files @ ..] = arguments
        && check == "check"
        && !files.is_empty()
    {
        return Ok(Command::Migrate(files.iter().map(PathBuf::from).collect()));
    }
    let (reason, instead) =
        ("takes the word check and files", "write migrate check oauth2_proxy.cfg, or any other file");
    Err(Faults::new(Stage::CommandLine, vec![Fault::new(FaultCode::Syntax, "migrate", Source::Flag, reason, instead)]))
}

/// What the first word asks for.
#[derive(Clone, Copy)]
enum Task {
    Serve,
    Doctor,
}

impl Task {
    /// The task, and the arguments without its word. Only the first is looked at: other words are ignored, as v7 ignores all.
    fn of(arguments: &[String]) -> (Self, &[String]) {
        match arguments {
            [word, rest @ ..] if word == "doctor" => (Self::Doctor, rest),
            _ => (Self::Serve, arguments),
        }
    }
}

pub(crate) fn texts(arguments: &[OsString]) -> Result<Vec<String>, Faults> {
    let mut texts = Vec::with_capacity(arguments.len());
    let mut faults = Vec::new();
    for (at, argument) in arguments.iter().enumerate() {
        if let Some(text) = argument.to_str() {
            texts.push(text.to_owned());
        } else {
            let subject = format!("argument {}", at + 1);
            faults.push(Fault::new(FaultCode::Syntax, subject, Source::Flag, "is not UTF-8", "write it in UTF-8"));
        }
    }
    if faults.is_empty() { Ok(texts) } else { Err(Faults::new(Stage::CommandLine, faults)) }
}

/// The configuration as a structured one.
fn converted(
    flags: &Flags,
    environment: &[(OsString, OsString)],
    modes: &Modes,
    files: &Files,
) -> Result<Secret<String>, Faults> {
    let conflict = |other: &str| {
        let reason = format!("cannot be together with {other}");
        let fault = Fault::new(
            FaultCode::Conflict,
            "convert-config-to-alpha",
            Source::Flag,
            reason,
            "leave one of the two out",
        );
        Err(failed(vec![fault]))
    };
    if !modes.alpha_config.is_empty() {
        return conflict("alpha-config");
    }
    if modes.config_test {
        return conflict("config-test");
    }
    let (Understood { options, structured, judge, .. }, file) = understood(flags, environment, modes, files);
    if judge.faults.is_empty() {
        Ok(Secret::new(convert::to_alpha(&options, &structured)))
    } else {
        Err(failed(explained(judge.faults, &[&file.sheet])))
    }
}

fn configuration(
    line: Strict,
    environment: &[(OsString, OsString)],
    modes: &Modes,
    files: &Files,
) -> Result<Config, Faults> {
    let (mut understood, file) = understood(&line.flags, environment, modes, files);
    understood.judge.warnings.extend(line.warnings);
    let mut faults = line.faults;
    faults.append(&mut understood.command_line);
    let stage = if faults.is_empty() { Stage::Configuration } else { Stage::CommandLine };
    if stage == Stage::CommandLine {
        understood.completeness = Completeness::Partial;
    }
    let config = understood.config(Surroundings::new(environment));
    let Judge { faults: found, warnings } = understood.judge;
    faults.extend(found);
    faults.extend(proxy(environment));
    let sheets = [&file.sheet, &understood.sheet];
    match config {
        Some(config) if faults.is_empty() => Ok(Config { warnings: placed(config.warnings, &sheets), ..config }),
        config => {
            let warnings = config.map_or(warnings, |config| config.warnings);
            Err(Faults::new(stage, explained(faults, &sheets)).beside(placed(warnings, &sheets)))
        }
    }
}

/// What is wrong with the proxies that the environment names for calls to others: it stops a start like a fault of ours.
fn proxy(environment: &[(OsString, OsString)]) -> Option<Fault> {
    let text = |name: &str| {
        let (_, value) = environment.iter().find(|(known, _)| known == name)?;
        value.to_str().map(str::to_owned)
    };
    let (ProxyError::Malformed { variable } | ProxyError::Scheme { variable }) = ProxyEnv::read(text).err()? else {
        // It names no variable: whoever makes the connections says it.
        return None;
    };
    let source = Source::Environment(variable.to_owned());
    let reason = "is no URL of an http or https proxy";
    Some(Fault::new(FaultCode::Refused, variable, source, reason, "write http://HOST:PORT"))
}

/// What all sources say, and the file among them. A file that cannot be read is a fault, and as if it were empty.
fn understood(
    flags: &Flags,
    environment: &[(OsString, OsString)],
    modes: &Modes,
    files: &Files,
) -> (Understood, Document) {
    let mut unread = Vec::new();
    let file = read(&modes.config, files).unwrap_or_else(|fault| {
        unread.push(fault);
        Document::default()
    });
    let alpha = read_alpha(&modes.alpha_config, files).unwrap_or_else(|fault| {
        unread.push(fault);
        Some((PathBuf::from(&modes.alpha_config), Vec::new()))
    });
    let mut understood = Understood::new(&Given { flags, environment, file: &file, alpha });
    if !unread.is_empty() {
        understood.completeness = Completeness::Partial;
        understood.judge.faults.splice(..0, unread);
    }
    (understood, file)
}

fn failed(faults: Vec<Fault>) -> Faults {
    Faults::new(Stage::Configuration, faults)
}

fn read(path: &str, files: &Files) -> Result<Document, Fault> {
    if path.is_empty() {
        return Ok(Document::default());
    }
    Document::parse(Path::new(path), &files.read("config", Path::new(path))?)
}

/// The content of the file of `--alpha-config`; `None` without one.
fn read_alpha(path: &str, files: &Files) -> Result<Option<(PathBuf, Vec<u8>)>, Fault> {
    if path.is_empty() {
        return Ok(None);
    }
    files.read("alpha-config", Path::new(path)).map(|content| Some((PathBuf::from(path), content)))
}

#[cfg(test)]
mod tests;
