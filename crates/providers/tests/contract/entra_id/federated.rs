//! The identity of the pod in place of a client secret.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use sidecar_oidc::{ClientCredential, RefreshError, Refreshed, Verdict};
use sidecar_providers::EntraIdSettings;

use super::{built, log_in};
use crate::idp::{Idp, Reply, TOKEN, now};
use crate::suite::told;

fn by(path: &Path) -> impl FnOnce(&mut EntraIdSettings) {
    let credential = ClientCredential::AssertionFile(path.to_owned());
    move |settings| settings.openid.registration.credential = credential
}

#[tokio::test]
async fn the_assertion_is_read_at_each_use_and_sent_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("token");
    std::fs::write(&path, "marked.one").unwrap();
    let idp = Idp::start().await;
    let provider = built(&idp, by(&path)).await;
    let session = log_in(&idp, &provider, |_| {}).await.unwrap();
    assert_eq!(session.expires_at, Some(now() + Duration::from_mins(5)));
    let seen = idp.seen(TOKEN).remove(0);
    assert_eq!(seen.header("authorization"), None);
    let head = "client_assertion=marked.one&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type\
                %3Ajwt-bearer&client_id=app&code=marked-code&code_verifier=";
    assert!(seen.body.starts_with(head), "{}", seen.body);
    assert!(
        seen.body.ends_with(
            "&grant_type=authorization_code&redirect_uri=https%3A%2F%2Fauth.example.com%2Foauth2%2Fcallback"
        )
    );
    assert!(!seen.body.contains("client_secret"));

    std::fs::write(&path, "marked.two\n").unwrap();
    idp.says(TOKEN, Reply::Json(json!({"access_token": "marked-2", "expires_in": 60})));
    let Refreshed::Renewed(renewed) = provider.refresh(&session, now()).await.unwrap() else { panic!("no refresh") };
    let body = idp.seen(TOKEN).pop().unwrap().body;
    assert!(body.starts_with("client_assertion=marked.two%0A&"), "{body}");
    assert!(body.ends_with("&client_id=app&grant_type=refresh_token&refresh_token=marked-refresh"), "{body}");
    assert_eq!(renewed.refresh_token.unwrap().expose(), "marked-refresh", "none came, so the old one is kept");
    assert_eq!(renewed.expires_at, Some(now() + Duration::from_mins(1)));
}

#[tokio::test]
async fn a_refusal_of_the_token_endpoint_is_an_error_and_is_not_tried_in_another_way() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("token");
    std::fs::write(&path, "marked.one").unwrap();
    let idp = Idp::start().await;
    let provider = built(&idp, by(&path)).await;
    let session = log_in(&idp, &provider, |_| {}).await.unwrap();
    for (reply, ends) in [
        (Reply::error(400, "invalid_grant"), true),
        (Reply::error(200, "invalid_grant"), true),
        (Reply::error(401, "invalid_client"), true),
        (Reply::error(400, "invalid_request"), false),
        (Reply::Json(json!({})), false),
        (Reply::status(500), false),
    ] {
        let before = idp.count(TOKEN);
        idp.says(TOKEN, reply);
        let error = provider.refresh(&session, now()).await.unwrap_err();
        assert_eq!(error.ends_session(), ends, "{}", told(&error));
        assert_eq!(idp.count(TOKEN), before + 1);
    }
}

#[tokio::test]
async fn a_missing_token_of_the_pod_is_told_as_such() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("marked-token");
    std::fs::write(&path, "marked.one").unwrap();
    let idp = Idp::start().await;
    let provider = built(&idp, by(&path)).await;
    let session = log_in(&idp, &provider, |_| {}).await.unwrap();
    let asked = idp.count(TOKEN);
    for unreadable in [false, true] {
        if unreadable {
            std::fs::write(&path, b"\xff\xfe").unwrap();
        } else {
            std::fs::remove_file(&path).unwrap();
        }
        let (verdict, text) = log_in(&idp, &provider, |_| {}).await.unwrap_err();
        assert_eq!((verdict, text.as_str()), (Verdict::Failed, "could not read the file with the client's assertion"));
        let error = provider.refresh(&session, now()).await.unwrap_err();
        assert!(matches!(error, RefreshError::ClientAssertion) && !error.ends_session(), "{}", told(&error));
    }
    assert_eq!(idp.count(TOKEN), asked);
}
