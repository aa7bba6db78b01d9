//! Generator 1, header aliases: no spelling of an identity header that a visitor sends reaches an app.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use sidecar_testkit::oracle::{Oracle, Parser, Understood};
use sidecar_testkit::program::COOKIE_SECRET;
use sidecar_testkit::{App, Launch, Program, Provider, Request, Which, websocket};

use crate::random::Random;
use crate::site::{Site, Visitor, sign_in};

const SEED: u64 = 0x4844_5231;

/// Every name by which an app may learn who somebody is, and what it is told of alice.
const NAMES: [(&str, &str); 12] = [
    ("X-Forwarded-User", "alice"),
    ("X-Forwarded-Email", "alice@example.com"),
    ("X-Forwarded-Groups", "admins,devs"),
    ("X-Forwarded-Preferred-Username", "alice"),
    ("X-Forwarded-Access-Token", ANY),
    ("X-Auth-Request-User", "alice"),
    ("X-Auth-Request-Email", "alice@example.com"),
    ("X-Auth-Request-Groups", "admins,devs"),
    ("X-Auth-Request-Preferred-Username", "alice"),
    ("X-Auth-Request-Access-Token", ANY),
    ("GAP-Auth", NEVER),
    ("GAP-Signature", NEVER),
];

/// Some value of ours.
const ANY: &str = "any";

/// The app is never told this.
const NEVER: &str = "never";

/// What every forged value begins with.
const FORGED: &str = "forged-";

/// How many lines of a head are forged; 256 is the limit for all.
const LINES: usize = 180;

pub(crate) const FLAGS: [&str; 5] = [
    "--set-xauthrequest",
    "--pass-access-token",
    "--skip-auth-route=GET=^/public/",
    "--skip-auth-preflight",
    "--trusted-ip=127.0.0.2",
];

/// What may stand in a header's name and is neither letter nor digit (RFC 9110 5.6.2).
const SEPARATORS: &str = "-_.!#$%&'*+^`|~";

/// Every spelling of `name`: each separator at each place and at all places, in four cases, and mixtures by chance.
fn aliases(name: &str, random: &mut Random) -> BTreeSet<String> {
    let places: Vec<usize> = name.match_indices('-').map(|(at, _)| at).collect();
    let mut spellings = Vec::new();
    for separator in SEPARATORS.chars() {
        spellings.push(name.replace('-', &separator.to_string()));
        for at in &places {
            spellings.push(format!("{}{separator}{}", &name[..*at], &name[at + 1..]));
        }
    }
    for _ in 0..100 {
        let separators: Vec<char> = SEPARATORS.chars().collect();
        let mixed = name.chars().map(|c| if c == '-' { separators[random.below(separators.len())] } else { c });
        spellings.push(mixed.collect());
    }
    let mut all = BTreeSet::new();
    for spelling in spellings {
        let by_chance = |c: char| if random.once_in(2) { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
        all.insert(spelling.chars().map(by_chance).collect());
        all.extend([spelling.to_ascii_lowercase(), spelling.to_ascii_uppercase(), spelling]);
    }
    all
}

/// Heads full of forged lines: aliases by chance, the names themselves before, between and behind them.
pub(crate) fn forged_heads() -> Vec<Vec<(String, String)>> {
    let mut random = Random::seeded("header aliases", SEED);
    let mut all: Vec<String> = NAMES.iter().flat_map(|(name, _)| aliases(name, &mut random)).collect();
    for at in (1..all.len()).rev() {
        all.swap(at, random.below(at + 1));
    }
    println!("header aliases: {} spellings", all.len());
    let head = |(number, aliases): (usize, &[String])| {
        let own = |place: &str| NAMES.map(|(name, _)| (name.to_owned(), format!("{FORGED}{place}")));
        let aliases = aliases.iter().enumerate().map(|(n, alias)| (alias.clone(), format!("{FORGED}{number}-{n}")));
        own("before").into_iter().chain(aliases).chain(own("behind")).collect()
    };
    all.chunks(LINES).enumerate().map(head).collect()
}

/// A way into the app.
struct Way {
    what: &'static str,
    request: Request,
    source: Option<IpAddr>,
    session: Session,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Session {
    Alices,
    None,
}

fn ways(cookie: &str) -> Vec<Way> {
    let get = |target: &str| Request::get(target);
    let with = |target: &str| Request::get(target).cookie(cookie);
    let other = Some(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)));
    let way = |what, request, source, session| Way { what, request, source, session };
    vec![
        way("a session", with("/private"), None, Session::Alices),
        way("a session on an exempt route", with("/public/x"), None, Session::Alices),
        way("an exempt route", get("/public/x"), None, Session::None),
        way("an exempt client", get("/private"), other, Session::None),
        way("a preflight", Request::new("OPTIONS", "/private"), None, Session::None),
        way("a WebSocket", websocket::handshake(with("/private")), None, Session::Alices),
        way("a WebSocket on an exempt route", websocket::handshake(get("/public/x")), None, Session::None),
        way("a body", with("/private").header("Transfer-Encoding", "chunked").body("0\r\n\r\n"), None, Session::Alices),
    ]
}

