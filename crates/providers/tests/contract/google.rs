//! Google: the contract, and what an ID token without a checked signature must say all the same.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sidecar_core::login::LoginAttempt;
use sidecar_core::{Secret, Session};
use sidecar_oidc::{
    AuthorizationRequest, Background, Client, EndpointOverrides, EndpointUrl, Freshness, Provider, Refreshed,
    Registration, SecretSource, Verdict,
};
use sidecar_providers::{GoogleSettings, Settings, build};

use crate::idp::{Idp, Reply, TOKEN, now, tokens};
use crate::suite::{CLIENT_SECRET, REDIRECT_URI, Subject, Trait, background, callback, client, ready, told};

const TOKENINFO: &str = "/tokeninfo";

struct Google;

impl Subject for Google {
    fn build(&self, idp: &Idp, client: Client, background: Background) -> Arc<dyn Provider> {
        let url = |path| Some(EndpointUrl::parse(&idp.url(path)).unwrap());
        let settings = GoogleSettings {
            registration: registration(),
            endpoints: EndpointOverrides {
                authorization: url("/authorize"),
                token: url(TOKEN),
                profile: None,
                validate: url("/tokeninfo?v=1"),
            },
        };
        build(Settings::Google(settings), client, background).unwrap()
    }

    fn admit(&self, idp: &Idp, _attempt: &LoginAttempt) {
        idp.says(TOKEN, tokens(&idp.sign(&claims(idp))));
        idp.says(TOKENINFO, Reply::Json(json!({})));
    }

    fn calls(&self) -> &'static [&'static str] {
        &[TOKEN, TOKENINFO]
    }

    fn confirmations(&self) -> &'static [&'static str] {
        &[TOKENINFO]
    }

    fn token_path(&self) -> &'static str {
        TOKEN
    }

    fn traits(&self) -> &'static [Trait] {
        &[Trait::Refreshes]
    }
}

crate::contract!(Google);

fn registration() -> Registration {
    Registration::new("app", SecretSource::Value(Secret::from(CLIENT_SECRET)))
}

/// What Google says of alice; no `nonce`, since none is sent.
fn claims(idp: &Idp) -> Value {
    let mut claims = idp.claims("");
    claims.as_object_mut().unwrap().retain(|name, _| name != "nonce" && name != "groups");
    claims
}

/// Logs in with `raw` as the ID token.
async fn log_in_with(idp: &Idp, raw: &str) -> Result<Session, (Verdict, String)> {
    let provider = ready(&Google, idp).await;
    let attempt = provider.new_attempt().unwrap();
    idp.says(TOKENINFO, Reply::Json(json!({})));
    idp.says(TOKEN, tokens(raw));
    let redeemed = provider.redeem(callback(&attempt), REDIRECT_URI, now()).await;
    redeemed.map_err(|error| (error.verdict(), told(&error)))
}

async fn log_in(change: impl FnOnce(&mut Value)) -> Result<Session, (Verdict, String)> {
    let idp = Idp::start().await;
    let mut claims = claims(&idp);
    change(&mut claims);
    log_in_with(&idp, &idp.sign(&claims)).await
}

#[tokio::test]
async fn the_default_login_url_is_the_one_of_the_original_with_pkce() {
    let settings = GoogleSettings { registration: registration(), endpoints: EndpointOverrides::default() };
    let provider = build(Settings::Google(settings), client(), background()).unwrap();
    assert_eq!(provider.display_name(), "Google");
    let attempt = provider.new_attempt().unwrap();
    let request = AuthorizationRequest {
        redirect_uri: "https://p.example/oauth2/callback",
        state: "H:x",
        attempt: &attempt,
        account: sidecar_oidc::Account::Any,
        wishes: &[],
    };
    let url = provider.authorization_url(&request).unwrap();
    let url = url::Url::parse(&url).unwrap();
    assert_eq!(url.as_str().split('?').next(), Some("https://accounts.google.com/o/oauth2/auth"));
    let pairs: Vec<_> = url.query_pairs().filter(|(name, _)| name != "code_challenge").collect();
    let expected = [
        ("access_type", "offline"),
        ("approval_prompt", "force"),
        ("client_id", "app"),
        ("code_challenge_method", "S256"),
        ("redirect_uri", "https://p.example/oauth2/callback"),
        ("response_type", "code"),
        ("scope", "profile email"),
        ("state", "H:x"),
    ];
    assert!(pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).eq(expected), "{url}");
}

