//! Answers that are wrong: each is an error that names its call, and nobody is signed in.

use serde_json::{Value, json};
use sidecar_oidc::Verdict;

use super::{EMAILS, ORGANIZATIONS, TEAMS, USER, admit, built, log_in, page};
use crate::idp::{Idp, Reply, TOKEN};

#[tokio::test]
async fn an_error_of_the_token_endpoint_counts_with_the_status_200_too() {
    for (reply, expected) in [
        (Reply::error(200, "bad_verification_code"), "the token endpoint refused: bad_verification_code"),
        (
            Reply::body("error=incorrect_client_credentials&error_description=marked"),
            "refused: incorrect_client_credentials",
        ),
        (Reply::body("error=marked_error&access_token=marked-access"), "refused: other"),
        (Reply::error(400, "invalid_grant"), "refused: invalid_grant"),
        (Reply::Json(json!({"access_token": "", "token_type": "bearer"})), "no access token"),
        (Reply::Json(json!({"access_token": ["marked"]})), "the member access_token of the token response"),
        (Reply::body("token_type=bearer"), "no access token"),
    ] {
        let idp = Idp::start().await;
        admit(&idp);
        idp.says(TOKEN, reply);
        let (verdict, text) = log_in(&built(&idp, |_| {})).await.unwrap_err();
        assert_eq!(verdict, Verdict::Failed);
        assert!(text.contains(expected), "{text}");
        assert_eq!(idp.count(USER), 0);
    }
}

#[tokio::test]
async fn a_value_of_another_type_is_a_fault_of_its_call() {
    let many = |count: usize| (0..count).map(|number| json!({"login": format!("o{number}")})).collect::<Value>();
    for (path, call, answer) in [
        (ORGANIZATIONS, "organizations", json!({"login": "acme"})),
        (ORGANIZATIONS, "organizations", json!([{"login": 7}])),
        (ORGANIZATIONS, "organizations", json!([null])),
        (ORGANIZATIONS, "organizations", json!(["acme"])),
        (ORGANIZATIONS, "organizations", many(10_001)),
        (TEAMS, "teams", json!([{"slug": "x", "organization": "acme"}])),
        (TEAMS, "teams", json!([{"slug": ["x"], "organization": {"login": "acme"}}])),
        (TEAMS, "teams", json!([["x", "x", ["acme"]]])),
        (TEAMS, "teams", json!([{"slug": "x", "organization": ["acme"]}])),
        (TEAMS, "teams", json!("none")),
        (EMAILS, "emails", json!([["alice@example.com", true, true]])),
        (EMAILS, "emails", json!({"email": "alice@example.com"})),
        (EMAILS, "emails", json!([{"email": "alice@example.com", "primary": "true", "verified": true}])),
        (EMAILS, "emails", json!([{"email": {"marked": 1}, "primary": true, "verified": true}])),
        (EMAILS, "emails", json!([{"email": "a\u{0}@example.com", "primary": true, "verified": true}])),
        (USER, "user", json!([])),
        (USER, "user", json!(["alice"])),
        (USER, "user", json!({})),
        (USER, "user", json!({"login": null})),
        (USER, "user", json!({"login": 7})),
        (USER, "user", json!({"login": ""})),
        (USER, "user", json!({"login": "ali\u{0}ce"})),
        (USER, "user", json!({"login": "ali\r\nce"})),
    ] {
        let idp = Idp::start().await;
        admit(&idp);
        idp.says(path, Reply::Json(answer.clone()));
        let (verdict, text) = log_in(&built(&idp, |_| {})).await.unwrap_err();
        assert_eq!(verdict, Verdict::Failed, "{answer}");
        assert!(text.contains(&format!("the provider's {call} call to 127.0.0.1")), "{text}");
    }
}

#[tokio::test]
async fn a_member_that_is_there_twice_is_a_fault() {
    for (path, body) in [
        (USER, r#"{"login":"mallory","login":"alice"}"#),
        (EMAILS, r#"[{"email":"a@x.test","email":"alice@example.com","primary":true,"verified":true}]"#),
        (ORGANIZATIONS, r#"[{"login":"evil","login":"acme"}]"#),
    ] {
        let idp = Idp::start().await;
        admit(&idp);
        idp.says(path, Reply::body(body));
        assert_eq!(log_in(&built(&idp, |_| {})).await.unwrap_err().0, Verdict::Failed, "{path}");
    }
}

#[tokio::test]
async fn pages_without_end_come_to_one() {
    let idp = Idp::start().await;
    admit(&idp);
    idp.says_in_turn(ORGANIZATIONS, (0..200).map(|number| page(&[format!("o{number}")])));
    let (verdict, text) = log_in(&built(&idp, |_| {})).await.unwrap_err();
    assert_eq!(verdict, Verdict::Failed);
    assert!(text.contains("organizations call") && text.ends_with("pages without end"), "{text}");
    assert_eq!(idp.count(ORGANIZATIONS), 100);
}

#[tokio::test]
async fn a_limit_on_the_number_of_calls_is_no_refusal() {
    for (status, header) in [(403, ("x-ratelimit-remaining", "0")), (403, ("retry-after", "60")), (429, ("x-y", "z"))] {
        let idp = Idp::start().await;
        admit(&idp);
        let headers = vec![(header.0, header.1.to_owned())];
        idp.says(TEAMS, Reply::Raw { status, headers, body: b"marked".to_vec() });
        let (verdict, text) = log_in(&built(&idp, |_| {})).await.unwrap_err();
        assert!(matches!(verdict, Verdict::Unavailable { retry_after: 10.. }), "{text}");
        assert!(text.contains("teams call") && text.contains("too many calls"), "{text}");
    }
    let idp = Idp::start().await;
    admit(&idp);
    idp.says(TEAMS, Reply::status(403));
    assert_eq!(log_in(&built(&idp, |_| {})).await.unwrap_err().0, Verdict::Failed);
}
