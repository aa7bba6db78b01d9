//! Asks both programs what they make of settings, sound ones and broken ones.

use std::collections::BTreeSet;

use sidecar_parity::cases::startup;
use sidecar_parity::report::rows_of_the_document;
use sidecar_parity::startup::Attempt;
use sidecar_testkit::{Which, place};

/// What is wrong with the two programs' verdicts on one attempt.
fn fault(attempt: &Attempt) -> Option<String> {
    let (original, ours) = (attempt.judge(&place::original()), attempt.judge(&place::ours()));
    let differs = original.accepts() != ours.accepts();
    let said = || format!("original ({:?}): {}\n  ours ({:?}): {}", original.code, original.said, ours.code, ours.said);
    match (differs, attempt.row) {
        (true, None) => Some(format!("the verdicts differ\n  {}", said())),
        (false, Some(row)) => Some(format!("{row} explains nothing: the verdicts are the same\n  {}", said())),
        (false, None) if ours.code != original.code => Some(format!("the exit codes differ\n  {}", said())),
        _ if ours.said.contains("marked") => Some(format!("ours shows a secret\n  {}", said())),
        _ => None,
    }
}

#[test]
fn settings_are_taken_or_refused_by_both_programs_alike() {
    let attempts = startup::all();
    let faults: Vec<String> =
        attempts.iter().filter_map(|attempt| Some(format!("{}: {}", attempt.name, fault(attempt)?))).collect();
    println!("parity: {} ways of setting up, {} faults", attempts.len(), faults.len());
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    let seen: BTreeSet<String> = attempts.iter().filter_map(|attempt| attempt.row).map(str::to_owned).collect();
    assert_eq!(
        seen,
        rows_of_the_document("startup"),
        "rows that explained something, and rows of docs/compatibility.md"
    );
}

#[test]
fn a_page_or_logo_that_cannot_be_used_ends_both_programs_at_start() {
    for attempt in startup::broken_pages() {
        for which in [Which::Original, Which::Ours] {
            let end = attempt.start(which);
            assert_eq!(end.code, Some(1), "{}, {which:?}: {}", attempt.name, end.said);
        }
    }
}
