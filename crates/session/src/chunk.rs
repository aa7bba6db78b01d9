//! A session that is too long for one cookie goes into several.

use sidecar_core::cookie::RequestCookies;

use crate::limits::{MAX_COOKIE_LEN, MAX_NAME_LEN, MAX_PIECES, MAX_SAME_NAME};
use crate::names::{CookieNames, Kind};

/// The name of piece `index`, with the end of `name` left out should it get too long.
pub(crate) fn piece_name(name: &str, index: usize) -> String {
    let suffix = format!("_{index}");
    let kept = name.len().min(MAX_NAME_LEN - suffix.len());
    format!("{}{suffix}", name.get(..kept).unwrap_or(name))
}

/// Distributes `value`, which is ASCII, over as many cookies as it takes when each has `attributes_len` bytes of
/// attributes; all but the last are filled to the limit.
pub(crate) fn split<'v>(name: &str, value: &'v str, attributes_len: usize) -> Vec<(String, &'v str)> {
    let room = |name: &str| MAX_COOKIE_LEN.saturating_sub(name.len() + "=".len() + attributes_len);
    if value.len() <= room(name) {
        return vec![(name.to_owned(), value)];
    }
    let mut pieces = Vec::new();
    let mut rest = value;
    while !rest.is_empty() {
        let name = piece_name(name, pieces.len());
        // Attributes that leave no room at all must not stop the loop from ending.
        let length = room(&name).max(1).min(rest.len());
        let (piece, after) = rest.split_at(length);
        pieces.push((name, piece));
        rest = after;
    }
    pieces
}

/// A session cookie's value as it was presented, in one part or several, not copied.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    parts: [&'a str; MAX_PIECES],
    count: usize,
}

impl<'a> Value<'a> {
    #[cfg(test)]
    pub(crate) fn of_parts(values: &[&'a str]) -> Self {
        let mut parts = [""; MAX_PIECES];
        parts[..values.len()].copy_from_slice(values);
        Self { parts, count: values.len() }
    }

    pub(crate) fn parts(&self) -> &[&'a str] {
        self.parts.get(..self.count).unwrap_or(&self.parts)
    }

    pub(crate) fn len(&self) -> usize {
        self.parts().iter().map(|part| part.len()).sum()
    }

    /// Whether the parts one after the other are `text`.
    pub(crate) fn is(&self, text: &str) -> bool {
        let mut rest = text.as_bytes();
        for part in self.parts() {
            match rest.strip_prefix(part.as_bytes()) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        rest.is_empty()
    }

    pub(crate) fn join(&self) -> String {
        self.parts().concat()
    }
}

/// The session cookies of one request.
pub(crate) struct Presented<'a> {
    whole: [Option<&'a str>; MAX_SAME_NAME],
    pieces: [[Option<&'a str>; MAX_SAME_NAME]; MAX_PIECES],
}

/// Why the session cookies of a request make no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoValue {
    /// There is none.
    Absent,
    /// `NAME_0` alone, which is never a whole session.
    LonePiece,
}

impl<'a> Presented<'a> {
    /// Picks the session cookies out of a request, the first few of each name.
    pub(crate) fn collect(names: &CookieNames, cookies: RequestCookies<'a>) -> Self {
        let mut presented = Self { whole: [None; MAX_SAME_NAME], pieces: [[None; MAX_SAME_NAME]; MAX_PIECES] };
        for cookie in cookies.iter() {
            let slots = match names.kind(cookie.name) {
                Some(Kind::Session) => Some(&mut presented.whole),
                Some(Kind::Piece(Some(index))) => presented.pieces.get_mut(index),
                Some(Kind::Piece(None) | Kind::Csrf | Kind::Login) | None => None,
            };
            if let Some(free) = slots.and_then(|slots| slots.iter_mut().find(|slot| slot.is_none())) {
                *free = Some(cookie.value);
            }
        }
        presented
    }

    /// The values to try, in order. A cookie called `NAME` wins; only without one are pieces joined, up to the first gap.
    ///
    /// Of pieces that occur several times, the first of each make the first value, the second the next, and so on.
    pub(crate) fn values(&self) -> Result<impl Iterator<Item = Value<'a>>, NoValue> {
        let pieces = self.pieces.split(|slots| slots[0].is_none()).next().unwrap_or_default();
        let parts = match pieces {
            _ if self.whole[0].is_some() => std::slice::from_ref(&self.whole),
            [] => return Err(NoValue::Absent),
            [_] => return Err(NoValue::LonePiece),
            pieces => pieces,
        };
        let sets = parts.iter().map(|slots| slots.iter().flatten().count()).max().unwrap_or(0);
        Ok((0..sets).map(|set| nth_set(parts, set)))
    }
}

/// The value made of the `set`-th occurrence of each piece, or its last where there are fewer.
fn nth_set<'a>(pieces: &[[Option<&'a str>; MAX_SAME_NAME]], set: usize) -> Value<'a> {
    let mut value = Value { parts: [""; MAX_PIECES], count: pieces.len() };
    for (part, slots) in value.parts.iter_mut().zip(pieces) {
        *part = slots.iter().take(set + 1).flatten().last().copied().unwrap_or_default();
    }
    value
}

#[cfg(test)]
#[path = "chunk_tests.rs"]
mod tests;
