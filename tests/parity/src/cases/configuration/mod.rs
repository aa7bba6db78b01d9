//! Every option of the original, by every source, with values that are sound and values that are none, and every two
//! sources against each other.

use sidecar_config::{ENVIRONMENT_PREFIX, Kind, Row};

use crate::startup::{Attempt, SOUND, with};
use crate::verdict::row;

mod alpha;
mod rules;

pub use alpha::all as alpha;
pub use rules::{ENDPOINTS, Start, all as rules, listeners, starts};

const VALUES: &str = include_str!("options.txt");
const CA: &str = include_str!("ca.pem");
const KEY: &str = include_str!("key.pem");
/// A certificate for nobody and the key that it was made for.
pub const CERTIFICATE: &str = include_str!("tls.crt");
/// See [`CERTIFICATE`].
pub const CERTIFIED_KEY: &str = include_str!("tls.key");

/// Values of one option.
#[derive(Debug, Clone)]
pub struct Values {
    /// Its flag.
    pub flag: &'static str,
    key: &'static str,
    kind: Kind,
    good: &'static str,
    other: &'static str,
    bad: &'static str,
    beside: Vec<&'static str>,
    row_of_bad: Option<&'static str>,
}

/// Values of the option `flag`: those of its line in `options.txt`, else those that its kind says.
///
/// # Panics
/// It is a text or a list without a line.
#[must_use]
pub fn values(flag: &'static str) -> Option<Values> {
    let row: &Row = row(flag);
    let key = row.key?;
    let line = VALUES.lines().find(|line| line.split(" | ").next() == Some(flag));
    let mut cells = line.unwrap_or_default().split('|').skip(1).map(str::trim);
    let mut cell = || cells.next().unwrap_or_default();
    let (good, other, bad) = match (line, row.kind) {
        (Some(_), _) => (cell(), cell(), cell()),
        (None, Kind::Bool) => ("true", "false", "maybe"),
        (None, Kind::Int) => ("3", "0x10", "many"),
        (None, Kind::Duration) => ("90m", "2h30m", "soon"),
        (None, kind) => panic!("options.txt has no line for {flag}, a {}", kind.name()),
    };
    let beside = cell().split(' ').filter(|flag| !flag.is_empty()).collect();
    let row_of_bad = Some(cell()).filter(|row| !row.is_empty());
    Some(Values { flag, key, kind: row.kind, good, other, bad, beside, row_of_bad })
}

/// The options that have a line in `options.txt`, each by each source.
#[must_use]
pub fn listed() -> Vec<Attempt> {
    let flags = VALUES.lines().filter_map(|line| line.split(" | ").next()).filter(|flag| !flag.starts_with('#'));
    flags.filter_map(values).flat_map(|values| values.by_each_source()).collect()
}

/// Why ours refuses an empty flag that the original takes.
fn row_of_nothing(flag: &str) -> Option<&'static str> {
    match flag {
        "allowed-group"
        | "allowed-role"
        | "entra-id-allowed-tenant"
        | "github-org"
        | "github-repo"
        | "github-team"
        | "github-user" => Some("D60"),
        "session-store-type" | "oidc-jwks-url" | "oidc-public-key-file" | "tls-cert-file" | "tls-key-file" => {
            Some("D35")
        }
        "proxy-prefix" | "request-id-header" => Some("P12"),
        _ => None,
    }
}

/// Why the structured configurations that the programs make of an attempt differ: the beginning of its name, the row
/// of `docs/compatibility.md`.
pub const CONVERTED_OTHERWISE: &[(&str, &str)] = &[("set-xauthrequest", "D38"), ("everything for the app", "D38")];

/// Differences that are not mended yet: the beginning of an attempt's name, and what is wrong. One that no longer
/// shows fails the run.
pub const OPEN: &[(&str, &str)] = &[];

/// Where a value is written.
#[derive(Debug, Clone, Copy)]
enum From {
    Flag,
    Variable,
    File,
}

