//! The provider as a client and a browser see it, over real sockets.
#![expect(clippy::unwrap_used, reason = "a step of a test that fails panics")]

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use sidecar_demo::provider::{Client, Endpoint, Fault, Interaction, Provider, Settings};
use sidecar_testkit::{Browser, Page, Request, Response, http};
use tokio::runtime::Runtime;
use url::Url;
use url::form_urlencoded::Serializer;

const VERIFIER: &str = "a-code-verifier-of-more-than-forty-three-characters";
/// Nobody listens there: the browser of these tests stops at the redirect.
const CALLBACK: &str = "http://127.0.0.1:9/oauth2/callback";

/// A provider with one client, and the runtime it lives in.
struct World {
    provider: Provider,
    runtime: Runtime,
}

impl World {
    fn new(interaction: Interaction) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let settings = Settings { interaction, ..Settings::default() };
        let provider = runtime.block_on(Provider::start(settings)).unwrap();
        let redirect_uris = vec![CALLBACK.to_owned()];
        provider.register(Client { id: "app".to_owned(), secret: "s3cr+t".to_owned(), redirect_uris });
        Self { provider, runtime }
    }

    fn without_pages() -> Self {
        Self::new(Interaction::SignsIn("alice".to_owned()))
    }

    /// An authorization request, with these parameters in place of the usual ones.
    fn authorization(&self, instead: &[(&str, &str)]) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()));
        let usual = [
            ("response_type", "code"),
            ("client_id", "app"),
            ("redirect_uri", CALLBACK),
            ("scope", "openid email profile"),
            ("state", "st&te"),
            ("nonce", "n0nce"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let value = |name: &str| instead.iter().find(|(other, _)| *other == name).map(|(_, value)| *value);
        let mut query = Serializer::new(String::new());
        for (name, default) in usual {
            query.append_pair(name, value(name).unwrap_or(default));
        }
        format!("{}/authorize?{}", self.provider.issuer(), query.finish())
    }

    /// Where an authorization request without pages leads.
    fn answer(&self, instead: &[(&str, &str)]) -> Url {
        sent_back(&Browser::new().open_once(&self.authorization(instead)).response)
    }

    fn code(&self) -> String {
        parameter(&self.answer(&[]), "code").unwrap()
    }

    /// A token request with the credentials in the Authorization line.
    fn token(&self, pairs: &[(&str, &str)]) -> Response {
        let basic = format!("Basic {}", STANDARD.encode("app:s3cr%2Bt"));
        self.post_token(Some(&basic), pairs)
    }

    fn post_token(&self, authorization: Option<&str>, pairs: &[(&str, &str)]) -> Response {
        let form = Serializer::new(String::new()).extend_pairs(pairs).finish();
        let mut request = Request::new("POST", "/token")
            .header("Host", "provider")
            .header("Content-Type", "application/x-www-form-urlencoded");
        if let Some(authorization) = authorization {
            request = request.header("Authorization", authorization);
        }
        http::ask(self.provider.address(), &request.body(form.into_bytes()))
    }

    fn redeem(&self, code: &str) -> Response {
        self.token(&with_code(code, VERIFIER))
    }

    fn refresh(&self, token: &str) -> Response {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    fn userinfo(&self, access_token: &str) -> Response {
        let authorization = format!("Bearer {access_token}");
        let request =
            Request::new("GET", "/userinfo").header("Host", "provider").header("Authorization", &authorization);
        http::ask(self.provider.address(), &request)
    }

    fn get_json(&self, path: &str) -> Value {
        http::ask(self.provider.address(), &Request::new("GET", path).header("Host", "provider")).json()
    }
}

fn with_code<'a>(code: &'a str, verifier: &'a str) -> [(&'a str, &'a str); 4] {
    [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", verifier)]
}

fn sent_back(response: &Response) -> Url {
    assert_eq!(response.status, 303, "{}", response.text());
    let target = Url::parse(response.location()).unwrap();
    assert!(target.as_str().starts_with(CALLBACK), "{target}");
    target
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// The claims of a token whose signature the JWKS verifies.
fn verified_claims(world: &World, token: &str) -> Option<Value> {
    let (message, signature) = token.rsplit_once('.')?;
    let key = world.get_json("/jwks")["keys"][0].clone();
    let number = |name: &str| URL_SAFE_NO_PAD.decode(text(&key[name])).unwrap();
    let key = RsaPublicKeyComponents { n: number("n"), e: number("e") };
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    key.verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature).ok()?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(message.split_once('.')?.1).ok()?).ok()
}

