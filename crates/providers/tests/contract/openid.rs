//! The generic provider: the contract, and what OpenID Connect asks for beyond it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sidecar_core::claims::ClaimValue;
use sidecar_core::login::LoginAttempt;
use sidecar_core::{Secret, Session};
use sidecar_net::{Dialer, Proxies, ProxyEnv, Tls, TlsSettings};
use sidecar_oidc::settings::{Endpoints, GroupRestriction, IssuerCheck, KeySource, NonceCheck, UserInfoClaims};
use sidecar_oidc::{
    AuthorizationRequest, Background, Client, EndpointUrl, Freshness, Provider, RefreshError, Refreshed, SecretSource,
    Settings, Verdict,
};
use sidecar_providers::{Id, build};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::idp::{DISCOVERY, Idp, KEYS, Reply, SigningKey, TOKEN, USERINFO, now, tokens};
use crate::suite::{
    CLIENT_SECRET, REDIRECT_URI, Subject, Trait, background, callback, callback_with, client, ready, told,
};

struct OpenId;

impl Subject for OpenId {
    fn build(&self, idp: &Idp, client: Client, background: Background) -> Arc<dyn Provider> {
        build(Id::OpenId, settings(idp), client, background).unwrap()
    }

    fn admit(&self, idp: &Idp, attempt: &LoginAttempt) {
        idp.says(TOKEN, tokens(&idp.sign(&idp.claims(&attempt.nonce.hash()))));
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

crate::contract!(OpenId);

fn settings(idp: &Idp) -> Settings {
    Settings::new(idp.issuer(), "app", SecretSource::Value(Secret::from(CLIENT_SECRET)))
}

async fn built(idp: &Idp, change: impl FnOnce(&mut Settings)) -> Arc<dyn Provider> {
    let mut settings = settings(idp);
    change(&mut settings);
    let provider = build(Id::OpenId, settings, client(), background()).unwrap();
    provider.ready_once().await.unwrap();
    provider
}

/// Logs in with `claims` in the ID token, made of the good ones.
async fn log_in(
    idp: &Idp,
    provider: &Arc<dyn Provider>,
    change: impl FnOnce(&mut Value),
) -> Result<Session, (Verdict, String)> {
    let attempt = provider.new_attempt().unwrap();
    let mut claims = idp.claims(&attempt.nonce.hash());
    change(&mut claims);
    idp.says(TOKEN, tokens(&idp.sign(&claims)));
    let redeemed = provider.redeem(callback(&attempt), REDIRECT_URI, now()).await;
    redeemed.map_err(|error| (error.verdict(), told(&error)))
}

/// Lets monotonic time pass without waiting for it.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

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
    let request = AuthorizationRequest { redirect_uri: REDIRECT_URI, state: "s", attempt: &attempt };
    assert!(!provider.authorization_url(&request).unwrap().contains("nonce="));
    assert!(log_in(&idp, &provider, |claims| claims["nonce"] = json!("other")).await.is_ok());
}

#[tokio::test]
async fn the_authorization_url_is_that_of_the_original_with_nonce_and_pkce() {
    let idp = Idp::start().await;
    let provider = built(&idp, |settings| {
        settings.group_restriction = GroupRestriction::Some;
        settings.response_mode = Some("form_post".to_owned());
    })
    .await;
    let attempt = provider.new_attempt().unwrap();
    let request = AuthorizationRequest { redirect_uri: REDIRECT_URI, state: "H:%2F", attempt: &attempt };
    let url = provider.authorization_url(&request).unwrap();
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
        let request = AuthorizationRequest { redirect_uri: REDIRECT_URI, state: "s", attempt: &attempt };
        assert!(!provider.authorization_url(&request).unwrap().contains("code_challenge"));
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

#[tokio::test]
async fn metadata_that_must_not_be_used_is_not_used() {
    for (name, value, reason) in [
        ("issuer", json!("https://evil.example"), "issuer did not match"),
        ("token_endpoint", json!("file:///etc/passwd"), "token_endpoint"),
        ("jwks_uri", Value::Null, "jwks_uri"),
        ("issuer", json!(7), "JSON document"),
        ("id_token_signing_alg_values_supported", json!(["HS256", "none"]), "no supported signing algorithms"),
    ] {
        let idp = Idp::start().await;
        let mut metadata = idp.metadata();
        metadata[name] = value;
        idp.says(DISCOVERY, Reply::Json(metadata));
        let provider = OpenId.build(&idp, client(), background());
        let unavailable = provider.ready_once().await.unwrap_err();
        assert!(unavailable.reason.contains(reason), "{unavailable}");
        assert!(provider.status().is_err() && provider.new_attempt().is_err());
    }
    let idp = Idp::start().await;
    for reply in [Reply::body("<html>"), Reply::status(500), Reply::Truncated, Reply::Silence, Reply::Closed] {
        idp.says(DISCOVERY, reply);
        let provider = OpenId.build(&idp, client(), background());
        assert!(provider.ready_once().await.is_err());
    }
}

#[tokio::test]
async fn a_call_that_fails_names_the_stage_at_which_it_did() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let not_tls = tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            socket.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        }
    });
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
    let proxy = ProxyEnv::read(|name| (name == "HTTP_PROXY").then(|| format!("http://{closed}"))).unwrap();
    let tls = || Tls::new(&TlsSettings::default()).unwrap();
    let direct = Client::new(Dialer::new(tls(), Proxies::Direct));
    let proxied = Client::new(Dialer::new(tls(), Proxies::Environment(proxy)));
    let unresolvable = format!("http://{}.test", "x".repeat(64));
    for (client, issuer, stage) in [
        (direct.clone(), format!("https://{address}"), "TLS failed: "),
        (direct.clone(), format!("http://{closed}"), "no connection: "),
        (direct, unresolvable, "the name cannot be resolved: "),
        (proxied, "http://idp.test".to_owned(), "the proxy gave no connection: "),
    ] {
        let secret = SecretSource::Value(Secret::from(CLIENT_SECRET));
        let provider = build(Id::OpenId, Settings::new(issuer, "app", secret), client, background()).unwrap();
        let unavailable = provider.ready_once().await.unwrap_err();
        assert!(unavailable.reason.contains(stage), "{unavailable}");
    }
    not_tls.abort();
}

