use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;

use super::*;
use crate::vectors::{full_session, hex};

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A session made at the time of all vectors.
fn session() -> Session {
    Session { created_at: Some(at(1_700_000_000)), ..Session::default() }
}

fn joe() -> Session {
    Session { user: Some("joe".to_owned()), ..session() }
}

fn claim(value: ClaimValue) -> Session {
    Session { additional_claims: [("c".to_owned(), value)].into(), ..session() }
}

fn number(text: &str) -> ClaimValue {
    ClaimValue::Number(text.to_owned())
}

fn string(text: &str) -> ClaimValue {
    ClaimValue::String(text.to_owned())
}

/// Everything of a session that can be compared.
pub(crate) fn parts(session: &Session) -> impl PartialEq + std::fmt::Debug + use<> {
    let token = |token: &Option<Secret<String>>| token.as_ref().map(|token| token.expose().clone());
    (
        (session.created_at, session.expires_at),
        (token(&session.access_token), token(&session.id_token), token(&session.refresh_token)),
        session.nonce.clone(),
        (session.email.clone(), session.user.clone(), session.groups.clone(), session.preferred_username.clone()),
        session.additional_claims.clone(),
    )
}

#[test]
fn records_are_the_vectors_of_v7() {
    let before_epoch = Some(UNIX_EPOCH - Duration::from_secs(1));
    let late = Some(UNIX_EPOCH + Duration::new(1 << 34, 5));
    let list = ClaimValue::List(vec![string("a"), number("1"), ClaimValue::Bool(true), ClaimValue::Null]);
    let inner = ClaimValue::Map([("z".to_owned(), number("2"))].into());
    let nested = ClaimValue::Map([("k".to_owned(), inner)].into());
    for (name, session, record) in [
        ("no expiry", joe(), "82a26361d6ff6553f100a175a36a6f65"),
        (
            "the epoch",
            Session { expires_at: Some(at(0)), ..joe() },
            "83a26361d6ff6553f100a2656fd6ff00000000a175a36a6f65",
        ),
        (
            "2^32",
            Session { expires_at: Some(at(1 << 32)), ..joe() },
            "83a26361d6ff6553f100a2656fd7ff0000000100000000a175a36a6f65",
        ),
        (
            "2^34 + 5 ns",
            Session { expires_at: late, ..joe() },
            "83a26361d6ff6553f100a2656fc70cff000000050000000400000000a175a36a6f65",
        ),
        (
            "-1",
            Session { expires_at: before_epoch, ..joe() },
            "83a26361d6ff6553f100a2656fc70cff00000000ffffffffffffffffa175a36a6f65",
        ),
        ("number", claim(number("42")), "82a26361d6ff6553f100a2616381a163a23432"),
        ("true", claim(ClaimValue::Bool(true)), "82a26361d6ff6553f100a2616381a163c3"),
        ("list", claim(list), "82a26361d6ff6553f100a2616381a16394a161a131c3c0"),
        ("map", claim(nested), "82a26361d6ff6553f100a2616381a16381a16b81a17aa132"),
        ("empty", session(), "81a26361d6ff6553f100"),
        (
            "empty texts",
            Session { user: Some(String::new()), id_token: Some(Secret::from("")), ..session() },
            "81a26361d6ff6553f100",
        ),
    ] {
        assert_eq!(*encode(&session), hex(record), "{name}");
        let again = encode(&decode(&hex(record)).unwrap());
        assert_eq!(*again, hex(record), "{name}, read and written again");
    }
}

#[test]
fn twenty_groups_are_an_array_of_the_longer_form() {
    let groups: Vec<String> = (0..20).map(|n| format!("g{n}")).collect();
    let record = encode(&Session { groups: groups.clone(), ..session() });
    let head = hex("82a26361d6ff6553f100a167dc0014a26730a26731");
    assert_eq!(record[..head.len()], head);
    assert!(record.ends_with(b"\xa3g19"));
    assert_eq!(decode(&record).unwrap().groups, groups);
}

#[test]
fn what_the_original_reads_is_read_row_by_row() {
    let user = "joe";
    for (name, record) in [
        ("other key order", "82a175a36a6f65a26361d6ff6553f100"),
        ("map16 header", "de0002a26361d6ff6553f100a175a36a6f65"),
        ("map32 header", "df00000002a26361d6ff6553f100a175a36a6f65"),
        ("str8 for short strings", "82a26361d6ff6553f100d90175d9036a6f65"),
        ("unknown key", "83a26361d6ff6553f100a17a92c381a16101a175a36a6f65"),
        ("duplicate key, last wins", "83a175a161a26361d6ff6553f100a175a36a6f65"),
        ("trailing bytes", "82a26361d6ff6553f100a175a36a6f65ffffff"),
        ("bin for str", "82a26361d6ff6553f100a175c4036a6f65"),
        ("bin key", "82a26361d6ff6553f100c40175a36a6f65"),
        (
            "nil fields",
            "8ba26361d6ff6553f100a2656fc0a26174c0a26974c0a27274c0a16ec0a165c0a175a36a6f65a167c0a27075c0a26163c0",
        ),
        ("timestamp of 8 bytes", "82a26361d7ff000000006553f100a175a36a6f65"),
        ("timestamp of 12 bytes", "82a26361c70cff00000000000000006553f100a175a36a6f65"),
        ("timestamp as ext8 of 4 bytes", "82a26361c704ff6553f100a175a36a6f65"),
        ("array of 11", "9bd6ff6553f100c0c0c0c0c0c0a36a6f65c0c0c0"),
    ] {
        let session = decode(&hex(record)).unwrap_or_else(|_| panic!("{name}"));
        assert_eq!(parts(&session), parts(&joe()), "{name}");
        assert_eq!(session.user.as_deref(), Some(user), "{name}");
    }
    let nonce = decode(&hex("81a16ea3616263")).unwrap();
    assert_eq!(nonce.nonce, b"abc", "str for bin");
    for empty in ["c0", "80"] {
        assert_eq!(parts(&decode(&hex(empty)).unwrap()), parts(&Session::default()), "{empty}");
    }
}

