//! Asks both programs what they make of settings: every option by every source, every two sources, structured
//! configurations, sound settings and broken ones, and the original's own examples.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use sidecar_parity::cases::{configuration, startup};
use sidecar_parity::examples;
use sidecar_parity::judge::Judge;
use sidecar_parity::report::rows_of_the_document;
use sidecar_parity::startup::{Attempt, SOUND};
use sidecar_parity::verdict::{Finding, compare, compare_conversion, row};
use sidecar_testkit::{Launch, Process, Which, place};

/// What a run found.
#[derive(Default)]
struct Seen {
    taken: usize,
    refused: usize,
    explained: BTreeSet<String>,
    not_served: BTreeSet<&'static str>,
    converted: usize,
    known: BTreeSet<&'static str>,
    faults: Vec<String>,
}

impl Seen {
    /// Counts a fault, unless it is one of those that are known.
    fn fault(&mut self, attempt: &Attempt, known: &[(&'static str, &'static str)], fault: String) {
        match known.iter().find(|(name, _)| attempt.name.starts_with(name)) {
            Some((name, _)) => _ = self.known.insert(name),
            None => self.faults.push(fault),
        }
    }
}

/// The flags of the original, by its own account; those that only say what to do are left out.
fn flags_of_the_original() -> Vec<&'static str> {
    let mut command = Command::new(place::original());
    command.arg("--help");
    let said = Process::start("help", command).wait(std::time::Duration::from_secs(20)).stderr;
    let all: BTreeSet<&str> = said
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("--")?.split_whitespace().next())
        .filter(|flag| *flag != "help")
        .collect();
    assert_eq!(all.len(), 173, "{all:?}");
    all.into_iter().map(|flag| row(flag).flag).collect()
}

fn every_attempt() -> Vec<Attempt> {
    let of_options = flags_of_the_original().into_iter().filter_map(configuration::values);
    let mut attempts: Vec<Attempt> =
        of_options.flat_map(|values| [values.by_each_source(), values.by_two_sources()].concat()).collect();
    attempts.extend(startup::all());
    attempts.extend(configuration::alpha());
    attempts.extend(configuration::rules());
    attempts.extend(configuration::listeners());
    attempts.extend(examples::all());
    attempts
}

/// Compares on as many threads as there are processors.
fn compare_all(attempts: &[Attempt]) -> Seen {
    let (next, seen) = (AtomicUsize::new(0), Mutex::new(Seen::default()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                let folder = place::temporary_folder();
                let mut judge = Judge::start(folder.path());
                while let Some(attempt) = attempts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    look_at(attempt, &mut judge, &seen);
                }
            });
        }
    });
    seen.into_inner().expect("no thread panicked")
}

fn look_at(attempt: &Attempt, judge: &mut Judge, seen: &Mutex<Seen>) {
    let found = compare(attempt);
    let converts = found == Ok(Finding::Taken) && attempt.alpha.is_none();
    let conversion = converts.then(|| compare_conversion(attempt, judge)).flatten();
    let mut seen = seen.lock().expect("not poisoned");
    match found {
        Ok(Finding::Taken) => seen.taken += 1,
        Ok(Finding::Refused) => seen.refused += 1,
        Ok(Finding::Explained(row)) => _ = seen.explained.insert(row),
        Ok(Finding::NotServed(options)) => seen.not_served.extend(options),
        Err(fault) => seen.fault(attempt, configuration::OPEN, fault),
    }
    match conversion {
        Some(Ok(())) => seen.converted += 1,
        Some(Err(fault)) => {
            seen.fault(attempt, &[configuration::OPEN, configuration::CONVERTED_OTHERWISE].concat(), fault);
        }
        None => {}
    }
}

#[test]
fn settings_are_taken_or_refused_by_both_programs_alike() {
    let attempts = every_attempt();
    let seen = compare_all(&attempts);
    println!(
        "parity: {} ways of setting up: {} taken and {} refused by both, {} conversions alike, {} options not served \
         yet, {} faults",
        attempts.len(),
        seen.taken,
        seen.refused,
        seen.converted,
        seen.not_served.len(),
        seen.faults.len()
    );
    assert!(seen.faults.is_empty(), "\n{}", seen.faults.join("\n"));
    let known = [configuration::OPEN, configuration::CONVERTED_OTHERWISE].concat();
    let idle: Vec<_> = known.iter().filter(|(name, _)| !seen.known.contains(name)).collect();
    assert!(idle.is_empty(), "known differences that no longer show: {idle:?}");
    for (name, why) in configuration::OPEN {
        println!("OPEN: {name}: {why}");
    }
    let missing = flags_of_the_original().into_iter().filter(|flag| !row(flag).is_served());
    assert_eq!(
        seen.not_served,
        missing.collect(),
        "options refused as not served, and those that the table says are not"
    );
    let explained: BTreeSet<String> = seen.explained.clone();
    assert_eq!(
        explained,
        rows_of_the_document("startup"),
        "rows that explained something, and rows of docs/compatibility.md"
    );
}

#[test]
fn what_ends_the_start_of_the_original_ends_ours_with_the_same_code() {
    for which in [Which::Original, Which::Ours] {
        // So that an end is that of the attempt.
        drop(Launch::new(which).flags(SOUND).flags(configuration::ENDPOINTS).start());
    }
    for configuration::Start { attempt, says } in configuration::starts() {
        let [original, ours] = [Which::Original, Which::Ours].map(|which| attempt.start(which));
        assert_eq!((original.code, ours.code), (Some(1), Some(1)), "{}: {}{}", attempt.name, original.said, ours.said);
        assert!(original.said.contains(says), "{}, not for {says}: {}", attempt.name, original.said);
        assert!(!ours.said.contains("marked"), "{}: ours shows a secret: {}", attempt.name, ours.said);
    }
}
