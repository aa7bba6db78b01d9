//! Skip rules, routes, networks, domains, upstreams and the redirect URL.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| sidecar_config::fuzzing::rules(text));
