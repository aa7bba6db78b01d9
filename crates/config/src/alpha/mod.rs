//! The structured configuration of `--alpha-config`: a YAML file in place of the options that say the same.
//!
//! ```text
//! bytes ─► substitute (environment) ─► tree ─► decode ─► Options + Structured
//! ```

mod beside;
mod decode;
mod reader;
mod substitute;

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;

use sidecar_yaml::{Position, Value};

use self::reader::Reader;
use self::substitute::substitute;
use crate::fault::{Fault, FaultCode};
use crate::file::Entry;
use crate::meaning::Judge;
use crate::merge::{Environment, Flags};
use crate::options::Options;
use crate::row::Row;
use crate::sheet::Sheet;
use crate::structured::Structured;
use crate::table::OPTIONS;
use crate::written::Source;

/// What stands beside the file, made fit for it: variables that say the same are taken out, with a warning. Keys that do
/// are told to `judge`; flags that do are taken out, and are the faults that it returns.
pub(crate) fn beside(
    flags: &mut Flags,
    environment: &mut Environment,
    file: &[Entry],
    judge: &mut Judge,
) -> Vec<Fault> {
    let refused = beside::flags(flags);
    flags.retain(|(row, _)| row.alpha.is_none());
    judge.faults.extend(beside::entries(file));
    beside::variables(environment, judge);
    refused
}

/// Reads the file's content over `options`; beside the structure comes the file as it was written.
///
/// # Errors
/// A file that is no YAML: where, and why. What is wrong with its values is added to `faults`.
pub(crate) fn read(
    path: &Path,
    content: &[u8],
    environment: &[(OsString, OsString)],
    options: &mut Options,
    faults: &mut Vec<Fault>,
) -> Result<(Structured, Sheet), Fault> {
    let text = std::str::from_utf8(content).map_err(|error| {
        let valid = String::from_utf8_lossy(content.get(..error.valid_up_to()).unwrap_or_default());
        syntax(&Sheet::new(path, &valid), valid.len(), "is not UTF-8".to_owned(), "write the file in UTF-8")
    })?;
    let sheet = Sheet::new(path, text);
    let at = |position: Position| sheet.offset(position.line, position.column);
    let substituted = substitute(text, &texts(environment)).map_err(|unclosed| {
        let instead = "write } on the same line, or $$ for a dollar";
        syntax(&sheet, at(unclosed.at), "${ is not closed".to_owned(), instead)
    })?;
    let tree = sidecar_yaml::first(&substituted.text).map_err(|error| {
        let instead = "look at the indentation, colons, dashes and quotes of this line and the one before";
        syntax(&sheet, at(substituted.written_at(error.at)), format!("is not YAML: {}", error.reason), instead)
    })?;
    if !matches!(tree.value, Value::Map(_) | Value::Null) {
        let reason = format!("is {}, not a mapping", tree.value.name());
        let instead = "write keys such as providers: one to a line";
        return Err(syntax(&sheet, at(substituted.written_at(tree.at)), reason, instead));
    }
    let mut reader = Reader::new(sheet, &substituted);
    let structured = decode::root(&tree, options, &mut reader);
    faults.append(&mut reader.faults);
    Ok((structured, reader.sheet))
}

/// A fault of the file as such.
fn syntax(sheet: &Sheet, at: usize, reason: String, instead: &str) -> Fault {
    let fault = Fault::new(FaultCode::Syntax, "alpha-config", sheet.source(at), reason, instead);
    Fault { excerpt: Some(sheet.outline(at)), ..fault }
}

/// Names what nobody wrote by the path at which it would be written: beside the file its flag is refused.
pub(crate) fn name_by_path(faults: &mut [Fault]) {
    for fault in faults.iter_mut().filter(|fault| fault.source == Source::Default) {
        let row = OPTIONS.iter().find(|row| row.flag == fault.subject);
        if let Some(path) = row.and_then(Row::alpha_leaf) {
            path.clone_into(&mut fault.subject);
        }
    }
}

/// Variables that are text. Another one counts as unset, as nothing could be made of it.
fn texts(environment: &[(OsString, OsString)]) -> HashMap<String, String> {
    let text = |value: &OsString| value.to_str().map(str::to_owned);
    environment.iter().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect()
}

#[cfg(test)]
mod tests;
