//! What becomes of a session after its login.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sidecar_core::Session;
use sidecar_oidc::settings::UserInfoClaims;
use sidecar_oidc::{EndpointUrl, Freshness, Provider, RefreshError, Refreshed};

use super::{built, log_in};
use crate::idp::{Idp, KEYS, Reply, SigningKey, TOKEN, USERINFO, now, tokens};
use crate::suite::told;

#[tokio::test]
async fn a_refresh_takes_what_came_and_keeps_what_did_not() {
    let idp = Idp::start().await;
    let provider = built(&idp, |_| {}).await;
    let session = logged_in(&idp, &provider).await;
    let later = now() + Duration::from_hours(1);
    idp.says(TOKEN, Reply::Json(json!({"access_token": "marked-2"})));
    let second = renewed(provider.refresh(&session, later).await.unwrap());
    assert_eq!(idp.seen(TOKEN).last().unwrap().body, "grant_type=refresh_token&refresh_token=marked-refresh");
    assert_eq!(second.access_token.as_ref().unwrap().expose(), "marked-2");
    assert_eq!(second.refresh_token.as_ref().unwrap().expose(), "marked-refresh");
    assert_eq!(second.id_token.as_ref().unwrap().expose(), session.id_token.as_ref().unwrap().expose());
    assert_eq!((second.created_at, second.expires_at), (Some(later), None));
    assert_eq!(second.email, session.email);

    let mut claims = idp.claims("");
    claims["email"] = json!("alice@new.example");
    claims["groups"] = json!([]);
    claims["exp"] = json!(1_800_007_200);
    claims.as_object_mut().unwrap().remove("nonce");
    idp.says(TOKEN, tokens(&idp.sign(&claims)));
    let third = renewed(provider.refresh(&second, later).await.unwrap());
    assert_eq!(third.email.as_deref(), Some("alice@new.example"));
    assert!(third.groups.is_empty());
    assert_eq!(third.nonce, session.nonce);
}

#[tokio::test]
async fn a_refresh_that_tells_no_address_leaves_the_one_that_the_rules_were_asked_about() {
    let idp = Idp::start().await;
    let provider = built(&idp, |settings| settings.userinfo_claims = UserInfoClaims::Skipped).await;
    let session = logged_in(&idp, &provider).await;
    for email in [json!(null), json!("")] {
        let mut claims = idp.claims("");
        claims.as_object_mut().unwrap().remove("nonce");
        claims["email"] = email;
        idp.says(TOKEN, tokens(&idp.sign(&claims)));
        let renewed = renewed(provider.refresh(&session, now()).await.unwrap());
        assert_eq!(renewed.email, session.email);
        assert!(renewed.email.is_some());
    }
}

#[tokio::test]
async fn a_refresh_token_is_not_lost_because_the_claims_cannot_be_asked_for_now() {
    let idp = Idp::start().await;
    let provider = built(&idp, |_| {}).await;
    let session = logged_in(&idp, &provider).await;
    let mut claims = idp.claims("");
    for absent in ["nonce", "groups"] {
        claims.as_object_mut().unwrap().remove(absent);
    }
    let id_token = idp.sign(&claims);
    idp.says(
        TOKEN,
        Reply::Json(json!({"access_token": "marked-2", "refresh_token": "marked-3", "id_token": id_token})),
    );
    for away in [Reply::status(503), Reply::status(429), Reply::Closed] {
        idp.says(USERINFO, away);
        let renewed = renewed(provider.refresh(&session, now()).await.unwrap());
        assert_eq!(renewed.refresh_token.as_ref().unwrap().expose(), "marked-3");
        assert_eq!((&renewed.groups, &renewed.email), (&session.groups, &session.email));
    }
    for broken in [Reply::status(500), Reply::status(401), Reply::body("<html>")] {
        idp.says(USERINFO, broken);
        assert!(provider.refresh(&session, now()).await.is_err());
    }
}

