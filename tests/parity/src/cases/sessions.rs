//! Session cookies of every shape, sealed by the original's own code, as both programs read them.

use serde_json::{Value, json};

use crate::case::{Ask, Base, Case, Configuration, alice_but, case, configuration, get};
use crate::clock;
use crate::judge::{CookieOptions, Judge};

/// A secret of 32 letters, which decodes to 24 bytes: AES-192.
const SECRET_192: &str = "--cookie-secret=0123456789abcdef0123456789abcdef";
/// A secret of 16 bytes that are no base64: AES-128.
const SECRET_128: &str = "--cookie-secret=asdflkjhqwer)(*&";

/// AES-256, the usual name.
pub(super) fn shapes() -> Configuration {
    let mut cases = whole();
    cases.extend(broken());
    cases.extend(pieces());
    cases.extend(records());
    configuration("sessions", &["--cookie-expire=1h"], cases)
}

/// AES-192, another name, a session cookie without a lifetime.
pub(super) fn aes_192() -> Configuration {
    let mut cases = whole();
    cases.push(case("made long ago", app(alice_but(&json!({"ca": 1_000_000_000})))));
    Configuration {
        base: Base::NoSecret,
        ..configuration("sessions, AES-192", &[SECRET_192, "--cookie-name=__Host-sid", "--cookie-expire=0s"], cases)
    }
}

/// AES-128, a name with a dot.
pub(super) fn aes_128() -> Configuration {
    let flags = [SECRET_128, "--cookie-name=a.b"];
    Configuration { base: Base::NoSecret, ..configuration("sessions, AES-128", &flags, whole()) }
}

fn app(session: Value) -> Ask {
    get("/page").as_session(session)
}

fn info(session: Value) -> Ask {
    get("/oauth2/userinfo").as_session(session)
}

/// A text that is not repetitive, so that it does not compress away.
pub(super) fn long(length: usize) -> String {
    let mut state = 88_172_645_463_325_252_u64;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(b'A' + u8::try_from(state % 26).unwrap_or_default())
        })
        .collect()
}

fn whole() -> Vec<Case> {
    vec![
        case("a full session", app(alice_but(&json!({"ac": {"role": "r", "n": 1}})))),
        case("its userinfo", info(alice_but(&json!({"ac": {"role": "r", "n": 1, "l": [1, {"b": 2, "a": null}]}})))),
        case("without e-mail", app(json!({"u": "nameless"}))),
        case("without user", app(json!({"e": "a@example.com"}))),
        case("with an e-mail of many at signs", app(alice_but(&json!({"e": "a@b@example.com"})))),
        case("without groups", info(json!({"e": "a@example.com", "u": "a", "pu": "p"}))),
        case("one group", app(json!({"e": "a@example.com", "u": "a", "g": ["one"]}))),
        case("a group with a comma", app(json!({"e": "a@example.com", "u": "a", "g": ["one,two", "three"]}))),
        case("letters beyond ASCII", app(json!({"e": "jürgen@example.com", "u": "Jürgen", "g": ["grün"]}))),
        case("an expired access token", app(alice_but(&json!({"eo": 1_000_000_000})))),
        case("two pieces", app(alice_but(&json!({"at": long(4000)})))),
        case("three pieces", app(alice_but(&json!({"at": long(7000)})))),
        case("three pieces, who it is", info(alice_but(&json!({"at": long(7000)})))),
        case(
            "hundreds of groups",
            app(alice_but(&json!({"g": (0..400).map(|n| format!("group-{n}-{}", long(20))).collect::<Vec<_>>()}))),
        ),
        case(
            "a nanosecond before the next second",
            app(alice_but(&json!({"ca": clock::now_seconds().floor() - 1.000_000_1}))),
        ),
        case(
            "two pieces cleared by sign-out",
            get("/oauth2/sign_out").as_session(alice_but(&json!({"at": long(4000)}))),
        ),
    ]
}

