//! Cookie secrets of before (`cookie-secret-previous`, `cookie-secret-previous-file`).

use super::*;

const OLD: &str = "an old secret 16";
const OLDER: &str = "an older secr 16";

#[test]
fn older_secrets_open_sessions_and_logins_those_of_files_last_and_their_files_are_watched() {
    let start = Start::minimal();
    let file = start.file("older", OLDER);
    let config = start.with("COOKIE_SECRET_PREVIOUS", OLD).with("COOKIE_SECRET_PREVIOUS_FILE", &file).config();
    assert_eq!((config.sessions.previous_secrets.len(), config.logins.previous_secrets.len()), (2, 2));
    assert!(config.parts.contains(&file.into()), "{:?}", config.parts);
    let none = Start::minimal().config();
    assert!(none.sessions.previous_secrets.is_empty() && none.logins.previous_secrets.is_empty());
}

#[test]
fn an_older_secret_that_is_none_is_a_fault_that_does_not_repeat_it() {
    let start = Start::minimal();
    let file = start.file("older", "marked");
    let start = start
        .with("COOKIE_SECRET_PREVIOUS", "marked-short")
        .with("COOKIE_SECRET_PREVIOUS_FILE", &format!("{file},/nowhere/secret,"));
    let faults = start.faults();
    let option = "cookie-secret-previous-file (environment variable OAUTH2_PROXY_COOKIE_SECRET_PREVIOUS_FILE): ";
    let said = [
        "cookie-secret-previous (environment variable OAUTH2_PROXY_COOKIE_SECRET_PREVIOUS): older secret 1 must be 16",
        &format!("{option}has an empty element"),
        &format!("{option}the content of \"DIR/older\" must be 16"),
        &format!("{option}cannot read \"/nowhere/secret\""),
    ];
    assert_eq!(faults.len(), said.len(), "{faults:?}");
    for (fault, said) in faults.iter().zip(said) {
        assert!(fault.starts_with(said) && !fault.contains("marked"), "{fault}");
    }
}

#[test]
fn an_older_secret_that_anybody_can_guess_is_told_for_it_still_opens() {
    let start = Start::minimal().with("COOKIE_SECRET_PREVIOUS", "aaaaaaaaaaaaaaaa");
    assert!(start.warnings().iter().any(|line| line.starts_with("cookie-secret-previous (")), "{:?}", start.warnings());
}
