//! Generator 3, redirect targets: resolved as a browser does, every Location stays where it may.

use sidecar_testkit::oracle::{Oracle, Parser};
use sidecar_testkit::{Request, place};
use url::form_urlencoded::{byte_serialize, parse};

use crate::random::Random;
use crate::site::{Site, Visitor};

const SEED: u64 = 0x5245_4449;
const SAMPLES: usize = 12_000;

/// Where the browser was when it was sent on.
const BASE: &str = "http://app.test/oauth2/sign_out";

const BEGINNINGS: [&str; 28] = [
    "/",
    "//",
    "///",
    "/\\",
    "\\",
    "\\\\",
    "https://",
    "http://",
    "HTTPS://",
    "https:",
    "https:/",
    "https:///",
    "http:\\\\",
    "javascript:",
    "javascript://",
    "data:text/html,",
    "/./",
    "/.//",
    "/..//",
    "/a/..//",
    "/%09/",
    "/\t/",
    "/ /",
    "/\u{a0}/",
    "",
    "?",
    "#",
    "/;//",
];

const HOSTS: [&str; 30] = [
    "evil.test",
    "good.example",
    "a.good.example",
    "a.good.example.evil.test",
    "evilgood.example",
    "good.example@evil.test",
    "evil.test\\@good.example",
    "good.example:80@evil.test",
    "good.example\\evil.test",
    "evil.test#@a.good.example",
    "evil.test?@a.good.example",
    "evil.test%2ea.good.example",
    "evil.test\ta.good.example",
    "evil.test%00.good.example",
    "evil.test\u{3002}good.example",
    "evil.test\u{ff0f}.good.example",
    "evil.test\u{2100}.good.example",
    "\u{ff45}vil.test",
    "a.good.example:443",
    "a.good.example:",
    "a.good.example:8x",
    "other.test:8080",
    "other.test:80",
    "any.test:99999",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "a.good.example;@evil.test",
    "user:pw@a.good.example",
    "a.good.example.",
    "a..good.example",
];

const ENDINGS: [&str; 10] =
    ["", "/", "/x", "/..//evil.test", "?x=//evil.test", "#/evil.test", "/\\evil.test", "/x/../../y", "\\x", "//y"];

/// What is put anywhere.
const INSERTED: [&str; 26] = [
    "\t", "\n", "\r", " ", "\u{1}", "\u{b}", "\u{c}", "\u{a0}", "\\", "/", "@", "#", "?", ";", ":", ".", "%00", "%2f",
    "%5c", "%09", "\u{feff}", "\u{200b}", "\u{3002}", "\u{ff0f}", "[", "]",
];

fn sample(random: &mut Random) -> String {
    // Half of them are URLs, so that allowed hosts come often enough.
    let beginning = if random.once_in(2) { "https://" } else { random.one(&BEGINNINGS) };
    let mut target = format!("{beginning}{}{}", random.one(&HOSTS), random.one(&ENDINGS));
    for _ in 0..random.below(3) {
        let places: Vec<usize> = target.char_indices().map(|(at, _)| at).chain([target.len()]).collect();
        let early = random.below(2) == 0;
        let at = if early { places[random.below(places.len().min(10))] } else { places[random.below(places.len())] };
        target.insert_str(at, random.one(&INSERTED));
    }
    target
}

/// The original's own list, as it is and decoded once.
fn listed() -> Vec<String> {
    let list = place::installed(place::cache().join("openredirects.txt"), "install.sh redirects");
    let list = std::fs::read_to_string(list).expect("UTF-8");
    let once = |line: &str| {
        let pair = format!("t={}", line.replace('+', "%2B").replace('&', "%26"));
        parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    list.lines().flat_map(|line| [line.to_owned(), once(line)]).collect()
}

/// Hosts that `--whitelist-domain` names below, with what a browser makes of their ports.
fn is_allowed(scheme: &str, host: &str) -> bool {
    let is_good = host == "good.example" || host.ends_with(".good.example");
    let is_any = host == "any.test" || host.strip_prefix("any.test:").is_some_and(|port| port.parse::<u16>().is_ok());
    (scheme == "http:" || scheme == "https:") && (host == "app.test" || is_good || host == "other.test:8080" || is_any)
}

/// How a target is asked for.
fn ways(target: &str) -> [Request; 3] {
    let value: String = byte_serialize(target.as_bytes()).collect();
    [
        Request::get(&format!("/oauth2/sign_out?rd={value}")).header("Host", "app.test"),
        Request::get(&format!("/oauth2/start?rd={value}")).header("Host", "app.test"),
        Request::get(&format!(
            "/oauth2/callback?code=x&state=lost:{}",
            byte_serialize(value.as_bytes()).collect::<String>()
        ))
        .header("Host", "app.test"),
    ]
}

/// Where the visitor will land: at once, or at the end of the login that begins.
fn landing(location: &str) -> String {
    let Ok(url) = url::Url::parse(location) else { return location.to_owned() };
    let state = url.query_pairs().find(|(name, _)| name == "state").map(|(_, value)| value.into_owned());
    match state.as_deref().and_then(|state| state.split_once(':')) {
        Some((_, target)) => parse(format!("t={target}").as_bytes()).next().expect("a pair").1.into_owned(),
        None => location.to_owned(),
    }
}

#[test]
fn every_location_leads_to_this_host_or_to_an_allowed_one_in_a_browser() {
    let flags =
        ["--whitelist-domain=.good.example", "--whitelist-domain=other.test:8080", "--whitelist-domain=any.test:*"];
    let site = Site::before(Oracle::start(Parser::Node), &flags);
    let mut visitor = Visitor::of(&site.program);
    let mut random = Random::seeded("redirect targets", SEED);
    let targets: Vec<String> = listed().into_iter().chain((0..SAMPLES).map(|_| sample(&mut random))).collect();
    let mut landings = Vec::new();
    let mut asked = Vec::new();
    for (n, target) in targets.iter().enumerate() {
        // Each by a sign-out, which costs the least; every fourth by a login and by a callback too.
        for request in ways(target).iter().take(if n % 4 == 0 { 3 } else { 1 }) {
            let answer = visitor.ask(request);
            assert_eq!(answer.status, 302, "{target:?}: {}", answer.text());
            assert_eq!(answer.headers.all("Location").count(), 1, "{target:?}");
            landings.push(landing(answer.location()));
            asked.push(target);
        }
    }
    let resolved = site.oracle.resolve(BASE, &landings);
    let (mut elsewhere, mut root) = (0, 0);
    for ((target, landing), place) in asked.iter().zip(&landings).zip(&resolved) {
        let [scheme, host, path] =
            place.as_ref().unwrap_or_else(|| panic!("{target:?} led to {landing:?}, which is no URL"));
        assert!(is_allowed(scheme, host), "{target:?} led to {landing:?}: a browser goes to {scheme} {host} {path}");
        elsewhere += usize::from(host != "app.test");
        root += usize::from(landing == "/");
    }
    println!("redirect targets: {} asked, {elsewhere} to allowed hosts, {root} to /", landings.len());
    assert!(elsewhere > 100 && root > 1_000 && root < landings.len());
    assert!(site.oracle.drain().is_empty());
}
