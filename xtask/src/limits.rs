//! The reference of the limits, `docs/reference/limits.md`: what the files `limits.rs` of the crates say, as they say it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// What stands above the table.
const HEAD: &str = "\
# Limits

Made by `cargo xtask docs` from the files `crates/*/src/limits.rs`.

Everything that comes from outside has a limit, and each limit a test, which `cargo xtask docs` looks for. What of them an
operator may set is an option: `max-header-bytes` (a request's head, 64 KiB), `upstream-timeout` (the head of the app's answer, 30 s),
`cookie-csrf-expire` (a login), `cookie-expire` (a session), `session-max-cookie-bytes` (what is written of one).

| crate | limit | value | what it is | seen by |
| --- | --- | --- | --- | --- |
";

/// How a constant's documentation names the test that sees it.
const SEEN_BY: &str = "Seen by `";

/// A constant of a file `limits.rs`.
struct Limit {
    name: String,
    value: String,
    meaning: String,
    test: String,
}

/// The reference, as Markdown.
///
/// # Errors
/// A limit without a test, or whose test is nowhere.
pub(crate) fn reference(root: &Path) -> Result<String> {
    let sources = sources(root)?;
    let mut text = HEAD.to_owned();
    for (path, source) in sources.iter().filter(|(path, _)| path.ends_with("src/limits.rs")) {
        let of_crate = path.strip_prefix(root.join("crates")).unwrap_or(path);
        let of_crate = of_crate.components().next().map(|name| name.as_os_str().to_string_lossy().into_owned());
        for limit in limits(source).with_context(|| path.display().to_string())? {
            let Limit { name, value, meaning, test } = limit;
            let function = format!("fn {test}(");
            if !sources.iter().any(|(_, source)| source.contains(&function)) {
                bail!("{}: {name} is seen by `{test}`, which is nowhere", path.display());
            }
            let of_crate = of_crate.as_deref().unwrap_or_default();
            let _ = writeln!(text, "| {of_crate} | `{name}` | {value} | {meaning} | `{test}` |");
        }
    }
    Ok(text)
}

/// Every Rust file of the crates and the tests, in the order of their paths.
fn sources(root: &Path) -> Result<Vec<(PathBuf, String)>> {
    let mut folders = vec![root.join("crates"), root.join("tests")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
                files.push((path, text));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The constants of a file, each with its documentation.
fn limits(source: &str) -> Result<Vec<Limit>> {
    let mut limits = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    for line in source.lines() {
        if let Some(text) = line.strip_prefix("///") {
            words.push(text.trim());
        } else if let Some((_, constant)) = line.split_once("const ") {
            let (name, rest) = constant.split_once(':').context("a constant without a type")?;
            let (_, value) = rest.split_once('=').context("a constant without a value")?;
            let all = words.join(" ");
            let (meaning, test) = all.split_once(SEEN_BY).with_context(|| format!("{name} is seen by no test"))?;
            limits.push(Limit {
                name: name.to_owned(),
                value: readable(value.trim().trim_end_matches(';')),
                meaning: meaning.trim().replace('|', "\\|"),
                test: test.split('`').next().unwrap_or_default().to_owned(),
            });
            words.clear();
        } else {
            words.clear();
        }
    }
    Ok(limits)
}

/// `64 * 1024` as `64 KiB`, `Duration::from_secs(5)` as `5 s`; anything else as it is written.
fn readable(value: &str) -> String {
    let duration = value.strip_prefix("Duration::from_").and_then(|rest| rest.strip_suffix(')')?.split_once('('));
    if let Some((unit, count)) = duration {
        let unit = match unit {
            "millis" => "ms",
            "secs" => "s",
            "mins" => "min",
            "hours" => "h",
            other => other,
        };
        return format!("{count} {unit}");
    }
    let plain = value.replace('_', "");
    match plain.as_str() {
        "1024 * 1024" => "1 MiB".to_owned(),
        other => match (other.strip_suffix(" * 1024"), other.strip_suffix(" << 20")) {
            (Some(count), _) => format!("{count} KiB"),
            (_, Some(count)) => format!("{count} MiB"),
            (None, None) => plain,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_line_with_its_value_its_meaning_and_its_test() {
        let source = "/// Longest of all.\n///\n/// Seen by `a_test`.\npub(crate) const LONGEST: usize = 64 * 1024;\n";
        let limits = limits(source).expect("a limit");
        let Limit { name, value, meaning, test } = &limits[0];
        assert_eq!([name, value, meaning, test], ["LONGEST", "64 KiB", "Longest of all.", "a_test"]);
    }

    #[test]
    fn a_limit_without_a_test_is_a_fault() {
        assert!(limits("/// Longest.\nconst LONGEST: usize = 1;\n").is_err());
        let root = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(root.path().join("crates/x/src")).expect("its folder");
        let source = "/// Longest.\n///\n/// Seen by `no_test`.\nconst LONGEST: usize = 1;\n";
        fs::write(root.path().join("crates/x/src/limits.rs"), source).expect("a file");
        assert!(reference(root.path()).expect_err("it is nowhere").to_string().contains("no_test"));
    }

    #[test]
    fn values_are_shown_with_their_units() {
        for (written, shown) in [
            ("Duration::from_secs(10)", "10 s"),
            ("Duration::from_mins(65)", "65 min"),
            ("1024 * 1024", "1 MiB"),
            ("8 << 20", "8 MiB"),
            ("65_536", "65536"),
        ] {
            assert_eq!(readable(written), shown);
        }
    }
}