/// Presses the button of the page's form that has this value.
fn press(browser: &mut Browser, page: &Page, value: &str) -> Response {
    let form = page.forms().into_iter().next().unwrap();
    let button = form.buttons.iter().find(|button| button.value == value).unwrap();
    let pairs = form.fields.iter().chain([button]).map(|field| (&field.name, &field.value));
    let body = Serializer::new(String::new()).extend_pairs(pairs).finish();
    let host = page.url.socket_addrs(|| None).unwrap()[0];
    let mut request = Request::new("POST", &form.action)
        .header("Host", &host.to_string())
        .header("Content-Type", "application/x-www-form-urlencoded");
    if let Some(cookies) = browser.jar.header(&page.url) {
        request = request.cookie(&cookies);
    }
    let response = http::ask(host, &request.body(body.into_bytes()));
    for line in response.headers.all("Set-Cookie") {
        browser.jar.set(&page.url, line);
    }
    response
}

#[test]
fn a_person_chooses_an_account_and_allows_and_the_client_gets_a_code() {
    let world = World::new(Interaction::Pages);
    let mut browser = Browser::new();
    let login = browser.open(&world.authorization(&[]));
    assert!(login.text().contains("Alice Example") && login.text().contains("Bob Example"));
    let consent = press(&mut browser, &login, "bob");
    let consent = browser.open(&format!("{}{}", world.provider.issuer(), consent.location()));
    assert!(consent.text().contains("bob@example.com"), "{consent}");
    let back = sent_back(&press(&mut browser, &consent, "allow"));
    assert_eq!(parameter(&back, "state").as_deref(), Some("st&te"));
    assert_eq!(parameter(&back, "iss").as_deref(), Some(world.provider.issuer()));
    let tokens = world.redeem(&parameter(&back, "code").unwrap()).json();
    let claims = verified_claims(&world, &text(&tokens["id_token"])).unwrap();
    assert_eq!((text(&claims["sub"]), text(&claims["nonce"])), ("user-bob".to_owned(), "n0nce".to_owned()));
    assert_eq!(text(&world.userinfo(&text(&tokens["access_token"])).json()["email"]), "bob@example.com");
}

#[test]
fn a_person_who_denies_sends_an_error_back() {
    let world = World::new(Interaction::Pages);
    let mut browser = Browser::new();
    let login = browser.open(&world.authorization(&[]));
    let consent = press(&mut browser, &login, "alice");
    let consent = browser.open(&format!("{}{}", world.provider.issuer(), consent.location()));
    let back = sent_back(&press(&mut browser, &consent, "deny"));
    assert_eq!(parameter(&back, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&back, "code"), None);
}

#[test]
fn who_is_signed_in_is_asked_for_consent_alone_until_the_session_ends() {
    let world = World::new(Interaction::Pages);
    let mut browser = Browser::new();
    let login = browser.open(&world.authorization(&[]));
    press(&mut browser, &login, "alice");
    assert!(browser.open(&world.authorization(&[])).text().contains("You are Alice Example"));
    let ended = browser.open(&format!("{}/end_session", world.provider.issuer()));
    assert!(ended.text().contains("signed out"));
    assert!(browser.open(&world.authorization(&[])).text().contains("Who are you?"));
}

#[test]
fn requests_that_cannot_be_trusted_are_never_answered_by_a_redirect() {
    let world = World::without_pages();
    for instead in [("client_id", "nobody"), ("redirect_uri", "http://127.0.0.1:9/elsewhere"), ("redirect_uri", "")] {
        let page = Browser::new().open_once(&world.authorization(&[instead]));
        assert_eq!((page.status(), page.response.location()), (400, ""), "{instead:?}");
    }
    let twice = format!("{}&state=2", world.authorization(&[]));
    assert_eq!(Browser::new().open_once(&twice).status(), 400);
}

#[test]
fn an_unsound_request_comes_back_as_an_error_with_its_state() {
    let world = World::without_pages();
    for (instead, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("scope", "email"), "invalid_scope"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
    ] {
        let back = world.answer(&[instead]);
        assert_eq!(parameter(&back, "error").as_deref(), Some(error), "{instead:?}");
        assert_eq!(parameter(&back, "state").as_deref(), Some("st&te"));
    }
}

#[test]
fn a_code_works_once_and_a_second_try_ends_what_the_first_got() {
    let world = World::without_pages();
    let code = world.code();
    let tokens = world.redeem(&code).json();
    assert_eq!(world.userinfo(&text(&tokens["access_token"])).status, 200);
    assert_eq!(text(&world.redeem(&code).json()["error"]), "invalid_grant");
    assert_eq!(world.userinfo(&text(&tokens["access_token"])).status, 401);
}

