//! The query and the form of a callback.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &str| sidecar_oidc::fuzzing::callback(data));
