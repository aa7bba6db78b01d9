//! What people read about the options on the command line: `--help`.

use std::fmt::Write as _;

use crate::row::{Row, Secrecy};
use crate::table::rows;
use crate::value::Kind;

/// The widest column of names in the usage text; longer ones get a line of their own.
const NAMES: usize = 38;

/// Where a line that grows by remarks is broken before them.
const WIDTH: usize = 120;

/// The text of `--help`.
#[must_use]
pub fn usage() -> String {
    let mut text = String::from(
        "oauth2-sidecar: the login proxy that runs beside an app in its pod\n\n\
         Usage: oauth2-sidecar [--FLAG[=VALUE]]...          serve\n       \
         oauth2-sidecar doctor [--FLAG[=VALUE]]...   try out what the configuration names, with the network\n       \
         oauth2-sidecar migrate check FILE...        tell what becomes of a configuration of oauth2-proxy\n\n\
         Each option but the first few is also a key of the TOML file that --config names, and an environment\n\
         variable OAUTH2_PROXY_KEY. Keys are flags with _ for -, those of most lists in the plural: --upstream is\n\
         OAUTH2_PROXY_UPSTREAMS. A flag wins over the environment, the environment over the file.\n\n",
    );
    let (modes, options): (Vec<_>, Vec<_>) = served().into_iter().partition(|row| row.key.is_none());
    for row in modes.into_iter().chain(options) {
        write_usage(&mut text, row);
    }
    text
}

fn write_usage(text: &mut String, row: &Row) {
    let name = if row.kind == Kind::Bool {
        format!("  --{}", row.flag)
    } else {
        format!("  --{} {}", row.flag, row.kind.name())
    };
    let help = row.help;
    let _ = if name.len() < NAMES {
        write!(text, "{name:NAMES$}{help}")
    } else {
        write!(text, "{name}\n{:NAMES$}{help}", "")
    };
    let remarks = remarks(row);
    let _ = match remarks.len() {
        0 => writeln!(text),
        length if NAMES + help.len() + length < WIDTH => writeln!(text, " ({remarks})"),
        _ => writeln!(text, "\n{:NAMES$}({remarks})", ""),
    };
}

/// What else is to be said of it: its default, what it is like, and where the structured configuration has it.
fn remarks(row: &Row) -> String {
    let mut remarks = Vec::new();
    match (row.kind, row.default) {
        (_, "") | (Kind::Bool, "false") => {}
        (_, default) => remarks.push(format!("default {default}")),
    }
    if row.kind == Kind::List {
        remarks.push("repeats".to_owned());
    }
    if row.secrecy == Secrecy::Secret {
        remarks.push("secret".to_owned());
    }
    remarks.extend(row.deprecated.map(|remark| format!("deprecated: {remark}")));
    remarks.extend(row.alpha.map(|path| format!("alpha {path}")));
    remarks.join("; ")
}

/// The served rows in alphabetic order.
fn served() -> Vec<&'static Row> {
    let mut rows: Vec<_> = rows().filter(|row| row.is_served()).collect();
    rows.sort_by_key(|row| row.flag);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_names_every_served_option_and_nothing_else() {
        let text = usage();
        for row in rows() {
            let listed = text
                .lines()
                .any(|line| line.strip_prefix("  --").is_some_and(|line| line.split(' ').next() == Some(row.flag)));
            assert_eq!(listed, row.is_served(), "{}", row.flag);
        }
    }

    #[test]
    fn help_of_an_option_leans_on_no_other_that_stands_elsewhere_in_the_alphabet() {
        let leaning = ["The same", " above", "options below", "those users", "those headers", "that listener"];
        for row in served() {
            let found = leaning.iter().find(|words| row.help.contains(*words));
            assert_eq!(found, None, "{}: {}", row.flag, row.help);
        }
    }

    #[test]
    fn help_says_what_else_is_to_know_of_an_option() {
        let text = usage();
        let line = |flag: &str| {
            let found = text.split("\n  --").find(|line| line.split_whitespace().next() == Some(flag));
            found.unwrap_or_else(|| panic!("{flag}")).to_owned()
        };
        assert!(line("cookie-expire").contains("(default 168h0m0s)"));
        assert!(line("github-token").contains("(secret; alpha providers[0].githubConfig.token)"));
        assert!(line("skip-auth-regex").contains("(repeats; deprecated: use skip-auth-route)"));
        assert!(line("skip-auth-preflight").ends_with("without a session"));
    }
}
