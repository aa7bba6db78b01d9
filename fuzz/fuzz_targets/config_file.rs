//! The TOML file that `--config` names.
#![no_main]

libfuzzer_sys::fuzz_target!(|content: &[u8]| sidecar_config::fuzzing::file(content));
