//! Which paths an upstream serves: a path, one with placeholders, or a pattern whose matches are rewritten.

use regex::Regex;
use sidecar_upstream::Serves;

use super::judge::{Judge, given};
use crate::fault::quote;
use crate::re2::{self, PatternError};
use crate::structured::Upstream;

/// What a placeholder without a pattern of its own stands for: a segment, or a part of one.
const SEGMENT: &str = "[^/]+";

/// What `path` and `rewriteTarget` of an upstream mean; `None` after a fault.
pub(super) fn serves(entry: &Upstream, judge: &mut Judge) -> Option<Serves> {
    let path = entry.path.value.as_str();
    if path.is_empty() {
        judge.refuse(&entry.path, "is required", "write / for every path");
        return None;
    }
    if let Some(target) = given(&entry.rewrite_target) {
        return rewritten(path, target).map_err(|error| refuse_pattern(entry, &error, judge)).ok();
    }
    if !path.starts_with('/') {
        let reason = format!("{} is no path", quote(path));
        judge.refuse(&entry.path, reason, "begin it with /, also behind the # of a file URL");
        return None;
    }
    if !path.contains(['{', '}']) {
        return Some(Serves::Path);
    }
    if entry.uri.value.starts_with("file:") {
        // compat: v7 starts and answers 404 to everything.
        let reason = format!("{} has placeholders, and no file is below such a path", quote(path));
        judge.refuse(&entry.path, reason, "write a path without braces, or a rewriteTarget that names the file");
        return None;
    }
    match placeholders(path) {
        Ok(pattern) => Some(Serves::Pattern(pattern)),
        Err(BadPlaceholder::Pattern(error)) => {
            refuse_pattern(entry, &error, judge);
            None
        }
        Err(bad) => {
            let instead = "write {name} for a segment, {name:REGEX} for what a pattern matches";
            judge.refuse(&entry.path, format!("{} {bad}", quote(path)), instead);
            None
        }
    }
}

fn refuse_pattern(entry: &Upstream, error: &PatternError, judge: &mut Judge) {
    let reason = format!("{} is no regular expression: {error}", quote(&entry.path.value));
    judge.refuse(&entry.path, reason, "write it in the syntax of RE2");
}

fn rewritten(path: &str, target: &str) -> Result<Serves, PatternError> {
    Ok(Serves::Rewritten { pattern: re2::compile_with_groups(path)?, target: target.to_owned() })
}

/// Why a path with braces is none. oauth2-proxy refuses the same.
#[derive(Debug, thiserror::Error)]
enum BadPlaceholder {
    #[error("has braces that do not match")]
    Unbalanced,
    #[error("has a placeholder without a name or a pattern")]
    Empty,
    #[error("has a group within a placeholder; write (?:…) for one that captures nothing")]
    Group,
    #[error(transparent)]
    Pattern(#[from] PatternError),
}

/// The pattern of a path with placeholders: matched from its start, and to its end unless it ends with a slash.
fn placeholders(path: &str) -> Result<Regex, BadPlaceholder> {
    let mut pattern = String::from("^");
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (placeholder, after) = split_at_counterpart(after).ok_or(BadPlaceholder::Unbalanced)?;
        pattern.push_str(&literal(before)?);
        pattern.extend(["(?:", segment(placeholder)?, ")"]);
        rest = after;
    }
    pattern.push_str(&literal(rest)?);
    if !path.ends_with('/') {
        pattern.push('$');
    }
    Ok(re2::compile(&pattern)?.regex)
}

/// What stands outside of placeholders, as a pattern.
fn literal(text: &str) -> Result<String, BadPlaceholder> {
    if text.contains('}') { Err(BadPlaceholder::Unbalanced) } else { Ok(regex::escape(text)) }
}

/// What stands before the counterpart of a brace that is open, and what behind.
fn split_at_counterpart(text: &str) -> Option<(&str, &str)> {
    let mut depth = 1_usize;
    for (at, brace) in text.match_indices(['{', '}']) {
        depth = if brace == "{" { depth + 1 } else { depth - 1 };
        if depth == 0 {
            return Some((text.get(..at)?, text.get(at + 1..)?));
        }
    }
    None
}

/// The pattern of one placeholder.
fn segment(text: &str) -> Result<&str, BadPlaceholder> {
    let (name, pattern) = text.split_once(':').unwrap_or((text, SEGMENT));
    if name.is_empty() || pattern.is_empty() {
        return Err(BadPlaceholder::Empty);
    }
    if re2::compile_with_groups(pattern)?.captures_len() > 1 {
        return Err(BadPlaceholder::Group);
    }
    Ok(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(path: &str) -> String {
        placeholders(path).err().map(|bad| bad.to_string()).unwrap_or_default()
    }

    // Read off oauth2-proxy v7.15.6.
    #[test]
    fn placeholders_match_what_they_match_in_the_original() {
        for (path, target, matches) in [
            ("/a/{x}", "/a/b", true),
            ("/a/{x}", "/a/b.c", true),
            ("/a/{x}", "/a/", false),
            ("/a/{x}", "/a/b/c", false),
            ("/a/{x}/", "/a/b", false),
            ("/a/{x}/", "/a/b/", true),
            ("/a/{x}/", "/a/b/c", true),
            ("/{x:.*}/end", "/a/b/end", true),
            ("/{x:.*}/end", "/end", false),
            ("/{x:[a-z]{2,3}}", "/ab", true),
            ("/{x:[a-z]{2,3}}", "/abcd", false),
            ("/{x:(?:a|b)}", "/ab", false),
            ("/{x}/{x}", "/a/b", true),
            ("/a.b/{x}", "/acb/x", false),
            ("/a.b/{x}", "/a.b/x", true),
            ("/{x:a|b}", "/b", true),
            ("/{x:a|b}", "/ab", false),
            ("/{x:(?i)a}b", "/Ab", true),
            ("/{x:(?i)a}b", "/AB", false),
            ("/{ x }", "/q", true),
            ("/{x}-{y}", "/a-b-c", true),
            ("/{x:[^/]*}", "/", true),
            ("/{a/b:c}", "/c", true),
            (r"/{x:\d+}", "/12", true),
            (r"/{x:\d+}", "/x", false),
        ] {
            assert_eq!(placeholders(path).unwrap().is_match(target), matches, "{path} {target}");
        }
    }

    #[test]
    fn placeholders_that_the_original_refuses_or_falls_over_are_refused() {
        for (path, reason) in [
            ("/{x", "has braces that do not match"),
            ("/x}", "has braces that do not match"),
            ("/{x}}", "has braces that do not match"),
            ("/{}", "has a placeholder without a name or a pattern"),
            ("/{x:}", "has a placeholder without a name or a pattern"),
            ("/{:x}", "has a placeholder without a name or a pattern"),
            ("/{x:(a|b)}", "has a group within a placeholder; write (?:…) for one that captures nothing"),
            ("/{x:(?P<n>a)}", "has a group within a placeholder; write (?:…) for one that captures nothing"),
        ] {
            assert_eq!(refusal(path), reason, "{path}");
        }
        assert!(!refusal("/{x:[}").is_empty());
        assert!(!refusal("/{x:a)(b}").is_empty());
    }
}
