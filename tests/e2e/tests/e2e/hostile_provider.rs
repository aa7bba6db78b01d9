//! A provider whose answers are anything but what they should be: nobody gets in by
//! one, nobody waits for long, nothing grows, and once it answers as it should, so does the program.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sidecar_testkit::{App, Browser, Issuer, Launch, Program, Reply, Which};

use crate::site::has_session;

/// Beyond the ten seconds that a call may take, on a busy machine.
const LATEST: Duration = Duration::from_secs(40);

/// What the program may have resident at most, whatever the provider sends.
const MEMORY_KIB: u64 = 48 * 1024;

/// A fault by its name, and what makes its answers.
type Faults = Vec<(&'static str, Box<dyn Fn() -> Reply + Send + Sync>)>;

/// What a path of the provider answers, by the name of the fault.
fn faults(elsewhere: &str) -> Faults {
    let text = |media_type: &'static str, body: String| {
        move || Reply::Text(200, vec![("Content-Type", media_type.to_owned())], body.clone())
    };
    let nested = format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let members = format!("{{{}\"z\":0}}", "\"a\":0,".repeat(150_000));
    let redirect = |status| {
        let location = format!("{elsewhere}/stolen");
        move || Reply::Text(status, vec![("Location", location.clone())], String::new())
    };
    let packed = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n\
                   Content-Length: 12\r\n\r\n\x1f\x8b\x08\x00junkjunk";
    let chunk = [b"10000\r\n".as_slice(), &vec![b' '; 0x10000], b"\r\n"].concat();
    let chunked = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    vec![
        ("no answer", Box::new(|| Reply::Silence)),
        ("a hang-up", Box::new(|| Reply::HangUp)),
        ("500", Box::new(|| Reply::Text(500, Vec::new(), "{}".to_owned()))),
        ("a page", Box::new(text("text/html", "<html>maintenance</html>".to_owned()))),
        ("nothing", Box::new(text("application/json", String::new()))),
        ("a list", Box::new(text("application/json", "[]".to_owned()))),
        ("null", Box::new(text("application/json", "null".to_owned()))),
        ("half", Box::new(text("application/json", "{\"access_token\":\"a".to_owned()))),
        ("too deep", Box::new(text("application/json", nested))),
        ("too many members", Box::new(text("application/json", members))),
        ("too large", Box::new(text("application/json", format!("{{\"a\":\"{}\"}}", "x".repeat(64 << 20))))),
        ("no end", Box::new(move || Reply::Endless(chunked.to_vec(), chunk.clone()))),
        ("a head without end", Box::new(|| Reply::Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), vec![b'x'; 4096]))),
        ("lines without end", Box::new(|| Reply::Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X: y\r\n".to_vec()))),
        ("103 without end", Box::new(|| Reply::Endless(Vec::new(), b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec()))),
        ("garbage that calls itself packed", Box::new(|| Reply::Raw(packed.to_vec()))),
        ("another place", Box::new(redirect(302))),
        ("another place for the form", Box::new(redirect(307))),
    ]
}

fn launch(issuer: &Issuer, app: &App) -> Program {
    let launch = Launch::before(Which::Ours, &app.upstream()).flags(issuer.flags()).without("--email-domain");
    launch.flags(["--skip-provider-button", "--email-domain=example.com"]).start()
}

/// A login while `path` of the provider answers what `fault` makes, and one after it is well again.
fn meet(path: &str, name: &str, issuer: &Issuer, fault: impl Fn() -> Reply + Send + Sync + 'static) {
    let app = App::start();
    issuer.spoil(path, fault);
    let program = launch(issuer, &app);
    let mut browser = Browser::new();
    let begun = Instant::now();
    let page = browser.open(&program.url("/private"));
    assert!(begun.elapsed() < LATEST, "{path}, {name}: {:?}", begun.elapsed());
    // An answer that can be read and names nobody of the domain is no fault of the provider's.
    let least = if path == "/userinfo" { 403 } else { 500 };
    assert!(page.status() >= least, "{path}, {name}: {page}");
    assert!(!has_session(&browser), "{path}, {name}: a session");
    assert!(app.seen().is_empty(), "{path}, {name}: the app was asked");
    assert_eq!(program.get("/ping").status, 200, "{path}, {name}: it lives");
    let peak = program.process().peak_memory_kib();
    assert!(peak < MEMORY_KIB, "{path}, {name}: {peak} KiB were resident");
    issuer.heal();
    // What was asked for in vain is not asked for again at once.
    sidecar_testkit::process::eventually(
        Duration::from_mins(1),
        || {
            let mut browser = Browser::new();
            let page = browser.open(&program.url("/private"));
            (page.status() == 200 && has_session(&browser)).then_some(())
        },
        || format!("{path}, {name}: a login works again; {}", program.said()),
    );
}

