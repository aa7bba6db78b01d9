//! What of a request's texts is taken at most (invariant I-05).

/// Longest request id that is taken over from a request; instead of a longer one a new one is made.
///
/// Seen by `an_id_that_could_forge_a_log_line_is_not_taken`.
pub(crate) const MAX_REQUEST_ID: usize = 128;

/// Longest host, its port included: a name has 253 characters at most (RFC 1035 §2.3.4).
///
/// Seen by `lists_user_information_and_junk_are_no_host`.
pub(crate) const MAX_HOST: usize = 260;
