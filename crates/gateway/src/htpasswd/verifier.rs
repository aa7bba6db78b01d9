//! Passwords are looked at on threads of their own, few at a time; and what was right is remembered for a while.
//!
//! bcrypt takes a thread for 50 ms and more. On the threads that serve, each password would hold up every other visitor; so
//! it gets a thread of its own, as many at a time as half of the processors, and a queue of bounded length before them.

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::available_parallelism;
use std::time::Instant;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use sidecar_core::Secret;
use tokio::sync::Semaphore;

use super::Users;
use crate::limits::{MAX_REMEMBERED, MAX_WAITING, REMEMBERED};

/// What came of a look at a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is that of the user.
    Right,
    /// It is not, or there is no such user.
    Wrong,
    /// Too many are being looked at.
    Busy,
}

/// Looks at passwords of the users of one file.
pub(crate) struct Verifier {
    users: Users,
    /// Those that are looked at or wait for it.
    places: Arc<Semaphore>,
    /// Those that are looked at.
    seats: Arc<Semaphore>,
    known: Option<Known>,
}

impl Verifier {
    pub(crate) fn new(users: Users) -> Self {
        let seats = available_parallelism().map_or(1, NonZero::get).div_ceil(2);
        Self::with(users, seats, MAX_WAITING)
    }

    pub(super) fn with(users: Users, seats: usize, waiting: usize) -> Self {
        Self {
            users,
            places: Arc::new(Semaphore::new(seats * (1 + waiting))),
            seats: Arc::new(Semaphore::new(seats)),
            known: Known::new(),
        }
    }

    /// Leaves no place to look at anything.
    #[cfg(test)]
    pub(super) fn close(&self) {
        self.places.close();
    }

    /// The users.
    pub(crate) fn users(&self) -> &Users {
        &self.users
    }

    /// Looks whether the password is that of the user.
    ///
    /// # Cancel safety
    /// May be dropped at any time. A look that has begun goes on and keeps its seat, so that visitors who hang up get no
    /// more of the processors than those who stay.
    pub(crate) async fn verify(&self, user: &str, password: &Secret<Vec<u8>>) -> Verdict {
        let mark = self.known.as_ref().map(|known| known.mark(user, password.expose()));
        if let (Some(known), Some(mark)) = (&self.known, &mark)
            && known.has(mark, Instant::now())
        {
            return Verdict::Right;
        }
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else { return Verdict::Busy };
        let Ok(seat) = Arc::clone(&self.seats).acquire_owned().await else { return Verdict::Busy };
        let (users, name, password) = (self.users.clone(), user.to_owned(), password.clone());
        let look = tokio::task::spawn_blocking(move || {
            let is_right = users.admit(&name, password.expose());
            drop((place, seat));
            is_right
        });
        match look.await {
            Ok(true) => {
                if let (Some(known), Some(mark)) = (&self.known, mark) {
                    known.remember(mark, Instant::now());
                }
                Verdict::Right
            }
            // It panicked, or the process ends.
            Ok(false) | Err(_) => Verdict::Wrong,
        }
    }
}

/// What stands for a user with a password: a MAC over both, under a key that nobody else has and that ends with the process.
type Mark = [u8; 32];

/// Passwords that were right, by mark, and until when. Wrong ones are never here, so it has no more entries than there are
/// right passwords.
struct Known {
    key: hmac::Key,
    until: Mutex<HashMap<Mark, Instant>>,
}

impl Known {
    /// `None` when the system has no random bytes.
    fn new() -> Option<Self> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).ok()?;
        Some(Self { key, until: Mutex::default() })
    }

    /// Name and password together, with the length of the first, so that no other pair has the same mark (invariant I-29).
    fn mark(&self, user: &str, password: &[u8]) -> Mark {
        let mut mac = hmac::Context::with_key(&self.key);
        mac.update(&user.len().to_be_bytes());
        mac.update(user.as_bytes());
        mac.update(password);
        let mut mark = [0; 32];
        mark.copy_from_slice(mac.sign().as_ref());
        mark
    }

    fn has(&self, mark: &Mark, now: Instant) -> bool {
        self.lock().get(mark).is_some_and(|until| now < *until)
    }

    fn remember(&self, mark: Mark, now: Instant) {
        let mut until = self.lock();
        if until.len() >= MAX_REMEMBERED {
            until.retain(|_, until| now < *until);
        }
        if until.len() < MAX_REMEMBERED {
            until.insert(mark, now + REMEMBERED);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Mark, Instant>> {
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
