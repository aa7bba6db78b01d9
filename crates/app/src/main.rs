//! `oauth2-sidecar`: the login proxy that runs beside an app in its pod.
//!
//! One line from start to stop: arguments, environment and files → `Config` (all faults at once) → `App` → bind →
//! serve → drain.

#![cfg_attr(not(test), warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice))]

mod app;
mod doctor;
mod limits;
mod logging;
mod metrics;
mod migrate;
mod panics;
mod reload;
mod run;
mod server;
mod watch;

use std::env;
use std::io::Write as _;
use std::process::ExitCode;

use sidecar_config::{Command, Config, FaultCode, Files, Warning};
use sidecar_core::report::chain;

use crate::reload::{InUse, Origin};

/// Configuration or start-up failed.
const FAILED: u8 = 1;

fn main() -> ExitCode {
    panics::keep_quiet();
    let origin = Origin {
        arguments: env::args_os().skip(1).collect(),
        environment: env::vars_os().collect(),
        files: Files::default(),
    };
    match origin.load() {
        Ok(Command::Version) => say(&format!("oauth2-sidecar {}", env!("CARGO_PKG_VERSION"))),
        Ok(Command::Help(text)) => complain(text.trim_end(), 0),
        Ok(Command::Convert(text)) => say(text.expose().trim_end()),
        Ok(Command::Test(config)) => test(&config),
        Ok(Command::Doctor(config)) => doctor::run(&config),
        Ok(Command::Migrate(files)) => migrate::run(files),
        Ok(Command::Run(config)) => run::run(InUse { config: *config, origin }),
        Err(faults) => {
            warn(faults.warnings());
            complain(&faults.to_string(), faults.exit_code())
        }
    }
}

/// Says what a start would say, and whether it would come to anything.
fn test(config: &Config) -> ExitCode {
    warn(&config.warnings);
    match run::check(config) {
        Ok(()) => say("configuration is valid"),
        Err(error) => {
            let (code, reason) = (FaultCode::Start, chain(&error));
            complain(&format!("invalid configuration:\n  {reason} [{code}]"), FAILED)
        }
    }
}

fn warn(warnings: &[Warning]) {
    for warning in warnings {
        complain(&format!("warning: {warning}"), 0);
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