#[tokio::test]
async fn the_session_is_made_of_the_id_token_and_confirmed_by_tokeninfo() {
    let idp = Idp::start().await;
    let session = log_in_with(&idp, &idp.sign(&claims(&idp))).await.unwrap();
    assert_eq!(session.user.as_deref(), Some("alice-id"));
    assert_eq!(session.expires_at, Some(now() + Duration::from_mins(5)));
    assert!(session.refresh_token.is_some() && session.id_token.is_some());
    assert!(session.groups.is_empty() && session.preferred_username.is_none());
    let token = idp.seen(TOKEN).remove(0);
    assert_eq!(token.header("authorization"), None);
    let form: Vec<_> = url::form_urlencoded::parse(token.body.as_bytes()).collect();
    let names: Vec<_> = form.iter().map(|(name, _)| name.as_ref()).collect();
    assert_eq!(names, ["client_id", "client_secret", "code", "code_verifier", "grant_type", "redirect_uri"]);
    assert_eq!(form[1].1, CLIENT_SECRET);
    let asked = idp.seen(TOKENINFO).remove(0);
    assert!(asked.head.starts_with("GET /tokeninfo?v=1&access_token=marked-access HTTP/1.1\r\n"), "{}", asked.head);
    assert_eq!(asked.header("authorization"), None);
}

#[tokio::test]
async fn a_token_without_a_verified_address_for_us_signs_nobody_in() {
    use Verdict::{Failed, Forbidden};
    for (name, value, verdict) in [
        ("email", Value::Null, Failed),
        ("email", json!(""), Failed),
        ("email", json!(["marked@example.com"]), Failed),
        ("email_verified", json!(false), Forbidden),
        ("email_verified", Value::Null, Forbidden),
        ("email_verified", json!("true"), Failed),
        ("email_verified", json!(1), Failed),
        ("aud", json!("another-app"), Forbidden),
        ("aud", Value::Null, Forbidden),
        ("aud", json!({}), Failed),
        ("azp", json!("another-app"), Forbidden),
        ("exp", json!(1_700_000_000), Failed),
        ("exp", Value::Null, Failed),
        ("exp", json!("never"), Failed),
        ("iat", Value::Null, Forbidden),
        ("sub", Value::Null, Forbidden),
        ("sub", json!(7), Failed),
        ("iss", json!([]), Failed),
    ] {
        let told = log_in(|claims| claims[name] = value.clone()).await;
        let (got, text) = told.err().unwrap_or_else(|| panic!("{name}: {value} signs somebody in"));
        assert_eq!(got, verdict, "{name}: {value}: {text}");
    }
}

#[tokio::test]
async fn what_is_no_token_is_an_error_and_no_crash() {
    for raw in [
        "",
        "marked",
        "e30",
        "e30.",
        "e30.%%%.x",
        "e30.bnVsbA.x",
        "e30.W10.x",
        "e30.eyJlbWFpbCI6.x",
        "..",
        "\u{e9}.\u{e9}",
    ] {
        let idp = Idp::start().await;
        let (verdict, text) = log_in_with(&idp, raw).await.unwrap_err();
        assert_eq!(verdict, Verdict::Failed, "{raw}: {text}");
        assert_eq!(idp.count(TOKENINFO), 0, "{raw}");
    }
    let idp = Idp::start().await;
    let provider = ready(&Google, &idp).await;
    for answer in [
        json!({"access_token": "marked"}),
        json!({"access_token": "marked", "id_token": 7}),
        json!({"access_token": ["marked"], "id_token": "a.b"}),
        json!({"id_token": idp.sign(&claims(&idp))}),
        json!({"access_token": "marked", "expires_in": "soon", "id_token": idp.sign(&claims(&idp))}),
    ] {
        idp.says(TOKEN, Reply::Json(answer.clone()));
        let attempt = provider.new_attempt().unwrap();
        let error = provider.redeem(callback(&attempt), REDIRECT_URI, now()).await.unwrap_err();
        assert_eq!(error.verdict(), Verdict::Failed, "{answer}: {}", told(&error));
    }
}

