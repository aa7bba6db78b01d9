//! What our own endpoints take of a request at most (invariant I-05).

use std::time::Duration;

/// Most WebSockets that one session cookie has open at a time; another is answered with 429. No browser opens more for a
/// whole profile (Chromium 255, Firefox 200), and one session must not take every connection there may be.
///
/// Seen by `a_session_has_as_many_websockets_as_a_browser_opens_and_others_have_theirs`.
pub(crate) const MAX_WEBSOCKETS: usize = 256;

/// Longest form body that is read; what a `form_post` callback needs many times over. A longer one is answered with 413.
///
/// Seen by `a_form_is_whole_small_and_in_time_or_none`.
pub(crate) const MAX_FORM_BYTES: usize = 64 * 1024;

/// Longest wait for a whole form: whoever trickles one holds nothing of ours for longer.
///
/// Seen by `a_form_is_whole_small_and_in_time_or_none`.
pub(crate) const FORM_TIME: Duration = Duration::from_secs(30);
