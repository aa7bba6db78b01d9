//! Strict reading of the tree: no value becomes one of another type, and no key is passed over.

use std::ops::Range;

use sidecar_core::Secret;
use sidecar_yaml::{Entry, Node, Position, Value};

use super::substitute::Substituted;
use crate::fault::{Fault, FaultCode, ValueError, quote};
use crate::nearest::nearest;
use crate::row::Secrecy;
use crate::sheet::{Place, Sheet, parts};
use crate::table::OPTIONS;
use crate::value::{GoDuration, Setting as _};
use crate::written::{Source, Written};

/// Reads one file and collects what is wrong with it, and where its values are.
pub(super) struct Reader<'a> {
    /// The file as it was written.
    pub(super) sheet: Sheet,
    /// The same with its variables filled in, of which the tree was made.
    text: &'a Substituted,
    pub(super) faults: Vec<Fault>,
}

/// A mapping under way: which of its keys were asked for.
pub(super) struct Mapping<'n> {
    /// `providers[0].oidcConfig`; empty for the root.
    pub(super) path: String,
    entries: &'n [Entry],
    asked: Vec<&'static str>,
}

impl<'n> Mapping<'n> {
    /// The value of a key, which is spelled without regard to case; nothing for `null`, which leaves what was there.
    pub(super) fn take(&mut self, key: &'static str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The same with its key.
    pub(super) fn entry(&mut self, key: &'static str) -> Option<&'n Entry> {
        self.asked.push(key);
        let exact = self.entries.iter().find(|entry| entry.key == key);
        let found = exact.or_else(|| self.entries.iter().find(|entry| is_spelling(&entry.key, key)));
        found.filter(|entry| entry.value.value != Value::Null)
    }

    /// The path of a key.
    pub(super) fn child(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The keys that nobody asked for; beside an exact spelling another one is unknown too.
    fn unknown(&self) -> impl Iterator<Item = &'n Entry> {
        self.entries.iter().filter(|entry| {
            let known = self.asked.iter().find(|asked| is_spelling(&entry.key, asked));
            known.is_none_or(|known| {
                let first = self.entries.iter().find(|other| is_spelling(&other.key, known));
                let exact = self.entries.iter().find(|other| other.key == **known);
                exact.or(first).is_some_and(|counted| counted.key != entry.key)
            })
        })
    }
}

fn is_spelling(written: &str, key: &str) -> bool {
    written.to_lowercase() == key.to_lowercase()
}

impl<'a> Reader<'a> {
    pub(super) fn new(sheet: Sheet, text: &'a Substituted) -> Self {
        Self { sheet, text, faults: Vec::new() }
    }

    /// Where a node was written.
    pub(super) fn source(&self, at: Position) -> Source {
        self.sheet.source(self.offset(self.text.written_at(at)))
    }

    fn offset(&self, written: Position) -> usize {
        self.sheet.offset(written.line, written.column)
    }

    /// Notes where a value is, for the line to show with a fault. What is no value, and no list of them, is not shown.
    pub(super) fn note(&mut self, entry: &Entry, secrecy: Secrecy) {
        let Entry { key, at, value } = entry;
        let key_start = self.offset(self.text.written_at(*at));
        let extent = self.extent(value);
        let elements = match &value.value {
            Value::List(elements) => elements.iter().map(|element| self.extent(element)).collect(),
            Value::Text(text) => parts(self.sheet.text(), &extent, text),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Bytes(_)
            | Value::Other(_)
            | Value::Map(_) => Vec::new(),
        };
        let is_flat = value.elements().iter().chain([value]).all(|node| node.entries().is_empty());
        let secrecy = if is_flat { secrecy } else { Secrecy::Secret };
        self.sheet.note(Place { key: key_start..key_start + key.len(), value: extent, elements, secrecy });
    }

    fn extent(&self, node: &Node) -> Range<usize> {
        let start = self.offset(self.text.written_at(node.at));
        start..self.offset(self.text.written_end(node.end)).max(start)
    }

    /// Tells what is wrong at a path.
    pub(super) fn refuse(&mut self, code: FaultCode, path: &str, at: Position, reason: &str, instead: &str) {
        self.faults.push(Fault::new(code, path, self.source(at), reason, instead));
    }

    /// Tells that a value is of another type.
    pub(super) fn mismatch(&mut self, path: &str, node: &Node, found: &Mismatch) {
        let Mismatch { reason, instead, element } = found;
        let fault = Fault::new(FaultCode::Value, path, self.source(node.at), reason, *instead);
        self.faults.push(fault.of_element(*element));
    }

    /// The node as a mapping, one without keys for an element of a list that is nothing; a fault if it is something else.
    pub(super) fn mapping<'n>(&mut self, path: &str, node: &'n Node) -> Option<Mapping<'n>> {
        if matches!(node.value, Value::Map(_) | Value::Null) {
            return Some(Mapping { path: path.to_owned(), entries: node.entries(), asked: Vec::new() });
        }
        let reason = is_not(&node.value, "a mapping");
        self.refuse(FaultCode::Value, path, node.at, &reason, "write its keys below it, indented");
        None
    }

