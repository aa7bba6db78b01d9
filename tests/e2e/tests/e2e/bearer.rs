//! Tokens that requests bring: of oidc-provider and Keycloak, of issuers beside them, and what an attacker makes of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sidecar_testkit::app::SOON;
use sidecar_testkit::process::eventually;
use sidecar_testkit::token::{with_the_key, without_the_key};
use sidecar_testkit::{App, Launch, Mutation, Program, Provider, Reply, Request, Signer, Tokens, Which, place};

use crate::site::{PASSWORD, Site};

const ON: &str = "--skip-jwt-bearer-tokens=true";
const OR_NOTHING: &str = "--bearer-token-login-fallback=false";

fn alice() -> Tokens {
    Provider::shared().tokens("alice", PASSWORD)
}

fn bringing(target: &str, authorization: &str) -> Request {
    Request::get(target).header("Authorization", authorization)
}

fn bearer(target: &str, token: &str) -> Request {
    bringing(target, &format!("Bearer {token}"))
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

fn now() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "a token of the test's own has the time of day in it")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

/// An issuer that is nothing but its keys: metadata without any endpoint, as those of Kubernetes and of build servers.
struct Issuer {
    signer: Arc<Signer>,
    app: App,
    /// Whether it has metadata, or a key set at the usual place alone.
    has_metadata: Arc<AtomicBool>,
}

impl Issuer {
    fn start() -> Self {
        let signer = Arc::new(Signer::new("k1"));
        let has_metadata = Arc::new(AtomicBool::new(true));
        let (keys, metadata) = (Arc::clone(&signer), Arc::clone(&has_metadata));
        let app = App::with(move |seen| {
            let json =
                |body: Value| Reply::Text(200, vec![("Content-Type", "application/json".to_owned())], body.to_string());
            let issuer = format!("http://{}", seen.headers.get("Host").unwrap_or_default());
            match (seen.target.as_str(), metadata.load(Ordering::SeqCst)) {
                ("/.well-known/openid-configuration", true) => json(json!({
                    "issuer": issuer,
                    "jwks_uri": format!("{issuer}/keys"),
                    "id_token_signing_alg_values_supported": ["RS256"],
                })),
                ("/keys", true) | ("/.well-known/jwks.json", false) => json(keys.jwks()),
                _ => Reply::Text(404, Vec::new(), String::new()),
            }
        });
        Self { signer, app, has_metadata }
    }

    fn name(&self) -> String {
        self.app.upstream().trim_end_matches('/').to_owned()
    }

    /// Claims that pass for the audience `api`.
    fn claims(&self) -> Value {
        json!({"iss": self.name(), "aud": "api", "sub": "robot-7", "iat": now(), "exp": now() + 600})
    }

    fn token(&self, more: &Value) -> String {
        let mut claims = self.claims();
        claims.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        self.signer.sign(&claims)
    }

    fn flag(&self) -> String {
        format!("--extra-jwt-issuers={}=api", self.name())
    }

    fn fetches_of_keys(&self) -> usize {
        self.app.seen().iter().filter(|seen| seen.target == "/keys" || seen.target.ends_with("jwks.json")).count()
    }
}

