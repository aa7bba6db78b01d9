//! Tables over [`verify`](super::verify): one row per claim and way to be wrong.

use std::sync::OnceLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::test_signer::Signer;

const NOW: u64 = 1_800_000_000;
const ISSUER: &str = "https://idp.example";

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

/// Keys are dear to make; all tests share one.
fn signer() -> &'static Signer {
    static SIGNER: OnceLock<Signer> = OnceLock::new();
    SIGNER.get_or_init(|| Signer::new("k1"))
}

struct Case {
    issuer: IssuerRule<'static>,
    extra_audiences: Vec<String>,
    audience_claims: Vec<String>,
    nonce: NonceRule<'static>,
    now: SystemTime,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            issuer: IssuerRule::Exactly(ISSUER),
            extra_audiences: Vec::new(),
            audience_claims: vec!["aud".to_owned()],
            nonce: NonceRule::Equals("n1"),
            now: now(),
        }
    }
}

impl Case {
    /// By [`verify`] and, with keys at hand, by [`verify_at_once`], which must say the same.
    fn verify(&self, token: &str) -> Result<IdToken, IdTokenError> {
        let policy = Policy {
            issuer: self.issuer,
            client_id: "app",
            extra_audiences: &self.extra_audiences,
            audience_claims: &self.audience_claims,
            algorithms: &[Algorithm::Es256],
            nonce: self.nonce,
            authorized_party: PartyRule::Us,
            now: self.now,
        };
        let keys = Keys::fixed(signer().key_set());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let verified = runtime.block_on(verify(token, &policy, &keys));
        let at_once = verify_at_once(token, &policy, &keys).expect("the keys are at hand");
        let said = |verified: &Result<IdToken, IdTokenError>| verified.as_ref().map(|_| ()).map_err(text_of);
        assert_eq!(said(&at_once), said(&verified));
        verified
    }

    fn error_of(&self, claims: &Value) -> Option<String> {
        self.verify(&signer().sign(&claims.to_string())).err().map(|error| text_of(&error))
    }
}

fn text_of(error: &IdTokenError) -> String {
    sidecar_core::report::chain(error)
}

fn good() -> Value {
    json!({"iss": ISSUER, "aud": "app", "sub": "alice", "exp": NOW + 60, "iat": NOW, "nonce": "n1"})
}

