//! docs/threat-model.md is true as far as a program can tell: the tests and the places that it names are there.

use std::collections::BTreeSet;
use std::path::PathBuf;

use sidecar_testkit::place;

fn document() -> String {
    std::fs::read_to_string(place::tree().join("docs/threat-model.md")).expect("the document")
}

/// The cells of a table's line.
fn cells(line: &str) -> Vec<&str> {
    line.trim().trim_matches('|').split('|').map(str::trim).collect()
}

/// What stands between back-quotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The file that a name like `e2e/advisories/paths` or `session/login_tests` stands for.
fn file(name: &str) -> Option<PathBuf> {
    let (of, rest) = name.split_once('/')?;
    let tree = place::tree();
    let folders = [
        format!("crates/{of}/src"),
        format!("crates/{of}/tests"),
        format!("tests/{of}/tests/{of}"),
        format!("tests/{of}/tests"),
    ];
    let files =
        |folder: &String| [tree.join(folder).join(format!("{rest}.rs")), tree.join(folder).join(rest).join("mod.rs")];
    folders.iter().flat_map(files).find(|path| path.exists())
}

/// Whether a test of this name is in the file.
fn has_test(path: &PathBuf, test: &str) -> bool {
    let source = std::fs::read_to_string(path).expect("UTF-8");
    let mut lines = source.lines().map(str::trim).peekable();
    while let Some(line) = lines.next() {
        // A suite is run for every implementation by the test of each.
        let is_a_suites = path.ends_with("suite.rs") && line.contains(&format!("fn {test}("));
        if is_a_suites {
            return true;
        }
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            let function = lines.find(|line| !line.starts_with("#[") && !line.starts_with("//")).unwrap_or_default();
            if function.split("fn ").nth(1).is_some_and(|rest| rest.starts_with(&format!("{test}("))) {
                return true;
            }
        }
    }
    false
}

#[test]
fn every_test_that_the_threat_model_names_exists() {
    let document = document();
    let mut missing = Vec::new();
    let mut count = 0;
    for name in
        document.lines().filter(|line| line.starts_with('|')).flat_map(quoted).filter(|name| name.contains("::"))
    {
        // Types and their methods are no tests.
        let Some((place, test)) = name.split_once("::").filter(|(place, _)| place.contains('/')) else { continue };
        count += 1;
        if !file(place).is_some_and(|path| has_test(&path, test)) {
            missing.push(name);
        }
    }
    assert!(count > 60, "{count}");
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn every_invariant_has_its_place_and_its_test_or_says_what_is_missing() {
    let document = document();
    let mut ids = BTreeSet::new();
    for line in document.lines().filter(|line| line.starts_with("| I-")) {
        let cells = cells(line);
        let [id, _, once, seen] = cells[..] else { panic!("four cells: {line}") };
        assert!(ids.insert(id.to_owned()), "{id} twice");
        let is_open = once.starts_with("not yet: ") || seen.starts_with("not yet: ");
        let is_seen = quoted(seen).any(|name| name.contains("::"));
        assert!(is_seen || is_open, "{id} is neither seen nor open");
        for place in quoted(once).filter(|place| place.contains("/src")) {
            assert!(place::tree().join("crates").join(place).exists(), "{id}: {place}");
        }
    }
    assert_eq!(ids, (1..=44).map(|n| format!("I-{n:02}")).collect(), "each once");
}
