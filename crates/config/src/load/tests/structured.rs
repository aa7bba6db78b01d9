//! A structured configuration, and what may stand beside it.

use super::*;

const PROVIDER: &str = "
providers:
- {id: one, provider: oidc, clientID: app, clientSecret: marked, oidcConfig: {issuerURL: 'https://idp.example.com'}}
";

/// What every start with a structured configuration needs, and the file.
fn structured(yaml: &str) -> Start {
    let start = Start::empty().with("COOKIE_SECRET", "0123456789abcdef").with("EMAIL_DOMAINS", "*");
    let file = start.file("alpha.yaml", yaml);
    start.flag(&format!("--alpha-config={file}"))
}

#[test]
fn nothing_of_the_flat_defaults_is_implied() {
    let config = structured(PROVIDER).config();
    assert_eq!(config.listen, None);
    assert!(config.upstream.injection.request.is_empty() && config.upstream.injection.response.is_empty());
    let config = structured(&format!("{PROVIDER}server: {{bindAddress: ':0'}}\n")).config();
    assert!(config.listen.is_some());
}

#[test]
fn options_without_a_place_in_it_stand_beside_it() {
    let config = structured(PROVIDER).flag("--cookie-name=_beside").with("PROXY_PREFIX", "/beside").config();
    assert_eq!(config.sessions.cookie.name, "_beside");
    assert_eq!(config.gateway.prefix, "/beside");
}

#[test]
fn an_option_with_a_place_in_it_cannot_stand_beside_it() {
    let start = structured(PROVIDER).flag("--client-id=x").flag("--upstream=http://a");
    let faults = start.load().expect_err("faults");
    assert_eq!(faults.exit_code(), 2);
    let subjects: Vec<_> = faults.list().iter().map(|fault| fault.subject.as_str()).collect();
    assert_eq!(subjects, ["client-id", "upstream"]);
    assert!(faults.list()[0].instead.contains("providers[0].clientID"), "{faults}");

    let start = structured(PROVIDER);
    let file = start.file("a.cfg", "client_id = 'x'\n");
    let faults = start.flag(&format!("--config={file}")).load().expect_err("a fault");
    assert_eq!((faults.exit_code(), faults.list().len()), (1, 1), "{faults}");
}

#[test]
fn a_variable_with_a_place_in_it_is_not_read_and_that_is_said() {
    let config = structured(PROVIDER).with("CLIENT_ID", "other").config();
    let warning = config.warnings.iter().find(|warning| warning.subject == "client-id").expect("a warning");
    assert!(
        warning.to_string().contains("OAUTH2_PROXY_CLIENT_ID") && warning.message.contains("providers[0].clientID")
    );
}

#[test]
fn a_fault_in_it_names_its_path_and_its_place() {
    let fault = structured("providers:\n- id: one\n  clientID: [x]\n").load().expect_err("faults");
    let first = &fault.list()[0];
    assert_eq!(first.subject, "providers[0].clientID");
    assert!(first.source.to_string().ends_with("alpha.yaml:3:13"), "{}", first.source);
    assert!(Start::minimal().flag("--alpha-config=").load().is_ok());
    let missing = Start::minimal().flag("--alpha-config=/nowhere/a.yaml").load().expect_err("a fault");
    assert!(missing.to_string().contains("/nowhere/a.yaml"), "{missing}");
}
