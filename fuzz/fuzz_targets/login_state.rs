//! The cookies of a login, and the parameter `state`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sidecar_session::fuzzing::login_state(data));
