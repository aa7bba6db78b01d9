//! From what the sources say to options and structure, whether they were read here or handed in.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::alpha;
use crate::fault::{Fault, FaultCode};
use crate::file::Document;
use crate::meaning::{Config, Judge, Surroundings};
use crate::merge::{Environment, Flags, merge};
use crate::options::Options;
use crate::sheet::Sheet;
use crate::structured::Structured;

/// Everything that was given.
pub(crate) struct Given<'a> {
    /// The command line.
    pub(crate) flags: &'a Flags,
    /// All variables of the process.
    pub(crate) environment: &'a [(OsString, OsString)],
    /// The file of `--config`; empty without one.
    pub(crate) file: &'a Document,
    /// The file of `--alpha-config`, and what is in it.
    pub(crate) alpha: Option<(PathBuf, Vec<u8>)>,
}

/// What it says, before it is known whether that makes sense.
pub(crate) struct Understood {
    pub(crate) options: Options,
    pub(crate) structured: Structured,
    pub(crate) judge: Judge,
    /// Flags that cannot stand where they do.
    pub(crate) command_line: Vec<Fault>,
    /// Whether something could not be read, so that what seems to be missing may be in it.
    pub(crate) completeness: Completeness,
    /// The structured configuration as it was written; empty without one.
    pub(crate) sheet: Sheet,
    form: Form,
}

/// How much of what was written could be read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Completeness {
    /// All of it.
    Whole,
    /// A flag or a file could not be.
    Partial,
}

/// What the options of the provider are named by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Flags,
    Structured,
}

impl Understood {
    /// Reads all sources together, and goes on behind what cannot be read.
    pub(crate) fn new(given: &Given<'_>) -> Self {
        let mut environment = Environment::new(given.environment);
        let Some((path, content)) = &given.alpha else {
            let merged = merge(given.flags, &environment, &given.file.entries);
            let mut judge = Judge { faults: merged.faults, warnings: merged.warnings };
            let structured = Structured::from_options(&merged.options, &mut judge);
            return Self {
                options: merged.options,
                structured,
                judge,
                command_line: Vec::new(),
                completeness: Completeness::Whole,
                sheet: Sheet::default(),
                form: Form::Flags,
            };
        };
        let (mut judge, mut flags) = (Judge::default(), given.flags.clone());
        let command_line = alpha::beside(&mut flags, &mut environment, &given.file.entries, &mut judge);
        let merged = merge(&flags, &environment, &given.file.entries);
        judge.faults.extend(merged.faults);
        judge.warnings.extend(merged.warnings);
        let mut options = merged.options;
        let read = alpha::read(path, content, given.environment, &mut options, &mut judge.faults);
        let ((structured, sheet), completeness) = match read {
            Ok(read) => (read, Completeness::Whole),
            Err(fault) => {
                judge.faults.push(fault);
                ((Structured::default(), Sheet::default()), Completeness::Partial)
            }
        };
        Self { options, structured, judge, command_line, completeness, sheet, form: Form::Structured }
    }

    /// What it means; `None` only after a fault.
    pub(crate) fn config(&mut self, surroundings: Surroundings<'_>) -> Option<Config> {
        let told = self.judge.warnings.len();
        let mut config = Config::new(&self.options, &self.structured, surroundings, &mut self.judge);
        if self.form == Form::Structured {
            alpha::name_by_path(&mut self.judge.faults);
        }
        if self.completeness == Completeness::Partial {
            self.judge.faults.retain(|fault| fault.code != FaultCode::Missing);
            // What the rest means depends on what could not be read.
            let warnings = config.as_mut().map_or(&mut self.judge.warnings, |config| &mut config.warnings);
            warnings.truncate(told);
        }
        config
    }
}
