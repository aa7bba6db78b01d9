//! Microsoft's two kinds of provider.

use sidecar_oidc::settings::{Endpoints, GroupRestriction};
use sidecar_providers::{AzureSettings, EntraIdSettings, Settings as Provider, Tenants};
use sidecar_session::Part;

use super::*;

const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";

fn entra_id() -> Start {
    let issuer = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
    Start::minimal().with("PROVIDER", "entra-id").with("OIDC_ISSUER_URL", &issuer)
}

fn shared(word: &str) -> Start {
    let issuer = format!("https://login.microsoftonline.com/{word}/v2.0");
    entra_id().with("OIDC_ISSUER_URL", &issuer).with("INSECURE_OIDC_SKIP_ISSUER_VERIFICATION", "true")
}

fn azure() -> Start {
    Start::minimal().with("PROVIDER", "azure").with("OIDC_ISSUER_URL", &format!("https://sts.windows.net/{TENANT}/"))
}

fn entra_settings(start: &Start) -> EntraIdSettings {
    let Provider::EntraId(settings) = start.config().provider else { panic!("another provider") };
    settings
}

fn azure_settings(start: &Start) -> AzureSettings {
    let Provider::Azure(settings) = start.config().provider else { panic!("another provider") };
    settings
}

/// A start in a pod that has a workload identity.
fn in_a_pod(start: Start) -> Start {
    let path = start.file("token", "marked-assertion");
    let mut start = start.with("CLIENT_SECRET", "").with("ENTRA_ID_FEDERATED_TOKEN_AUTH", "true");
    start.environment.push(("AZURE_FEDERATED_TOKEN_FILE".into(), path.into()));
    start
}

#[test]
fn a_tenant_of_ones_own_needs_its_issuer_and_nothing_more() {
    let settings = entra_settings(&entra_id());
    assert_eq!(settings.tenants, Tenants::Any);
    assert_eq!(settings.graph.to_string(), "https://graph.microsoft.com/");
    assert!(matches!(settings.openid.endpoints, Endpoints::Discovered));
    assert_eq!(settings.openid.group_restriction, GroupRestriction::None);
    assert_eq!(entra_id().warnings(), Start::minimal().warnings());
}

#[test]
fn listed_tenants_restrict_and_keep_the_token_that_tells_them() {
    let start = entra_id().with("ENTRA_ID_ALLOWED_TENANTS", TENANT);
    assert_eq!(entra_settings(&start).tenants, Tenants::Listed([TENANT.to_owned()].into()));
    assert!(start.config().sessions.needed.contains(&Part::IdToken));
    assert!(!entra_id().config().sessions.needed.contains(&Part::IdToken));
    let minimal = start.with("SESSION_COOKIE_MINIMAL", "true").fault();
    assert!(minimal.starts_with("entra-id-allowed-tenant") && minimal.contains("session-cookie-minimal"), "{minimal}");
    for (flag, reason) in [("--entra-id-allowed-tenant=,", "empty element"), ("--entra-id-allowed-tenant=", "is empty")]
    {
        let empty = entra_id().flag(flag).fault();
        assert!(empty.starts_with("entra-id-allowed-tenant") && empty.contains(reason), "{empty}");
    }
    let empty = entra_id().flag("--allowed-group=").fault();
    assert!(empty.starts_with("allowed-group") && empty.contains("restrict nobody"), "{empty}");
    for odd in ["contoso.onmicrosoft.com", &TENANT.to_uppercase()] {
        let warnings = entra_id().with("ENTRA_ID_ALLOWED_TENANTS", odd).warnings();
        assert!(warnings.iter().any(|warning| warning.contains("is no tenant id")), "{warnings:?}");
    }
}

#[test]
fn an_issuer_of_many_tenants_is_told_apart_from_one_of_ones_own() {
    for word in ["common", "organizations", "consumers"] {
        let warnings = shared(word).warnings();
        assert!(warnings.iter().any(|warning| warning.contains("accounts of every tenant sign in")), "{warnings:?}");
        let listed = shared(word).with("ENTRA_ID_ALLOWED_TENANTS", TENANT).warnings();
        assert!(!listed.iter().any(|warning| warning.starts_with("entra-id-allowed-tenant")), "{listed:?}");
        let checked = shared(word).with("INSECURE_OIDC_SKIP_ISSUER_VERIFICATION", "false").fault();
        assert!(
            checked.starts_with("oidc-issuer-url") && checked.contains(&format!("{word} is no tenant")),
            "{checked}"
        );
    }
}

