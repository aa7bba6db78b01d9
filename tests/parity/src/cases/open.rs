//! Bugs of ours that are known and not mended yet. The list is meant to be empty.

use crate::explain::Open;

/// The bugs.
#[must_use]
pub fn all() -> Vec<Open> {
    Vec::new()
}
