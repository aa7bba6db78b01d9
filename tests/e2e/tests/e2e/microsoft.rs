//! `entra-id` and `azure`: at the emulator of Microsoft, and at a tenant of our own for what it lacks.

use serde_json::{Value, json};
use sidecar_testkit::emulator::{Base, TENANT};
use sidecar_testkit::{App, Browser, Elsewhere, Emulator, Fault, Front, Page, Signer, Spoiler, Tenant, tenant};

use crate::site::{Site, has_session};

/// The names of Microsoft's servers.
const HOSTS: [&str; 2] = ["login.microsoftonline.com", "graph.microsoft.com"];

fn emulated(flags: &[&str]) -> (Emulator, Site) {
    let mut emulated = None;
    let site = Site::set_up(|launch| {
        let microsoft = emulated.insert(Emulator::microsoft(Base::Microsofts, &[&launch.callback()]));
        launch.flags(microsoft.flags()).flags(flags)
    });
    (emulated.expect("it was set up"), site)
}

fn enter(microsoft: &Emulator, site: &Site, user: &str) -> (Browser, Page) {
    let mut browser = Browser::new();
    let page = browser.open(&site.program.url("/deep?x=1"));
    let page = microsoft.log_in(&mut browser, &page, user);
    (browser, page)
}

fn assert_kept_out(browser: &Browser, page: &Page) {
    assert_eq!(page.status(), 403, "{page}");
    assert!(page.text().contains("Request ID"), "{page}");
    assert!(!has_session(browser));
}

#[test]
fn people_of_an_allowed_tenant_enter_and_those_of_another_do_not() {
    let (microsoft, site) = emulated(&[&format!("--entra-id-allowed-tenant={TENANT}")]);
    let (browser, page) = enter(&microsoft, &site, "mallory@outlook.com");
    assert_kept_out(&browser, &page);
    assert!(site.app.seen().is_empty());
    let (_, page) = enter(&microsoft, &site, "alice@example.com");
    assert_eq!((page.status(), page.url.as_str()), (200, site.program.url("/deep?x=1").as_str()), "{page}");
    assert_eq!(site.told("X-Forwarded-Email"), "alice@example.com");
}

#[test]
fn discovery_under_microsofts_own_name_is_enough() {
    // Tokens name the tenant of the person, and not the `common` that everybody may log in by.
    let any_issuer = ["--insecure-oidc-skip-issuer-verification"];
    for (tenant, flags, statuses) in [(TENANT, &[][..], [200, 500]), ("common", &any_issuer, [200, 200])] {
        let mut around = None;
        let site = Site::set_up(|launch| {
            let microsoft = Emulator::microsoft(Base::Microsofts, &[&launch.callback()]);
            let elsewhere = Elsewhere::with(&[(HOSTS[0], microsoft.address())]);
            let launch = launch.flags(microsoft.flags_by_discovery(tenant)).flags(flags).through(&elsewhere);
            around = Some((microsoft, elsewhere));
            launch
        });
        let (microsoft, _elsewhere) = around.expect("it was set up");
        for (user, status) in ["alice@example.com", "mallory@outlook.com"].into_iter().zip(statuses) {
            let mut browser = Browser::new().with_host(HOSTS[0], microsoft.address(), Front::Direct);
            let page = browser.open(&site.program.url("/deep?x=1"));
            let page = microsoft.log_in(&mut browser, &page, user);
            assert_eq!(page.status(), status, "{tenant} {user}: {page} {}", site.program.said());
        }
    }
}

#[test]
fn a_code_that_comes_by_form_is_as_good() {
    let (microsoft, site) = emulated(&["--auth-request-response-mode=form_post"]);
    let (browser, page) = enter(&microsoft, &site, "alice@example.com");
    assert_eq!((page.status(), page.url.as_str()), (200, site.program.url("/deep?x=1").as_str()), "{page}");
    let callback = browser.hops().iter().find(|hop| hop.url.path() == "/oauth2/callback").expect("a callback");
    assert_eq!((callback.method.as_str(), callback.url.query()), ("POST", None));
}

#[test]
fn a_session_is_renewed_with_a_new_id_token() {
    let (microsoft, site) = emulated(&["--cookie-refresh=1s", "--pass-access-token"]);
    let (mut browser, page) = enter(&microsoft, &site, "alice@example.com");
    assert_eq!(page.status(), 200, "{page}");
    for _ in 0..2 {
        site.assert_renewed(&mut browser, "alice@example.com");
    }
}

/// A program whose provider is the tenant, found under Microsoft's names.
struct AtTenant {
    tenant: Tenant,
    spoiler: Spoiler,
    site: Site,
    _elsewhere: Elsewhere,
}

