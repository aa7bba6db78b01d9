//! The provider's discovery document.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sidecar_oidc::fuzzing::metadata(data));
