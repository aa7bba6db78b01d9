//! The demo's provider before a relying party that nobody here wrote: oauth2-proxy.

use sidecar_demo::provider::{Client, Provider, Settings, SigningAlgorithm};
use sidecar_testkit::{Browser, Launch, Which};

fn signs_in(signing: SigningAlgorithm) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let settings = Settings { signing, ..Settings::default() };
    let provider = runtime.block_on(Provider::start(settings)).expect("a provider");
    let launch = Launch::new(Which::Original);
    let callback = format!("{}/oauth2/callback", launch.url());
    provider.register(Client { id: "app".into(), secret: "a secret".into(), redirect_uris: vec![callback.clone()] });
    let program = launch
        .flag(&format!("--oidc-issuer-url={}", provider.issuer()))
        .flag(&format!("--redirect-url={callback}"))
        .flags(["--provider=oidc", "--client-id=app", "--client-secret=a secret", "--code-challenge-method=S256"])
        .flags(["--insecure-oidc-skip-nonce=false", "--cookie-secure=false"])
        .flags(["--upstream=static://200", "--email-domain=*", "--cookie-secret=0123456789abcdef0123456789abcdef"])
        .start();
    let mut browser = Browser::new();
    let page = browser.sign_in_at(&program.url("/oauth2/start?rd=%2Foauth2%2Fuserinfo"), "alice", "");
    assert_eq!(page.status(), 200, "{page}");
    let identity = page.json();
    assert_eq!((&identity["user"], &identity["email"]), (&"user-alice".into(), &"alice@example.com".into()));
    assert_eq!(identity["groups"], serde_json::json!(["staff", "admins"]));
}

#[test]
fn the_original_accepts_what_the_provider_signs_with_rsa() {
    signs_in(SigningAlgorithm::Rs256);
}

#[test]
fn the_original_accepts_what_the_provider_signs_with_an_elliptic_curve() {
    signs_in(SigningAlgorithm::Es256);
}