#[test]
fn a_token_of_the_provider_is_a_session_and_nothing_is_stored() {
    let site = Site::start(&[ON, "--pass-access-token=true", "--pass-authorization-header=true"]);
    let token = alice().id_token;
    for authorization in [
        format!("Bearer {token}"),
        basic(&token, ""),
        basic(&token, "x-oauth-basic"),
        basic("anybody", &token),
        basic("", &token),
    ] {
        site.app.forget();
        let answer = site.program.ask(&bringing("/page", &authorization));
        assert_eq!(answer.status, 200, "{authorization:.40}");
        assert!(!answer.headers.has("Set-Cookie"));
        for (header, value) in [
            ("X-Forwarded-User", "alice"),
            ("X-Forwarded-Email", "alice@example.com"),
            ("X-Forwarded-Groups", "admins,devs"),
            ("X-Forwarded-Preferred-Username", "alice"),
            ("X-Forwarded-Access-Token", &token),
            ("Authorization", &format!("Bearer {token}")),
        ] {
            assert_eq!(site.told(header), value, "{header}");
        }
    }
    assert_eq!(site.program.ask(&bearer("/oauth2/auth", &token)).status, 202);
    let info = site.program.ask(&bearer("/oauth2/userinfo", &token)).json();
    assert_eq!((info["user"].as_str(), info["email"].as_str()), (Some("alice"), Some("alice@example.com")));
    site.program.process().wait_for("alice@example.com", SOON);
    let said = site.program.said();
    assert!(!said.contains(&token[..20]), "no token is written down");
}

#[test]
fn keycloaks_tokens_tell_groups_and_roles() {
    let app = App::start();
    let provider = Provider::keycloak();
    let launch = Launch::oidc(Which::Ours, provider, &app.upstream()).without("--provider");
    let program = launch.flags(["--provider=keycloak-oidc", ON, "--oidc-extra-audience=account"]).start();
    let Tokens { id_token, access_token } = provider.tokens("alice", "alice-pw");
    let told = |token: &str| {
        app.forget();
        assert_eq!(program.ask(&bearer("/page", token)).status, 200, "{}", program.said());
        app.last().headers.get("X-Forwarded-Groups").unwrap_or_default().to_owned()
    };
    let groups = told(&id_token);
    assert!(groups.contains("/admins") && groups.contains("/devs/backend"), "{groups}");
    let groups = told(&access_token);
    assert!(groups.contains("role:sidecar:editor"), "the access token has the roles: {groups}");
}

#[test]
fn with_the_fallback_off_every_authorization_but_a_good_token_is_403() {
    let site = Site::start(&[ON, OR_NOTHING, "--skip-auth-route=^/open"]);
    let token = alice().id_token;
    let cookie = site.alices_cookie();
    let spoiled = format!("{}x", &token[..token.len() - 1]);
    for authorization in [
        format!("Bearer {spoiled}"),
        format!("bearer {token}"),
        format!("Bearer  {token}"),
        "Bearer opaque".to_owned(),
        "Digest username=\"alice\"".to_owned(),
        basic("alice", "password"),
        basic(&token, "password"),
        "x".to_owned(),
    ] {
        for target in ["/page", "/open/page", "/oauth2/auth", "/oauth2/userinfo", "/oauth2/sign_out"] {
            for request in [bringing(target, &authorization), bringing(target, &authorization).cookie(&cookie)] {
                let answer = site.program.ask(&request);
                assert_eq!(
                    (answer.status, answer.text().as_str()),
                    (403, "Forbidden\n"),
                    "{target} {authorization:.40}"
                );
                assert!(!answer.headers.has("Set-Cookie"));
                assert_eq!(answer.headers.get("X-Auth-Request-Error"), Some("E-ACCESS-TOKEN"));
            }
        }
    }
    assert!(site.app.seen().is_empty());
    for (request, status) in [
        (Request::get("/page"), 403),
        (Request::get("/page").cookie(&cookie), 200),
        (Request::get("/open/page"), 200),
        (bearer("/page", &token), 200),
        (bringing("/page", ""), 403),
        (bringing("/page", "").cookie(&cookie), 200),
        (bringing("/oauth2/sign_in", "Digest x"), 200),
        (bringing("/ping", "Digest x"), 200),
    ] {
        let answer = site.program.ask(&request);
        assert_eq!(answer.status, status);
        assert_ne!(answer.text(), "Forbidden\n", "a page, not a refusal");
    }
}

