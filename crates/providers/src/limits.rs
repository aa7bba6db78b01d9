//! What the calls of a provider's own API may take at most (invariant I-05). Those of all providers are in `oidc`.

use std::time::Duration;

/// Longest that all pages of a list may take together. A visitor waits for them.
///
/// Seen by `pages_that_come_slowly_are_not_waited_for_one_by_one`.
pub(crate) const PAGES_TIME: Duration = Duration::from_secs(30);

/// Most pages of a list of GitHub's that are read; a longer list ends the login.
///
/// Seen by `pages_without_end_come_to_one`.
pub(crate) const MAX_GITHUB_PAGES: usize = 100;

/// Most pages of groups that are read from Microsoft Graph, with a hundred groups on each: no session holds as many. A longer
/// list ends the login.
///
/// Seen by `pages_without_end_end_the_login`.
pub(crate) const MAX_GRAPH_PAGES: usize = 50;

/// Most organizations or teams of a person; a longer list ends the login.
///
/// Seen by `a_list_without_end_is_cut_off`.
pub(crate) const MAX_MEMBERSHIPS: usize = 10_000;
