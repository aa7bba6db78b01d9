//! Where settings come from, which of them wins, and what is said about bad ones.

use sidecar_testkit::{App, Finished, Launch, Program, Provider, Which, place};

use crate::site::Site;

/// What it said on its way out.
fn said(finished: &Finished) -> String {
    format!("{}{}", finished.stdout, finished.stderr)
}

/// One line that has all of these parts.
fn assert_line(text: &str, parts: &[&str]) {
    let found = text.lines().any(|line| parts.iter().all(|part| line.contains(part)));
    assert!(found, "no line with {parts:?} in:\n{text}");
}

#[test]
fn every_fault_is_listed_at_once_with_its_option_its_place_and_a_reason() {
    let finished = Launch::new(Which::Ours)
        .config("upstreams = [\"ftp://127.0.0.1/\"]\ncookie_domain = \".example.com\"\nskip_provider_button = \"perhaps\"\n")
        .env("OAUTH2_PROXY_COOKIE_EXPIRE", "soon")
        .env("OAUTH2_PROXY_COOKIE_SAMESITE", "sometimes")
        .run();
    assert_eq!(finished.status.code(), Some(1), "{}", said(&finished));
    let text = said(&finished);
    // The line of the file is below the fault, with a mark, and below that what to write.
    assert_line(&text, &["cookie_domain", "oauth2_proxy.cfg:2:1", "unknown key", "[E-CONFIG-UNKNOWN]"]);
    assert!(
        text.contains("      2 | cookie_domain = …\n        | ^^^^^^^^^^^^^\n      did you mean cookie_domains?"),
        "{text}"
    );
    assert_line(&text, &["skip-provider-button", "oauth2_proxy.cfg:3:24", "[E-CONFIG-VALUE]"]);
    assert_line(&text, &["cookie-expire", "OAUTH2_PROXY_COOKIE_EXPIRE", "soon"]);
    let finished = Launch::new(Which::Ours)
        .config("upstreams = [\"ftp://127.0.0.1/\"]\n")
        .flag("--skip-auth-route=[")
        .flag("--email-domain=*")
        .env("OAUTH2_PROXY_COOKIE_SAMESITE", "sometimes")
        .run();
    assert_eq!(finished.status.code(), Some(1), "{}", said(&finished));
    let text = said(&finished);
    assert_line(&text, &["upstream", "oauth2_proxy.cfg", "ftp"]);
    assert_line(&text, &["skip-auth-route"]);
    assert_line(&text, &["cookie-samesite", "OAUTH2_PROXY_COOKIE_SAMESITE", "sometimes"]);
    assert_line(&text, &["write nothing, lax, strict or none"]);
    assert_line(&text, &["cookie-secret"]);
    assert_line(&text, &["client-id"]);
}

#[test]
fn a_fault_in_a_secret_never_tells_the_secret() {
    let mark = "marked-and-of-a-wrong-length";
    for launch in [
        Launch::new(Which::Ours).flag(&format!("--cookie-secret={mark}")),
        Launch::new(Which::Ours).env("OAUTH2_PROXY_COOKIE_SECRET", mark),
        Launch::new(Which::Ours).config(&format!("cookie_secret = \"{mark}\"\n")),
        Launch::new(Which::Ours).config(&format!("client_secret = \"{mark}\"\nclient_secret_file = \"/nowhere\"\n")),
        Launch::new(Which::Ours).config(&format!("cookie_secret = \"{mark}\" trailing\n")),
    ] {
        let finished = launch.flags(["--email-domain=*", "--client-id=x"]).run();
        assert_eq!(finished.status.code(), Some(1));
        assert!(!said(&finished).contains("marked"), "{}", said(&finished));
        assert!(
            said(&finished).contains("secret") || said(&finished).contains("oauth2_proxy.cfg"),
            "{}",
            said(&finished)
        );
    }
}

#[test]
fn a_file_that_is_missing_or_no_toml_is_named() {
    let finished = Launch::new(Which::Ours).flag("--config=/nowhere/oauth2_proxy.cfg").run();
    assert_eq!(finished.status.code(), Some(1));
    assert_line(&said(&finished), &["/nowhere/oauth2_proxy.cfg"]);
    let finished = Launch::new(Which::Ours).config("this is = no [toml").run();
    assert_eq!(finished.status.code(), Some(1));
    assert_line(&said(&finished), &["oauth2_proxy.cfg"]);
}

#[test]
fn an_unknown_flag_is_named_with_the_one_that_was_meant() {
    let finished = Launch::new(Which::Ours).flag("--cookie-secrett=x").run();
    assert_ne!(finished.status.code(), Some(0));
    assert_line(&said(&finished), &["--cookie-secrett"]);
}

#[test]
fn an_address_in_use_ends_the_start_with_its_name() {
    let site = Site::start(&[]);
    let address = site.program.address();
    let finished = Launch::oidc(Which::Ours, Provider::shared(), &site.app.upstream())
        .listening_as_configured()
        .flag(&format!("--http-address={address}"))
        .run();
    assert_eq!(finished.status.code(), Some(1), "{}", said(&finished));
    assert!(said(&finished).contains(&address.to_string()), "{}", said(&finished));
}

#[test]
fn the_version_and_the_help_are_told_without_starting() {
    let finished = Launch::new(Which::Ours).flag("--version").run();
    assert_eq!(finished.status.code(), Some(0));
    assert!(!finished.stdout.trim().is_empty());
    let finished = Launch::new(Which::Ours).flag("--help").run();
    assert_eq!(finished.status.code(), Some(0));
    for option in ["--upstream", "--cookie-secret", "--sign-in-page-status", "--login-restart"] {
        assert!(said(&finished).contains(option), "{option}");
    }
}

