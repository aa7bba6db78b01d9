//! What the process takes of connections and of its own log at most (invariant I-05).

use std::time::Duration;

/// Longest from a connected socket to the finished TLS handshake; then the connection is closed.
///
/// Seen by `who_speaks_plain_http_to_the_tls_listener_is_told_and_who_says_nothing_is_cut`.
pub(crate) const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// Longest silence of a client's machine before ours asks whether it is still there (TCP keep-alive), on a plain listener. As
/// with v7, the question is repeated every 15 s, and without any answer the connection ends.
///
/// Seen by `accepted_connections_are_asked_for_signs_of_life`.
pub(crate) const PLAIN_SILENCE: Duration = Duration::from_secs(15);

/// The same on a TLS listener.
///
/// Seen by `accepted_connections_are_asked_for_signs_of_life`.
pub(crate) const TLS_SILENCE: Duration = Duration::from_mins(3);

/// Most header lines of a request; more are answered with 431 (docs/compatibility.md D43).
///
/// Seen by `a_head_beyond_its_limits_is_refused`.
pub(crate) const MAX_HEADER_LINES: usize = 256;

/// Most requests of one HTTP/2 connection at a time.
///
/// Seen by `settings_say_how_many_requests_at_a_time_and_how_large_a_head`.
pub(crate) const MAX_STREAMS: u32 = 100;

/// Most HTTP/2 frames that ask for nothing (settings, pings, priorities, window updates, frames of unknown kinds, empty ones)
/// which a connection may send at once. It earns more by what it is sent, and by time; beyond, it is closed.
///
/// Seen by `a_flood_of_pings_ends_and_one_beside_a_download_does_not`.
pub(crate) const MAX_IDLE_FRAMES: u64 = 1000;

/// How many more of them for each second that the connection lives.
///
/// Seen by `more_frames_for_nothing_may_come_for_each_second_of_a_connection`.
pub(crate) const IDLE_FRAMES_A_SECOND: u64 = 2;

/// For how many bytes that it is sent a connection may send one of them more: whoever downloads moves its windows and
/// measures the way, while an answer to `PING` has 17 bytes and earns nothing.
///
/// Seen by `a_flood_of_pings_ends_and_one_beside_a_download_does_not`.
pub(crate) const BYTES_FOR_AN_IDLE_FRAME: u64 = 64;

/// Most requests that an HTTP/2 connection may call off at once (CVE-2023-44487); beyond, it is closed.
///
/// Seen by `requests_that_are_called_off_one_after_the_other_end_the_connection`.
pub(crate) const MAX_RESETS: u64 = 200;

/// How many more of them for each second that the connection lives.
///
/// Seen by `more_frames_for_nothing_may_come_for_each_second_of_a_connection`.
pub(crate) const RESETS_A_SECOND: u64 = 20;

/// Longest from a request head's first byte to its last; then the connection is closed.
///
/// Seen by `a_head_that_does_not_end_is_not_waited_for`.
pub(crate) const HEAD_TIME: Duration = Duration::from_mins(1);

/// Longest rest of a connection between two requests; then it is closed. Envoy's default is an hour, and whoever is in
/// front should be the one that closes.
///
/// Seen by `a_connection_may_rest_for_longer_than_a_head_may_take`.
pub(crate) const REST_TIME: Duration = Duration::from_mins(65);

/// The same two when few connections more may be opened.
///
/// Seen by `idle_connections_make_room_when_they_are_too_many`.
pub(crate) const SCARCE_TIME: Duration = Duration::from_secs(5);

/// Longest that a client may take not a single byte of what is there for it; then the connection is closed. One for
/// which there is nothing, a silent WebSocket or a stream between two events, is not meant. Of an HTTP/2 connection that
/// goes on, the one request ends whose answer finds no room.
///
/// Seen by `a_client_that_takes_nothing_of_its_answer_is_not_waited_for`.
pub(crate) const STALL_TIME: Duration = Duration::from_mins(10);

/// Most connections at a time, WebSockets included; others wait to be accepted. Fewer where the limit of open files
/// (`RLIMIT_NOFILE`, whose soft value is raised to the hard one) has no room for two descriptors for each.
///
/// Seen by `there_are_fewer_slots_than_descriptors`.
pub(crate) const MAX_CONNECTIONS: usize = 65_536;

/// Descriptors that are kept from connections: for the log, the threads, the provider and what is read.
///
/// Seen by `there_are_fewer_slots_than_descriptors`.
pub(crate) const RESERVED_FILES: usize = 64;

/// Most bytes of the log that wait to be written. Lines beyond are counted and dropped: whoever reads the log has stopped
/// reading, and serving goes before logging.
///
/// Seen by `a_log_that_nobody_reads_costs_bounded_memory_and_says_what_was_dropped`.
pub(crate) const MAX_LOG_BYTES: usize = 1024 * 1024;

/// Most bytes of a foreign text in a line of the log; what is beyond is cut off. Heads of requests are bounded, yet their
/// largest would make lines that no reader of logs takes.
///
/// Seen by `a_text_that_is_too_long_for_a_line_is_cut_between_characters`.
pub(crate) const MAX_LOG_VALUE: usize = 8 * 1024;

/// Most connections at a time of each listener beside the main one, for metrics and for probes of the app. None of them keeps a
/// newcomer out: one that has no request makes room, of whoever has the most.
///
/// Seen by `the_oldest_of_the_peer_with_the_most_seats_makes_room`.
pub(crate) const SEATS: usize = 16;

/// Longest head of a scrape, or of a probe of the app.
///
/// Seen by `the_head_of_a_probe_has_a_limit`.
pub(crate) const MAX_SMALL_HEAD: usize = 16 * 1024;

/// Longest that a probe of the app may take, from its connection to the last byte of the answer. The kubelet gives up after a
/// second unless it is told otherwise.
///
/// Seen by `a_probe_that_does_not_come_is_not_waited_for`.
pub(crate) const PROBE_TIME: Duration = Duration::from_secs(30);

/// Longest that a connection for metrics may take for a head, or rest before it.
///
/// Seen by `a_scrape_that_does_not_come_is_not_waited_for`.
pub(crate) const SCRAPE_HEAD_TIME: Duration = Duration::from_secs(10);

/// Longest that a connection for metrics lives; Prometheus opens another when it needs one.
///
/// Seen by `no_connection_for_metrics_lives_forever`.
pub(crate) const SCRAPES_TIME: Duration = Duration::from_mins(10);

/// Most bytes of an answer that wait for an HTTP/2 client to take them, per request.
///
/// Seen by `an_answer_that_is_not_taken_is_not_read_from_the_app_either`.
pub(crate) const SEND_BUFFER: usize = 64 * 1024;

/// Longest that an HTTP/2 client which has waited too long may take to hear of it.
///
/// Seen by `an_http2_connection_that_does_not_hear_of_its_end_is_cut`.
pub(crate) const FAREWELL: Duration = Duration::from_secs(5);