/// Every fault at one path, all at once: after most of them the program waits before it asks again.
fn meet_all(path: &'static str, provider: impl Fn() -> Issuer + Sync, more: Faults) {
    let elsewhere = App::start();
    let place = elsewhere.upstream();
    let place = place.trim_end_matches('/');
    let mut faults = faults(place);
    faults.extend(more);
    println!("{path}: {} faults", faults.len());
    thread::scope(|scope| {
        for (name, fault) in faults {
            let provider = &provider;
            scope.spawn(move || meet(path, name, &provider(), fault));
        }
    });
    let stolen = elsewhere.seen();
    // Discovery alone goes where it is sent (D46), and carries nothing.
    let follows = path.contains("well-known");
    assert!(follows || stolen.is_empty(), "{path}: followed to {stolen:?}");
    assert!(
        stolen.iter().all(|seen| seen.method == "GET" && seen.body.is_empty() && !seen.headers.has("Authorization"))
    );
}

#[test]
fn nobody_gets_in_by_a_spoilt_discovery_document() {
    meet_all("/.well-known/openid-configuration", Issuer::start, Vec::new());
}

#[test]
fn nobody_gets_in_by_a_spoilt_key_set() {
    meet_all("/jwks", Issuer::start, Vec::new());
}

#[test]
fn nobody_gets_in_by_a_spoilt_token_answer() {
    meet_all("/token", Issuer::start, Vec::new());
}

/// Who an ID token without an address is about is for the userinfo endpoint to say.
fn tells_at_userinfo() -> Issuer {
    let issuer = Issuer::start();
    issuer.says(json!({}));
    issuer.says_at_userinfo(json!({ "email": "alice@example.com", "email_verified": true }));
    issuer
}

/// Answers that say who came, and not as they should.
fn odd_claims() -> Faults {
    let claims = |name, claims: Value| -> (&'static str, Box<dyn Fn() -> Reply + Send + Sync>) {
        let body = claims.to_string();
        (name, Box::new(move || Reply::Text(200, vec![("Content-Type", "application/json".to_owned())], body.clone())))
    };
    let signed = |name, body: &'static str| -> (&'static str, Box<dyn Fn() -> Reply + Send + Sync>) {
        (
            name,
            Box::new(move || Reply::Text(200, vec![("Content-Type", "application/jwt".to_owned())], body.to_owned())),
        )
    };
    vec![
        claims("no address", json!({ "sub": "subject-1" })),
        claims(
            "the address of another account",
            json!({ "sub": "subject-2", "email": "alice@example.com", "email_verified": true }),
        ),
        claims("an empty address", json!({ "email": "" })),
        claims("a number for an address", json!({ "email": 5 })),
        claims("yes for an address", json!({ "email": true })),
        claims("a list of addresses", json!({ "email": ["alice@example.com"] })),
        claims("an object for an address", json!({ "email": { "value": "alice@example.com" } })),
        claims("two addresses in one", json!({ "email": "alice@evil.test,alice@example.com" })),
        claims("two at signs", json!({ "email": "alice@evil.test@example.com" })),
        claims("a line break", json!({ "email": "alice@example.com\n" })),
        claims("an address that is not verified", json!({ "email": "alice@example.com", "email_verified": false })),
        claims("a list that says verified", json!({ "email": "alice@example.com", "email_verified": [true] })),
        claims(
            "the answer in another one",
            json!({ "data": { "email": "alice@example.com", "email_verified": true } }),
        ),
        signed("a signed answer of one part", "x"),
        signed("a signed answer of no base64url", "a.!.c"),
        signed("a signed answer of a list", "a.W10.c"),
        signed("plain claims that call themselves signed", "{\"email\":\"alice@example.com\",\"email_verified\":true}"),
    ]
}

#[test]
fn nobody_gets_in_by_a_spoilt_userinfo_answer() {
    meet_all("/userinfo", tells_at_userinfo, odd_claims());
}
