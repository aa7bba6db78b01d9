use proptest::prelude::*;

use super::*;
use crate::arguments::{CommandLine, strict};
use crate::file::Document;
use crate::table::rows;

/// The three sources of a test.
#[derive(Default)]
struct Sources<'a> {
    flags: &'a [&'a str],
    environment: &'a [(&'a str, &'a str)],
    file: &'a str,
}

impl Sources<'_> {
    fn merge(&self) -> Merged {
        let arguments: Vec<String> = self.flags.iter().map(|flag| (*flag).to_owned()).collect();
        let flags = match strict(&arguments).expect("a command line in order") {
            CommandLine::Flags(flags) => flags,
            CommandLine::Help => Vec::new(),
        };
        let variables: Vec<_> =
            self.environment.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect();
        let file = Document::parse("a.cfg".as_ref(), self.file.as_bytes()).expect("TOML");
        merge(&flags, &Environment::new(&variables), &file.entries)
    }

    /// The options, when nothing is wrong with them.
    fn options(&self) -> Options {
        let merged = self.merge();
        assert_eq!(merged.faults, []);
        merged.options
    }

    /// What is wrong, one line per fault.
    fn faults(&self) -> Vec<String> {
        self.merge().faults.iter().map(ToString::to_string).collect()
    }
}

#[test]
fn the_first_of_flag_environment_and_file_counts() {
    let flag: &[&str] = &["--scope=flag"];
    let environment: &[(&str, &str)] = &[("OAUTH2_PROXY_SCOPE", "environment")];
    let file = "scope = 'file'";
    let from_file = Source::File { path: "a.cfg".into(), line: 1, column: 9 };
    let from_environment = Source::Environment("OAUTH2_PROXY_SCOPE".to_owned());
    for (sources, value, source) in [
        (Sources { flags: flag, environment, file }, "flag", Source::Flag),
        (Sources { flags: flag, environment, file: "" }, "flag", Source::Flag),
        (Sources { flags: flag, environment: &[], file }, "flag", Source::Flag),
        (Sources { flags: flag, ..Sources::default() }, "flag", Source::Flag),
        (Sources { flags: &[], environment, file }, "environment", from_environment.clone()),
        (Sources { flags: &[], environment, file: "" }, "environment", from_environment),
        (Sources { file, ..Sources::default() }, "file", from_file.clone()),
        (Sources::default(), "", Source::Default),
        // An empty variable is absent, an empty flag is not.
        (Sources { flags: &[], environment: &[("OAUTH2_PROXY_SCOPE", "")], file }, "file", from_file),
        (Sources { flags: &["--scope="], environment, file }, "", Source::Flag),
    ] {
        let scope = sources.options().scope;
        assert_eq!((scope.value.as_str(), scope.source), (value, source));
    }
}

#[test]
fn lists_replace_each_other_as_a_whole() {
    let environment: &[(&str, &str)] = &[("OAUTH2_PROXY_EMAIL_DOMAINS", "b, c,")];
    let file = "email_domains = ['d,e', 'f']";
    let domains = |sources: Sources<'_>| sources.options().email_domains.value;
    assert_eq!(domains(Sources { flags: &["--email-domain=a"], environment, file }), ["a"]);
    assert_eq!(domains(Sources { flags: &[], environment, file }), ["b", " c", ""]);
    assert_eq!(domains(Sources { file, ..Sources::default() }), ["d,e", "f"]);
    assert_eq!(domains(Sources { flags: &["--email-domain="], environment, file }), Vec::<String>::new());
}

#[test]
fn a_switch_that_is_on_is_switched_off_by_each_source() {
    assert!(Sources::default().options().cookie_secure.value);
    for sources in [
        Sources { flags: &["--cookie-secure=false"], ..Sources::default() },
        Sources { environment: &[("OAUTH2_PROXY_COOKIE_SECURE", "F")], ..Sources::default() },
        Sources { file: "cookie_secure = false", ..Sources::default() },
        Sources { file: "cookie_secure = 0", ..Sources::default() },
        Sources { file: "cookie_secure = ''", ..Sources::default() },
    ] {
        assert!(!sources.options().cookie_secure.value);
    }
}

