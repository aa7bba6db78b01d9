//! Tokens that requests bring, to each kind of provider that can verify them.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};
use sidecar_core::policy::{Requirement, Standing};
use sidecar_core::{Secret, Session};
use sidecar_oidc::settings::UnverifiedEmail;
use sidecar_oidc::{BearerError, EndpointOverrides, Provider, Registration, SecretSource, Settings};
use sidecar_providers::{AzureSettings, EntraIdSettings, GoogleSettings, Tenants, build};

use crate::idp::{DISCOVERY, Idp, KEYS, Reply, SigningKey, USERINFO, now};
use crate::suite::{CLIENT_SECRET, background, client, told};

type Kind = fn(Settings) -> sidecar_providers::Settings;

const FAMILY: [Kind; 3] = [sidecar_providers::Settings::OpenId, sidecar_providers::Settings::Keycloak, |openid| {
    sidecar_providers::Settings::EntraId(EntraIdSettings::new(openid))
}];

async fn built(idp: &Idp, kind: Kind, change: impl FnOnce(&mut Settings)) -> Arc<dyn Provider> {
    let registration = Registration::new("app", SecretSource::Value(Secret::from(CLIENT_SECRET)));
    let mut settings = Settings::new(idp.issuer(), registration);
    change(&mut settings);
    let provider = build(kind(settings), client(), background()).unwrap();
    provider.ready_once().await.unwrap();
    provider
}

fn claims(idp: &Idp, more: &Value) -> Value {
    let mut claims = idp.claims("of another flow");
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims
}

async fn presented(idp: &Idp, provider: &Arc<dyn Provider>, claims: &Value) -> Result<Session, BearerError> {
    provider.bearer(&Secret::new(idp.sign(claims)), now()).await
}

#[tokio::test]
async fn the_family_reads_a_token_as_at_a_login_and_asks_nobody_else() {
    for kind in FAMILY {
        let idp = Idp::start().await;
        let provider = built(&idp, kind, |settings| settings.groups_claim = "realm.roles".to_owned()).await;
        let claims = claims(&idp, &json!({"realm": {"roles": ["a", 7]}, "preferred_username": null}));
        let session = presented(&idp, &provider, &claims).await.unwrap();
        assert_eq!(session.user.as_deref(), Some("alice-id"));
        assert_eq!(session.email.as_deref(), Some("alice@example.com"));
        assert_eq!(session.groups, ["a", "7"]);
        assert_eq!(session.created_at, Some(now()));
        assert_eq!(session.expires_at, Some(UNIX_EPOCH + Duration::from_secs(claims["exp"].as_u64().unwrap())));
        assert!(session.access_token.is_some() && session.id_token.is_some() && session.refresh_token.is_none());
        assert_eq!((idp.count(USERINFO), idp.count(KEYS)), (0, 1), "a claim is absent, and nobody is asked for it");
        presented(&idp, &provider, &claims).await.unwrap();
        assert_eq!(idp.count(KEYS), 1);
    }
}

#[tokio::test]
async fn an_address_that_is_absent_is_the_subject_and_one_that_is_not_verified_is_refused() {
    for kind in FAMILY {
        let idp = Idp::start().await;
        let provider = built(&idp, kind, |_| {}).await;
        for email in [json!(null), json!("")] {
            let session = presented(&idp, &provider, &claims(&idp, &json!({ "email": email }))).await.unwrap();
            assert_eq!(session.email.as_deref(), Some("alice-id"));
        }
        let unverified = claims(&idp, &json!({"email_verified": false}));
        let error = presented(&idp, &provider, &unverified).await.unwrap_err();
        assert!(told(&error).contains("email not verified"), "{}", told(&error));
        let lax = built(&idp, kind, |settings| settings.unverified_email = UnverifiedEmail::InsecureAllowed).await;
        presented(&idp, &lax, &unverified).await.unwrap();
    }
}

