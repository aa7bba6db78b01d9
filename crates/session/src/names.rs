//! Which cookies are ours.

use std::fmt::Write as _;

use aws_lc_rs::digest;

use crate::chunk::piece_name;
use crate::limits::{MAX_NAME_LEN, MAX_PIECES};

/// The names of all cookies this program sets, derived from the session cookie's.
#[derive(Clone, Debug)]
pub struct CookieNames {
    session: String,
    pieces: Vec<String>,
}

/// What a cookie of ours is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The session, whole.
    Session,
    /// A piece of the session; its index when it is one that we join.
    Piece(Option<usize>),
    /// The login state that v7 can read.
    Csrf,
    /// The sealed state of one login.
    Login,
}

impl CookieNames {
    /// Derives the names from `session`, the option `cookie-name`.
    #[must_use]
    pub fn new(session: &str) -> Self {
        Self { session: session.to_owned(), pieces: (0..MAX_PIECES).map(|index| piece_name(session, index)).collect() }
    }

    /// The session cookie's own name.
    #[must_use]
    pub fn session(&self) -> &str {
        &self.session
    }

    /// Whether a cookie called `name` is a session, ticket, piece or login cookie of ours, which the app must not see
    /// (D06).
    #[must_use]
    pub fn is_ours(&self, name: &str) -> bool {
        self.kind(name).is_some()
    }

    pub(crate) fn kind(&self, name: &str) -> Option<Kind> {
        let Some(rest) = name.strip_prefix(self.session.as_str()) else { return self.shortened_piece(name) };
        if rest.is_empty() {
            return Some(Kind::Session);
        }
        let rest = rest.strip_prefix('_')?;
        if !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Kind::Piece(self.pieces.iter().position(|piece| piece == name)));
        }
        if let Some(middle) = rest.strip_suffix("csrf") {
            let is_csrf = middle.is_empty()
                || middle
                    .strip_suffix('_')
                    .is_some_and(|hash| hash.len() == CSRF_HASH_LEN && hash.bytes().all(is_base64url));
            return is_csrf.then_some(Kind::Csrf);
        }
        let suffix = rest.strip_prefix("login_")?;
        let is_login =
            suffix.len() == LOGIN_SUFFIX_LEN && suffix.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        is_login.then_some(Kind::Login)
    }

    /// A piece whose name had to lose the end of the session cookie's.
    fn shortened_piece(&self, name: &str) -> Option<Kind> {
        if name.len() < MAX_NAME_LEN {
            return None;
        }
        let index = self.pieces.iter().position(|piece| piece == name)?;
        Some(Kind::Piece(Some(index)))
    }

    /// The CSRF cookie that all logins share.
    pub(crate) fn shared_csrf(&self) -> String {
        format!("{}_csrf", self.session)
    }

    /// The CSRF cookie of the login whose `state` begins with `state_hash`; the shared one when that is too short.
    pub(crate) fn per_request_csrf(&self, state_hash: &str) -> String {
        match state_hash.get(..CSRF_HASH_LEN) {
            Some(start) => format!("{}_{start}_csrf", self.session),
            None => self.shared_csrf(),
        }
    }

    /// The sealed cookie of the login whose `state` begins with `state_hash`.
    pub(crate) fn login(&self, state_hash: &str) -> String {
        let digest = digest::digest(&digest::SHA256, state_hash.as_bytes());
        let mut name = format!("{}_login_", self.session);
        for byte in digest.as_ref().iter().take(LOGIN_SUFFIX_LEN / 2) {
            let _ = write!(name, "{byte:02x}");
        }
        name
    }
}

/// Characters of the hashed state in the name of a per-request CSRF cookie.
const CSRF_HASH_LEN: usize = 8;
/// Hexadecimal digits at the end of a per-login cookie's name.
const LOGIN_SUFFIX_LEN: usize = 8;

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_names_are_told_from_those_of_the_app() {
        let names = CookieNames::new("_oauth2_proxy");
        for (name, kind) in [
            ("_oauth2_proxy", Some(Kind::Session)),
            ("_oauth2_proxy_0", Some(Kind::Piece(Some(0)))),
            ("_oauth2_proxy_15", Some(Kind::Piece(Some(15)))),
            ("_oauth2_proxy_16", Some(Kind::Piece(None))),
            ("_oauth2_proxy_00", Some(Kind::Piece(None))),
            ("_oauth2_proxy_99999999999999999999", Some(Kind::Piece(None))),
            ("_oauth2_proxy_csrf", Some(Kind::Csrf)),
            ("_oauth2_proxy_Yw3NKWbE_csrf", Some(Kind::Csrf)),
            ("_oauth2_proxy_Yw3-_WbE_csrf", Some(Kind::Csrf)),
            ("_oauth2_proxy_Yw3.KWbE_csrf", None),
            ("_oauth2_proxy_login_0123abcd", Some(Kind::Login)),
            ("_oauth2_proxy_login_0123ABCD", None),
            ("_oauth2_proxy_login_0123abcde", None),
            ("_oauth2_proxy_short_csrf", None),
            ("_oauth2_proxy_", None),
            ("_oauth2_proxy_-1", None),
            ("_oauth2_proxy_0x", None),
            ("_oauth2_proxy0", None),
            ("_OAUTH2_PROXY", None),
            ("_oauth2_prox", None),
            ("other", None),
        ] {
            assert_eq!(names.kind(name), kind, "{name}");
            assert_eq!(names.is_ours(name), kind.is_some());
        }
    }

    #[test]
    fn derived_names_are_ours() {
        let names = CookieNames::new("a.b");
        for name in
            [names.shared_csrf(), names.per_request_csrf("Yw3NKWbEM2aR"), names.login("Yw3NKWbEM2aR"), names.login("")]
        {
            assert!(names.is_ours(&name), "{name}");
        }
        assert!(!names.is_ours("aXb"), "a dot is a dot");
        assert_eq!(names.per_request_csrf("Yw3NKWbEM2aR"), "a.b_Yw3NKWbE_csrf");
        assert_eq!(names.per_request_csrf("short"), "a.b_csrf");
        assert_eq!(names.per_request_csrf("1234567\u{e9}"), "a.b_csrf");
    }

    #[test]
    fn pieces_of_a_very_long_name_are_ours_under_their_shortened_names() {
        let name = "n".repeat(256);
        let names = CookieNames::new(&name);
        assert_eq!(names.kind(&piece_name(&name, 3)), Some(Kind::Piece(Some(3))));
        assert_eq!(names.kind(&name), Some(Kind::Session));
    }
}