impl Values {
    /// Attempts with one source.
    #[must_use]
    pub fn by_each_source(&self) -> Vec<Attempt> {
        let mut attempts = Vec::new();
        for from in [From::Flag, From::Variable, From::File] {
            let name = |what: &str| format!("{} by {from:?}, {what}", self.flag);
            attempts.push(self.written(self.empty(name("one value")), from, self.good));
            attempts.push(self.written(self.empty(name("another value")), from, self.other));
            if !self.bad.is_empty() {
                let mut attempt = self.written(self.empty(name("a value that is none")), from, self.bad);
                attempt.row = self.row_of_bad.map(str::to_owned);
                attempts.push(attempt);
            }
        }
        attempts
    }

    /// Attempts with two sources, the weaker of which has a value that is none where there is such a value.
    #[must_use]
    pub fn by_two_sources(&self) -> Vec<Attempt> {
        let weaker = if self.bad.is_empty() { self.other } else { self.bad };
        let two = |strong: (From, &str), weak: (From, &str)| {
            let name = format!("{} by {:?} over {:?}", self.flag, strong.0, weak.0);
            self.written(self.written(self.empty(name), strong.0, strong.1), weak.0, weak.1)
        };
        let mut attempts = vec![
            two((From::Flag, self.good), (From::Variable, weaker)),
            two((From::Variable, self.good), (From::File, weaker)),
            two((From::Flag, self.good), (From::File, weaker)),
        ];
        let mut empty = two((From::Variable, ""), (From::File, self.good));
        empty.name = format!("{} by an empty Variable over File", self.flag);
        attempts.push(empty);
        if matches!(self.kind, Kind::Text | Kind::List) && !SOUND.iter().any(|flag| flag.starts_with(&self.dashed())) {
            let mut empty = two((From::Flag, ""), (From::Variable, self.good));
            empty.name = format!("{} by an empty Flag over Variable", self.flag);
            empty.row = row_of_nothing(self.flag).map(str::to_owned);
            attempts.push(empty);
        }
        attempts
    }

    fn dashed(&self) -> String {
        format!("--{}=", self.flag)
    }

    fn empty(&self, name: String) -> Attempt {
        let mut attempt = with(name, &[]).without(&[&format!("--{}", self.flag)]).about(self.flag);
        for beside in &self.beside {
            match beside.strip_prefix("--") {
                Some(_) => attempt.arguments.push((*beside).to_owned()),
                None => attempt.without.push(format!("-{beside}")),
            }
        }
        let files = [
            ("ca.pem", CA),
            ("key.pem", KEY),
            ("tls.crt", CERTIFICATE),
            ("tls.key", CERTIFIED_KEY),
            ("secret", "marked-secret"),
            ("secret32", "marked-cookie-secret-32-bytes-ok"),
            ("users", "alice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n"),
            ("emails", "alice@example.com\n"),
        ];
        files.iter().fold(attempt, |attempt, (name, content)| attempt.beside(name, content))
    }

    fn written(&self, mut attempt: Attempt, from: From, value: &str) -> Attempt {
        match from {
            From::Flag => attempt.arguments.push(format!("{}{value}", self.dashed())),
            From::Variable => {
                attempt = attempt.env(&format!("{ENVIRONMENT_PREFIX}{}", self.key.to_uppercase()), value);
            }
            From::File => attempt = attempt.file(format!("{} = {}\n", self.key, self.toml(value))),
        }
        attempt
    }

    fn toml(&self, value: &str) -> String {
        let quoted = |text: &str| format!("{text:?}");
        let bare = value.parse::<i64>().is_ok() || value == "true" || value == "false";
        if self.kind == Kind::List {
            return format!("[{}]", value.split(',').map(quoted).collect::<Vec<_>>().join(", "));
        }
        let as_it_is = bare && !matches!(self.kind, Kind::Text | Kind::Duration);
        if as_it_is { value.to_owned() } else { quoted(value) }
    }
}
