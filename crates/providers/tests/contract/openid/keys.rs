//! When the provider's keys are fetched, kept and let go.

use std::time::Duration;

use serde_json::json;
use sidecar_oidc::algorithm::Algorithm;
use sidecar_oidc::settings::KeySource;
use sidecar_oidc::{EndpointUrl, Verdict};
use tokio::time::timeout;

use super::discovery::configured;
use super::{OpenId, built, log_in, pass};
use crate::idp::{DISCOVERY, Idp, KEYS, Reply, SigningKey, TOKEN, now, tokens};
use crate::suite::{REDIRECT_URI, Subject as _, background, callback, patient, told};

#[tokio::test]
async fn a_storm_of_unknown_keys_causes_one_fetch_per_cool_down() {
    let idp = Idp::start().await;
    let provider = built(&idp, |_| {}).await;
    log_in(&idp, &provider, |_| {}).await.unwrap();
    assert_eq!(idp.count(KEYS), 1);
    let stranger = SigningKey::new("stranger");
    let storm = async || {
        let attempt = provider.new_attempt().unwrap();
        idp.says(TOKEN, tokens(&stranger.sign(&idp.claims(&attempt.nonce.hash()))));
        let logins: Vec<_> = (0..40).map(|_| provider.redeem(callback(&attempt), REDIRECT_URI, now())).collect();
        for login in logins {
            assert!(login.await.is_err());
        }
    };
    storm().await;
    assert_eq!(idp.count(KEYS), 2, "the first stranger may be a rotation");
    storm().await;
    assert_eq!(idp.count(KEYS), 2, "so soon after it, the next one may not");
    for reply in [Reply::status(500), Reply::Json(json!({"keys": []})), Reply::Closed] {
        idp.says(KEYS, reply);
        let before = idp.count(KEYS);
        pass(Duration::from_secs(11)).await;
        storm().await;
        assert_eq!(idp.count(KEYS), before + 1);
        log_in(&idp, &provider, |_| {}).await.expect("the keys that were there are kept");
    }
}

#[tokio::test]
async fn a_rotated_key_is_found_at_its_first_token() {
    let idp = Idp::start().await;
    let provider = built(&idp, |_| {}).await;
    log_in(&idp, &provider, |_| {}).await.unwrap();
    idp.rotate("k2");
    idp.says(KEYS, Reply::Json(json!({ "keys": [idp.jwk()] })));
    log_in(&idp, &provider, |_| {}).await.unwrap();
    assert_eq!(idp.count(KEYS), 2);
}

#[tokio::test]
async fn a_withdrawn_key_is_gone_within_the_hour_though_nobody_logs_in() {
    let idp = Idp::start().await;
    let provider = built(&idp, |_| {}).await;
    log_in(&idp, &provider, |_| {}).await.unwrap();
    let attempt = provider.new_attempt().unwrap();
    let old = tokens(&idp.sign(&idp.claims(&attempt.nonce.hash())));
    idp.rotate("k2");
    idp.says(KEYS, Reply::Json(json!({ "keys": [idp.jwk()] })));
    pass(Duration::from_mins(61)).await;
    idp.asked(KEYS, 2).await;
    idp.says(TOKEN, old);
    let refused = async {
        loop {
            // The answer of the renewal may still be under way.
            if let Err(error) = provider.redeem(callback(&attempt), REDIRECT_URI, now()).await {
                break error;
            }
        }
    };
    let error = timeout(Duration::from_secs(5), refused).await.unwrap();
    assert!(told(&error).contains("no key of the provider"), "{}", told(&error));

    idp.says(KEYS, Reply::status(500));
    pass(Duration::from_hours(2)).await;
    log_in(&idp, &provider, |_| {}).await.expect("older keys are used while no others are to be had");
}

#[tokio::test]
async fn keys_that_were_never_had_are_asked_for_once_per_cool_down() {
    let idp = Idp::start().await;
    idp.says(KEYS, Reply::status(503));
    let provider = built(&idp, |_| {}).await;
    for _ in 0..3 {
        let (verdict, _) = log_in(&idp, &provider, |_| {}).await.unwrap_err();
        assert!(matches!(verdict, Verdict::Unavailable { .. }));
    }
    assert_eq!(idp.count(KEYS), 1);
    idp.says(KEYS, Reply::Json(json!({ "keys": [idp.jwk()] })));
    pass(Duration::from_secs(11)).await;
    log_in(&idp, &provider, |_| {}).await.unwrap();
}

#[tokio::test]
async fn sidecars_that_start_together_ask_for_the_metadata_once_each_and_for_keys_when_there_is_a_token() {
    let idp = Idp::start().await;
    let sidecars: Vec<_> = (0..200).map(|_| OpenId.build(&idp, patient(), background())).collect();
    for sidecar in &sidecars {
        sidecar.ready_once().await.unwrap();
    }
    assert_eq!((idp.count(DISCOVERY), idp.count(KEYS)), (200, 0));
    for sidecar in &sidecars[..3] {
        log_in(&idp, sidecar, |_| {}).await.unwrap();
        log_in(&idp, sidecar, |_| {}).await.unwrap();
    }
    assert_eq!((idp.count(DISCOVERY), idp.count(KEYS)), (200, 3));
}

#[tokio::test]
async fn the_first_logins_share_one_fetch_of_the_keys() {
    let idp = Idp::start().await;
    let provider = built(&idp, |_| {}).await;
    let attempt = provider.new_attempt().unwrap();
    idp.says(TOKEN, tokens(&idp.sign(&idp.claims(&attempt.nonce.hash()))));
    let logins: Vec<_> = (0..40).map(|_| provider.redeem(callback(&attempt), REDIRECT_URI, now())).collect();
    for login in logins {
        login.await.unwrap();
    }
    assert_eq!(idp.count(KEYS), 1);
}

#[tokio::test]
async fn the_last_good_keys_serve_for_a_day_whatever_is_said_after_them() {
    let idp = Idp::start().await;
    let remote = KeySource::Remote(EndpointUrl::parse(&idp.url(KEYS)).unwrap());
    let provider = built(&idp, |settings| {
        settings.endpoints = configured(&idp, remote);
        settings.signing_algorithms = vec![Algorithm::Es256];
    })
    .await;
    log_in(&idp, &provider, |_| {}).await.unwrap();
    pass(Duration::from_mins(30)).await;
    let mut renewals = 1;
    for reply in [
        Reply::body("<html>"),
        Reply::Json(json!({"keys": {}})),
        Reply::Json(json!({"keys": [{"kty": "RSA"}]})),
        Reply::body("{\"keys\":["),
        Reply::Truncated,
        Reply::Closed,
        Reply::status(500),
        Reply::redirect(302, idp.url("/elsewhere")),
    ] {
        idp.says(KEYS, reply);
        pass(Duration::from_hours(1)).await;
        renewals += 1;
        idp.asked(KEYS, renewals).await;
        log_in(&idp, &provider, |_| {}).await.expect("nobody waits, and nobody is refused");
        assert_eq!(idp.count(KEYS), renewals, "a visitor does not ask for keys that serve");
    }
    assert_eq!(idp.count("/elsewhere"), 0);
    pass(Duration::from_hours(16)).await;
    let (verdict, text) = log_in(&idp, &provider, |_| {}).await.unwrap_err();
    assert!(!matches!(verdict, Verdict::Forbidden), "{text}");
    idp.says(KEYS, Reply::Json(json!({ "keys": [idp.jwk()] })));
    pass(Duration::from_mins(11)).await;
    log_in(&idp, &provider, |_| {}).await.unwrap();
}
