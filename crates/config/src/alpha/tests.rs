use super::*;
use crate::fault::FaultCode;

/// A whole configuration, as people write it.
const WHOLE: &str = r#"
upstreamConfig:
  upstreams:
  - id: app
    path: /
    uri: http://127.0.0.1:8080
    timeout: 5s
    flushInterval: 1.5
    passHostHeader: false
  - {id: health, path: /health, static: true, staticCode: 204}
injectRequestHeaders:
- name: X-Forwarded-User
  preserveRequestValue: true
  values:
  - claimSource: {claim: user, prefix: "u:"}
  - secretSource: {value: !!binary aHVudGVyMg==}
- name: Authorization
  values: [{claimSource: {claim: email, basicAuthPassword: {fromEnv: PASSWORD}}}]
server: {bindAddress: "127.0.0.1:4180"}
providers:
- id: one
  provider: oidc
  clientid: ${ID}
  clientSecret: hunter2
  allowedGroups: [staff, ops]
  additionalClaims: [phone]
  loginURLParameters:
  - name: prompt
    default: [login]
    allow: [{value: none}, {pattern: "^c"}]
  oidcConfig: {issuerURL: "https://id.example.com", insecureSkipNonce: true}
- {id: two, provider: github, clientID: c, clientSecretFile: /s}
"#;

fn environment() -> Vec<(OsString, OsString)> {
    vec![("ID".into(), "the-id".into())]
}

/// What a text makes of options and structure, and its faults as they are shown.
fn decode(text: &str) -> (Options, Structured, Vec<Fault>) {
    let (mut options, mut faults) = (Options::default(), Vec::new());
    let structured = read(Path::new("a.yaml"), text.as_bytes(), &environment(), &mut options, &mut faults);
    (options, structured.unwrap_or_else(|fault| panic!("{fault}")).0, faults)
}

#[track_caller]
fn fault(text: &str) -> Fault {
    let (mut options, mut faults) = (Options::default(), Vec::new());
    let read = read(Path::new("a.yaml"), text.as_bytes(), &environment(), &mut options, &mut faults);
    faults.extend(read.err());
    assert_eq!(faults.len(), 1, "{text}: {}", faults.iter().map(ToString::to_string).collect::<String>());
    faults.remove(0)
}

fn at(line: usize, column: usize) -> Source {
    Source::File { path: "a.yaml".into(), line, column }
}

#[test]
fn every_part_arrives_with_its_path_and_its_place() {
    let (options, structured, faults) = decode(WHOLE);
    assert_eq!(faults, []);
    assert_eq!(
        (options.client_id.value.as_str(), options.client_id.option.as_ref()),
        ("the-id", "providers[0].clientID")
    );
    assert_eq!(options.client_id.source, at(23, 13));
    assert_eq!(options.client_secret.value.expose(), "hunter2");
    assert_eq!(options.allowed_groups.value, ["staff", "ops"]);
    assert!(options.insecure_oidc_skip_nonce.value);
    assert_eq!(options.provider.value, "oidc");

    let [app, health] = structured.upstreams.value.as_slice() else { panic!("two upstreams") };
    assert_eq!((app.timeout.value.to_string(), app.flush_interval.value.to_string()), ("5s".into(), "1.5s".into()));
    assert!(!app.pass_host_header.value && app.proxy_web_sockets.value);
    assert_eq!(
        (health.static_code.value, health.path.option.as_ref()),
        (Some(204), "upstreamConfig.upstreams[1].path")
    );

    let [user, authorization] = structured.request_headers.as_slice() else { panic!("two headers") };
    assert!(user.preserve_request_value.value);
    let secret = user.values[1].secret_source.as_ref().expect("a secret");
    assert_eq!(secret.value.value.expose(), b"hunter2");
    let password = authorization.values[0].claim_source.as_ref().and_then(|claim| claim.basic_auth_password.as_ref());
    assert_eq!(password.expect("a password").from_env.value, "PASSWORD");

    assert_eq!(structured.server.bind_address.value, "127.0.0.1:4180");
    assert_eq!(structured.provider.additional_claims.value, ["phone"]);
    let [prompt] = structured.provider.login_url_parameters.as_slice() else { panic!("one parameter") };
    assert_eq!((prompt.default.value.len(), prompt.allow.len()), (1, 2));
    assert_eq!(structured.further_providers[0].client_secret_file.value, "/s");
}