impl AtTenant {
    fn start(flags: impl FnOnce(&Tenant) -> Vec<String>, more: &[&str]) -> Self {
        let tenant = Tenant::start();
        let spoiler = Spoiler::before(tenant.address());
        let elsewhere = tenant.elsewhere(spoiler.address());
        let site = Site::set_up(|launch| launch.flags(flags(&tenant)).flags(more).through(&elsewhere));
        Self { tenant, spoiler, site, _elsewhere: elsewhere }
    }

    fn enter(&self, user: &str) -> (Browser, Page) {
        let at_tenant = |browser: Browser, host| browser.with_host(host, self.tenant.address(), Front::Direct);
        let mut browser = HOSTS.into_iter().fold(Browser::new(), at_tenant);
        let page = browser.open(&self.site.program.url("/deep?x=1"));
        let page = browser.choose(&page, user);
        (browser, page)
    }

    fn assert_told(&self, user: &str, groups: &str) {
        let (_, page) = self.enter(user);
        assert_eq!(page.status(), 200, "{user}: {page} {}", self.site.program.said());
        let told = ["X-Forwarded-Email", "X-Forwarded-Groups"].map(|name| self.site.told(name));
        assert_eq!(told, [format!("{user}@example.com"), groups.to_owned()]);
    }
}

#[test]
fn azure_reads_addresses_from_tokens_and_else_from_graph() {
    let at = AtTenant::start(Tenant::flags_as_azure, &[]);
    at.assert_told("alice", "g-token");
    at.assert_told("bob", "");
    let asked = at.tenant.seen();
    assert!(asked.iter().any(|seen| seen.target == "/v1.0/me"), "bob's address is Graph's");
    assert!(asked.iter().all(|seen| !seen.target.contains("transitiveMemberOf")), "no groups in version 1");
}

#[test]
fn azure_at_version_2_adds_the_groups_of_graph_from_all_pages() {
    let at = AtTenant::start(Tenant::flags_as_azure_v2, &[]);
    at.assert_told("alice", "g-token,g-1,g-2,g-3,g-4,g-5");
    let first = at.tenant.seen().into_iter().find(|seen| seen.target.starts_with("/v1.0/me/transitiveMemberOf"));
    let first = first.expect("groups were asked for");
    assert_eq!(first.headers.get("ConsistencyLevel"), Some("eventual"));
    let at = AtTenant::start(Tenant::flags_as_azure_v2, &["--azure-graph-group-field=displayName"]);
    at.assert_told("carol", "Group g-3,Group g-6,Group g-7");
}

#[test]
fn entra_id_reads_groups_from_graph_when_a_token_cannot_hold_them() {
    let at = AtTenant::start(Tenant::flags_as_entra_id, &[]);
    at.assert_told("alice", "g-token");
    assert!(at.tenant.seen().iter().all(|seen| !seen.target.contains("transitiveMemberOf")), "the token has them");
    at.assert_told("carol", "g-3,g-6,g-7");
}

#[test]
fn an_allowed_group_may_be_one_that_only_graph_knows() {
    let at = AtTenant::start(Tenant::flags_as_entra_id, &["--allowed-group=g-7"]);
    assert_eq!(at.enter("carol").1.status(), 200);
    let (browser, page) = at.enter("alice");
    assert_kept_out(&browser, &page);
}

#[test]
fn a_pod_signs_people_in_with_the_token_of_its_service_account() {
    let tenant = Tenant::start();
    let elsewhere = tenant.elsewhere(tenant.address());
    let site = Site::set_up(|launch| {
        let file = launch.write("projected-token", tenant::ASSERTION);
        launch
            .flags(tenant.flags_as_entra_id())
            .without("--client-secret")
            .flag("--entra-id-federated-token-auth=true")
            .env("AZURE_FEDERATED_TOKEN_FILE", &file.display().to_string())
            .through(&elsewhere)
    });
    let mut browser = Browser::new().with_host(HOSTS[0], tenant.address(), Front::Direct);
    let page = browser.open(&site.program.url("/deep?x=1"));
    let page = browser.choose(&page, "alice");
    assert_eq!(page.status(), 200, "{page} {}", site.program.said());
    assert_eq!(site.told("X-Forwarded-Email"), "alice@example.com");
    let asked = tenant.seen().into_iter().find(|seen| seen.target.ends_with("/token")).expect("a code was redeemed");
    assert!(!asked.headers.has("Authorization"), "the assertion is all there is");
    assert!(!String::from_utf8_lossy(&asked.body).contains("client_secret"));
}

