//! Who somebody is by a token of an issuer beside the provider; what makes a token pass is for `id_token_tests`.

use std::time::UNIX_EPOCH;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::test_signer::Signer;

const NOW: u64 = 1_800_000_000;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

/// The session of a token with these claims beside the ones that every token needs.
fn session(groups_claim: &str, more: &Value) -> Result<Session, BearerError> {
    let signer = Signer::new("k1");
    let mut claims = json!({"iss": "https://idp.example", "aud": "api", "sub": "s1", "exp": NOW + 60, "iat": NOW});
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let policy = Policy {
        issuer: IssuerRule::Exactly("https://idp.example"),
        client_id: "api",
        extra_audiences: &[],
        audience_claims: &["aud".to_owned()],
        algorithms: &[Algorithm::Es256],
        nonce: NonceRule::Unchecked,
        authorized_party: PartyRule::Any,
        now: now(),
    };
    let token = Secret::new(signer.sign(&claims.to_string()));
    let verified = id_token::verify_at_once(token.expose(), &policy, &Keys::fixed(signer.key_set()));
    let id_token = verified.expect("keys of files are at hand").expect("a good token");
    plain_session(&id_token, &token, groups_claim)
}

#[test]
fn the_names_of_the_specification_make_the_session() {
    let claims = json!({
        "email": "a@b.c", "email_verified": true, "preferred_username": "al", "groups": ["g1", "g2"], "azp": "another",
    });
    let session = session("groups", &claims).unwrap();
    assert_eq!((session.user.as_deref(), session.email.as_deref()), (Some("s1"), Some("a@b.c")));
    assert_eq!((session.preferred_username.as_deref(), session.groups.join(" ").as_str()), (Some("al"), "g1 g2"));
    assert_eq!(session.expires_at, Some(now() + Duration::from_mins(1)));
    assert_eq!((session.created_at, session.refresh_token.is_none(), session.nonce.is_empty()), (None, true, true));
    let token = session.access_token.unwrap();
    assert!(session.id_token.unwrap().ct_eq(token.expose()), "one token is both");
}

#[test]
fn without_an_address_the_subject_stands_for_it() {
    for claims in [json!({}), json!({"email": ""}), json!({"email": null, "email_verified": null})] {
        assert_eq!(session("groups", &claims).unwrap().email.as_deref(), Some("s1"), "{claims}");
    }
}

#[test]
fn groups_are_a_list_of_texts_or_one_text_under_the_literal_name() {
    for (claims, name, groups) in [
        (json!({"groups": "one"}), "groups", vec!["one"]),
        (json!({"groups": ""}), "groups", vec![""]),
        (json!({"groups": []}), "groups", vec![]),
        (json!({"groups": null}), "groups", vec![]),
        (json!({"groups": ["a"], "roles": ["b"]}), "roles", vec!["b"]),
        (json!({"realm": {"roles": ["a"]}}), "realm.roles", vec![]),
        (json!({"realm.roles": ["a"]}), "realm.roles", vec!["a"]),
    ] {
        assert_eq!(session(name, &claims).unwrap().groups, groups, "{claims}");
    }
}

#[test]
fn a_claim_of_another_type_is_an_error_and_not_absence() {
    for (claims, name) in [
        (json!({"email": 7}), "email"),
        (json!({"email": ["a@b.c"]}), "email"),
        (json!({"email_verified": "true"}), "email_verified"),
        (json!({"email_verified": 1}), "email_verified"),
        (json!({"preferred_username": {}}), "preferred_username"),
        (json!({"groups": 7}), "groups"),
        (json!({"groups": {"a": "b"}}), "groups"),
        (json!({"groups": ["a", 7]}), "groups"),
        (json!({"groups": [null]}), "groups"),
    ] {
        let error = session("groups", &claims).unwrap_err();
        assert!(matches!(&error, BearerError::ClaimType(claim) if claim == name), "{claims}: {error:?}");
        assert!(!error.is_outage());
    }
    let unverified = session("groups", &json!({"email": "a@b.c", "email_verified": false})).unwrap_err();
    assert!(matches!(unverified, BearerError::Claims(ClaimsError::EmailNotVerified)), "{unverified:?}");
}

proptest! {
    #[test]
    fn any_claims_make_a_session_with_a_name_or_an_error(email in ".{0,8}", group in ".{0,8}") {
        let session = session("g", &json!({"email": email, "g": [group]})).unwrap();
        prop_assert!(session.email.is_some_and(|email| !email.is_empty()));
    }
}
