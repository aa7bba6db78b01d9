//! Keycloak: the contract, and roles that come and go with the access token.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sidecar_core::Secret;
use sidecar_core::login::LoginAttempt;
use sidecar_oidc::{Background, Client, Provider, Refreshed, Registration, SecretSource, Settings, Verdict};
use sidecar_providers::build;

use crate::idp::{Idp, KEYS, Reply, TOKEN, now};
use crate::suite::{CLIENT_SECRET, REDIRECT_URI, Subject, Trait, callback, ready, told};

struct Keycloak;

impl Subject for Keycloak {
    fn build(&self, idp: &Idp, client: Client, background: Background) -> Arc<dyn Provider> {
        let registration = Registration::new("app", SecretSource::Value(Secret::from(CLIENT_SECRET)));
        let settings = Settings::new(idp.issuer(), registration);
        build(sidecar_providers::Settings::Keycloak(settings), client, background).unwrap()
    }

    fn admit(&self, idp: &Idp, attempt: &LoginAttempt) {
        let id_token = idp.sign(&idp.claims(&attempt.nonce.hash()));
        idp.says(TOKEN, tokens(&access_token(&json!({"realm_access": {"roles": ["write"]}})), Some(&id_token)));
    }

    fn calls(&self) -> &'static [&'static str] {
        &[TOKEN, KEYS]
    }

    fn token_path(&self) -> &'static str {
        TOKEN
    }

    fn traits(&self) -> &'static [Trait] {
        &[Trait::Refreshes, Trait::Discovers]
    }
}

crate::contract!(Keycloak);

/// One whose signature nobody here checks.
fn access_token(claims: &Value) -> String {
    format!("marked.{}.x", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn tokens(access_token: &str, id_token: Option<&str>) -> Reply {
    let mut tokens = json!({"access_token": access_token, "expires_in": 300, "refresh_token": "marked-refresh"});
    if let Some(id_token) = id_token {
        tokens["id_token"] = json!(id_token);
    }
    Reply::Json(tokens)
}

#[tokio::test]
async fn a_role_that_was_withdrawn_is_gone_after_the_next_refresh() {
    let idp = Idp::start().await;
    let provider = ready(&Keycloak, &idp).await;
    let attempt = provider.new_attempt().unwrap();
    Keycloak.admit(&idp, &attempt);
    let session = provider.redeem(callback(&attempt), REDIRECT_URI, now()).await.unwrap();
    let groups_of_claims: Vec<String> =
        session.groups.iter().filter(|group| !group.starts_with("role:")).cloned().collect();
    assert_eq!(session.groups, [groups_of_claims.clone(), vec!["role:write".to_owned()]].concat());

    let roles = json!({"resource_access": {"app": {"roles": ["read"]}}});
    idp.says(TOKEN, tokens(&access_token(&roles), None));
    let Refreshed::Renewed(renewed) = provider.refresh(&session, now()).await.unwrap() else { panic!("not renewed") };
    assert_eq!(renewed.groups, [groups_of_claims, vec!["role:app:read".to_owned()]].concat());
}

#[tokio::test]
async fn an_opaque_access_token_is_an_error_and_ends_no_session_at_refresh() {
    let idp = Idp::start().await;
    let provider = ready(&Keycloak, &idp).await;
    let attempt = provider.new_attempt().unwrap();
    Keycloak.admit(&idp, &attempt);
    let session = provider.redeem(callback(&attempt), REDIRECT_URI, now()).await.unwrap();
    idp.says(TOKEN, tokens("marked-opaque", None));
    let error = provider.refresh(&session, now()).await.unwrap_err();
    assert!(!error.ends_session() && told(&error).contains("malformed access token"), "{}", told(&error));

    let attempt = provider.new_attempt().unwrap();
    idp.says(TOKEN, tokens("marked-opaque", Some(&idp.sign(&idp.claims(&attempt.nonce.hash())))));
    let error = provider.redeem(callback(&attempt), REDIRECT_URI, now()).await.unwrap_err();
    assert_eq!(error.verdict(), Verdict::Failed);
    assert!(told(&error).contains("malformed access token"), "{}", told(&error));
}
