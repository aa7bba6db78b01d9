//! How a value is written: the syntaxes of flags, of the environment and of TOML, one type per kind of option.
//!
//! The command line is strict, a TOML value is converted leniently, and an environment variable is converted as a
//! TOML string is. What a converter refuses is said in words that do not repeat the value: whether the value may be
//! quoted is known to the row of the option alone.

mod csv;
mod duration;
mod integer;

use sidecar_core::Secret;

pub(crate) use self::csv::record as csv_record;
pub use self::duration::GoDuration;
use crate::fault::ValueError;

/// The kind of an option's value, as `--help` and the reference name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Any text.
    Text,
    /// `true` or `false`; the bare flag means true.
    Bool,
    /// A boolean whose flag always takes a value, which is looked at after the command line was read.
    TextBool,
    /// A signed 64-bit integer.
    Int,
    /// A signed count of nanoseconds, written like `1h30m`.
    Duration,
    /// A list of texts; the flag may be repeated.
    List,
}

impl Kind {
    /// The word for it in `--help` and in the reference.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Bool | Self::TextBool => "bool",
            Self::Int => "int",
            Self::Duration => "duration",
            Self::List => "list",
        }
    }
}

/// A value as a file or the environment has it, before it is converted to what its option needs.
///
/// There is no `Debug`: it may hold a secret.
#[derive(Clone, PartialEq)]
pub(crate) enum Loose {
    Text(String),
    Bool(bool),
    Int(i64),
    Float(f64),
    List(Vec<Loose>),
    /// What no option can be made from; the word says what it is.
    Other(&'static str),
}

/// Where a converter reads from.
#[derive(Clone, Copy)]
pub(crate) enum Input<'a> {
    /// Every occurrence of the flag, in order; at least one.
    Flag(&'a [String]),
    /// One value of a file or of the environment.
    Loose(&'a Loose),
}

/// A type that an option may have.
pub(crate) trait Setting: Sized {
    /// How it is written.
    const KIND: Kind;
    /// Whether a value must never be quoted.
    const SECRET: bool;

    /// Reads all occurrences of a flag.
    fn from_flag(occurrences: &[String]) -> Result<Self, ValueError>;

    /// Converts a value of a file or of the environment.
    fn from_loose(value: &Loose) -> Result<Self, ValueError>;

    /// The value as a file has it, which [`Setting::from_loose`] reads back.
    fn to_loose(&self) -> Loose;

    /// Whether both mean the same; secrets have no `==`.
    fn same(&self, other: &Self) -> bool;

    /// Reads from wherever the value is.
    fn read(input: Input<'_>) -> Result<Self, ValueError> {
        match input {
            Input::Flag(occurrences) => Self::from_flag(occurrences),
            Input::Loose(value) => Self::from_loose(value),
        }
    }

    /// The value of the default text of a row.
    ///
    /// # Panics
    /// When the row's own text is not in the syntax of its type; a test reads every row.
    #[expect(clippy::panic, reason = "a row that cannot be read is a fault of ours")]
    fn from_default(text: &'static str) -> Self {
        Self::from_flag(&[text.to_owned()]).unwrap_or_else(|error| panic!("default {text:?}: {}", error.reason))
    }
}

/// The last occurrence of a scalar flag wins.
fn last(occurrences: &[String]) -> &str {
    occurrences.last().map_or("", String::as_str)
}

/// The text of a value, as the lenient conversion makes it.
fn loose_text(value: &Loose) -> Result<String, ValueError> {
    match value {
        Loose::Text(text) => Ok(text.clone()),
        Loose::Bool(value) => Ok(if *value { "1" } else { "0" }.to_owned()),
        Loose::Int(value) => Ok(value.to_string()),
        Loose::Float(value) => Ok(value.to_string()),
        Loose::List(_) => Err(wrong("a list", "a single string", "write it in quotes, without brackets")),
        Loose::Other(what) => Err(wrong(what, "a string", "write it in quotes")),
    }
}

fn wrong(found: &str, wanted: &str, instead: &str) -> ValueError {
    ValueError::about_type(format!("is {found}, not {wanted}"), instead)
}

// === impl Setting for text ===

impl Setting for String {
    const KIND: Kind = Kind::Text;
    const SECRET: bool = false;

    fn from_flag(occurrences: &[String]) -> Result<Self, ValueError> {
        Ok(last(occurrences).to_owned())
    }

    fn from_loose(value: &Loose) -> Result<Self, ValueError> {
        loose_text(value)
    }

    fn to_loose(&self) -> Loose {
        Loose::Text(self.clone())
    }

    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

impl Setting for Secret<String> {
    const KIND: Kind = Kind::Text;
    const SECRET: bool = true;

    fn from_flag(occurrences: &[String]) -> Result<Self, ValueError> {
        Ok(Self::from(last(occurrences)))
    }

    fn from_loose(value: &Loose) -> Result<Self, ValueError> {
        loose_text(value).map(Self::new)
    }

    fn to_loose(&self) -> Loose {
        Loose::Text(self.expose().clone())
    }

    fn same(&self, other: &Self) -> bool {
        self.ct_eq(other.expose())
    }
}

// === impl Setting for bool ===

/// The words for a boolean, and no others.
fn word(text: &str) -> Result<bool, ValueError> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err(ValueError::new("is not a boolean", "write true or false")),
    }
}

fn loose_bool(value: &Loose) -> Result<bool, ValueError> {
    match value {
        Loose::Text(text) if text.is_empty() => Ok(false),
        Loose::Text(text) => word(text),
        Loose::Bool(value) => Ok(*value),
        Loose::Int(value) => Ok(*value != 0),
        Loose::Float(value) => Ok(*value != 0.0),
        Loose::List(_) => Err(wrong("a list", "a boolean", "write true or false")),
        Loose::Other(what) => Err(wrong(what, "a boolean", "write true or false")),
    }
}

impl Setting for bool {
    const KIND: Kind = Kind::Bool;
    const SECRET: bool = false;

