//! What is taken of a request that is forwarded at most (invariant I-05). A body without a signature is passed on as it
//! comes, however long it is.

use std::time::Duration;

/// Longest body that is signed (`signature-key`; docs/compatibility.md D49): it is held in memory until all of it is there. A longer
/// one is answered with 413.
///
/// Seen by `a_body_above_ten_mebibytes_is_refused_before_the_app_sees_any_of_it`.
pub(crate) const MAX_SIGNED_BODY: usize = 10 << 20;

/// Longest that a visitor may send not a byte of a body whose length it has said; then the request ends. A body without
/// one, as a stream of gRPC, may be silent. How long an upload takes in all is nobody's business.
///
/// Seen by `a_body_that_stops_on_its_way_is_not_waited_for_and_a_slow_or_silent_stream_is`.
pub(crate) const UPLOAD_STALL: Duration = Duration::from_mins(10);
