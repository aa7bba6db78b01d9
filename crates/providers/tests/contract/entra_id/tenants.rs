//! Which tenants may in: at the login, and with a session that another app's sidecar made.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use sidecar_core::policy::{Requirement, Standing};
use sidecar_core::{Secret, Session};
use sidecar_oidc::settings::IssuerCheck;
use sidecar_oidc::{Freshness, StandingError, ValidateError, Verdict};
use sidecar_providers::{EntraIdSettings, Tenants};

use super::{GRAPH, TENANT, built, claims, log_in, overflow};
use crate::idp::{DISCOVERY, Idp, KEYS, Reply, SigningKey, now};
use crate::suite::{login_url, told};

const OTHER: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
const UNMET: Standing = Standing::Unmet(Requirement::Tenant);

fn only(tenant: &str) -> impl FnOnce(&mut EntraIdSettings) {
    let tenants = Tenants::Listed(BTreeSet::from([tenant.to_owned()]));
    move |settings| settings.tenants = tenants
}

/// What the gateway makes of a session: what the session tells, else what is asked.
async fn standing(
    provider: &std::sync::Arc<dyn sidecar_oidc::Provider>,
    session: &Session,
) -> Result<Standing, StandingError> {
    match provider.standing(session) {
        Standing::Unasked => provider.ask_standing(session, now()).await,
        told @ (Standing::Met | Standing::Unmet(_) | Standing::Unanswered) => Ok(told),
    }
}

#[tokio::test]
async fn the_tenant_of_the_token_decides_whatever_the_issuer() {
    let idp = Idp::start().await;
    let public = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
    let foreign = format!("https://login.microsoftonline.com/{OTHER}/v2.0");
    for (tid, iss, expected) in [
        (json!(TENANT), idp.issuer(), Some(Standing::Met)),
        (json!(TENANT), foreign.clone(), Some(Standing::Met)),
        (json!(OTHER), public.clone(), Some(UNMET)),
        (json!(TENANT.to_uppercase()), public.clone(), Some(UNMET)),
        (Value::Null, public.clone(), Some(Standing::Met)),
        (json!(""), public.clone(), Some(Standing::Met)),
        (json!([TENANT]), public, Some(Standing::Met)),
        (Value::Null, foreign, Some(UNMET)),
        (Value::Null, idp.issuer(), None),
        (json!(7), "https://login.microsoftonline.us/x/v2.0".to_owned(), None),
    ] {
        let change = |claims: &mut Value| {
            claims["tid"] = tid.clone();
            claims["iss"] = json!(iss);
        };
        let restricted = built(&idp, |settings| {
            settings.openid.issuer_check = IssuerCheck::InsecureSkipped;
            only(TENANT)(settings);
        })
        .await;
        let open = built(&idp, |settings| settings.openid.issuer_check = IssuerCheck::InsecureSkipped).await;
        let Some(expected) = expected else {
            for provider in [restricted, open] {
                let (verdict, text) = log_in(&idp, &provider, change).await.unwrap_err();
                assert_eq!(verdict, Verdict::Forbidden, "{tid} {iss}: {text}");
            }
            continue;
        };
        let session = log_in(&idp, &restricted, change).await.unwrap();
        assert_eq!(standing(&restricted, &session).await.unwrap(), expected, "{tid} {iss}");
        restricted.validate(&session, Freshness::Stored, now()).await.unwrap();
        let session = log_in(&idp, &open, change).await.unwrap();
        assert_eq!(open.standing(&session), Standing::Met, "{tid} {iss}");
    }
}

#[tokio::test]
async fn a_session_that_another_apps_sidecar_made_is_judged_by_its_signed_token() {
    let idp = Idp::start().await;
    let restricted = built(&idp, only(TENANT)).await;
    let elsewhere = built(&idp, |settings| settings.openid.registration.client_id = "another".to_owned()).await;
    let made_there = async |change: &dyn Fn(&mut Value)| {
        let made = log_in(&idp, &elsewhere, |claims| {
            claims["aud"] = json!("another");
            change(claims);
        });
        made.await.unwrap()
    };
    let ours = made_there(&|_| {}).await;
    assert_eq!(standing(&restricted, &ours).await.unwrap(), Standing::Met, "it is of the same tenant");
    let theirs = made_there(&|claims| claims["tid"] = json!(OTHER)).await;
    assert_eq!(standing(&restricted, &theirs).await.unwrap(), UNMET);

    // Time alone makes nobody a stranger.
    let late = now() + Duration::from_hours(100);
    assert_eq!(restricted.ask_standing(&ours, late).await.unwrap(), Standing::Met);

    let attempt = restricted.new_attempt().unwrap();
    let forged = SigningKey::new("k1").sign(&claims(&idp, &attempt));
    for token in [Some(forged), Some("marked-token".to_owned()), Some(String::new()), None] {
        let session = Session { id_token: token.clone().map(Secret::new), ..ours.clone() };
        assert_eq!(standing(&restricted, &session).await.unwrap(), UNMET, "{token:?}");
    }
}

#[tokio::test]
async fn a_session_of_another_issuer_says_nothing_about_tenants() {
    let (idp, evil) = (Idp::start().await, Idp::start().await);
    let restricted = built(&idp, only(TENANT)).await;
    let session = log_in(&evil, &built(&evil, |_| {}).await, |_| {}).await.unwrap();
    assert_eq!(standing(&restricted, &session).await.unwrap(), UNMET);
    let error = restricted.validate(&session, Freshness::Stored, now()).await.unwrap_err();
    assert!(!error.is_outage(), "{}", told(&error));
}