fn broken() -> Vec<Case> {
    vec![
        case("older than cookie-expire", app(alice_but(&json!({"ca": clock::now_seconds() - 3700.0})))),
        case("a little younger than cookie-expire", app(alice_but(&json!({"ca": clock::now_seconds() - 3500.0})))),
        case("four minutes in the future", app(alice_but(&json!({"ca": clock::now_seconds() + 240.0})))),
        case("six minutes in the future", app(alice_but(&json!({"ca": clock::now_seconds() + 360.0})))),
        case(
            "a changed signature",
            get("/page").cookie(|judge, options| good(judge, options, |v| v.replace('=', "A"))),
        ),
        case("a changed byte", get("/page").cookie(|judge, options| good(judge, options, flip))),
        case("half of it", get("/page").cookie(|judge, options| good(judge, options, |v| v[..v.len() / 2].to_owned()))),
        case("an extra part", get("/page").cookie(|judge, options| good(judge, options, |v| format!("{v}|x")))),
        case("an empty value", get("/page").cookie(|_, options| format!("{}=", options.name))),
        case("rubbish", get("/page").cookie(|_, options| format!("{}=rubbish", options.name))),
        case("bad base64 signed", get("/page").cookie(|judge, options| signed(judge, options, "*", 5.0))),
        case("signed by another name", get("/page").cookie(other_name)),
        case("signed by another secret", get("/page").cookie(other_secret)),
        case(
            "a ticket of a redis session",
            get("/page")
                .cookie(|judge, options| signed(judge, options, "v2.X29hdXRoMl9wcm94eS0w.MTIzNDU2Nzg5MDEyMzQ1Ng", 5.0)),
        ),
        case("quoted", get("/page").cookie(|judge, options| good(judge, options, |v| format!("\"{v}\"")))),
        case("rubbish, on userinfo", get("/oauth2/userinfo").cookie(|_, options| format!("{}=rubbish", options.name))),
        case("rubbish, on auth", get("/oauth2/auth").cookie(|_, options| format!("{}=rubbish", options.name))),
        case(
            "rubbish, told in JSON",
            get("/x").with("Accept", "application/json").cookie(|_, options| format!("{}=rubbish", options.name)),
        ),
    ]
}

fn pieces() -> Vec<Case> {
    vec![
        case("pieces out of order", get("/page").cookie(|judge, options| split(judge, options, |p| p.reverse()))),
        case(
            "a missing middle piece",
            get("/page").cookie(|judge, options| split(judge, options, |p| drop(p.remove(1)))),
        ),
        case(
            "a missing first piece",
            get("/page").cookie(|judge, options| split(judge, options, |p| drop(p.remove(0)))),
        ),
        case("a missing last piece", get("/page").cookie(|judge, options| split(judge, options, |p| p.truncate(2)))),
        case("the first piece alone", get("/page").cookie(|judge, options| split(judge, options, |p| p.truncate(1)))),
        case("a left-over fourth piece", get("/page").cookie(left_over)).explained_by(super::rows::no_left_over()),
        case("a left-over whole beside pieces", get("/page").cookie(left_over_whole))
            .explained_by(super::rows::no_left_over()),
        case("the whole beside pieces", get("/page").cookie(whole_beside_pieces)),
        case(
            "a whole under the name of a piece",
            get("/page").cookie(|judge, options| good_named(judge, options, "_0")),
        ),
        case(
            "pieces and other cookies",
            get("/page").cookie(|judge, options| format!("a=b; {}; z=y", split(judge, options, |_| ()))),
        ),
        case("a stale cookie of the same name first", get("/page").cookie(stale_first))
            .explained_by(super::rows::first_that_verifies()),
    ]
}

