//! What may stand beside a structured configuration: the options that have no place in it.

use crate::fault::{Fault, FaultCode, Warning};
use crate::file::Entry;
use crate::meaning::Judge;
use crate::merge::{Environment, Flags, unreadable};
use crate::options::Options;
use crate::row::{Row, Serving};
use crate::structured::Structured;
use crate::table::OPTIONS;
use crate::value::Input;
use crate::written::Source;

/// Refuses flags that say what the structured configuration says: as if nobody knew them, with exit status 2.
pub(super) fn flags(flags: &Flags) -> Vec<Fault> {
    let refused = |row: &Row| Some(refused(row, &format!("--{}", row.flag), Source::Flag, row.alpha?));
    flags.iter().filter_map(|(row, _)| refused(row)).collect()
}

/// Refuses such keys of the file.
pub(super) fn entries(file: &[Entry]) -> impl Iterator<Item = Fault> {
    file.iter().filter_map(|entry| {
        let row = OPTIONS.iter().find(|row| row.keys().any(|key| key == entry.key))?;
        Some(refused(row, &entry.key, entry.key_source.clone(), row.alpha?))
    })
}

/// Takes such variables out of the environment. compat: they are not read, and nothing ends for them, unless they hold
/// what their option cannot be; we say so.
pub(super) fn variables(environment: &mut Environment, judge: &mut Judge) {
    // What they would have said, for what is wrong with it.
    let mut unread = Options::default();
    for row in OPTIONS {
        let Some(alpha) = row.alpha else { continue };
        for name in row.keys().map(crate::row::variable) {
            let Some(value) = environment.take(&name) else { continue };
            let (source, input) = (Source::Environment(name), Input::Loose(&value));
            let read = match row.serving {
                Serving::Mode => Ok(()),
                Serving::Served { set } => set(&mut unread, input, row.flag, source.clone()),
                Serving::NotYet { differs, .. } => differs(input).map(drop),
            };
            if let Err(error) = read {
                judge.faults.push(unreadable(row, input, source.clone(), error));
            }
            let message = format!("it is not read beside --alpha-config; write {} in its file", place(alpha));
            judge.warnings.push(Warning { subject: row.flag.into(), source, element: None, message });
        }
    }
    let mut upstreams = Judge::default();
    Structured::from_options(&unread, &mut upstreams);
    judge.faults.append(&mut upstreams.faults);
}

fn refused(row: &Row, name: &str, source: Source, alpha: &str) -> Fault {
    let reason = format!("{name} cannot stand beside --alpha-config");
    Fault::new(FaultCode::Conflict, row.flag, source, reason, format!("write {} in its file", place(alpha)))
}

/// The first of the places that say the same.
fn place(alpha: &str) -> &str {
    alpha.split(';').next().unwrap_or(alpha)
}
