//! TLS listeners: whose certificate, which limits, and what is wrong with them.

use rcgen::{CertifiedKey, generate_simple_self_signed};

use super::*;

/// A certificate and its key, PEM.
fn pair() -> (String, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec!["app.test".to_owned()]).expect("a pair");
    (cert.pem(), signing_key.serialize_pem())
}

/// A start with these files, both named.
fn with_files(certificate: &str, key: &str) -> Start {
    let start = Start::minimal().flag("--upstream=http://127.0.0.1:1").flag("--https-address=127.0.0.1:0");
    let (certificate, key) = (start.file("tls.crt", certificate), start.file("tls.key", key));
    start.flag(&format!("--tls-cert-file={certificate}")).flag(&format!("--tls-key-file={key}"))
}

fn reasons(start: &Start) -> Vec<(String, String)> {
    let faults = start.load().expect_err("faults");
    faults.list().iter().map(|fault| (fault.subject.clone(), fault.reason.clone())).collect()
}

#[test]
fn a_certificate_and_its_key_make_a_tls_listener_in_place_of_the_plain_one_and_are_watched() {
    let (certificate, key) = pair();
    let start = with_files(&certificate, &key).flag("--http-address=127.0.0.1:4180");
    let config = start.config();
    assert_eq!(config.listen, None);
    let listen = config.secure_listen.expect("a listener");
    assert_eq!(listen.address, Listen::Tcp { host: Some("127.0.0.1".to_owned()), port: 0 });
    for file in ["tls.crt", "tls.key"] {
        assert!(config.parts.contains(&start.folder.path().join(file)), "{file}: {:?}", config.parts);
    }
    assert!(config.warnings.iter().any(|warning| warning.subject == "http-address"), "{:?}", config.warnings);
}

#[test]
fn without_a_file_the_address_alone_is_no_listener() {
    let config = Start::minimal().flag("--upstream=http://127.0.0.1:1").flag("--https-address=:8443").config();
    assert!(config.secure_listen.is_none() && config.listen.is_some());
}

#[test]
fn what_is_wrong_with_certificate_and_key_is_said_of_the_file_to_blame() {
    let ((certificate, key), (_, other)) = (pair(), pair());
    for (certificate, key, subject, says) in [
        (certificate.as_str(), other.as_str(), "tls-key-file", "has another key than the certificate"),
        (&key, &key, "tls-cert-file", "has no certificate"),
        (&certificate, &certificate, "tls-key-file", "has no private key"),
        ("", &key, "tls-cert-file", "has no certificate"),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            &key,
            "tls-cert-file",
            "makes no certificate",
        ),
        (
            &certificate,
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "tls-key-file",
            "cannot be used",
        ),
    ] {
        let reasons = reasons(&with_files(certificate, key));
        assert_eq!(reasons.len(), 1, "{reasons:?}");
        assert_eq!(reasons[0].0, subject, "{reasons:?}");
        assert!(reasons[0].1.contains(says), "{reasons:?}");
    }
    let alone = Start::minimal().flag("--upstream=http://127.0.0.1:1").flag("--tls-cert-file=/nowhere/tls.crt");
    let reasons = reasons(&alone);
    assert!(
        reasons.iter().any(|(subject, why)| subject == "tls-cert-file" && why.contains("cannot read")),
        "{reasons:?}"
    );
    let key = reasons.iter().find(|(subject, _)| subject == "tls-key-file").expect("the key is lacking");
    assert!(key.1.contains("names no private key"), "{reasons:?}");
}

#[test]
fn versions_and_suites_are_names_and_what_is_not_spoken_is_told() {
    let (certificate, key) = pair();
    let with = |flags: &[&str]| flags.iter().fold(with_files(&certificate, &key), |start, flag| start.flag(flag));
    for flag in ["--tls-min-version=TLS1.2", "--tls-min-version=TLS1.3", "--tls-min-version="] {
        assert!(with(&[flag]).config().secure_listen.is_some(), "{flag}");
    }
    for flag in [
        "--tls-min-version=TLS1.1",
        "--tls-min-version=tls1.2",
        "--tls-cipher-suite=TLS_NO_SUCH",
        "--tls-cipher-suite=tls_ecdhe_rsa_with_aes_128_gcm_sha256",
        "--tls-cipher-suite=TLS_RSA_WITH_AES_128_CBC_SHA",
    ] {
        let option = flag.trim_start_matches("--").split('=').next().expect("a name");
        let reasons = reasons(&with(&[flag]));
        assert_eq!(reasons.iter().map(|(subject, _)| subject.as_str()).collect::<Vec<_>>(), [option], "{reasons:?}");
    }
    let mixed = "--tls-cipher-suite=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA";
    let config = with(&[mixed]).config();
    let told = config.warnings.iter().find(|warning| warning.subject == "tls-cipher-suite").expect("a warning");
    assert!(told.message.contains("AES_128_CBC_SHA") && !told.message.contains("GCM"), "{told:?}");
    assert!(with(&["--tls-cipher-suite=TLS_AES_128_GCM_SHA256"]).config().secure_listen.is_some());
}

#[test]
fn structured_configuration_has_both_listeners_and_takes_the_pair_from_where_it_says() {
    let (certificate, key) = pair();
    let yaml = |server: &str| {
        format!(
            "providers:\n- {{id: one, provider: oidc, clientID: app, clientSecret: x, oidcConfig: {{issuerURL: \
             'https://idp.example.com'}}}}\nserver: {server}\n"
        )
    };
    let start = |server: &str| {
        let start = Start::empty()
            .with("COOKIE_SECRET", "0123456789abcdef")
            .with("EMAIL_DOMAINS", "*")
            .with("CERTIFICATE", &certificate);
        let file = start.file("tls.key", &key);
        let alpha = start.file("alpha.yaml", &yaml(&server.replace("KEY", &file)));
        start.flag(&format!("--alpha-config={alpha}"))
    };
    let both = "{bindAddress: ':4180', secureBindAddress: 'https://:8443', tls: {cert: {fromEnv: \
                OAUTH2_PROXY_CERTIFICATE}, key: {fromFile: 'KEY'}, minVersion: TLS1.3}}";
    let start_both = start(both);
    let config = start_both.config();
    assert!(config.listen.is_some());
    assert_eq!(config.secure_listen.as_ref().expect("a listener").port(), 8443);
    assert_eq!(config.parts, [start_both.folder.path().join("tls.key")]);
    for (server, subject) in [
        ("{secureBindAddress: ':8443'}", "server.secureBindAddress"),
        ("{secureBindAddress: ':8443', tls: {key: {fromFile: 'KEY'}}}", "server.tls"),
        (
            "{secureBindAddress: 'unix:///x', tls: {cert: {fromEnv: OAUTH2_PROXY_CERTIFICATE}, key: {fromFile: 'KEY'}}}",
            "server.secureBindAddress",
        ),
        (
            "{secureBindAddress: ':8443', tls: {cert: {fromEnv: NOWHERE}, key: {fromFile: 'KEY'}}}",
            "server.tls.cert.fromEnv",
        ),
    ] {
        let reasons = reasons(&start(server));
        assert_eq!(reasons.iter().map(|(subject, _)| subject.as_str()).collect::<Vec<_>>(), [subject], "{reasons:?}");
    }
}
