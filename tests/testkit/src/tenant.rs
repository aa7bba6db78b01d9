//! A Microsoft tenant: the endpoints of Azure AD and Entra ID that no emulator has, and Microsoft Graph.
//!
//! It is written from Microsoft's documentation by those who wrote the program under test, so it shows how the program
//! acts on such answers, and not that Microsoft gives them.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use url::form_urlencoded;

use crate::{App, Client, Elsewhere, Reply, Seen, Signer};

/// The id of the tenant.
pub const TENANT: &str = "6731de76-14a6-49ae-97bc-6eba6914391e";

/// The token that a pod's service account presents instead of a secret.
pub const ASSERTION: &str = "projected.service-account.token";

/// How many groups Graph gives at once here.
const PAGE: usize = 2;

/// Somebody of the tenant.
struct Person {
    name: &'static str,
    /// What tokens say; Graph knows the address of everybody.
    claims: fn() -> Value,
    /// Groups in Graph: their ids; the names are the ids with `Group ` before them.
    groups: &'static [&'static str],
}

const PEOPLE: &[Person] = &[
    Person {
        name: "alice",
        claims: || json!({ "email": "alice@example.com", "groups": ["g-token"] }),
        groups: &["g-1", "g-2", "g-3", "g-4", "g-5"],
    },
    // A guest without an address in the token.
    Person { name: "bob", claims: || json!({}), groups: &[] },
    // In more groups than a token holds.
    Person {
        name: "carol",
        claims: || {
            let source = json!({ "endpoint": "https://graph.windows.net/me/getMemberObjects" });
            json!({
                "email": "carol@example.com",
                "_claim_names": { "groups": "src1" },
                "_claim_sources": { "src1": source },
            })
        },
        groups: &["g-3", "g-6", "g-7"],
    },
];

/// A running tenant. A browser that opens its login page chooses `alice`, `bob` or `carol`.
pub struct Tenant {
    app: App,
    state: Arc<State>,
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tenant").field("address", &self.address()).finish_non_exhaustive()
    }
}

/// What makes an ID token of its claims.
type Forge = dyn Fn(&Signer, Value) -> String + Send + Sync;

struct State {
    signer: Signer,
    forge: Mutex<Box<Forge>>,
    client: Client,
    grants: Mutex<Grants>,
}

#[derive(Default)]
struct Grants {
    made: usize,
    /// Codes, refresh tokens and access tokens that are good.
    live: BTreeMap<String, Grant>,
}

#[derive(Clone)]
struct Grant {
    person: String,
    redirect_uri: String,
    nonce: String,
    version: Version,
}

/// The endpoints of Azure AD (1) or of Entra ID (2).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

impl Tenant {
    /// A tenant with people, groups and one client.
    #[must_use]
    pub fn start() -> Self {
        let client = Client::new("11111111-2222-3333-4444-555555555555", "tenant-secret");
        let forge: Box<Forge> = Box::new(|signer, claims| signer.sign(&claims));
        let signer = Signer::new("tenant-key");
        let state = Arc::new(State { signer, forge: Mutex::new(forge), client, grants: Mutex::default() });
        let serving = Arc::clone(&state);
        Self { app: App::with(move |seen| serving.answer(seen)), state }
    }

    /// A world in which Microsoft's names lead to this tenant; or to `through`, which stands before it.
    #[must_use]
    pub fn elsewhere(&self, through: SocketAddr) -> Elsewhere {
        Elsewhere::with(
            &["login.microsoftonline.com", "graph.microsoft.com", "sts.windows.net"].map(|host| (host, through)),
        )
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.app.address()
    }

