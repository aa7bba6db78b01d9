//! Options of the provider, each by what it changes on the wire: whom TLS trusts, what proves who we are, whose tokens
//! count, and when the provider is asked again.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::json;
use sidecar_testkit::app::SOON;
use sidecar_testkit::process::eventually;
use sidecar_testkit::tenant::TENANT;
use sidecar_testkit::{App, Browser, Elsewhere, Front, Launch, Page, Provider, Reply, Signer, Tenant};

use crate::codes::assert_logged;
use crate::site::{PASSWORD, Site, get_with, has_session, parameter};

/// The provider's name behind TLS.
const TLS_HOST: &str = "idp.example.com";

/// The flags for the shared provider, whose token endpoint and keys are asked by TLS, with a certificate of the test's
/// own authority.
fn behind_tls(launch: Launch, elsewhere: &Elsewhere) -> Launch {
    let provider = Provider::shared();
    launch
        .provider(provider)
        .flag("--skip-oidc-discovery")
        .flag(&format!("--login-url={}/auth", provider.issuer()))
        .flag(&format!("--redeem-url=https://{TLS_HOST}/token"))
        .flag(&format!("--oidc-jwks-url=https://{TLS_HOST}/jwks"))
        .env("HTTPS_PROXY", &elsewhere.proxy())
}

fn provider_elsewhere() -> Elsewhere {
    let address = sidecar_testkit::place::loopback(Provider::shared().port());
    Elsewhere::with(&[(TLS_HOST, address)])
}

fn enter(site: &Site) -> (Browser, Page) {
    let mut browser = Browser::new();
    let page = site.sign_in(&mut browser, "alice", "/deep");
    (browser, page)
}

fn assert_enters(site: &Site) {
    let (_, page) = enter(site);
    assert_eq!((page.status(), page.url.path()), (200, "/deep"), "{page} {}", site.program.said());
}

/// The login ends because the certificate is not trusted, and the log says so.
fn assert_not_trusted(site: &Site) {
    let (browser, page) = enter(site);
    assert_eq!(page.status(), 503, "{page} {}", site.program.said());
    assert_eq!(page.response.headers.get("X-Auth-Request-Error"), Some("E-PROVIDER-DOWN"), "{page}");
    assert!(!has_session(&browser), "{page}");
    site.program.process().wait_for("TLS failed", SOON);
}

#[test]
fn a_provider_with_a_certificate_of_an_authority_that_nobody_named_is_not_trusted() {
    let elsewhere = provider_elsewhere();
    assert_not_trusted(&Site::set_up(|launch| behind_tls(launch, &elsewhere)));
}

#[test]
fn the_authorities_of_provider_ca_file_are_trusted_and_take_the_place_of_the_usual_ones() {
    let (elsewhere, another) = (provider_elsewhere(), provider_elsewhere());
    let flag = |authority: &Path| format!("--provider-ca-file={}", authority.display());
    assert_enters(&Site::set_up(|launch| behind_tls(launch, &elsewhere).flag(&flag(elsewhere.authority()))));
    let usual = elsewhere.authority().display().to_string();
    let launch = |launch| behind_tls(launch, &elsewhere).flag(&flag(another.authority())).env("SSL_CERT_FILE", &usual);
    assert_not_trusted(&Site::set_up(launch));
}

#[test]
fn with_use_system_trust_store_the_usual_authorities_are_trusted_beside_those_of_provider_ca_file() {
    let (elsewhere, another) = (provider_elsewhere(), provider_elsewhere());
    let usual = elsewhere.authority().display().to_string();
    let file = format!("--provider-ca-file={}", another.authority().display());
    let flags = [file.as_str(), "--use-system-trust-store"];
    assert_enters(&Site::set_up(|launch| behind_tls(launch, &elsewhere).flags(flags).env("SSL_CERT_FILE", &usual)));
}

#[test]
fn with_ssl_insecure_skip_verify_any_certificate_is_good_enough() {
    let elsewhere = provider_elsewhere();
    let site = Site::set_up(|launch| behind_tls(launch, &elsewhere).flag("--ssl-insecure-skip-verify"));
    assert_enters(&site);
    assert!(site.program.said().contains("ssl-insecure-skip-verify"), "it is told: {}", site.program.said());
}

#[test]
fn a_changed_provider_ca_file_counts_at_once() {
    let (elsewhere, another) = (provider_elsewhere(), provider_elsewhere());
    let mut file = None;
    let site = Site::set_up(|launch| {
        let pem = std::fs::read_to_string(another.authority()).expect("an authority");
        let path = file.insert(launch.write("ca.pem", &pem)).clone();
        behind_tls(launch, &elsewhere).flag(&format!("--provider-ca-file={}", path.display()))
    });
    assert_not_trusted(&site);
    std::fs::copy(elsewhere.authority(), file.expect("it was set up")).expect("written");
    site.program.process().wait_for("the configuration was read again and is in use", SOON);
    assert_enters(&site);
}

