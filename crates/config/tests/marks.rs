//! What an operator is shown of the file that a fault is in: the line, with a mark under the very element that is meant,
//! and nothing that may be a secret. A warning is told with the place of that element.

use std::ffi::OsString;
use std::fs;

use sidecar_config::{Command, Faults, Source, Sources, Warning, load, survey};
use tempfile::TempDir;

/// What a start needs beside a structured configuration.
const FLAGS: [&str; 2] = ["--cookie-secret=0123456789abcdef", "--email-domain=*"];

/// What a start needs without one.
const PROVIDER: [&str; 4] =
    ["--provider=oidc", "--oidc-issuer-url=https://idp.example.com", "--client-id=app", "--client-secret=hidden"];

const STRUCTURED: &str = "\
providers:
- id: p
  provider: oidc
  clientID: app
  clientSecret: hunter2
  oidcConfig:
    issuerURL: https://idp.example.com
";

/// What is said of the subject that begins with `subject`, without the folder and without the advice.
fn said(faults: &Faults, folder: &TempDir, subject: &str) -> String {
    let prefix = format!("{}/", folder.path().display());
    let text = faults.to_string().replace(&prefix, "");
    let mut lines = text.lines().skip_while(|line| !line.starts_with(&format!("  {subject} (")));
    let head = lines.next().unwrap_or_else(|| panic!("nothing of {subject} in {text}"));
    let place = head.split(['(', ')']).nth(1).expect("a place");
    let excerpt: Vec<&str> = lines.take(2).map(str::trim_start).collect();
    format!("{place}\n{}", excerpt.join("\n"))
}

/// A start with this file, which says what `subject` is.
fn with_toml(folder: &TempDir, toml: &str, subject: &str) -> Vec<OsString> {
    let path = folder.path().join("a.cfg");
    fs::write(&path, toml).expect("a file");
    let mut arguments: Vec<OsString> = FLAGS.iter().chain(&PROVIDER).map(Into::into).collect();
    arguments.retain(|flag| !flag.to_str().is_some_and(|flag| flag.starts_with(&format!("--{subject}="))));
    arguments.push(format!("--config={}", path.display()).into());
    arguments
}

fn by_toml(toml: &str, subject: &str) -> String {
    let folder = TempDir::new().expect("a folder");
    let arguments = with_toml(&folder, toml, subject);
    said(&load(&arguments, &[]).expect_err("something is wrong"), &folder, subject)
}

fn with_yaml(folder: &TempDir, yaml: &str) -> Vec<OsString> {
    let path = folder.path().join("a.yaml");
    fs::write(&path, yaml).expect("a file");
    let mut arguments: Vec<OsString> = FLAGS.iter().map(Into::into).collect();
    arguments.push(format!("--alpha-config={}", path.display()).into());
    arguments
}

fn by_yaml(yaml: &str, subject: &str) -> String {
    let folder = TempDir::new().expect("a folder");
    let arguments = with_yaml(&folder, yaml);
    let environment = [("ALG".into(), "RS255".into()), ("PLAIN".into(), "RS256".into())];
    said(&load(&arguments, &environment).expect_err("something is wrong"), &folder, subject)
}

/// The line and the column of each warning about `subject`.
fn places(warnings: &[Warning], subject: &str) -> Vec<(usize, usize)> {
    let place = |warning: &Warning| {
        let Source::File { line, column, .. } = warning.source else { panic!("{warning}") };
        (line, column)
    };
    warnings.iter().filter(|warning| warning.subject == subject).map(place).collect()
}

