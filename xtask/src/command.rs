//! The command line as clap describes one, for the completions and the man page. The program reads its arguments itself.

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, Command, ValueHint};
use sidecar_config::{Kind, Row};

use crate::options::{repeats, served};

/// The name of the program.
pub(crate) const NAME: &str = "oauth2-sidecar";

/// The command with its flags and sub-commands.
pub(crate) fn command() -> Command {
    let flags = served().into_iter().map(flag);
    Command::new(NAME)
        .about("the login proxy that runs beside an app in its pod")
        .version(env!("CARGO_PKG_VERSION"))
        .disable_version_flag(true)
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .args(flags.clone())
        .arg(help())
        .subcommand(
            Command::new("doctor")
                .about("Try out what the configuration names, with the network, and say what to do about what fails")
                .disable_help_flag(true)
                .args(flags)
                .arg(help()),
        )
        .subcommand(
            Command::new("migrate")
                .about("Tell what becomes of a configuration of oauth2-proxy")
                .disable_help_flag(true)
                .disable_help_subcommand(true)
                .subcommand(migrate_check()),
        )
}

fn migrate_check() -> Command {
    let files = Arg::new("file").value_name("FILE").action(ArgAction::Append).num_args(1..).required(true);
    Command::new("check")
        .about("Tell of each option in these files whether it is the same, changed, dangerous or unsupported")
        .disable_help_flag(true)
        .arg(files.value_hint(ValueHint::FilePath).help("Configuration file, environment file or manifest"))
}

fn help() -> Arg {
    Arg::new("help").long("help").short('h').action(ArgAction::SetTrue).help("Print the options and end")
}

fn flag(row: &'static Row) -> Arg {
    let arg = Arg::new(row.flag).long(row.flag).help(description(row));
    match row.kind {
        // A bare flag is true, and a word behind it is no value: nothing is to be completed there.
        Kind::Bool => arg.action(ArgAction::SetTrue),
        Kind::TextBool => arg.value_parser(["true", "false"]),
        Kind::Text | Kind::Int | Kind::Duration | Kind::List | _ => {
            let action = if repeats(row) { ArgAction::Append } else { ArgAction::Set };
            arg.action(action).value_name(row.kind.name()).value_hint(hint(row)).value_parser(ValueParser::string())
        }
    }
}

/// What the shell may offer as the value.
fn hint(row: &Row) -> ValueHint {
    let ends_with = |end: &str| row.flag.ends_with(end);
    if ends_with("-file") || ends_with("config") || ends_with("-filename") {
        ValueHint::FilePath
    } else if ends_with("-dir") {
        ValueHint::DirPath
    } else {
        ValueHint::Other
    }
}

/// What it is for, its default, and the remark of a deprecated one.
fn description(row: &Row) -> String {
    let default = match (row.kind, row.default) {
        (_, "") | (Kind::Bool, "false") => String::new(),
        (_, default) => format!(" (default {default})"),
    };
    let deprecated = row.deprecated.map_or(String::new(), |remark| format!("; deprecated: {remark}"));
    format!("{}{default}{deprecated}", row.help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_one_that_clap_accepts() {
        command().debug_assert();
    }

    #[test]
    fn the_sub_commands_are_those_of_the_usage_text() {
        let usage = sidecar_config::usage();
        let (_, lines) = usage.split_once("Usage: ").expect("a usage");
        let lines = lines.lines().take_while(|line| !line.is_empty());
        let words = lines.filter_map(|line| line.split_whitespace().nth(1)).filter(|word| !word.starts_with('['));
        let command = command();
        let subs: Vec<_> = command.get_subcommands().map(Command::get_name).collect();
        assert_eq!(subs, words.collect::<Vec<_>>());
    }
}
