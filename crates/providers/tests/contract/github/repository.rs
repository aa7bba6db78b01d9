//! The restriction to those who have access to a repository, which only the API can tell.

use std::sync::Arc;

use serde_json::json;
use sidecar_core::policy::{Requirement, Standing};
use sidecar_core::{Secret, Session};
use sidecar_oidc::Provider;
use sidecar_providers::{Membership, Repository};

use super::built;
use crate::idp::{Idp, Reply, now};
use crate::suite::told;

const REPOSITORY: &str = "/api/v3/repos/acme/private.repo";
const COLLABORATOR: &str = "/api/v3/repos/acme/private.repo/collaborators/alice";

const MET: Option<Standing> = Some(Standing::Met);
const UNMET: Option<Standing> = Some(Standing::Unmet(Requirement::Repository));

fn restricted(idp: &Idp, token: Option<&str>) -> Arc<dyn Provider> {
    let repository =
        Repository { owner: "acme".to_owned(), name: "private.repo".to_owned(), token: token.map(Secret::from) };
    built(idp, |settings| {
        settings.restrictions.users = vec!["dave".to_owned()];
        settings.restrictions.membership = Membership::Anywhere { teams: Vec::new(), repository: Some(repository) };
    })
}

fn alice() -> Session {
    Session { user: Some("alice".to_owned()), access_token: Some(Secret::from("marked-access")), ..Session::default() }
}

/// What the provider finds out; `None` when it has no answer.
async fn asked(provider: &Arc<dyn Provider>, session: &Session) -> Option<Standing> {
    assert_eq!(provider.standing(session), Standing::Unasked);
    let answer = provider.ask_standing(session, now()).await;
    answer.inspect_err(|error| assert!(told(error).contains("call to 127.0.0.1"))).ok()
}

#[tokio::test]
async fn who_may_push_or_pull_what_is_private_has_access() {
    for (reply, expected) in [
        (Reply::Json(json!({"private": true, "permissions": {"pull": true, "push": false}})), MET),
        (Reply::Json(json!({"private": false, "permissions": {"pull": true, "push": true}})), MET),
        (Reply::Json(json!({"private": false, "permissions": {"pull": true, "push": false}})), UNMET),
        (Reply::Json(json!({"private": true, "permissions": {"pull": false}})), UNMET),
        (Reply::Json(json!({"private": true})), UNMET),
        (Reply::Json(json!({})), UNMET),
        (Reply::status(404), UNMET),
        (Reply::status(403), UNMET),
        (Reply::status(401), UNMET),
        (Reply::Json(json!([])), None),
        (Reply::Json(json!([true, {"pull": true}])), None),
        (Reply::Json(json!({"private": true, "permissions": [true, true]})), None),
        (Reply::Json(json!({"private": "yes", "permissions": {"pull": true}})), None),
        (Reply::status(204), None),
        (Reply::status(500), None),
        (Reply::Raw { status: 403, headers: vec![("x-ratelimit-remaining", "0".to_owned())], body: Vec::new() }, None),
        (Reply::Truncated, None),
        (Reply::Closed, None),
        (Reply::Silence, None),
    ] {
        let idp = Idp::start().await;
        let provider = restricted(&idp, None);
        idp.says(REPOSITORY, reply);
        assert_eq!(asked(&provider, &alice()).await, expected);
        assert_eq!(idp.seen(REPOSITORY)[0].header("authorization"), Some("token marked-access"));
    }
}

#[tokio::test]
async fn a_collaborator_is_who_the_operators_token_says() {
    for (reply, expected) in [
        (Reply::status(204), MET),
        (Reply::status(404), UNMET),
        (Reply::Json(json!({})), None),
        (Reply::status(401), None),
        (Reply::status(403), None),
        (Reply::status(503), None),
    ] {
        let idp = Idp::start().await;
        let provider = restricted(&idp, Some("marked-operator"));
        idp.says(COLLABORATOR, reply);
        assert_eq!(asked(&provider, &alice()).await, expected);
        assert_eq!(idp.seen(COLLABORATOR)[0].header("authorization"), Some("token marked-operator"));
    }
}

#[tokio::test]
async fn a_login_that_leads_elsewhere_is_nobody() {
    let idp = Idp::start().await;
    let provider = restricted(&idp, Some("marked-operator"));
    for (path, reply) in [(REPOSITORY, 204), ("/api/v3/repos/acme/private.repo/collaborators", 204), ("/api/v3/x", 204)]
    {
        idp.says(path, Reply::status(reply));
    }
    for user in [None, Some(""), Some("."), Some(".."), Some("../../../../x"), Some("alice?x"), Some("alice/../..")] {
        let session = Session { user: user.map(str::to_owned), ..alice() };
        assert_eq!(asked(&provider, &session).await, UNMET, "{user:?}");
    }
}

#[tokio::test]
async fn a_renamed_repository_is_found_but_the_token_goes_to_no_other_server() {
    let (idp, other) = (Idp::start().await, Idp::start().await);
    let provider = restricted(&idp, None);
    let access = Reply::Json(json!({"private": true, "permissions": {"pull": true}}));
    idp.says("/repositories/7", access.clone());
    other.says("/repositories/7", access);
    for (location, expected) in [
        (idp.url("/repositories/7"), MET),
        ("/repositories/7".to_owned(), MET),
        (other.url("/repositories/7"), None),
        (idp.url("/repositories/7").replace("http:", "https:"), None),
        (idp.url(REPOSITORY), None),
    ] {
        idp.says(REPOSITORY, Reply::redirect(301, location.clone()));
        assert_eq!(asked(&provider, &alice()).await, expected, "{location}");
    }
    assert_eq!(other.count("/repositories/7"), 0);
}

#[tokio::test]
async fn nobody_is_asked_about_a_listed_user_or_without_anything_to_ask_with() {
    let idp = Idp::start().await;
    let provider = restricted(&idp, None);
    let dave = Session { user: Some("dave".to_owned()), ..alice() };
    assert_eq!(provider.standing(&dave), Standing::Met);
    assert_eq!(provider.ask_standing(&dave, now()).await.unwrap(), Standing::Met);
    let without = Session { access_token: None, ..alice() };
    assert_eq!(asked(&provider, &without).await, UNMET);
    assert_eq!(idp.count(REPOSITORY), 0);
}
