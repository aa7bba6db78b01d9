//! How values look when they are printed, as Go's `fmt` prints them.

use std::fmt::{self, Display, Formatter, Write};

use crate::value::Value;

impl Display for Value {
    /// As `%v`.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("<nil>"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => f.write_str(&float(*value, 6)),
            Self::Text(text) | Self::Html(text) => f.write_str(text),
            Self::List(items) => all(f, "[", items.iter(), "]"),
            Self::Record(record) => all(f, "{", record.iter().map(|(_, value)| value), "}"),
        }
    }
}

fn all<'a>(f: &mut Formatter<'_>, open: &str, items: impl Iterator<Item = &'a Value>, close: &str) -> fmt::Result {
    f.write_str(open)?;
    for (at, item) in items.enumerate() {
        if at > 0 {
            f.write_char(' ')?;
        }
        write!(f, "{item}")?;
    }
    f.write_str(close)
}

/// Everything in a row, with a blank between two neighbours of which neither is text; Go's `fmt.Sprint`.
pub(crate) fn print(values: &[Value]) -> String {
    let mut out = String::new();
    let mut after_text = true;
    for value in values {
        let text = value.as_str().is_some();
        if !after_text && !text {
            out.push(' ');
        }
        after_text = text;
        let _ = write!(out, "{value}");
    }
    out
}

/// The shortest digits that mean this number, with an exponent if that is below -4 or not below `threshold`.
pub(crate) fn float(value: f64, threshold: i32) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..threshold).contains(&exponent) {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// Whether Go prints the character as it is rather than by its number.
pub(crate) fn is_printable(letter: char) -> bool {
    if letter.is_ascii() {
        return (' '..='~').contains(&letter);
    }
    // The letter before keeps a combining mark from being escaped for standing first.
    ['a', letter].iter().collect::<String>().escape_debug().count() == 2
}

/// The text between such quotes, with Go's escapes.
pub(crate) fn quote(text: &str, quote: char) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for letter in text.chars() {
        let code = u32::from(letter);
        let _ = match letter {
            '\u{7}' => out.write_str("\\a"),
            '\u{8}' => out.write_str("\\b"),
            '\u{c}' => out.write_str("\\f"),
            '\n' => out.write_str("\\n"),
            '\r' => out.write_str("\\r"),
            '\t' => out.write_str("\\t"),
            '\u{b}' => out.write_str("\\v"),
            '\\' => out.write_str("\\\\"),
            same if same == quote => write!(out, "\\{quote}"),
            _ if is_printable(letter) => out.write_char(letter),
            _ if code < 0x80 => write!(out, "\\x{code:02x}"),
            _ if code < 0x1_0000 => write!(out, "\\u{code:04x}"),
            _ => write!(out, "\\U{code:08x}"),
        };
    }
    out.push(quote);
    out
}
