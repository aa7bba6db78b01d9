//! Where the conversions put what they find: faults and warnings, each with the place it was written at.

use std::time::Duration;

use crate::fault::{Fault, FaultCode, READABLE, Warning, quote};
use crate::value::GoDuration;
use crate::written::{Source, Written};

/// Collects what is wrong and what is worth knowing.
#[derive(Default)]
pub(crate) struct Judge {
    pub(crate) faults: Vec<Fault>,
    pub(crate) warnings: Vec<Warning>,
}

impl Judge {
    /// The value cannot be used; or, when nobody wrote it, it is lacking.
    pub(crate) fn refuse<T>(&mut self, written: &Written<T>, reason: impl Into<String>, instead: impl Into<String>) {
        let code = if written.is_set() { FaultCode::Refused } else { FaultCode::Missing };
        self.fault(code, written, reason, instead);
    }

    /// It cannot be together with another option.
    pub(crate) fn conflict<T>(&mut self, written: &Written<T>, reason: impl Into<String>, instead: impl Into<String>) {
        self.fault(FaultCode::Conflict, written, reason, instead);
    }

    /// The file that it names cannot be used.
    pub(crate) fn refuse_file<T>(
        &mut self,
        written: &Written<T>,
        reason: impl Into<String>,
        instead: impl Into<String>,
    ) {
        self.fault(FaultCode::File, written, reason, instead);
    }

    /// The file at the path that it names cannot be read.
    pub(crate) fn unreadable<T>(&mut self, written: &Written<T>, path: &str, error: &std::io::Error) {
        self.refuse_file(written, format!("cannot read {}: {error}", quote(path)), READABLE);
    }

    /// It asks for `lacking`, a noun, which this version does not have.
    pub(crate) fn not_served<T>(&mut self, written: &Written<T>, lacking: &str, instead: impl Into<String>) {
        self.fault(FaultCode::NotServed, written, format!("this version does not serve {lacking} yet"), instead);
    }

    /// It would open a door that nobody meant to open.
    pub(crate) fn dangerous<T>(&mut self, written: &Written<T>, reason: impl Into<String>, instead: impl Into<String>) {
        self.fault(FaultCode::Dangerous, written, reason, instead);
    }

    fn fault<T>(
        &mut self,
        code: FaultCode,
        written: &Written<T>,
        reason: impl Into<String>,
        instead: impl Into<String>,
    ) {
        let fault = Fault::new(code, written.option.clone(), written.source.clone(), reason, instead);
        self.faults.push(fault.of_element(written.element));
    }

    /// The value is used, and an operator should know what that means.
    pub(crate) fn warn<T>(&mut self, written: &Written<T>, message: impl Into<String>) {
        self.warnings.push(Warning {
            subject: written.option.clone(),
            source: written.source.clone(),
            element: written.element,
            message: message.into(),
        });
    }

    /// A switch that is on and had better not be.
    pub(crate) fn warn_if(&mut self, switch: &Written<bool>, on: bool, message: &str) {
        if switch.value == on {
            self.warn(switch, message);
        }
    }

    /// A length of time that cannot be negative.
    pub(crate) fn duration(&mut self, written: &Written<GoDuration>) -> Option<Duration> {
        let duration = written.value.to_std();
        if duration.is_none() {
            self.refuse(written, format!("{} is negative", written.value), "write a duration from 0s up");
        }
        duration
    }

    /// The elements of a list that must not be empty texts: as a restriction an empty one would restrict nothing, and
    /// elsewhere it means nothing (D60).
    pub(crate) fn elements<'a>(
        &mut self,
        list: &'a Written<Vec<String>>,
    ) -> impl Iterator<Item = Written<&'a String>> + use<'a> {
        if let Some(empty) = list.elements().find(|element| element.value.is_empty()) {
            self.refuse(&empty, "has an empty element", "remove it; a comma too many makes one");
        }
        list.elements().filter(|element| !element.value.is_empty())
    }

    /// The same, where they cannot be wrong but for being empty.
    pub(crate) fn texts<'a>(&mut self, list: &'a Written<Vec<String>>) -> impl Iterator<Item = &'a str> + use<'a> {
        self.elements(list).map(|element| element.value.as_str())
    }

    /// The elements of a list that says who may enter. A flag without a value would restrict nobody, and whoever wrote it
    /// meant something (D60); a file may say with `[]` that there is no restriction.
    pub(crate) fn restriction<'a>(
        &mut self,
        list: &'a Written<Vec<String>>,
    ) -> impl Iterator<Item = &'a str> + use<'a> {
        if list.source == Source::Flag && list.value.is_empty() {
            self.refuse(list, "is empty, so it would restrict nobody", "write a value, or leave the flag out");
        }
        self.texts(list)
    }

    /// One of the words that an option takes; `None` after a fault.
    pub(crate) fn word<T: Copy>(&mut self, written: &Written<String>, words: &[(&str, T)]) -> Option<T> {
        let found = words.iter().find(|(word, _)| *word == written.value).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let words: Vec<&str> =
                words.iter().map(|(word, _)| if word.is_empty() { "nothing" } else { word }).collect();
            self.refuse(
                written,
                format!("{} is not one of its values", quote(&written.value)),
                format!("write {}", one_of(&words)),
            );
        }
        found
    }
}

/// `a, b or c`.
pub(crate) fn one_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [word] => (*word).to_owned(),
        [words @ .., last] => format!("{} or {last}", words.join(", ")),
    }
}

/// A text option whose empty value means that there is none.
pub(crate) fn given(written: &Written<String>) -> Option<&str> {
    Some(written.value.as_str()).filter(|value| !value.is_empty())
}