#[test]
fn unknown_variables_are_ignored_and_names_are_case_sensitive() {
    let environment: &[(&str, &str)] = &[
        ("OAUTH2_PROXY_EMAIL_DOMAIN", "a"),
        ("OAUTH2_PROXY_CONFIG", "/nonsense"),
        ("OAUTH2_PROXY_NONSENSE", "a"),
        ("oauth2_proxy_scope", "a"),
        ("SCOPE", "a"),
    ];
    let options = Sources { environment, ..Sources::default() }.options();
    assert!(!options.email_domains.is_set() && !options.scope.is_set());
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf_8_is_a_fault_only_where_it_is_ours() {
    use std::os::unix::ffi::OsStringExt as _;
    let raw = || OsString::from_vec(vec![0xff]);
    let variables = [(OsString::from("OAUTH2_PROXY_SCOPE"), raw()), (OsString::from("PATH"), raw()), (raw(), raw())];
    let merged = merge(&Vec::new(), &Environment::new(&variables), &[]);
    let faults: Vec<_> = merged.faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        faults,
        ["scope (environment variable OAUTH2_PROXY_SCOPE): the value is not UTF-8, not a string; write it in quotes"]
    );
}

#[test]
fn keys_of_the_file_are_found_without_regard_to_case() {
    assert_eq!(Sources { file: "SCOPE = 'a'", ..Sources::default() }.options().scope.value, "a");
    assert_eq!(
        Sources { file: "SCOPE = 'a'\nscope = 'b'", ..Sources::default() }.faults(),
        ["scope (a.cfg:2:1): is there twice, in different spellings; keep one"]
    );
}

#[test]
fn every_unknown_key_and_every_bad_value_is_reported_at_once() {
    let file = "upstream = 'http://a'\nlogging-max-age = 7\n[server]\nBindAddress = 'a'\n[frobnicate.x]\ny = 1\n";
    let environment: &[(&str, &str)] =
        &[("OAUTH2_PROXY_COOKIE_EXPIRE", "7d"), ("OAUTH2_PROXY_COOKIE_SECURE", "maybe\u{1b}[31m")];
    assert_eq!(
        Sources { flags: &[], environment, file }.faults(),
        [
            "upstream (a.cfg:1:1): unknown key; did you mean upstreams?",
            "logging-max-age (a.cfg:2:1): unknown key; did you mean logging_max_age?",
            "server (a.cfg:3:2): unknown key; leave it out",
            "frobnicate (a.cfg:5:2): unknown key; leave it out",
            "cookie-expire (environment variable OAUTH2_PROXY_COOKIE_EXPIRE): \"7d\" is not a duration; write a number \
             and a unit, as in 90s, 15m or 1h30m",
            "cookie-secure (environment variable OAUTH2_PROXY_COOKIE_SECURE): \"maybe\\u{1b}[31m\" is not a boolean; \
             write true or false",
        ]
    );
}

#[test]
fn a_value_of_the_wrong_type_is_not_quoted() {
    let file = "scope = ['a']\ncookie_expire = 1979-05-27\ncookie_secret = ['hunter2']\nemail_domains = [['x']]\n";
    assert_eq!(
        Sources { file, ..Sources::default() }.faults(),
        [
            "scope (a.cfg:1:9): the value is a list, not a single string; write it in quotes, without brackets",
            "email-domain (a.cfg:4:17): the value is a list, not a single string; write it in quotes, without brackets",
            "cookie-secret (a.cfg:3:17): the value is a list, not a single string; write it in quotes, without brackets",
            "cookie-expire (a.cfg:2:17): the value is a date or time, not a duration; write it like \"1h30m\"",
        ]
    );
}

#[test]
fn what_is_shadowed_is_not_looked_at() {
    let sources = Sources { flags: &["--cookie-expire=1h"], file: "cookie_expire = 'soon'", environment: &[] };
    assert_eq!(sources.options().cookie_expire.value.to_string(), "1h0m0s");
}