    fn from_flag(occurrences: &[String]) -> Result<Self, ValueError> {
        word(last(occurrences))
    }

    fn from_loose(value: &Loose) -> Result<Self, ValueError> {
        loose_bool(value)
    }

    fn to_loose(&self) -> Loose {
        Loose::Bool(*self)
    }

    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

/// A boolean that the command line takes for text: the flag needs a value, and `""` is false.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TextBool(bool);

impl Setting for TextBool {
    const KIND: Kind = Kind::TextBool;
    const SECRET: bool = false;

    fn from_flag(occurrences: &[String]) -> Result<Self, ValueError> {
        loose_bool(&Loose::Text(last(occurrences).to_owned())).map(Self)
    }

    fn from_loose(value: &Loose) -> Result<Self, ValueError> {
        loose_bool(value).map(Self)
    }

    fn to_loose(&self) -> Loose {
        Loose::Bool(self.0)
    }

    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

// === impl Setting for lists ===

/// The pieces of a list, as the lenient conversion makes them.
fn loose_list(value: &Loose) -> Result<Vec<String>, ValueError> {
    match value {
        Loose::Text(text) if text.is_empty() => Ok(Vec::new()),
        Loose::Text(text) => Ok(text.split(',').map(str::to_owned).collect()),
        Loose::List(elements) => {
            let elements = elements.iter().enumerate();
            elements.map(|(at, element)| loose_text(element).map_err(|error| error.of_element(at))).collect()
        }
        Loose::Bool(_) | Loose::Int(_) | Loose::Float(_) => Ok(vec![loose_text(value)?]),
        Loose::Other(what) => Err(wrong(what, "a list", "write [\"one\", \"two\"]")),
    }
}

/// The first occurrence replaces the default, the later ones are added to it.
fn flag_list(occurrences: &[String]) -> Result<Vec<String>, ValueError> {
    let mut list = Vec::new();
    for (at, occurrence) in occurrences.iter().enumerate() {
        list.extend(csv::record(occurrence).map_err(|error| error.of_element(at))?);
    }
    Ok(list)
}

impl Setting for Vec<String> {
    const KIND: Kind = Kind::List;
    const SECRET: bool = false;

    fn from_flag(occurrences: &[String]) -> Result<Self, ValueError> {
        flag_list(occurrences)
    }

    fn from_loose(value: &Loose) -> Result<Self, ValueError> {
        loose_list(value)
    }

    fn to_loose(&self) -> Loose {
        Loose::List(self.iter().cloned().map(Loose::Text).collect())
    }

    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

impl Setting for Vec<Secret<String>> {
    const KIND: Kind = Kind::List;
    const SECRET: bool = true;

    fn from_flag(occurrences: &[String]) -> Result<Self, ValueError> {
        Ok(flag_list(occurrences)?.into_iter().map(Secret::new).collect())
    }

    fn from_loose(value: &Loose) -> Result<Self, ValueError> {
        Ok(loose_list(value)?.into_iter().map(Secret::new).collect())
    }

    fn to_loose(&self) -> Loose {
        Loose::List(self.iter().map(|secret| Loose::Text(secret.expose().clone())).collect())
    }

    fn same(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().zip(other).all(|(one, two)| one.ct_eq(two.expose()))
    }
}

#[cfg(test)]
mod tests;
