use std::ffi::OsString;

use super::*;
use crate::options::Options;
use crate::structured::SecretSource;

/// What flat options say.
fn legacy(set: impl FnOnce(&mut Options)) -> Structured {
    let mut options = Options::default();
    set(&mut options);
    Structured::from_options(&options, &mut Judge::default())
}

fn told(structured: &Structured) -> (Option<Injection>, Judge) {
    let mut judge = Judge::default();
    let environment = [(OsString::from("PASSWORD"), OsString::from("from-env"))];
    (settings(structured, Surroundings::new(&environment), &mut judge), judge)
}

/// The names on either side once `set` has set its options.
fn names(set: impl FnOnce(&mut Options)) -> (Vec<String>, Vec<String>) {
    let (injection, _) = told(&legacy(set));
    let injection = injection.expect("no conflict");
    let names = |headers: &[InjectedHeader]| headers.iter().map(|header| header.name.to_string()).collect();
    (names(&injection.request), names(&injection.response))
}

const USER: [&str; 4] =
    ["x-forwarded-groups", "x-forwarded-user", "x-forwarded-email", "x-forwarded-preferred-username"];
const X_AUTH_REQUEST: [&str; 4] =
    ["x-auth-request-user", "x-auth-request-email", "x-auth-request-preferred-username", "x-auth-request-groups"];

#[test]
fn the_user_headers_come_by_default_and_by_either_switch() {
    assert_eq!(names(|_| ()), (USER.map(str::to_owned).to_vec(), vec![]));
    assert_eq!(names(|options| options.pass_basic_auth.value = false).0, USER);
    assert_eq!(names(|options| options.pass_user_headers.value = false).0, USER);
    let none = names(|options| {
        options.pass_basic_auth.value = false;
        options.pass_user_headers.value = false;
    });
    assert_eq!(none, (vec![], vec![]));
}

#[test]
fn an_email_in_place_of_the_user_has_no_header_of_its_own() {
    let (request, _) = names(|options| options.prefer_email_to_user.value = true);
    assert_eq!(request, ["x-forwarded-groups", "x-forwarded-user", "x-forwarded-preferred-username"]);
}

#[test]
fn set_xauthrequest_tells_the_client_and_the_app_the_same() {
    let (request, response) = names(|options| options.set_xauthrequest.value = true);
    assert_eq!(request, [USER, X_AUTH_REQUEST].concat());
    assert_eq!(response, X_AUTH_REQUEST);
    let (request, response) = names(|options| {
        options.set_xauthrequest.value = true;
        options.pass_xauthrequest.value = false;
        options.pass_access_token.value = true;
    });
    assert_eq!(request, [&USER[..], &["x-forwarded-access-token"]].concat());
    assert_eq!(response, [&X_AUTH_REQUEST[..], &["x-auth-request-access-token"]].concat());
}

#[test]
fn authorization_is_written_by_one_option_alone() {
    let refused = |set: fn(&mut Options)| {
        let (injection, judge) = told(&legacy(set));
        assert!(injection.is_none());
        judge.faults.iter().map(|fault| format!("{}: {}", fault.subject, fault.reason)).collect::<Vec<_>>()
    };
    assert_eq!(
        refused(|options| {
            options.basic_auth_password.value = Secret::from("p");
            options.pass_authorization_header.value = true;
        }),
        ["pass-authorization-header: writes the header Authorization, as pass-basic-auth does"]
    );
    assert_eq!(
        refused(|options| {
            options.basic_auth_password.value = Secret::from("p");
            options.set_basic_auth.value = true;
            options.set_authorization_header.value = true;
        }),
        ["set-authorization-header: writes the header Authorization, as set-basic-auth does"]
    );
    assert_eq!(refused(|options| options.set_basic_auth.value = true), ["set-basic-auth: needs basic-auth-password"]);
    let (request, response) = names(|options| {
        options.basic_auth_password.value = Secret::from("p");
        options.set_basic_auth.value = true;
    });
    assert_eq!(request[0], "authorization");
    assert_eq!(response, ["authorization"]);
}

#[test]
fn unstripped_headers_keep_what_the_client_sent() {
    let (injection, judge) = told(&legacy(|options| options.skip_auth_strip_headers.value = false));
    assert!(injection.expect("no conflict").request.iter().all(|header| header.client_value == ClientValue::Keep));
    assert_eq!(judge.warnings.len(), 1);
}

/// The list of request headers with these in it.
fn nested(headers: Vec<Header>) -> Structured {
    Structured { request_headers: headers, ..Structured::default() }
}

fn at(index: usize, name: &str, values: Vec<HeaderValue>) -> Header {
    let mut header = Header::unset(&format!("injectRequestHeaders[{index}]"));
    header.name.value = name.to_owned();
    Header { values, ..header }
}

