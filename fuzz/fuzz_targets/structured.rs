//! The YAML file that `--alpha-config` names.
#![no_main]

libfuzzer_sys::fuzz_target!(|content: &[u8]| sidecar_config::fuzzing::structured(content));
