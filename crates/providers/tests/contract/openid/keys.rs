//! When the provider's keys are fetched, kept and let go.

use std::time::Duration;

use serde_json::json;
use sidecar_oidc::Verdict;

use super::{built, log_in, pass};
use crate::idp::{Idp, KEYS, Reply, SigningKey, TOKEN, now, tokens};
use crate::suite::{REDIRECT_URI, callback, told};

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
async fn a_withdrawn_key_is_gone_within_the_hour_and_kept_keys_last_a_day() {
    let idp = Idp::start().await;
    let provider = built(&idp, |_| {}).await;
    log_in(&idp, &provider, |_| {}).await.unwrap();
    let attempt = provider.new_attempt().unwrap();
    let old = tokens(&idp.sign(&idp.claims(&attempt.nonce.hash())));
    idp.rotate("k2");
    idp.says(KEYS, Reply::Json(json!({ "keys": [idp.jwk()] })));
    pass(Duration::from_mins(61)).await;
    idp.says(TOKEN, old);
    let error = provider.redeem(callback(&attempt), REDIRECT_URI, now()).await.unwrap_err();
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
