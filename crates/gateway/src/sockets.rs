//! How many WebSockets each session has open.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sidecar_session::SessionId;

use crate::limits::MAX_WEBSOCKETS;

/// The counts of all threads. Clones share them; what a gateway before this one opened is not counted.
#[derive(Clone, Default)]
pub(crate) struct Sockets(Arc<Mutex<HashMap<SessionId, usize>>>);

/// A session's place for one WebSocket, free again when this goes.
pub(crate) struct Place {
    sockets: Sockets,
    of: SessionId,
}

impl Sockets {
    /// A place for one more of a session; `None` if it has as many as it may.
    pub(crate) fn take(&self, of: SessionId) -> Option<Place> {
        let mut counts = self.counts();
        let count = counts.entry(of).or_insert(0);
        if *count == MAX_WEBSOCKETS {
            return None;
        }
        *count += 1;
        drop(counts);
        Some(Place { sockets: self.clone(), of })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<SessionId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = self.sockets.counts().entry(self.of) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}