#[tokio::test]
async fn googles_own_endpoint_gives_googles_own_tokens_alone() {
    // `redeem-url` is one of Google's; the proxy that leads there is the provider of this test.
    let idp = Idp::start().await;
    let environment = sidecar_net::ProxyEnv::read(|name| (name == "HTTP_PROXY").then(|| idp.url(""))).unwrap();
    let tls = sidecar_net::Tls::new(&sidecar_net::TlsSettings::default()).unwrap();
    let dialer = sidecar_net::Dialer::new(tls, sidecar_net::Proxies::Environment(environment));
    let url = |text: &str| Some(EndpointUrl::parse(text).unwrap());
    let endpoints = EndpointOverrides {
        token: url("http://oauth2.googleapis.com/token"),
        validate: url("http://oauth2.googleapis.com/tokeninfo"),
        ..EndpointOverrides::default()
    };
    let settings = GoogleSettings { registration: registration(), endpoints };
    let provider = build(Settings::Google(settings), Client::new(dialer), background()).unwrap();
    idp.says("http://oauth2.googleapis.com/tokeninfo", Reply::Json(json!({})));
    for (issuer, ours) in [
        ("https://accounts.google.com", true),
        ("accounts.google.com", true),
        ("https://accounts.google.com/", false),
        ("https://idp.example", false),
    ] {
        let mut claims = claims(&idp);
        claims["iss"] = json!(issuer);
        idp.says("http://oauth2.googleapis.com/token", tokens(&idp.sign(&claims)));
        let attempt = provider.new_attempt().unwrap();
        let redeemed = provider.redeem(callback(&attempt), REDIRECT_URI, now()).await;
        assert_eq!(redeemed.is_ok(), ours, "{issuer}: {:?}", redeemed.err());
    }
}

fn session() -> Session {
    Session {
        user: Some("alice-id".to_owned()),
        email: Some("alice@example.com".to_owned()),
        access_token: Some(Secret::from("marked-old")),
        id_token: Some(Secret::from("marked-old-id")),
        refresh_token: Some(Secret::from("marked-refresh-1")),
        ..Session::default()
    }
}

#[tokio::test]
async fn a_refresh_brings_new_tokens_and_keeps_the_visitor_and_the_refresh_token() {
    let idp = Idp::start().await;
    let provider = ready(&Google, &idp).await;
    let mut claims = claims(&idp);
    claims["email"] = json!("renamed@example.com");
    let id_token = idp.sign(&claims);
    idp.says(TOKEN, Reply::Json(json!({"access_token": "marked-new", "expires_in": 60, "id_token": id_token})));
    let Refreshed::Renewed(renewed) = provider.refresh(&session(), now()).await.unwrap() else { panic!("no refresh") };
    let text = |secret: &Option<Secret<String>>| secret.as_ref().map(|secret| secret.expose().clone());
    assert_eq!(text(&renewed.access_token).as_deref(), Some("marked-new"));
    assert_eq!(text(&renewed.id_token), Some(id_token));
    assert_eq!(text(&renewed.refresh_token).as_deref(), Some("marked-refresh-1"));
    assert_eq!(renewed.email.as_deref(), Some("alice@example.com"));
    assert_eq!((renewed.created_at, renewed.expires_at), (Some(now()), Some(now() + Duration::from_mins(1))));
    let form = &idp.seen(TOKEN)[0].body;
    assert_eq!(
        form,
        "client_id=app&client_secret=marked-secret%2F%2B+%25&grant_type=refresh_token&refresh_token=marked-refresh-1"
    );
    idp.says(TOKEN, Reply::Json(json!({"access_token": "marked-new"})));
    let Refreshed::Renewed(renewed) = provider.refresh(&session(), now()).await.unwrap() else { panic!("no refresh") };
    assert!(renewed.id_token.is_none() && renewed.expires_at.is_none());
}

#[tokio::test]
async fn a_refresh_that_answers_as_somebody_else_ends_the_session_and_garbage_does_not() {
    let idp = Idp::start().await;
    let provider = ready(&Google, &idp).await;
    let mut claims = claims(&idp);
    claims["sub"] = json!("mallory-id");
    for (id_token, ends) in [(idp.sign(&claims), true), ("marked".to_owned(), false), ("e30.e30.x".to_owned(), false)] {
        idp.says(TOKEN, tokens(&id_token));
        let error = provider.refresh(&session(), now()).await.unwrap_err();
        assert_eq!(error.ends_session(), ends, "{}", told(&error));
    }
}

#[tokio::test]
async fn tokeninfo_says_whether_a_session_still_holds() {
    let idp = Idp::start().await;
    let provider = ready(&Google, &idp).await;
    for (reply, holds, outage) in [
        (Reply::Json(json!({})), true, false),
        (Reply::status(400), false, false),
        (Reply::status(204), false, false),
        (Reply::status(503), false, true),
        (Reply::Closed, false, true),
    ] {
        idp.says(TOKENINFO, reply);
        for freshness in [Freshness::Stored, Freshness::JustRefreshed] {
            let validated = provider.validate(&session(), freshness, now()).await;
            assert_eq!(validated.is_ok(), holds);
            if let Err(error) = validated {
                assert_eq!(error.is_outage(), outage, "{}", told(&error));
            }
        }
    }
    let nameless = Session { access_token: None, ..session() };
    assert!(!provider.validate(&nameless, Freshness::Stored, now()).await.unwrap_err().is_outage());
}
