//! Keycloak, whose roles may be demanded.

use sidecar_oidc::settings::GroupRestriction;
use sidecar_session::Part;

use super::*;

fn keycloak() -> Start {
    Start::minimal().with("PROVIDER", "keycloak-oidc").with("OIDC_ISSUER_URL", "https://idp.example.com/realms/apps")
}

#[test]
fn a_role_lets_in_as_a_group_does() {
    let start = keycloak().with("ALLOWED_ROLES", "admin,app:editor").with("ALLOWED_GROUPS", "/staff");
    let config = start.config();
    let expected = ["role:admin", "role:app:editor", "/staff"].map(str::to_owned).into();
    assert_eq!(config.gateway.policy.allow.groups, expected);
    assert!(matches!(config.provider, Provider::Keycloak(_)));
}

#[test]
fn roles_alone_ask_for_no_scope_of_groups() {
    let restriction = |start: Start| {
        let Provider::Keycloak(settings) = start.config().provider else { panic!("another provider") };
        settings.group_restriction
    };
    assert_eq!(restriction(keycloak().with("ALLOWED_ROLES", "admin")), GroupRestriction::None);
    assert_eq!(restriction(keycloak().with("ALLOWED_GROUPS", "/staff")), GroupRestriction::Some);
}

#[test]
fn roles_that_are_demanded_stay_in_a_session_however_big_it_is() {
    let needs_groups = |start: Start| {
        let start = start.with("PASS_USER_HEADERS", "false").with("PASS_BASIC_AUTH", "false");
        start.config().sessions.needed.contains(&Part::Groups)
    };
    assert!(needs_groups(keycloak().with("ALLOWED_ROLES", "admin")));
    assert!(!needs_groups(keycloak()));
    assert!(!needs_groups(Start::minimal().with("ALLOWED_ROLES", "admin")), "others have none");
}

#[test]
fn a_role_that_restricts_nothing_is_told_or_refused() {
    let fault = keycloak().with("ALLOWED_ROLES", "admin,").fault();
    assert!(fault.starts_with("allowed-role ") && fault.contains("empty element"), "{fault}");
    let warnings = Start::minimal().with("ALLOWED_ROLES", "admin").warnings();
    assert!(warnings.iter().any(|warning| warning.contains("allowed-role")), "{warnings:?}");
    assert!(Start::minimal().with("ALLOWED_ROLES", "admin").config().gateway.policy.allow.groups.is_empty());
}
