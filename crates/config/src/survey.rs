//! A configuration that is looked at rather than used: what it mentions, and all that can be said about it.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::arguments::{self, CommandLine};
use crate::fault::{Fault, Warning};
use crate::file::Document;
use crate::meaning::Surroundings;
use crate::options::Options;
use crate::row::Row;
use crate::sheet::{explained, placed};
use crate::table::OPTIONS;
use crate::understand::{Given, Understood};
use crate::written::Source;

/// All sources of a configuration, at hand rather than on this machine.
#[derive(Clone, Default)]
pub struct Sources {
    /// The command line, without the program's name.
    pub arguments: Vec<String>,
    /// Variables of the environment.
    pub variables: Vec<(String, String)>,
    /// The file that `--config` names, by its name, and what is in it.
    pub file: Option<(PathBuf, Vec<u8>)>,
    /// The same for `--alpha-config`.
    pub alpha: Option<(PathBuf, Vec<u8>)>,
}

/// What was found.
#[derive(Default)]
pub struct Survey {
    /// What is set, as far as it could be read.
    pub options: Options,
    /// The options that somebody wrote.
    pub mentions: Vec<Mention>,
    /// Everything for which it would not start. Files that it names are looked for on this machine.
    pub faults: Vec<Fault>,
    /// Everything that an operator should know.
    pub warnings: Vec<Warning>,
}

/// An option that somebody wrote.
pub struct Mention {
    /// The name that it was written by: that of its flag, or its path in the structured configuration.
    pub name: String,
    /// The option, where it is one.
    pub row: Option<&'static Row>,
    /// The source that counts.
    pub source: Source,
}

/// Looks at a configuration as a start would, and goes on where a start would end. Calls nobody.
#[must_use]
pub fn survey(sources: &Sources) -> Survey {
    let mut survey = Survey::default();
    let flags = match arguments::strict(&sources.arguments) {
        Ok(CommandLine::Flags(flags)) => flags,
        Ok(CommandLine::Help) => Vec::new(),
        Err(faults) => {
            survey.faults.extend_from_slice(faults.list());
            Vec::new()
        }
    };
    let file = match &sources.file {
        Some((path, content)) => Document::parse(path, content).unwrap_or_else(|fault| {
            survey.faults.push(fault);
            Document::default()
        }),
        None => Document::default(),
    };
    let environment: Vec<(OsString, OsString)> =
        sources.variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let given = Given { flags: &flags, environment: &environment, file: &file, alpha: sources.alpha.clone() };
    let mut understood = Understood::new(&given);
    survey.faults.append(&mut understood.command_line);
    let config = understood.config(Surroundings::new(&environment));
    survey.mentions = mentions(&understood);
    survey.faults.append(&mut understood.judge.faults);
    let warnings = config.map_or(understood.judge.warnings, |config| config.warnings);
    let sheets = [&file.sheet, &understood.sheet];
    survey.faults = explained(survey.faults, &sheets);
    survey.warnings = placed(warnings, &sheets);
    survey.options = understood.options;
    survey
}

fn mentions(understood: &Understood) -> Vec<Mention> {
    let Understood { options, structured, .. } = understood;
    let of_options = OPTIONS.iter().filter_map(|row| {
        let (name, source) = (row.place)(options)?;
        (*source != Source::Default).then(|| Mention { name: name.to_owned(), row: Some(row), source: source.clone() })
    });
    let of_structure = structured.mentions().map(|(name, source)| Mention { name, row: None, source });
    of_options.chain(of_structure).collect()
}
