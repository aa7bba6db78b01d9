//! `oauth2-sidecar migrate check FILE…`: reads the files, prints what becomes of what they say.

use std::path::PathBuf;
use std::process::ExitCode;

use sidecar_core::report::chain;
use sidecar_migrate::File;

use crate::{FAILED, complain, say};

/// Status 0 when nothing is unsupported, 1 when something is or a file cannot be read.
pub(crate) fn run(paths: Vec<PathBuf>) -> ExitCode {
    let mut files = Vec::with_capacity(paths.len());
    for path in paths {
        match std::fs::read(&path) {
            Ok(content) => files.push(File { path, content }),
            Err(error) => return complain(&format!("cannot read {}: {error}", path.display()), FAILED),
        }
    }
    match sidecar_migrate::check(&files) {
        Ok(report) => {
            let said = say(&report.to_string());
            if report.is_supported() { said } else { ExitCode::from(FAILED) }
        }
        Err(error) => complain(&chain(&error), FAILED),
    }
}
