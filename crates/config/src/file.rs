//! The TOML file: flat keys, found without regard to case.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::excerpt::{Excerpt, Piece};
use crate::fault::{Fault, FaultCode};
use crate::row::{Row, Secrecy};
use crate::sheet::{Place, Sheet, parts};
use crate::table::OPTIONS;
use crate::value::Loose;
use crate::written::Source;

/// One key of the file and its value.
pub(crate) struct Entry {
    /// The key, in lower case.
    pub(crate) key: String,
    /// What it is set to.
    pub(crate) value: Loose,
    /// Where the value begins.
    pub(crate) source: Source,
    /// Where the key begins.
    pub(crate) key_source: Source,
}

/// A file that was read: its entries, and the lines to show with a fault.
#[derive(Default)]
pub(crate) struct Document {
    /// In the order of their lines.
    pub(crate) entries: Vec<Entry>,
    pub(crate) sheet: Sheet,
}

impl Document {
    /// Reads a file.
    ///
    /// # Errors
    /// The first error of syntax, in words that repeat nothing of the file but a known key: it may hold secrets.
    pub(crate) fn parse(path: &Path, content: &[u8]) -> Result<Self, Fault> {
        let text = std::str::from_utf8(content).map_err(|error| {
            let at = error.valid_up_to();
            let valid = String::from_utf8_lossy(content.get(..at).unwrap_or_default());
            syntax(&Sheet::new(path, &valid), at, "is not UTF-8".to_owned(), "write the file in UTF-8")
        })?;
        let mut sheet = Sheet::new(path, text);
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            syntax(&sheet, at, format!("is not TOML: {}", error.message()), instead_of(text, at))
        })?;
        let mut found: Vec<_> = table.into_inner().into_iter().collect();
        found.sort_by_key(|(key, _)| key.span().start);
        let mut entries = Vec::new();
        for (key, value) in found {
            let name = key.get_ref().to_lowercase();
            sheet.note(Place {
                key: key.span(),
                value: value.span(),
                elements: elements(text, &value),
                // What is not known may be a secret.
                secrecy: row(&name).map_or(Secrecy::Secret, |row| row.secrecy),
            });
            entries.push(Entry {
                key: name,
                value: loose(value.get_ref()),
                source: sheet.source(value.span().start),
                key_source: sheet.source(key.span().start),
            });
        }
        Ok(Self { entries, sheet })
    }
}

/// A fault of the file as such.
fn syntax(sheet: &Sheet, at: usize, reason: String, instead: &str) -> Fault {
    let fault = Fault::new(FaultCode::Syntax, "config", sheet.source(at), reason, instead);
    Fault { excerpt: Some(outline(sheet.text(), at)), ..fault }
}

/// Where the elements of a list are, or the parts between the commas of a text.
fn elements(raw: &str, value: &Spanned<DeValue<'_>>) -> Vec<Range<usize>> {
    match value.get_ref() {
        DeValue::Array(elements) => elements.iter().map(Spanned::span).collect(),
        DeValue::String(text) => parts(raw, &value.span(), text),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) | DeValue::Table(_) => {
            Vec::new()
        }
    }
}

/// The option of a key in lower case.
fn row(key: &str) -> Option<&'static Row> {
    OPTIONS.iter().find(|row| row.keys().any(|known| known == key))
}

/// What stands in the line before a byte of the text.
fn line_before(text: &str, at: usize) -> &str {
    let before = text.get(..at).unwrap_or(text);
    before.rsplit('\n').next().unwrap_or_default()
}

/// The line of an error of syntax: its key when that is known, and nothing else, since what is a value there is not known.
fn outline(text: &str, at: usize) -> Excerpt {
    let line = text.get(..at).unwrap_or(text).matches('\n').count() + 1;
    match known_key(text, at) {
        Some(key) => Excerpt::new(line, &[Piece::Shown(key), Piece::Shown(" = "), Piece::MarkedHidden]),
        None => Excerpt::new(line, &[Piece::MarkedHidden]),
    }
}

/// The key of the line around a byte, when it is the key of an option.
fn known_key(text: &str, at: usize) -> Option<&str> {
    let start = at.min(text.len()) - line_before(text, at).len();
    let (key, _) = text.get(start..)?.lines().next()?.split_once('=')?;
    row(&key.trim().to_lowercase()).map(|_| key.trim())
}

/// What to do about an error of syntax, as far as one can tell.
fn instead_of(text: &str, at: usize) -> &'static str {
    let start = at.min(text.len()) - line_before(text, at).len();
    let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    match line.split_once('=') {
        Some((_, value)) if value.trim_start().starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') => {
            "write texts in quotes: key = \"value\""
        }
        Some(_) => "write key = \"text\", key = true, key = 10 or key = [\"one\", \"two\"]",
        None => "write one key = value per line; comments begin with #",
    }
}

