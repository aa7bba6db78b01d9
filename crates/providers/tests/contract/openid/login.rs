//! What a login sends, takes and refuses.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use sidecar_core::claims::ClaimValue;
use sidecar_oidc::settings::{GroupRestriction, NonceCheck, UserInfoClaims};
use sidecar_oidc::{ClientCredential, SecretSource, Verdict};

use super::{OpenId, built, log_in};
use crate::idp::{DISCOVERY, Idp, Reply, SigningKey, TOKEN, USERINFO, now, tokens};
use crate::suite::{REDIRECT_URI, Subject as _, callback, callback_with, login_url, ready, told};

#[tokio::test]
async fn the_session_holds_the_claims_of_the_id_token_and_all_tokens() {
    let idp = Idp::start().await;
    let provider = built(&idp, |settings| settings.additional_claims = vec!["dept.id".into(), "absent".into()]).await;
    idp.says(USERINFO, Reply::status(500));
    let session = log_in(&idp, &provider, |claims| claims["dept"] = json!({"id": 1.50})).await.unwrap();
    assert_eq!(session.user.as_deref(), Some("alice-id"));
    assert_eq!(session.preferred_username.as_deref(), Some("alice"));
    assert_eq!(session.groups, ["staff"]);
    assert_eq!(session.expires_at, Some(now() + Duration::from_mins(5)));
    assert!(session.refresh_token.as_ref().is_some_and(|token| token.expose() == "marked-refresh"));
    assert!(session.id_token.is_some());
    let additional = BTreeMap::from([("dept.id".to_owned(), ClaimValue::Number("1.5".to_owned()))]);
    assert_eq!(session.additional_claims, additional, "an absent one is left out, though userinfo fails");
}

#[tokio::test]
async fn the_token_request_is_basic_first_and_the_working_way_is_remembered() {
    let idp = Idp::start().await;
    let provider = built(&idp, |_| {}).await;
    log_in(&idp, &provider, |_| {}).await.unwrap();
    let first = idp.seen(TOKEN).remove(0);
    // base64 of `app:marked-secret%2F%2B+%25`
    assert_eq!(first.header("authorization"), Some("Basic YXBwOm1hcmtlZC1zZWNyZXQlMkYlMkIrJTI1"));
    assert!(first.body.starts_with("code=marked-code&code_verifier="), "{}", first.body);
    let tail = "&grant_type=authorization_code&redirect_uri=https%3A%2F%2Fauth.example.com%2Foauth2%2Fcallback";
    assert!(first.body.ends_with(tail), "{}", first.body);
    assert_eq!(first.header("user-agent"), Some(concat!("oauth2-sidecar/", env!("CARGO_PKG_VERSION"))));

    let idp = Idp::start().await;
    let provider = built(&idp, |_| {}).await;
    for expected in [2, 3, 4] {
        let attempt = provider.new_attempt().unwrap();
        let good = tokens(&idp.sign(&idp.claims(&attempt.nonce.hash())));
        let replies = if expected == 2 { vec![Reply::error(401, "invalid_client"), good] } else { vec![good] };
        idp.says_in_turn(TOKEN, replies);
        provider.redeem(callback(&attempt), REDIRECT_URI, now()).await.unwrap();
        let seen = idp.seen(TOKEN);
        assert_eq!(seen.len(), expected);
        let last = seen.last().unwrap();
        assert_eq!(last.header("authorization"), None);
        assert!(last.body.starts_with("client_id=app&client_secret=marked-secret%2F%2B+%25&code="), "{}", last.body);
    }
}

#[tokio::test]
async fn a_token_request_that_was_not_answered_is_not_repeated() {
    for reply in [Reply::Closed, Reply::Silence, Reply::Truncated] {
        let idp = Idp::start().await;
        let provider = built(&idp, |_| {}).await;
        let attempt = provider.new_attempt().unwrap();
        idp.says(TOKEN, reply);
        provider.redeem(callback(&attempt), REDIRECT_URI, now()).await.unwrap_err();
        assert_eq!(idp.count(TOKEN), 1);
    }
}

