//! Generator 2, path mutations: what an app may read as a closed place is never open.

use sidecar_testkit::oracle::{Oracle, Parser};
use sidecar_testkit::{Request, Response, websocket};

use crate::random::Random;
use crate::site::{Site, Visitor, is_denial};

const SEED: u64 = 0x5041_5448;
const SAMPLES: usize = 20_000;

/// What mutations begin with.
const TEMPLATES: [&[&str]; 8] = [
    &["/", "open", "/", "..", "/", "closed"],
    &["/", "open", "/", "..", "/", "closed", "/", "x"],
    &["/", "closed", "/", "x"],
    &["/", "closed", "/", "..", "/", "open", "/", "x"],
    &["/", "open", "/", "x"],
    &["/", "api", "/", "x", "/", "status"],
    &["/", "api", "/", "..", "/", "closed", "/", "status"],
    &["/", "open", "/", "x", "/", "..", "/", "..", "/", "closed"],
];

/// Ways to write a dot that somebody reads as one.
const DOTS: [&str; 6] = ["%2e", "%2E", "%252e", "\u{ff}\u{ff}", "%c0%ae", "%ef%bc%8e"];

/// Ways to write a slash that somebody reads as one.
const SLASHES: [&str; 13] =
    ["%2f", "%2F", "%252f", "%25252f", "\\", "%5c", "//", "/./", ";/", "/;x/", "%c0%af", "/.;/", "%ef%bc%8f"];

/// Letters that Unicode's compatibility forms (NFKC) make a dot, a slash or a backslash of.
const FULL_WIDTH: [(&str, u8); 3] = [("\u{ff0e}", b'.'), ("\u{ff0f}", b'/'), ("\u{ff3c}", b'\\')];

/// What may stand at any place without being seen by somebody.
const INSERTED: [&str; 17] =
    [";a", ";a=b", "%3b", "%00", "%0a", "%0d%0a", "%23", "#", "?", "%3f", "%20", ".", "%09", "\\", "%2e", "%7f", "%"];

fn sample(random: &mut Random) -> String {
    let template = TEMPLATES[random.below(TEMPLATES.len())];
    let mut target = String::new();
    for part in template {
        if random.once_in(8) {
            target += random.one(&INSERTED);
        }
        match *part {
            "/" if random.once_in(3) && !target.is_empty() => target += random.one(&SLASHES),
            ".." if random.once_in(2) => {
                for _ in 0..2 {
                    target += if random.once_in(3) { "." } else { random.one(&DOTS) };
                }
            }
            word if random.once_in(10) => target += &escaped_by_chance(word, random),
            word => target += word,
        }
    }
    if random.once_in(6) {
        target += random.one(&INSERTED);
    }
    if random.once_in(6) {
        target += random.one(&["?/open/", "?x=/api/x/status", "?../closed", "#/open/x", "?a=b;c=%23"]);
    }
    target
}

fn escaped_by_chance(word: &str, random: &mut Random) -> String {
    word.chars().map(|c| if random.once_in(3) { format!("%{:02x}", u32::from(c)) } else { c.to_string() }).collect()
}

/// The path as the most lenient application reads it: decoded up to `times` times, full-width letters as the usual ones,
/// `\` as `/`, cut at `#`, `?` and NUL, without path parameters, empty segments and dot segments.
pub(crate) fn lenient(target: &str, times: usize) -> Vec<u8> {
    let cut = |bytes: &[u8]| {
        let end = bytes.iter().position(|byte| matches!(byte, b'#' | b'?' | 0)).unwrap_or(bytes.len());
        bytes[..end].to_vec()
    };
    let mut path = cut(target.as_bytes());
    for _ in 0..times {
        path = cut(&decoded(&path));
    }
    let (mut place, mut folder): (Vec<&[u8]>, bool) = (Vec::new(), false);
    let path: Vec<u8> = narrowed(&path).into_iter().map(|byte| if byte == b'\\' { b'/' } else { byte }).collect();
    for segment in path.split(|byte| *byte == b'/') {
        let segment = segment.split(|byte| *byte == b';').next().unwrap_or_default();
        folder = matches!(segment, b"" | b"." | b"..");
        match segment {
            b"" | b"." => {}
            b".." => drop(place.pop()),
            segment => place.push(segment),
        }
    }
    let end: &[u8] = if folder && !place.is_empty() { b"/" } else { b"" };
    [b"/", place.join(&b'/').as_slice(), end].concat()
}