fn loose(value: &DeValue<'_>) -> Loose {
    match value {
        DeValue::String(text) => Loose::Text(text.clone().into_owned()),
        DeValue::Boolean(value) => Loose::Bool(*value),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Loose::Other("an integer of more than 64 bits"), Loose::Int),
        DeValue::Float(number) => match number.as_str().parse::<f64>() {
            Ok(value) if value.is_finite() => Loose::Float(value),
            _ => Loose::Other("not a finite number"),
        },
        DeValue::Array(elements) => Loose::List(elements.iter().map(|element| loose(element.get_ref())).collect()),
        DeValue::Datetime(_) => Loose::Other("a date or time"),
        DeValue::Table(_) => Loose::Other("a table"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(content: &str) -> Document {
        Document::parse(Path::new("a.cfg"), content.as_bytes()).expect("TOML")
    }

    fn entries(content: &str) -> Vec<(String, String, String)> {
        let entries = read(content).entries.into_iter();
        entries.map(|entry| (entry.key, entry.key_source.to_string(), entry.source.to_string())).collect()
    }

    #[test]
    fn entries_come_in_order_with_their_places_and_folded_keys() {
        let content = "# a comment\nZULU = 1\r\n\n\"älpha\" = [\n 1,\n]\n[table]\nx = 1\n";
        let places = [("zulu", "a.cfg:2:1", "a.cfg:2:8"), ("älpha", "a.cfg:4:1", "a.cfg:4:11")];
        let places = places.map(|(key, place, value)| (key.to_owned(), place.to_owned(), value.to_owned()));
        let read = entries(content);
        assert_eq!(read[..2], places);
        assert_eq!((read[2].0.as_str(), read[2].1.as_str()), ("table", "a.cfg:7:2"));
    }

    fn shown(content: &str, place: impl Fn(&Entry) -> &Source) -> String {
        let document = read(content);
        let entry = document.entries.last().expect("an entry");
        let fault = Fault::new(FaultCode::Value, "x", place(entry).clone(), "", "");
        document.sheet.explained(fault).excerpt.expect("a line").to_string()
    }

    #[test]
    fn an_excerpt_shows_the_value_of_a_known_option_that_is_no_secret() {
        let value = |content| shown(content, |entry| &entry.source);
        let key = |content| shown(content, |entry| &entry.key_source);
        for (shown, expected) in [
            (value("# x\n  scope = \"a b\" # hunter2"), "      2 |   scope = \"a b\"\n        |           ^^^^^"),
            (key("scope = 1"), "      1 | scope = 1\n        | ^^^^^"),
            (value("cookie_secret = \"hunter2\""), "      1 | cookie_secret = …\n        |                 ^"),
            (key("cookie_secert = \"hunter2\""), "      1 | cookie_secert = …\n        | ^^^^^^^^^^^^^"),
            (value("scope = \"\"\"\nhunter2\n\"\"\""), "      1 | scope = …\n        |         ^"),
            (
                value("upstreams = [\"http://a:hunter2@b/\"]"),
                "      1 | upstreams = [\"http://…@b/\"]\n        |             ^^^^^^^^^^^^^^^",
            ),
            (key("[hunter]\nx = \"hunter2\""), "      1 | [hunter\n        |  ^^^^^^"),
        ] {
            assert_eq!(shown, expected);
        }
    }

    #[test]
    fn an_error_of_syntax_names_its_place_and_repeats_nothing() {
        for (content, place, shown) in [
            ("a = 1\ncookie_secret = hunter2\n", "a.cfg:2:17", "cookie_secret = …"),
            ("cookie_secert = \"hunter2\n", "a.cfg:1:25", "…"),
            ("\na = \"hunter2\" hunter2\n", "a.cfg:2:15", "…"),
            ("a = 1\na = \"hunter2\"\n", "a.cfg:2:1", "…"),
            ("hunter2", "a.cfg:1:8", "…"),
        ] {
            let fault = Document::parse(Path::new("a.cfg"), content.as_bytes()).err().expect(content);
            assert_eq!(fault.source.to_string(), place, "{content}: {fault}");
            let excerpt = fault.excerpt.clone().expect("a line").to_string();
            assert!(excerpt.contains(&format!("| {shown}\n")), "{excerpt}");
            assert!(!excerpt.contains("hunter2") && !fault.to_string().contains("hunter2"), "{fault}\n{excerpt}");
        }
        let fault = Document::parse(Path::new("a.cfg"), b"a = 1\nb = \"\xff\"").err().expect("not UTF-8");
        assert_eq!(fault.to_string(), "config (a.cfg:2:6): is not UTF-8; write the file in UTF-8");
    }

    #[test]
    fn numbers_of_any_base_are_read() {
        let value = |content: &str| read(content).entries.remove(0).value;
        for (content, read) in [
            ("a = 0x1_f", Loose::Int(31)),
            ("a = 0o17", Loose::Int(15)),
            ("a = 1_000", Loose::Int(1000)),
            ("a = -7", Loose::Int(-7)),
            ("a = +7", Loose::Int(7)),
            ("a = 1_0.5e1", Loose::Float(105.0)),
            ("a = 99999999999999999999", Loose::Other("an integer of more than 64 bits")),
            ("a = nan", Loose::Other("not a finite number")),
            ("a = -inf", Loose::Other("not a finite number")),
            ("a = 1979-05-27", Loose::Other("a date or time")),
        ] {
            assert!(value(content) == read, "{content}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_give_entries_or_a_fault(content: Vec<u8>) {
            if let Ok(document) = Document::parse(Path::new("a"), &content) {
                for entry in &document.entries {
                    for (source, element) in [(&entry.source, None), (&entry.source, Some(1)), (&entry.key_source, None)] {
                        let fault = Fault::new(FaultCode::Value, "x", source.clone(), "", "").of_element(element);
                        prop_assert!(document.sheet.explained(fault).excerpt.is_some());
                    }
                }
            }
        }
    }
}
