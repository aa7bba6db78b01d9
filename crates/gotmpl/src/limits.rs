//! What a template may do at most (invariant I-05).

/// How deeply templates, control structures and parentheses may be inside one another. The threads that serve requests
/// have small stacks: deeper ones, and templates that call themselves without end, meet this instead of their end.
///
/// Seen by `deep_nesting_is_refused`.
pub(crate) const MAX_DEPTH: usize = 48;

/// How many nodes and commands one rendering may walk; and how many the check of a set may, over all forms and
/// repetitions.
///
/// Seen by `a_template_that_never_ends_is_stopped`.
pub(crate) const MAX_STEPS: usize = 200_000;

/// How many bytes one rendering may write, or put together in one value.
///
/// Seen by `a_template_that_never_ends_is_stopped`.
pub(crate) const MAX_OUTPUT: usize = 8 << 20;

/// How many bytes of values one rendering may copy and make.
///
/// Seen by `a_template_that_never_ends_is_stopped`.
pub(crate) const MAX_WORK: usize = 64 << 20;
