//! The TOML file: flat keys, found without regard to case.

use std::ops::Range;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use crate::excerpt::{Excerpt, Piece};
use crate::fault::{Fault, FaultCode, quote, without_credentials};
use crate::row::{Row, Secrecy};
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
    key_span: Range<usize>,
    value_span: Range<usize>,
    /// The texts of a list, and where each of them is.
    elements: Vec<(String, Range<usize>)>,
}

/// A file that was read: its entries, and the lines to show with a fault.
#[derive(Default)]
pub(crate) struct Document {
    /// In the order of their lines.
    pub(crate) entries: Vec<Entry>,
    text: String,
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
            let fault = Fault::new(
                FaultCode::Syntax,
                "config",
                place(path, &valid, valid.len()),
                "is not UTF-8",
                "write the file in UTF-8",
            );
            Fault { excerpt: Some(outline(&valid, valid.len())), ..fault }
        })?;
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let reason = format!("is not TOML: {}", error.message());
            let fault = Fault::new(FaultCode::Syntax, "config", place(path, text, at), reason, instead_of(text, at));
            Fault { excerpt: Some(outline(text, at)), ..fault }
        })?;
        let mut entries: Vec<Entry> = table
            .into_inner()
            .into_iter()
            .map(|(key, value)| Entry {
                key: key.get_ref().to_lowercase(),
                value: loose(value.get_ref()),
                source: place(path, text, value.span().start),
                key_source: place(path, text, key.span().start),
                key_span: key.span(),
                value_span: value.span(),
                elements: elements(value.get_ref()),
            })
            .collect();
        entries.sort_by_key(|entry| entry.key_span.start);
        Ok(Self { entries, text: text.to_owned() })
    }

    /// The line of `source`, when it is a place in this file, with a mark under the key or the value that is there.
    ///
    /// A value is shown when its option is known and no secret, and it is of one line; credentials in a URL are hidden.
    pub(crate) fn excerpt(&self, source: &Source) -> Option<Excerpt> {
        let entry = self.entries.iter().find(|entry| entry.source == *source || entry.key_source == *source)?;
        let (Source::File { line, .. }, Source::File { line: value_line, .. }) = (&entry.key_source, &entry.source)
        else {
            return None;
        };
        let key = self.text.get(entry.key_span.clone())?;
        // A table begins with a bracket, and has its values elsewhere.
        if line != value_line || entry.value_span.start < entry.key_span.end {
            return Some(Excerpt::new(*line, &[Piece::Marked(key)]));
        }
        let before = line_before(&self.text, entry.key_span.start);
        let between = self.text.get(entry.key_span.end..entry.value_span.start)?;
        let shown = self.shown_value(entry);
        let pieces = match (entry.source == *source, &shown) {
            (true, Some(value)) => {
                [Piece::Shown(before), Piece::Shown(key), Piece::Shown(between), Piece::Marked(value)]
            }
            (true, None) => [Piece::Shown(before), Piece::Shown(key), Piece::Shown(between), Piece::MarkedHidden],
            (false, Some(value)) => {
                [Piece::Shown(before), Piece::Marked(key), Piece::Shown(between), Piece::Shown(value)]
            }
            (false, None) => [Piece::Shown(before), Piece::Marked(key), Piece::Shown(between), Piece::Hidden],
        };
        Some(Excerpt::new(*line, &pieces))
    }

    /// The fault with the line that it is about: where it speaks of an element of a list, with that element's place.
    pub(crate) fn explained(&self, fault: Fault) -> Fault {
        if fault.excerpt.is_some() {
            return fault;
        }
        match self.element(&fault) {
            Some((source, excerpt)) => Fault { source, excerpt: Some(excerpt), ..fault },
            None => Fault { excerpt: self.excerpt(&fault.source), ..fault },
        }
    }

    /// The element of a list that a fault speaks of: the one that it quotes, or the empty one.
    fn element(&self, fault: &Fault) -> Option<(Source, Excerpt)> {
        let entry = self.entries.iter().find(|entry| entry.source == fault.source)?;
        let Source::File { path, .. } = &entry.source else { return None };
        let is_meant = |text: &str| match text {
            "" => fault.reason.contains("empty element"),
            text => fault.reason.contains(&quote(text)),
        };
        let (_, span) = entry.elements.iter().find(|(text, _)| is_meant(text)).filter(|_| is_open(entry))?;
        let source = place(path, &self.text, span.start);
        let Source::File { line, .. } = &source else { return None };
        let (before, element) = (line_before(&self.text, span.start), self.text.get(span.clone())?);
        // Its neighbours may have credentials in them.
        let before = without_credentials(before);
        let shown = without_credentials(element);
        let rest = self.text.get(span.end..entry.value_span.end)?.lines().next().unwrap_or_default();
        let after = without_credentials(rest);
        let excerpt = Excerpt::new(*line, &[Piece::Shown(&before), Piece::Marked(&shown), Piece::Shown(&after)]);
        (!element.contains('\n')).then_some((source, excerpt))
    }

    fn shown_value(&self, entry: &Entry) -> Option<String> {
        let value = self.text.get(entry.value_span.clone())?;
        (is_open(entry) && !value.contains('\n')).then(|| without_credentials(value))
    }
}

/// Whether the value of an entry may be shown.
fn is_open(entry: &Entry) -> bool {
    row(&entry.key).is_some_and(|row| row.secrecy == Secrecy::Open)
}

/// The texts of a list, and where they are.
fn elements(value: &DeValue<'_>) -> Vec<(String, Range<usize>)> {
    let DeValue::Array(elements) = value else { return Vec::new() };
    let text = |element: &toml::Spanned<DeValue<'_>>| match element.get_ref() {
        DeValue::String(text) => Some((text.clone().into_owned(), element.span())),
        DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => None,
    };
    elements.iter().filter_map(text).collect()
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

/// The line and the column of a byte of the text.
fn place(path: &Path, text: &str, at: usize) -> Source {
    let before = text.get(..at).unwrap_or(text);
    let line = 1 + before.matches('\n').count();
    let column = 1 + line_before(text, at).chars().count();
    Source::File { path: path.to_owned(), line, column }
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
        document.excerpt(place(entry)).expect("a line").to_string()
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
            (key("[hunter]\nx = \"hunter2\""), "      1 | hunter\n        | ^^^^^^"),
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
                    drop((document.excerpt(&entry.source), document.excerpt(&entry.key_source)));
                }
            }
        }
    }
}
