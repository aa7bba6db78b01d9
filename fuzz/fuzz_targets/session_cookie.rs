//! The session cookie's value: foreign, altered, or with foreign bytes behind a right signature.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sidecar_session::fuzzing::session_cookie(data));