#[tokio::test]
async fn odd_token_answers_give_no_session_or_a_sane_one() {
    let idp = Idp::start().await;
    let provider = built(&idp, |_| {}).await;
    let token = || {
        let attempt = provider.new_attempt().unwrap();
        (idp.sign(&idp.claims(&attempt.nonce.hash())), attempt)
    };
    for answer in [
        json!({"access_token": "marked-a"}),
        json!({"access_token": "marked-a", "id_token": null}),
        json!({"access_token": "marked-a", "id_token": 7}),
        json!({"access_token": "marked-a", "id_token": "a.b.c"}),
        json!({"access_token": null}),
        json!({"access_token": ""}),
        json!({"access_token": ["marked-a"]}),
        json!({"error": "server_error", "access_token": "marked-a"}),
    ] {
        let (id_token, attempt) = token();
        let mut answer = answer;
        if answer.get("id_token").is_none() && answer["access_token"] != "marked-a" {
            answer["id_token"] = json!(id_token);
        }
        idp.says(TOKEN, Reply::Json(answer.clone()));
        let error = provider.redeem(callback(&attempt), REDIRECT_URI, now()).await.unwrap_err();
        assert_eq!(error.verdict(), Verdict::Failed, "{answer}: {}", told(&error));
    }
    let longest = Some(now() + Duration::from_secs(2_147_483_647));
    for (expires_in, expires_at) in [
        (json!(3600), Some(now() + Duration::from_hours(1))),
        (json!("3600"), Some(now() + Duration::from_hours(1))),
        (json!(0), None),
        (json!(null), None),
        (json!(-1), Some(now())),
        (json!(1e300), longest),
        (json!(99_999_999_999_u64), longest),
    ] {
        let (id_token, attempt) = token();
        let answer = json!({"access_token": "marked-a", "id_token": id_token, "expires_in": expires_in});
        idp.says(TOKEN, Reply::Json(answer));
        let session = provider.redeem(callback(&attempt), REDIRECT_URI, now()).await.unwrap();
        assert_eq!(session.expires_at, expires_at, "{expires_in}");
    }
}

#[tokio::test]
async fn a_token_answer_may_be_a_form() {
    let idp = Idp::start().await;
    let provider = built(&idp, |_| {}).await;
    let attempt = provider.new_attempt().unwrap();
    let id_token = idp.sign(&idp.claims(&attempt.nonce.hash()));
    for media_type in ["application/x-www-form-urlencoded", "text/plain; charset=utf-8"] {
        idp.says(
            TOKEN,
            Reply::Raw {
                status: 200,
                headers: vec![("content-type", media_type.to_owned())],
                body: format!("access_token=marked-a&expires_in=60&id_token={id_token}").into_bytes(),
            },
        );
        let session = provider.redeem(callback(&attempt), REDIRECT_URI, now()).await.unwrap();
        assert_eq!(session.expires_at, Some(now() + Duration::from_mins(1)));
    }
}

#[tokio::test]
async fn hostile_id_tokens_are_refused_with_the_right_answer() {
    let idp = Idp::start().await;
    let provider = built(&idp, |_| {}).await;
    for (name, value, verdict) in [
        ("aud", json!("other"), Verdict::Forbidden),
        ("nonce", json!("other"), Verdict::Forbidden),
        ("nonce", json!(7), Verdict::Forbidden),
        ("sub", json!(""), Verdict::Forbidden),
        ("azp", json!("other"), Verdict::Forbidden),
        ("iat", json!(1_800_000_301), Verdict::Forbidden),
        ("email_verified", json!(false), Verdict::Forbidden),
        ("email_verified", json!("false"), Verdict::Forbidden),
        ("iss", json!("https://evil.example"), Verdict::Failed),
        ("exp", json!(1), Verdict::Failed),
        ("sub", json!(7), Verdict::Failed),
    ] {
        let refused = log_in(&idp, &provider, |claims| claims[name] = value.clone()).await.unwrap_err();
        assert_eq!(refused.0, verdict, "{name}={value}: {}", refused.1);
    }
    let attempt = provider.new_attempt().unwrap();
    let claims = idp.claims(&attempt.nonce.hash());
    let signed = idp.sign(&claims);
    let (_, payload) = signed.split_once('.').unwrap();
    let (payload, _) = payload.split_once('.').unwrap();
    for token in [
        format!("eyJhbGciOiJub25lIn0.{payload}."),
        format!("eyJhbGciOiJIUzI1NiJ9.{payload}.AAAA"),
        SigningKey::new("k1").sign(&claims),
        ".".repeat(100_000),
    ] {
        idp.says(TOKEN, tokens(&token));
        let error = provider.redeem(callback(&attempt), REDIRECT_URI, now()).await.unwrap_err();
        assert_eq!(error.verdict(), Verdict::Failed, "{}", told(&error));
    }
}

