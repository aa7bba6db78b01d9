//! What a run came to: counts, the table in `target/parity.md`, and what failed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use sidecar_testkit::place;

use crate::explain::{Explained, Open, differences};
use crate::facts::Facts;

/// The ids of the document's rows whose last column is `seen_by`.
#[must_use]
pub fn rows_of_the_document(seen_by: &str) -> BTreeSet<String> {
    let document = std::fs::read_to_string(place::tree().join("docs/compatibility.md")).expect("docs/compatibility.md");
    let end = format!("| {seen_by} |");
    let rows = document.lines().filter(|line| line.starts_with("| ") && line.ends_with(&end));
    rows.filter_map(|line| line.split('|').nth(1)).map(|id| id.trim().to_owned()).collect()
}

/// What one comparison came to.
#[derive(Debug, Default)]
pub struct Tally {
    /// Rows that explained something.
    pub rows: BTreeSet<&'static str>,
    /// Differences that are open bugs.
    pub open: usize,
    /// Differences that nothing explains.
    pub unexplained: Vec<String>,
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Outcome {
    order: Vec<&'static str>,
    configurations: BTreeMap<&'static str, Counts>,
    failures: Vec<String>,
    open: Vec<String>,
}

#[derive(Debug, Default)]
struct Counts {
    requests: usize,
    identical: usize,
    open: usize,
    unexplained: usize,
    rows: BTreeMap<&'static str, usize>,
    transcript: String,
}

impl Outcome {
    /// Begins a configuration.
    pub fn begin(&mut self, name: &'static str) {
        self.order.push(name);
        self.configurations.entry(name).or_default();
    }

    /// Adds one comparison.
    pub fn add(&mut self, name: &'static str, tally: Tally) {
        let counts = self.configurations.entry(name).or_default();
        counts.requests += 1;
        let nothing = tally.rows.is_empty() && tally.open == 0 && tally.unexplained.is_empty();
        counts.identical += usize::from(nothing);
        counts.open += usize::from(tally.open > 0);
        counts.unexplained += tally.unexplained.len();
        for row in tally.rows {
            *counts.rows.entry(row).or_default() += 1;
        }
        self.failures.extend(tally.unexplained);
    }

    /// Explanations that explained nothing are failures: nobody would notice when they stop being true.
    pub fn unused(&mut self, where_from: &str, rows: &[Explained]) {
        let idle = rows.iter().filter(|row| row.used.get() == 0);
        let lines = idle.map(|row| format!("{where_from}: {} at \"{}\" explains nothing", row.id, row.at));
        self.failures.extend(lines);
    }

    /// Tells of the open bugs; one that no longer shows is a failure, so that it is taken off the list.
    pub fn open_bugs(&mut self, bugs: &[Open]) {
        for bug in bugs {
            let line = format!("{} / {} / {}: {}", bug.configuration, bug.case, bug.at, bug.reason);
            if bug.seen.get() == 0 {
                self.failures.push(format!("open bug that no longer shows: {line}"));
            } else {
                self.open.push(line);
            }
        }
    }

    /// Adds a failure that is no difference.
    pub fn fail(&mut self, name: &'static str, why: String) {
        self.configurations.entry(name).or_default().unexplained += 1;
        self.failures.push(why);
    }

    /// Writes down what both sides showed: the facts of the original, and those of ours that differ.
    pub fn record(&mut self, name: &'static str, label: &str, original: &Facts, ours: &Facts) {
        let transcript = &mut self.configurations.entry(name).or_default().transcript;
        let _ = writeln!(transcript, "# {label}");
        for (place, value) in original {
            let short: String = value.chars().take(400).collect();
            let _ = writeln!(transcript, "  {place}: {short:?}");
        }
        for (place, _, value) in differences(original, ours) {
            let _ = writeln!(transcript, "  OURS {place}: {value:?}");
        }
    }

    /// Keeps a configuration's transcript and what both programs said in `target/parity/`.
    pub fn keep_files(&self, name: &str, original: &str, ours: &str) {
        let transcript = &self.configurations[name].transcript;
        for (what, text) in [("facts", transcript.as_str()), ("original", original), ("ours", ours)] {
            let file = place::tree().join(format!("target/parity/{}.{what}.txt", name.replace([' ', ','], "-")));
            std::fs::write(&file, text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        }
    }

    /// What failed.
    #[must_use]
    pub fn failures(&self) -> &[String] {
        &self.failures
    }

    /// Ids of rows that explained something.
    #[must_use]
    pub fn rows(&self) -> BTreeSet<&'static str> {
        self.configurations.values().flat_map(|counts| counts.rows.keys().copied()).collect()
    }

    /// How many requests were compared.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.configurations.values().map(|counts| counts.requests).sum()
    }

    /// Under how many configurations.
    #[must_use]
    pub fn configurations(&self) -> usize {
        self.configurations.len()
    }

    /// One line: requests, configurations, identical, explained and by what.
    #[must_use]
    pub fn summary(&self) -> String {
        let identical: usize = self.configurations.values().map(|counts| counts.identical).sum();
        let rows: Vec<&str> = self.rows().into_iter().collect();
        format!(
            "parity: {} requests under {} configurations, {identical} identical, {} with differences explained by {}; \
             {} open bugs, {} failures",
            self.requests(),
            self.configurations.len(),
            self.requests() - identical,
            if rows.is_empty() { "nothing".to_owned() } else { rows.join(" ") },
            self.open.len(),
            self.failures.len(),
        )
    }

    /// The whole report as Markdown.
    #[must_use]
    pub fn table(&self) -> String {
        let mut out = format!("# The original and ours, side by side\n\n{}\n\n", self.summary());
        out.push_str(
            "| configuration | requests | identical | explained by (requests) | open |\n|---|---|---|---|---|\n",
        );
        for name in &self.order {
            let counts = &self.configurations[name];
            let rows: Vec<String> = counts.rows.iter().map(|(row, count)| format!("{row} ({count})")).collect();
            let rows = rows.join(", ");
            let _ = writeln!(out, "| {name} | {} | {} | {rows} | {} |", counts.requests, counts.identical, counts.open);
        }
        for (title, lines) in [("Open bugs", &self.open), ("Failures", &self.failures)] {
            if !lines.is_empty() {
                let _ = write!(out, "\n## {title}\n\n");
                for line in lines {
                    let _ = writeln!(out, "* {line}");
                }
            }
        }
        out
    }

    /// Writes the report into `target/parity.md` and prints its summary and open bugs.
    pub fn publish(&self) {
        let file = place::tree().join("target/parity.md");
        std::fs::write(&file, self.table()).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for line in &self.open {
            println!("OPEN BUG: {line}");
        }
        println!("{}", self.summary());
    }
}
