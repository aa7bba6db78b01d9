//! Generator 6, session cookies in v7's format: whatever is done to one, it is no session any more.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use sidecar_testkit::oracle::{Oracle, Parser};
use sidecar_testkit::program::COOKIE_SECRET;
use sidecar_testkit::{Browser, Request, v7_cookie};

use crate::random::Random;
use crate::site::{SESSION, Site, Visitor};

const SEED: u64 = 0x434f_4f4b;

/// Asks with these cookies whether they are a session.
fn is_session(visitor: &mut Visitor<'_>, cookies: &str) -> bool {
    let answer = visitor.ask(&Request::get("/oauth2/auth").cookie(cookies));
    assert!(matches!(answer.status, 202 | 400 | 401 | 431), "{}: {cookies:.80}", answer.status);
    answer.status == 202
}

struct Parts<'a> {
    payload: &'a str,
    time: &'a str,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    fn of(value: &'a str) -> Self {
        let mut parts = value.split('|');
        let [payload, time, signature] = [(); 3].map(|()| parts.next().expect("three parts"));
        Self { payload, time, signature }
    }
}

/// The same cookie for everybody who reads it: of the last character of an unpadded end, two bits say nothing, and v7's own
/// reader does not look at them.
pub(crate) fn says_the_same(one: &str, other: &str) -> bool {
    let (one, other) = (Parts::of(one), other.split('|').collect::<Vec<_>>());
    let lenient = |text: &str| {
        let config = base64::engine::GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
        base64::engine::GeneralPurpose::new(&base64::alphabet::URL_SAFE, config).decode(text).ok()
    };
    other.len() == 3
        && (one.payload, one.time) == (other[0], other[1])
        && lenient(one.signature).is_some()
        && lenient(one.signature) == lenient(other[2])
}

/// The cookie of this value with each bit flipped once. A line break would end the header; every other byte can be sent.
pub(crate) fn flips(value: &str) -> impl Iterator<Item = String> {
    let flip = move |(at, bit): (usize, u8)| {
        let flipped = value.as_bytes()[at] ^ (1 << bit);
        let mutant = || format!("{}{}{}", &value[..at], char::from(flipped), &value[at + 1..]);
        (!matches!(flipped, b'\r' | b'\n')).then(mutant)
    };
    (0..value.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))).filter_map(flip)
}

#[test]
fn a_cookie_with_any_bit_flipped_is_no_session() {
    let site = Site::before(Oracle::start(Parser::Go), &[]);
    let cookie = site.alices_cookie();
    let value = cookie.split_once('=').expect("NAME=VALUE").1;
    let mut visitor = Visitor::of(&site.program);
    let (mut tried, mut same) = (0, 0);
    for mutant in flips(value) {
        tried += 1;
        if is_session(&mut visitor, &format!("{SESSION}={mutant}")) {
            assert!(says_the_same(value, &mutant), "{mutant}");
            same += 1;
        }
    }
    println!("cookie bits: {tried} flipped, {same} of them in bits that nobody reads");
    assert!(tried > 5_000 && same <= 6);
    assert!(is_session(&mut visitor, &cookie), "the true one still holds");
    assert!(site.oracle.drain().is_empty());
}

#[test]
fn a_cookie_cut_stretched_swapped_or_put_together_otherwise_is_no_session() {
    let site = Site::before(Oracle::start(Parser::Go), &[]);
    let cookie = site.alices_cookie();
    let other = site.alices_cookie();
    let [value, other] = [&cookie, &other].map(|cookie| cookie.split_once('=').expect("NAME=VALUE").1);
    let (a, b) = (Parts::of(value), Parts::of(other));
    assert_ne!(a.payload, b.payload);
    let mut mutants = vec![
        format!("{}|{}|{}", b.payload, a.time, a.signature),
        format!("{}|{}|{}", a.payload, a.time, b.signature),
        format!("{}|{}|{}", a.payload, "0", a.signature),
        format!("{}|{}|{}", a.payload, i64::MAX, a.signature),
        format!("{}|{}|{}", a.payload, "-1", a.signature),
        format!("{}|+{}|{}", a.payload, a.time, a.signature),
        format!("{}|0{}|{}", a.payload, a.time, a.signature),
        format!("{}|{}.0|{}", a.payload, a.time, a.signature),
        format!("{}||{}", a.payload, a.signature),
        format!("|{}|{}", a.time, a.signature),
        format!("{value}|"),
        format!("|{value}"),
        format!("{value}|{value}"),
        value.replace('|', "||"),
        value.replace('|', "%7C"),
        format!("%22{value}%22"),
    ];
    // The signature covers name, payload and time without anything between them: what moves from one to the other.
    for n in 1..a.time.len() {
        mutants.push(format!("{}{}|{}|{}", a.payload, &a.time[..n], &a.time[n..], a.signature));
    }
    for n in 1..6 {
        let (payload, moved) = a.payload.split_at(a.payload.len() - n);
        mutants.push(format!("{payload}|{moved}{}|{}", a.time, a.signature));
        mutants.push(format!("{}{}|{}|{}", &SESSION[SESSION.len() - n..], a.payload, a.time, a.signature));
        mutants.push(format!("{}|{}|{}", &a.payload[n..], a.time, a.signature));
    }
    mutants.extend((0..value.len()).step_by(7).map(|at| value[..at].to_owned()));
    mutants.extend((0..value.len()).step_by(31).map(|at| format!("{}A{}", &value[..at], &value[at..])));
    let mut visitor = Visitor::of(&site.program);
    for mutant in &mutants {
        assert!(!is_session(&mut visitor, &format!("{SESSION}={mutant}")), "{mutant}");
    }
    println!("cookie parts: {} mutants", mutants.len());
    assert!(is_session(&mut visitor, &format!("{SESSION}={other}")));
}

