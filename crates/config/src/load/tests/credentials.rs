//! Users of a file, and the issuers of bearer tokens.

use sidecar_gateway::{PasswordForm, RefusedToken, UserEmail};

use super::*;

const USER: &str = "alice:$2y$04$S.7J4gJxJ0vRWABPbjDqduZ7zuFGbYj/fCirrBixWCmH7k/uEJxn.\n";

/// A start with a file of users.
fn with_users(content: &str) -> Start {
    let start = Start::minimal();
    start.file("users", content);
    let path = start.folder.path().join("users").display().to_string();
    start.with("HTPASSWD_FILE", &path)
}

fn faults(start: &Start) -> Vec<String> {
    let folder = start.folder.path().display().to_string();
    start.faults().into_iter().map(|fault| fault.replace(&folder, "DIR")).collect()
}

#[test]
fn users_of_a_file_bring_their_groups_a_form_and_a_file_that_is_watched() {
    let start = with_users(USER).with("HTPASSWD_USER_GROUPS", "a,b").with("PREFER_EMAIL_TO_USER", "true");
    let config = start.config();
    let users = config.gateway.credentials.users.expect("users");
    assert_eq!((users.groups, users.email), (vec!["a".to_owned(), "b".to_owned()], UserEmail::IsUser));
    assert_eq!(config.gateway.pages.password_form, PasswordForm::Shown);
    assert!(config.parts.contains(&start.folder.path().join("users")));
    let hidden = with_users(USER).with("DISPLAY_HTPASSWD_FORM", "false").config().gateway;
    assert_eq!((hidden.pages.password_form, hidden.credentials.users.is_some()), (PasswordForm::Hidden, true));
    let none = Start::minimal().config().gateway;
    assert!(none.credentials.users.is_none() && none.credentials.bearer.is_none());
    assert_eq!(none.pages.password_form, PasswordForm::Hidden);
}

#[test]
fn every_line_that_cannot_be_used_is_a_fault_of_its_own_and_none_is_quoted() {
    let faults = faults(&with_users(&format!("{USER}marked:secret\nalone\n")));
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].contains("line 2: has a hash of a kind that is not supported"), "{faults:?}");
    assert!(faults[1].contains("line 3: is not a user and a hash"), "{faults:?}");
    assert!(faults.iter().all(|fault| !fault.contains("marked") && !fault.contains("secret")), "{faults:?}");
    let missing = Start::minimal().with("HTPASSWD_FILE", "/nonexistent/users");
    assert!(missing.faults()[0].contains("cannot read"), "{:?}", missing.faults());
}

#[test]
fn an_issuer_needs_an_address_and_an_audience_and_is_looked_at_only_where_tokens_count() {
    let on = |issuers: &str| Start::minimal().with("SKIP_JWT_BEARER_TOKENS", "true").with("EXTRA_JWT_ISSUERS", issuers);
    let config = on("https://a.example/=api,https://b.example=x=y").with("OIDC_GROUPS_CLAIM", "roles").config();
    let issuers: Vec<_> =
        config.extra_issuers.iter().map(|issuer| (issuer.issuer.as_str(), issuer.audience.as_str())).collect();
    assert_eq!(issuers, [("https://a.example/", "api"), ("https://b.example", "x=y")]);
    assert_eq!(config.extra_issuers[0].groups_claim, "roles");
    assert_eq!(config.extra_issuers[0].audience_claims, ["aud"]);
    assert_eq!(config.gateway.credentials.bearer, Some(RefusedToken::LoggedIn));
    let strict = on("https://a.example=api").with("BEARER_TOKEN_LOGIN_FALLBACK", "false").config();
    assert_eq!(strict.gateway.credentials.bearer, Some(RefusedToken::Forbidden));
    for (issuers, reason) in [
        ("https://a.example", "names no audience"),
        ("https://a.example=", "names no audience"),
        ("=api", "no URL to ask at"),
        ("a.example=api", "no URL to ask at"),
        ("file:///etc=api", "no URL to ask at"),
    ] {
        let faults = on(issuers).faults();
        assert!(faults.len() == 1 && faults[0].contains(reason), "{issuers}: {faults:?}");
    }
    let off = Start::minimal().with("EXTRA_JWT_ISSUERS", "nonsense").with("BEARER_TOKEN_LOGIN_FALLBACK", "false");
    let off = off.config();
    assert!(off.extra_issuers.is_empty() && off.gateway.credentials.bearer.is_none());
    let subjects: Vec<_> = off.warnings.iter().map(|warning| warning.subject.as_ref()).collect();
    assert!(
        subjects.contains(&"extra-jwt-issuers") && subjects.contains(&"bearer-token-login-fallback"),
        "{subjects:?}"
    );
}
