//! From what the sources say to options and structure, whether they were read here or handed in.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::alpha;
use crate::fault::{Faults, Stage};
use crate::file::Document;
use crate::meaning::{Config, Judge, Surroundings};
use crate::merge::{Environment, Flags, merge};
use crate::options::Options;
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
    form: Form,
}

/// What the options of the provider are named by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Flags,
    Structured,
}

impl Understood {
    /// Reads all sources together.
    ///
    /// # Errors
    /// Flags that cannot stand beside a structured configuration, and one that is no YAML: what would be found after
    /// that would be about values that nobody wrote.
    pub(crate) fn new(given: &Given<'_>) -> Result<Self, Faults> {
        let mut environment = Environment::new(given.environment);
        let Some((path, content)) = &given.alpha else {
            let merged = merge(given.flags, &environment, &given.file.entries);
            let mut judge = Judge { faults: merged.faults, warnings: merged.warnings };
            let structured = Structured::from_options(&merged.options, &mut judge);
            return Ok(Self { options: merged.options, structured, judge, form: Form::Flags });
        };
        let mut judge = Judge::default();
        alpha::beside(given.flags, &mut environment, &given.file.entries, &mut judge)?;
        let merged = merge(given.flags, &environment, &given.file.entries);
        judge.faults.extend(merged.faults);
        judge.warnings.extend(merged.warnings);
        let mut options = merged.options;
        let structured = alpha::read(path, content, given.environment, &mut options, &mut judge.faults)
            .map_err(|fault| Faults::new(Stage::Configuration, vec![fault]))?;
        Ok(Self { options, structured, judge, form: Form::Structured })
    }

    /// What it means; `None` only after a fault.
    pub(crate) fn config(&mut self, surroundings: Surroundings<'_>) -> Option<Config> {
        let config = Config::new(&self.options, &self.structured, surroundings, &mut self.judge);
        if self.form == Form::Structured {
            alpha::name_by_path(&mut self.judge.faults);
        }
        config
    }
}
