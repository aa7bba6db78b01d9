//! What an operator is told about a configuration that is wrong, whichever source it was written in.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;

use proptest::prelude::*;
use sidecar_config::{Command, FaultCode, Faults, Kind, Row, Secrecy, Source, load, rows};
use tempfile::TempDir;

/// What a start needs, by flag.
const SOUND: [(&str, &str); 6] = [
    ("provider", "oidc"),
    ("oidc-issuer-url", "https://idp.example.com"),
    ("client-id", "app"),
    ("client-secret", "a-client-secret"),
    ("cookie-secret", "0123456789abcdef"),
    ("email-domain", "example.com"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Flag,
    Environment,
    File,
}

const PLACES: [Place; 3] = [Place::Flag, Place::Environment, Place::File];

/// What is written in the three sources.
#[derive(Default)]
struct Written {
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    toml: String,
}

impl Written {
    /// A start that is in order, but for the options named.
    fn sound(without: &[&str]) -> Self {
        let mut written = Self::default();
        for (flag, value) in SOUND.iter().filter(|(flag, _)| !without.contains(flag)) {
            written.put(Place::Environment, row(flag), &[(*value).to_owned()]);
        }
        written
    }

    /// Prints an option as `place` writes it.
    fn put(&mut self, place: Place, row: &Row, values: &[String]) {
        match place {
            Place::Flag => self.arguments.extend(values.iter().map(|value| format!("--{}={value}", row.flag).into())),
            Place::Environment => {
                self.environment.push((row.variable().expect("a variable").into(), values.join(",").into()));
            }
            Place::File => {
                let texts: Vec<String> = values.iter().map(|value| toml_text(value)).collect();
                let value = match (row.kind, texts.as_slice()) {
                    (Kind::List, texts) => format!("[{}]", texts.join(", ")),
                    (Kind::Bool | Kind::TextBool | Kind::Int, _) => values.concat(),
                    (_, texts) => texts.concat(),
                };
                self.line(&format!("{} = {value}", row.key.expect("a key")));
            }
        }
    }

    fn line(&mut self, line: &str) {
        writeln!(self.toml, "{line}").expect("a text takes every line");
    }

    fn load(&self) -> Result<Command, Faults> {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("a.cfg");
        fs::write(&path, &self.toml).expect("a file");
        let mut arguments = self.arguments.clone();
        arguments.push(format!("--config={}", path.display()).into());
        load(&arguments, &self.environment)
    }

    fn faults(&self) -> Faults {
        self.load().expect_err("something is wrong")
    }
}

fn row(flag: &str) -> &'static Row {
    rows().find(|row| row.flag == flag).expect(flag)
}

fn toml_text(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// How to write what no option of this kind can be; `None` where that source can write nothing of the sort.
fn unreadable(kind: Kind, place: Place) -> Option<&'static str> {
    match (kind, place) {
        (Kind::Bool | Kind::TextBool, Place::File) => Some("\"perhaps\""),
        (Kind::Bool | Kind::TextBool, _) => Some("perhaps"),
        (Kind::Int, Place::File) => Some("\"ten\""),
        (Kind::Int, _) => Some("ten"),
        (Kind::Duration, Place::File) => Some("\"a day\""),
        (Kind::Duration, _) => Some("a day"),
        (Kind::Text | Kind::List, Place::File) => Some("1979-05-27"),
        (Kind::List, Place::Flag) => Some("a\"b"),
        _ => None,
    }
}

#[test]
fn a_value_that_cannot_be_read_is_reported_with_option_place_reason_and_remedy_for_every_row_and_source() {
    let mut seen = 0;
    for row in rows().filter(|row| row.key.is_some()) {
        for place in PLACES {
            let Some(bad) = unreadable(row.kind, place) else { continue };
            let mut written = Written::sound(&[row.flag]);
            match place {
                Place::File => written.line(&format!("{} = {bad}", row.key.expect("a key"))),
                Place::Flag | Place::Environment => written.put(place, row, &[bad.to_owned()]),
            }
            let faults = written.faults();
            let name = format!("{} by {place:?}: {faults}", row.flag);
            let fault = faults.list().iter().find(|fault| fault.subject == row.flag).expect(&name);
            assert_eq!(fault.code, FaultCode::Value, "{name}");
            assert!(!fault.reason.is_empty() && !fault.instead.is_empty(), "{name}");
            match (place, &fault.source) {
                (Place::Flag, Source::Flag) => {}
                (Place::Environment, Source::Environment(variable)) => {
                    assert_eq!(Some(variable), row.variable().as_ref());
                }
                (Place::File, Source::File { line: 1, column, .. }) => {
                    assert_eq!(*column, row.key.expect("a key").chars().count() + 4, "{name}");
                    let excerpt = fault.excerpt.as_ref().expect(&name).to_string();
                    assert!(excerpt.contains(&format!("1 | {} = ", row.key.expect("a key"))), "{name}");
                    assert_eq!(excerpt.contains(bad), row.secrecy == Secrecy::Open, "{name}");
                    assert!(faults.to_string().contains(&excerpt), "{name}");
                }
                _ => panic!("another place: {name}"),
            }
            seen += 1;
        }
    }
    assert!(seen > 300, "only {seen} were tried");
}

