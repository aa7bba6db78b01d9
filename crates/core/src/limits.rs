//! What of a request's texts is taken at most (invariant I-05).

/// Longest request id that is taken over from a request; instead of a longer one a new one is made.
///
/// Seen by `an_id_that_could_forge_a_log_line_is_not_taken`.
pub(crate) const MAX_REQUEST_ID: usize = 128;

/// Longest host, its port included: a name has 253 characters at most (RFC 1035 §2.3.4).
///
/// Seen by `lists_user_information_and_junk_are_no_host`.
pub(crate) const MAX_HOST: usize = 260;

/// Longest target after a login. Pages and redirects say it several times, escaped; and no longer one comes through the
/// `state` of a login, since servers take no longer addresses. Whoever brings one lands on `/`.
///
/// Seen by `a_target_is_as_long_as_an_address_may_be_and_no_longer`.
pub(crate) const MAX_TARGET: usize = 8 * 1024;
