//! The reference of the options, `docs/reference/options.md`.

use std::fmt::Write as _;

use sidecar_config::{Kind, Row, Secrecy, rows};

/// What stands above the table.
const HEAD: &str = "\
# Options

Made by `cargo xtask docs` from the option table in `crates/config/src/table.rs`.

An option is a flag (`--flag=value`), an environment variable and a key of the TOML file that `--config` names; the first
of the three that has it counts. An empty variable counts as absent. Lists are repeated flags or `a,b`, `a,b` in a variable,
`[\"a\", \"b\"]` in the file. Durations are written like `90s`, `15m` or `1h30m`. The values of those marked secret are never
repeated in a message.

The last line of a description is the option's place in the structured configuration of oauth2-proxy, where it has one: `…[]` is
a part of each entry of a list.

| flag | variable and key | type | default | |
| --- | --- | --- | --- | --- |
";

/// The reference, as Markdown.
pub(crate) fn reference() -> String {
    let mut text = HEAD.to_owned();
    for row in served() {
        let name = row.kind.name();
        let default = if row.default.is_empty() { String::new() } else { format!("`{}`", row.default) };
        let _ = writeln!(text, "| `--{}` | {} | {name} | {default} | {} |", row.flag, names(row), description(row));
    }
    text.push_str("\n## Known, not served yet\n\nAny other value than the default is refused at start.\n\n");
    let mut later: Vec<_> = rows().filter(|row| !row.is_served()).map(|row| format!("`--{}`", row.flag)).collect();
    later.sort();
    let _ = writeln!(text, "{}", if later.is_empty() { "None.".to_owned() } else { later.join(", ") });
    text
}

/// The served rows in alphabetic order.
pub(crate) fn served() -> Vec<&'static Row> {
    let mut rows: Vec<_> = rows().filter(|row| row.is_served()).collect();
    rows.sort_by_key(|row| row.flag);
    rows
}

/// Whether the flag may be given more than once, each adding to what was given.
pub(crate) fn repeats(row: &Row) -> bool {
    row.kind == Kind::List
}

fn names(row: &Row) -> String {
    let (Some(key), Some(variable)) = (row.key, row.variable()) else {
        return "flag only".to_owned();
    };
    let alias = row.alias.map_or(String::new(), |alias| format!("<br>or `{alias}`"));
    format!("`{variable}`<br>`{key}`{alias}")
}

fn description(row: &Row) -> String {
    let mut text = format!("{}.", cell(row.help));
    if row.secrecy == Secrecy::Secret {
        text.push_str(" Secret.");
    }
    if repeats(row) {
        text.push_str(" Repeats.");
    }
    if let Some(remark) = row.deprecated {
        let _ = write!(text, " **Deprecated:** {}.", cell(remark));
    }
    if let Some(path) = row.alpha {
        let _ = write!(text, "<br>`{path}`");
    }
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
    fn the_reference_has_one_line_of_five_cells_for_each_served_option() {
        let text = reference();
        for row in served() {
            let lines: Vec<_> =
                text.lines().filter(|line| line.starts_with(&format!("| `--{}` |", row.flag))).collect();
            assert_eq!(lines.len(), 1, "{}", row.flag);
            assert_eq!(lines[0].replace("\\|", "").matches('|').count(), 6, "{}", row.flag);
        }
    }

    #[test]
    fn an_option_says_its_older_name_its_secrecy_and_its_structured_path() {
        let text = reference();
        let line = |flag: &str| text.lines().find(|line| line.starts_with(&format!("| `--{flag}` |"))).expect("a line");
        assert!(
            line("client-secret").contains("Secret.") && line("client-secret").contains("`providers[0].clientSecret`")
        );
        assert!(line("skip-auth-regex").contains("Repeats. **Deprecated:** use skip-auth-route."));
    }
}
