//! What our own endpoints take of a request at most (invariant I-05).

use std::time::Duration;

/// Longest form body that is read; what a `form_post` callback needs many times over. A longer one is answered with 413.
///
/// Seen by `a_form_is_whole_small_and_in_time_or_none`.
pub(crate) const MAX_FORM_BYTES: usize = 64 * 1024;

/// Longest wait for a whole form: whoever trickles one holds nothing of ours for longer.
///
/// Seen by `a_form_is_whole_small_and_in_time_or_none`.
pub(crate) const FORM_TIME: Duration = Duration::from_secs(30);
