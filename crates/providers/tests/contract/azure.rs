//! Azure before Entra ID: the contract, and what is its own. Version 2 of its addresses asks Graph, version 1 does not.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use sidecar_core::login::LoginAttempt;
use sidecar_core::policy::Standing;
use sidecar_core::{Secret, Session};
use sidecar_oidc::algorithm::Algorithm;
use sidecar_oidc::settings::{Endpoints, KeySource};
use sidecar_oidc::{
    Background, Client, EndpointUrl, Freshness, Provider, RefreshError, Refreshed, Registration, SecretSource,
    Settings, ValidateError, Verdict,
};
use sidecar_providers::{AzureSettings, build};

use crate::idp::{DISCOVERY, Idp, KEYS, Reply, SigningKey, TOKEN, USERINFO, now, tokens};
use crate::suite::{self, CLIENT_SECRET, REDIRECT_URI, Subject, Trait, background, callback, client, told};

const ME: &str = "/v1.0/me";
const GRAPH: &str = "/v1.0/me/transitiveMemberOf";

/// At addresses of version 2, so that a login makes every call there is.
struct Azure;

impl Subject for Azure {
    fn build(&self, idp: &Idp, client: Client, background: Background) -> Arc<dyn Provider> {
        build(sidecar_providers::Settings::Azure(at(idp, "/oauth2/v2.0/authorize")), client, background).unwrap()
    }

    fn admit(&self, idp: &Idp, attempt: &LoginAttempt) {
        idp.says(TOKEN, tokens(&idp.sign(&idp.claims(&attempt.nonce.hash()))));
        idp.says(ME, Reply::Json(json!({"mail": "profile@example.com"})));
        idp.says(GRAPH, groups(&["g1"]));
    }

    fn calls(&self) -> &'static [&'static str] {
        &[TOKEN, KEYS, GRAPH, ME]
    }

    fn confirmations(&self) -> &'static [&'static str] {
        &[ME]
    }

    fn token_path(&self) -> &'static str {
        TOKEN
    }

    fn traits(&self) -> &'static [Trait] {
        &[Trait::Refreshes]
    }
}

crate::contract!(Azure);

fn settings(idp: &Idp) -> AzureSettings {
    let registration = Registration::new("app", SecretSource::Value(Secret::from(CLIENT_SECRET)));
    let graph = Some(EndpointUrl::parse(&idp.issuer()).unwrap());
    AzureSettings { graph, ..AzureSettings::new(Settings::new(idp.issuer(), registration)) }
}

/// Without discovery, with logins that begin at `authorize`.
fn at(idp: &Idp, authorize: &str) -> AzureSettings {
    let url = |path: &str| EndpointUrl::parse(&idp.url(path)).unwrap();
    let mut settings = settings(idp);
    settings.openid.signing_algorithms = vec![Algorithm::Es256];
    settings.openid.endpoints = Endpoints::Configured {
        authorization_endpoint: url(authorize),
        token_endpoint: url(TOKEN),
        userinfo_endpoint: Some(url(ME)),
        keys: KeySource::Remote(url(KEYS)),
    };
    settings
}

fn started(settings: AzureSettings) -> Arc<dyn Provider> {
    build(sidecar_providers::Settings::Azure(settings), client(), background()).unwrap()
}

fn groups(ids: &[&str]) -> Reply {
    let value: Vec<Value> = ids.iter().map(|id| json!({"id": id, "displayName": format!("The {id}")})).collect();
    Reply::Json(json!({ "value": value }))
}

/// Logs in with `claims` in the ID token, made of the good ones.
async fn log_in(
    idp: &Idp,
    provider: &Arc<dyn Provider>,
    change: impl FnOnce(&mut Value),
) -> Result<Session, (Verdict, String)> {
    let mut claims = idp.claims("");
    claims.as_object_mut().unwrap().remove("nonce");
    change(&mut claims);
    idp.says(TOKEN, tokens(&idp.sign(&claims)));
    redeem(provider).await
}

async fn redeem(provider: &Arc<dyn Provider>) -> Result<Session, (Verdict, String)> {
    let attempt = provider.new_attempt().unwrap();
    let redeemed = provider.redeem(callback(&attempt), REDIRECT_URI, now()).await;
    redeemed.map_err(|error| (error.verdict(), told(&error)))
}

