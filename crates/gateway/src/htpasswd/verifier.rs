//! Passwords are looked at on threads of their own, few at a time.
//!
//! bcrypt takes a thread for 50 ms and more. On the threads that serve, each password would hold up every other visitor; so
//! it gets a thread of its own, as many at a time as half of the processors, and a queue of bounded length before them.

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Instant;

use sidecar_core::Secret;
use tokio::sync::Semaphore;

use super::Users;
use super::known::Known;
use crate::limits::MAX_WAITING;

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