#[tokio::test]
async fn a_refresh_never_makes_a_session_of_somebody_else() {
    let idp = Idp::start().await;
    let provider = built(&idp, |_| {}).await;
    let session = logged_in(&idp, &provider).await;
    for (name, value, ends) in [
        ("sub", json!("mallory"), true),
        ("iss", json!("https://evil.example"), false),
        ("aud", json!("other"), false),
        ("nonce", json!("other"), false),
        ("exp", json!(1), false),
    ] {
        let mut claims = idp.claims("");
        claims.as_object_mut().unwrap().remove("nonce");
        claims[name] = value;
        idp.says(TOKEN, tokens(&idp.sign(&claims)));
        let error: RefreshError = provider.refresh(&session, now()).await.unwrap_err();
        assert_eq!(error.ends_session(), ends, "{name}: {}", told(&error));
    }
    idp.says(TOKEN, tokens(&SigningKey::new("k1").sign(&idp.claims(""))));
    assert!(provider.refresh(&session, now()).await.is_err());
}

#[tokio::test]
async fn a_stored_session_holds_as_long_as_its_id_token_does() {
    let idp = Idp::start().await;
    let provider = built(&idp, |_| {}).await;
    let session = logged_in(&idp, &provider).await;
    provider.validate(&session, Freshness::Stored, now()).await.unwrap();
    let late = now() + Duration::from_secs(3601);
    let error = provider.validate(&session, Freshness::Stored, late).await.unwrap_err();
    assert!(!error.is_outage(), "{}", told(&error));
    provider.validate(&session, Freshness::JustRefreshed, late).await.unwrap();
    let other = Session { nonce: vec![7; 32], ..session.clone() };
    assert!(provider.validate(&other, Freshness::Stored, now()).await.is_err());
    let without = Session { id_token: None, ..session.clone() };
    assert!(provider.validate(&without, Freshness::Stored, now()).await.is_err());

    // A process that has just started and finds no keys has learned nothing about the session.
    for no_keys in [Reply::status(503), Reply::status(500), Reply::status(404), Reply::body("<html>"), Reply::Closed] {
        idp.says(KEYS, no_keys);
        let fresh = built(&idp, |_| {}).await;
        let error = fresh.validate(&session, Freshness::Stored, now()).await.unwrap_err();
        assert!(error.is_outage(), "{}", told(&error));
    }
}

#[tokio::test]
async fn the_validate_url_is_asked_after_a_refresh_alone() {
    let idp = Idp::start().await;
    let endpoint = EndpointUrl::parse(&idp.url("/validate")).unwrap();
    let provider = built(&idp, |settings| settings.validate_endpoint = Some(endpoint)).await;
    let session = logged_in(&idp, &provider).await;
    provider.validate(&session, Freshness::Stored, now()).await.unwrap();
    assert_eq!(idp.count("/validate"), 0);
    idp.says_in_turn("/validate", [Reply::body("x"), Reply::status(204), Reply::status(401), Reply::Closed]);
    provider.validate(&session, Freshness::JustRefreshed, now()).await.unwrap();
    assert_eq!(idp.seen("/validate")[0].header("authorization"), Some("Bearer marked-access"));
    for is_outage in [false, false, true] {
        let error = provider.validate(&session, Freshness::JustRefreshed, now()).await.unwrap_err();
        assert_eq!(error.is_outage(), is_outage, "{}", told(&error));
    }
}

/// A session as a login leaves it.
async fn logged_in(idp: &Idp, provider: &Arc<dyn Provider>) -> Session {
    log_in(idp, provider, |_| {}).await.unwrap()
}

fn renewed(outcome: Refreshed) -> Session {
    match outcome {
        Refreshed::Renewed(session) => *session,
        Refreshed::NothingToDo | Refreshed::NotSupported => panic!("nothing was refreshed"),
    }
}
