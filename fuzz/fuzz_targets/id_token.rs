//! ID tokens: foreign, altered, or signed around foreign claims.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sidecar_oidc::fuzzing::id_token(data));
