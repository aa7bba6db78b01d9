//! What is read of cookies at most, and written into them (invariant I-05).

/// Longest cookie that is written, name and attributes included; a longer session goes into several. Browsers drop
/// cookies above 4096 bytes; v7 leaves a little room.
///
/// Seen by `a_cookie_of_exactly_the_limit_stays_whole`.
pub(crate) const MAX_COOKIE_LEN: usize = 4000;

/// Longest name of a piece.
///
/// Seen by `names_of_pieces_have_at_most_256_characters`.
pub(crate) const MAX_NAME_LEN: usize = 256;

/// Most pieces of a session that are joined: what a request head of 64 KiB can carry.
///
/// Seen by `the_number_of_pieces_is_bounded`.
pub(crate) const MAX_PIECES: usize = 16;

/// Most session cookies of one name that are tried (docs/compatibility.md D50).
///
/// Seen by `of_several_cookies_the_first_that_verifies_counts_and_at_most_four_are_tried`.
pub(crate) const MAX_SAME_NAME: usize = 4;

/// Most bytes that the record in a session cookie may unfold to; a session of more is none.
///
/// Seen by `a_signed_payload_that_is_no_session_is_malformed`.
pub(crate) const MAX_RECORD_LEN: usize = 256 * 1024;

/// How deep claims in a session may be nested; the JSON they come from is cut off no later.
///
/// Seen by `nesting_beyond_the_limit_is_an_error_and_not_a_crash`.
pub(crate) const MAX_CLAIM_DEPTH: usize = 128;

/// Most logins that a browser has under way at a time (docs/compatibility.md D13); the oldest goes.
///
/// Seen by `at_most_eight_logins_are_kept_and_the_oldest_goes`.
pub(crate) const MAX_LOGINS: usize = 8;

/// Most login cookies of one name that are tried.
///
/// Seen by `of_many_login_cookies_of_one_name_the_first_eight_are_tried`.
pub(crate) const MAX_TRIED: usize = 8;

/// Longest target that a login cookie keeps; a longer one is in the `state` alone. Eight cookies must not fill a head.
///
/// Seen by `a_very_long_target_is_left_to_the_state_parameter`.
pub(crate) const MAX_RETURN_TO: usize = 512;

/// Most cookies that one answer deletes, each name once: those of a session and of eight logins, and as many again. A request
/// can name thousands, and each line that deletes one is many times as long.
///
/// Seen by `an_answer_deletes_each_name_once_and_no_more_than_thirty_two`.
pub(crate) const MAX_DELETED: usize = 32;