#[test]
fn the_identity_of_a_pod_takes_the_place_of_the_client_secret() {
    let start = in_a_pod(entra_id());
    let credential = entra_settings(&start).openid.registration.credential;
    assert!(matches!(credential, ClientCredential::AssertionFile(path) if path.ends_with("token")));
    let both = start.with("CLIENT_SECRET", "marked-client-secret").warnings();
    assert!(
        both.iter().any(|warning| warning.starts_with("client-secret") && warning.contains("not used")),
        "{both:?}"
    );

    let without = entra_id().with("CLIENT_SECRET", "").with("ENTRA_ID_FEDERATED_TOKEN_AUTH", "true");
    assert!(without.fault().contains("needs the variable AZURE_FEDERATED_TOKEN_FILE"));
    let mut gone = without;
    gone.environment.push(("AZURE_FEDERATED_TOKEN_FILE".into(), "/nowhere/token".into()));
    assert!(gone.fault().contains("cannot read \"/nowhere/token\", which AZURE_FEDERATED_TOKEN_FILE names"));
    assert!(entra_id().with("CLIENT_SECRET", "").fault().starts_with("client-secret"));
}

#[test]
fn what_is_written_for_another_kind_of_provider_is_told() {
    let warnings = Start::minimal().with("ENTRA_ID_ALLOWED_TENANTS", TENANT).warnings();
    assert!(warnings.iter().any(|warning| warning.contains("so it restricts nobody")), "{warnings:?}");
    for (name, option) in
        [("ENTRA_ID_FEDERATED_TOKEN_AUTH", "entra-id-federated-token-auth"), ("AZURE_GRAPH_GROUP_FIELD", "azure-graph")]
    {
        let warnings = Start::minimal().with(name, "true").warnings();
        assert!(warnings.iter().any(|warning| warning.starts_with(option)), "{warnings:?}");
    }
}

#[test]
fn azure_has_usual_addresses_only_where_nothing_is_discovered() {
    let settings = azure_settings(&azure().with("AZURE_TENANT", "contoso.example"));
    assert!(matches!(settings.openid.endpoints, Endpoints::Discovered));
    assert_eq!((settings.group_field.as_str(), settings.resource), ("id", None));
    assert!(azure().warnings().iter().any(|warning| warning.contains("entra-id takes its place")));

    let keys = "https://login.microsoftonline.com/common/discovery/keys";
    let undiscovered = || azure().with("SKIP_OIDC_DISCOVERY", "true").with("OIDC_JWKS_URL", keys);
    let endpoints = |start: &Start| match azure_settings(start).openid.endpoints {
        Endpoints::Configured { authorization_endpoint, token_endpoint, userinfo_endpoint, .. } => {
            [Some(authorization_endpoint), Some(token_endpoint), userinfo_endpoint]
                .map(|url| url.expect("all three").to_string())
        }
        Endpoints::Discovered => panic!("nothing is discovered"),
    };
    assert_eq!(
        endpoints(&undiscovered()),
        [
            "https://login.microsoftonline.com/common/oauth2/authorize",
            "https://login.microsoftonline.com/common/oauth2/token",
            "https://graph.microsoft.com/v1.0/me",
        ]
    );
    let other = undiscovered().with("AZURE_TENANT", TENANT).with("LOGIN_URL", "https://login.example/v2.0/authorize");
    assert_eq!(
        endpoints(&other)[..2],
        [
            "https://login.example/v2.0/authorize".to_owned(),
            format!("https://login.microsoftonline.com/{TENANT}/oauth2/token"),
        ]
    );
    assert!(undiscovered().with("AZURE_TENANT", "a/b?c").fault().starts_with("azure-tenant"));
    assert!(undiscovered().with("OIDC_JWKS_URL", "").fault().starts_with("oidc-jwks-url"));
}

#[test]
fn azure_names_groups_by_an_attribute_of_theirs_and_asks_for_a_resource() {
    let start = azure().with("AZURE_GRAPH_GROUP_FIELD", "displayName").with("RESOURCE", "https://api.example/");
    let settings = azure_settings(&start);
    assert_eq!(
        (settings.group_field.as_str(), settings.resource.as_deref()),
        ("displayName", Some("https://api.example/"))
    );
    let odd = azure().with("AZURE_GRAPH_GROUP_FIELD", "id&$top=1").fault();
    assert!(odd.starts_with("azure-graph-group-field") && odd.contains("no attribute of a group"), "{odd}");
    assert!(azure().with("OIDC_ISSUER_URL", "").fault().starts_with("oidc-issuer-url"));
}
