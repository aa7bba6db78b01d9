//! From the sources to [`Options`]: for each option, the first of flag, environment and file that has it.

use std::collections::HashMap;
use std::ffi::OsString;

use crate::fault::{Concern, Fault, FaultCode, ValueError, Warning, quote};
use crate::file::Entry;
use crate::nearest::nearest;
use crate::options::Options;
use crate::row::{ENVIRONMENT_PREFIX, Row, Secrecy, Serving, variable};
use crate::table::OPTIONS;
use crate::value::{Input, Kind, Loose};
use crate::written::Source;

/// The flags that were given, with all their occurrences.
pub(crate) type Flags = Vec<(&'static Row, Vec<String>)>;

/// Our variables, by name. An empty one counts as absent, so it blanks nothing.
pub(crate) struct Environment(HashMap<String, Loose>);

impl Environment {
    /// Picks ours out of all. What is not UTF-8 is kept as what no option can be made from.
    pub(crate) fn new(variables: &[(OsString, OsString)]) -> Self {
        let ours = variables.iter().filter_map(|(name, value)| {
            let name = name.to_str().filter(|name| name.starts_with(ENVIRONMENT_PREFIX))?;
            let value = match value.to_str() {
                Some("") => return None,
                Some(text) => Loose::Text(text.to_owned()),
                None => Loose::Other("not UTF-8"),
            };
            Some((name.to_owned(), value))
        });
        Self(ours.collect())
    }
}

impl Environment {
    /// Takes a variable out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Loose> {
        self.0.remove(name)
    }
}

/// What the sources say together.
pub(crate) struct Merged {
    pub(crate) options: Options,
    pub(crate) faults: Vec<Fault>,
    pub(crate) warnings: Vec<Warning>,
}

/// Takes each option from the first source that has it, and reports every value that cannot be one and every key
/// that nobody knows.
pub(crate) fn merge(flags: &Flags, environment: &Environment, file: &[Entry]) -> Merged {
    let warnings = misspelt(environment);
    let mut merged = Merged { options: Options::default(), faults: unknown_keys(file), warnings };
    for row in OPTIONS {
        let found = find(row, flags, environment, file);
        if let Some((input, source)) = found {
            merged.take(row, input, source);
        }
    }
    merged
}

impl Merged {
    fn take(&mut self, row: &'static Row, input: Input<'_>, source: Source) {
        let result = match row.serving {
            Serving::Mode => Ok(()),
            Serving::Served { set } => set(&mut self.options, input, row.flag, source.clone()),
            Serving::NotYet { lacking, differs } => match differs(input) {
                Ok(false) => Ok(()),
                Ok(true) => {
                    self.faults.push(not_served(row, lacking, source));
                    return;
                }
                Err(error) => Err(error),
            },
        };
        if let Err(error) = result {
            self.faults.push(unreadable(row, input, source, error));
        } else if let (Kind::Duration, Input::Loose(Loose::Int(nanos @ 1..))) = (row.kind, input) {
            self.warnings.push(Warning {
                subject: row.flag.into(),
                source,
                element: None,
                message: format!("the bare number {nanos} means {nanos} nanoseconds; write \"{nanos}s\" for seconds"),
            });
        }
    }
}

fn find<'a>(
    row: &'static Row,
    flags: &'a Flags,
    environment: &'a Environment,
    file: &'a [Entry],
) -> Option<(Input<'a>, Source)> {
    if let Some((_, given)) = flags.iter().find(|(flag, _)| flag.flag == row.flag) {
        return Some((Input::Flag(given), Source::Flag));
    }
    // compat: an older key that is set and not empty wins over the current one.
    let keys: Vec<&str> = row.alias.into_iter().chain(row.key).collect();
    for name in keys.iter().map(|key| variable(key)) {
        if let Some(value) = environment.0.get(&name) {
            return Some((Input::Loose(value), Source::Environment(name)));
        }
    }
    keys.iter()
        .find_map(|key| file.iter().find(|entry| entry.key == **key))
        .map(|entry| (Input::Loose(&entry.value), entry.source.clone()))
}

fn not_served(row: &Row, lacking: &str, source: Source) -> Fault {
    let instead = match row.default {
        "" => "leave it out".to_owned(),
        default if default.len() > 40 => "leave it out".to_owned(),
        default => format!("leave it out or at {default}"),
    };
    let reason = format!("this version does not serve {lacking} yet");
    Fault::new(FaultCode::NotServed, row.flag, source, reason, instead)
}

pub(crate) fn unreadable(row: &Row, input: Input<'_>, source: Source, error: ValueError) -> Fault {
    let (text, element) = match input {
        Input::Flag(given) => (error.element.and_then(|at| given.get(at)).or(given.last()), None),
        Input::Loose(Loose::Text(text)) => (Some(text), None),
        Input::Loose(_) => (None, error.element),
    };
    let subject = match (error.concerns, row.secrecy, text) {
        (Concern::Value, Secrecy::Open, Some(text)) => quote(text),
        _ => "the value".to_owned(),
    };
    let reason = format!("{subject} {}", error.reason);
    Fault::new(FaultCode::Value, row.flag, source, reason, error.instead).of_element(element)
}

/// Keys that nobody knows, and keys that the file has twice in different spellings.
fn unknown_keys(file: &[Entry]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (at, entry) in file.iter().enumerate() {
        let fault = |code, reason: &str, instead: String| {
            Fault::new(code, shown(&entry.key), entry.key_source.clone(), reason, instead)
        };
        if !OPTIONS.iter().any(|row| row.keys().any(|key| key == entry.key)) {
            faults.push(fault(FaultCode::Unknown, "unknown key", suggestion(&entry.key)));
        } else if file.iter().take(at).any(|earlier| earlier.key == entry.key) {
            faults.push(fault(FaultCode::Conflict, "is there twice, in different spellings", "keep one".to_owned()));
        }
    }
    faults
}

/// Variables whose name is almost that of an option. compat: they are ignored, as are those that Kubernetes makes for a
/// Service called oauth2-proxy, whose names are near no option.
fn misspelt(environment: &Environment) -> Vec<Warning> {
    let known = || OPTIONS.iter().flat_map(|row| row.keys().map(move |key| (key, row.flag)));
    let mut warnings: Vec<Warning> = environment
        .0
        .keys()
        .filter(|name| !known().any(|(key, _)| variable(key) == **name))
        .filter_map(|name| {
            let meant = nearest(name.strip_prefix(ENVIRONMENT_PREFIX)?, known().map(|(key, _)| key))?;
            let (_, flag) = known().find(|(key, _)| *key == meant)?;
            let message = format!("no option has this variable, so it is not read; did you mean {}?", variable(meant));
            Some(Warning { subject: flag.into(), source: Source::Environment(name.clone()), element: None, message })
        })
        .collect();
    warnings.sort_by_key(|warning| warning.source.to_string());
    warnings
}

fn suggestion(key: &str) -> String {
    let known = OPTIONS.iter().flat_map(|row| row.keys().chain([row.flag]));
    let meant = nearest(key, known);
    let row = meant.and_then(|name| OPTIONS.iter().find(|row| row.flag == name || row.keys().any(|key| key == name)));
    match row.and_then(|row| row.key) {
        Some(key) => format!("did you mean {key}?"),
        None => "leave it out".to_owned(),
    }
}

/// A key, short and without anything that a terminal would obey.
fn shown(key: &str) -> String {
    quote(key).trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests;
