//! The forwarding headers of a trusted peer.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| sidecar_gateway::fuzzing::forwarding(text));
