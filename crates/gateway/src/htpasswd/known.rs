//! Passwords that were right a moment ago, so that a program which sends its own with every request pays for it once a minute.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;

use crate::limits::{MAX_REMEMBERED, REMEMBERED};

/// What stands for a user with a password: a MAC over both, under a key that nobody else has and that ends with the process.
pub(super) type Mark = [u8; 32];

/// Passwords that were right, by mark, and until when. Wrong ones are never here, so it has no more entries than there are
/// right passwords.
pub(super) struct Known {
    key: hmac::Key,
    until: Mutex<HashMap<Mark, Instant>>,
}

impl Known {
    /// `None` when the system has no random bytes.
    pub(super) fn new() -> Option<Self> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).ok()?;
        Some(Self { key, until: Mutex::default() })
    }

    /// Name and password together, with the length of the first, so that no other pair has the same mark (invariant I-29).
    pub(super) fn mark(&self, user: &str, password: &[u8]) -> Mark {
        let mut mac = hmac::Context::with_key(&self.key);
        mac.update(&user.len().to_be_bytes());
        mac.update(user.as_bytes());
        mac.update(password);
        let mut mark = [0; 32];
        mark.copy_from_slice(mac.sign().as_ref());
        mark
    }

    pub(super) fn has(&self, mark: &Mark, now: Instant) -> bool {
        self.lock().get(mark).is_some_and(|until| now < *until)
    }

    pub(super) fn remember(&self, mark: Mark, now: Instant) {
        let mut until = self.lock();
        if until.len() >= MAX_REMEMBERED {
            until.retain(|_, until| now < *until);
        }
        if until.len() < MAX_REMEMBERED {
            until.insert(mark, now + REMEMBERED);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Mark, Instant>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_password_is_remembered_for_a_minute_and_so_are_no_more_than_fit() {
        let known = Known::new().unwrap();
        let marks: Vec<Mark> = (0..=MAX_REMEMBERED).map(|number| known.mark(&number.to_string(), b"right")).collect();
        let (begun, minute) = (Instant::now(), REMEMBERED);
        for mark in &marks {
            known.remember(*mark, begun);
        }
        let remembered = |now| marks.iter().filter(|mark| known.has(mark, now)).count();
        assert_eq!(remembered(begun), MAX_REMEMBERED);
        assert_eq!(remembered(begun + minute), 0);
        known.remember(marks[MAX_REMEMBERED], begun + minute);
        assert_eq!(remembered(begun + minute), 1, "what is forgotten takes no room");
    }
}
