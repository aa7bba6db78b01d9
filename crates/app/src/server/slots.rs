//! How many connections there may be at a time.
//!
//! Each costs a descriptor, and one more while the app is asked on its behalf. Were they to run out, no connection could
//! be accepted, no app reached and no file read, so there are fewer slots than descriptors. When few are left,
//! connections without a request in flight lose theirs soon (`phase`); when none is left, the rest waits to be accepted.

use std::sync::Arc;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::{MAX_CONNECTIONS, RESERVED_FILES};

/// The slots of the process. Clones share them.
#[derive(Clone)]
pub(crate) struct Slots {
    free: Arc<Semaphore>,
    most: usize,
}

/// A connection's slot, which is free again when this goes.
pub(super) struct Slot {
    slots: Slots,
    _permit: OwnedSemaphorePermit,
}

impl Slots {
    /// As many as the process may have open files for. Its soft limit is raised to the hard one before, as Go's runtime
    /// does for the original.
    pub(crate) fn of_this_process() -> Self {
        let limit = getrlimit(Resource::Nofile);
        let raised = Rlimit { current: limit.maximum, ..limit };
        // Where it may not be raised, what there was is what there is.
        let files = if setrlimit(Resource::Nofile, raised).is_ok() { raised.current } else { limit.current };
        Self::new(slots_for(files))
    }

    pub(super) fn new(most: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(most)), most }
    }

    /// A free slot; waits for one.
    #[expect(clippy::expect_used, reason = "nobody closes the semaphore")]
    pub(super) async fn take(&self) -> Slot {
        if self.free.available_permits() == 0 {
            tracing::warn!(connections = self.most, "as many connections are open as there may be; others wait");
        }
        let permit = Arc::clone(&self.free).acquire_owned().await.expect("the semaphore is never closed");
        Slot { slots: self.clone(), _permit: permit }
    }
}

impl Slot {
    /// One of plenty.
    #[cfg(test)]
    pub(super) fn for_tests() -> Self {
        let slots = Slots::new(8);
        let permit = Arc::clone(&slots.free).try_acquire_owned().expect("nobody else has one");
        Self { slots, _permit: permit }
    }

    /// Whether so few are free that nobody should hold one without need.
    pub(super) fn is_scarce(&self) -> bool {
        self.slots.free.available_permits() <= self.slots.most / 8
    }
}

/// How many connections may be open with this limit of open files; `None` is no limit.
fn slots_for(files: Option<u64>) -> usize {
    let files = files.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX);
    (files.saturating_sub(RESERVED_FILES) / 2).clamp(1, MAX_CONNECTIONS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_fewer_slots_than_descriptors() {
        for (files, expected) in
            [(Some(0), 1), (Some(66), 1), (Some(1024), 480), (Some(1 << 20), MAX_CONNECTIONS), (None, MAX_CONNECTIONS)]
        {
            assert_eq!(slots_for(files), expected, "{files:?}");
        }
    }

    #[tokio::test]
    async fn a_slot_is_free_again_when_its_connection_is_gone_and_scarce_before_the_last() {
        let slots = Slots::new(8);
        let mut taken = Vec::new();
        for _ in 0..6 {
            taken.push(slots.take().await);
        }
        assert!(!taken[0].is_scarce());
        taken.push(slots.take().await);
        assert!(taken[0].is_scarce());
        taken.push(slots.take().await);
        let waiting = tokio::time::timeout(std::time::Duration::from_millis(1), slots.take());
        assert!(waiting.await.is_err(), "there is none");
        taken.truncate(6);
        assert!(!taken[0].is_scarce());
        slots.take().await;
    }
}
