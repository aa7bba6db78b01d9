//! Flags, one per line.
#![no_main]

libfuzzer_sys::fuzz_target!(|content: &str| sidecar_config::fuzzing::command_line(content));