#[test]
fn a_value_that_its_option_cannot_be_is_refused_at_its_place_in_every_source() {
    for (flag, bad) in [
        ("cookie-samesite", "strickt"),
        ("code-challenge-method", "S265"),
        ("provider", "oidcc"),
        ("oidc-issuer-url", "ftp://idp.example.com"),
        ("redirect-url", "ftp://app.example.com"),
        ("upstream", "gopher://app"),
        ("skip-auth-route", "^/a(b"),
        ("skip-auth-regex", "^/a(b"),
        ("api-route", "[z-a]"),
        ("trusted-ip", "10.0.0.300"),
        ("trusted-proxy-ip", "10.0.0.0/33"),
        ("http-address", "https://127.0.0.1:1"),
        ("oidc-enabled-signing-alg", "RS255"),
        ("provider-ca-file", "/nowhere/ca.pem"),
        ("custom-sign-in-logo", "/nowhere/logo.png"),
        ("session-store-type", "memcached"),
        ("cookie-expire", "-1h"),
        ("sign-in-page-status", "404"),
        ("proxy-prefix", "oauth2"),
    ] {
        for place in PLACES {
            let row = row(flag);
            let mut written = Written::sound(&[flag]);
            written.put(place, row, &[bad.to_owned()]);
            let faults = written.load().expect_err(flag);
            let fault = faults.list().iter().find(|fault| fault.subject == flag).unwrap_or_else(|| panic!("{faults}"));
            let at_place = match &fault.source {
                Source::Flag => place == Place::Flag,
                Source::Environment(_) => place == Place::Environment,
                Source::File { line, .. } => place == Place::File && *line == 1 && fault.excerpt.is_some(),
                Source::Default => false,
            };
            assert!(at_place && !fault.reason.is_empty(), "{flag} by {place:?}: {faults}");
            assert_ne!(fault.code, FaultCode::Missing, "{flag} by {place:?}");
        }
    }
}

#[test]
fn a_proxy_that_cannot_be_used_is_a_fault_among_the_others_and_never_shown() {
    let mut written = Written::sound(&[]);
    written.environment.push(("HTTPS_PROXY".into(), "socks5://user:hunter2@proxy:1".into()));
    written.line("cookie_samesite = \"strickt\"");
    let faults = written.faults();
    let subjects: Vec<&str> = faults.list().iter().map(|fault| fault.subject.as_str()).collect();
    assert_eq!(subjects, ["cookie-samesite", "HTTPS_PROXY"]);
    assert!(!faults.to_string().contains("hunter2"), "{faults}");
}

#[test]
fn warnings_come_with_the_faults() {
    let mut written = Written::sound(&[]);
    written.line("cookie_refresh = 3600");
    written.line("cookie_samesite = \"strickt\"");
    let faults = written.faults();
    let warnings: Vec<String> = faults.warnings().iter().map(ToString::to_string).collect();
    assert!(warnings.iter().any(|warning| warning.starts_with("cookie-refresh (")), "{warnings:?}");
}

/// Something else that is wrong, so that there is a message.
fn break_another(written: &mut Written, place: Place) {
    let row = row("cookie-samesite");
    written.put(place, row, &["strickt".to_owned()]);
}

/// Lines of a file that try to hold a secret under `key` and fail, or have it where nobody looks for one.
fn broken_lines(key: &str, secret: &str) -> Vec<String> {
    let misspelt = format!("{key}x");
    vec![
        format!("{key} = {secret}"),
        format!("{key} = \"{secret}"),
        format!("{key} = '{secret}' {secret}"),
        format!("{key} = \"\"\"\n{secret}=\n"),
        format!("{key} = \"\"\"\n{secret}\n\"\"\""),
        format!("{key} = [\"{secret}\"]"),
        format!("{key} = {{ a = \"{secret}\" }}"),
        format!("{key} \"{secret}\""),
        format!("{key}: {secret}"),
        format!("{misspelt} = \"{secret}\""),
        format!("{misspelt} = \"{secret}\" # {secret}"),
        format!("{key} = \"{secret}\"\n{key} = \"{secret}\""),
        format!("upstreams = [\"http://user:{secret}@host:port/\"]"),
        format!("upstreams = \"http://user:{secret}@[host\" # {secret}"),
        format!("cookie_samesite = \"strickt\" # {secret}"),
    ]
}

