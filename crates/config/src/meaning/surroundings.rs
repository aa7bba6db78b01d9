//! The place we run in, as far as options refer to it.

use std::ffi::{OsStr, OsString};

/// The environment: what others than our operator put into it is read where an option names a variable.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Surroundings<'a>(&'a [(OsString, OsString)]);

impl<'a> Surroundings<'a> {
    /// The variables by name.
    pub(crate) fn new(environment: &'a [(OsString, OsString)]) -> Self {
        Self(environment)
    }

    /// The value of a variable; an empty one counts as absent.
    pub(super) fn variable(self, name: &str) -> Option<&'a OsStr> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_os_str()).filter(|value| !value.is_empty())
    }
}