    /// Everything it was asked so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.app.seen()
    }

    /// What it knows a program by.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.state.client
    }

    /// The key that its tokens are signed with, as a PEM file.
    #[must_use]
    pub fn public_key_pem(&self) -> String {
        self.state.signer.public_key_pem()
    }

    /// Makes ID tokens of their claims by `forge` from now on, which may sign with the tenant's key or another.
    pub fn forge(&self, forge: impl Fn(&Signer, Value) -> String + Send + Sync + 'static) {
        *self.state.forge.lock().expect("not poisoned") = Box::new(forge);
    }

    /// The flags of a program whose provider is `azure`, at the endpoints of version 1 that are built in.
    #[must_use]
    pub fn flags_as_azure(&self) -> Vec<String> {
        let flags = [
            "--provider=azure".to_owned(),
            format!("--azure-tenant={TENANT}"),
            format!("--oidc-issuer-url=https://sts.windows.net/{TENANT}/"),
            "--skip-oidc-discovery".to_owned(),
            format!("--oidc-jwks-url=https://login.microsoftonline.com/{TENANT}/discovery/keys"),
        ];
        self.state.client.flags().into_iter().chain(flags).collect()
    }

    /// The same at the endpoints of version 2, where groups come from Graph.
    #[must_use]
    pub fn flags_as_azure_v2(&self) -> Vec<String> {
        let base = format!("https://login.microsoftonline.com/{TENANT}");
        let flags = [
            "--provider=azure".to_owned(),
            format!("--oidc-issuer-url={base}/v2.0"),
            "--skip-oidc-discovery".to_owned(),
            format!("--oidc-jwks-url={base}/discovery/v2.0/keys"),
            format!("--login-url={base}/oauth2/v2.0/authorize"),
            format!("--redeem-url={base}/oauth2/v2.0/token"),
        ];
        self.state.client.flags().into_iter().chain(flags).collect()
    }

    /// The flags of a program whose provider is `entra-id`, with discovery.
    #[must_use]
    pub fn flags_as_entra_id(&self) -> Vec<String> {
        let issuer = format!("--oidc-issuer-url=https://login.microsoftonline.com/{TENANT}/v2.0");
        let flags = ["--provider=entra-id".to_owned(), issuer, "--scope=openid email profile".to_owned()];
        self.state.client.flags().into_iter().chain(flags).collect()
    }

    /// Makes every token and code that it gave out so far worth nothing.
    pub fn revoke_all(&self) {
        self.state.grants().live.clear();
    }
}

