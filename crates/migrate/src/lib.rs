//! `oauth2-sidecar migrate check FILE…`: reads a configuration of oauth2-proxy, wherever it is written, and tells what
//! becomes of each option here.
//!
//! ```text
//! files ─► documents (cfg, env, alpha, manifests) ─► places (one sidecar each) ─► survey ─► table
//! ```
//!
//! Nothing is started, asked or written, and a value of a secret is never printed. What the files refer to and is not among
//! them (a Secret in the cluster, a file of a volume) counts as set and unseen.

#![cfg_attr(not(test), warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice))]

mod differences;
mod document;
mod environment;
mod kubernetes;
mod place;
mod table;

use std::fmt;
use std::path::PathBuf;

pub use document::DocumentError;
pub use table::{Line, Note, Verdict};

use document::Documents;
use place::Place;

/// A file, as it was named and as it is.
pub struct File {
    /// Its name.
    pub path: PathBuf,
    /// All of it.
    pub content: Vec<u8>,
}

/// What was found, a table for each sidecar that the files describe.
pub struct Report {
    tables: Vec<table::Table>,
}

/// Reads the files together.
///
/// # Errors
/// The first file that is not what its name says, or files without any configuration in them.
pub fn check(files: &[File]) -> Result<Report, DocumentError> {
    let documents = Documents::read(files)?;
    let places = Place::all(documents)?;
    Ok(Report { tables: places.iter().map(table::Table::of).collect() })
}

impl Report {
    /// Whether everything that was written works here, as it did or better.
    #[must_use]
    pub fn is_supported(&self) -> bool {
        self.lines().all(|line| line.verdict != Verdict::Unsupported)
    }

    /// All lines of all tables.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.tables.iter().flat_map(|table| &table.lines)
    }
}

/// The tables, one below the other, and a summary.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for table in &self.tables {
            writeln!(f, "{table}")?;
        }
        let count = |verdict| self.lines().filter(|line| line.verdict == verdict).count();
        write!(
            f,
            "{} the same, {} changed on purpose, {} dangerous, {} unsupported",
            count(Verdict::Same),
            count(Verdict::Changed),
            count(Verdict::Dangerous),
            count(Verdict::Unsupported)
        )
    }
}