fn login_url(provider: &Arc<dyn Provider>) -> String {
    let attempt = provider.new_attempt().unwrap();
    suite::login_url(&**provider, &attempt, "s")
}

#[tokio::test]
async fn version_one_asks_for_a_resource_and_never_for_groups() {
    let idp = Idp::start().await;
    let mut settings = at(&idp, "/oauth2/authorize");
    settings.resource = Some("https://api.example/".to_owned());
    settings.openid.registration.response_mode = Some("form_post".to_owned());
    let provider = started(settings);
    assert_eq!(provider.display_name(), "Azure");
    let url = login_url(&provider);
    assert!(url.contains("&resource=https%3A%2F%2Fapi.example%2F&") && url.contains("&scope=openid&"), "{url}");
    assert!(url.contains("&code_challenge_method=S256&"), "{url}");
    assert!(!url.contains("nonce") && !url.contains("response_mode"), "{url}");

    idp.says(ME, Reply::Json(json!({})));
    let session = log_in(&idp, &provider, |_| {}).await.unwrap();
    assert_eq!((session.user.as_deref(), session.preferred_username.as_deref()), (None, None));
    assert_eq!(session.groups, ["staff"]);
    assert_eq!(provider.standing(&session), Standing::Met);
    let seen = idp.seen(TOKEN).remove(0);
    assert_eq!(seen.header("authorization"), None);
    assert!(
        seen.body.starts_with("client_id=app&client_secret=marked-secret%2F%2B+%25&code=marked-code&code_verifier=")
    );
    assert!(seen.body.ends_with("&resource=https%3A%2F%2Fapi.example%2F"), "{}", seen.body);
    assert_eq!(idp.count(GRAPH), 0);
    let validated = idp.seen(ME).pop().unwrap();
    assert_eq!(validated.header("authorization"), Some("Bearer marked-access"));
    assert_eq!(validated.header("accept"), None);
}

#[tokio::test]
async fn version_two_asks_for_what_graph_grants_and_joins_its_groups() {
    let idp = Idp::start().await;
    let mut settings = at(&idp, "/oauth2/v2.0/authorize");
    settings.resource = Some("https://api.example/".to_owned());
    settings.openid.registration.scope = Some("openid groups".to_owned());
    let provider = started(settings);
    let url = login_url(&provider);
    let host = idp.issuer().replace("http://", "").replace(':', "%3A");
    assert!(url.contains(&format!("&scope=openid+https%3A%2F%2F{host}%2F.default&")), "{url}");
    assert!(!url.contains("resource"), "{url}");

    idp.says(ME, Reply::Json(json!({})));
    idp.says(GRAPH, groups(&["g1", "staff", "g1"]));
    let session = log_in(&idp, &provider, |_| {}).await.unwrap();
    assert_eq!(session.groups, ["staff", "g1"]);
    assert!(!idp.seen(TOKEN)[0].body.contains("resource"));
    let seen = idp.seen(GRAPH).remove(0);
    assert_eq!(
        seen.head.lines().next(),
        Some(
            "GET /v1.0/me/transitiveMemberOf?$count=true&$filter=securityEnabled+eq+true&$select=displayName,id HTTP/1.1"
        )
    );
    assert_eq!(seen.header("consistencylevel"), Some("eventual"));
}

#[tokio::test]
async fn groups_are_called_by_the_attribute_that_is_configured() {
    for (field, query, expected) in [
        ("displayName", "$select=displayName,id ", vec!["The g1"]),
        ("onPremisesSamAccountName", "$select=displayName,id,onPremisesSamAccountName ", vec![]),
    ] {
        let idp = Idp::start().await;
        let provider = started(AzureSettings { group_field: field.to_owned(), ..at(&idp, "/v2.0/authorize") });
        idp.says(ME, Reply::Json(json!({})));
        idp.says(GRAPH, groups(&["g1"]));
        let session = log_in(&idp, &provider, |claims| claims["groups"] = json!([])).await.unwrap();
        assert_eq!(session.groups, expected);
        assert!(idp.seen(GRAPH)[0].head.contains(query));
    }
}