#[tokio::test]
async fn nothing_is_known_about_a_tenant_while_the_keys_are_not() {
    let idp = Idp::start().await;
    let session = log_in(&idp, &built(&idp, |_| {}).await, |_| {}).await.unwrap();
    let restricted = built(&idp, only(TENANT)).await;
    idp.says(KEYS, Reply::status(503));
    assert_eq!(restricted.standing(&session), Standing::Unasked);
    let error = restricted.ask_standing(&session, now()).await.unwrap_err();
    assert!(matches!(error, StandingError::Call(_)), "{}", told(&error));
    assert_eq!(restricted.ask_standing(&session, now()).await.unwrap(), Standing::Unanswered, "it is too soon");

    idp.says(DISCOVERY, Reply::status(503));
    let away = super::settings(&idp);
    let away = EntraIdSettings { tenants: Tenants::Listed(BTreeSet::new()), ..away };
    let away = sidecar_providers::build(
        sidecar_providers::Settings::EntraId(away),
        crate::suite::client(),
        crate::suite::background(),
    )
    .unwrap();
    let error = away.ask_standing(&session, now()).await.unwrap_err();
    assert!(matches!(error, StandingError::Unavailable(_)), "{}", told(&error));
}

#[tokio::test]
async fn a_key_that_was_rotated_in_is_found() {
    let idp = Idp::start().await;
    let provider = built(&idp, only(TENANT)).await;
    log_in(&idp, &provider, |_| {}).await.unwrap();
    idp.rotate("k2");
    idp.says(KEYS, Reply::Json(json!({ "keys": [idp.jwk()] })));
    let session = log_in(&idp, &provider, |_| {}).await.unwrap();
    assert_eq!(standing(&provider, &session).await.unwrap(), Standing::Met);
}

#[tokio::test]
async fn tokens_of_another_issuer_audience_or_key_make_no_session() {
    let idp = Idp::start().await;
    let provider = built(&idp, only(TENANT)).await;
    for (name, value, verdict) in [
        ("iss", json!("https://login.microsoftonline.com/x/v2.0"), Verdict::Failed),
        ("aud", json!("another"), Verdict::Forbidden),
        ("aud", json!(["another"]), Verdict::Forbidden),
        ("nonce", json!("another"), Verdict::Forbidden),
        ("email_verified", json!(false), Verdict::Forbidden),
        ("exp", json!(1), Verdict::Failed),
        ("iss", json!(7), Verdict::Failed),
        ("aud", json!({"app": true}), Verdict::Failed),
        ("_claim_names", json!({"groups": "src1"}), Verdict::Failed),
        ("_claim_names", json!({"groups": 7}), Verdict::Failed),
    ] {
        let (got, text) = log_in(&idp, &provider, |claims| claims[name] = value.clone()).await.unwrap_err();
        assert_eq!(got, verdict, "{name} {value}: {text}");
    }
}

#[tokio::test]
async fn a_session_without_a_tenant_does_not_hold() {
    let idp = Idp::start().await;
    let provider = built(&idp, |_| {}).await;
    let attempt = provider.new_attempt().unwrap();
    let mut claims = claims(&idp, &attempt);
    claims.as_object_mut().unwrap().remove("tid");
    let session = Session { id_token: Some(Secret::new(idp.sign(&claims))), ..Session::default() };
    for freshness in [Freshness::Stored, Freshness::JustRefreshed] {
        let error = provider.validate(&session, freshness, now()).await.unwrap_err();
        assert!(matches!(error, ValidateError::Unmet(Requirement::Tenant)), "{}", told(&error));
        assert!(!error.is_outage());
    }
}

#[tokio::test]
async fn nobody_is_asked_for_the_groups_of_a_tenant_that_may_not_in() {
    let idp = Idp::start().await;
    let provider = built(&idp, only(OTHER)).await;
    let session = log_in(&idp, &provider, overflow).await;
    assert_eq!(idp.count(GRAPH), 0);
    // userinfo answers nothing here, so the session is made only where no claim is absent.
    assert!(session.is_err());
    let session = log_in(&idp, &provider, |claims| {
        overflow(claims);
        claims["groups"] = json!([]);
    });
    assert_eq!(standing(&provider, &session.await.unwrap()).await.unwrap(), UNMET);
    assert_eq!(idp.count(GRAPH), 0);
}

#[tokio::test]
async fn a_login_asks_for_s256_and_for_no_scope_groups_though_a_group_is_required() {
    let idp = Idp::start().await;
    let mut metadata = idp.metadata();
    metadata.as_object_mut().unwrap().remove("code_challenge_methods_supported");
    idp.says(DISCOVERY, Reply::Json(metadata));
    let provider = built(&idp, |settings| {
        settings.openid.group_restriction = sidecar_oidc::settings::GroupRestriction::Some;
    })
    .await;
    assert_eq!(provider.display_name(), "Microsoft Entra ID");
    let attempt = provider.new_attempt().unwrap();
    let url = login_url(&*provider, &attempt, "s");
    assert!(provider.has_account_chooser());
    assert!(url.contains("&code_challenge_method=S256&") && url.contains("&nonce="), "{url}");
    assert!(url.contains("&scope=openid+email+profile&"), "{url}");
}