#[tokio::test]
async fn discovery_follows_three_redirects_and_not_a_fourth() {
    let idp = Idp::start().await;
    idp.says(DISCOVERY, Reply::redirect(302, "/one".to_owned()));
    idp.says("/one", Reply::redirect(307, idp.url("/two")));
    idp.says("/two", Reply::redirect(301, idp.url("/three")));
    idp.says("/three", Reply::Json(idp.metadata()));
    OpenId.build(&idp, client(), background()).ready_once().await.unwrap();
    idp.says("/three", Reply::redirect(302, idp.url("/four")));
    let error = OpenId.build(&idp, client(), background()).ready_once().await.unwrap_err();
    assert!(error.reason.contains("redirect"), "{error}");
    assert_eq!(idp.count("/four"), 0);
}

#[tokio::test]
async fn the_last_good_metadata_serves_while_discovery_fails_but_not_for_ever() {
    let idp = Idp::start().await;
    let provider = built(&idp, |_| {}).await;
    idp.says(DISCOVERY, Reply::status(500));
    pass(Duration::from_mins(61)).await;
    idp.asked(DISCOVERY, 2).await;
    log_in(&idp, &provider, |_| {}).await.unwrap();
    pass(Duration::from_hours(24)).await;
    assert!(provider.status().is_err());
}

#[tokio::test]
async fn endpoints_and_keys_may_come_from_the_configuration() {
    let idp = Idp::start().await;
    let configured = |keys: KeySource| Endpoints::Configured {
        authorization_endpoint: EndpointUrl::parse(&idp.url("/authorize")).unwrap(),
        token_endpoint: EndpointUrl::parse(&idp.url(TOKEN)).unwrap(),
        userinfo_endpoint: None,
        keys,
    };
    let remote = KeySource::Remote(EndpointUrl::parse(&idp.url(KEYS)).unwrap());
    let algorithms = vec![sidecar_oidc::algorithm::Algorithm::Es256];
    let provider = built(&idp, |settings| {
        settings.endpoints = configured(remote);
        settings.signing_algorithms.clone_from(&algorithms);
    })
    .await;
    assert!(provider.new_attempt().unwrap().code_verifier.is_none());
    log_in(&idp, &provider, |_| {}).await.unwrap();
    assert_eq!(idp.count(DISCOVERY), 0);

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key.pem");
    let from_file = |path| {
        build(
            Id::OpenId,
            Settings { endpoints: configured(KeySource::PemFiles(vec![path])), ..settings(&idp) },
            client(),
            background(),
        )
    };
    assert!(from_file(path.clone()).is_err());
    std::fs::write(&path, "no key").unwrap();
    assert!(from_file(path).is_err());
}

#[tokio::test]
async fn the_client_secret_file_is_read_at_every_use() {
    let idp = Idp::start().await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("secret");
    let provider = built(&idp, |settings| settings.client_secret = SecretSource::File(path.clone())).await;
    let (verdict, text) = log_in(&idp, &provider, |_| {}).await.unwrap_err();
    assert_eq!((verdict, text.as_str()), (Verdict::Failed, "could not read client secret file"));
    for (content, credential) in [("a\n", "Basic YXBwOmElMEE="), ("b", "Basic YXBwOmI=")] {
        std::fs::write(&path, content).unwrap();
        log_in(&idp, &provider, |_| {}).await.unwrap();
        assert_eq!(idp.seen(TOKEN).last().unwrap().header("authorization"), Some(credential));
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
    idp.says(KEYS, Reply::status(503));
    let fresh = built(&idp, |_| {}).await;
    assert!(fresh.validate(&session, Freshness::Stored, now()).await.unwrap_err().is_outage());
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

#[tokio::test]
async fn issuer_verification_can_be_switched_off() {
    let idp = Idp::start().await;
    let mut metadata = idp.metadata();
    metadata["issuer"] = json!("https://other.example");
    idp.says(DISCOVERY, Reply::Json(metadata));
    let provider = built(&idp, |settings| settings.issuer_check = IssuerCheck::InsecureSkipped).await;
    assert!(log_in(&idp, &provider, |claims| claims["iss"] = json!("https://third.example")).await.is_ok());
}
