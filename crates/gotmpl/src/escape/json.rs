//! Values in scripts: as expressions in JSON, or inside strings.

use std::fmt::Write;

use crate::print::float;
use crate::value::Value;

/// An expression. One that is no string, list or record gets blanks around it, so that it joins no word beside it.
pub(super) fn value(value: &Value) -> String {
    let mut out = String::new();
    push(value, &mut out);
    match value {
        Value::Nil | Value::Bool(_) | Value::Int(_) | Value::Float(_) => format!(" {out} "),
        Value::Text(_) | Value::Html(_) | Value::List(_) | Value::Record(_) => out,
    }
}

fn push(value: &Value, out: &mut String) {
    match value {
        Value::Nil => out.push_str("null"),
        Value::Bool(_) | Value::Int(_) => {
            let _ = write!(out, "{value}");
        }
        Value::Float(number) => out.push_str(&number_text(*number)),
        Value::Text(text) | Value::Html(text) => push_quoted(text, out),
        Value::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                push(item, out);
            }
            out.push(']');
        }
        Value::Record(record) => {
            out.push('{');
            for (at, (name, field)) in record.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                push_quoted(name, out);
                out.push(':');
                push(field, out);
            }
            out.push('}');
        }
    }
}

/// As JavaScript itself writes numbers.
fn number_text(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        return float(number, 0).replace("e-0", "e-");
    }
    number.to_string()
}

fn push_quoted(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        let code = u32::from(letter);
        let _ = match letter {
            '"' | '\\' => write!(out, "\\{letter}"),
            '\u{8}' => out.write_str("\\b"),
            '\u{c}' => out.write_str("\\f"),
            '\n' => out.write_str("\\n"),
            '\r' => out.write_str("\\r"),
            '\t' => out.write_str("\\t"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => write!(out, "\\u{code:04x}"),
            _ => out.write_char(letter),
        };
    }
    out.push('"');
}

/// Inside a string.
pub(super) fn string(text: &str) -> String {
    escape(text, |letter| if letter == '`' { Some("\\u0060") } else { None })
}

/// Inside a template literal, in which `${` would begin an expression.
pub(super) fn template(text: &str) -> String {
    escape(text, |letter| match letter {
        '`' => Some("\\u0060"),
        '$' => Some("\\u0024"),
        '{' => Some("\\u007b"),
        '}' => Some("\\u007d"),
        _ => None,
    })
}

/// Inside a regular expression, where it means itself. `//` would be a comment.
pub(super) fn regexp(text: &str) -> String {
    if text.is_empty() {
        return "(?:)".to_owned();
    }
    escape(text, |letter| {
        Some(match letter {
            '$' => "\\$",
            '(' => "\\(",
            ')' => "\\)",
            '*' => "\\*",
            '-' => "\\-",
            '.' => "\\.",
            '?' => "\\?",
            '[' => "\\[",
            ']' => "\\]",
            '^' => "\\^",
            '{' => "\\{",
            '|' => "\\|",
            '}' => "\\}",
            _ => return None,
        })
    })
}

/// Escapes what ends a string or a script, and what `more` says.
fn escape(text: &str, more: impl Fn(char) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        let code = u32::from(letter);
        let _ = match letter {
            '\\' => out.write_str("\\\\"),
            '/' => out.write_str("\\/"),
            '\t' => out.write_str("\\t"),
            '\n' => out.write_str("\\n"),
            '\u{c}' => out.write_str("\\f"),
            '\r' => out.write_str("\\r"),
            '\0'..='\u{1f}' | '"' | '&' | '\'' | '+' | '<' | '>' | '\u{2028}' | '\u{2029}' => {
                write!(out, "\\u{code:04x}")
            }
            _ => match more(letter) {
                Some(escape) => out.write_str(escape),
                None => out.write_char(letter),
            },
        };
    }
    out
}
