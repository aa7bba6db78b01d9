//! What others may answer at most before there is a connection (invariant I-05).

/// Longest answer of a proxy to `CONNECT`, which has no business to be longer.
///
/// Seen by `a_proxy_whose_answer_has_no_end_is_not_read_to_it`.
pub(crate) const MAX_PROXY_ANSWER: usize = 16 * 1024;
