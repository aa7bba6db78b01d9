//! Generator 5, ID tokens of a login: one good token, one change each; who gets in by which.
//!
//! The provider is the test's own, since no real one can be brought to sign these.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sidecar_testkit::{App, Browser, Issuer, Launch, Program, Signer, Which};

use crate::site::SESSION;

/// Part of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Header,
    Payload,
}

/// A change of one member.
#[derive(Clone, Debug)]
enum Change {
    Drop,
    Set(Value),
    /// The member stands there twice: the true value, then this one.
    Before(Value),
    /// This value, then the true one.
    Behind(Value),
}

struct World {
    issuer: Issuer,
    program: Program,
    app: App,
    next: Arc<Mutex<Box<Maker>>>,
}

/// Spoils a good token.
type Spoil = fn(&str) -> String;

/// Makes a token of the claims that a good one has.
type Maker = dyn Fn(&Signer, &Value) -> String + Send;

impl World {
    fn start() -> Self {
        let (issuer, app) = (Issuer::start(), App::start());
        let program = Launch::before(Which::Ours, &app.upstream()).flags(issuer.flags()).start();
        let next: Arc<Mutex<Box<Maker>>> = Arc::new(Mutex::new(Box::new(Signer::sign)));
        let making = Arc::clone(&next);
        issuer.forge(move |signer, claims| making.lock().expect("not poisoned")(signer, &claims));
        Self { issuer, program, app, next }
    }

    /// Whether somebody with the token that `make` makes gets a session; and if so, what the app is told of them.
    fn admits(&self, make: impl Fn(&Signer, &Value) -> String + Send + 'static) -> Option<String> {
        *self.next.lock().expect("not poisoned") = Box::new(make);
        self.app.forget();
        let mut browser = Browser::new();
        let page = browser.open(&self.program.url("/oauth2/start?rd=/x"));
        let inside = browser.jar.get(SESSION).is_some();
        assert_eq!(inside, page.status() == 200, "{page}");
        assert!(inside || [403, 500].contains(&page.status()), "{page}");
        assert_eq!(self.app.seen().len(), usize::from(inside), "{page}");
        inside.then(|| self.app.last().headers.get("X-Forwarded-Email").unwrap_or_default().to_owned())
    }
}

fn header() -> Value {
    json!({ "alg": "RS256", "typ": "JWT", "kid": "issuer-key" })
}

/// The JSON of an object with one member changed.
fn changed(object: &Value, member: &str, change: &Change) -> String {
    let mut object = object.clone();
    let map = object.as_object_mut().expect("an object");
    let twice = |first: &Value, second: &Value, rest: &Value| {
        let rest = rest.to_string();
        let comma = if rest == "{}" { "" } else { "," };
        format!("{{\"{member}\":{first},\"{member}\":{second}{comma}{}", &rest[1..])
    };
    let old = map.get(member).cloned().unwrap_or(Value::Null);
    match change {
        Change::Drop => drop(map.remove(member)),
        Change::Set(value) => drop(map.insert(member.to_owned(), value.clone())),
        Change::Before(other) => {
            map.remove(member);
            return twice(&old, other, &object);
        }
        Change::Behind(other) => {
            map.remove(member);
            return twice(other, &old, &object);
        }
    }
    object.to_string()
}

fn changes(member: &str) -> Vec<Change> {
    let other = match member {
        "exp" | "iat" | "nbf" => json!(4_102_444_800_u64),
        "email_verified" => json!(false),
        _ => json!("https://other.test"),
    };
    let values = [
        json!(null),
        json!(""),
        json!(0),
        json!(-1),
        json!(1e300),
        json!(true),
        json!([]),
        json!({}),
        json!([null]),
        json!({ "a": 1 }),
        json!("sidecar "),
        other.clone(),
    ];
    let mut changes: Vec<Change> = values.into_iter().map(Change::Set).collect();
    changes.extend([Change::Drop, Change::Before(other.clone()), Change::Behind(other)]);
    changes
}

/// Changes that leave a token good, member by member, and why. Whatever is not here is refused.
const HARMLESS: &[(&str, &[&str], &str)] = &[
    ("Header jwk", &[], "nothing that a token brings is a key"),
    ("Header jku", &[], "as above"),
    ("Header x5u", &[], "as above"),
    ("Header x5c", &[], "as above"),
    ("Header zip", &[], "nothing is unpacked"),
    ("Header enc", &[], "a member of encrypted tokens"),
    ("Header b64", &["Drop", "Set(Null)", "Set(Bool(true))"], "true is what is so without it"),
    ("Header crit", &["Drop", "Set(Null)"], "nothing is critical"),
    ("Header kid", &["Drop", "Set(Null)"], "there is one key"),
    ("Header typ", &["Drop", "Set(Null)"], "optional"),
    ("Payload aud", &[LAST], ""),
    ("Payload azp", &["Drop", "Set(Null)", "Behind"], "there is one audience"),
    (
        "Payload email",
        &["Before", "Behind", "Set(String(\"h", "Set(String(\"s", "Set(Array", "Set(Bool", "Set(Number", "Set(Object"],
        "compat: another type becomes text, which is of no domain",
    ),
    (
        "Payload email_verified",
        &["Drop", "Set(Null)", "Set(Bool(true))", "Set(Number(-1))", "Set(Number(1e", LAST],
        "compat: absent is verified, a number is true unless it is 0",
    ),
    ("Payload exp", &["Before", "Behind", "Set(Number(4102444800))"], "another time to come"),
    ("Payload iat", &["Set(Number(-1))", "Set(Number(0))", LAST], "a time past"),
    ("Payload iss", &[LAST], ""),
    ("Payload nbf", &["Drop", "Set(Null)", "Set(Number(-1))", "Set(Number(0))", LAST], "optional, or a time past"),
    ("Payload nonce", &[LAST], ""),
    ("Payload sub", &["Before", LAST, "Set(String(\"h", "Set(String(\"s"], "somebody else, who is told as such"),
];