pub(crate) fn assert_told_by_us_alone(seen: &Understood, session: Session, what: &str) {
    for (name, value) in NAMES {
        match (seen.told(name), session) {
            (None, Session::None) => {}
            (Some(told), Session::Alices) if told == value => {}
            (Some(told), Session::Alices) if value == ANY => assert!(!told.contains(FORGED), "{what}: {name}: {told}"),
            (None, Session::Alices) if value == NEVER => {}
            (told, _) => panic!("{what}: {name}: {told:?}"),
        }
    }
    let forged = seen.headers.iter().find(|(_, value)| value.contains(FORGED));
    assert_eq!(forged, None, "{what}");
}

#[test]
fn no_spelling_of_an_identity_header_reaches_an_app_of_any_parser() {
    let heads = forged_heads();
    let mut asked = 0;
    for oracle in Oracle::all() {
        let site = Site::before(oracle, &FLAGS);
        let cookie = site.alices_cookie();
        let parser = site.oracle.parser();
        for way in ways(&cookie) {
            if parser == Parser::Wsgi && way.what == "a body" {
                continue;
            }
            let mut visitor = match way.source {
                Some(source) => Visitor::from(&site.program, source),
                None => Visitor::of(&site.program),
            };
            for head in &heads {
                let request =
                    head.iter().fold(way.request.clone(), |request, (name, value)| request.header(name, value));
                let answer = visitor.ask(&request);
                let what = format!("{parser:?}, {}", way.what);
                assert_eq!(answer.status, 200, "{what}: {}", answer.text());
                assert_told_by_us_alone(&site.understood(&answer), way.session, &what);
                asked += 1;
            }
        }
    }
    println!("header aliases: {asked} requests of {LINES} aliases");
}

#[test]
fn not_one_byte_of_such_a_line_is_sent_to_the_app() {
    let app = App::start();
    let program = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream()).flags(FLAGS).start();
    let cookie = sign_in(&program);
    for way in ways(&cookie) {
        let mut visitor = match way.source {
            Some(source) => Visitor::from(&program, source),
            None => Visitor::of(&program),
        };
        for head in &forged_heads() {
            app.forget();
            let request = head.iter().fold(way.request.clone(), |request, (name, value)| request.header(name, value));
            assert_eq!(visitor.ask(&request).status, 200, "{}", way.what);
            let seen = app.last();
            let raw = String::from_utf8_lossy(&seen.raw_head);
            assert!(!raw.contains(FORGED), "{}: {raw}", way.what);
            for (name, _) in NAMES {
                assert!(seen.headers.folded(name).count() <= 1, "{}: {name}", way.what);
            }
        }
    }
}

