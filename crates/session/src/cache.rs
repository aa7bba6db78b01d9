//! Sessions that were opened before, so that a browser's next request costs a look-up.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use sidecar_core::Session;

use crate::chunk::Value;
use crate::settings::CacheLimits;
use crate::sign;
use crate::store::{OpenedSession, SessionId};

/// Bytes at the end of a value that are hashed: the signature, which differs in every valid cookie.
const HASHED_TAIL: usize = 64;

/// What an entry takes besides the texts.
const ENTRY_OVERHEAD: usize = 512;

/// Remembers opened sessions by the whole value of their cookie.
///
/// Only values whose signature was verified get in, and a hit needs every byte of the value: the hash merely finds the
/// place, and it is keyed, so nobody outside can aim at one. Two generations stand in for a list of what was used last:
/// when the young one is full it becomes the old one, and what is asked for there moves back.
pub(crate) struct SessionCache {
    limits: CacheLimits,
    hasher: RandomState,
    generations: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    young: HashMap<u64, Entry>,
    young_bytes: usize,
    old: HashMap<u64, Entry>,
}

struct Entry {
    /// The sealed value as visitors send it. Not wiped: it passes through buffers that nobody wipes with every request.
    value: Box<str>,
    timestamp: i64,
    session: Arc<Session>,
    id: SessionId,
}

impl SessionCache {
    pub(crate) fn new(limits: CacheLimits) -> Self {
        Self { limits, hasher: RandomState::new(), generations: Mutex::default() }
    }

    /// The session that `value` opened to before, if its time still is within `lifetime`.
    pub(crate) fn get(&self, value: &Value<'_>, lifetime: Option<Duration>, now: SystemTime) -> Option<OpenedSession> {
        let place = self.place(value);
        let mut generations = self.lock();
        if let Some(entry) = generations.young.get(&place) {
            return entry.answer(value, lifetime, now);
        }
        let answer = generations.old.get(&place)?.answer(value, lifetime, now)?;
        let entry = generations.old.remove(&place)?;
        let retired = generations.insert(place, entry, self.limits);
        drop(generations);
        drop(retired);
        Some(answer)
    }

    /// Remembers what a verified value opened to.
    pub(crate) fn insert(&self, value: &Value<'_>, text: String, timestamp: i64, opened: &OpenedSession) {
        let entry =
            Entry { value: text.into_boxed_str(), timestamp, session: Arc::clone(&opened.session), id: opened.id };
        if self.limits.entries == 0 || entry.cost() > self.limits.bytes / 2 {
            return;
        }
        let place = self.place(value);
        let retired = self.lock().insert(place, entry, self.limits);
        // A generation is freed only after the lock is.
        drop(retired);
    }

    /// Forgets what `value` opened to.
    pub(crate) fn forget(&self, value: &Value<'_>) {
        let place = self.place(value);
        let mut generations = self.lock();
        if let Some(entry) = generations.young.remove(&place) {
            generations.young_bytes = generations.young_bytes.saturating_sub(entry.cost());
        }
        generations.old.remove(&place);
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        // Nothing in here panics half-way through a change.
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a value belongs; the same however it was cut in pieces.
    fn place(&self, value: &Value<'_>) -> u64 {
        self.hasher.hash_one((value.len(), tail(value.parts())))
    }
}

/// The last bytes of the parts one after the other, in front of them zeroes where there are not as many.
fn tail(parts: &[&str]) -> [u8; HASHED_TAIL] {
    if let Some(tail) = parts.last().and_then(|last| last.as_bytes().last_chunk()) {
        return *tail;
    }
    let mut tail = [0; HASHED_TAIL];
    let backwards = parts.iter().rev().flat_map(|part| part.bytes().rev());
    for (place, byte) in tail.iter_mut().rev().zip(backwards) {
        *place = byte;
    }
    tail
}

impl Generations {
    /// Inserts into the young generation; gives back the old one when it had to make way.
    fn insert(&mut self, place: u64, entry: Entry, limits: CacheLimits) -> HashMap<u64, Entry> {
        let cost = entry.cost();
        let full = self.young.len() >= limits.entries.div_ceil(2) || self.young_bytes + cost > limits.bytes / 2;
        let retired = if full {
            self.young_bytes = 0;
            let young = std::mem::take(&mut self.young);
            std::mem::replace(&mut self.old, young)
        } else {
            HashMap::new()
        };
        self.young_bytes += cost;
        if let Some(replaced) = self.young.insert(place, entry) {
            self.young_bytes = self.young_bytes.saturating_sub(replaced.cost());
        }
        retired
    }
}

impl Entry {
    fn answer(&self, value: &Value<'_>, lifetime: Option<Duration>, now: SystemTime) -> Option<OpenedSession> {
        let is_valid = value.is(&self.value) && sign::is_within(self.timestamp, lifetime, now);
        is_valid.then(|| OpenedSession { session: Arc::clone(&self.session), id: self.id })
    }

    /// The value, and about as much again for the session in it.
    fn cost(&self) -> usize {
        2 * self.value.len() + ENTRY_OVERHEAD
    }
}

#[cfg(test)]
#[path = "cache_tests.rs"]
mod tests;