#[test]
fn a_client_secret_in_a_file_is_read_at_each_login() {
    let mut file = None;
    let site = Site::set_up(|launch| {
        let path = file.insert(launch.write("client-secret", "of yesterday")).clone();
        let flag = format!("--client-secret-file={}", path.display());
        launch.provider(Provider::shared()).without("--client-secret").flag(&flag)
    });
    let (browser, page) = enter(&site);
    assert_eq!(page.status(), 500, "{page} {}", site.program.said());
    assert_eq!(page.response.headers.get("X-Auth-Request-Error"), Some("E-LOGIN-EXCHANGE"), "{page}");
    assert!(!has_session(&browser), "{page}");
    std::fs::write(file.expect("it was set up"), Provider::shared().client_secret()).expect("written");
    assert_enters(&site);
    assert!(!site.program.said().contains("read again"), "nothing is made anew for it");
}

#[test]
fn the_validate_url_is_asked_with_each_renewed_access_token_and_its_no_ends_the_session() {
    let status = Arc::new(AtomicU16::new(200));
    let says = Arc::clone(&status);
    let judge = App::with(move |_| Reply::Text(says.load(Ordering::SeqCst), Vec::new(), String::new()));
    let flag = format!("--validate-url={}ask", judge.upstream());
    let site = Site::start(&[&flag, "--cookie-refresh=1s", "--pass-access-token"]);
    let mut browser = site.alice();
    assert_eq!(browser.open_once(&site.program.url("/first")).status(), 200);
    site.assert_renewed(&mut browser, "alice@example.com");
    let asked = judge.last();
    let bearer = format!("Bearer {}", site.told("X-Forwarded-Access-Token"));
    assert_eq!((asked.target.as_str(), asked.headers.get("Authorization")), ("/ask", Some(bearer.as_str())));

    status.store(401, Ordering::SeqCst);
    let ended = || (browser.open_once(&site.program.url("/again")).status() == 403).then_some(());
    eventually(SOON, ended, || site.program.said());
    assert!(!has_session(&browser), "the cookie is cleared");
    assert_logged(&site.program, "E-SESSION-INVALID");
}

/// A program whose provider is the tenant by its own address, with keys of the test's choice.
pub(crate) fn at_tenant(tenant: &Tenant, more: &[String]) -> Site {
    let base = format!("http://{}/{TENANT}", tenant.address());
    let flags = [
        "--provider=oidc".to_owned(),
        format!("--oidc-issuer-url=https://login.microsoftonline.com/{TENANT}/v2.0"),
        "--skip-oidc-discovery".to_owned(),
        format!("--login-url={base}/oauth2/v2.0/authorize"),
        format!("--redeem-url={base}/oauth2/v2.0/token"),
    ];
    Site::set_up(|launch| launch.flags(flags).flags(tenant.client().flags()).flags(more))
}

/// The flag that says where the tenant's own keys are.
pub(crate) fn keys_of(tenant: &Tenant) -> String {
    format!("--oidc-jwks-url=http://{}/{TENANT}/discovery/v2.0/keys", tenant.address())
}

/// Signs alice in, from a page of the app.
pub(crate) fn enter_at_tenant(site: &Site) -> Page {
    let mut browser = Browser::new();
    let page = browser.open(&site.program.url("/deep"));
    browser.choose(&page, "alice")
}

#[test]
fn id_tokens_are_checked_with_the_keys_of_oidc_public_key_file_and_no_others() {
    let (tenant, folder) = (Tenant::start(), sidecar_testkit::place::temporary_folder());
    let write = |name: &str, pem: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, pem).expect("written");
        format!("--oidc-public-key-file={}", path.display())
    };
    let stranger = write("stranger.pem", &Signer::new("stranger").public_key_pem());
    let page = enter_at_tenant(&at_tenant(&tenant, std::slice::from_ref(&stranger)));
    assert_eq!(page.status(), 500, "{page}");
    assert_eq!(page.response.headers.get("X-Auth-Request-Error"), Some("E-LOGIN-UNVERIFIED"), "{page}");
    let site = at_tenant(&tenant, &[stranger, write("tenant.pem", &tenant.public_key_pem())]);
    let page = enter_at_tenant(&site);
    assert_eq!((page.status(), page.url.path()), (200, "/deep"), "{page} {}", site.program.said());
    assert!(tenant.seen().iter().all(|seen| !seen.target.contains("discovery")), "nobody asked for keys");
}