#[test]
fn an_empty_file_says_nothing() {
    for text in ["", "{}", "# nothing", "providers: null\nserver: ~\n"] {
        let (options, structured, faults) = decode(text);
        assert_eq!(faults, [], "{text}");
        assert!(structured.upstreams.value.is_empty() && structured.server.bind_address.value.is_empty());
        assert_eq!(options.client_id.value, "");
    }
}

#[test]
fn an_unknown_key_is_told_with_the_one_that_was_meant() {
    for (text, subject, instead, source) in [
        ("provider: []", "provider", "did you mean providers?", at(1, 1)),
        ("providers:\n- clientId: a\n  clientID: b\n", "providers[0].clientId", "did you mean clientID?", at(2, 3)),
        (
            "providers:\n- oidcConfig:\n    issuerUrl2: x\n",
            "providers[0].oidcConfig.issuerUrl2",
            "did you mean issuerURL?",
            at(3, 5),
        ),
        ("server:\n  frobnicate: 1\n", "server.frobnicate", "leave it out", at(2, 3)),
        ("injectRequestHeaders: [{value: x}]", "injectRequestHeaders[0].value", "did you mean values?", at(1, 25)),
        ("providers: [{}, {oidcConfig: {issuer: x}}]", "providers[1].oidcConfig.issuer", "leave it out", at(1, 31)),
    ] {
        let fault = fault(text);
        assert_eq!(
            (fault.code, fault.subject.as_str(), &fault.source),
            (FaultCode::Unknown, subject, &source),
            "{text}"
        );
        assert_eq!(fault.instead, instead, "{text}");
    }
}

#[test]
fn no_value_becomes_one_of_another_type() {
    for (text, subject, reason) in [
        ("providers: [{clientID: 123}]", "providers[0].clientID", "is an integer, not a text"),
        ("providers: [{clientSecret: [hunter2]}]", "providers[0].clientSecret", "is a list, not a text"),
        ("providers: [{allowedGroups: a}]", "providers[0].allowedGroups", "is a text, not a list"),
        ("providers: [{allowedGroups: [1]}]", "providers[0].allowedGroups", "is an integer, not a text"),
        (
            "providers: [{skipClaimsFromProfileURL: 'true'}]",
            "providers[0].skipClaimsFromProfileURL",
            "is a text, not a boolean",
        ),
        ("providers: {a: b}", "providers", "is a mapping, not a list"),
        ("providers: [a]", "providers[0]", "is a text, not a mapping"),
        (
            "upstreamConfig: {upstreams: [{staticCode: '200'}]}",
            "upstreamConfig.upstreams[0].staticCode",
            "is a text, not an integer",
        ),
        (
            "upstreamConfig: {upstreams: [{timeout: true}]}",
            "upstreamConfig.upstreams[0].timeout",
            "is a boolean, not a duration",
        ),
        ("- a", "alpha-config", "is a list, not a mapping"),
        ("providers: [{}, {clientID: 1}]", "providers[1].clientID", "is an integer, not a text"),
    ] {
        let fault = fault(text);
        assert_eq!((fault.subject.as_str(), fault.reason.as_str()), (subject, reason), "{text}");
        assert!(!fault.to_string().contains("hunter2"), "{fault}");
    }
}

#[test]
fn durations_are_texts_nanoseconds_or_seconds_with_a_fraction() {
    let timeout = |written: &str| {
        let (_, structured, faults) = decode(&format!("upstreamConfig: {{upstreams: [{{timeout: {written}}}]}}"));
        assert_eq!(faults, [], "{written}");
        structured.upstreams.value[0].timeout.value.to_string()
    };
    for (written, read) in [("1m30s", "1m30s"), ("1000000000", "1s"), ("2.5", "2.5s"), ("'0'", "0s")] {
        assert_eq!(timeout(written), read);
    }
}

#[test]
fn what_is_not_served_is_told_by_its_path() {
    let fault = fault("providers: [{bitbucketConfig: {team: x}}]");
    assert_eq!((fault.code, fault.subject.as_str()), (FaultCode::NotServed, "providers[0].bitbucketConfig.team"));
}