#[test]
fn a_cookie_of_another_purpose_or_name_is_no_session() {
    let site = Site::before(Oracle::start(Parser::Go), &[]);
    let mut browser = Browser::new();
    browser.open_once(&site.program.url("/oauth2/start?rd=/"));
    let others: Vec<(String, String)> =
        browser.jar.starting_with(SESSION).map(|cookie| (cookie.name.clone(), cookie.value.clone())).collect();
    assert!(others.len() >= 2, "the shared one and that of this login: {others:?}");
    let mut visitor = Visitor::of(&site.program);
    for (name, value) in &others {
        // As it is; as a piece; and so that name and value together are what was signed.
        let rest = name.strip_prefix(SESSION).expect("our prefix");
        for cookies in [
            format!("{SESSION}={value}"),
            format!("{SESSION}_0={value}"),
            format!("{SESSION}={rest}{value}"),
            format!("{SESSION}_0={rest}{value}"),
        ] {
            assert!(!is_session(&mut visitor, &cookies), "{name}: {cookies}");
        }
    }
    let session = site.alices_cookie();
    let value = session.split_once('=').expect("NAME=VALUE").1;
    for name in [
        "_oauth2_prox",
        "_oauth2_proxyy",
        "_Oauth2_proxy",
        "__Host-_oauth2_proxy",
        "_oauth2_proxy_csrf",
        "_oauth2_proxy_-1",
    ] {
        assert!(!is_session(&mut visitor, &format!("{name}={value}")), "{name}");
    }
}

#[test]
fn pieces_in_any_other_order_number_or_mixture_are_no_session() {
    let site = Site::before(Oracle::start(Parser::Go), &[]);
    let (one, other) = (site.alices_cookie(), site.alices_cookie());
    let [one, other] = [&one, &other].map(|cookie| cookie.split_once('=').expect("NAME=VALUE").1);
    let third = one.len() / 3;
    let pieces = [&one[..third], &one[third..2 * third], &one[2 * third..]];
    let name = |n: usize, piece: &str| format!("{SESSION}_{n}={piece}");
    let all =
        |order: [usize; 3]| order.iter().enumerate().map(|(n, of)| name(n, pieces[*of])).collect::<Vec<_>>().join("; ");
    let mut visitor = Visitor::of(&site.program);
    assert!(is_session(&mut visitor, &all([0, 1, 2])), "pieces of any length are put together");
    assert!(
        is_session(&mut visitor, &format!("{}; {}", all([0, 1, 2]), name(3, "AAAA"))),
        "the end is the signature's"
    );
    for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0], [0, 0, 1], [0, 1, 1]] {
        assert!(!is_session(&mut visitor, &all(order)), "{order:?}");
    }
    for cookies in [
        name(0, pieces[0]),
        format!("{}; {}", name(0, pieces[0]), name(1, pieces[1])),
        format!("{}; {}", name(0, pieces[0]), name(2, pieces[2])),
        format!("{}; {}; {}", name(1, pieces[0]), name(2, pieces[1]), name(3, pieces[2])),
        format!("{}; {}; {}", name(0, pieces[0]), name(1, pieces[1]), name(2, &other[2 * third..])),
        format!("{SESSION}_00={}; {SESSION}_01={}; {SESSION}_02={}", pieces[0], pieces[1], pieces[2]),
        (0..80).map(|n| name(n, "AAAA")).collect::<Vec<_>>().join("; "),
    ] {
        assert!(!is_session(&mut visitor, &cookies), "{cookies}");
    }
}

#[test]
fn a_good_signature_over_anything_but_a_session_is_no_session_and_no_crash() {
    let site = Site::before(Oracle::start(Parser::Go), &[]);
    let cookie = site.alices_cookie();
    let value = cookie.split_once('=').expect("NAME=VALUE").1;
    let sealed = URL_SAFE.decode(Parts::of(value).payload).expect("base64");
    let now = v7_cookie::now();
    let mut random = Random::seeded("signed rubbish", SEED);
    let mut visitor = Visitor::of(&site.program);
    let mut tried = 0;
    let mut refuse = |payload: &[u8], what: &str| {
        let signed = v7_cookie::sign(COOKIE_SECRET, SESSION, payload, now);
        assert!(!is_session(&mut visitor, &format!("{SESSION}={signed}")), "{what}");
        tried += 1;
    };
    for length in 0..sealed.len() {
        refuse(&sealed[..length], &format!("the first {length} bytes"));
    }
    for _ in 0..2_000 {
        let length = random.below(400);
        let payload: Vec<u8> = (0..length).map(|_| u8::try_from(random.below(256)).expect("a byte")).collect();
        refuse(&payload, "chance");
    }
    println!("signed rubbish: {tried} payloads");
    for (payload, time) in [("!", "1"), ("", ""), ("AAAA", "x"), ("=", "0"), ("AA", "9999999999999999999999")] {
        let signed = v7_cookie::sign_text(COOKIE_SECRET, SESSION, payload, time);
        assert!(!is_session(&mut visitor, &format!("{SESSION}={signed}")), "{payload} {time}");
    }
    // The test's own signature is the program's: what is signed here is looked at.
    let again = v7_cookie::sign(COOKIE_SECRET, SESSION, &sealed, now);
    assert!(is_session(&mut visitor, &format!("{SESSION}={again}")));
    assert!(!site.program.said().contains("panicked"), "{}", site.program.said());
}
