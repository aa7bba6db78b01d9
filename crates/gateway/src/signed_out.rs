//! Sessions that ended here a little while ago: an answer that was under way when its visitor signed out must not bring
//! the session back. The cookie store has nothing that could be looked up for it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use sidecar_core::Session;

use crate::limits::{KNOWN_TO_HAVE_ENDED as KEEP, MOST_KNOWN_TO_HAVE_ENDED as MOST};

/// Who had the session, and since when: no token is kept, and a session that was opened anew is the same.
type Mark = (Option<String>, Option<String>, Option<SystemTime>);

/// The sessions that ended, and when.
#[derive(Default)]
pub(crate) struct SignedOut(Mutex<HashMap<Mark, SystemTime>>);

impl SignedOut {
    /// Notes that a session ends.
    pub(crate) fn note(&self, session: &Session, now: SystemTime) {
        let mut ended = self.lock();
        if ended.len() >= MOST {
            ended.retain(|_, at| is_recent(*at, now));
        }
        if ended.len() < MOST {
            ended.insert(mark(session), now);
        }
    }

    /// Whether a session ended a little while ago.
    pub(crate) fn holds(&self, session: &Session, now: SystemTime) -> bool {
        self.lock().get(&mark(session)).is_some_and(|at| is_recent(*at, now))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Mark, SystemTime>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn mark(session: &Session) -> Mark {
    (session.user.clone(), session.email.clone(), session.created_at)
}

fn is_recent(at: SystemTime, now: SystemTime) -> bool {
    now.duration_since(at).unwrap_or_default() < KEEP
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn a_session_that_ended_is_known_for_a_while_and_no_other_is() {
        let signed_out = SignedOut::default();
        let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let alice = Session { user: Some("alice".into()), created_at: Some(now), ..Session::default() };
        assert!(!signed_out.holds(&alice, now));
        signed_out.note(&alice, now);
        assert!(signed_out.holds(&alice, now) && signed_out.holds(&alice, now + KEEP - Duration::from_secs(1)));
        assert!(!signed_out.holds(&alice, now + KEEP));
        let again = Session { created_at: Some(now + Duration::from_secs(1)), ..alice.clone() };
        let bob = Session { user: Some("bob".into()), ..alice };
        assert!(!signed_out.holds(&again, now) && !signed_out.holds(&bob, now));
    }

    #[test]
    fn what_is_known_is_bounded() {
        let signed_out = SignedOut::default();
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        for n in 0..10_000 {
            signed_out.note(&Session { created_at: Some(at(n)), ..Session::default() }, at(n / 100));
        }
        assert!(signed_out.lock().len() <= MOST);
        let first = Session { created_at: Some(at(0)), ..Session::default() };
        assert!(signed_out.holds(&first, at(100)), "what came later does not push it out");
        let late = at(100) + KEEP;
        let last = Session { created_at: Some(late), ..Session::default() };
        signed_out.note(&last, late);
        assert!(signed_out.holds(&last, late));
    }
}
