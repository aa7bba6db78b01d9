//! The identity headers of a session, made at its first request and copied at the others.
//!
//! A page asks for dozens of things with one session. Writing out its claims anew each time costs as much as everything
//! else that is done to a request's head.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use http::HeaderValue;
use sidecar_core::Session;

use crate::Injector;

/// Sessions that one worker remembers. A power of two.
const SLOTS: usize = 64;

/// The values of all identity headers, in the order of the injector's settings; `None` where a session has none.
#[derive(Debug, Default)]
pub(crate) struct Identity {
    pub(crate) request: Vec<Option<HeaderValue>>,
    pub(crate) response: Vec<Option<HeaderValue>>,
    pub(crate) gap_auth: Option<HeaderValue>,
}

/// The identities of the sessions seen last. One session per slot: the newer takes the place of the older.
pub(crate) struct Identities {
    nobody: Arc<Identity>,
    // Only its own worker asks; the lock is never waited for.
    slots: Mutex<Vec<Option<Remembered>>>,
}

struct Remembered {
    /// Keeps the address taken, so that no other session can be mistaken for this one, but not the session.
    session: Weak<Session>,
    identity: Arc<Identity>,
}

impl Identities {
    pub(crate) fn new(injector: &Injector) -> Self {
        let slots = (0..SLOTS).map(|_| None).collect();
        Self { nobody: Arc::new(injector.identity(None)), slots: Mutex::new(slots) }
    }

    /// What `injector` writes for this session.
    pub(crate) fn of(&self, session: Option<&Arc<Session>>, injector: &Injector) -> Arc<Identity> {
        let Some(session) = session else { return Arc::clone(&self.nobody) };
        let address = Arc::as_ptr(session);
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        // Allocations of this size differ above these bits.
        let slot = slots.get_mut((address.addr() >> 7) % SLOTS);
        if let Some(Some(known)) = &slot
            && known.session.as_ptr() == address
        {
            return Arc::clone(&known.identity);
        }
        let identity = Arc::new(injector.identity(Some(session)));
        if let Some(slot) = slot {
            *slot = Some(Remembered { session: Arc::downgrade(session), identity: Arc::clone(&identity) });
        }
        identity
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;
    use crate::{Claim, ClientValue, Form, InjectedHeader, Injection, Source};

    fn injector() -> Injector {
        let values = vec![Source::Claim { claim: Claim::Email, form: Form::Plain }];
        let name = HeaderName::from_static("x-email");
        let header = InjectedHeader { name, values, client_value: ClientValue::Remove };
        Injector::new(&Injection { request: vec![header], response: vec![] }).unwrap()
    }

    fn session(email: &str) -> Arc<Session> {
        Arc::new(Session { email: Some(email.to_owned()), ..Session::default() })
    }

    #[test]
    fn a_session_is_written_out_once_and_never_mistaken_for_another() {
        let injector = injector();
        let people: Vec<_> = (0..500).map(|n| session(&format!("p{n}@example.com"))).collect();
        let identities = Identities::new(&injector);
        for person in people.iter().chain(people.iter().rev()) {
            let identity = identities.of(Some(person), &injector);
            let written = identity.request[0].as_ref().unwrap().to_str().unwrap();
            assert_eq!(Some(written), person.email.as_deref());
            assert!(Arc::ptr_eq(&identity, &identities.of(Some(person), &injector)));
        }
        assert!(identities.of(None, &injector).request[0].is_none());
    }

    #[test]
    fn a_session_at_the_address_of_one_that_is_gone_is_another() {
        let injector = injector();
        let identities = Identities::new(&injector);
        for n in 0..500 {
            let passing = session(&format!("p{n}@example.com"));
            let identity = identities.of(Some(&passing), &injector);
            assert_eq!(identity.request[0].as_ref().unwrap().to_str().ok(), passing.email.as_deref());
        }
    }
}