fn narrowed(path: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = path;
    while let Some((first, tail)) = rest.split_first() {
        let wide = FULL_WIDTH.iter().find_map(|(wide, byte)| Some((*byte, rest.strip_prefix(wide.as_bytes())?)));
        let (byte, tail) = wide.unwrap_or((*first, tail));
        bytes.push(byte);
        rest = tail;
    }
    bytes
}

fn decoded(path: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut at = 0;
    while at < path.len() {
        let hex = path.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        let (byte, length) = hex.filter(|_| path[at] == b'%').map_or((path[at], 1), |byte| (byte, 3));
        bytes.push(byte);
        at += length;
    }
    bytes
}

/// Rules and the places that they open.
pub(crate) struct Rules {
    pub(crate) flags: &'static [&'static str],
    opens: fn(&[u8]) -> bool,
}

pub(crate) const ALL_RULES: [Rules; 3] = [
    Rules {
        flags: &["--skip-auth-route=^/open/", "--skip-auth-route=^/api/[^/]+/status$"],
        opens: |place| {
            let api = place.strip_prefix(b"/api/").and_then(|rest| rest.strip_suffix(b"/status"));
            place.starts_with(b"/open/") || api.is_some_and(|part| !part.is_empty() && !part.contains(&b'/'))
        },
    },
    Rules { flags: &["--skip-auth-route=!=^/closed"], opens: |place| !place.starts_with(b"/closed") },
    Rules {
        flags: &["--skip-auth-route=GET=^/open/.*$", "--skip-auth-regex=^/api/.*/status$"],
        opens: |place| {
            let api = place.starts_with(b"/api/") && place.ends_with(b"/status");
            place.starts_with(b"/open/") || api
        },
    },
];

/// What is forwarded of a target: all but a raw fragment.
pub(crate) fn forwarded(target: &str) -> &str {
    target.split('#').next().unwrap_or(target)
}

#[derive(Debug, Default)]
pub(crate) struct Tally {
    open: usize,
    denied: usize,
    forwarded: usize,
    cleaned: usize,
    refused: usize,
}

impl Tally {
    /// How often the app was asked.
    pub(crate) fn reached(&self) -> usize {
        self.open + self.forwarded
    }

    /// Without a session: denied, or open at a place that is open by every reading, the app's own among them.
    pub(crate) fn without_a_session(&mut self, site: &Site, rules: &Rules, target: &str, answer: &Response) {
        if answer.status != 200 {
            assert!(is_denial(answer), "{target:?}: {} {}", answer.status, answer.location());
            self.denied += 1;
            return;
        }
        self.open += 1;
        let parser = site.oracle.parser();
        for times in 1..=3 {
            let place = lenient(forwarded(target), times);
            let shown = String::from_utf8_lossy(&place);
            assert!((rules.opens)(&place), "{target:?} is open, and decoded {times} times it is {shown:?}");
        }
        let seen = site.understood(answer);
        // The apps leave out a slash at the end, which the rules ask for.
        let path = forwarded(target).split('?').next().unwrap_or_default();
        let end = if path.ends_with('/') && !seen.path.ends_with('/') { "/" } else { "" };
        let place = format!("{}{end}", seen.path);
        assert!((rules.opens)(place.as_bytes()), "{target:?} is open, and {parser:?} reads {place:?}");
        assert_eq!(seen.target, forwarded(target), "{parser:?}");
    }