fn warnings(arguments: &[OsString]) -> Vec<Warning> {
    match load(arguments, &[]) {
        Ok(Command::Run(config)) => config.warnings,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_element_of_a_list_in_toml_is_marked() {
    for (toml, subject, shown) in [
        (
            "trusted_ips = [\"10.0.0.1\", \"10.0.0.300\"]\n",
            "trusted-ip",
            "a.cfg:1:28\n1 | trusted_ips = [\"10.0.0.1\", \"10.0.0.300\"]\n|                            ^^^^^^^^^^^^",
        ),
        // The second of two that are equal as texts to a part of the reason.
        (
            "email_domains = [\n  \"a.example\", # hunter2\n  \"a.example\", \"b@a.example\", # hunter2\n]\n",
            "email-domain",
            "a.cfg:3:16\n3 |   \"a.example\", \"b@a.example\"\n|                ^^^^^^^^^^^^^",
        ),
        (
            "allowed_groups = [\"\"]\n",
            "allowed-group",
            "a.cfg:1:19\n1 | allowed_groups = [\"\"]\n|                   ^^",
        ),
        (
            "upstreams = [\"http://a/\", 1979-05-27]\n",
            "upstream",
            "a.cfg:1:27\n1 | upstreams = [\"http://a/\", 1979-05-27]\n|                           ^^^^^^^^^^",
        ),
        (
            "upstreams = [\"http://u:hunter2@a/\", \"ftp://u:hunter2@b/\"]\n",
            "upstream",
            "a.cfg:1:14\n1 | upstreams = [\"http://…@a/\", \"ftp://…@b/\"]\n|              ^^^^^^^^^^^^^",
        ),
        (
            "provider_ca_files = [\n\"/nowhere/ca.pem\"]\n",
            "provider-ca-file",
            "a.cfg:2:1\n2 | \"/nowhere/ca.pem\"]\n| ^^^^^^^^^^^^^^^^^",
        ),
    ] {
        assert_eq!(by_toml(toml, subject), shown, "{toml}");
    }
}

#[test]
fn the_part_between_commas_of_a_text_in_toml_is_marked() {
    for (toml, subject, shown) in [
        (
            "skip_auth_routes = \"^/a/,^/(,^/b/\"\n",
            "skip-auth-route",
            "a.cfg:1:26\n1 | skip_auth_routes = \"^/a/,^/(,^/b/\"\n|                          ^^^",
        ),
        (
            "allowed_groups = 'a,,b'\n",
            "allowed-group",
            "a.cfg:1:21\n1 | allowed_groups = 'a,,b'\n|                     ^",
        ),
        // Where a comma may be an escape the whole text is meant.
        (
            "trusted_ips = \"::1\\u002cx\"\n",
            "trusted-ip",
            "a.cfg:1:15\n1 | trusted_ips = \"::1\\u002cx\"\n|               ^^^^^^^^^^^^",
        ),
    ] {
        assert_eq!(by_toml(toml, subject), shown, "{toml}");
    }
}

#[test]
fn an_element_that_is_a_secret_is_marked_and_hidden() {
    let toml = "cookie_secret_previous = [\"0123456789abcdef\",\n  \"hunter2\"]\n";
    assert_eq!(by_toml(toml, "cookie-secret-previous"), "a.cfg:2:3\n2 | …\n| ^");
    let toml = "cookie_secret_previous = [\"0123456789abcdef\", \"hunter2\"]\n";
    assert_eq!(
        by_toml(toml, "cookie-secret-previous"),
        "a.cfg:1:47\n1 | cookie_secret_previous = …\n|                          ^"
    );
}

#[test]
fn the_element_of_a_list_in_yaml_is_marked() {
    let algorithms = "providers[0].oidcConfig.enabledSigningAlgs";
    for (yaml, subject, shown) in [
        (
            "    enabledSigningAlgs:\n    - RS256\n    - RS255 # hunter2\n",
            algorithms,
            "a.yaml:10:7\n10 |     - RS255\n|       ^^^^^",
        ),
        (
            "    enabledSigningAlgs: [RS256, \"RS255\" ] # hunter2\n",
            algorithms,
            "a.yaml:8:33\n8 |     enabledSigningAlgs: [RS256, \"RS255\" ]\n|                                 ^^^^^^^",
        ),
        (
            "    enabledSigningAlgs: [ # hunter2\n      RS256, RS255, # hunter2\n      RS384]\n",
            algorithms,
            "a.yaml:9:14\n9 |       RS256, RS255\n|              ^^^^^",
        ),
        (
            "    enabledSigningAlgs: [RS256, 256]\n",
            algorithms,
            "a.yaml:8:33\n8 |     enabledSigningAlgs: [RS256, 256]\n|                                 ^^^",
        ),
        // What is shown is what was written, not the variable's value.
        (
            "    enabledSigningAlgs: [\"${PLAIN}\", \"${ALG}\"]\n",
            algorithms,
            "a.yaml:8:38\n8 |     enabledSigningAlgs: [\"${PLAIN}\", \"${ALG}\"]\n|                                      ^^^^^^^^",
        ),
        (
            "    enabledSigningAlgs: RS255,${ALG}\n",
            algorithms,
            "a.yaml:8:25\n8 |     enabledSigningAlgs: RS255,${ALG}\n|                         ^^^^^^^^^^^^",
        ),
    ] {
        assert_eq!(by_yaml(&format!("{STRUCTURED}{yaml}"), subject), shown, "{yaml}");
    }
    let teams = STRUCTURED.replace("provider: oidc", "provider: github").replace("oidcConfig", "githubConfig");
    let teams = teams.replace("issuerURL: https://idp.example.com", "team: acme:one, two");
    assert_eq!(
        by_yaml(&teams, "providers[0].githubConfig.team"),
        "a.yaml:7:21\n7 |     team: acme:one, two\n|                     ^^^"
    );
}

#[test]
fn a_value_in_yaml_is_shown_unless_it_may_be_a_secret() {
    for (yaml, subject, shown) in [
        (
            "upstreamConfig:\n  upstreams:\n  - id: a\n    path: /\n    uri: ftp://u:hunter2@a/\n",
            "upstreamConfig.upstreams[0].uri",
            "a.yaml:12:10\n12 |     uri: ftp://…@a/\n|          ^^^^^^^^^^",
        ),
        ("colour: hunter2\n", "colour", "a.yaml:8:1\n8 | colour: …\n| ^^^^^^"),
        ("server: hunter2\n", "server", "a.yaml:8:9\n8 | server: …\n|         ^"),
        (
            "injectRequestHeaders: [{name: \"\", values: [{secretSource: {value: hunter2}}]}]\n",
            "injectRequestHeaders[0].name",
            "a.yaml:8:31\n8 | …name: \"\"\n|        ^^",
        ),
        (
            "injectRequestHeaders:\n- name: X\n  values:\n  - secretSource:\n      value: {a: hunter2}\n",
            "injectRequestHeaders[0].values[0].secretSource.value",
            "a.yaml:12:14\n12 |       value: …\n|              ^",
        ),
        (
            "injectRequestHeaders:\n- name: {a: hunter2}\n",
            "injectRequestHeaders[0].name",
            "a.yaml:9:9\n9 | - name: …\n|         ^",
        ),
        (
            "server:\n  bindAddress: 5 # hunter2\n",
            "server.bindAddress",
            "a.yaml:9:16\n9 |   bindAddress: 5\n|                ^",
        ),
        ("server: {bindAddress: [hunter2\n", "alpha-config", "a.yaml:9:1\n9 | …\n| ^"),
    ] {
        assert_eq!(by_yaml(&format!("{STRUCTURED}{yaml}"), subject), shown, "{yaml}");
    }
}

#[test]
fn of_several_flags_the_one_that_is_wrong_is_quoted() {
    let arguments = ["--allowed-group=a\"b", "--allowed-group=c"].map(Into::into);
    let faults = load(&arguments, &[]).expect_err("a quote within an element");
    assert!(faults.to_string().contains("allowed-group (command line): \"a\\\"b\" has a quote"), "{faults}");
}

#[test]
fn a_warning_names_the_place_of_its_element() {
    let folder = TempDir::new().expect("a folder");
    for (toml, subject, shown) in [
        ("cookie_domains = [\".example.com\",\n  \"a.example.com:80\"]\n", "cookie-domain", [(2, 3)]),
        ("cookie_domains = \".example.com,a.example.com:80\"\n", "cookie-domain", [(1, 32)]),
        ("whitelist_domains = [\".example.com\", \"https://a.example.com\"]\n", "whitelist-domain", [(1, 38)]),
        ("reverse_proxy = true\ntrusted_proxy_ips = [\"10.0.0.1\", \"::/0\"]\n", "trusted-proxy-ip", [(2, 34)]),
        ("cookie_secure = false\n", "cookie-secure", [(1, 17)]),
    ] {
        assert_eq!(places(&warnings(&with_toml(&folder, toml, subject)), subject), shown, "{toml}");
    }
    let yaml = format!("{STRUCTURED}    enabledSigningAlgs:\n    - RS256\n    - HS256\n");
    let found = warnings(&with_yaml(&folder, &yaml));
    assert_eq!(places(&found, "providers[0].oidcConfig.enabledSigningAlgs"), [(10, 7)]);
}

#[test]
fn a_survey_names_the_place_of_an_element_in_faults_and_warnings() {
    let toml =
        "cookie_domains = [\".example.com\", \"a.example.com:80\"]\ntrusted_ips = [\"10.0.0.1\", \"10.0.0.300\"]\n";
    let file = Some(("a.cfg".into(), toml.into()));
    let found = survey(&Sources { file, ..Sources::default() });
    assert_eq!(places(&found.warnings, "cookie-domain"), [(1, 35)]);
    let fault = found.faults.iter().find(|fault| fault.subject == "trusted-ip").expect("a fault");
    assert_eq!(fault.source.to_string(), "a.cfg:2:28");
}
