//! Which options a test sets that looks at what the program then does: the end-to-end tests, and the configurations
//! that both programs are asked requests under. What merely loads is not counted.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use sidecar_testkit::place;

/// Served options without such a test; the list must be exact.
const WITHOUT: &[&str] = &[];

fn sources(folder: &Path, out: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder of tests") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(place::tree()).expect("in the tree").display().to_string();
            // Whether settings are taken says nothing of their effect.
            let loads = ["cases/startup", "cases/configuration", "tests/configuration", "tests/effects"];
            if !loads.iter().any(|part| name.contains(part)) {
                out.push((name, fs::read_to_string(&path).expect("a source file")));
            }
        }
    }
}

/// Whether `source` sets the option: by flag, by variable or by key.
fn sets(source: &str, row: &sidecar_config::Row) -> bool {
    let flag = format!("--{}", row.flag);
    let by_flag = source.match_indices(&flag).any(|(at, _)| {
        let next = source[at + flag.len()..].chars().next();
        next.is_none_or(|next| !(next.is_ascii_alphanumeric() || next == '-'))
    });
    let word = |name: &str| source.contains(&format!("\"{name}\"")) || source.contains(&format!("{name} = "));
    by_flag
        || row.variable().is_some_and(|variable| word(&variable))
        || row.key.is_some_and(|key| word(key) && [".file(", ".config(", "write("].iter().any(|by| source.contains(by)))
}

#[test]
fn every_option_has_an_effect_seen_or_is_listed() {
    let mut tests = Vec::new();
    for folder in ["tests/e2e/tests", "tests/parity/src/cases", "tests/parity/tests"] {
        sources(&place::tree().join(folder), &mut tests);
    }
    let mut table =
        String::from("# Options and the tests that look at their effect\n\n| option | tests |\n|---|---|\n");
    let mut without = Vec::new();
    for row in sidecar_config::rows().filter(|row| row.is_served()) {
        let by: Vec<&str> = tests.iter().filter(|(_, text)| sets(text, row)).map(|(name, _)| name.as_str()).collect();
        let _ = writeln!(table, "| `{}` | {} |", row.flag, by.join(", "));
        if by.is_empty() {
            without.push(row.flag);
        }
    }
    fs::write(place::tree().join("target/effects.md"), table).expect("target/effects.md");
    println!("effects: {} served options without a test that looks at their effect", without.len());
    assert_eq!(without, WITHOUT, "served options without a test that looks at their effect");
}
