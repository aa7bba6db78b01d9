//! The TOML file: flat keys, found without regard to case.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use crate::fault::Fault;
use crate::value::Loose;
use crate::written::Source;

/// One line of the file.
pub(crate) struct Entry {
    /// The key, in lower case.
    pub(crate) key: String,
    /// What it is set to.
    pub(crate) value: Loose,
    /// Where.
    pub(crate) source: Source,
}

/// Reads the entries of a file, in the order of its lines.
///
/// # Errors
/// The first error of syntax, in words that repeat nothing of the file: it may hold secrets.
pub(crate) fn parse(path: &Path, content: &[u8]) -> Result<Vec<Entry>, Fault> {
    let text = std::str::from_utf8(content).map_err(|error| Fault {
        subject: "config".to_owned(),
        source: source(path, content, error.valid_up_to()),
        reason: "is not UTF-8".to_owned(),
        instead: "write the file in UTF-8".to_owned(),
    })?;
    let table = DeTable::parse(text).map_err(|error| Fault {
        subject: "config".to_owned(),
        source: source(path, content, error.span().map_or(0, |span| span.start)),
        reason: format!("is not TOML: {}", error.message()),
        instead: String::new(),
    })?;
    let mut entries: Vec<(usize, Entry)> = table
        .into_inner()
        .into_iter()
        .map(|(key, value)| {
            let at = key.span().start;
            let entry = Entry {
                key: key.get_ref().to_lowercase(),
                value: loose(value.get_ref()),
                source: source(path, content, at),
            };
            (at, entry)
        })
        .collect();
    entries.sort_by_key(|(at, _)| *at);
    Ok(entries.into_iter().map(|(_, entry)| entry).collect())
}

/// The line of a byte of the file.
fn source(path: &Path, content: &[u8], at: usize) -> Source {
    let before = content.get(..at).unwrap_or(content);
    let line = 1 + before.split(|byte| *byte == b'\n').count().saturating_sub(1);
    Source::File { path: path.to_owned(), line }
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

    fn entries(content: &str) -> Vec<(String, usize)> {
        let entries = parse(Path::new("a.cfg"), content.as_bytes()).expect("TOML");
        let line = |source| {
            let Source::File { line, .. } = source else { panic!("{source}") };
            line
        };
        entries.into_iter().map(|entry| (entry.key, line(entry.source))).collect()
    }

    #[test]
    fn entries_come_in_order_with_their_lines_and_folded_keys() {
        let content = "# a comment\nZULU = 1\r\n\n\"alpha\" = [\n 1,\n]\n[table]\nx = 1\n";
        assert_eq!(entries(content), [("zulu".to_owned(), 2), ("alpha".to_owned(), 4), ("table".to_owned(), 7)]);
    }

    #[test]
    fn an_error_of_syntax_names_its_line_and_repeats_nothing() {
        for (content, line) in [
            ("a = 1\ncookie_secret = hunter2\n", 2),
            ("cookie_secret = \"hunter2\n", 1),
            ("\na = \"hunter2\" hunter2\n", 2),
            ("a = 1\na = \"hunter2\"\n", 2),
            ("hunter2", 1),
        ] {
            let fault = parse(Path::new("a.cfg"), content.as_bytes()).err().expect(content);
            assert!(!fault.to_string().contains("hunter2"), "{fault}");
            assert_eq!(fault.source, Source::File { path: "a.cfg".into(), line }, "{fault}");
        }
        let fault = parse(Path::new("a.cfg"), b"a = 1\nb = \"\xff\"").err().expect("not UTF-8");
        assert_eq!(fault.to_string(), "config (a.cfg:2): is not UTF-8; write the file in UTF-8");
    }

    #[test]
    fn numbers_of_any_base_are_read() {
        let value = |content: &str| parse(Path::new("a"), content.as_bytes()).expect("TOML").remove(0).value;
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
            drop(parse(Path::new("a"), &content));
        }
    }
}