#[test]
fn a_file_that_is_no_yaml_is_told_by_its_place_without_its_words() {
    for (text, source) in [
        ("a: [hunter2\n", at(2, 1)),
        ("providers:\n- clientSecret: ${hunter2\n", at(2, 17)),
        ("x: $ID ${ID} *hunter2 : [\n  hunter2: }\n", at(2, 12)),
    ] {
        let fault = fault(text);
        assert_eq!(fault.code, FaultCode::Syntax, "{text}");
        assert!(!fault.to_string().contains("hunter2"), "{fault}");
        let Source::File { line, .. } = fault.source else { panic!("{text}") };
        let Source::File { line: expected, .. } = source else { panic!("{text}") };
        assert!(line <= expected, "{text}: {line}");
    }
    let mut options = Options::default();
    let read = read(Path::new("a"), b"a: 1\nb: \xff", &[], &mut options, &mut Vec::new());
    let fault = read.map(drop).expect_err("not UTF-8");
    assert_eq!(fault.source, Source::File { path: "a".into(), line: 2, column: 4 });
}

#[test]
fn all_faults_are_told_together() {
    let (_, _, faults) = decode("x: 1\nproviders: [{clientID: 1, y: 2}]\nserver: {bindAddress: 3}\n");
    let subjects: Vec<_> = faults.iter().map(|fault| fault.subject.as_str()).collect();
    assert_eq!(subjects, ["server.bindAddress", "providers[0].clientID", "providers[0].y", "x"]);
}

#[test]
fn an_element_that_is_nothing_is_a_blank_one() {
    let (_, structured, faults) = decode(
        "upstreamConfig: {upstreams: [null]}\ninjectRequestHeaders: [null, {name: X, values: [~]}]\nproviders:\n- id: a\n-\n",
    );
    assert!(faults.is_empty());
    assert_eq!(structured.upstreams.value.len(), 1);
    assert_eq!(structured.request_headers.len(), 2);
    assert_eq!(structured.request_headers[1].values.len(), 1);
    assert_eq!(structured.further_providers.len(), 1);
}

#[test]
fn binary_data_is_a_text_where_it_is_one() {
    let (options, _, faults) = decode("providers: [{clientID: !!binary YXBw}]\n");
    assert!(faults.is_empty());
    assert_eq!(options.client_id.value, "app");
    assert_eq!(fault("providers: [{clientID: !!binary /w==}]\n").reason, "is binary data, not a text");
}

#[test]
fn what_nobody_wrote_is_named_by_the_path_to_write_it_at() {
    let fault = |subject: &str, source: Source| Fault::new(FaultCode::Missing, subject, source, "is required", "");
    let mut faults = [
        fault("client-id", Source::Default),
        fault("oidc-issuer-url", Source::Default),
        fault("cookie-secret", Source::Default),
        fault("client-id", Source::Flag),
    ];
    name_by_path(&mut faults);
    let subjects = faults.map(|fault| fault.subject);
    assert_eq!(subjects, ["providers[0].clientID", "providers[0].oidcConfig.issuerURL", "cookie-secret", "client-id"]);
}

proptest::proptest! {
    #[test]
    fn any_text_is_decoded_or_refused(text in "[-:{}\\[\\],&*\"$ \\na-c0-9]{0,80}") {
        let mut options = Options::default();
        drop(read(Path::new("a"), text.as_bytes(), &[], &mut options, &mut Vec::new()));
    }
    #[test]
    fn a_slip_of_the_pen_is_decoded_or_refused_and_shows_no_secret(at in 0..WHOLE.len(), put in "[-:{}\\[\\],&*\"$ \\na]{0,2}") {
        let mut text = WHOLE.to_owned();
        text.replace_range(at..=at, &put);
        let (mut options, mut faults) = (Options::default(), Vec::new());
        let read = read(Path::new("a"), text.as_bytes(), &environment(), &mut options, &mut faults);
        faults.extend(read.err());
        for fault in faults {
            proptest::prop_assert!(!fault.to_string().contains("hunter"), "{}", fault);
        }
    }
}
