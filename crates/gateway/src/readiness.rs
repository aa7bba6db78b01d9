//! Whether the process takes requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shared by the gateway, which answers the readiness probe by it, and the process, which ends it before it stops.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// No more requests should come: the readiness probe fails from now on, while requests are still served.
    pub fn end(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether requests should come.
    #[must_use]
    pub fn is_serving(&self) -> bool {
        !self.0.load(Ordering::Acquire)
    }
}