#[test]
fn no_fault_of_graph_signs_anybody_in_without_their_groups() {
    let at = AtTenant::start(Tenant::flags_as_entra_id, &[]);
    for fault in [
        Fault::HangUp,
        Fault::Status(503),
        Fault::HalfTheBody,
        Fault::CutOff,
        Fault::Text("text/html", "<h1>words-of-the-provider</h1>".to_owned()),
        // The link to the next page leads back to this one.
        Fault::Instead(json!({
            "value": [{ "id": "g-1" }],
            "@odata.nextLink": "https://graph.microsoft.com/v1.0/me/transitiveMemberOf",
        })),
    ] {
        at.spoiler.spoil("/v1.0/me/transitiveMemberOf", fault.clone());
        let (browser, page) = at.enter("carol");
        assert!((500..600).contains(&page.status()), "{fault:?}: {page}");
        assert!(!page.response.text().contains("words-of-the-provider"), "{fault:?}: {page}");
        assert!(!has_session(&browser), "{fault:?}");
    }
    assert!(at.site.app.seen().is_empty());
    at.spoiler.heal();
    at.assert_told("carol", "g-3,g-6,g-7");
}

#[test]
fn the_token_for_graph_goes_to_graph_alone() {
    let thief = App::start();
    let at = AtTenant::start(Tenant::flags_as_entra_id, &[]);
    let next = format!("{}v1.0/me/transitiveMemberOf", thief.upstream());
    let page = json!({ "value": [{ "id": "g-1" }], "@odata.nextLink": next });
    at.spoiler.spoil("/v1.0/me/transitiveMemberOf", Fault::Instead(page));
    let (browser, page) = at.enter("carol");
    assert!((500..600).contains(&page.status()), "{page}");
    assert!(!has_session(&browser));
    assert!(thief.seen().is_empty(), "another host was asked with the token");
}

/// An issuer that is another tenant.
const STRANGER: &str = "https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000/v2.0";

/// The header of a token without a signature: `{"alg":"none"}`.
const NONE: &str = "eyJhbGciOiJub25lIn0";

/// What makes a token of the right claims.
type Forge = fn(&Signer, Value) -> String;

/// These claims with one that is not as it should be.
fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

/// A token with its signature and perhaps its head taken away.
fn unsigned(token: &str, head: Option<&str>) -> String {
    let parts: Vec<_> = token.split('.').collect();
    format!("{}.{}.", head.unwrap_or(parts[0]), parts[1])
}

#[test]
fn a_token_that_the_tenant_did_not_make_for_this_login_signs_nobody_in() {
    let at = AtTenant::start(Tenant::flags_as_entra_id, &[]);
    at.assert_told("alice", "g-token");
    at.site.app.forget();
    let forgeries: [(&str, Forge); 11] = [
        ("another key of the same name", |signer, claims| Signer::new(signer.kid()).sign(&claims)),
        ("an unknown key", |_, claims| Signer::new("unknown").sign(&claims)),
        ("no signature", |signer, claims| unsigned(&signer.sign(&claims), None)),
        ("the algorithm none", |signer, claims| unsigned(&signer.sign(&claims), Some(NONE))),
        ("another issuer", |signer, claims| signer.sign(&with(claims, "iss", json!(STRANGER)))),
        ("another audience", |signer, claims| signer.sign(&with(claims, "aud", json!("another-client")))),
        ("no audience", |signer, claims| signer.sign(&with(claims, "aud", json!([])))),
        ("another login", |signer, claims| signer.sign(&with(claims, "nonce", json!("of another login")))),
        ("expired", |signer, claims| signer.sign(&with(claims, "exp", json!(1_700_000_001)))),
        ("wrong types", |signer, claims| signer.sign(&with(claims, "exp", json!("never")))),
        ("no token", |_, _| String::new()),
    ];
    for (what, forge) in forgeries {
        at.tenant.forge(forge);
        let (browser, page) = at.enter("alice");
        assert!(page.status() == 403 || (500..600).contains(&page.status()), "{what}: {page}");
        assert!(!has_session(&browser), "{what}");
    }
    assert!(at.site.app.seen().is_empty());
}

#[test]
fn a_key_that_the_tenant_changed_is_found() {
    let at = AtTenant::start(Tenant::flags_as_entra_id, &[]);
    at.assert_told("alice", "g-token");
    let next = Signer::new("next-key");
    at.spoiler.spoil(&format!("/{}/discovery/v2.0/keys", tenant::TENANT), Fault::Instead(next.jwks()));
    at.tenant.forge(move |_, claims| next.sign(&claims));
    at.assert_told("alice", "g-token");
}
