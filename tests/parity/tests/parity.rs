//! Runs every case against the original and ours.
//!
//! `PARITY_ONLY=TEXT` runs only the configurations whose name contains it.

use std::collections::BTreeSet;

use sidecar_parity::cases::{self, open, rows};
use sidecar_parity::report::{Outcome, rows_of_the_document};
use sidecar_parity::run::{Against, Run, Scope};
use sidecar_parity::side::Providers;

/// How much is compared at least.
const FEWEST_REQUESTS: usize = 3_000;
const FEWEST_CONFIGURATIONS: usize = 100;

fn run(against: Against) -> (Outcome, Scope) {
    let only = std::env::var("PARITY_ONLY").ok();
    let scope = if only.is_some() { Scope::Some } else { Scope::Everything };
    let wanted = |name: &str| only.as_deref().is_none_or(|only| name.contains(only));
    let mut run = Run::new(against, rows::everywhere(), open::all());
    let mut providers = Providers::default();
    for configuration in cases::all().iter().filter(|configuration| wanted(configuration.name)) {
        run.configuration(configuration, providers.get(configuration.provider));
    }
    (run.end(scope), scope)
}

#[test]
fn every_difference_from_the_original_is_in_the_document() {
    let (outcome, scope) = run(Against::Ours);
    outcome.publish();
    assert!(outcome.failures().is_empty(), "\n{}\n{}", outcome.failures().join("\n"), outcome.summary());
    if scope == Scope::Everything {
        assert!(outcome.requests() >= FEWEST_REQUESTS, "{} requests", outcome.requests());
        assert!(outcome.configurations() >= FEWEST_CONFIGURATIONS, "{} configurations", outcome.configurations());
        let seen: BTreeSet<String> = outcome.rows().into_iter().map(str::to_owned).collect();
        assert_eq!(
            seen,
            rows_of_the_document("parity"),
            "rows that explained something, and rows of docs/compatibility.md"
        );
    }
}

#[test]
fn the_original_does_not_differ_from_itself() {
    let (outcome, _) = run(Against::Itself);
    println!("{}", outcome.summary());
    assert!(outcome.failures().is_empty(), "\n{}", outcome.failures().join("\n"));
}
