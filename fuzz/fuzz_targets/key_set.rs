//! The provider's keys: a JSON Web Key set, or a PEM file.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sidecar_oidc::fuzzing::key_set(data));
