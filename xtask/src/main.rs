//! `cargo xtask`: what is made from the tables of the program, and whether the crates know only whom they may.

mod command;
mod completions;
mod errors;
mod generated;
mod json;
mod layers;
mod limits;
mod man;
mod metrics;
mod options;
mod schema;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;

use crate::generated::Generated;

const USAGE: &str = "\
cargo xtask docs            write what is made from the tables of the program
cargo xtask docs --check    fail if one of these files is not what would be written
cargo xtask layers          fail if a crate uses another that ARCHITECTURE.md does not let it use";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["docs"] => write_docs(&root()),
        ["docs", "--check"] => generated::check(&root()),
        ["layers"] => layers::check(&root()),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(complaints) if complaints.is_empty() => ExitCode::SUCCESS,
        Ok(complaints) => {
            for complaint in complaints {
                eprintln!("{complaint}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn write_docs(root: &Path) -> Result<Vec<String>> {
    for file in Generated::all(root)? {
        file.write(root)?;
    }
    Ok(Vec::new())
}

/// The folder of the workspace.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}
