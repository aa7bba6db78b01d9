//! Metadata: what is used, what is not, and for how long.

use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::{Value, json};
use sidecar_core::Secret;
use sidecar_net::{Dialer, Proxies, ProxyEnv, Tls, TlsSettings};
use sidecar_oidc::settings::{Endpoints, IssuerCheck, KeySource};
use sidecar_oidc::{Client, EndpointUrl, Registration, SecretSource, Settings};
use sidecar_providers::{Settings as Kind, build};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use super::{OpenId, built, log_in, pass, settings};
use crate::idp::{DISCOVERY, Idp, KEYS, Reply, TOKEN};
use crate::suite::{CLIENT_SECRET, Subject as _, background, client};

#[tokio::test]
async fn metadata_that_must_not_be_used_is_not_used() {
    for (name, value, reason) in [
        ("issuer", json!("https://evil.example"), "issuer did not match"),
        ("token_endpoint", json!("file:///etc/passwd"), "token_endpoint"),
        ("jwks_uri", Value::Null, "jwks_uri"),
        ("issuer", json!(7), "JSON document"),
        ("id_token_signing_alg_values_supported", json!(["HS256", "none"]), "no supported signing algorithms"),
    ] {
        let idp = Idp::start().await;
        let mut metadata = idp.metadata();
        metadata[name] = value;
        idp.says(DISCOVERY, Reply::Json(metadata));
        let provider = OpenId.build(&idp, client(), background());
        let unavailable = provider.ready_once().await.unwrap_err();
        assert!(unavailable.reason.contains(reason), "{unavailable}");
        assert!(provider.status().is_err() && provider.new_attempt().is_err());
    }
    let idp = Idp::start().await;
    for reply in [Reply::body("<html>"), Reply::status(500), Reply::Truncated, Reply::Silence, Reply::Closed] {
        idp.says(DISCOVERY, reply);
        let provider = OpenId.build(&idp, client(), background());
        assert!(provider.ready_once().await.is_err());
    }
}

#[tokio::test]
async fn a_call_that_fails_names_the_stage_at_which_it_did() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let not_tls = tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            socket.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        }
    });
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
    let proxy = ProxyEnv::read(|name| (name == "HTTP_PROXY").then(|| format!("http://{closed}"))).unwrap();
    let tls = || Tls::new(&TlsSettings::default()).unwrap();
    let direct = Client::new(Dialer::new(tls(), Proxies::Direct));
    let proxied = Client::new(Dialer::new(tls(), Proxies::Environment(proxy)));
    let unresolvable = format!("http://{}.test", "x".repeat(64));
    for (client, issuer, stage) in [
        (direct.clone(), format!("https://{address}"), "TLS failed: "),
        (direct.clone(), format!("http://{closed}"), "no connection: "),
        (direct, unresolvable, "the name cannot be resolved: "),
        (proxied, "http://idp.test".to_owned(), "the proxy gave no connection: "),
    ] {
        let secret = SecretSource::Value(Secret::from(CLIENT_SECRET));
        let provider =
            build(Kind::OpenId(Settings::new(issuer, Registration::new("app", secret))), client, background()).unwrap();
        let unavailable = provider.ready_once().await.unwrap_err();
        assert!(unavailable.reason.contains(stage), "{unavailable}");
    }
    not_tls.abort();
}

#[tokio::test]
async fn discovery_follows_three_redirects_and_not_a_fourth() {
    let idp = Idp::start().await;
    idp.says(DISCOVERY, Reply::redirect(302, "/one".to_owned()));
    idp.says("/one", Reply::redirect(307, idp.url("/two")));
    idp.says("/two", Reply::redirect(301, idp.url("/three")));
    idp.says("/three", Reply::Json(idp.metadata()));
    OpenId.build(&idp, client(), background()).ready_once().await.unwrap();
    idp.says("/three", Reply::redirect(302, idp.url("/four")));
    let error = OpenId.build(&idp, client(), background()).ready_once().await.unwrap_err();
    assert!(error.reason.contains("redirect"), "{error}");
    assert_eq!(idp.count("/four"), 0);
}

#[tokio::test]
async fn the_last_good_metadata_serves_while_discovery_fails_but_not_for_ever() {
    let idp = Idp::start().await;
    let provider = built(&idp, |_| {}).await;
    idp.says(DISCOVERY, Reply::status(500));
    pass(Duration::from_mins(61)).await;
    idp.asked(DISCOVERY, 2).await;
    log_in(&idp, &provider, |_| {}).await.unwrap();
    pass(Duration::from_hours(24)).await;
    assert!(provider.status().is_err());
}

/// The endpoints of `idp` as a configuration names them.
pub(super) fn configured(idp: &Idp, keys: KeySource) -> Endpoints {
    Endpoints::Configured {
        authorization_endpoint: EndpointUrl::parse(&idp.url("/authorize")).unwrap(),
        token_endpoint: EndpointUrl::parse(&idp.url(TOKEN)).unwrap(),
        userinfo_endpoint: None,
        keys,
    }
}

#[tokio::test]
async fn endpoints_and_keys_may_come_from_the_configuration() {
    let idp = Idp::start().await;
    let remote = KeySource::Remote(EndpointUrl::parse(&idp.url(KEYS)).unwrap());
    let algorithms = vec![sidecar_oidc::algorithm::Algorithm::Es256];
    let provider = built(&idp, |settings| {
        settings.endpoints = configured(&idp, remote);
        settings.signing_algorithms.clone_from(&algorithms);
    })
    .await;
    assert!(provider.new_attempt().unwrap().code_verifier.is_none());
    log_in(&idp, &provider, |_| {}).await.unwrap();
    assert_eq!(idp.count(DISCOVERY), 0);

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key.pem");
    let from_file = |path| {
        build(
            Kind::OpenId(Settings { endpoints: configured(&idp, KeySource::PemFiles(vec![path])), ..settings(&idp) }),
            client(),
            background(),
        )
    };
    assert!(from_file(path.clone()).is_err());
    std::fs::write(&path, "no key").unwrap();
    assert!(from_file(path).is_err());
}

#[tokio::test]
async fn issuer_verification_can_be_switched_off() {
    let idp = Idp::start().await;
    let mut metadata = idp.metadata();
    metadata["issuer"] = json!("https://other.example");
    idp.says(DISCOVERY, Reply::Json(metadata));
    let provider = built(&idp, |settings| settings.issuer_check = IssuerCheck::InsecureSkipped).await;
    assert!(log_in(&idp, &provider, |claims| claims["iss"] = json!("https://third.example")).await.is_ok());
}
