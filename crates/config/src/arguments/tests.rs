use proptest::prelude::*;

use super::*;

fn arguments(line: &[&str]) -> Vec<String> {
    line.iter().map(|argument| (*argument).to_owned()).collect()
}

/// The flags of a command line that is in order.
fn flags(line: &[&str]) -> Vec<(&'static str, Vec<String>)> {
    match strict(&arguments(line)).expect("a command line in order") {
        CommandLine::Help => vec![("help", vec![])],
        CommandLine::Flags(flags) => flags.into_iter().map(|(row, given)| (row.flag, given)).collect(),
    }
}

/// What is wrong with a command line, one line per fault.
fn faults(line: &[&str]) -> Vec<String> {
    match strict(&arguments(line)) {
        Ok(_) => panic!("nothing is wrong with {line:?}"),
        Err(faults) => {
            assert_eq!(faults.exit_code(), 2);
            faults.list().iter().map(ToString::to_string).collect()
        }
    }
}

#[test]
fn a_value_follows_an_equals_sign_or_in_the_next_argument() {
    for line in [&["--scope=a b"][..], &["--scope", "a b"]] {
        assert_eq!(flags(line), [("scope", vec!["a b".to_owned()])]);
    }
    assert_eq!(flags(&["--scope", "--banner"]), [("scope", vec!["--banner".to_owned()])], "a hyphen does not matter");
    assert_eq!(flags(&["--scope="]), [("scope", vec![String::new()])]);
    assert_eq!(flags(&["--scope=a=b"]), [("scope", vec!["a=b".to_owned()])]);
}

#[test]
fn a_boolean_takes_no_value_from_the_next_argument() {
    assert_eq!(flags(&["--cookie-secure", "false"]), [("cookie-secure", vec!["true".to_owned()])]);
    assert_eq!(flags(&["--cookie-secure=false"]), [("cookie-secure", vec!["false".to_owned()])]);
    assert_eq!(flags(&["--cookie-secure=F"]), [("cookie-secure", vec!["F".to_owned()])]);
}

#[test]
fn a_text_boolean_always_takes_a_value() {
    let flag = "google-use-organization-id";
    assert_eq!(flags(&["--google-use-organization-id", "--scope"]), [(flag, vec!["--scope".to_owned()])]);
    assert_eq!(
        faults(&["--google-use-organization-id"]),
        ["google-use-organization-id (command line): needs a value; write --google-use-organization-id=VALUE"]
    );
}

#[test]
fn positional_arguments_and_what_follows_two_hyphens_are_ignored() {
    assert_eq!(flags(&["a", "--scope=x", "-", "", "--", "--nonsense"]), [("scope", vec!["x".to_owned()])]);
}

#[test]
fn occurrences_are_kept_in_order() {
    assert_eq!(
        flags(&["--email-domain=a", "--scope=1", "--email-domain=b", "--scope=2"]),
        [("email-domain", vec!["a".to_owned(), "b".to_owned()]), ("scope", vec!["1".to_owned(), "2".to_owned()])]
    );
}

#[test]
fn help_is_asked_for_in_two_ways() {
    for line in [&["--help"][..], &["-h"], &["-help"], &["--scope=x", "--help", "--nonsense"]] {
        assert_eq!(flags(line), [("help", vec![])], "{line:?}");
    }
}

#[test]
fn everything_wrong_with_a_command_line_is_reported_at_once() {
    assert_eq!(
        faults(&[
            "--client_id=x",
            "--conf=y",
            "--frobnicate",
            "-version",
            "-psecret",
            "--=z",
            "--cookie-secure=maybe",
            "--cookie-expire=7d",
            "--email-domain=a\"b",
            "--redis-connection-idle-timeout=ten",
            "--config-test=perhaps",
            "--scope",
        ]),
        [
            "--client_id (command line): unknown flag; did you mean --client-id?",
            "--conf (command line): unknown flag; --help lists all flags",
            "--frobnicate (command line): unknown flag; --help lists all flags",
            "-version (command line): there are no short flags; write --version",
            "-p (command line): there are no short flags; flags begin with two hyphens",
            "-- (command line): a flag without a name; write --name=value",
            "cookie-secure (command line): \"maybe\" is not a boolean; write true or false",
            "cookie-expire (command line): \"7d\" is not a duration; write a number and a unit, as in 90s, 15m or 1h30m",
            "email-domain (command line): \"a\\\"b\" has a quote inside an unquoted element; put the whole element in \
             quotes and double the quotes in it",
            "redis-connection-idle-timeout (command line): \"ten\" is not an integer; write decimal digits",
            "config-test (command line): \"perhaps\" is not a boolean; write true or false",
            "scope (command line): needs a value; write --scope=VALUE",
        ]
    );
}

#[test]
fn a_secret_is_not_repeated_when_its_flag_is_wrong() {
    let said = faults(&["--cookie-secret-previous=hunter\"2", "--client-secretx=hunter3", "-client-secret=hunter4"]);
    assert_eq!(said.len(), 3);
    assert!(said.iter().all(|line| !line.contains("hunter")), "{said:?}");
}

#[test]
fn the_lenient_parse_sees_modes_in_the_midst_of_anything() {
    for line in [
        &["--version"][..],
        &["--frobnicate", "x", "--version"],
        &["--scope", "--version"],
        &["-x", "value", "--version=true"],
        &["one", "--version=1", "--config-test=perhaps"],
    ] {
        assert!(modes(&arguments(line)).version, "{line:?}");
    }
    for line in [
        &["--version=false"][..],
        &["--", "--version"],
        &["--help", "--version"],
        &["--config-test=perhaps", "--version"],
        &["--version=x"],
    ] {
        assert!(!modes(&arguments(line)).version, "{line:?}");
    }
}

#[test]
fn an_unknown_flag_takes_the_next_argument_with_it_in_the_lenient_parse() {
    let found =
        modes(&arguments(&["--footer", "--config-test", "--scope", "x", "--config", "a.cfg", "--config=b.cfg"]));
    assert_eq!(found, Modes { config_test: true, config: "b.cfg".to_owned(), ..Modes::default() });
}

#[test]
fn nothing_that_a_terminal_would_obey_is_shown() {
    for line in ["-\u{1b}[2J", "--\u{1b}[2J=x", "--scop\u{7}e"] {
        let said = faults(&[line]);
        assert!(!said.is_empty() && !said.iter().any(|line| line.contains(char::is_control)), "{said:?}");
    }
}

proptest! {
    #[test]
    fn any_command_line_gives_flags_or_faults(
        line in prop::collection::vec("(-{0,3})(scope|cookie-secure|config|h|x|\\PC{0,6})(=\\PC{0,6})?", 0..6),
    ) {
        let _modes = modes(&line);
        drop(strict(&line));
    }
}
