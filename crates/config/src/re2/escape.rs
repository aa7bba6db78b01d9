//! What a backslash means, inside and outside of a class.

use std::fmt::Write as _;

use super::PatternError;

/// Writes one character so that it means itself, inside and outside of a class.
pub(super) fn push(out: &mut String, c: char) {
    if c.is_ascii_alphanumeric() || (!c.is_ascii() && !c.is_control()) || c == '/' || c == '_' {
        out.push(c);
    } else {
        let _ = write!(out, "\\x{{{:X}}}", u32::from(c));
    }
}

/// The first character, and what follows it.
pub(super) fn first(text: &str) -> Option<(char, &str)> {
    let mut letters = text.chars();
    Some((letters.next()?, letters.as_str()))
}

/// The contents of a bracketed class that an escape stands for, and what follows it. `text` begins after the backslash.
///
/// Go's letters mean ASCII, and its white space lacks the vertical tab.
pub(super) fn class(text: &str) -> Result<Option<(String, &str)>, PatternError> {
    let Some((letter, after)) = first(text) else { return Ok(None) };
    let members = match letter {
        'd' => "0-9",
        'D' => "^0-9",
        'w' => "0-9A-Za-z_",
        'W' => "^0-9A-Za-z_",
        's' => r"\t\n\f\r\x20",
        'S' => r"^\t\n\f\r\x20",
        'p' => return property(after, false).map(Some),
        'P' => return property(after, true).map(Some),
        _ => return Ok(None),
    };
    Ok(Some((members.to_owned(), after)))
}

/// `\pL`, `\p{Greek}`, `\P{Greek}`, `\p{^Greek}`. `text` begins after the letter.
fn property(text: &str, negated: bool) -> Result<(String, &str), PatternError> {
    let (name, after) = match text.strip_prefix('{') {
        Some(braced) => braced.split_once('}').ok_or(PatternError::Class)?,
        None => text.split_at(text.chars().next().ok_or(PatternError::Class)?.len_utf8()),
    };
    let (negated, name) = match name.strip_prefix('^') {
        Some(name) => (!negated, name),
        None => (negated, name),
    };
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err(PatternError::Class);
    }
    Ok((format!("\\{}{{{name}}}", if negated { 'P' } else { 'p' }), after))
}

/// The one character that an escape stands for, and what follows it. `text` begins after the backslash.
pub(super) fn character(text: &str) -> Result<(char, &str), PatternError> {
    let (c, after) = first(text).ok_or(PatternError::TrailingBackslash)?;
    match c {
        '0'..='7' => octal(c, text),
        'x' => hexadecimal(after).ok_or(PatternError::Escape(c)),
        'a' => Ok(('\x07', after)),
        'f' => Ok(('\x0c', after)),
        'n' => Ok(('\n', after)),
        'r' => Ok(('\r', after)),
        't' => Ok(('\t', after)),
        'v' => Ok(('\x0b', after)),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => Ok((c, after)),
        c => Err(PatternError::Escape(c)),
    }
}

/// Up to three octal digits. A single one that is not zero would be a back-reference.
fn octal(first: char, text: &str) -> Result<(char, &str), PatternError> {
    let length = text.bytes().take(3).take_while(|b| (b'0'..=b'7').contains(b)).count();
    if first != '0' && length == 1 {
        return Err(PatternError::Escape(first));
    }
    let (digits, after) = text.split_at(length);
    let value = u32::from_str_radix(digits, 8).ok().and_then(char::from_u32).ok_or(PatternError::Escape(first))?;
    Ok((value, after))
}

/// Two hexadecimal digits, or any number of them in braces.
fn hexadecimal(text: &str) -> Option<(char, &str)> {
    let (digits, after) = match text.strip_prefix('{') {
        Some(braced) => braced.split_once('}')?,
        None => text.split_at_checked(2)?,
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let value = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)?;
    Some((value, after))
}
