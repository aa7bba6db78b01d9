//! Groups that a token has no room for.

use std::net::Ipv4Addr;

use serde_json::{Value, json};
use sidecar_core::Session;
use sidecar_oidc::{Freshness, Refreshed, Verdict};
use tokio::net::TcpListener;

use super::{GRAPH, TENANT, built, log_in, overflow};
use crate::idp::{Idp, Reply, TOKEN, USERINFO, now, tokens};
use crate::suite::told;

fn page(ids: &[&str], next: Option<String>) -> Reply {
    let value: Vec<Value> = ids.iter().map(|id| json!({"@odata.type": "#microsoft.graph.group", "id": id})).collect();
    match next {
        Some(next) => Reply::Json(json!({"value": value, "@odata.nextLink": next})),
        None => Reply::Json(json!({"value": value})),
    }
}

async fn asked(idp: &Idp) -> Result<Session, (Verdict, String)> {
    idp.says(USERINFO, Reply::Json(json!({"sub": "alice-id"})));
    log_in(idp, &built(idp, |_| {}).await, overflow).await
}

#[tokio::test]
async fn all_pages_are_read_once_and_in_order() {
    let idp = Idp::start().await;
    let next = |page: u32| Some(idp.url(&format!("{GRAPH}?$select=id&$skiptoken={page}")));
    idp.says_in_turn(GRAPH, [page(&["g1", "g2"], next(2)), page(&[], next(3)), page(&["g2", "g3"], None)]);
    let session = asked(&idp).await.unwrap();
    assert_eq!(session.groups, ["g1", "g2", "g3"]);
    let seen = idp.seen(GRAPH);
    let lines: Vec<_> = seen.iter().map(|seen| seen.head.lines().next().unwrap_or_default()).collect();
    assert_eq!(
        lines,
        [
            "GET /v1.0/me/transitiveMemberOf?$select=id&$top=100 HTTP/1.1",
            "GET /v1.0/me/transitiveMemberOf?$select=id&$skiptoken=2 HTTP/1.1",
            "GET /v1.0/me/transitiveMemberOf?$select=id&$skiptoken=3 HTTP/1.1",
        ]
    );
    for seen in &seen {
        assert_eq!(seen.header("authorization"), Some("Bearer marked-access"));
        assert_eq!(seen.header("consistencylevel"), Some("eventual"));
    }
}

#[tokio::test]
async fn graph_is_asked_only_when_the_token_has_no_room() {
    let idp = Idp::start().await;
    let provider = built(&idp, |_| {}).await;
    for names in [json!({}), json!({"roles": "src1"}), json!("groups"), Value::Null] {
        let session = log_in(&idp, &provider, |claims| {
            claims["_claim_names"] = names.clone();
            claims["_claim_sources"] = json!({"src1": {}});
        });
        assert_eq!(session.await.unwrap().groups, ["staff"], "{names}");
    }
    assert_eq!(idp.count(GRAPH), 0);
}

#[tokio::test]
async fn groups_of_the_token_and_of_graph_are_joined() {
    let idp = Idp::start().await;
    idp.says(GRAPH, page(&["g1", "staff"], None));
    let provider = built(&idp, |_| {}).await;
    let session = log_in(&idp, &provider, |claims| {
        overflow(claims);
        claims["groups"] = json!(["staff"]);
    });
    assert_eq!(session.await.unwrap().groups, ["staff", "g1"]);
}

#[tokio::test]
async fn pages_without_end_end_the_login() {
    let idp = Idp::start().await;
    idp.says(GRAPH, page(&["g1"], Some(idp.url(GRAPH))));
    let (verdict, text) = asked(&idp).await.unwrap_err();
    assert_eq!(verdict, Verdict::Failed);
    assert!(text.contains("groups call to 127.0.0.1") && text.contains("no end of pages"), "{text}");
    assert_eq!(idp.count(GRAPH), 50);
}

