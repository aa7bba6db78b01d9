//! `oauth2-sidecar`: the login proxy that runs beside an app in its pod.
//!
//! One line from start to stop: arguments, environment and files → `Config` (all faults at once) → `App` → bind →
//! serve → drain.

mod app;
mod doctor;
mod logging;
mod migrate;
mod panics;
mod run;
mod server;

use std::env;
use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use sidecar_config::{Command, Config};
use sidecar_core::report::chain;

/// Configuration or start-up failed.
const FAILED: u8 = 1;

fn main() -> ExitCode {
    panics::keep_quiet();
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let environment: Vec<(OsString, OsString)> = env::vars_os().collect();
    match sidecar_config::load(&arguments, &environment) {
        Ok(Command::Version) => say(&format!("oauth2-sidecar {}", env!("CARGO_PKG_VERSION"))),
        Ok(Command::Help(text)) => complain(text.trim_end(), 0),
        Ok(Command::Convert(text)) => say(text.expose().trim_end()),
        Ok(Command::Test(config)) => test(&config),
        Ok(Command::Doctor(config)) => doctor::run(&config),
        Ok(Command::Migrate(files)) => migrate::run(files),
        Ok(Command::Run(config)) => run::run(&config),
        Err(faults) => complain(&faults.to_string(), faults.exit_code()),
    }
}

/// Says what a start would say, and whether it would come to anything.
fn test(config: &Config) -> ExitCode {
    for warning in &config.warnings {
        complain(&format!("warning: {warning}"), 0);
    }
    match run::check(config) {
        Ok(()) => say("configuration is valid"),
        Err(error) => complain(&chain(&error), FAILED),
    }
}

fn say(text: &str) -> ExitCode {
    // Nobody reads it, nobody misses it.
    let _ = writeln!(std::io::stdout(), "{text}");
    ExitCode::SUCCESS
}

fn complain(text: &str, code: u8) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "{text}");
    ExitCode::from(code)
}
