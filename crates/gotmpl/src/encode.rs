//! The predefined escapers `html`, `js` and `urlquery`.

use std::fmt::Write;

use crate::print::is_printable;

/// Characters that mean something in HTML, as references.
pub(crate) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\0' => out.push('\u{fffd}'),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            _ => out.push(letter),
        }
    }
    out
}

/// Characters that mean something inside a JavaScript string, as escapes.
pub(crate) fn js(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        let code = u32::from(letter);
        let _ = match letter {
            '\\' | '\'' | '"' => write!(out, "\\{letter}"),
            '<' | '>' | '&' | '=' => write!(out, "\\u{code:04X}"),
            _ if code < 0x20 => write!(out, "\\u{code:04X}"),
            _ if letter.is_ascii() || is_printable(letter) => out.write_char(letter),
            _ => write!(out, "\\u{code:04X}"),
        };
    }
    out
}

/// Everything but letters, digits and `-_.~` in percent escapes, a blank as `+`.
pub(crate) fn url_query(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let _ = match byte {
            b'-' | b'_' | b'.' | b'~' => out.write_char(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.write_char(char::from(byte)),
            b' ' => out.write_char('+'),
            _ => write!(out, "%{byte:02X}"),
        };
    }
    out
}