    /// With a session: as it was sent, or the redirect of path cleaning, or 400.
    pub(crate) fn with_a_session(&mut self, site: &Site, target: &str, answer: &Response) {
        match answer.status {
            200 => {
                self.forwarded += 1;
                assert_eq!(site.understood(answer).target, forwarded(target), "{:?}", site.oracle.parser());
            }
            301 => {
                self.cleaned += 1;
                let location = answer.location();
                // To a target in absolute form, the original and we answer in that form.
                let location = location.strip_prefix("http://app.test").unwrap_or(location);
                assert!(location.starts_with('/') && !location.starts_with("//"), "{target:?} led to {location:?}");
            }
            400 => self.refused += 1,
            status => panic!("{target:?}: {status}"),
        }
    }
}

pub(crate) fn targets() -> Vec<String> {
    let mut random = Random::seeded("path mutations", SEED);
    (0..SAMPLES).map(|_| sample(&mut random)).collect()
}

/// Every sample before one app and under one set of rules; how many times the app was asked is known from its own count.
fn run(oracle: Oracle, rules: &Rules, targets: &[String]) {
    let site = Site::before(oracle, rules.flags);
    let cookie = site.alices_cookie();
    let (mut stranger, mut alice) = (Visitor::of(&site.program), Visitor::of(&site.program));
    let mut tally = Tally::default();
    for (n, target) in targets.iter().enumerate() {
        let request = |cookie: Option<&str>| {
            // The absolute form names the same place (RFC 9112 3.2.2).
            let absolute = format!("http://app.test{target}");
            let request = Request::get(if n % 11 == 0 && target.starts_with('/') { &absolute } else { target });
            let request = if n % 7 == 0 { websocket::handshake(request) } else { request };
            cookie.map_or(request.clone(), |cookie| request.cookie(cookie))
        };
        if let Some(answer) = stranger.try_ask(&request(None)) {
            tally.without_a_session(&site, rules, target, &answer);
        }
        // Every third with a session: what is forwarded does not depend on the rules.
        if n % 3 == 0
            && let Some(answer) = alice.try_ask(&request(Some(&cookie)))
        {
            tally.with_a_session(&site, target, &answer);
        }
    }
    let parser = site.oracle.parser();
    let reached = tally.reached();
    let Tally { open, denied, forwarded, cleaned, refused } = tally;
    println!(
        "path mutations, {parser:?}, {:?}: {open} open, {denied} denied; with a session {forwarded} forwarded, {cleaned} \
         cleaned, {refused} refused",
        rules.flags
    );
    assert_eq!(site.oracle.drain().len(), reached, "{parser:?} was asked by nobody else");
    assert!(open > 100 && denied > 10_000 && forwarded > 1_000, "the samples reach all verdicts");
}

#[test]
fn a_path_that_any_reader_takes_for_a_closed_place_is_never_open() {
    let targets = targets();
    let parsers = [Parser::Node, Parser::Wsgi, Parser::Go];
    std::thread::scope(|scope| {
        for (parser, rules) in parsers.into_iter().zip(&ALL_RULES) {
            let targets = &targets;
            scope.spawn(move || run(Oracle::start(parser), rules, targets));
        }
    });
}

#[test]
fn nor_is_it_when_a_trusted_front_proxy_names_it() {
    let rules = &ALL_RULES[0];
    let site = Site::before(Oracle::start(Parser::Go), &[rules.flags, &["--reverse-proxy"]].concat());
    let mut proxy = Visitor::of(&site.program);
    let (mut yes, mut no) = (0, 0);
    for target in targets().iter().take(SAMPLES / 4) {
        let request = Request::get("/oauth2/auth").header("X-Forwarded-Uri", target);
        match proxy.ask(&request).status {
            202 => {
                yes += 1;
                assert!(!target.contains('#'), "{target:?} has a fragment");
                for times in 1..=3 {
                    assert!((rules.opens)(&lenient(target, times)), "{target:?}");
                }
            }
            400 | 401 => no += 1,
            status => panic!("{target:?}: {status}"),
        }
    }
    println!("path mutations in X-Forwarded-Uri: {yes} open, {no} not");
    assert!(yes > 10 && no > 1_000 && site.oracle.drain().is_empty());
}