/// The good claims with one of them replaced, or left out for `null`'s sake only where the row says so.
fn with(name: &str, value: Value) -> Value {
    let mut claims = good();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = good();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

#[test]
fn a_token_that_says_all_it_must_passes() {
    let token = Case::default().verify(&signer().sign(&good().to_string())).unwrap();
    assert_eq!(token.subject(), "alice");
    for more in [
        with("aud", json!(["other", "app"])),
        with("azp", json!("app")),
        with("azp", Value::Null),
        with("exp", json!(NOW)),
        with("exp", json!(9_999_999_999.5)),
        with("exp", json!(NOW * 1000)),
        with("nbf", json!(NOW + 300)),
        with("iat", json!(NOW + 300)),
        with("iat", json!(1)),
        with("_claim_names", json!({"groups": "s"}))
            .as_object()
            .map(|claims| {
                let mut claims = claims.clone();
                claims.insert("_claim_sources".to_owned(), json!({"s": {"endpoint": "https://x"}}));
                Value::Object(claims)
            })
            .unwrap(),
        with("events", json!({"https://example.com/other": {}})),
    ] {
        assert_eq!(Case::default().error_of(&more), None, "{more}");
    }
}

#[test]
fn each_claim_that_is_wrong_is_refused_for_its_own_reason() {
    let issuer = "the ID token was issued by a different provider";
    let audience = "invalid audience: audience from claim aud does not match any allowed audience";
    let mut of_another_source = with("_claim_names", json!({"groups": "s"}));
    of_another_source["_claim_sources"] = json!({"t": {}});
    for (claims, expected) in [
        (with("iss", json!("https://idp.example/")), issuer),
        (with("iss", json!("https://IDP.example")), issuer),
        (with("iss", json!("http://idp.example")), issuer),
        (with("iss", json!("https://idp.example.evil")), issuer),
        (with("iss", json!([ISSUER])), "the claim iss has the wrong type"),
        (with("iss", json!("")), "the claim iss is missing"),
        (without("iss"), "the claim iss is missing"),
        (with("aud", json!("other")), audience),
        (with("aud", json!("ap")), audience),
        (with("aud", json!("app,other")), audience),
        (with("aud", json!("")), audience),
        (with("aud", json!([])), audience),
        (with("aud", json!(1)), "the claim aud has the wrong type"),
        (with("aud", json!([1])), "the claim aud has the wrong type"),
        (with("aud", json!({"app": 1})), "the claim aud has the wrong type"),
        (with("aud", Value::Null), "invalid audience: audience claim aud holds an unsupported type"),
        (without("aud"), "invalid audience: the audience claims do not exist"),
        (with("azp", json!("other")), "the ID token was issued to another client"),
        (with("azp", json!("")), "the ID token was issued to another client"),
        (with("azp", json!(["app"])), "the claim azp has the wrong type"),
        (with("exp", json!(NOW - 1)), "the ID token is expired"),
        (with("exp", json!(-1)), "the ID token is expired"),
        (without("exp"), "the claim exp is missing"),
        (with("exp", Value::Null), "the claim exp is missing"),
        (with("exp", json!("9999999999")), "the claim exp has the wrong type"),
        (with("exp", json!("never")), "the claim exp has the wrong type"),
        (with("exp", json!(1e300)), "the claim exp has the wrong type"),
        (with("exp", json!(true)), "the claim exp has the wrong type"),
        (with("exp", json!([NOW + 60])), "the claim exp has the wrong type"),
        (with("nbf", json!(NOW + 301)), "the ID token is not valid yet"),
        (with("nbf", json!("1")), "the claim nbf has the wrong type"),
        (with("iat", json!(NOW + 301)), "the ID token was issued in the future"),
        (with("iat", json!("1")), "the claim iat has the wrong type"),
        (without("iat"), "the claim iat is missing"),
        (without("sub"), "the claim sub is missing"),
        (with("sub", json!("")), "the claim sub is missing"),
        (with("sub", json!(" ")), "the claim sub is missing"),
        (with("sub", json!(7)), "the claim sub has the wrong type"),
        (with("_claim_names", json!({"groups": "s"})), "a distributed claim has no source"),
        (of_another_source, "a distributed claim has no source"),
        (
            with("events", json!({"http://schemas.openid.net/event/backchannel-logout": {}})),
            "the token is a logout token",
        ),
    ] {
        assert_eq!(Case::default().error_of(&claims).as_deref(), Some(expected), "{claims}");
    }
}

#[test]
fn the_nonce_of_a_login_is_demanded_exactly() {
    let wrong = "id_token nonce claim does not match the session nonce";
    for nonce in [json!("n2"), json!("n1 "), json!(""), Value::Null, json!(1), json!(["n1"])] {
        assert_eq!(Case::default().error_of(&with("nonce", nonce.clone())).as_deref(), Some(wrong), "{nonce}");
    }
    assert_eq!(Case::default().error_of(&without("nonce")).as_deref(), Some(wrong));
    let empty = Case { nonce: NonceRule::Equals(""), ..Case::default() };
    assert!(empty.error_of(&with("nonce", json!(""))).is_some(), "an absent nonce matches nothing");
}

#[test]
fn the_nonce_of_a_later_token_may_be_absent_but_not_another() {
    let later = Case { nonce: NonceRule::EqualsIfPresent("n1"), ..Case::default() };
    assert_eq!(later.error_of(&without("nonce")), None);
    assert_eq!(later.error_of(&good()), None);
    assert!(later.error_of(&with("nonce", json!("n2"))).is_some());
    let unchecked = Case { nonce: NonceRule::Unchecked, ..Case::default() };
    assert_eq!(unchecked.error_of(&with("nonce", json!("n2"))), None);
}

#[test]
fn the_first_audience_claim_that_is_present_decides() {
    let case = Case {
        audience_claims: vec!["client_id".to_owned(), "aud".to_owned()],
        extra_audiences: vec!["extra".to_owned()],
        ..Case::default()
    };
    let claims = |client_id: Value, aud: &str| {
        let mut claims = with("aud", json!(aud));
        claims["client_id"] = client_id;
        claims
    };
    assert_eq!(case.error_of(&claims(json!("app"), "z")), None);
    assert!(case.error_of(&claims(json!("z"), "app")).is_some());
    assert_eq!(case.error_of(&with("aud", json!(["z", "extra"]))), None);
    assert!(case.error_of(&claims(Value::Null, "app")).is_some());
    assert!(case.error_of(&claims(json!([1]), "app")).is_some());
    let mut other_party = with("aud", json!("extra"));
    other_party["azp"] = json!("extra");
    assert_eq!(case.error_of(&other_party), None, "an extra audience counts as us");
}

#[test]
fn the_issuer_has_the_two_exceptions_of_the_original() {
    let google = Case { issuer: IssuerRule::Exactly("https://accounts.google.com"), ..Case::default() };
    assert_eq!(google.error_of(&with("iss", json!("accounts.google.com"))), None);
    assert!(google.error_of(&with("iss", json!("http://accounts.google.com"))).is_some());
    let any = Case { issuer: IssuerRule::Any, ..Case::default() };
    assert_eq!(any.error_of(&with("iss", json!("https://other.example"))), None);
}

#[test]
fn a_fraction_of_a_second_after_expiry_is_after_expiry() {
    let late = Case { now: now() + Duration::from_millis(1), ..Case::default() };
    assert_eq!(late.error_of(&with("exp", json!(NOW))).as_deref(), Some("the ID token is expired"));
    assert_eq!(late.error_of(&with("exp", json!(NOW + 1))), None);
}

#[test]
fn a_clock_before_1970_accepts_nothing_by_accident() {
    let early = Case { now: UNIX_EPOCH - Duration::from_secs(1), ..Case::default() };
    assert_eq!(early.error_of(&good()).as_deref(), Some("the ID token was issued in the future"));
}

#[test]
fn a_signature_of_anybody_else_is_no_signature() {
    let case = Case::default();
    let signature = |token: &str| case.verify(token).err().map(|error| text_of(&error));
    let expected = Some("no key of the provider signed the ID token".to_owned());
    let payload = good().to_string();
    assert_eq!(signature(&Signer::new("k1").sign(&payload)), expected, "same kid, other key");
    assert_eq!(signature(&Signer::new("k2").sign(&payload)), expected);
    let attacker = Signer::new("evil");
    let header =
        json!({"alg": "ES256", "kid": "evil", "jwk": attacker.jwk(), "jku": "http://127.0.0.1:1/"}).to_string();
    assert_eq!(signature(&attacker.sign_with_header(&header, &payload)), expected);
    let good = signer().sign(&payload);
    let (head, tail) = good.rsplit_once('.').unwrap();
    let other = signer().sign(&with("sub", json!("mallory")).to_string());
    let (_, foreign) = other.rsplit_once('.').unwrap();
    assert_eq!(signature(&format!("{head}.{foreign}")), expected);
    assert_eq!(signature(&format!("{head}.")), expected);
    assert!(tail.len() > 1 && case.verify(&good).is_ok());
}

#[test]
fn a_token_without_kid_is_tried_with_every_key_of_its_type() {
    let header = json!({"alg": "ES256"}).to_string();
    assert!(Case::default().verify(&signer().sign_with_header(&header, &good().to_string())).is_ok());
}

#[test]
fn refusals_are_told_from_faults() {
    for (claims, refusal) in [
        (with("aud", json!("other")), true),
        (without("aud"), true),
        (without("sub"), true),
        (without("iss"), true),
        (without("nonce"), true),
        (with("azp", json!("other")), true),
        (with("iat", json!(NOW + 301)), true),
        (without("iat"), true),
        (without("exp"), false),
        (with("exp", json!(1)), false),
        (with("iss", json!("x")), false),
        (with("aud", json!(1)), false),
    ] {
        let error = Case::default().verify(&signer().sign(&claims.to_string())).unwrap_err();
        assert_eq!(error.is_refusal(), refusal, "{claims}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_payload_that_is_signed_passes_or_is_an_error(payload in proptest::collection::vec(any::<u8>(), 0..80)) {
        let payload = String::from_utf8_lossy(&payload).into_owned();
        prop_assert!(Case::default().verify(&signer().sign(&payload)).is_err());
    }

    #[test]
    fn any_value_of_a_claim_passes_or_is_an_error(
        name in "(iss|aud|azp|exp|nbf|iat|nonce|sub|events|_claim_names)",
        value in prop_oneof![
            any::<f64>().prop_map(|number| json!(number)),
            any::<i64>().prop_map(|number| json!(number)),
            any::<u64>().prop_map(|number| json!(number)),
            ".*".prop_map(|text| json!(text)),
            Just(json!({"a": [null, {}]})),
        ],
    ) {
        let _ = Case::default().error_of(&with(&name, value));
    }
}

#[test]
fn a_past_token_is_read_for_its_signature_and_issuer_alone() {
    let keys = Keys::fixed(signer().key_set());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let recalled = |token: &str, issuer| runtime.block_on(recall(token, issuer, &[Algorithm::Es256], &keys));
    let claims = json!({"iss": ISSUER, "aud": "another-app", "exp": 1, "nonce": "another", "tid": "t"});
    let token = signer().sign(&claims.to_string());
    let past = recalled(&token, IssuerRule::Exactly(ISSUER)).unwrap();
    assert_eq!(past.claims().look_up("tid"), Some(&ClaimValue::String("t".to_owned())));
    assert!(recalled(&token, IssuerRule::Any).is_ok());

    let other = recalled(&token, IssuerRule::Exactly("https://other.example")).unwrap_err();
    assert!(matches!(other, IdTokenError::Issuer));
    let forged = Signer::new("k1").sign(&claims.to_string());
    assert!(matches!(recalled(&forged, IssuerRule::Any).unwrap_err(), IdTokenError::Signature));
    let logout = json!({"iss": ISSUER, "events": {LOGOUT_EVENT: {}}});
    let logout = recalled(&signer().sign(&logout.to_string()), IssuerRule::Any).unwrap_err();
    assert!(matches!(logout, IdTokenError::LogoutToken));
    let nobodys = recalled(&signer().sign(&json!({"tid": "t"}).to_string()), IssuerRule::Any).unwrap_err();
    assert!(matches!(nobodys, IdTokenError::Missing("iss")));
}

#[test]
fn a_bearer_token_may_have_been_asked_for_by_another_client() {
    let claims = with("azp", json!("another"));
    let keys = Keys::fixed(signer().key_set());
    let audience_claims = ["aud".to_owned()];
    let policy = |authorized_party| Policy {
        issuer: IssuerRule::Exactly(ISSUER),
        client_id: "app",
        extra_audiences: &[],
        audience_claims: &audience_claims,
        algorithms: &[Algorithm::Es256],
        nonce: NonceRule::Unchecked,
        authorized_party,
        now: now(),
    };
    let token = signer().sign(&claims.to_string());
    assert!(verify_at_once(&token, &policy(PartyRule::Any), &keys).unwrap().is_ok());
    let refused = verify_at_once(&token, &policy(PartyRule::Us), &keys).unwrap();
    assert!(matches!(refused, Err(IdTokenError::AuthorizedParty)));
}