#[tokio::test]
async fn the_metadata_says_which_version_it_is() {
    let idp = Idp::start().await;
    let mut metadata = idp.metadata();
    metadata["authorization_endpoint"] = json!(idp.url("/oauth2/v2.0/authorize"));
    idp.says(DISCOVERY, Reply::Json(metadata));
    let provider = started(settings(&idp));
    assert!(provider.status().is_err() && provider.new_attempt().is_err());
    provider.ready_once().await.unwrap();
    assert!(login_url(&provider).contains(".default"));
    idp.says(GRAPH, groups(&["g1"]));
    idp.says(USERINFO, Reply::Json(json!({})));
    assert_eq!(log_in(&idp, &provider, |_| {}).await.unwrap().groups, ["staff", "g1"]);
    assert_eq!(idp.count(USERINFO), 1, "it is the validate-url too");
}

#[tokio::test]
async fn an_account_without_an_email_claim_is_called_by_its_profile() {
    for (profile, expected) in [
        (json!({"mail": "m@x.test", "otherMails": ["o@x.test"], "userPrincipalName": "u@x.test"}), Some("m@x.test")),
        (json!({"mail": "", "otherMails": ["o@x.test", "p@x.test"], "userPrincipalName": "u"}), Some("o@x.test")),
        (json!({"mail": null, "otherMails": [], "userPrincipalName": "u@x.test"}), Some("u@x.test")),
        (json!({"mail": null, "otherMails": null, "userPrincipalName": "u@x.test"}), Some("u@x.test")),
        (json!({"userPrincipalName": "u@x.test"}), Some("u@x.test")),
        (json!({"email": "claimed@x.test"}), Some("claimed@x.test")),
        (json!({"mail": null}), None),
        (json!({"mail": ["marked"]}), None),
        (json!({"otherMails": [7]}), None),
    ] {
        let idp = Idp::start().await;
        let provider = started(at(&idp, "/oauth2/authorize"));
        idp.says(ME, Reply::Json(profile.clone()));
        let outcome = log_in(&idp, &provider, |claims| {
            claims.as_object_mut().unwrap().remove("email");
        });
        match (outcome.await, expected) {
            (Ok(session), Some(email)) => assert_eq!(session.email.as_deref(), Some(email), "{profile}"),
            (Err((verdict, _)), None) => assert_eq!(verdict, Verdict::Failed, "{profile}"),
            (outcome, _) => panic!("{profile}: {outcome:?}"),
        }
    }
}

#[tokio::test]
async fn what_is_read_is_read_from_the_token_that_verified() {
    let idp = Idp::start().await;
    idp.says(ME, Reply::Json(json!({})));
    let provider = started(at(&idp, "/oauth2/authorize"));
    let answer = |id_token: Option<String>, access_token: &str| {
        Reply::Json(json!({"access_token": access_token, "id_token": id_token, "expires_on": "1800000300"}))
    };
    let mut unverified = idp.claims("");
    unverified["email"] = json!("mallory@example.com");
    let forged = SigningKey::new("k1").sign(&unverified);
    let access = idp.sign(&idp.claims(""));
    for id_token in [Some(forged.clone()), Some("marked".to_owned()), None] {
        idp.says(TOKEN, answer(id_token, &access));
        assert_eq!(redeem(&provider).await.unwrap().email.as_deref(), Some("alice@example.com"));
    }
    for (id_token, access_token) in [(Some(forged.clone()), "marked"), (None, "marked"), (None, &forged)] {
        idp.says(TOKEN, answer(id_token, access_token));
        assert_eq!(redeem(&provider).await.unwrap_err().0, Verdict::Failed);
    }
    for (name, value, expected) in [
        ("aud", json!("another"), Verdict::Forbidden),
        ("email_verified", json!(false), Verdict::Forbidden),
        ("iss", json!("https://sts.windows.net/x/"), Verdict::Failed),
        ("exp", json!(1), Verdict::Failed),
    ] {
        let (verdict, text) = log_in(&idp, &provider, |claims| claims[name] = value.clone()).await.unwrap_err();
        assert_eq!(verdict, expected, "{name} {value}: {text}");
    }
}