/// A program whose display name was written in several places.
fn named(flag: Option<&str>, variable: Option<&str>, file: Option<&str>) -> Program {
    let app = App::start();
    let mut launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream());
    if let Some(name) = flag {
        launch = launch.flag(&format!("--provider-display-name={name}"));
    }
    if let Some(name) = variable {
        launch = launch.env("OAUTH2_PROXY_PROVIDER_DISPLAY_NAME", name);
    }
    if let Some(name) = file {
        launch = launch.config(&format!("provider_display_name = \"{name}\"\n"));
    }
    launch.start()
}

#[test]
fn a_flag_beats_the_environment_and_the_environment_the_file() {
    for (flag, variable, file, winner) in [
        (Some("ByFlag"), Some("ByVariable"), Some("ByFile"), "ByFlag"),
        (None, Some("ByVariable"), Some("ByFile"), "ByVariable"),
        (None, Some(""), Some("ByFile"), "ByFile"),
        (None, None, Some("ByFile"), "ByFile"),
    ] {
        let page = named(flag, variable, file).get("/").text();
        for name in ["ByFlag", "ByVariable", "ByFile"] {
            assert_eq!(page.contains(name), name == winner, "{name} where {winner} should win");
        }
    }
}

#[test]
fn the_config_test_judges_without_starting_and_without_a_network() {
    let good = Launch::oidc(Which::Ours, Provider::shared(), "http://127.0.0.1:9/")
        .without("--oidc-issuer-url")
        .flag("--oidc-issuer-url=http://127.0.0.1:9")
        .flag("--config-test");
    let finished = good.run();
    assert_eq!(finished.status.code(), Some(0), "{}", said(&finished));
    let bad = Launch::new(Which::Ours).flag("--config-test").run();
    assert_eq!(bad.status.code(), Some(1), "{}", said(&bad));
}

#[test]
fn the_config_test_tells_everything_that_is_wrong_in_all_sources_with_its_place_and_no_secret() {
    let end = Launch::new(Which::Ours)
        .config(
            "provider = \"oidc\"\noidc_issuer_url = \"https://idp.example.com\"\nclient_id = \"app\"\n\
             client_secert = \"hunter2\"\ncookie_samesite = \"strickt\"\nemail_domains = [\"example.com\"]\n",
        )
        .env("OAUTH2_PROXY_COOKIE_EXPIRE", "1 day")
        .env("OAUTH2_PROXY_COOKIE_SECRET", "0123456789abcdef")
        .flag("--code-challenge-method=S265")
        .flag("--standard-logging=false")
        .flag("--config-test")
        .run();
    assert_eq!((end.status.code(), end.stdout.as_str()), (Some(1), ""), "{}", said(&end));
    for part in [
        "invalid configuration:\n  client_secert (",
        ":4:1): unknown key [E-CONFIG-UNKNOWN]\n      4 | client_secert = …\n        | ^^^^^^^^^^^^^\n      did you mean client_secret?\n",
        "  cookie-expire (environment variable OAUTH2_PROXY_COOKIE_EXPIRE): \"1 day\" is not a duration [E-CONFIG-VALUE]\n",
        ":5:19): \"strickt\" is not one of its values [E-CONFIG-REFUSED]\n      5 | cookie_samesite = \"strickt\"\n        |                   ^^^^^^^^^\n",
        "  code-challenge-method (command line): \"S265\" is not one of its values [E-CONFIG-REFUSED]\n",
        "  client-secret (not set): ",
    ] {
        assert!(end.stderr.contains(part), "{part}\n{}", end.stderr);
    }
    assert!(!said(&end).contains("hunter2"), "{}", said(&end));
}

#[test]
fn a_start_tells_the_faults_that_the_config_test_tells() {
    let faulty = || Launch::new(Which::Ours).flag("--cookie-samesite=strickt");
    let (tested, started) = (faulty().flag("--config-test").run(), faulty().run());
    assert_eq!((tested.status.code(), started.status.code()), (Some(1), Some(1)));
    assert_eq!(tested.stderr, started.stderr);
}

#[test]
fn all_faults_of_a_command_line_are_told_at_once_with_a_status_of_their_own() {
    let end = Launch::new(Which::Ours).flag("--cookie-secert=hunter2").flag("--upstream-timeout=x").run();
    assert_eq!((end.status.code(), end.stdout.as_str()), (Some(2), ""), "{}", said(&end));
    for part in ["invalid command line:\n  --cookie-secert (", "did you mean --cookie-secret?", "  upstream-timeout ("]
    {
        assert!(end.stderr.contains(part), "{part}\n{}", end.stderr);
    }
    assert!(!end.stderr.contains("hunter2"), "{}", end.stderr);
}

#[test]
fn a_start_that_fails_is_told_with_its_code_whatever_becomes_of_the_log() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address");
    let folder = place::temporary_folder();
    let file = format!("--logging-filename={}", folder.path().join("proxy.log").display());
    for flags in [&[][..], &["--standard-logging=false"][..], &["--errors-to-info-log", file.as_str()][..]] {
        let launch = Launch::oidc(Which::Ours, Provider::shared(), "http://127.0.0.1:1/").listening_as_configured();
        let finished = launch.flag(&format!("--http-address={address}")).flags(flags).run();
        assert_eq!(finished.status.code(), Some(1), "{flags:?}");
        let said =
            format!("cannot start: cannot listen on {address}: Address already in use (os error 98) [E-CONFIG-START]");
        assert_eq!(finished.stderr.matches(&said).count(), 1, "{flags:?}: {}", finished.stderr);
    }
}
