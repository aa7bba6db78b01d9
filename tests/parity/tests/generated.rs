//! Requests and configurations by chance, against the original and ours.
//!
//! `PARITY_SEED=N` begins at another seed, `PARITY_SECONDS=N` goes on for so long instead of 16 configurations, `PARITY_CASES=N` asks so much of each
//! configuration.

use std::time::{Duration, Instant};

use sidecar_parity::cases::{generated, rows};
use sidecar_parity::run::{Run, Scope};
use sidecar_parity::side::Providers;

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[test]
fn no_request_by_chance_shows_a_difference_that_is_not_in_the_document() {
    let seed = number("PARITY_SEED", 1);
    let cases = usize::try_from(number("PARITY_CASES", 150)).expect("a few");
    let (begin, time) = (Instant::now(), Duration::from_secs(number("PARITY_SECONDS", 40)));
    let mut run = Run::at_random(rows::everywhere());
    let mut providers = Providers::default();
    let most = if std::env::var_os("PARITY_SECONDS").is_some() { usize::MAX } else { 16 };
    for seed in (seed..).take(most) {
        let configuration = generated::configuration_of(seed, cases);
        println!(
            "{}: {:?} {:?} {:?}",
            configuration.name, configuration.flags, configuration.environment, configuration.file
        );
        let known = run.failures().len();
        run.configuration(&configuration, providers.get(configuration.provider));
        run.failures()[known..].iter().for_each(|failure| println!("{failure}"));
        if begin.elapsed() >= time {
            break;
        }
    }
    let outcome = run.end(Scope::Some);
    println!("generated from seed {seed} on; {}", outcome.summary());
    assert!(outcome.failures().is_empty(), "\n{}", outcome.failures().join("\n"));
}
