//! Who is logged in.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::Secret;
use crate::claims::ClaimValue;

/// A logged-in visitor: identity, tokens, and since when.
///
/// An absent text is `None`, never empty; the formats that keep a session leave absent fields out.
#[derive(Clone, Default)]
pub struct Session {
    /// When the visitor logged in or the session was last refreshed.
    pub created_at: Option<SystemTime>,
    /// When the tokens expire, if the provider said so.
    pub expires_at: Option<SystemTime>,
    /// The access token (RFC 6749 §1.4).
    pub access_token: Option<Secret<String>>,
    /// The ID token as it was received, a compact JWS (OIDC Core §2).
    pub id_token: Option<Secret<String>>,
    /// The refresh token (RFC 6749 §1.5).
    pub refresh_token: Option<Secret<String>>,
    /// The raw bytes whose hash was sent as `nonce` (OIDC Core §3.1.2.1); empty when there is none.
    pub nonce: Vec<u8>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The subject, `sub` (OIDC Core §2).
    pub user: Option<String>,
    /// Group names in the order the provider gave them.
    pub groups: Vec<String>,
    /// The claim `preferred_username` (OIDC Core §5.1).
    pub preferred_username: Option<String>,
    /// Further claims that the configuration asks for.
    pub additional_claims: BTreeMap<String, ClaimValue>,
}

impl Session {
    /// Whether [`Session::expires_at`] has passed. A session without one does not expire by this rule.
    #[must_use]
    pub fn is_expired(&self, now: SystemTime) -> bool {
        self.expires_at.is_some_and(|at| at < now)
    }

    /// How long ago the session was made or refreshed: whole seconds of `now` minus [`Session::created_at`], zero
    /// without one or when it lies in the future.
    #[must_use]
    pub fn age(&self, now: SystemTime) -> Duration {
        let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let now = UNIX_EPOCH + Duration::from_secs(seconds);
        self.created_at.and_then(|at| now.duration_since(at).ok()).unwrap_or_default()
    }

    /// Whether the session is older than `period`; `None` never refreshes.
    #[must_use]
    pub fn needs_refresh(&self, now: SystemTime, period: Option<Duration>) -> bool {
        period.is_some_and(|period| self.age(now) > period)
    }

    /// The name that logs call the visitor by: the e-mail address, else the user.
    #[must_use]
    pub fn log_name(&self) -> Option<&str> {
        self.email.as_deref().or(self.user.as_deref())
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("email", &self.email)
            .field("user", &self.user)
            .field("access_token", &self.access_token.is_some())
            .field("id_token", &self.id_token.is_some())
            .field("refresh_token", &self.refresh_token.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_session_needs_refresh_only_once_it_is_older_than_the_period() {
        let session = Session { created_at: Some(at(1000)), ..Session::default() };
        let period = Some(Duration::from_mins(1));
        assert!(!session.needs_refresh(at(1060), period));
        assert!(session.needs_refresh(at(1061), period));
        assert!(!session.needs_refresh(at(9999), None));
        assert!(!session.needs_refresh(at(1), period), "a session from the future has no age");
    }

    #[test]
    fn a_session_without_an_expiry_does_not_expire() {
        assert!(!Session::default().is_expired(at(u64::from(u32::MAX))));
        let session = Session { expires_at: Some(at(10)), ..Session::default() };
        assert!(!session.is_expired(at(10)));
        assert!(session.is_expired(at(11)));
    }

    #[test]
    fn debug_output_has_no_token() {
        let session = Session { access_token: Some(Secret::from("marked-token")), ..Session::default() };
        assert!(!format!("{session:?}").contains("marked-token"));
    }
}
