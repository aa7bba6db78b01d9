//! Whether each statement about the original, and each row of the list of differences, is seen by something: the table
//! in `coverage.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use sidecar_parity::cases::{self, configuration, startup};
use sidecar_testkit::place;

/// Statements that nothing here sees yet: what they are about is not served, or came last. The list must be exact.
const UNSEEN: &[&str] = &["5.7.store", "7.lock", "config.8.2.redis", "D17", "D23", "D47"];

/// A statement and what sees it.
struct Statement {
    row: String,
    seen_by: Vec<String>,
}

fn statements() -> Vec<Statement> {
    let text = fs::read_to_string(place::tree().join("tests/parity/coverage.md")).expect("coverage.md");
    let mut statements = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| row |")) {
        let cells: Vec<&str> = line.trim_matches('|').splitn(3, '|').map(str::trim).collect();
        let [row, _, seen_by] = cells[..] else { panic!("three cells: {line}") };
        // Names stand in back-quotes, so every second piece is one.
        let seen_by = seen_by.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        statements.push(Statement { row: row.to_owned(), seen_by });
    }
    statements
}

/// `CONFIGURATION / CASE` of the comparison, and `settings / ATTEMPT` of that of settings.
fn cases_of_the_comparison() -> BTreeSet<String> {
    let of = |configuration: &sidecar_parity::case::Configuration| -> Vec<String> {
        configuration.cases.iter().map(|case| format!("{} / {}", configuration.name, case.name)).collect()
    };
    let attempts = [startup::all(), configuration::alpha(), configuration::rules(), configuration::listeners()];
    let attempts = attempts.into_iter().flatten().chain(configuration::listed());
    let settings = attempts.map(|attempt| format!("settings / {}", attempt.name));
    cases::all().iter().flat_map(of).chain(settings).collect()
}

/// The functions of a file of tests.
fn functions(file: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let before = |line: &str| {
        ["pub(crate) ", "async "].iter().fold(line.trim_start().to_owned(), |rest, word| {
            rest.strip_prefix(word).map_or(rest.clone(), str::to_owned)
        })
    };
    let names = text.lines().filter_map(|line| before(line).strip_prefix("fn ").map(str::to_owned));
    names.filter_map(|rest| rest.split(['(', '<']).next().map(str::to_owned)).collect()
}

/// Where the tests of a file named in the table are: end-to-end tests by their name alone, others by crate and path.
fn file_of(name: &str) -> std::path::PathBuf {
    let tree = place::tree();
    if name.starts_with("tests/") {
        tree.join(name)
    } else if name.contains('/') {
        tree.join("crates").join(name)
    } else {
        tree.join("tests/e2e/tests/e2e").join(name)
    }
}

#[test]
fn what_is_said_to_see_a_statement_exists() {
    let cases = cases_of_the_comparison();
    let mut files: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut missing = Vec::new();
    for Statement { row, seen_by } in statements() {
        for name in seen_by {
            let exists = match name.split_once("::") {
                Some((file, test)) => {
                    let tests = files.entry(file.to_owned()).or_insert_with(|| functions(&file_of(file)));
                    tests.contains(test)
                }
                None => match name.strip_suffix('*') {
                    Some(start) => cases.range(start.to_owned()..).next().is_some_and(|case| case.starts_with(start)),
                    None => cases.contains(&name),
                },
            };
            if !exists {
                missing.push(format!("{row}: {name}"));
            }
        }
    }
    assert!(missing.is_empty(), "no such case or test:\n{}", missing.join("\n"));
}

#[test]
fn every_statement_is_seen_but_those_about_what_is_not_served() {
    let statements = statements();
    let unseen: Vec<&str> =
        statements.iter().filter(|statement| statement.seen_by.is_empty()).map(|s| s.row.as_str()).collect();
    println!("coverage: {} statements, {} of them unseen", statements.len(), unseen.len());
    assert_eq!(unseen, UNSEEN, "statements that nothing sees");
    let rows: BTreeSet<&str> = statements.iter().map(|statement| statement.row.as_str()).collect();
    assert_eq!(rows.len(), statements.len(), "each row stands once");
}

/// Ids of the document's rows: those of the list of differences, and smaller ones that only showed side by side.
fn rows_of_the_document(kind: char) -> BTreeSet<String> {
    let document = fs::read_to_string(place::tree().join("docs/compatibility.md")).expect("docs/compatibility.md");
    let ids = document.lines().filter_map(|line| line.strip_prefix("| ")?.split(' ').next());
    ids.filter(|id| id.starts_with(kind) && id[1..].parse::<u8>().is_ok()).map(str::to_owned).collect()
}

#[test]
fn every_row_of_the_list_of_differences_is_a_statement() {
    let rows: BTreeSet<String> = statements().into_iter().map(|statement| statement.row).collect();
    let missing: Vec<String> = rows_of_the_document('D').difference(&rows).cloned().collect();
    assert!(missing.is_empty(), "rows of docs/compatibility.md that coverage.md does not have: {missing:?}");
    // A smaller row is held by the comparison itself, which fails where a row explains nothing, or by what its last
    // column names.
    let known = rows_of_the_document('P');
    let gone: Vec<&String> = rows.iter().filter(|row| row.starts_with('P') && !known.contains(*row)).collect();
    assert!(gone.is_empty(), "rows that docs/compatibility.md does not have: {gone:?}");
}
