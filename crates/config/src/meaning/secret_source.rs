//! Fixed texts that are written down, in a variable or in a file.

use sidecar_core::Secret;

use super::judge::{Judge, given, one_of};
use super::surroundings::Surroundings;
use crate::fault::quote;
use crate::structured::SecretSource;
use crate::written::Written;

/// A password; `None` after a fault.
pub(super) fn password(
    source: &SecretSource,
    surroundings: Surroundings<'_>,
    judge: &mut Judge,
) -> Option<Secret<String>> {
    let (text, written) = read(source, surroundings, judge)?;
    if text.expose().ends_with('\n') {
        judge.warn(&written, "it ends in a line break, which counts as part of the password");
    }
    Some(text)
}

/// The value of a header; `None` after a fault.
pub(super) fn header(
    source: &SecretSource,
    surroundings: Surroundings<'_>,
    judge: &mut Judge,
) -> Option<Secret<String>> {
    let (text, written) = read(source, surroundings, judge)?;
    let shown = text.expose().trim_end_matches(['\r', '\n']);
    // A tab may be in a header; whoever wrote another of them did not mean to.
    if shown.chars().any(|c| c.is_control() && c != '\t') {
        judge.refuse(&written, "has a line break or another control character in it", "write one line");
        return None;
    }
    Some(text)
}

/// What the one source holds as text, and the leaf that names it.
fn read(
    source: &SecretSource,
    surroundings: Surroundings<'_>,
    judge: &mut Judge,
) -> Option<(Secret<String>, Written<()>)> {
    let (bytes, leaf) = bytes(source, surroundings, judge)?;
    utf8(bytes.expose().clone(), &leaf, judge)
}

/// What the one source holds, and the leaf that names it; `None` after a fault.
pub(super) fn bytes(
    source: &SecretSource,
    surroundings: Surroundings<'_>,
    judge: &mut Judge,
) -> Option<(Secret<Vec<u8>>, Written<()>)> {
    let value = &source.value;
    match (value.value.expose().as_slice(), given(&source.from_env), given(&source.from_file)) {
        (bytes @ [_, ..], None, None) => Some((Secret::new(bytes.to_vec()), value.with(()))),
        ([], Some(name), None) => {
            let leaf = source.from_env.with(());
            let Some(text) = surroundings.variable(name) else {
                let reason = format!("the variable {} is not set, or empty", quote(name));
                judge.refuse(&leaf, reason, "set it, or name another");
                return None;
            };
            Some((Secret::new(text.as_encoded_bytes().to_vec()), leaf))
        }
        ([], None, Some(path)) => {
            let leaf = source.from_file.with(());
            match std::fs::read(path) {
                Ok(bytes) => Some((Secret::new(bytes), leaf)),
                Err(error) => {
                    judge.unreadable(&leaf, path, &error);
                    None
                }
            }
        }
        _ => {
            let (reason, instead) = (format!("needs {}", leaves(source)), "set exactly one");
            judge.refuse(&source.at, reason, if source.from_env.option == value.option { "set it" } else { instead });
            None
        }
    }
}

/// The leaves that the text may be in, below their mapping.
fn leaves(source: &SecretSource) -> String {
    let below = format!("{}.", source.at.option);
    let mut leaves: Vec<&str> =
        [&source.value.option, &source.from_env.option, &source.from_file.option].map(AsRef::as_ref).to_vec();
    leaves.dedup();
    let leaves: Vec<&str> = leaves.iter().map(|leaf| leaf.strip_prefix(&below).unwrap_or(leaf)).collect();
    one_of(&leaves)
}

fn utf8(bytes: Vec<u8>, leaf: &Written<()>, judge: &mut Judge) -> Option<(Secret<String>, Written<()>)> {
    match String::from_utf8(bytes) {
        Ok(text) => Some((Secret::new(text), leaf.clone())),
        Err(error) => {
            // What was read is wiped.
            drop(Secret::new(error.into_bytes()));
            judge.refuse(leaf, "is not UTF-8", "write it in UTF-8");
            None
        }
    }
}
