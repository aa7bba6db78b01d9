//! What a login asks, and what it takes from the answers.

use std::time::Duration;

use serde_json::json;
use sidecar_core::Session;
use sidecar_core::login::StateEncoding;
use sidecar_core::policy::Standing;
use sidecar_oidc::{Callback, EndpointOverrides, Freshness, Refreshed, Verdict};

use super::{API, EMAILS, ORGANIZATIONS, TEAMS, USER, admit, built, log_in, page};
use crate::idp::{Idp, Reply, TOKEN, now};
use crate::suite::{REDIRECT_URI, login_url, told};

#[tokio::test]
async fn a_login_asks_for_groups_address_and_name_with_the_access_token_in_a_header() {
    let idp = Idp::start().await;
    admit(&idp);
    let session = log_in(&built(&idp, |_| {})).await.unwrap();
    assert_eq!(session.user.as_deref(), Some("alice"));
    assert_eq!(session.groups, ["acme", "acme:platform"]);
    assert_eq!(session.expires_at, Some(now() + Duration::from_hours(168)));
    assert_eq!(session.preferred_username, None);
    assert!(session.id_token.is_none() && session.refresh_token.is_none());
    for path in [ORGANIZATIONS, TEAMS, EMAILS, USER, API] {
        for seen in idp.seen(path) {
            assert_eq!(seen.header("authorization"), Some("token marked-access"), "{path}");
            assert_eq!(seen.header("accept"), Some("application/vnd.github.v3+json"), "{path}");
            assert!(!seen.head.lines().next().unwrap().contains("marked"), "{path}");
        }
    }
    let lines =
        |path| idp.seen(path).iter().map(|seen| seen.head.lines().next().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(
        lines(TEAMS),
        ["GET /api/v3/user/teams?page=1&per_page=100 HTTP/1.1", "GET /api/v3/user/teams?page=2&per_page=100 HTTP/1.1"]
    );
    assert_eq!(lines(API), ["GET /api/v3 HTTP/1.1"]);
}

#[tokio::test]
async fn the_secret_is_in_the_form_and_pkce_is_used_by_itself() {
    let idp = Idp::start().await;
    admit(&idp);
    let provider = built(&idp, |settings| settings.resource = Some("https://api.example/".to_owned()));
    let attempt = provider.new_attempt().unwrap();
    let url = login_url(&*provider, &attempt, "H:%2F");
    assert!(url.starts_with(&idp.url("/login/oauth/authorize?approval_prompt=force&client_id=app&code_challenge=")));
    assert!(url.contains("&scope=user%3Aemail+read%3Aorg&") && !url.contains("nonce"), "{url}");
    let query = format!("code=marked-code&state={}:%252F", attempt.state.hash());
    let code_verifier = attempt.code_verifier.clone().unwrap();
    let callback = Callback::parse(&query, "").unwrap().verify(attempt, StateEncoding::Plain).unwrap();
    provider.redeem(callback, REDIRECT_URI, now()).await.unwrap();
    let seen = &idp.seen(TOKEN)[0];
    let expected = format!(
        "client_id=app&client_secret=marked-secret%2F%2B+%25&code=marked-code&code_verifier={}\
         &grant_type=authorization_code&redirect_uri=https%3A%2F%2Fauth.example.com%2Foauth2%2Fcallback\
         &resource=https%3A%2F%2Fapi.example%2F",
        code_verifier.expose()
    );
    assert_eq!(seen.body, expected);
    assert_eq!((seen.header("authorization"), seen.header("accept")), (None, None));
}

#[tokio::test]
async fn the_own_endpoints_are_those_of_github_com() {
    let idp = Idp::start().await;
    assert!(!built(&idp, |_| {}).has_account_chooser());
    let provider = built(&idp, |settings| settings.endpoints = EndpointOverrides::default());
    assert!(provider.has_account_chooser());
    assert_eq!(provider.display_name(), "GitHub");
    let attempt = provider.new_attempt().unwrap();
    let url = login_url(&*provider, &attempt, "H:%2F");
    assert!(url.starts_with("https://github.com/login/oauth/authorize?"), "{url}");
}

#[tokio::test]
async fn all_pages_are_read_however_short_they_are() {
    let idp = Idp::start().await;
    admit(&idp);
    let names = |from: usize, to: usize| (from..to).map(|number| format!("o{number}")).collect::<Vec<_>>();
    let pages = [names(0, 100), names(100, 150), names(150, 151), Vec::new()];
    idp.says_in_turn(ORGANIZATIONS, pages.iter().map(|names| page(names)));
    let session = log_in(&built(&idp, |_| {})).await.unwrap();
    assert_eq!(session.groups.len(), 152);
    assert_eq!((session.groups[150].as_str(), session.groups[151].as_str()), ("o150", "acme:platform"));
    assert_eq!(idp.count(ORGANIZATIONS), 4);
}

#[tokio::test]
async fn a_server_that_knows_no_pages_is_asked_twice() {
    let idp = Idp::start().await;
    admit(&idp);
    idp.says(ORGANIZATIONS, Reply::Json(json!([{"name": "acme"}, {"name": "globex"}])));
    idp.says(TEAMS, Reply::Json(json!(null)));
    let session = log_in(&built(&idp, |_| {})).await.unwrap();
    assert_eq!(session.groups, ["acme", "globex"]);
    assert_eq!((idp.count(ORGANIZATIONS), idp.count(TEAMS)), (2, 1));
}

#[tokio::test]
async fn an_address_counts_when_it_is_primary_and_verified() {
    for (addresses, expected) in [
        (
            json!([{"email": "a@x.test", "verified": true}, {"email": "b@x.test", "primary": true, "verified": true}]),
            Some("b@x.test"),
        ),
        (json!([{"email": "a@x.test", "primary": true, "verified": false}]), None),
        (json!([{"email": "a@x.test", "primary": false, "verified": true}]), None),
        (json!([{"email": null, "primary": true, "verified": true}]), None),
        (json!([{"email": "", "primary": true, "verified": true}]), None),
        (json!([{"primary": true, "verified": true}]), None),
        (json!([]), None),
        (json!(null), None),
    ] {
        let idp = Idp::start().await;
        admit(&idp);
        idp.says(EMAILS, Reply::Json(addresses.clone()));
        let session = log_in(&built(&idp, |_| {})).await.unwrap();
        assert_eq!(session.email.as_deref(), expected, "{addresses}");
    }
}

#[tokio::test]
async fn a_hostile_organization_makes_nobody_a_member_of_a_team() {
    let idp = Idp::start().await;
    admit(&idp);
    idp.says_in_turn(ORGANIZATIONS, [page(&["acme:owners".to_owned(), "evil,acme:owners".to_owned()]), page(&[])]);
    let team = json!([{"slug": "owners", "organization": {"login": "acme:owners"}}]);
    idp.says_in_turn(TEAMS, [Reply::Json(team), page(&[])]);
    let session = log_in(&built(&idp, |_| {})).await.unwrap();
    assert!(session.groups.is_empty(), "{:?}", session.groups);
}

#[tokio::test]
async fn a_login_that_the_validate_url_does_not_confirm_is_refused() {
    for (reply, expected) in [
        (Reply::status(401), Verdict::Forbidden),
        (Reply::status(204), Verdict::Forbidden),
        (Reply::status(500), Verdict::Forbidden),
        (Reply::status(503), Verdict::Unavailable { retry_after: 10 }),
        (Reply::Closed, Verdict::Unavailable { retry_after: 10 }),
    ] {
        let idp = Idp::start().await;
        admit(&idp);
        idp.says(API, reply);
        let (verdict, text) = log_in(&built(&idp, |_| {})).await.unwrap_err();
        assert_eq!(verdict, expected, "{text}");
        assert!(text.contains("validate call"), "{text}");
    }
}

#[tokio::test]
async fn a_session_holds_as_long_as_the_api_says_200() {
    let idp = Idp::start().await;
    admit(&idp);
    let provider = built(&idp, |_| {});
    let session = log_in(&provider).await.unwrap();
    assert!(matches!(provider.refresh(&session, now()).await, Ok(Refreshed::NotSupported)));
    provider.validate(&session, Freshness::Stored, now()).await.unwrap();
    for (status, is_outage) in [(401, false), (204, false), (404, false), (429, true), (500, true), (503, true)] {
        idp.says(API, Reply::status(status));
        let error = provider.validate(&session, Freshness::Stored, now()).await.unwrap_err();
        assert_eq!(error.is_outage(), is_outage, "{}", told(&error));
    }
    let without = Session { access_token: None, ..session };
    assert!(!provider.validate(&without, Freshness::Stored, now()).await.unwrap_err().is_outage());
    assert_eq!(provider.standing(&without), Standing::Met);
}
