//! `Cookie` lines with pieces of a session.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sidecar_session::fuzzing::chunks(data));
