//! What others may answer at most, before there is a connection and over one of HTTP/2 (invariant I-05).

/// Longest answer of a proxy to `CONNECT`, which has no business to be longer.
///
/// Seen by `a_proxy_whose_answer_has_no_end_is_not_read_to_it`.
pub(crate) const MAX_PROXY_ANSWER: usize = 16 * 1024;

/// Most requests over one connection of HTTP/2 at a time. Servers allow 100 and more (RFC 9113 §6.5.2 recommends no less); the
/// next one has another connection, so that long answers, such as streams of events, do not keep others waiting.
///
/// Seen by `one_connection_of_http2_carries_a_hundred_requests_and_the_next_has_another`.
pub(crate) const MAX_STREAMS: usize = 100;

/// Largest head of an answer over HTTP/2; hyper's own limit would be 16 KiB.
///
/// Seen by `an_answer_of_http2_has_a_head_of_bounded_size`.
pub(crate) const MAX_HEAD: u32 = 256 * 1024;
