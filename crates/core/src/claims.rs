//! Claim values as a session keeps them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A JSON value of a claim, with the text of its numbers kept as it was written.
///
/// `1.50` stays `1.50` and `12345678901234567890` keeps all its digits: neither survives a float.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimValue {
    /// `null`; occurs only inside lists and objects.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as its JSON text.
    Number(String),
    /// A string.
    String(String),
    /// An array.
    List(Vec<ClaimValue>),
    /// An object; keys sorted.
    Map(BTreeMap<String, ClaimValue>),
}

impl ClaimValue {
    /// The value as one text: strings as they are, numbers and booleans by their JSON text, `null` empty, lists and
    /// objects as compact JSON.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::String(text) | Self::Number(text) => text.clone(),
            Self::Bool(value) => value.to_string(),
            Self::List(_) | Self::Map(_) => self.to_json(),
        }
    }

    /// The value as a list of texts: a list element by element, anything else as its only element.
    #[must_use]
    pub fn to_texts(&self) -> Vec<String> {
        match self {
            Self::List(values) => values.iter().map(Self::to_text).collect(),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) | Self::Map(_) => vec![self.to_text()],
        }
    }

    /// Compact JSON, keys sorted; `<`, `>` and `&` escaped as `\u003c` and so on, as Go's encoder does.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = String::new();
        self.write_json(&mut json);
        json
    }

    fn write_json(&self, json: &mut String) {
        match self {
            Self::Null => json.push_str("null"),
            Self::Bool(value) => json.push_str(if *value { "true" } else { "false" }),
            Self::Number(text) => json.push_str(text),
            Self::String(text) => write_json_string(text, json),
            Self::List(values) => {
                json.push('[');
                for (index, value) in values.iter().enumerate() {
                    if index > 0 {
                        json.push(',');
                    }
                    value.write_json(json);
                }
                json.push(']');
            }
            Self::Map(entries) => {
                json.push('{');
                for (index, (key, value)) in entries.iter().enumerate() {
                    if index > 0 {
                        json.push(',');
                    }
                    write_json_string(key, json);
                    json.push(':');
                    value.write_json(json);
                }
                json.push('}');
            }
        }
    }
}

/// Appends `text` as a JSON string in the manner of Go's `encoding/json`: HTML-significant characters and the two
/// Unicode line separators are escaped.
pub fn write_json_string(text: &str, json: &mut String) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\u{8}' => json.push_str("\\b"),
            '\u{c}' => json.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                let _ = write!(json, "\\u{:04x}", c as u32);
            }
            c => json.push(c),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_values_follow_the_coercion_table() {
        let map = ClaimValue::Map([("k".to_owned(), ClaimValue::String("<a&b>".to_owned()))].into());
        for (value, text) in [
            (ClaimValue::Null, ""),
            (ClaimValue::Bool(true), "true"),
            (ClaimValue::Number("1.50".into()), "1.50"),
            (ClaimValue::String("x".into()), "x"),
            (ClaimValue::List(vec![ClaimValue::Null, ClaimValue::Number("2".into())]), "[null,2]"),
            (map, r#"{"k":"\u003ca\u0026b\u003e"}"#),
            (
                ClaimValue::List(vec![ClaimValue::Bool(true), ClaimValue::String("\"\\\n\r\t\u{8}\u{c}\0".into())]),
                r#"[true,"\"\\\n\r\t\b\f\u0000"]"#,
            ),
        ] {
            assert_eq!(value.to_text(), text);
        }
    }

    #[test]
    fn a_list_becomes_one_text_per_element() {
        let list = ClaimValue::List(vec![ClaimValue::String("a".into()), ClaimValue::Null]);
        assert_eq!(list.to_texts(), ["a", ""]);
        assert_eq!(ClaimValue::Number("42".into()).to_texts(), ["42"]);
    }
}