#[test]
fn a_token_wins_over_the_cookie_and_one_that_fails_lets_the_cookie_try() {
    let site = Site::start(&[ON]);
    let cookie = site.alices_cookie();
    let carol = Provider::shared().tokens("carol", PASSWORD).id_token;
    assert_eq!(site.program.ask(&bearer("/page", &carol).cookie(&cookie)).status, 200);
    assert_eq!(site.told("X-Forwarded-Email"), "carol@other.test");
    assert_eq!(site.told("X-Forwarded-Groups"), "", "nothing of alice's");
    let spoiled = format!("{}x", &carol[..carol.len() - 1]);
    assert_eq!(site.program.ask(&bearer("/page", &spoiled).cookie(&cookie)).status, 200);
    assert_eq!(site.told("X-Forwarded-Email"), "alice@example.com");
    assert_eq!(site.program.ask(&bearer("/page", &spoiled)).status, 403);
    let twice = bearer("/page", &carol).header("Authorization", &format!("Bearer {carol}"));
    assert_eq!(site.program.ask(&twice).status, 400, "D44");
    let in_query = Request::get(&format!("/page?access_token={carol}&id_token={carol}&token={carol}&jwt={carol}"));
    assert_eq!(site.program.ask(&in_query).status, 403);
    let off = Site::start(&[]);
    assert_eq!(off.program.ask(&bearer("/page", &carol)).status, 403, "nobody asked for tokens");
}

#[test]
fn the_rules_hold_for_tokens_too() {
    let token = alice().id_token;
    let bob = Provider::shared().tokens("bob", PASSWORD).id_token;
    for (flags, target, status) in [
        (vec!["--allowed-group=devs"], "/page", 200),
        (vec!["--allowed-group=others"], "/page", 403),
        (vec![], "/page?allowed_groups=admins", 200),
        (vec![], "/page?allowed_groups=others", 403),
        (vec![], "/page?allowed_emails=root@example.com", 403),
        (vec![], "/oauth2/auth?allowed_email_domains=other.test", 403),
    ] {
        let site = Site::start(&[&[ON], flags.as_slice()].concat());
        assert_eq!(site.program.ask(&bearer(target, &token)).status, status, "{flags:?} {target}");
        assert_eq!(site.program.ask(&bearer("/page", &bob)).status, 403, "his address is not verified");
    }
    let app = App::start();
    let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream()).without("--email-domain");
    let program = launch.flags([ON, "--email-domain=other.test"]).start();
    assert_eq!(program.ask(&bearer("/page", &token)).status, 403);
    assert_eq!(program.ask(&bearer("/oauth2/auth", &token)).status, 401);
    program.process().wait_for("Invalid authorization via session (invalid email)", SOON);
    assert!(app.seen().is_empty());
}

#[test]
fn issuers_beside_the_provider_count_each_with_its_own_audience_and_keys() {
    let (first, second) = (Issuer::start(), Issuer::start());
    let nobody = format!("--extra-jwt-issuers=http://127.0.0.1:{}=api", place::free_port());
    let flags = [ON, OR_NOTHING, &nobody, &first.flag(), &second.flag(), "--oidc-groups-claim=realm.roles"];
    let site = Site::start(&flags);
    for issuer in [&first, &second] {
        site.app.forget();
        let token = issuer.token(&json!({"realm.roles": ["a", "b"], "realm": {"roles": ["no"]}, "azp": "another"}));
        let answer = site.program.ask(&bearer("/page", &token));
        assert_eq!(answer.status, 200, "{}", site.program.said());
        let told = [site.told("X-Forwarded-User"), site.told("X-Forwarded-Email"), site.told("X-Forwarded-Groups")];
        assert_eq!(told, ["robot-7", "robot-7", "a,b"]);
    }
    site.app.forget();
    // The keys and the audience of one say nothing for another.
    let crossed = second.signer.sign(&first.claims());
    let for_the_provider = first.token(&json!({"aud": "sidecar"}));
    let mut claims = first.claims();
    claims["iss"] = json!(Provider::shared().issuer());
    claims["aud"] = json!("sidecar");
    let as_the_provider = first.signer.sign(&claims);
    let (head, _) =
        first.token(&json!({})).rsplit_once('.').map(|(head, tail)| (head.to_owned(), tail.to_owned())).expect("parts");
    let other_signature = second.token(&json!({}));
    let swapped = format!("{head}.{}", other_signature.rsplit('.').next().unwrap_or_default());
    for token in [crossed, for_the_provider, as_the_provider, swapped] {
        assert_eq!(site.program.ask(&bearer("/page", &token)).status, 403);
    }
    assert!(site.app.seen().is_empty());
}