    /// The mapping below a key.
    pub(super) fn below<'n>(&mut self, mapping: &mut Mapping<'n>, key: &'static str) -> Option<Mapping<'n>> {
        let node = mapping.take(key)?;
        self.mapping(&mapping.child(key), node)
    }

    /// The elements of the list below a key, each with its path; `None` without the key.
    pub(super) fn list<'n>(&mut self, mapping: &mut Mapping<'n>, key: &'static str) -> Option<Vec<(String, &'n Node)>> {
        let node = mapping.take(key)?;
        let path = mapping.child(key);
        if let Value::List(elements) = &node.value {
            return Some(elements.iter().enumerate().map(|(at, node)| (format!("{path}[{at}]"), node)).collect());
        }
        self.refuse(
            FaultCode::Value,
            &path,
            node.at,
            &is_not(&node.value, "a list"),
            "write its elements below it, each behind a -",
        );
        None
    }

    /// Reads the value of a key into `leaf`, which keeps what it has without one.
    pub(super) fn leaf<T: Leaf>(&mut self, mapping: &mut Mapping<'_>, key: &'static str, leaf: &mut Written<T>) {
        let Some(entry) = mapping.entry(key) else { return };
        self.note(entry, T::SECRECY);
        let node = &entry.value;
        match T::of(&node.value) {
            Ok(value) => {
                leaf.value = value;
                leaf.source = self.source(node.at);
            }
            Err(found) => self.mismatch(&mapping.child(key), node, &found),
        }
    }

    /// Tells the keys of a mapping that nobody asked for.
    pub(super) fn finish(&mut self, mapping: &Mapping<'_>) {
        for entry in mapping.unknown() {
            let path = mapping.child(quote(&entry.key).trim_matches('"'));
            let meant = nearest(&entry.key, mapping.asked.iter().copied());
            let instead = match (meant, place_of(&entry.key)) {
                (Some(key), _) => format!("did you mean {key}?"),
                (None, Some(place)) => format!("it belongs to {place}; look at its indentation"),
                (None, None) => "leave it out".to_owned(),
            };
            self.refuse(FaultCode::Unknown, &path, entry.at, "unknown key", &instead);
        }
    }
}

/// The mapping that has an option of this key, for a key that stands in another one.
fn place_of(key: &str) -> Option<&'static str> {
    let mut places = OPTIONS.iter().filter_map(|row| row.alpha?.rsplit_once('.'));
    places.find(|(_, leaf)| is_spelling(key, leaf)).map(|(place, _)| place)
}

fn is_not(found: &Value, wanted: &str) -> String {
    format!("is {}, not {wanted}", found.name())
}

/// Why a value is not of the type that its key takes. Repeats nothing of it.
pub(super) struct Mismatch {
    pub(super) reason: String,
    pub(super) instead: &'static str,
    /// Which element of a list is not, counted from 0.
    pub(super) element: Option<usize>,
}

impl Mismatch {
    pub(super) fn new(found: &Value, wanted: &str, instead: &'static str) -> Self {
        Self { reason: is_not(found, wanted), instead, element: None }
    }
}