impl State {
    fn grants(&self) -> MutexGuard<'_, Grants> {
        self.grants.lock().expect("not poisoned")
    }

    fn answer(&self, seen: &Seen) -> Reply {
        let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        match (seen.method.as_str(), parts.as_slice()) {
            ("GET", [_, "oauth2", "authorize"]) => login_page(query, Version::One),
            ("GET", [_, "oauth2", "v2.0", "authorize"]) => login_page(query, Version::Two),
            ("POST", ["chosen"]) => self.chosen(&seen.body),
            ("POST", [_, "oauth2", "token"] | [_, "oauth2", "v2.0", "token"]) => self.token(seen),
            ("GET", [_, "discovery", "keys"] | [_, "discovery", "v2.0", "keys"]) => reply(200, &self.signer.jwks()),
            ("GET", [_, "v2.0", ".well-known", "openid-configuration"]) => reply(200, &metadata()),
            ("GET", ["oidc", "userinfo"]) => {
                self.graph(seen, |person| json!({ "sub": format!("sub-of-{}", person.name), "name": person.name }))
            }
            ("GET", ["v1.0", "me"]) => self.graph(seen, |person| {
                json!({ "mail": null, "otherMails": [], "userPrincipalName": format!("{}@example.com", person.name) })
            }),
            ("GET", ["v1.0", "me", "transitiveMemberOf"]) => self.graph(seen, |person| groups(person, query)),
            _ => reply(404, &json!({ "error": { "code": "ResourceNotFound" } })),
        }
    }

    /// Somebody was chosen on the login page.
    fn chosen(&self, form: &[u8]) -> Reply {
        let form = parameters(form);
        let text = |name: &str| form.get(name).cloned().unwrap_or_default();
        let version = if text("version") == "2" { Version::Two } else { Version::One };
        let grant = Grant { person: text("person"), redirect_uri: text("redirect_uri"), nonce: text("nonce"), version };
        let code = self.grants().add(grant, |number| format!("code-{number}"));
        let mut back = form_urlencoded::Serializer::new(String::new());
        back.append_pair("code", &code).append_pair("state", &text("state"));
        let location = format!("{}?{}", text("redirect_uri"), back.finish());
        Reply::Text(302, vec![("Location", location)], String::new())
    }

    fn token(&self, seen: &Seen) -> Reply {
        let form = parameters(&seen.body);
        let text = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        let basic = seen.headers.has("Authorization");
        let known = text("client_secret") == self.client.secret
            || (text("client_assertion") == ASSERTION
                && text("client_assertion_type") == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        if basic || text("client_id") != self.client.id || !known {
            return reply(401, &json!({ "error": "invalid_client", "error_description": "AADSTS7000215" }));
        }
        let name = if text("grant_type") == "refresh_token" { "refresh_token" } else { "code" };
        let grant = self.grants().live.remove(text(name));
        let Some(grant) = grant.filter(|grant| name == "refresh_token" || grant.redirect_uri == text("redirect_uri"))
        else {
            return reply(400, &json!({ "error": "invalid_grant", "error_description": "AADSTS70000" }));
        };
        reply(200, &self.tokens(&grant))
    }

    fn tokens(&self, grant: &Grant) -> Value {
        let now = seconds();
        let mut claims = json!({
            "aud": self.client.id, "sub": format!("sub-of-{}", grant.person), "tid": TENANT,
            "iat": now, "nbf": now, "exp": now + 3600, "name": grant.person,
        });
        if !grant.nonce.is_empty() {
            claims["nonce"] = json!(grant.nonce);
        }
        let (issuer, ver, name) = match grant.version {
            Version::One => (format!("https://sts.windows.net/{TENANT}/"), "1.0", "upn"),
            Version::Two => (format!("https://login.microsoftonline.com/{TENANT}/v2.0"), "2.0", "preferred_username"),
        };
        (claims["iss"], claims["ver"]) = (json!(issuer), json!(ver));
        claims[name] = json!(format!("{}@example.com", grant.person));
        let person = PEOPLE.iter().find(|person| person.name == grant.person).expect("chosen on the page");
        for (name, value) in (person.claims)().as_object().into_iter().flatten() {
            claims[name] = value.clone();
        }
        // A token for Graph, which a client should not read; the original does when the ID token has no address.
        let for_graph =
            json!({ "aud": "https://graph.microsoft.com", "sub": claims["sub"], "tid": TENANT, "exp": now + 3600 });
        let access_token = self.grants().add(grant.clone(), |number| {
            let mut claims = for_graph;
            claims["jti"] = json!(number);
            self.signer.sign(&claims)
        });
        let mut answer = json!({
            "token_type": "Bearer", "scope": "openid",
            "access_token": access_token,
            "refresh_token": self.grants().add(grant.clone(), |number| format!("refresh-{number}")),
            "id_token": (self.forge.lock().expect("not poisoned"))(&self.signer, claims),
        });
        match grant.version {
            // Numbers in quotes, as Azure AD sends them.
            Version::One => {
                answer["expires_in"] = json!("3600");
                answer["expires_on"] = json!((now + 3600).to_string());
            }
            Version::Two => answer["expires_in"] = json!(3600),
        }
        answer
    }

    /// An answer of Graph about whoever the token belongs to.
    fn graph(&self, seen: &Seen, answer: impl FnOnce(&Person) -> Value) -> Reply {
        let token =
            seen.headers.get("Authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        let grant = self.grants().live.get(token).cloned();
        match PEOPLE.iter().find(|person| grant.as_ref().is_some_and(|grant| grant.person == person.name)) {
            Some(person) => reply(200, &answer(person)),
            None => reply(401, &json!({ "error": { "code": "InvalidAuthenticationToken" } })),
        }
    }
}

impl Grants {
    fn add(&mut self, grant: Grant, name: impl FnOnce(usize) -> String) -> String {
        self.made += 1;
        let token = name(self.made);
        self.live.insert(token.clone(), grant);
        token
    }
}

/// A form for each person, which carries what the program asked for.
fn login_page(query: &str, version: Version) -> Reply {
    let asked = parameters(query.as_bytes());
    let mut page = String::from("<!doctype html><title>Pick an account</title>");
    for person in PEOPLE {
        page += "<form method=post action=/chosen>";
        let version = if version == Version::Two { "2" } else { "1" };
        let own = [("person", person.name), ("version", version)];
        let carried = ["redirect_uri", "state", "nonce"].map(|name| (name, asked.get(name).map_or("", String::as_str)));
        for (name, value) in own.into_iter().chain(carried) {
            let value = value.replace('&', "&amp;").replace('"', "&quot;");
            let _ = write!(page, "<input type=hidden name={name} value=\"{value}\">");
        }
        let _ = write!(page, "<button>{}</button></form>", person.name);
    }
    Reply::Text(200, vec![("Content-Type", "text/html; charset=utf-8".to_owned())], page)
}

fn metadata() -> Value {
    let base = format!("https://login.microsoftonline.com/{TENANT}");
    json!({
        "issuer": format!("{base}/v2.0"),
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
        "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
        "response_types_supported": ["code", "id_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
    })
}

/// A page of somebody's groups, with the link to the next (Graph, "Paging").
fn groups(person: &Person, query: &str) -> Value {
    let skip = parameters(query.as_bytes()).get("$skiptoken").and_then(|skip| skip.parse().ok()).unwrap_or(0);
    let page = person.groups.iter().skip(skip).take(PAGE);
    let mut answer = json!({
        "value": page.map(|id| json!({ "id": id, "displayName": format!("Group {id}") })).collect::<Vec<_>>(),
    });
    if skip + PAGE < person.groups.len() {
        let next = format!("https://graph.microsoft.com/v1.0/me/transitiveMemberOf?$skiptoken={}", skip + PAGE);
        answer["@odata.nextLink"] = json!(next);
    }
    answer
}

fn parameters(form: &[u8]) -> BTreeMap<String, String> {
    form_urlencoded::parse(form).into_owned().collect()
}

fn reply(status: u16, body: &Value) -> Reply {
    Reply::Text(status, vec![("Content-Type", "application/json".to_owned())], body.to_string())
}

#[expect(clippy::disallowed_methods, reason = "a server of its own; the program under test has its own clock")]
fn seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}
