//! What people read about the options: `--help`, and the reference in `docs/`.

use std::fmt::Write as _;

use crate::row::{ENVIRONMENT_PREFIX, Row, Secrecy};
use crate::table::rows;
use crate::value::Kind;

/// The widest column of names in the usage text; longer ones get a line of their own.
const NAMES: usize = 38;

/// The text of `--help`.
#[must_use]
pub fn usage() -> String {
    let mut text = String::from(
        "oauth2-sidecar: the login proxy that runs beside an app in its pod\n\n\
         Usage: oauth2-sidecar [--FLAG[=VALUE]]...\n\n\
         Each option but the first three is also a key of the TOML file that --config names, and an environment\n\
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
    let default = match (row.kind, row.default) {
        (_, "") | (Kind::Bool, "false") => String::new(),
        (_, default) => format!(" (default {default})"),
    };
    let help = row.help;
    let _ = if name.len() < NAMES {
        writeln!(text, "{name:NAMES$}{help}{default}")
    } else {
        writeln!(text, "{name}\n{:NAMES$}{help}{default}", "")
    };
}

/// The served rows in alphabetic order.
fn served() -> Vec<&'static Row> {
    let mut rows: Vec<_> = rows().filter(|row| row.is_served()).collect();
    rows.sort_by_key(|row| row.flag);
    rows
}

/// The reference of the served options, as Markdown.
#[must_use]
pub fn reference() -> String {
    let mut text = String::from(
        "# Options\n\n\
         Made from the option table by the test `the_reference_is_current`; `UPDATE=1 cargo test -p sidecar-config`\n\
         writes it again.\n\n\
         An option is a flag (`--flag=value`), an environment variable and a key of the TOML file that `--config` names;\n\
         the first of the three that has it counts. An empty variable counts as absent. Lists are repeated flags or\n\
         `a,b`, `a,b` in a variable, `[\"a\", \"b\"]` in the file. Durations are written like `90s`, `15m` or `1h30m`.\n\n\
         | flag | variable and key | type | default | |\n| --- | --- | --- | --- | --- |\n",
    );
    for row in served() {
        let key = match row.key {
            Some(key) => format!("`{ENVIRONMENT_PREFIX}{}`<br>`{key}`", key.to_ascii_uppercase()),
            None => "flag only".to_owned(),
        };
        let default = if row.default.is_empty() { String::new() } else { format!("`{}`", row.default) };
        let secret = if row.secrecy == Secrecy::Secret { " Secret." } else { "" };
        let _ = writeln!(
            text,
            "| `--{}` | {key} | {} | {default} | {}.{secret} |",
            row.flag,
            row.kind.name(),
            cell(row.help)
        );
    }
    text.push_str("\n## Known, not served yet\n\nAny other value than the default is refused at start.\n\n");
    let mut later: Vec<_> = rows().filter(|row| !row.is_served()).map(|row| format!("`--{}`", row.flag)).collect();
    later.sort();
    let _ = writeln!(text, "{}", later.join(", "));
    text
}

/// Text within a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
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
    fn the_reference_is_current() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/options.md");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("docs/reference");
            std::fs::write(&path, reference()).expect("the reference");
        }
        let current = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            current == reference(),
            "docs/reference/options.md is not current: UPDATE=1 cargo test -p sidecar-config"
        );
    }
}
