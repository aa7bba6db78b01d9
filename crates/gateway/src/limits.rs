//! What our own endpoints take of a request at most, and what is remembered of sessions (invariant I-05).

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

/// Highest cost of a bcrypt hash. Each step doubles the time, and 16 takes seconds already; Apache's own default is 5.
///
/// Seen by `every_line_that_cannot_be_used_is_named`.
pub(crate) const MAX_COST: u32 = 16;

/// Most passwords that wait for each that is being looked at: some seconds' work at the usual costs. Whoever brings one more
/// is asked to come back later.
///
/// Seen by `more_than_fit_are_turned_away_and_the_event_loop_goes_on`.
pub(crate) const MAX_WAITING: usize = 32;

/// Most passwords that count as right without another look.
///
/// Seen by `a_right_password_is_remembered_for_a_minute_and_so_are_no_more_than_fit`.
pub(crate) const MAX_REMEMBERED: usize = 1024;

/// How long a password that was right does so. A changed file counts at once all the same.
///
/// Seen by `a_right_password_is_remembered_for_a_minute_and_so_are_no_more_than_fit`.
pub(crate) const REMEMBERED: Duration = Duration::from_mins(1);

/// Longest address that the body of a redirect says once more, as a link; of a longer one the header alone is sent.
///
/// Seen by `a_redirect_has_a_link_unless_its_address_is_very_long`.
pub(crate) const MAX_LINK: usize = 16 * 1024;

/// Most sessions whose old results, of a refresh or of a question to the provider, are remembered for the next one: each cookie
/// that a session ever had would be remembered apart. Of more, only the results that still count are kept.
///
/// Seen by `what_is_remembered_is_bounded`.
pub(crate) const MOST_REMEMBERED: usize = 4096;

/// How long an answer may be under way that must not bring a session back which ended meanwhile.
///
/// Seen by `a_session_that_ended_is_known_for_a_while_and_no_other_is`.
pub(crate) const KNOWN_TO_HAVE_ENDED: Duration = Duration::from_mins(10);

/// Most sessions that are known to have ended; of more, those that ended last count no more.
///
/// Seen by `what_is_known_is_bounded`.
pub(crate) const MOST_KNOWN_TO_HAVE_ENDED: usize = 4096;

/// For so long a provider that gives no answer is taken to say yes to whom it last said yes: an outage of an hour locks
/// nobody out who was in, and nobody stays in for longer.
///
/// Seen by `an_outage_locks_nobody_out_for_an_hour_and_nobody_in_for_longer`.
pub(crate) const STANDING_GRACE: Duration = Duration::from_hours(1);
