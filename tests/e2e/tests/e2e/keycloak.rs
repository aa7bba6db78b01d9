//! A real Keycloak as `keycloak-oidc`: roles beside groups, in the original and in ours.

use sidecar_testkit::{App, Browser, Launch, Provider, Which};

use crate::site::PASSWORD;

/// The status that alice gets, and the groups that the app is told, in order.
fn alice(which: Which, flags: &[&str]) -> (u16, Vec<String>) {
    let app = App::start();
    let program = Launch::oidc(which, Provider::keycloak(), &app.upstream())
        .without("--provider")
        .flags(["--provider=keycloak-oidc", "--skip-provider-button", "--scope=openid email profile"])
        .flags(flags)
        .start();
    let page = Browser::new().sign_in_at(&program.url("/deep"), "alice", PASSWORD);
    let mut groups: Vec<String> = match page.status() {
        200 => {
            let seen = app.last();
            seen.headers.get("X-Forwarded-Groups").unwrap_or_default().split(',').map(str::to_owned).collect()
        }
        _ => Vec::new(),
    };
    groups.sort_unstable();
    (page.status(), groups)
}

#[test]
fn roles_of_the_realm_and_of_clients_are_groups_as_in_the_original() {
    let (status, groups) = alice(Which::Ours, &[]);
    assert_eq!(status, 200);
    for group in ["/admins", "/devs/backend", "role:admin", "role:developer", "role:sidecar:editor"] {
        assert!(groups.iter().any(|found| found == group), "{group} is missing: {groups:?}");
    }
    assert_eq!((status, groups), alice(Which::Original, &[]));
}

#[test]
fn a_role_lets_in_whoever_has_it_and_nobody_else_as_in_the_original() {
    for (flags, expected) in [
        (&["--allowed-role=sidecar:editor"][..], 200),
        (&["--allowed-role=admin"], 200),
        (&["--allowed-role=sidecar:viewer"], 403),
        (&["--allowed-role=editor"], 403),
        (&["--allowed-role=sidecar:viewer", "--allowed-group=/admins"], 200),
    ] {
        let ours = alice(Which::Ours, flags);
        assert_eq!(ours.0, expected, "{flags:?}");
        assert_eq!(ours, alice(Which::Original, flags), "{flags:?}");
    }
}