#[test]
fn a_bare_number_for_a_duration_is_nanoseconds_and_said_to_be() {
    let merged = Sources { file: "cookie_refresh = 3600", ..Sources::default() }.merge();
    assert_eq!(merged.options.cookie_refresh.value.as_nanos(), 3600);
    let warnings: Vec<_> = merged.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        ["cookie-refresh (a.cfg:1:18): the bare number 3600 means 3600 nanoseconds; write \"3600s\" for seconds"]
    );
}

#[test]
fn an_option_that_is_not_served_is_refused_unless_it_has_its_default() {
    let file =
        "redis_password = 'hunter2'\nredis_connection_idle_timeout = 0\njwt_key_file = ''\ngoogle_group = ['g']\n";
    let flags: &[&str] =
        &["--redis-username=", "--google-use-organization-id=false", "--redis-connection-idle-timeout=0x0"];
    let environment: &[(&str, &str)] = &[("OAUTH2_PROXY_REDIS_USE_CLUSTER", "1")];
    assert_eq!(
        Sources { flags, environment, file }.faults(),
        [
            "google-group (a.cfg:4:16): this version does not serve the groups of Google Workspace yet; leave it out",
            "redis-password (a.cfg:1:18): this version does not serve sessions in Redis yet; leave it out",
            "redis-use-cluster (environment variable OAUTH2_PROXY_REDIS_USE_CLUSTER): this version does not serve \
             sessions in Redis yet; leave it out or at false",
        ]
    );
    assert_eq!(
        Sources { flags: &["--google-use-organization-id=maybe"], ..Sources::default() }.faults(),
        ["google-use-organization-id (command line): \"maybe\" is not a boolean; write true or false"]
    );
}

/// A value that every kind of option takes, other than any default.
fn unusual(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::List => "zzz",
        Kind::Bool | Kind::TextBool => "true",
        Kind::Int => "424242",
        Kind::Duration => "424242ns",
    }
}

#[test]
fn every_option_is_found_by_its_flag_its_variable_and_its_key() {
    for row in rows().filter(|row| row.key.is_some()) {
        let value = match (row.kind, row.default) {
            (Kind::Bool, "true") => "false",
            (kind, _) => unusual(kind),
        };
        let flag = format!("--{}={value}", row.flag);
        let variable = row.variable().expect("a key");
        let key = format!("{} = '{value}'", row.key.expect("a key"));
        let sources = [
            Sources { flags: &[&flag], ..Sources::default() },
            Sources { environment: &[(&variable, value)], ..Sources::default() },
            Sources { file: &key, ..Sources::default() },
        ];
        for sources in sources {
            let faults = sources.faults();
            if row.is_served() {
                assert_eq!(faults, Vec::<String>::new(), "{}", row.flag);
            } else {
                assert_eq!(faults.len(), 1, "{}: {faults:?}", row.flag);
                assert!(faults[0].starts_with(row.flag) && faults[0].contains("does not serve"), "{}", faults[0]);
                assert!(!faults[0].contains(value), "{}", faults[0]);
            }
        }
    }
}

proptest! {
    #[test]
    fn a_secret_is_never_repeated(secret in "[a-z]{8}[\"', \\\\][a-z]{8}") {
        let toml = secret.replace('\\', "\\\\").replace('"', "\\\"");
        for row in rows().filter(|row| row.secrecy == Secrecy::Secret) {
            let key = row.key.expect("every secret has a key");
            for file in [format!("{key} = \"{toml}\""), format!("{key} = [\"{toml}\", []]"), format!("{key} = [[\"{toml}\"]]")] {
                for fault in (Sources { file: &file, ..Sources::default() }).faults() {
                    prop_assert!(!fault.contains(&secret[..8]) && !fault.contains(&secret[9..]), "{fault}");
                }
            }
            let flag = format!("--{}={secret}", row.flag);
            if let Err(faults) = strict(&[flag]) {
                prop_assert!(!faults.to_string().contains(&secret[..8]), "{faults}");
            }
        }
    }
}