#[tokio::test]
async fn the_nonce_is_neither_sent_nor_demanded_when_switched_off() {
    let idp = Idp::start().await;
    let provider = built(&idp, |settings| settings.nonce = NonceCheck::InsecureSkipped).await;
    let attempt = provider.new_attempt().unwrap();
    assert!(!login_url(&*provider, &attempt, "s").contains("nonce="));
    assert!(log_in(&idp, &provider, |claims| claims["nonce"] = json!("other")).await.is_ok());
}

#[tokio::test]
async fn the_authorization_url_is_that_of_the_original_with_nonce_and_pkce() {
    let idp = Idp::start().await;
    let provider = built(&idp, |settings| {
        settings.group_restriction = GroupRestriction::Some;
        settings.registration.response_mode = Some("form_post".to_owned());
    })
    .await;
    let attempt = provider.new_attempt().unwrap();
    let url = login_url(&*provider, &attempt, "H:%2F");
    let code_verifier = attempt.code_verifier.as_ref().unwrap().expose();
    let code_challenge = sidecar_oidc::pkce::CodeChallengeMethod::S256.code_challenge(code_verifier);
    assert_eq!(
        url,
        format!(
            "{}?approval_prompt=force&client_id=app&code_challenge={code_challenge}&code_challenge_method=S256\
             &nonce={}&redirect_uri=https%3A%2F%2Fauth.example.com%2Foauth2%2Fcallback&response_mode=form_post\
             &response_type=code&scope=openid+email+profile+groups&state=H%3A%252F",
            idp.url("/authorize"),
            attempt.nonce.hash()
        )
    );
}

#[tokio::test]
async fn pkce_is_left_out_where_the_metadata_does_not_list_s256() {
    for methods in [json!(["plain"]), json!([]), Value::Null] {
        let idp = Idp::start().await;
        let mut metadata = idp.metadata();
        metadata["code_challenge_methods_supported"] = methods;
        idp.says(DISCOVERY, Reply::Json(metadata));
        let provider = built(&idp, |_| {}).await;
        let attempt = provider.new_attempt().unwrap();
        assert!(attempt.code_verifier.is_none());
        assert!(!login_url(&*provider, &attempt, "s").contains("code_challenge"));
    }
}

#[tokio::test]
async fn a_response_of_another_issuer_costs_no_token_request() {
    let idp = Idp::start().await;
    let provider = built(&idp, |_| {}).await;
    let attempt = provider.new_attempt().unwrap();
    OpenId.admit(&idp, &attempt);
    let redeem = async |more: &str| provider.redeem(callback_with(&attempt, more), REDIRECT_URI, now()).await;
    for iss in ["https://evil.example".to_owned(), format!("{}/", idp.issuer())] {
        let error = redeem(&format!("&iss={iss}")).await.unwrap_err();
        assert_eq!(error.verdict(), Verdict::Forbidden, "{}", told(&error));
    }
    assert_eq!(idp.count(TOKEN), 0);
    redeem(&format!("&iss={}", idp.issuer())).await.unwrap();

    let idp = Idp::start().await;
    let mut metadata = idp.metadata();
    metadata["authorization_response_iss_parameter_supported"] = json!(true);
    idp.says(DISCOVERY, Reply::Json(metadata));
    let provider = ready(&OpenId, &idp).await;
    let attempt = provider.new_attempt().unwrap();
    OpenId.admit(&idp, &attempt);
    let error = provider.redeem(callback(&attempt), REDIRECT_URI, now()).await.unwrap_err();
    assert_eq!(error.verdict(), Verdict::Forbidden, "missing although promised: {}", told(&error));
}