#[tokio::test]
async fn the_time_of_expiry_may_be_a_text_a_number_or_a_length() {
    let idp = Idp::start().await;
    idp.says(ME, Reply::Json(json!({})));
    let provider = started(at(&idp, "/oauth2/authorize"));
    let at_300 = Some(now() + Duration::from_mins(5));
    for (members, expected) in [
        (json!({"expires_on": "1800000300"}), at_300),
        (json!({"expires_on": 1_800_000_300_u64}), at_300),
        (json!({"expires_on": "1800000300", "expires_in": "60"}), at_300),
        (json!({"expires_in": "300"}), Some(now() + Duration::from_mins(5))),
        (json!({"expires_in": 300}), Some(now() + Duration::from_mins(5))),
        (json!({}), None::<SystemTime>),
    ] {
        let mut answer = members.clone();
        answer["access_token"] = json!("marked-access");
        answer["id_token"] = json!(idp.sign(&idp.claims("")));
        idp.says(TOKEN, Reply::Json(answer));
        assert_eq!(redeem(&provider).await.unwrap().expires_at, expected, "{members}");
    }
}

#[tokio::test]
async fn a_refresh_takes_the_new_tokens_and_who_they_are_of() {
    let idp = Idp::start().await;
    idp.says(ME, Reply::Json(json!({})));
    idp.says(GRAPH, groups(&["g1"]));
    let provider = started(at(&idp, "/oauth2/v2.0/authorize"));
    let session = log_in(&idp, &provider, |_| {}).await.unwrap();
    assert_eq!(session.groups, ["staff", "g1"]);

    let later = now() + Duration::from_hours(1);
    let mut claims = idp.claims("");
    claims["email"] = json!("alice@new.example");
    claims["exp"] = json!(1_800_007_200);
    claims.as_object_mut().unwrap().remove("groups");
    let id_token = idp.sign(&claims);
    idp.says(
        TOKEN,
        Reply::Json(json!({"access_token": "marked-2", "id_token": id_token, "expires_on": 1_800_007_200})),
    );
    let Refreshed::Renewed(renewed) = provider.refresh(&session, later).await.unwrap() else { panic!("no refresh") };
    let body = idp.seen(TOKEN).pop().unwrap().body;
    assert!(body.ends_with("&grant_type=refresh_token&refresh_token=marked-refresh"), "{body}");
    assert_eq!(renewed.email.as_deref(), Some("alice@new.example"));
    assert_eq!(renewed.groups, ["staff", "g1"], "no groups came, and Graph is not asked again");
    assert_eq!(idp.count(GRAPH), 1);
    assert_eq!(renewed.access_token.unwrap().expose(), "marked-2");
    assert_eq!(renewed.refresh_token.unwrap().expose(), "marked-refresh", "none came, so the old one is kept");
    assert_eq!(renewed.created_at, Some(later));

    // Claims that cannot be read again are put off, tokens of somebody else are not.
    idp.says(ME, Reply::status(500));
    let Refreshed::Renewed(renewed) = provider.refresh(&session, later).await.unwrap() else { panic!("no refresh") };
    assert_eq!(renewed.email, session.email);
    claims["sub"] = json!("mallory-id");
    idp.says(TOKEN, tokens(&idp.sign(&claims)));
    let error = provider.refresh(&session, later).await.unwrap_err();
    assert!(matches!(error, RefreshError::SubjectChanged) && error.ends_session(), "{}", told(&error));
    idp.says(TOKEN, tokens(&SigningKey::new("k1").sign(&claims)));
    assert!(!provider.refresh(&session, later).await.unwrap_err().ends_session());
}

#[tokio::test]
async fn a_session_holds_while_its_access_token_is_good() {
    let idp = Idp::start().await;
    let provider = started(at(&idp, "/oauth2/authorize"));
    idp.says(ME, Reply::Json(json!({})));
    let session = log_in(&idp, &provider, |_| {}).await.unwrap();
    for freshness in [Freshness::Stored, Freshness::JustRefreshed] {
        provider.validate(&session, freshness, now() + Duration::from_hours(9)).await.unwrap();
    }
    for (reply, is_outage) in [(Reply::status(401), false), (Reply::status(503), true), (Reply::Closed, true)] {
        idp.says(ME, reply);
        let error = provider.validate(&session, Freshness::Stored, now()).await.unwrap_err();
        assert_eq!(error.is_outage(), is_outage, "{}", told(&error));
    }
    let without = Session { access_token: None, ..session };
    let error = provider.validate(&without, Freshness::Stored, now()).await.unwrap_err();
    assert!(matches!(error, ValidateError::NoAccessToken));

    idp.says(ME, Reply::status(401));
    let (verdict, text) = log_in(&idp, &provider, |_| {}).await.unwrap_err();
    assert_eq!(verdict, Verdict::Forbidden, "{text}");
}
