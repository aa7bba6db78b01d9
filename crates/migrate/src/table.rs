//! What becomes of each option of one sidecar.

use std::fmt;

use sidecar_config::{Fault, FaultCode, Mention, Source, Survey, Warning, rows, survey};

use crate::differences::{self, Difference};
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
    /// Why, and what to write.
    pub notes: Vec<Note>,
}

/// One sentence about an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Where that is written which it is about: the option, or an element of it.
    pub place: String,
    /// The sentence.
    pub text: String,
}

impl Note {
    fn new(source: &Source, text: impl Into<String>) -> Self {
        Self { place: source.to_string(), text: text.into() }
    }

    fn of_fault(fault: &Fault) -> Self {
        let instead = if fault.instead.is_empty() { String::new() } else { format!("; {}", fault.instead) };
        Self::new(&fault.source, format!("{}{instead}", fault.reason))
    }

    fn of_warning(warning: &Warning) -> Self {
        Self::new(&warning.source, warning.message.clone())
    }

    fn of_difference(difference: &Difference, source: &Source) -> Self {
        Self::new(source, format!("{}: {}", difference.id, difference.why))
    }
}

impl Line {
    /// A place and what is said of it, a row each; at least one.
    fn rows(&self) -> impl Iterator<Item = (&str, &str)> {
        let bare = self.notes.is_empty().then_some((self.place.as_str(), ""));
        self.notes.iter().map(|note| (note.place.as_str(), note.text.as_str())).chain(bare)
    }
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
            notes: vec![Note::of_difference(difference, &Source::Default)],
        }));
        lines.sort_by(|one, two| two.verdict.cmp(&one.verdict).then_with(|| one.option.cmp(&two.option)));
        let notes = place.missing.iter().map(|file| format!("{file} was not given: what it says is not in this table"));
        Self { name: place.name.clone(), lines, notes: notes.collect() }
    }
}

fn of_mention(mention: &Mention, survey: &Survey, faults: &[&Fault]) -> Line {
    let option = mention.name.as_str();
    let unsupported: Vec<Note> =
        faults.iter().filter(|fault| fault.subject == option).map(|fault| Note::of_fault(fault)).collect();
    let dangerous: Vec<Note> =
        survey.warnings.iter().filter(|warning| warning.subject == option).map(Note::of_warning).collect();
    let changed: Vec<Note> = differences::of(mention.row.map_or("", |row| row.flag), &survey.options)
        .map(|difference| Note::of_difference(difference, &mention.source))
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

/// Faults and warnings about what no source mentions: unknown names, files, what is required and not set.
fn without_mention(survey: &Survey, faults: &[&Fault], lines: &[Line]) -> Vec<Line> {
    let is_new = |subject: &str| !lines.iter().any(|line| line.option == subject);
    let of_faults = faults.iter().filter(|fault| is_new(&fault.subject)).map(|fault| Line {
        option: fault.subject.clone(),
        place: fault.source.to_string(),
        verdict: Verdict::Unsupported,
        notes: vec![Note::of_fault(fault)],
    });
    let of_warnings = survey.warnings.iter().filter(|warning| is_new(&warning.subject)).map(|warning| Line {
        option: warning.subject.to_string(),
        place: warning.source.to_string(),
        verdict: Verdict::Dangerous,
        notes: vec![Note::of_warning(warning)],
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
            notes: vec![Note {
                place: place.to_owned(),
                text: "its value was not given, and not looked at".to_owned(),
            }],
        })
    }
}

/// The widest that the columns before the last get.
const WIDTHS: [usize; 3] = [34, 44, 11];

fn widest<'a>(texts: impl Iterator<Item = &'a str>, most: usize) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or_default().min(most)
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.name.is_empty() {
            writeln!(f, "{}\n", self.name)?;
        }
        let option = widest(self.lines.iter().map(|line| line.option.as_str()), WIDTHS[0]);
        let place = widest(self.lines.iter().flat_map(Line::rows).map(|(place, _)| place), WIDTHS[1]);
        let verdict = WIDTHS[2];
        for line in &self.lines {
            let (mut word, mut name, mut before) = (line.verdict.word(), line.option.as_str(), "");
            for (at, note) in line.rows() {
                let at_another = if at == before { "" } else { at };
                let row = format!("{word:verdict$}  {name:option$}  {at_another:place$}  {note}");
                writeln!(f, "{}", row.trim_end())?;
                (word, name, before) = ("", "", at);
            }
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "\n{note}"))
    }
}

#[cfg(test)]
mod tests {
    use crate::{File, check};

    #[test]
    fn each_note_about_a_list_has_the_place_of_its_element() {
        let toml = "skip_auth_routes = [\"^/a/\", \"/b\",\n\"/c\"]\ntrusted_ips = [\"10.0.0.1\", \"10.0.0.300\"]\n";
        let file = File { path: "a.cfg".into(), content: toml.into() };
        let report = check(&[file]).expect("a configuration").to_string();
        let rows = |option: &str| {
            let rows = report.lines().skip_while(|line| !line.contains(&format!("  {option}  ")));
            let words = |row: &str| row.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            rows.take(3).map(words).collect::<Vec<_>>()
        };
        assert_eq!(rows("trusted-ip")[0][..3], ["UNSUPPORTED", "trusted-ip", "a.cfg:3:28"], "{report}");
        let routes = rows("skip-auth-route");
        assert_eq!(routes[0][..3], ["DANGEROUS", "skip-auth-route", "a.cfg:1:29"], "{report}");
        assert_eq!(routes[1][0], "a.cfg:2:1", "{report}");
        assert_eq!(routes[2][..2], ["a.cfg:1:20", "D02:"], "{report}");
    }
}
