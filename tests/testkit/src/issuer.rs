//! An OpenID provider that says whatever the test wants about whoever comes, signed or forged.
//!
//! It is written by those who wrote the program under test: it shows how the program acts on such answers, and not that a
//! provider gives them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use url::form_urlencoded;

use crate::{App, Client, Reply, Seen, Signer, place};

/// What makes an ID token of its claims.
type Forge = dyn Fn(&Signer, Value) -> String + Send + Sync;

/// What makes an answer that no provider gives.
type Spoil = dyn Fn() -> Reply + Send + Sync;

/// Whoever comes.
const SUBJECT: &str = "subject-1";

/// A running provider. Whoever opens its `authorization_endpoint` is sent back at once.
pub struct Issuer {
    app: App,
    state: Arc<State>,
}

struct State {
    url: String,
    signer: Signer,
    client: Client,
    script: Mutex<Script>,
}

/// What the test wants.
struct Script {
    claims: Value,
    /// What its userinfo endpoint says, if it has one.
    userinfo: Option<Value>,
    forge: Arc<Forge>,
    refusal: Option<u16>,
    /// The paths whose answers are spoilt, and what makes these.
    spoilt: BTreeMap<String, Arc<Spoil>>,
    /// The nonce of each code and refresh token that was given out.
    nonces: BTreeMap<String, String>,
    given: usize,
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").field("url", &self.state.url).finish_non_exhaustive()
    }
}

impl Issuer {
    /// A provider of alice@example.com, on a free port.
    #[must_use]
    pub fn start() -> Self {
        let port = place::free_port();
        let state = Arc::new(State {
            url: format!("http://{}", place::loopback(port)),
            signer: Signer::new("issuer-key"),
            client: Client::new("sidecar", "issuer-secret"),
            script: Mutex::new(Script {
                claims: json!({ "email": "alice@example.com", "email_verified": true, "preferred_username": "alice" }),
                userinfo: None,
                forge: Arc::new(|signer, claims| signer.sign(&claims)),
                refusal: None,
                spoilt: BTreeMap::new(),
                nonces: BTreeMap::new(),
                given: 0,
            }),
        });
        let serving = Arc::clone(&state);
        Self { app: App::on(port, move |seen| serving.answer(seen)), state }
    }

    /// Says this about whoever comes from now on, besides `iss`, `sub`, `aud`, `iat`, `exp` and `nonce`, which it may
    /// replace; `null` leaves a claim out.
    pub fn says(&self, claims: Value) {
        self.script().claims = claims;
    }

    /// Has a userinfo endpoint from now on, which says this besides `sub` to whoever brings an access token of its own.
    pub fn says_at_userinfo(&self, claims: Value) {
        self.script().userinfo = Some(claims);
    }

    /// Makes ID tokens of their claims in this way from now on.
    pub fn forge(&self, forge: impl Fn(&Signer, Value) -> String + Send + Sync + 'static) {
        self.script().forge = Arc::new(forge);
    }

    /// Answers its token endpoint with this status and `invalid_grant` from now on, or as it should.
    pub fn refuse(&self, status: Option<u16>) {
        self.script().refusal = status;
    }

    /// Answers this path with what `spoil` makes from now on.
    pub fn spoil(&self, path: &str, spoil: impl Fn() -> Reply + Send + Sync + 'static) {
        self.script().spoilt.insert(path.to_owned(), Arc::new(spoil));
    }

    /// Answers every path as it should from now on.
    pub fn heal(&self) {
        self.script().spoilt.clear();
    }

    /// The issuer, as in `iss`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.state.url
    }

    /// Everything it was asked so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.app.seen()
    }

    /// Forgets what it was asked.
    pub fn forget(&self) {
        self.app.forget();
    }

    /// A token that this provider would sign for the program about whoever has these claims, without a nonce.
    #[must_use]
    pub fn token(&self, claims: &Value) -> String {
        self.state.signer.sign(&self.state.claims(claims, &Value::Null))
    }

    /// The flags of a program for which this is its provider.
    #[must_use]
    pub fn flags(&self) -> Vec<String> {
        let mut flags = self.state.client.flags();
        flags.extend(["--provider=oidc".to_owned(), format!("--oidc-issuer-url={}", self.state.url)]);
        flags
    }

    fn script(&self) -> std::sync::MutexGuard<'_, Script> {
        self.state.script.lock().expect("not poisoned")
    }
}

