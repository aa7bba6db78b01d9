//! What is taken from a provider, and from whoever brings its tokens, at most (invariant I-05).

use std::time::Duration;

/// A longer token is refused before it is looked at: no provider makes one, and no session could hold it.
///
/// Seen by `only_three_parts_of_canonical_base64url_are_a_token`.
pub const MAX_TOKEN_BYTES: usize = 64 * 1024;

/// Most keys of a provider's set that are looked at: no provider has more, and each costs time with a token without
/// `kid`.
///
/// Seen by `keys_beyond_the_sixty_fourth_are_not_looked_at`.
pub(crate) const MAX_KEYS: usize = 64;

/// How deep the JSON of claims may be nested. Each level is read once more than the one around it, so their number
/// bounds the work.
///
/// Seen by `only_one_json_object_is_claims`.
pub(crate) const MAX_LEVELS: usize = 32;

/// Longest answer of a provider that is read, whatever was asked for. Metadata, key sets and token answers of real
/// providers stay below a tenth of it.
///
/// Seen by `a_fault_of_any_call_is_a_typed_error_and_no_session`.
pub(crate) const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Longest that a call to a provider may take, from the first byte of a connection to the last of the answer's body. A
/// visitor waits for most of these calls.
///
/// Seen by `an_answer_of_the_provider_that_never_ends_is_not_waited_for`.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// Most calls to a provider that are under way at a time; others wait, within their own time.
///
/// Seen by `calls_beyond_the_limit_wait_for_one_to_end`.
pub(crate) const MAX_CALLS: usize = 256;

/// Most redirects of a discovery document that are followed (docs/compatibility.md D46). More are a loop.
///
/// Seen by `discovery_follows_three_redirects_and_not_a_fourth`.
pub(crate) const MAX_REDIRECTS: usize = 3;

/// Longest text of a provider's error that is shown or logged; the rest is cut.
///
/// Seen by `the_providers_error_is_told_by_its_name`.
pub(crate) const MAX_ERROR_TEXT: usize = 512;

/// Least time between two fetches of the provider's keys that tokens nobody signed, or failures, cause.
///
/// Seen by `a_storm_of_unknown_keys_causes_one_fetch_per_cool_down`.
pub(crate) const KEYS_COOL_DOWN: Duration = Duration::from_secs(10);

/// Longest that a provider's keys or metadata which cannot be renewed are still used.
///
/// Seen by `the_last_good_copy_serves_for_a_day_whatever_is_said_after_it`.
pub(crate) const MAX_AGE: Duration = Duration::from_hours(24);

/// Longest patience that a provider may ask for (`Retry-After`): it may have meant another client, or be wrong.
///
/// Seen by `what_the_provider_asks_for_is_waited_and_still_spread`.
pub(crate) const LONGEST_ASKED: Duration = Duration::from_mins(5);
