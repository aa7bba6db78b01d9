//! Bracketed classes: members and ranges, no set operations.

use super::{PatternError, escape};

/// The names that `[:name:]` may have.
const NAMED: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
];

/// Translates the class at the start of `text`, and says what follows it.
///
/// A `]` right after the opening is a member, a hyphen is one wherever it makes no range, and `[` is always one
/// unless it opens a name: the `regex` crate would see nested classes and set operations in all of that.
pub(super) fn translate(text: &str) -> Result<(String, &str), PatternError> {
    let mut rest = text.strip_prefix('[').ok_or(PatternError::Class)?;
    let mut out = String::from("[");
    if let Some(negated) = rest.strip_prefix('^') {
        out.push('^');
        rest = negated;
    }
    let mut first = true;
    loop {
        match rest.strip_prefix(']') {
            Some(after) if !first => {
                out.push(']');
                return Ok((out, after));
            }
            _ => {}
        }
        first = false;
        if let Some((name, after)) = named(rest)? {
            out.push_str(name);
            rest = after;
            continue;
        }
        if let Some(escaped) = rest.strip_prefix('\\')
            && let Some((members, after)) = escape::class(escaped)?
        {
            nested(&mut out, &members);
            rest = after;
            continue;
        }
        rest = range(&mut out, rest)?;
    }
}

/// The members of an escape within a class. Only a class of its own can be negated.
fn nested(out: &mut String, members: &str) {
    if members.starts_with('^') {
        out.extend(["[", members, "]"]);
    } else {
        out.push_str(members);
    }
}

/// `[:name:]` or `[:^name:]` at the start of `text`.
fn named(text: &str) -> Result<Option<(&str, &str)>, PatternError> {
    let Some(inner) = text.strip_prefix("[:") else { return Ok(None) };
    let Some((name, after)) = inner.split_once(":]") else { return Ok(None) };
    if NAMED.contains(&name.strip_prefix('^').unwrap_or(name)) {
        Ok(text.strip_suffix(after).map(|class| (class, after)))
    } else {
        Err(PatternError::Class)
    }
}

/// One character or a range of them; says what follows.
fn range<'a>(out: &mut String, text: &'a str) -> Result<&'a str, PatternError> {
    let (low, rest) = member(text)?;
    escape::push(out, low);
    match rest.strip_prefix('-') {
        Some(after) if !after.is_empty() && !after.starts_with(']') => {
            let (high, after) = member(after)?;
            if high < low {
                return Err(PatternError::Class);
            }
            out.push('-');
            escape::push(out, high);
            Ok(after)
        }
        _ => Ok(rest),
    }
}

/// One character, escaped or not.
fn member(text: &str) -> Result<(char, &str), PatternError> {
    if let Some(escaped) = text.strip_prefix('\\') {
        return escape::character(escaped);
    }
    escape::first(text).ok_or(PatternError::Class)
}
