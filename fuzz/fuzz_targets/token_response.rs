//! What the token endpoint answers.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sidecar_oidc::fuzzing::token_response(data));