#[test]
fn nor_does_one_around_a_wait_for_100_continue() {
    let forged = |place: &str| {
        let lines = NAMES.iter().flat_map(|(name, _)| [(*name).to_owned(), name.replace('-', "_")]);
        lines.fold(String::new(), |all, name| all + &format!("{name}: {FORGED}{place}\r\n"))
    };
    for oracle in Oracle::all() {
        let site = Site::before(oracle, &FLAGS);
        let cookie = site.alices_cookie();
        let parser = site.oracle.parser();
        for (target, cookie, session) in [
            ("/private", format!("Cookie: {cookie}\r\n"), Session::Alices),
            ("/public/x", format!("Cookie: {cookie}\r\n"), Session::Alices),
            ("/public/x", String::new(), Session::None),
        ] {
            for (framing, body) in [
                ("Content-Length: 5", "hello".to_owned()),
                // A server that does not know chunks sees a head in their trailer.
                ("Transfer-Encoding: chunked", format!("5\r\nhello\r\n0\r\n{}\r\n", forged("trailer"))),
            ] {
                if parser == Parser::Wsgi && framing.starts_with('T') {
                    continue;
                }
                let what = format!("{parser:?}, {target}, {framing}");
                let mut connection = site.program.connect();
                let (before, behind) = (forged("before"), forged("behind"));
                let head = format!(
                    "GET {target} HTTP/1.1\r\nHost: app.test\r\n{before}Expect: 100-continue\r\n{framing}\r\n{cookie}{behind}\r\n"
                );
                connection.write(head.as_bytes()).expect("sent");
                let interim = String::from_utf8(connection.read_some().expect("an interim answer")).expect("text");
                assert!(interim.starts_with("HTTP/1.1 100"), "{what}: {interim}");
                // What comes now is a body, whatever it looks like.
                connection.write(body.as_bytes()).expect("sent");
                let answer = connection.read_response("GET").expect("an answer");
                assert_eq!(answer.status, 200, "{what}: {}", answer.text());
                assert_told_by_us_alone(&site.understood(&answer), session, &what);
            }
        }
    }
}

/// Names of the operator's own choice, and what the app is told of alice by them.
const CHOSEN: [(&str, &str); 3] =
    [("X-Acme-User", "alice"), ("Remote-User", "alice"), ("x-acme_Mail.address", "alice@example.com")];

/// The program with a structured configuration that injects [`CHOSEN`].
fn with_chosen_names(upstream: &str) -> Program {
    let launch = Launch::new(Which::Ours).listening_as_configured();
    let (issuer, id) = (Provider::shared().issuer(), Provider::shared().client_id());
    let secret = Provider::shared().client_secret();
    let claims = ["user", "user", "email"];
    let injected = CHOSEN
        .iter()
        .zip(claims)
        .map(|((name, _), claim)| format!("- {{name: '{name}', values: [{{claimSource: {{claim: {claim}}}}}]}}\n"));
    let yaml = format!(
        "server:\n  bindAddress: {}\nupstreamConfig:\n  upstreams:\n  - {{id: app, path: /, uri: '{upstream}'}}\n\
         injectRequestHeaders:\n{}providers:\n- id: one\n  provider: oidc\n  clientID: {id}\n  clientSecret: {secret}\n  \
         scope: openid email profile groups\n  oidcConfig: {{issuerURL: '{issuer}'}}\n",
        launch.address(),
        injected.collect::<String>(),
    );
    let path = launch.write("alpha.yaml", &yaml);
    let callback = format!("--redirect-url={}", launch.callback());
    let beside = ["--email-domain=*", "--cookie-secure=false", "--skip-auth-route=^/public/", &callback];
    let secret = format!("--cookie-secret={COOKIE_SECRET}");
    launch.flags(beside).flags([secret, format!("--alpha-config={}", path.display())]).start()
}

#[test]
fn nor_does_one_of_a_name_that_the_operator_chose() {
    let app = App::start();
    let program = with_chosen_names(&app.upstream());
    let cookie = sign_in(&program);
    let mut random = Random::seeded("aliases of chosen names", SEED);
    let mut visitor = Visitor::of(&program);
    for (name, value) in CHOSEN {
        // The name in dashes has all the places that a separator may stand at.
        let aliases: Vec<_> = aliases(&name.replace(['_', '.'], "-"), &mut random).into_iter().collect();
        for aliases in aliases.chunks(LINES) {
            for (request, told) in [
                (Request::get("/private").cookie(&cookie), &[value][..]),
                (Request::get("/public/x"), &[]),
                (websocket::handshake(Request::get("/public/x")), &[]),
            ] {
                let request = aliases.iter().fold(request, |request, alias| request.header(alias, FORGED));
                assert_eq!(visitor.ask(&request).status, 200, "{name}");
                let seen = app.last();
                assert!(!String::from_utf8_lossy(&seen.raw_head).contains(FORGED), "{name}: {:?}", seen.headers);
                assert_eq!(seen.headers.folded(name).collect::<Vec<_>>(), told, "{name}");
            }
        }
    }
}
