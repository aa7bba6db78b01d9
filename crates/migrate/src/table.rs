//! What becomes of each option of one sidecar.

use std::fmt;

use sidecar_config::{Fault, FaultCode, Mention, Source, Survey, rows, survey};

use crate::differences;
use crate::place::Place;

/// What becomes of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It means what it meant.
    Same,
    /// It means something else, on purpose.
    Changed,
    /// It works, and opens a door that was perhaps not meant to be open.
    Dangerous,
    /// It does not start so.
    Unsupported,
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Changed => "changed",
            Self::Dangerous => "DANGEROUS",
            Self::Unsupported => "UNSUPPORTED",
        }
    }
}

/// One option of one sidecar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The option, by its flag or its path in the structured configuration.
    pub option: String,
    /// Where it is written.
    pub place: String,
    /// What becomes of it.
    pub verdict: Verdict,
    /// Why, and what to write; one sentence each.
    pub notes: Vec<String>,
}

/// Options whose warnings are about files of the machine that it runs on, which is another one.
const OF_THE_MACHINE: [&str; 1] = ["custom-templates-dir"];

/// All options of one sidecar.
pub(crate) struct Table {
    name: String,
    pub(crate) lines: Vec<Line>,
    notes: Vec<String>,
}

impl Table {
    pub(crate) fn of(place: &Place) -> Self {
        let mut survey = survey(&place.sources);
        survey.warnings.retain(|warning| !OF_THE_MACHINE.contains(&warning.subject.as_ref()));
        let unseen = Unseen { place };
        let faults: Vec<&Fault> = survey.faults.iter().filter(|fault| !unseen.explains(fault)).collect();
        let mut lines: Vec<Line> =
            survey.mentions.iter().map(|mention| of_mention(mention, &survey, &faults)).collect();
        lines.extend(unseen.lines());
        lines.extend(without_mention(&survey, &faults, &lines));
        lines.extend(differences::of_defaults(&survey.options).map(|difference| Line {
            option: difference.option.to_owned(),
            place: Source::Default.to_string(),
            verdict: Verdict::Changed,
            notes: vec![format!("{}: {}", difference.id, difference.why)],
        }));
        lines.sort_by(|one, two| two.verdict.cmp(&one.verdict).then_with(|| one.option.cmp(&two.option)));
        let notes = place.missing.iter().map(|file| format!("{file} was not given: what it says is not in this table"));
        Self { name: place.name.clone(), lines, notes: notes.collect() }
    }
}

fn of_mention(mention: &Mention, survey: &Survey, faults: &[&Fault]) -> Line {
    let option = mention.name.as_str();
    let unsupported: Vec<String> =
        faults.iter().filter(|fault| fault.subject == option).map(|fault| what_is_wrong(fault)).collect();
    let dangerous: Vec<String> = survey
        .warnings
        .iter()
        .filter(|warning| warning.subject == option)
        .map(|warning| warning.message.clone())
        .collect();
    let changed: Vec<String> = differences::of(mention.row.map_or("", |row| row.flag), &survey.options)
        .map(|difference| format!("{}: {}", difference.id, difference.why))
        .collect();
    let verdict = match (unsupported.as_slice(), dangerous.as_slice(), changed.as_slice()) {
        ([_, ..], _, _) => Verdict::Unsupported,
        (_, [_, ..], _) => Verdict::Dangerous,
        (_, _, [_, ..]) => Verdict::Changed,
        _ => Verdict::Same,
    };
    Line {
        option: option.to_owned(),
        place: mention.source.to_string(),
        verdict,
        notes: [unsupported, dangerous, changed].concat(),
    }
}

fn what_is_wrong(fault: &Fault) -> String {
    let instead = if fault.instead.is_empty() { String::new() } else { format!("; {}", fault.instead) };
    format!("{}{instead}", fault.reason)
}

/// Faults and warnings about what no source mentions: unknown names, files, what is required and not set.
fn without_mention(survey: &Survey, faults: &[&Fault], lines: &[Line]) -> Vec<Line> {
    let is_new = |subject: &str| !lines.iter().any(|line| line.option == subject);
    let of_faults = faults.iter().filter(|fault| is_new(&fault.subject)).map(|fault| Line {
        option: fault.subject.clone(),
        place: fault.source.to_string(),
        verdict: Verdict::Unsupported,
        notes: vec![what_is_wrong(fault)],
    });
    let of_warnings = survey.warnings.iter().filter(|warning| is_new(&warning.subject)).map(|warning| Line {
        option: warning.subject.to_string(),
        place: warning.source.to_string(),
        verdict: Verdict::Dangerous,
        notes: vec![warning.message.clone()],
    });
    of_faults.chain(of_warnings).collect()
}

/// What is set where the given files do not show it.
struct Unseen<'a> {
    place: &'a Place,
}

impl Unseen<'_> {
    /// Whether a fault is only that something cannot be seen from here: a file of the pod, a value in a Secret.
    fn explains(&self, fault: &Fault) -> bool {
        let is_unseen = || self.options().any(|(option, _)| option == fault.subject);
        fault.code == FaultCode::File
            || (fault.code == FaultCode::Missing && (!self.place.missing.is_empty() || is_unseen()))
    }

    fn options(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.place.elsewhere.iter().filter_map(|(variable, place)| {
            let row = rows().find(|row| row.variable().as_ref() == Some(variable))?;
            Some((row.flag, place.as_str()))
        })
    }

    fn lines(&self) -> impl Iterator<Item = Line> {
        self.options().map(|(option, place)| Line {
            option: option.to_owned(),
            place: place.to_owned(),
            verdict: Verdict::Same,
            notes: vec!["its value was not given, and not looked at".to_owned()],
        })
    }
}

/// The widest that the columns before the last get.
const WIDTHS: [usize; 3] = [34, 44, 11];

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.name.is_empty() {
            writeln!(f, "{}\n", self.name)?;
        }
        let width = |column: fn(&Line) -> &str, most: usize| {
            self.lines.iter().map(|line| column(line).chars().count()).max().unwrap_or_default().min(most)
        };
        let option = width(|line| &line.option, WIDTHS[0]);
        let place = width(|line| &line.place, WIDTHS[1]);
        let verdict = WIDTHS[2];
        for line in &self.lines {
            let word = line.verdict.word();
            let mut notes = line.notes.iter().map(String::as_str);
            let first = notes.next().unwrap_or_default();
            let text = format!("{word:verdict$}  {:option$}  {:place$}  {first}", line.option, line.place);
            writeln!(f, "{}", text.trim_end())?;
            for note in notes {
                writeln!(f, "{:verdict$}  {:option$}  {:place$}  {note}", "", "", "")?;
            }
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "\n{note}"))
    }
}
