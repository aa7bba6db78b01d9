use proptest::prelude::*;

use super::*;
use crate::codec::tests::{any_session, parts};
use crate::vectors::{D_RECORD, IV, NAME, SECRET, Vector, hex, now, secret, sessions};

/// The record of a vector; that of D has its long token appended.
fn record(vector: &Vector) -> Vec<u8> {
    let mut record = hex(vector.record);
    if vector.record == D_RECORD {
        record.extend_from_slice("abcd".repeat(100).as_bytes());
    }
    record
}

#[test]
fn every_step_of_sealing_gives_the_bytes_of_v7() {
    for vector in sessions() {
        let name = vector.name;
        let secret = secret(vector.secret);
        assert_eq!(*codec::encode(&vector.session), record(&vector), "{name}: record");
        assert_eq!(*lz4::decompress(&hex(vector.frame), 4096).unwrap(), record(&vector), "{name}: frame opened");
        if vector.stored {
            assert_eq!(lz4::compress(&record(&vector)), hex(vector.frame), "{name}: frame");
        }
        let sealed = secret.cfb().seal_under(IV, &hex(vector.frame));
        let value = sign::mint(secret.hmac(), NAME, &sealed, 1_700_000_000);
        assert_eq!(value, vector.cookie, "{name}: cookie");
    }
}

#[test]
fn cookies_of_v7_open_to_the_sessions_they_were_made_of() {
    for vector in sessions() {
        let lifetime = Some(Duration::from_mins(1));
        let unsealed = unseal(&secret(vector.secret), NAME, vector.cookie, lifetime, now()).unwrap();
        assert_eq!(*codec::encode(&unsealed.session), record(&vector), "{}", vector.name);
        assert_eq!(unsealed.timestamp, 1_700_000_000);
    }
}

#[test]
fn a_cookie_of_another_secret_or_name_is_tampered() {
    let [a, b, ..] = sessions();
    let open = |secret_text, name, value| unseal(&secret(secret_text), name, value, None, now()).err();
    assert_eq!(open(SECRET, NAME, b.cookie), Some(Rejection::Tampered));
    assert_eq!(open(b.secret, NAME, a.cookie), Some(Rejection::Tampered));
    assert_eq!(open(SECRET, "_oauth2_proxy_0", a.cookie), Some(Rejection::Tampered));
    assert_eq!(open(SECRET, "_oauth2_proxy_csrf", a.cookie), Some(Rejection::Tampered));
}

#[test]
fn a_signed_payload_that_is_no_session_is_malformed() {
    let secret = secret(SECRET);
    let signed = |payload: &[u8]| sign::mint(secret.hmac(), NAME, payload, 1_700_000_000);
    let sealed = |frame: &[u8]| signed(&secret.cfb().seal(frame).unwrap());
    for (name, value) in [
        ("nothing", signed(b"")),
        ("less than an IV", signed(&[0; 15])),
        ("an IV alone", signed(&[0; 16])),
        ("noise", signed(&[7; 100])),
        ("no frame", sealed(&codec::encode(&sessions()[0].session))),
        ("no record", sealed(&lz4::compress(b"\xa1x"))),
        ("a bomb", sealed(&lz4::compress(&vec![0x90; MAX_RECORD_LEN + 1]))),
    ] {
        assert_eq!(unseal(&secret, NAME, &value, None, now()).err(), Some(Rejection::Malformed), "{name}");
    }
}

/// v7's signature does not cover the borders between name, payload and time. What moves across them must fall to the
/// decoding behind it.
#[test]
fn bytes_moved_across_the_borders_of_the_signature_open_nothing() {
    let secret = secret(SECRET);
    let csrf = "_oauth2_proxy_csrf";
    for length in 0..60 {
        let value = sign::mint(secret.hmac(), csrf, &vec![b'x'; length], 1_700_000_000);
        let (payload, rest) = value.split_once('|').unwrap();
        let (time, signature) = rest.split_once('|').unwrap();
        for taken in 0..time.len() {
            let (front, back) = time.split_at(taken);
            let moved = format!("_csrf{payload}{front}|{back}|{signature}");
            assert!(unseal(&secret, NAME, &moved, None, now()).is_err(), "{moved}");
        }
        let (front, back) = payload.split_at(payload.len() / 2);
        for moved in [format!("{front}|{back}{time}|{signature}"), format!("{payload}{time}||{signature}")] {
            assert!(unseal(&secret, csrf, &moved, None, now()).is_err(), "{moved}");
        }
    }
}

#[test]
fn every_single_bit_flip_is_noticed() {
    let secret = secret(SECRET);
    let cookie = sessions()[0].cookie;
    for position in 0..cookie.len() {
        for bit in 0..7 {
            let mut bytes = cookie.as_bytes().to_vec();
            bytes[position] ^= 1 << bit;
            let Ok(flipped) = String::from_utf8(bytes) else { continue };
            let result = unseal(&secret, NAME, &flipped, None, now());
            // The last character of the signature has two bits that mean nothing, here and in Go.
            let is_idle = position == cookie.len() - 2 && result.is_ok();
            assert!(is_idle || result.is_err(), "bit {bit} at {position}");
        }
    }
}

proptest! {
    #[test]
    fn any_session_survives_its_cookie(session in any_session(), seconds in 1_600_000_000_i64..1_800_000_000) {
        let secret = secret(SECRET);
        let value = seal(&secret, NAME, &session, seconds).unwrap();
        let unsealed = unseal(&secret, NAME, &value, None, now()).unwrap();
        prop_assert_eq!(parts(&unsealed.session), parts(&session));
        prop_assert_eq!(unsealed.timestamp, seconds);
        for cut in [0, 1, value.len() / 2, value.len() - 1] {
            prop_assert!(unseal(&secret, NAME, &value[..cut], None, now()).is_err());
        }
    }

    #[test]
    fn any_signed_bytes_are_opened_or_refused(frame in proptest::collection::vec(any::<u8>(), 0..300)) {
        let secret = secret(SECRET);
        for frame in [frame.clone(), lz4::compress(&frame)] {
            let value = sign::mint(secret.hmac(), NAME, &secret.cfb().seal(&frame).unwrap(), 1_700_000_000);
            let _ = unseal(&secret, NAME, &value, None, now());
        }
    }
}