#[tokio::test]
async fn claims_that_the_id_token_lacks_are_asked_for_once() {
    let idp = Idp::start().await;
    let provider = built(&idp, |_| {}).await;
    let thin = |claims: &mut Value| {
        for name in ["email", "email_verified", "groups", "preferred_username"] {
            claims.as_object_mut().unwrap().remove(name);
        }
    };
    idp.says(USERINFO, Reply::Json(json!({"email": "alice@example.com", "groups": ["a", 7]})));
    let session = log_in(&idp, &provider, thin).await.unwrap();
    assert_eq!(session.email.as_deref(), Some("alice@example.com"));
    assert_eq!(session.groups, ["a", "7"]);
    assert_eq!(idp.count(USERINFO), 1);
    let seen = idp.seen(USERINFO).remove(0);
    assert_eq!(seen.header("authorization"), Some("Bearer marked-access"));
    assert_eq!(seen.header("accept"), Some("application/json"));

    idp.says(USERINFO, Reply::Json(json!({"email": "alice@example.com", "email_verified": false})));
    assert_eq!(log_in(&idp, &provider, thin).await.unwrap_err().0, Verdict::Forbidden);
    idp.says(USERINFO, Reply::Json(json!({})));
    let (verdict, text) = log_in(&idp, &provider, thin).await.unwrap_err();
    assert_eq!((verdict, text.as_str()), (Verdict::Failed, "neither the id_token nor the profileURL set an email"));
    for (reply, verdict) in [
        (Reply::status(401), Verdict::Failed),
        (Reply::Json(json!(["marked"])), Verdict::Failed),
        (Reply::Json(json!({"sub": "mallory", "email": "alice@example.com"})), Verdict::Failed),
        (Reply::Closed, Verdict::Unavailable { retry_after: 10 }),
    ] {
        idp.says(USERINFO, reply);
        assert_eq!(log_in(&idp, &provider, thin).await.unwrap_err().0, verdict);
    }
    // `{"email":"alice@example.com"}` inside a JWT
    let jwt = "e30.eyJlbWFpbCI6ImFsaWNlQGV4YW1wbGUuY29tIn0.AAAA";
    let headers = vec![("content-type", "application/jwt".to_owned())];
    idp.says(USERINFO, Reply::Raw { status: 200, headers, body: jwt.as_bytes().to_vec() });
    assert_eq!(log_in(&idp, &provider, thin).await.unwrap().email.as_deref(), Some("alice@example.com"));
}

#[tokio::test]
async fn userinfo_is_not_asked_when_it_is_switched_off_or_nothing_is_missing() {
    let idp = Idp::start().await;
    let provider = built(&idp, |_| {}).await;
    log_in(&idp, &provider, |_| {}).await.unwrap();
    let provider = built(&idp, |settings| settings.userinfo_claims = UserInfoClaims::Skipped).await;
    log_in(&idp, &provider, |claims| claims["groups"] = Value::Null).await.unwrap();
    assert_eq!(idp.count(USERINFO), 0);
}

#[tokio::test]
async fn the_client_secret_file_is_read_at_every_use() {
    let idp = Idp::start().await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("secret");
    let provider = built(&idp, |settings| {
        settings.registration.credential = ClientCredential::Secret(SecretSource::File(path.clone()));
    })
    .await;
    let (verdict, text) = log_in(&idp, &provider, |_| {}).await.unwrap_err();
    assert_eq!((verdict, text.as_str()), (Verdict::Failed, "could not read client secret file"));
    for (content, credential) in [("a\n", "Basic YXBwOmElMEE="), ("b", "Basic YXBwOmI=")] {
        std::fs::write(&path, content).unwrap();
        log_in(&idp, &provider, |_| {}).await.unwrap();
        assert_eq!(idp.seen(TOKEN).last().unwrap().header("authorization"), Some(credential));
    }
}

#[tokio::test]
async fn an_overloaded_token_endpoint_is_not_asked_twice_and_its_wish_is_passed_on() {
    for (status, wish, retry_after) in [
        (503, "40", 40),
        (429, "7", 7),
        (503, "86400", 300),
        (503, "Wed, 21 Oct 2026 07:28:00 GMT", 10),
        (502, "40", 10),
        (504, "", 10),
    ] {
        let idp = Idp::start().await;
        let provider = built(&idp, |_| {}).await;
        let attempt = provider.new_attempt().unwrap();
        let headers = vec![("retry-after", wish.to_owned())];
        idp.says(TOKEN, Reply::Raw { status, headers, body: b"marked-body".to_vec() });
        let error = provider.redeem(callback(&attempt), REDIRECT_URI, now()).await.unwrap_err();
        assert_eq!(error.verdict(), Verdict::Unavailable { retry_after }, "{status}: {}", told(&error));
        assert_eq!(idp.count(TOKEN), 1, "a gateway's word does not say whether the code was used up");
    }
}