#[test]
fn numbers_of_any_type_are_read_in_claims() {
    for (record, text) in [
        ("2a", "42"),
        ("ff", "-1"),
        ("cc80", "128"),
        ("cfffffffffffffffff", "18446744073709551615"),
        ("d3ffffffffffffff00", "-256"),
        ("ca3fc00000", "1.5"),
        ("cb3ff8000000000000", "1.5"),
    ] {
        let session = decode(&hex(&format!("81a2616381a163{record}"))).unwrap();
        assert_eq!(session.additional_claims["c"], number(text), "{record}");
    }
}

#[test]
fn what_the_original_rejects_is_rejected_row_by_row() {
    for (name, record) in [
        ("timestamp as integer", "81a26361ce6553f100"),
        ("timestamp as float", "81a26361cb41d954fc40000000"),
        ("timestamp as RFC 3339", "81a26361b4323032332d31312d31345432323a31333a32305a"),
        ("timestamp as pair", "81a2636192ce6553f10000"),
        ("nonce as integers", "81a16e93010203"),
        ("array of 10", "9ac0c0c0c0c0c0c0c0c0c0"),
        ("array of 12", "9cc0c0c0c0c0c0c0c0c0c0c0c0"),
        ("integer key", "8101a36a6f65"),
        ("integer key in ac", "81a26163810102"),
        ("a string", "a36a6f65"),
        ("nothing", ""),
        ("user as list", "81a17591a161"),
        ("not UTF-8", "81a175a1ff"),
        ("infinite number", "81a2616381a163cb7ff0000000000000"),
    ] {
        assert!(decode(&hex(record)).is_err(), "{name}");
    }
}

#[test]
fn nesting_beyond_the_limit_is_an_error_and_not_a_crash() {
    let nested = |depth: usize| {
        let mut record = hex("81a2616381a163");
        record.extend(std::iter::repeat_n(0x91, depth));
        record.push(0xc0);
        decode(&record).is_ok()
    };
    assert!(nested(MAX_CLAIM_DEPTH));
    assert!(!nested(MAX_CLAIM_DEPTH + 1));
    assert!(!nested(100_000));
}

#[test]
fn an_array_of_four_billion_groups_is_an_error() {
    assert!(decode(&hex("81a167ddffffffff")).is_err());
    assert!(decode(&hex("81a26163dfffffffff")).is_err());
}

#[test]
fn a_number_comes_back_as_the_string_it_is_stored_as() {
    let session = full_session();
    assert_eq!(session.additional_claims["n"], number("42"));
    assert_eq!(decode(&encode(&session)).unwrap().additional_claims["n"], string("42"));
}

prop_compose! {
    fn any_time()(seconds in 0_u64..1 << 36, nanoseconds in 0_u32..1_000_000_000) -> SystemTime {
        UNIX_EPOCH + Duration::new(seconds, nanoseconds)
    }
}

fn any_claim() -> impl Strategy<Value = ClaimValue> {
    let leaf = prop_oneof![
        Just(ClaimValue::Null),
        any::<bool>().prop_map(ClaimValue::Bool),
        ".{0,40}".prop_map(ClaimValue::String),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(ClaimValue::List),
            proptest::collection::btree_map(".{0,5}", inner, 0..4).prop_map(ClaimValue::Map),
        ]
    })
}

pub(crate) fn any_session() -> impl Strategy<Value = Session> {
    let text = || proptest::option::of(".{1,60}");
    let token = || proptest::option::of("[!-~]{1,900}".prop_map(Secret::new));
    (
        (proptest::option::of(any_time()), proptest::option::of(any_time())),
        (token(), token(), token()),
        (proptest::collection::vec(any::<u8>(), 0..40), proptest::collection::vec(".{0,20}", 0..20)),
        (text(), text(), text()),
        proptest::collection::btree_map(".{0,12}", any_claim(), 0..5),
    )
        .prop_map(|(times, tokens, (nonce, groups), names, additional_claims)| Session {
            created_at: times.0,
            expires_at: times.1,
            access_token: tokens.0,
            id_token: tokens.1,
            refresh_token: tokens.2,
            nonce,
            email: names.0,
            user: names.1,
            groups,
            preferred_username: names.2,
            additional_claims,
        })
}

proptest! {
    #[test]
    fn any_session_survives_a_round_trip(session in any_session()) {
        prop_assert_eq!(parts(&decode(&encode(&session)).unwrap()), parts(&session));
    }

    #[test]
    fn any_bytes_are_read_or_refused(noise in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode(&noise);
    }

    #[test]
    fn a_cut_or_flipped_record_is_read_or_refused(session in any_session(), cut in any::<usize>(), bit in any::<usize>()) {
        let mut record = encode(&session).to_vec();
        let length = record.len();
        let _ = decode(&record[..cut % length]);
        record[bit / 8 % length] ^= 1 << (bit % 8);
        let _ = decode(&record);
    }
}