#[test]
fn an_issuer_without_metadata_has_its_keys_at_the_usual_place() {
    let issuer = Issuer::start();
    issuer.has_metadata.store(false, Ordering::SeqCst);
    let app = App::start();
    let flags = ["--provider=github", "--client-id=x", "--client-secret=y", ON, OR_NOTHING];
    let program = Launch::before(Which::Ours, &app.upstream()).flags(flags).flag(&issuer.flag()).start();
    let answer = program.ask(&bearer("/page", &issuer.token(&json!({"email": "robot@example.com"}))));
    assert_eq!(answer.status, 200, "{}", program.said());
    assert_eq!(app.last().headers.get("X-Forwarded-Email"), Some("robot@example.com"));
    let of_the_provider = alice().id_token;
    assert_eq!(program.ask(&bearer("/page", &of_the_provider)).status, 403, "GitHub has no tokens to verify");
}

#[test]
fn an_issuer_that_is_away_is_told_from_a_token_that_is_bad() {
    let port = place::free_port();
    let site = Site::start(&[ON, OR_NOTHING, &format!("--extra-jwt-issuers=http://127.0.0.1:{port}=api")]);
    let signer = Signer::new("k1");
    let claims =
        json!({"iss": format!("http://127.0.0.1:{port}"), "aud": "api", "sub": "x", "iat": now(), "exp": now() + 600});
    let answer = site.program.ask(&bearer("/page", &signer.sign(&claims)));
    assert_eq!((answer.status, answer.headers.has("Retry-After")), (503, true), "{}", site.program.said());
    let mut other = claims;
    other["aud"] = json!("another");
    assert_eq!(site.program.ask(&bearer("/page", &signer.sign(&other))).status, 403, "whoever signed it");
    let token = alice().id_token;
    assert_eq!(site.program.ask(&bearer("/page", &token)).status, 200, "the provider's own are not held up");
}

/// Every way to bring each token, none of which may come through; returns how many were sent.
fn all_refused(program: &Program, app: &App, mutations: &[Mutation]) -> usize {
    app.forget();
    let mut connection = program.connect();
    let mut sent = 0;
    for Mutation { name, token } in mutations {
        for authorization in [format!("Bearer {token}"), basic(token, ""), basic("x", token)] {
            let answer =
                connection.exchange(&bringing("/page", &authorization)).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(answer.status, 403, "{name}: {token:.300}");
            sent += 1;
        }
    }
    assert!(app.seen().is_empty(), "none reached the app");
    sent
}

#[test]
fn no_token_of_the_provider_that_is_changed_in_one_thing_is_taken() {
    let site = Site::start(&[ON, OR_NOTHING]);
    let good = alice().id_token;
    assert_eq!(site.program.ask(&bearer("/page", &good)).status, 200);
    let words = ["", "sidecar", "s3cret/+ %", "secret"];
    let mutations = without_the_key(&good, &Provider::shared().jwks(), &words);
    let sent = all_refused(&site.program, &site.app, &mutations);
    println!("tokens: {} changes of a real token, {sent} requests, all refused", mutations.len());
    assert!(mutations.len() > 150, "{}", mutations.len());
    assert_eq!(site.program.ask(&bearer("/page", &good)).status, 200, "the good one still passes");
}