/// Of two members of one name the last counts, as it does for every reader of JSON that we know of.
const LAST: &str = "Behind";

fn is_harmless(change: &str) -> bool {
    HARMLESS.iter().any(|(member, changes, _)| {
        let rest = change.strip_prefix(member).and_then(|rest| rest.strip_prefix(' '));
        rest.is_some_and(|rest| changes.is_empty() || changes.iter().any(|change| rest.starts_with(change)))
    })
}

#[test]
fn a_token_with_one_member_changed_lets_nobody_in_but_where_the_change_says_nothing() {
    let world = World::start();
    assert_eq!(world.admits(Signer::sign).as_deref(), Some("alice@example.com"));
    let mut tried = 0;
    let (mut welcome, mut refused) = (BTreeSet::new(), BTreeSet::new());
    let members = [
        (Part::Header, &["alg", "kid", "typ", "crit", "jwk", "jku", "x5u", "x5c", "zip", "b64", "enc"][..]),
        (Part::Payload, &["iss", "sub", "aud", "exp", "iat", "nbf", "nonce", "azp", "email", "email_verified"]),
    ];
    for (part, members) in members {
        for member in members {
            for change in changes(member) {
                let (member, how) = (*member, change.clone());
                let told = world.admits(move |signer, claims| match part {
                    Part::Header => signer.sign_text(&changed(&header(), member, &how), &claims.to_string()),
                    Part::Payload => signer.sign_text(&header().to_string(), &changed(claims, member, &how)),
                });
                tried += 1;
                let change = format!("{part:?} {member} {change:?}");
                if told.is_some() {
                    welcome.insert(change)
                } else {
                    refused.insert(change)
                };
            }
        }
    }
    println!("token members: {tried} changes, {} of them harmless", welcome.len());
    welcome.retain(|change| !is_harmless(change));
    assert_eq!(welcome, BTreeSet::new(), "these let somebody in");
    refused.retain(|change| is_harmless(change));
    assert_eq!(refused, BTreeSet::new(), "these should have");
    drop(world.issuer);
}

#[test]
fn a_token_of_another_algorithm_key_or_form_lets_nobody_in() {
    let world = World::start();
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let mut tried = 0;
    let mut refused = |what: &str, make: Box<Maker>| {
        assert_eq!(world.admits(move |signer, claims| make(signer, claims)), None, "{what}");
        tried += 1;
    };
    for alg in
        ["none", "None", "NONE", "nOnE", "", "HS256", "HS384", "RS512", "PS256", "ES256", "EdDSA", "RS256 ", "rs256"]
    {
        let signed = move |signer: &Signer, claims: &Value| {
            signer.sign_text(&json!({ "alg": alg, "kid": "issuer-key" }).to_string(), &claims.to_string())
        };
        refused(&format!("{alg:?}, signed"), Box::new(signed));
        let unsigned = move |_: &Signer, claims: &Value| {
            format!(
                "{}.{}.",
                encode(&json!({ "alg": alg, "kid": "issuer-key" }).to_string()),
                encode(&claims.to_string())
            )
        };
        refused(&format!("{alg:?}, not signed"), Box::new(unsigned));
        let with_the_public_key = move |signer: &Signer, claims: &Value| signer.sign_with_public_key(alg, claims);
        refused(&format!("{alg:?}, by the public key"), Box::new(with_the_public_key));
    }
    let stranger = Arc::new(Signer::new("issuer-key"));
    let forged = Arc::clone(&stranger);
    refused("a stranger's key under the same name", Box::new(move |_, claims| forged.sign(claims)));
    let embedded = Arc::clone(&stranger);
    refused(
        "a key that the token brings",
        Box::new(move |_, claims| {
            let header = json!({ "alg": "RS256", "kid": "issuer-key", "jwk": embedded.jwks()["keys"][0] });
            embedded.sign_text(&header.to_string(), &claims.to_string())
        }),
    );
    let forms: [(&str, Spoil); 12] = [
        ("nothing", |_| String::new()),
        ("dots", |_| "..".to_owned()),
        ("no signature", |token| token.rsplit_once('.').expect("dots").0.to_owned()),
        ("an empty signature", |token| format!("{}.", token.rsplit_once('.').expect("dots").0)),
        ("half a signature", |token| token[..token.len() - 20].to_owned()),
        ("a fourth part", |token| format!("{token}.x")),
        ("five parts", |token| format!("{token}..")),
        ("a blank before it", |token| format!(" {token}")),
        ("a line break behind it", |token| format!("{token}\n")),
        ("padding", |token| format!("{token}==")),
        ("standard base64", |token| token.replace(['-', '_'], "+")),
        ("its parts swapped", |token| token.split('.').rev().collect::<Vec<_>>().join(".")),
    ];
    for (what, spoil) in forms {
        refused(what, Box::new(move |signer, claims| spoil(&signer.sign(claims))));
    }
    for part in 0..3 {
        for step in 0..24 {
            refused(
                &format!("a character of part {part} changed"),
                Box::new(move |signer, claims| {
                    let token = signer.sign(claims);
                    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
                    let text = &parts[part];
                    let at = step * (text.len() - 2) / 24;
                    let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
                    parts[part] = format!("{}{other}{}", &text[..at], &text[at + 1..]);
                    parts.join(".")
                }),
            );
        }
    }
    println!("token forms: {tried} forged");
}