#[tokio::test]
async fn azure_reads_the_names_of_the_specification_alone() {
    let idp = Idp::start().await;
    let azure: Kind = |openid| sidecar_providers::Settings::Azure(AzureSettings::new(openid));
    let lax = |settings: &mut Settings| {
        settings.email_claim = "upn".to_owned();
        settings.unverified_email = UnverifiedEmail::InsecureAllowed;
    };
    let provider = built(&idp, azure, lax).await;
    let session = presented(&idp, &provider, &claims(&idp, &json!({"upn": "other@example.com"}))).await.unwrap();
    assert_eq!(session.email.as_deref(), Some("alice@example.com"));
    assert_eq!((session.user.as_deref(), session.created_at), (Some("alice-id"), None));
    for wrong in [json!({"groups": [7]}), json!({"email_verified": "true"}), json!({"email_verified": false})] {
        presented(&idp, &provider, &claims(&idp, &wrong)).await.unwrap_err();
    }
}

#[tokio::test]
async fn the_tenants_of_entra_id_count_for_tokens_too() {
    let idp = Idp::start().await;
    let listed: Kind = |openid| {
        let tenants = Tenants::Listed(["t-1".to_owned()].into());
        sidecar_providers::Settings::EntraId(EntraIdSettings { tenants, ..EntraIdSettings::new(openid) })
    };
    let provider = built(&idp, listed, |_| {}).await;
    for (tenant, expected) in [("t-1", Standing::Met), ("t-2", Standing::Unmet(Requirement::Tenant))] {
        let session = presented(&idp, &provider, &claims(&idp, &json!({ "tid": tenant }))).await.unwrap();
        assert_eq!(provider.standing(&session), Standing::Unasked);
        assert_eq!(provider.ask_standing(&session, now()).await.unwrap(), expected, "{tenant}");
    }
}

#[tokio::test]
async fn a_key_that_is_rotated_in_is_fetched_once_and_one_of_nobodys_is_not_waited_for_again() {
    let idp = Idp::start().await;
    let provider = built(&idp, FAMILY[0], |_| {}).await;
    let good = claims(&idp, &json!({}));
    presented(&idp, &provider, &good).await.unwrap();
    idp.rotate("k2");
    idp.says(KEYS, Reply::Json(json!({"keys": [idp.jwk()]})));
    presented(&idp, &provider, &good).await.unwrap();
    assert_eq!(idp.count(KEYS), 2);
    for kid in ["x1", "x2", "x3"] {
        let forged = Secret::new(SigningKey::new(kid).sign(&good));
        let error = provider.bearer(&forged, now()).await.unwrap_err();
        assert!(!error.is_outage(), "{}", told(&error));
    }
    assert_eq!(idp.count(KEYS), 2, "within the cool-down nobody is asked");
}

#[tokio::test]
async fn a_token_that_is_refused_whoever_signed_it_causes_no_call() {
    let idp = Idp::start().await;
    let provider = built(&idp, FAMILY[0], |_| {}).await;
    for wrong in
        [json!({"iss": "https://evil.example"}), json!({"aud": "another"}), json!({"exp": 1}), json!({"sub": ""})]
    {
        let forged = Secret::new(SigningKey::new("x").sign(&claims(&idp, &wrong)));
        let error = provider.bearer(&forged, now()).await.unwrap_err();
        assert!(!error.is_outage(), "{}", told(&error));
    }
    assert_eq!(idp.count(KEYS), 0);
    idp.says(KEYS, Reply::status(503));
    let error = presented(&idp, &provider, &claims(&idp, &json!({}))).await.unwrap_err();
    assert!(error.is_outage(), "{}", told(&error));
}

#[tokio::test]
async fn a_provider_that_is_away_or_that_signs_nothing_takes_no_token() {
    let idp = Idp::start().await;
    idp.says(DISCOVERY, Reply::status(503));
    let registration = || Registration::new("app", SecretSource::Value(Secret::from(CLIENT_SECRET)));
    let settings = sidecar_providers::Settings::OpenId(Settings::new(idp.issuer(), registration()));
    let away = build(settings, client(), background()).unwrap();
    let _ = away.ready_once().await;
    let error = presented(&idp, &away, &claims(&idp, &json!({}))).await.unwrap_err();
    assert!(error.is_outage(), "{}", told(&error));
    let google = GoogleSettings { registration: registration(), endpoints: EndpointOverrides::default() };
    let google = build(sidecar_providers::Settings::Google(google), client(), background()).unwrap();
    let error = presented(&idp, &google, &claims(&idp, &json!({}))).await.unwrap_err();
    assert!(matches!(error, BearerError::NotSupported), "{}", told(&error));
}