#[test]
fn no_token_of_keycloak_that_is_changed_in_one_thing_is_taken() {
    let provider = Provider::keycloak();
    let app = App::start();
    let program = Launch::oidc(Which::Ours, provider, &app.upstream()).flags([ON, OR_NOTHING]).start();
    let good = provider.tokens("alice", "alice-pw").id_token;
    assert_eq!(program.ask(&bearer("/page", &good)).status, 200, "{}", program.said());
    let mutations = without_the_key(&good, &provider.jwks(), &["sidecar", "sidecar-secret"]);
    let sent = all_refused(&program, &app, &mutations);
    println!("tokens: {} changes of Keycloak's token, {sent} requests, all refused", mutations.len());
}

#[test]
fn no_token_that_an_issuer_signs_and_that_is_wrong_in_one_thing_is_taken() {
    let issuer = Issuer::start();
    let site = Site::start(&[ON, OR_NOTHING, &issuer.flag()]);
    let good = issuer.claims();
    assert_eq!(site.program.ask(&bearer("/page", &issuer.signer.sign(&good))).status, 200, "{}", site.program.said());
    let mut mutations = with_the_key(&issuer.signer, &good);
    mutations.extend(without_the_key(&issuer.signer.sign(&good), &issuer.signer.jwks(), &["api"]));
    let sent = all_refused(&site.program, &site.app, &mutations);
    println!(
        "tokens: {} wrong tokens of an issuer's own key and around it, {sent} requests, all refused",
        mutations.len()
    );
    assert!(issuer.fetches_of_keys() <= 3, "{} fetches of keys", issuer.fetches_of_keys());
}

#[test]
fn a_flood_of_unknown_keys_is_one_fetch_and_holds_no_good_token_up() {
    let issuer = Issuer::start();
    let site = Site::start(&[ON, OR_NOTHING, &issuer.flag()]);
    let good = issuer.token(&json!({}));
    assert_eq!(site.program.ask(&bearer("/page", &good)).status, 200, "{}", site.program.said());
    let before = issuer.fetches_of_keys();
    let claims = issuer.claims().to_string();
    let attacker = Signer::new("attacker");
    let one = attacker.sign_text("{\"alg\":\"RS256\",\"kid\":\"0\"}", &claims);
    let signature = one.rsplit('.').next().expect("a signature").to_owned();
    let start = std::time::Instant::now();
    let mut connection = site.program.connect();
    let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let mut sent = 0;
    while sent < 2_000 && start.elapsed() < Duration::from_secs(8) {
        let header = encode(&format!("{{\"alg\":\"RS256\",\"kid\":\"{sent}\"}}"));
        let token = format!("{header}.{}.{signature}", encode(&claims));
        assert_eq!(connection.exchange(&bearer("/page", &token)).expect("an answer").status, 403);
        if sent % 100 == 0 {
            assert_eq!(connection.exchange(&bearer("/page", &good)).expect("an answer").status, 200);
        }
        sent += 1;
    }
    let fetches = issuer.fetches_of_keys() - before;
    println!("tokens: {sent} unknown keys in {:?} made {fetches} fetches", start.elapsed());
    assert!(fetches <= 1 && sent > 100, "{fetches} fetches for {sent} tokens");
    for long in [".".repeat(40_000), format!("ey{}", "e".repeat(40_000)), format!("ey.{}.ey", "ey.".repeat(10_000))] {
        assert_eq!(site.program.ask(&bearer("/page", &long)).status, 403);
        assert_eq!(site.program.ask(&bringing("/page", &basic(&long, ""))).status, 403);
    }
}

#[test]
fn a_token_ends_with_its_time() {
    let issuer = Issuer::start();
    let site = Site::start(&[ON, OR_NOTHING, &issuer.flag()]);
    let short = issuer.token(&json!({"exp": now() + 2}));
    assert_eq!(site.program.ask(&bearer("/page", &short)).status, 200, "{}", site.program.said());
    eventually(
        SOON,
        || (site.program.ask(&bearer("/page", &short)).status == 403).then_some(()),
        || site.program.said(),
    );
}