#[tokio::test]
async fn no_page_leads_the_token_to_another_place() {
    let elsewhere = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = elsewhere.local_addr().unwrap();
    for next in [
        format!("http://{address}{GRAPH}"),
        format!("https://{address}{GRAPH}"),
        "https://graph.microsoft.com.evil.example/v1.0/me".to_owned(),
        "/v1.0/me/transitiveMemberOf?page=2".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        let idp = Idp::start().await;
        idp.says(GRAPH, page(&["g1"], Some(next.clone())));
        let (verdict, text) = asked(&idp).await.unwrap_err();
        assert_eq!(verdict, Verdict::Failed, "{next}");
        assert!(text.contains("leads elsewhere"), "{text}");
        assert_eq!(idp.count(GRAPH), 1, "{next}");
    }
    let nobody = tokio::time::timeout(std::time::Duration::ZERO, elsewhere.accept()).await;
    assert!(nobody.is_err(), "somebody called");
}

#[tokio::test]
async fn an_answer_of_another_form_is_no_list_of_groups() {
    for answer in [
        json!({}),
        json!({"value": null}),
        json!({"value": "marked"}),
        json!({"value": {"id": "marked"}}),
        json!({"value": ["marked"]}),
        json!({"value": [{"id": 7}]}),
        json!({"value": [{"id": ["marked"]}]}),
        json!({"value": [], "@odata.nextLink": 7}),
        json!({"error": {"code": "Authorization_RequestDenied", "message": "marked"}}),
    ] {
        let idp = Idp::start().await;
        idp.says(GRAPH, Reply::Json(answer.clone()));
        let (verdict, text) = asked(&idp).await.unwrap_err();
        assert_eq!(verdict, Verdict::Failed, "{answer}: {text}");
    }
    let idp = Idp::start().await;
    idp.says(GRAPH, Reply::Json(json!({"value": [{"id": null}, {"id": ""}, {}, {"id": "g1"}], "@odata.nextLink": ""})));
    assert_eq!(asked(&idp).await.unwrap().groups, ["g1"]);
}

#[tokio::test]
async fn a_refresh_asks_again_and_fails_rather_than_losing_groups() {
    let idp = Idp::start().await;
    idp.says(GRAPH, page(&["g1"], None));
    idp.says(USERINFO, Reply::Json(json!({"sub": "alice-id"})));
    let provider = built(&idp, |_| {}).await;
    let session = log_in(&idp, &provider, overflow).await.unwrap();

    let mut claims = idp.claims("");
    claims["tid"] = json!(TENANT);
    claims.as_object_mut().unwrap().remove("nonce");
    overflow(&mut claims);
    idp.says(TOKEN, tokens(&idp.sign(&claims)));
    idp.says(GRAPH, page(&["g2"], None));
    let Refreshed::Renewed(renewed) = provider.refresh(&session, now()).await.unwrap() else { panic!("no refresh") };
    assert_eq!(renewed.groups, ["g2"]);
    provider.validate(&renewed, Freshness::JustRefreshed, now()).await.unwrap();

    // While Graph is away the groups stay what they were, and the new refresh token is not lost.
    for away in [Reply::status(429), Reply::status(503), Reply::Closed] {
        idp.says(GRAPH, away);
        let Refreshed::Renewed(renewed) = provider.refresh(&session, now()).await.unwrap() else {
            panic!("no refresh")
        };
        assert_eq!(renewed.groups, ["g1"]);
    }

    idp.says(GRAPH, Reply::status(500));
    let error = provider.refresh(&session, now()).await.unwrap_err();
    assert!(!error.ends_session(), "{}", told(&error));

    // Without a new ID token nothing says that the groups have changed.
    idp.says(TOKEN, Reply::Json(json!({"access_token": "marked-2"})));
    let Refreshed::Renewed(renewed) = provider.refresh(&session, now()).await.unwrap() else { panic!("no refresh") };
    assert_eq!(renewed.groups, ["g1"]);
}
