//! The file that `--htpasswd-file` names.
#![no_main]

libfuzzer_sys::fuzz_target!(|content: &str| sidecar_config::fuzzing::users(content));
