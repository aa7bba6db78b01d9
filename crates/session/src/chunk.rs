//! A session that is too long for one cookie goes into several.

use sidecar_core::cookie::RequestCookies;

use crate::limits::{MAX_COOKIE_LEN, MAX_NAME_LEN, MAX_PIECES, MAX_SAME_NAME};
use crate::names::{CookieNames, Kind};
use crate::sign::SIGNATURE_LEN;

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

    /// The parts up to the first, but for the very first, that ends as an envelope does, in a third part of a signature's
    /// length. What stands behind is left over of a longer session.
    fn without_left_overs(mut self) -> Self {
        let (mut bars, mut tail) = (0, 0);
        let ends_here = |part: &&str| {
            bars += part.bytes().filter(|byte| *byte == b'|').count();
            tail = part.rfind('|').map_or(tail + part.len(), |bar| part.len() - bar - 1);
            bars == 2 && tail == SIGNATURE_LEN
        };
        let end = self.parts().iter().map(ends_here).enumerate().position(|(index, ends)| ends && index > 0);
        self.count = end.map_or(self.count, |last| last + 1);
        self
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

    /// The values of cookies called `NAME`.
    pub(crate) fn whole(&self) -> impl Iterator<Item = Value<'a>> {
        sets(std::slice::from_ref(&self.whole))
    }

    /// The values that pieces make, joined up to the first gap. Of pieces that occur several times, the first of each make
    /// the first value, the second the next, and so on.
    pub(crate) fn joined(&self) -> impl Iterator<Item = Value<'a>> {
        let pieces = self.adjoining();
        sets(if pieces.len() > 1 { pieces } else { &[] }).map(Value::without_left_overs)
    }

    /// Whether of pieces there is the first alone, which is never a session.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.adjoining().len() == 1
    }

    /// The pieces up to the first gap.
    fn adjoining(&self) -> &[[Option<&'a str>; MAX_SAME_NAME]] {
        self.pieces.split(|slots| slots[0].is_none()).next().unwrap_or_default()
    }
}

/// The values that these parts make, as often as the commonest occurs.
fn sets<'a>(parts: &[[Option<&'a str>; MAX_SAME_NAME]]) -> impl Iterator<Item = Value<'a>> {
    let count = parts.iter().map(|slots| slots.iter().flatten().count()).max().unwrap_or(0);
    (0..count).map(|set| nth_set(parts, set))
}

/// The value made of the `set`-th occurrence of each part, or its last where there are fewer.
fn nth_set<'a>(parts: &[[Option<&'a str>; MAX_SAME_NAME]], set: usize) -> Value<'a> {
    let mut value = Value { parts: [""; MAX_PIECES], count: parts.len() };
    for (part, slots) in value.parts.iter_mut().zip(parts) {
        *part = slots.iter().take(set + 1).flatten().last().copied().unwrap_or_default();
    }
    value
}

#[cfg(test)]
#[path = "chunk_tests.rs"]
mod tests;