/// Everything that may reach a terminal or a log.
fn said(written: &Written) -> String {
    match written.load() {
        Ok(Command::Run(config)) => {
            let warnings: String = config.warnings.iter().map(ToString::to_string).collect();
            format!("{config:?}{warnings}")
        }
        Ok(_) => String::new(),
        Err(faults) => {
            let lines: String = faults.list().iter().map(ToString::to_string).collect();
            format!("{faults}{lines}{faults:?}")
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_secret_is_never_said(secret in "Q[A-Za-z0-9]{23,40}Z", place in prop::sample::select(&PLACES[..]),
                              other in prop::sample::select(&PLACES[..])) {
        for row in rows().filter(|row| row.secrecy == Secrecy::Secret && row.key.is_some()) {
            for breaks in [false, true] {
                let mut written = Written::sound(&[row.flag]);
                written.put(place, row, std::slice::from_ref(&secret));
                if breaks {
                    break_another(&mut written, other);
                }
                prop_assert!(!said(&written).contains(&secret), "{} by {place:?}", row.flag);
            }
            for line in broken_lines(row.key.unwrap_or_default(), &secret) {
                let mut written = Written::sound(&[row.flag]);
                written.line(&line);
                prop_assert!(!said(&written).contains(&secret), "{}", line.replace(&secret, "SECRET"));
            }
            for argument in [format!("--{}x={secret}", row.flag), format!("-{}={secret}", row.flag)] {
                let mut written = Written::sound(&[]);
                written.arguments.push(argument.into());
                prop_assert!(!said(&written).contains(&secret), "{}", row.flag);
            }
        }
    }
}

/// Values for an option that all three sources can write.
fn values(kind: Kind) -> BoxedStrategy<Vec<String>> {
    let one = |strategy: BoxedStrategy<String>| strategy.prop_map(|value| vec![value]).boxed();
    match kind {
        Kind::Bool | Kind::TextBool => one(prop_oneof![Just("true".to_owned()), Just("false".to_owned())].boxed()),
        Kind::Int => one((-10_i64..100_000).prop_map(|number| number.to_string()).boxed()),
        Kind::Duration => one((0_u32..100_000).prop_map(|seconds| format!("{seconds}s")).boxed()),
        Kind::List => prop::collection::vec("[a-z0-9.*/^:-]{1,8}", 1..4).boxed(),
        Kind::Text | _ => one("[!-~]([ -~]{0,10}[!-~])?".boxed()),
    }
}

/// Some options with values, by flag.
fn chosen() -> impl Strategy<Value = BTreeMap<&'static str, Vec<String>>> {
    let free: Vec<(&'static str, Kind)> = rows()
        .filter(|row| row.key.is_some() && row.is_served() && SOUND.iter().all(|(flag, _)| *flag != row.flag))
        .map(|row| (row.flag, row.kind))
        .collect();
    let option =
        prop::sample::select(free).prop_flat_map(|(flag, kind)| values(kind).prop_map(move |given| (flag, given)));
    prop::collection::vec(option, 1..8).prop_map(|options| options.into_iter().collect())
}

/// What a configuration comes to, without the places it was written at and without the order of what has none.
fn meaning(written: &Written) -> Vec<String> {
    let mut words: Vec<String> = match written.load() {
        Ok(Command::Run(mut config)) => {
            config.warnings.clear();
            format!("{config:?}").split(|c: char| " ,{}()[]".contains(c)).map(str::to_owned).collect()
        }
        Ok(other) => vec![format!("{other:?}")],
        Err(faults) => faults.list().iter().map(|fault| format!("{} {}", fault.subject, fault.reason)).collect(),
    };
    words.sort();
    words
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_configuration_means_the_same_printed_as_flags_as_variables_and_as_a_file(options in chosen()) {
        let meanings = PLACES.map(|place| {
            let mut written = Written::sound(&[]);
            for (flag, given) in &options {
                written.put(place, row(flag), given);
            }
            meaning(&written)
        });
        prop_assert_eq!(&meanings[0], &meanings[1]);
        prop_assert_eq!(&meanings[0], &meanings[2]);
    }
}
