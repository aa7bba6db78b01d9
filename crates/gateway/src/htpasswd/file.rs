//! The file itself: CSV with colons, by the rules of Go's `encoding/csv`, which v7 reads it with.

use std::collections::HashMap;

use super::hash::{Hash, NoHash};

/// A line of a file of users that cannot be used. Never quotes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {flaw}")]
pub struct BadLine {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub flaw: Flaw,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Not exactly a name and a hash with a colon between.
    #[error("is not a user and a hash with one colon between them")]
    Fields,
    /// Quotes that are no CSV.
    #[error("has a quote in an odd place")]
    Quotes,
    /// A hash of another kind than bcrypt and SHA, or a plain password (D28).
    #[error("has a hash of a kind that is not supported: write a bcrypt hash, as `htpasswd -B` makes it")]
    Kind,
    /// A hash that no password can have.
    #[error("has a hash that is malformed")]
    Malformed,
    /// A bcrypt hash whose cost is below 4 or above 16.
    #[error("has a bcrypt hash with a cost outside 4 to 16")]
    Cost,
    /// There are no lines with users.
    #[error("the file has no user")]
    Empty,
}

impl From<NoHash> for Flaw {
    fn from(no_hash: NoHash) -> Self {
        match no_hash {
            NoHash::Kind => Self::Kind,
            NoHash::Malformed => Self::Malformed,
            NoHash::Cost => Self::Cost,
        }
    }
}

/// The users of a file, or every line that cannot be used.
pub(super) fn read(content: &str) -> Result<HashMap<String, Hash>, Vec<BadLine>> {
    let mut lines = Lines { rest: content, next: 1 };
    let (mut hashes, mut bad) = (HashMap::new(), Vec::new());
    while let Some((line, record)) = record(&mut lines) {
        let user = record.and_then(|fields| match <[String; 2]>::try_from(fields) {
            Ok([user, hash]) => Ok((user, Hash::parse(&hash)?)),
            Err(_) => Err(Flaw::Fields),
        });
        match user {
            Ok((user, hash)) => drop(hashes.insert(user, hash)),
            Err(flaw) => bad.push(BadLine { line, flaw }),
        }
    }
    if hashes.is_empty() && bad.is_empty() {
        bad.push(BadLine { line: lines.next.saturating_sub(1).max(1), flaw: Flaw::Empty });
    }
    if bad.is_empty() { Ok(hashes) } else { Err(bad) }
}

/// The lines that are left, without their ends; a line ends with LF or CR LF.
struct Lines<'a> {
    rest: &'a str,
    next: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.rest = rest;
        self.next += 1;
        Some(line.strip_suffix('\r').unwrap_or(line))
    }
}

/// The fields of the next record, with the number of its first line. Empty lines and comments are passed over.
fn record(lines: &mut Lines<'_>) -> Option<(usize, Result<Vec<String>, Flaw>)> {
    loop {
        let number = lines.next;
        let line = lines.next()?;
        if !line.is_empty() && !line.starts_with('#') {
            return Some((number, fields(line, lines)));
        }
    }
}

fn fields<'a>(line: &'a str, lines: &mut Lines<'a>) -> Result<Vec<String>, Flaw> {
    let (mut fields, mut rest) = (Vec::new(), line);
    loop {
        // A quoted field may go on in the next line.
        let trimmed = rest.trim_start();
        let (field, after) = if let Some(quoted) = trimmed.strip_prefix('"') {
            quoted_field(quoted, lines)?
        } else {
            bare_field(trimmed)?
        };
        fields.push(field);
        match after.strip_prefix(':') {
            Some(next) => rest = next,
            None => return Ok(fields),
        }
    }
}

/// What stands before the next colon or the end of the line.
fn bare_field(rest: &str) -> Result<(String, &str), Flaw> {
    let (field, after) = rest.split_at(rest.find(':').unwrap_or(rest.len()));
    if field.contains('"') { Err(Flaw::Quotes) } else { Ok((field.to_owned(), after)) }
}

/// What stands between the quotes, and what follows the closing one: nothing or a colon.
fn quoted_field<'a>(mut rest: &'a str, lines: &mut Lines<'a>) -> Result<(String, &'a str), Flaw> {
    let mut field = String::new();
    loop {
        let Some((before, after)) = rest.split_once('"') else {
            field.push_str(rest);
            field.push('\n');
            rest = lines.next().ok_or(Flaw::Quotes)?;
            continue;
        };
        field.push_str(before);
        match after.strip_prefix('"') {
            Some(after) => {
                field.push('"');
                rest = after;
            }
            None if after.is_empty() || after.starts_with(':') => return Ok((field, after)),
            None => return Err(Flaw::Quotes),
        }
    }
}
