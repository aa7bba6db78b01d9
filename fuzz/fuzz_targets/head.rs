//! A request's head: target, host, framing.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| sidecar_gateway::fuzzing::head(text));
