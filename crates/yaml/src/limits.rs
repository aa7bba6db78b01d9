//! What a document may hold at most (invariant I-05).

/// More nodes than any configuration has; aliases count with what they stand for.
///
/// Seen by `aliases_that_multiply_are_refused`.
pub const MAX_NODES: usize = 100_000;

/// Deeper than any configuration is.
///
/// Seen by `what_is_nested_too_deeply_is_refused`.
pub const MAX_DEPTH: usize = 64;
