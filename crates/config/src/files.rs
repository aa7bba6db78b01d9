//! The configuration files, as they were when they were read.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sidecar_core::Secret;

use crate::fault::{Fault, FaultCode, READABLE, quote};
use crate::written::Source;

/// What the files of `--config` and `--alpha-config` held when they were first asked for. A configuration that is made
/// again from the same `Files` sees the same text, whatever has become of the files; files that options name are read
/// anew (D51).
#[derive(Default)]
pub struct Files {
    read: RefCell<BTreeMap<PathBuf, Secret<Vec<u8>>>>,
}

impl Files {
    /// The paths that were asked for.
    #[must_use]
    pub fn paths(&self) -> Vec<PathBuf> {
        self.read.borrow().keys().cloned().collect()
    }

    /// All of the file that the option of this name names.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn read(&self, option: &str, path: &Path) -> Result<Vec<u8>, Fault> {
        if let Some(content) = self.read.borrow().get(path) {
            return Ok(content.expose().clone());
        }
        let content = std::fs::read(path).map_err(|error| {
            let reason = format!("cannot read {}: {error}", quote(&path.to_string_lossy()));
            Fault::new(FaultCode::File, option, Source::Flag, reason, READABLE)
        })?;
        self.read.borrow_mut().insert(path.to_owned(), Secret::new(content.clone()));
        Ok(content)
    }
}
