//! Google, which is meant where no provider is named.

use sidecar_oidc::{EndpointUrl, Registration};
use sidecar_providers::{GoogleSettings, Settings as Provider};

use super::*;

/// What every start with Google needs.
fn minimal() -> Start {
    let mut start = Start::minimal();
    start.environment.retain(|(name, _)| {
        !["OAUTH2_PROXY_PROVIDER", "OAUTH2_PROXY_OIDC_ISSUER_URL"].map(OsString::from).contains(name)
    });
    start
}

fn google(start: &Start) -> GoogleSettings {
    let Provider::Google(settings) = start.config().provider else { panic!("another provider") };
    settings
}

#[test]
fn a_configuration_that_names_no_provider_means_google() {
    let GoogleSettings { registration, endpoints } = google(&minimal());
    let Registration { client_id, scope, login_parameters, .. } = registration;
    assert_eq!((client_id.as_str(), scope), ("app", None));
    let [parameter] = login_parameters.as_slice() else { panic!("{login_parameters:?}") };
    assert_eq!((parameter.name.as_str(), parameter.default.as_slice()), ("approval_prompt", &["force".to_owned()][..]));
    assert!(endpoints.authorization.is_none() && endpoints.token.is_none() && endpoints.validate.is_none());
    assert_eq!(minimal().with("EMAIL_DOMAINS", "example.com").warnings(), Start::minimal().warnings());
    google(&minimal().with("PROVIDER", "google"));
}

#[test]
fn its_endpoints_can_be_elsewhere() {
    let start = minimal()
        .with("LOGIN_URL", "http://127.0.0.1:14002/o/oauth2/v2/auth")
        .with("REDEEM_URL", "http://127.0.0.1:14002/oauth2/token")
        .with("VALIDATE_URL", "http://127.0.0.1:14002/oauth2/v2/userinfo")
        .with("SCOPE", "openid email");
    let GoogleSettings { registration, endpoints } = google(&start);
    assert_eq!(registration.scope.as_deref(), Some("openid email"));
    let text = |endpoint: Option<EndpointUrl>| endpoint.map(|endpoint| endpoint.to_string());
    assert_eq!(text(endpoints.authorization).as_deref(), Some("http://127.0.0.1:14002/o/oauth2/v2/auth"));
    assert_eq!(text(endpoints.token).as_deref(), Some("http://127.0.0.1:14002/oauth2/token"));
    assert_eq!(text(endpoints.validate).as_deref(), Some("http://127.0.0.1:14002/oauth2/v2/userinfo"));
    assert!(minimal().with("REDEEM_URL", "oauth2/token").fault().contains("redeem-url"));
    assert!(minimal().with("CLIENT_SECRET", "").fault().contains("client-secret"));
}

#[test]
fn what_reads_the_directory_of_a_workspace_is_refused_by_name() {
    // The original takes a google-group without credentials and restricts nobody (D24).
    for (name, value, option) in [
        ("GOOGLE_GROUPS", "staff@example.com", "google-group"),
        ("GOOGLE_GROUP", "staff@example.com", "google-group"),
        ("GOOGLE_ADMIN_EMAIL", "admin@example.com", "google-admin-email"),
        ("GOOGLE_SERVICE_ACCOUNT_JSON", "/key.json", "google-service-account-json"),
        ("GOOGLE_TARGET_PRINCIPAL", "sa@example.iam", "google-target-principal"),
        ("GOOGLE_USE_APPLICATION_DEFAULT_CREDENTIALS", "true", "google-use-application-default-credentials"),
        ("GOOGLE_USE_ORGANIZATION_ID", "true", "google-use-organization-id"),
        ("GOOGLE_ADMIN_API_USER_SCOPE", "cloud", "google-admin-api-user-scope"),
    ] {
        let fault = minimal().with(name, value).fault();
        assert!(fault.starts_with(option) && fault.contains("of Google Workspace yet; leave it out"), "{fault}");
    }
}

#[test]
fn what_can_do_nothing_with_google_is_said() {
    let warnings =
        minimal().with("ALLOWED_GROUPS", "staff").with("INSECURE_OIDC_ALLOW_UNVERIFIED_EMAIL", "true").warnings();
    for (option, said) in
        [("allowed-group", "nobody is in one"), ("insecure-oidc-allow-unverified-email", "does nothing")]
    {
        assert!(warnings.iter().any(|warning| warning.starts_with(option) && warning.contains(said)), "{warnings:?}");
    }
}