impl State {
    fn answer(&self, seen: &Seen) -> Reply {
        let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
        let spoil = self.script.lock().expect("not poisoned").spoilt.get(path).cloned();
        if let Some(spoil) = spoil {
            return spoil();
        }
        match path {
            "/.well-known/openid-configuration" => json_reply(200, &self.metadata()),
            "/jwks" => json_reply(200, &self.signer.jwks()),
            "/authorize" => self.authorize(query),
            "/token" => self.token(&seen.body),
            "/userinfo" => self.userinfo(seen.headers.get("Authorization").unwrap_or_default()),
            _ => json_reply(404, &json!({})),
        }
    }

    fn metadata(&self) -> Value {
        let mut metadata = json!({
            "issuer": self.url,
            "authorization_endpoint": format!("{}/authorize", self.url),
            "token_endpoint": format!("{}/token", self.url),
            "jwks_uri": format!("{}/jwks", self.url),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        });
        if self.script.lock().expect("not poisoned").userinfo.is_some() {
            metadata["userinfo_endpoint"] = json!(format!("{}/userinfo", self.url));
        }
        metadata
    }

    fn userinfo(&self, authorization: &str) -> Reply {
        let script = self.script.lock().expect("not poisoned");
        let known = authorization.strip_prefix("Bearer access-for-").filter(|token| script.nonces.contains_key(*token));
        match (&script.userinfo, known) {
            (Some(claims), Some(_)) => {
                let mut answer = json!({ "sub": SUBJECT });
                for (name, value) in claims.as_object().into_iter().flatten() {
                    answer[name] = value.clone();
                }
                json_reply(200, &answer)
            }
            (Some(_), None) => json_reply(401, &json!({ "error": "invalid_token" })),
            (None, _) => json_reply(404, &json!({})),
        }
    }

    fn authorize(&self, query: &str) -> Reply {
        let asked = parameters(query.as_bytes());
        let text = |name: &str| asked.get(name).cloned().unwrap_or_default();
        let code = self.script.lock().expect("not poisoned").give("code", text("nonce"));
        let mut back = form_urlencoded::Serializer::new(String::new());
        back.append_pair("code", &code).append_pair("state", &text("state"));
        let location = format!("{}?{}", text("redirect_uri"), back.finish());
        Reply::Text(302, vec![("Location", location)], String::new())
    }

    fn token(&self, form: &[u8]) -> Reply {
        let form = parameters(form);
        let mut script = self.script.lock().expect("not poisoned");
        let presented = form.get("code").or_else(|| form.get("refresh_token")).map(String::as_str).unwrap_or_default();
        let known = script.nonces.get(presented).cloned();
        let (Some(nonce), None) = (known, script.refusal) else {
            return json_reply(script.refusal.unwrap_or(400), &json!({ "error": "invalid_grant" }));
        };
        let claims = self.claims(&script.claims, &json!(nonce));
        let refresh_token = script.give("refresh", nonce);
        let forge = Arc::clone(&script.forge);
        drop(script);
        let id_token = forge(&self.signer, claims);
        let answer = json!({
            "token_type": "Bearer", "expires_in": 3600, "access_token": format!("access-for-{refresh_token}"),
            "refresh_token": refresh_token, "id_token": id_token,
        });
        json_reply(200, &answer)
    }
}

impl State {
    /// What is always said, and then what the test says.
    fn claims(&self, more: &Value, nonce: &Value) -> Value {
        let now = seconds();
        let mut claims = json!({
            "iss": self.url, "sub": SUBJECT, "aud": self.client.id, "iat": now, "exp": now + 3600, "nonce": nonce,
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            claims[name] = value.clone();
        }
        if let Value::Object(claims) = &mut claims {
            claims.retain(|_, value| !value.is_null());
        }
        claims
    }
}

impl Script {
    fn give(&mut self, kind: &str, nonce: String) -> String {
        self.given += 1;
        // Long enough to be looked for in logs.
        let name = format!("{kind}-that-was-given-out-{:05}", self.given);
        self.nonces.insert(name.clone(), nonce);
        name
    }
}

fn parameters(form: &[u8]) -> BTreeMap<String, String> {
    form_urlencoded::parse(form).into_owned().collect()
}

fn json_reply(status: u16, body: &Value) -> Reply {
    Reply::Text(status, vec![("Content-Type", "application/json".to_owned())], body.to_string())
}

#[expect(clippy::disallowed_methods, reason = "a server of its own; the program under test has its own clock")]
fn seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}