#[test]
fn a_token_for_another_client_is_taken_when_oidc_extra_audience_names_it() {
    let tenant = Tenant::start();
    tenant.forge(|signer, mut claims| {
        claims["aud"] = json!("the-other-client");
        signer.sign(&claims)
    });
    let keys = keys_of(&tenant);
    let page = enter_at_tenant(&at_tenant(&tenant, std::slice::from_ref(&keys)));
    assert_eq!(page.status(), 403, "{page}");
    assert_eq!(page.response.headers.get("X-Auth-Request-Error"), Some("E-LOGIN-TOKEN"), "{page}");
    let site = at_tenant(&tenant, &[keys, "--oidc-extra-audience=the-other-client".to_owned()]);
    let page = enter_at_tenant(&site);
    assert_eq!(page.status(), 200, "{page} {}", site.program.said());
}

#[test]
fn azure_tenant_and_resource_are_in_the_addresses_and_requests_of_azure() {
    let tenant = Tenant::start();
    let elsewhere = tenant.elsewhere(tenant.address());
    let flags = || tenant.flags_as_azure().into_iter().filter(|flag| !flag.starts_with("--azure-tenant="));
    let path_asked = |more: &[&str]| {
        let site = Site::set_up(|launch| launch.flags(flags()).flags(more).through(&elsewhere));
        let location = site.program.get("/oauth2/start?rd=/").location().to_owned();
        (url::Url::parse(&location).expect("a URL").path().to_owned(), parameter(&location, "resource"))
    };
    assert_eq!(path_asked(&[]), ("/common/oauth2/authorize".to_owned(), None));
    let (mine, graph) = (format!("--azure-tenant={TENANT}"), "--resource=https://graph.microsoft.com");
    let asked = (format!("/{TENANT}/oauth2/authorize"), Some("https://graph.microsoft.com".to_owned()));
    assert_eq!(path_asked(&[&mine, graph]), asked);

    let site = Site::set_up(|launch| launch.flags(flags()).flags([&mine, graph]).through(&elsewhere));
    let mut browser = Browser::new().with_host("login.microsoftonline.com", tenant.address(), Front::Direct);
    let page = browser.open(&site.program.url("/deep"));
    let page = browser.choose(&page, "alice");
    assert_eq!(page.status(), 200, "{page} {}", site.program.said());
    let token =
        tenant.seen().into_iter().find(|seen| seen.target.ends_with("/oauth2/token")).expect("a token was asked");
    assert_eq!(token.target, format!("/{TENANT}/oauth2/token"));
}

#[test]
fn a_session_is_renewed_when_its_access_token_has_less_than_refresh_before_expiry_left() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    // The provider's access tokens live for two minutes.
    for (margin, renews) in [("10s", false), ("1h", true)] {
        let other = Site::start(&[&format!("--refresh-before-expiry={margin}")]);
        other.wait_for_the_provider();
        let answer = other.program.ask(&get_with(&cookie, "/"));
        let sets = answer.headers.all("Set-Cookie").count() > 0;
        assert_eq!((answer.status, sets), (200, renews), "{margin}: {}", other.program.said());
    }
}

#[test]
fn the_cookie_from_before_a_renewal_is_good_for_refresh_grace_and_no_longer() {
    for (grace, status) in [("30s", 200), ("0s", 403)] {
        let cookie = Site::start(&[]).alices_cookie();
        // Every session is due: access tokens live for two minutes.
        let site = Site::start(&["--refresh-before-expiry=1h", &format!("--refresh-grace={grace}")]);
        site.wait_for_the_provider();
        assert_eq!(site.program.ask(&get_with(&cookie, "/")).status, 200, "{}", site.program.said());
        // The provider takes a refresh token once.
        let late = site.program.ask(&get_with(&cookie, "/"));
        assert_eq!(late.status, status, "{grace}: {}", site.program.said());
        if status == 403 {
            assert_logged(&site.program, "E-SESSION-ENDED");
        }
    }
}

#[test]
fn with_the_session_store_type_cookie_a_session_is_in_the_cookie_and_nowhere_else() {
    let flag = "--session-store-type=cookie";
    let (site, other) = (Site::start(&[flag]), Site::start(&[flag]));
    let mut browser = Browser::new();
    let page = browser.sign_in_at(&site.program.url("/oauth2/start?rd=/"), "alice", PASSWORD);
    assert_eq!(page.status(), 200, "{page}");
    let cookie = browser.cookies_for(&site.program.url("/"));
    drop(site);
    assert_eq!(other.program.ask(&get_with(&cookie, "/")).status, 200, "a program that never heard of it opens it");
    assert_eq!(other.app.last().headers.get("X-Forwarded-Email"), Some("alice@example.com"));
}