/// Records that the original never writes but reads, or does not.
fn records() -> Vec<Case> {
    const RECORDS: [(&str, &str); 9] = [
        ("unknown members", "82a165a56140622e63a17aa17a"),
        ("members in another order", "82a175a27531a165a56140622e63"),
        ("a member twice", "82a175a27531a175a27532"),
        ("nil for a member", "82a165c0a175a27531"),
        ("an empty record", "80"),
        ("time as an integer", "82a26361ce6553f100a175a27531"),
        ("bin for text", "81a175c4027531"),
        ("trailing bytes", "81a175a27531ffff"),
        ("no record at all", "c1"),
    ];
    fn nth<const N: usize>(judge: &mut Judge, options: &CookieOptions) -> String {
        format!("{}={}", options.name, judge.seal(options, RECORDS[N].1, clock::seconds_ago(5.0)))
    }
    let makers: [fn(&mut Judge, &CookieOptions) -> String; 9] =
        [nth::<0>, nth::<1>, nth::<2>, nth::<3>, nth::<4>, nth::<5>, nth::<6>, nth::<7>, nth::<8>];
    let named = RECORDS.iter().zip(makers);
    named.map(|((name, _), make)| case(format!("a record with {name}"), get("/oauth2/userinfo").cookie(make))).collect()
}

fn good(judge: &mut Judge, options: &CookieOptions, change: fn(&str) -> String) -> String {
    let header = judge.mint(options, &crate::case::alice());
    let (name, value) = header.split_once('=').expect("one cookie");
    format!("{name}={}", change(value))
}

fn good_named(judge: &mut Judge, options: &CookieOptions, suffix: &str) -> String {
    let header = judge.mint(options, &crate::case::alice());
    let (name, value) = header.split_once('=').expect("one cookie");
    format!("{name}{suffix}={value}")
}

fn flip(value: &str) -> String {
    let middle = value.len() / 3;
    let other = if value.as_bytes()[middle] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &value[..middle], &value[middle + 1..])
}

fn signed(judge: &mut Judge, options: &CookieOptions, plain: &str, ago: f64) -> String {
    format!("{}={}", options.name, judge.sign(options, plain, clock::seconds_ago(ago)))
}

fn other_name(judge: &mut Judge, options: &CookieOptions) -> String {
    let other = CookieOptions { name: "other".into(), ..options.clone() };
    judge.mint(&other, &crate::case::alice()).replacen("other", &options.name, 1)
}

fn other_secret(judge: &mut Judge, options: &CookieOptions) -> String {
    let other =
        CookieOptions { secret: "another-secret-of-32-bytes-......".chars().take(32).collect(), ..options.clone() };
    judge.mint(&other, &crate::case::alice())
}

/// Alice's session in three pieces, rearranged.
fn split(judge: &mut Judge, options: &CookieOptions, rearrange: fn(&mut Vec<String>)) -> String {
    let header = judge.mint(options, &alice_but(&json!({"at": long(7000)})));
    let mut pieces: Vec<String> = header.split("; ").map(str::to_owned).collect();
    assert_eq!(pieces.len(), 3, "the session is meant to come in three pieces");
    rearrange(&mut pieces);
    pieces.join("; ")
}

fn left_over(judge: &mut Judge, options: &CookieOptions) -> String {
    format!("{}; {}_3=left|over", split(judge, options, |_| ()), options.name)
}

fn whole_beside_pieces(judge: &mut Judge, options: &CookieOptions) -> String {
    // The younger of the two, as it is when a session shrank.
    let pieces = split(judge, options, |_| ());
    format!("{pieces}; {}", judge.mint(options, &alice_but(&json!({"u": "whole"}))))
}

fn left_over_whole(judge: &mut Judge, options: &CookieOptions) -> String {
    let whole = judge.mint(options, &alice_but(&json!({"ca": 1_000_000_000})));
    format!("{whole}; {}", split(judge, options, |_| ()))
}

fn stale_first(judge: &mut Judge, options: &CookieOptions) -> String {
    let stale = judge.mint(options, &alice_but(&json!({"ca": 1_000_000_000})));
    format!("{stale}; {}", judge.mint(options, &crate::case::alice()))
}