#[test]
fn a_code_needs_its_verifier_and_its_redirect_uri() {
    let world = World::without_pages();
    let code = world.code();
    assert_eq!(world.token(&with_code(&code, "another-verifier-of-more-than-forty-three-characters")).status, 400);
    let code = world.code();
    let mut pairs = with_code(&code, VERIFIER);
    pairs[2].1 = "http://127.0.0.1:9/elsewhere";
    assert_eq!(text(&world.token(&pairs).json()["error"]), "invalid_grant");
}

#[test]
fn a_client_proves_itself_by_basic_or_by_body_and_never_by_both() {
    let world = World::without_pages();
    let body = [("client_id", "app"), ("client_secret", "s3cr+t")];
    let code = world.code();
    assert_eq!(world.post_token(None, &[&with_code(&code, VERIFIER)[..], &body].concat()).status, 200);
    let code = world.code();
    assert_eq!(world.token(&[&with_code(&code, VERIFIER)[..], &body].concat()).status, 400);
    let refused = world.post_token(Some("Basic YXBwOndyb25n"), &with_code(&code, VERIFIER));
    assert_eq!((refused.status, text(&refused.json()["error"])), (401, "invalid_client".to_owned()));
    assert_eq!(world.redeem(&code).status, 200);
}

#[test]
fn a_refresh_token_works_once_and_a_second_try_ends_its_successor() {
    let world = World::without_pages();
    let first = text(&world.redeem(&world.code()).json()["refresh_token"]);
    let renewed = world.refresh(&first).json();
    let claims = verified_claims(&world, &text(&renewed["id_token"])).unwrap();
    assert_eq!((text(&claims["sub"]), &claims["nonce"]), ("user-alice".to_owned(), &Value::Null));
    assert_eq!(text(&world.refresh(&first).json()["error"]), "invalid_grant");
    assert_eq!(world.refresh(&text(&renewed["refresh_token"])).status, 400);
}

#[test]
fn end_session_ends_what_the_hint_names_and_returns_to_the_clients_origin_alone() {
    let world = World::without_pages();
    let tokens = world.redeem(&world.code()).json();
    let end = |target: &str| {
        let query = Serializer::new(String::new())
            .append_pair("id_token_hint", &text(&tokens["id_token"]))
            .append_pair("post_logout_redirect_uri", target)
            .finish();
        Browser::new().open_once(&format!("{}/end_session?{query}", world.provider.issuer()))
    };
    assert_eq!(end("http://127.0.0.1:9/bye").response.location(), "http://127.0.0.1:9/bye");
    assert_eq!(end("http://evil.test/").response.location(), "");
    assert_eq!(world.userinfo(&text(&tokens["access_token"])).status, 401);
}

#[test]
fn faults_change_what_is_said_and_end_when_healed() {
    let world = World::without_pages();
    let id_token = || text(&world.redeem(&world.code()).json()["id_token"]);
    world.provider.inject(Fault::WrongAudience);
    world.provider.inject(Fault::NoNonce);
    let claims = verified_claims(&world, &id_token()).unwrap();
    assert_eq!((text(&claims["aud"]), &claims["nonce"]), ("another-client".to_owned(), &Value::Null));
    world.provider.inject(Fault::ForeignKey);
    assert_eq!(verified_claims(&world, &id_token()), None);
    world.provider.inject(Fault::Unsigned);
    assert!(id_token().ends_with('.'));
    world.provider.inject(Fault::TokenDown);
    assert_eq!(world.redeem(&world.code()).status, 503);
    world.provider.heal();
    assert_eq!(text(&verified_claims(&world, &id_token()).unwrap()["aud"]), "app");
}

#[test]
fn the_metadata_names_endpoints_of_the_issuer() {
    let world = World::without_pages();
    let metadata = world.get_json("/.well-known/openid-configuration");
    let issuer = world.provider.issuer();
    assert_eq!(text(&metadata["issuer"]), issuer);
    for name in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint"] {
        assert!(text(&metadata[name]).starts_with(&format!("{issuer}/")), "{name}");
    }
}

#[test]
fn what_was_asked_is_remembered_without_codes_and_secrets() {
    let world = World::without_pages();
    world.redeem(&world.code());
    let events = world.provider.events();
    assert_eq!(events[0].endpoint, Endpoint::Authorization);
    assert_eq!(events[0].parameter("nonce"), Some("n0nce"));
    assert_eq!((events[1].endpoint, events[1].parameter("code")), (Endpoint::Token, Some("-")));
}

#[test]
fn a_stopped_provider_can_be_started_again_at_the_same_address() {
    let World { provider, runtime } = World::without_pages();
    let address = provider.address();
    runtime.block_on(provider.stop());
    assert!(std::net::TcpStream::connect(address).is_err());
    let again = runtime.block_on(Provider::start(Settings { address, ..Settings::default() })).unwrap();
    assert_eq!(again.address(), address);
}
