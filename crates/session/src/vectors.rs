//! Test vectors, all made by the original.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sidecar_core::claims::ClaimValue;
use sidecar_core::{Secret, Session};

use crate::CookieSecret;

/// The secret of all vectors but B and C.
pub(crate) const SECRET: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// The cookie name of all vectors.
pub(crate) const NAME: &str = "_oauth2_proxy";

/// The initialisation vector of all vectors.
pub(crate) const IV: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// The time of all vectors, in Unix seconds.
pub(crate) const TIME: u64 = 1_700_000_000;

/// A session: its record, the frame of it as the original compressed it, and the cookie's value.
pub(crate) struct Vector {
    pub(crate) name: &'static str,
    pub(crate) secret: &'static str,
    pub(crate) session: Session,
    pub(crate) record: &'static str,
    pub(crate) frame: &'static str,
    pub(crate) cookie: &'static str,
    /// Whether the block is stored, so that every compressor makes this frame.
    pub(crate) stored: bool,
}

pub(crate) fn secret(text: &str) -> CookieSecret {
    CookieSecret::new(text.as_bytes()).unwrap()
}

pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(TIME)
}

/// The bytes that hexadecimal `text` stands for.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// The session of vector A.
pub(crate) fn full_session() -> Session {
    Session {
        created_at: Some(UNIX_EPOCH + Duration::new(TIME, 123_456_789)),
        expires_at: Some(UNIX_EPOCH + Duration::from_secs(TIME + 3600)),
        access_token: Some(Secret::from("AT")),
        id_token: Some(Secret::from("IT")),
        refresh_token: Some(Secret::from("RT")),
        nonce: vec![0, 1, 2, 255],
        email: Some("a@b.c".to_owned()),
        user: Some("u1".to_owned()),
        groups: vec!["g1".to_owned(), "g2".to_owned()],
        preferred_username: Some("pu".to_owned()),
        additional_claims: [("n".to_owned(), ClaimValue::Number("42".to_owned()))].into(),
    }
}

/// Vectors A to D.
pub(crate) fn sessions() -> [Vector; 4] {
    let session = || Session { created_at: Some(now()), ..Session::default() };
    let joe = || Session { user: Some("joe".to_owned()), ..session() };
    [
        Vector {
            name: "A",
            secret: SECRET,
            session: full_session(),
            record: "8ba26361d7ff1d6f34546553f100a2656fd6ff6553ff10a26174a24154a26974a24954a27274a25254a16ec404000102ffa165a5\
                     6140622e63a175a27531a16792a26731a26732a27075a27075a2616381a16ea23432",
            frame: "04224d186440a7560000808ba26361d7ff1d6f34546553f100a2656fd6ff6553ff10a26174a24154a26974a24954a27274a25254\
                    a16ec404000102ffa165a56140622e63a175a27531a16792a26731a26732a27075a27075a2616381a16ea23432000000009dba\
                    b798",
            cookie: "AAECAwQFBgcICQoLDA0OD15MSU9su9bA8C7VtqCgx0UX7i_QwgBdRYTZAG3njjnqkUjXmoyZ8r8w5Ax5dgBxiTbrvZwJdCRkth-e\
                     5lkoBBc-90YJFtQYEoliEhEfKOdSC0hxBf1sw75DdFSeHJIBbh2IkZUS5FYT2A==|1700000000|z4UWl5_WsGKPO1q_DEapfor4FZ\
                     3jerT6Gsz-Tba9lzE=",
            stored: true,
        },
        Vector {
            name: "B",
            secret: "0123456789abcdef0123456789abcdef",
            session: Session { groups: vec!["x".to_owned()], ..joe() },
            record: "83a26361d6ff6553f100a175a36a6f65a16791a178",
            frame: "04224d186440a71500008083a26361d6ff6553f100a175a36a6f65a16791a178000000008f7f822e",
            cookie: "AAECAwQFBgcICQoLDA0OD_fzmzTo1oP-9wuH-ts6DbgAybCti6TS3JqiQYY9F5n-dcuj5-KmxRM=|1700000000|xr5kR-L9JE95XQ\
                     O1rUntJYbs02XBP703vG8cwFiOuyk=",
            stored: true,
        },
        Vector {
            name: "C",
            secret: "asdflkjhqwer)(*&",
            session: joe(),
            record: "82a26361d6ff6553f100a175a36a6f65",
            frame: "04224d186440a71000008082a26361d6ff6553f100a175a36a6f650000000022c0c3ee",
            cookie: "AAECAwQFBgcICQoLDA0OD0ksNHwONLBKSFlPfrGkarZD-6lhhNfVOgCQrvZ2m3iWkZp3|1700000000|Biom62C4f90IWVErX1r_soN\
                     UTZqNX9AZZsbaUU0thNw=",
            stored: true,
        },
        Vector {
            name: "D",
            secret: SECRET,
            session: Session { access_token: Some(Secret::new("abcd".repeat(100))), ..session() },
            record: D_RECORD,
            frame: "04224d186440a72a000000ff0582a26361d6ff6553f100a26174da0190616263640400ff6a007c01c06162636461626364616263\
                    640000000035e6a52e",
            cookie: "AAECAwQFBgcICQoLDA0OD15MSU9su9a88C5VwgdBBPF0RTl1wKu3nmZJzI9h1xlWPH6O3mPvAaII4owLy0FB-F2Sg7ySqT3tBSEOSOc=\
                     |1700000000|X-QL5Wyna-qHaO2hkgfPKoZggHgocCpDe7czQWzo-Js=",
            stored: false,
        },
    ]
}

/// Vector D leaves the record to be derived; the long token follows this.
pub(crate) const D_RECORD: &str = "82a26361d6ff6553f100a26174da0190";

/// The value of vector F's CSRF cookie under its two names.
pub(crate) const CSRF_NAME: &str = "_oauth2_proxy_csrf";
pub(crate) const CSRF_PER_REQUEST_NAME: &str = "_oauth2_proxy_Yw3NKWbE_csrf";
pub(crate) const CSRF_STATE_HASH: &str = "Yw3NKWbEM2aRElRIu7JbT_QSpJxzLbLIq8G4WBvXEN0";
pub(crate) const CSRF_RECORD: &str = "83a173c420000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1fa16ec420202122\
                                      232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3fa26376b176657269666965722d\
                                      7665726966696572";
const CSRF_PAYLOAD: &str = "AAECAwQFBgcICQoLDA0OD9nPd5Mo-3CU8ypQOwXLr5iN9xvdeCi1NapFe-tqr_s_IpqAkSp7KDIVeHhau0R9zr6xX9vX0rynXfk_\
                            oHdTWet3CAKkd2KvsV4bPXjwhJ5_Uh9FoUpg-Kq-ALYoVkw=|1700000000|";

pub(crate) fn csrf_value() -> String {
    format!("{CSRF_PAYLOAD}O0ymDFU1C8eYbjfgVioz7K0M40SnucFhZ8Lr_YRlop0=")
}

pub(crate) fn csrf_per_request_value() -> String {
    format!("{CSRF_PAYLOAD}2KX9-JSIcHC7G7417c1D3XVFHS3sJh-eGq3--9eOcNQ=")
}