/// A type that a key may take.
pub(super) trait Leaf: Sized {
    /// Whether it may be shown.
    const SECRECY: Secrecy = Secrecy::Open;

    fn of(value: &Value) -> Result<Self, Mismatch>;
}

impl Leaf for String {
    /// A `!!binary` that is a text is one, as Go has it.
    fn of(value: &Value) -> Result<Self, Mismatch> {
        let text = match value {
            Value::Text(text) => Some(text.clone()),
            Value::Bytes(bytes) => Self::from_utf8(bytes.clone()).ok(),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Other(_)
            | Value::List(_)
            | Value::Map(_) => None,
        };
        text.ok_or_else(|| Mismatch::new(value, "a text", "write it in quotes"))
    }
}

impl Leaf for Secret<String> {
    const SECRECY: Secrecy = Secrecy::Secret;

    fn of(value: &Value) -> Result<Self, Mismatch> {
        String::of(value).map(Self::new)
    }
}

impl Leaf for bool {
    fn of(value: &Value) -> Result<Self, Mismatch> {
        if let Value::Bool(value) = value {
            return Ok(*value);
        }
        Err(Mismatch::new(value, "a boolean", "write true or false, without quotes"))
    }
}

impl Leaf for i64 {
    fn of(value: &Value) -> Result<Self, Mismatch> {
        if let Value::Int(number) = value {
            Ok(*number)
        } else {
            Err(Mismatch::new(value, "an integer", "write a number, without quotes"))
        }
    }
}

impl<T: Leaf> Leaf for Option<T> {
    fn of(value: &Value) -> Result<Self, Mismatch> {
        T::of(value).map(Some)
    }
}

impl Leaf for Vec<String> {
    fn of(value: &Value) -> Result<Self, Mismatch> {
        let Value::List(elements) = value else {
            return Err(Mismatch::new(value, "a list", "write its elements below it, each behind a -"));
        };
        let elements = elements.iter().enumerate();
        let of_element = |at, found| Mismatch { element: Some(at), ..found };
        elements.map(|(at, node)| String::of(&node.value).map_err(|found| of_element(at, found))).collect()
    }
}

impl Leaf for GoDuration {
    /// A number with a fraction counts seconds, one without nanoseconds.
    fn of(value: &Value) -> Result<Self, Mismatch> {
        const WRITE: &str = "write a duration such as 30s or 1m30s";
        if let Value::Text(text) = value {
            let refused = |error: ValueError| {
                let reason = format!("{} {}", quote(text), error.reason);
                Mismatch { reason, instead: WRITE, element: None }
            };
            return Self::from_flag(std::slice::from_ref(text)).map_err(refused);
        }
        if let Value::Int(nanos) = value {
            return Ok(Self::from_nanos(*nanos));
        }
        let nanos = if let Value::Float(seconds) = value { seconds * 1e9 } else { f64::NAN };
        if nanos.abs() < 9.2e18 {
            #[expect(clippy::cast_possible_truncation, reason = "bounded above; below a nanosecond nothing counts")]
            return Ok(Self::from_nanos(nanos as i64));
        }
        Err(Mismatch::new(value, "a duration", WRITE))
    }
}

impl Leaf for Secret<Vec<u8>> {
    const SECRECY: Secrecy = Secrecy::Secret;

    /// A text is taken byte for byte, as is a `!!binary`; a list of integers is one byte each, as the original prints it.
    fn of(value: &Value) -> Result<Self, Mismatch> {
        let bytes = match value {
            Value::Text(text) => Some(text.clone().into_bytes()),
            Value::Bytes(bytes) => Some(bytes.clone()),
            Value::List(elements) => elements.iter().map(byte).collect(),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Other(_) | Value::Map(_) => None,
        };
        bytes.map(Self::new).ok_or_else(|| Mismatch::new(value, "a text", "write it in quotes"))
    }
}

fn byte(node: &Node) -> Option<u8> {
    i64::of(&node.value).ok().and_then(|byte| u8::try_from(byte).ok())
}
