//! The file of users (`htpasswd-file`).
#![no_main]

use sidecar_gateway::{Flaw, Users};

libfuzzer_sys::fuzz_target!(|content: &str| {
    let lines = content.lines().count().max(1);
    match Users::parse(content) {
        Ok(users) => {
            let shown = format!("{users:?}");
            let count = shown.strip_prefix("Users(").and_then(|rest| rest.strip_suffix(')')?.parse::<usize>().ok());
            assert!(count.is_some_and(|count| (1..=lines).contains(&count)), "{shown} of {lines} lines");
        }
        Err(bad) => {
            assert!(!bad.is_empty(), "a refusal without a reason");
            for line in &bad {
                assert!((1..=lines).contains(&line.line), "{line} of {lines} lines");
                let is_all = line.flaw == Flaw::Empty;
                assert!(!is_all || bad.len() == 1);
                assert!(!line.to_string().contains(['\n', '\u{1b}']));
            }
        }
    }
});
