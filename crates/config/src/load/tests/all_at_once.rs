//! Nothing that cannot be read hides what is wrong elsewhere.

use super::*;

/// What the faults begin with, in order.
#[track_caller]
fn assert_begin(start: &Start, stage: Stage, beginnings: &[&str]) {
    let faults = start.faults();
    assert_eq!(faults.len(), beginnings.len(), "{faults:#?}");
    for (fault, beginning) in faults.iter().zip(beginnings) {
        assert!(fault.starts_with(beginning), "{fault} does not begin with {beginning}");
    }
    assert_eq!(start.load().expect_err("faults").stage(), stage);
}

#[test]
fn a_flag_that_cannot_be_read_hides_no_other_fault_and_the_status_stays_that_of_the_command_line() {
    let start = Start::minimal().with("COOKIE_SAMESITE", "sometimes").with("CLIENT_ID", "");
    let file = start.file("a.cfg", "cookie_nam = 'x'\n");
    let start = start.flag("--clinet-id=app").flag("--cookie-expire=soon").flag("--config").flag(&file);
    // The client id is not said to be missing: somebody meant to write it.
    assert_begin(
        &start,
        Stage::CommandLine,
        &["--clinet-id (", "cookie-expire (", "cookie_nam (DIR/a.cfg:1:1)", "cookie-samesite ("],
    );
}

#[test]
fn a_file_that_is_no_toml_or_is_not_there_hides_no_other_fault() {
    let start = Start::minimal().with("COOKIE_SAMESITE", "sometimes").with("EMAIL_DOMAINS", "");
    let file = start.file("a.cfg", "email_domains = [\n");
    let broken = start.flag("--config").flag(&file);
    assert_begin(&broken, Stage::Configuration, &["config (DIR/a.cfg:", "cookie-samesite ("]);
    let absent = Start::minimal().with("COOKIE_SAMESITE", "sometimes").flag("--config=/nowhere/a.cfg");
    assert_begin(&absent, Stage::Configuration, &["config (command line): cannot read", "cookie-samesite ("]);
}

#[test]
fn a_structured_file_that_cannot_be_read_and_flags_that_it_replaces_hide_no_other_fault() {
    let core = || {
        Start::empty()
            .with("COOKIE_SECRET", "0123456789abcdef")
            .with("EMAIL_DOMAINS", "*")
            .with("COOKIE_SAMESITE", "sometimes")
    };
    let start = core();
    let file = start.file("a.yaml", "providers: [\n");
    let start = start.flag("--alpha-config").flag(&file);
    assert_begin(&start, Stage::Configuration, &["alpha-config (DIR/a.yaml:", "cookie-samesite ("]);
    let absent = core().flag("--alpha-config=/nowhere/a.yaml");
    assert_begin(&absent, Stage::Configuration, &["alpha-config (command line): cannot read", "cookie-samesite ("]);
    let start = core();
    let file = start.file("a.yaml", "providers:\n- id: p\n  colour: red\n");
    let start = start.flag("--alpha-config").flag(&file).flag("--client-id=x");
    let beginnings = ["client-id (command line): --client-id cannot stand", "providers[0].colour", "cookie-samesite ("];
    assert_begin(&start, Stage::CommandLine, &beginnings);
}

#[test]
fn the_mark_below_a_list_is_below_the_element_that_is_meant() {
    let start = Start::minimal().with("EMAIL_DOMAINS", "");
    let toml = "trusted_ips = ['10.0.0.1', '10.0.0.300']\nemail_domains = [\n  'example.com',\n  '',\n  '@x',\n]\n\
                upstreams = ['http://user:marked@a/', 'ftp://b']\n";
    let file = start.file("a.cfg", toml);
    let start = start.flag("--config").flag(&file);
    let faults = start.load().expect_err("faults").to_string();
    for shown in [
        "a.cfg:1:28)",
        "1 | trusted_ips = ['10.0.0.1', '10.0.0.300']\n        |                            ^^^^^^^^^^^^",
        "a.cfg:4:3)",
        "a.cfg:5:3)",
        "5 |   '@x'\n        |   ^^^^",
        "a.cfg:7:39)",
    ] {
        assert!(faults.contains(shown), "{shown}\nin\n{faults}");
    }
    assert!(!faults.contains("marked"), "{faults}");
}