fn secret(set: impl FnOnce(&mut SecretSource)) -> HeaderValue {
    let mut source = SecretSource::unset("injectRequestHeaders[0].values[0].secretSource");
    set(&mut source);
    HeaderValue { secret_source: Some(source), ..HeaderValue::unset("injectRequestHeaders[0].values[0]") }
}

fn claim(name: &str) -> HeaderValue {
    let mut source = ClaimSource::unset("injectRequestHeaders[0].values[0].claimSource");
    source.claim.value = name.to_owned();
    HeaderValue { claim_source: Some(source), ..HeaderValue::unset("injectRequestHeaders[0].values[0]") }
}

#[test]
fn a_fixed_value_is_written_down_or_in_a_variable_or_in_a_file() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "from-file\n").expect("written");
    let path = file.path().to_str().expect("UTF-8").to_owned();
    let values = vec![
        secret(|source| source.value.value = Secret::new(b"plain".to_vec())),
        secret(|source| source.from_env.value = "PASSWORD".to_owned()),
        secret(|source| source.from_file.value = path),
    ];
    let (injection, judge) = told(&nested(vec![at(0, "X-Fixed", values)]));
    assert_eq!(judge.faults, []);
    let injection = injection.expect("no fault");
    let texts: Vec<&str> = injection.request[0]
        .values
        .iter()
        .map(|value| match value {
            Source::Fixed(text) => text.expose().as_str(),
            Source::Claim { .. } => panic!("a claim"),
        })
        .collect();
    assert_eq!(texts, ["plain", "from-env", "from-file\n"]);
}

#[test]
fn what_is_wrong_with_a_header_is_named_by_its_path() {
    let bytes = |bytes: &[u8]| secret(|source| source.value.value = Secret::new(bytes.to_vec()));
    let both = HeaderValue { claim_source: claim("email").claim_source, ..bytes(b"x") };
    let two = secret(|source| {
        source.value.value = Secret::new(b"x".to_vec());
        source.from_env.value = "PASSWORD".to_owned();
    });
    for (name, value, subject) in [
        ("", claim("email"), "injectRequestHeaders[0].name"),
        ("a b", claim("email"), "injectRequestHeaders[0].name"),
        ("Transfer-Encoding", claim("email"), "injectRequestHeaders[0].name"),
        ("X-A", HeaderValue::unset("injectRequestHeaders[0].values[0]"), "injectRequestHeaders[0].values[0]"),
        ("X-A", both, "injectRequestHeaders[0].values[0]"),
        ("X-A", claim(""), "injectRequestHeaders[0].values[0].claimSource.claim"),
        ("X-A", bytes(b""), "injectRequestHeaders[0].values[0].secretSource"),
        ("X-A", two, "injectRequestHeaders[0].values[0].secretSource"),
        ("X-A", bytes(b"\xff"), "injectRequestHeaders[0].values[0].secretSource.value"),
        ("X-A", bytes(b"a\nb"), "injectRequestHeaders[0].values[0].secretSource.value"),
        (
            "X-A",
            secret(|source| source.from_env.value = "NOBODY_SET_IT".to_owned()),
            "injectRequestHeaders[0].values[0].secretSource.fromEnv",
        ),
        (
            "X-A",
            secret(|source| source.from_file.value = "/not/there".to_owned()),
            "injectRequestHeaders[0].values[0].secretSource.fromFile",
        ),
    ] {
        let (injection, judge) = told(&nested(vec![at(0, name, vec![value])]));
        let subjects: Vec<&str> = judge.faults.iter().map(|fault| fault.subject.as_str()).collect();
        assert_eq!(subjects, [subject], "{:?}", judge.faults);
        assert!(injection.is_none(), "{subject}");
    }
}

#[test]
fn a_source_that_is_missing_or_double_is_told_by_its_leaves() {
    let (_, judge) = told(&nested(vec![at(0, "X-A", vec![secret(|_| ())])]));
    assert_eq!(judge.faults[0].reason, "needs value, fromEnv or fromFile");
}

#[test]
fn a_header_may_have_several_values_or_none_and_is_there_once() {
    let headers = vec![at(0, "X-Who", vec![claim("user"), claim("email")]), at(1, "X-Stripped", vec![])];
    let (injection, _) = told(&nested(headers));
    let counts: Vec<usize> = injection.expect("no fault").request.iter().map(|header| header.values.len()).collect();
    assert_eq!(counts, [2, 0]);
    let (injection, judge) = told(&nested(vec![at(0, "X-Who", vec![]), at(1, "x-who", vec![])]));
    assert!(injection.is_none());
    assert_eq!(judge.faults[0].reason, "writes the header x-who, as injectRequestHeaders[0].name does");
}

#[test]
fn a_claim_that_no_session_keeps_is_warned_of() {
    let mut structured = nested(vec![at(0, "X-Team", vec![claim("team")])]);
    assert_eq!(told(&structured).1.warnings.len(), 1);
    structured.provider.additional_claims.value.push("team".to_owned());
    assert_eq!(told(&structured).1.warnings.len(), 0);
}
