//! The cookie store: a session lives in the visitor's browser and nowhere else.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use sidecar_core::Session;
use sidecar_core::code::Code;
use sidecar_core::cookie::{RequestCookies, SetCookie};
use sidecar_core::login::RandomError;

use crate::cache::SessionCache;
use crate::chunk::{self, Presented, Value};
use crate::limits::MAX_PIECES;
use crate::names::{CookieNames, Kind};
use crate::seal::{self, Unsealed};
use crate::settings::StoreSettings;
use crate::sign::{self, TAG_LEN};
use crate::writer::CookieWriter;
use crate::{CookieSecret, fit};

/// Keeps sessions in cookies.
pub struct CookieStore {
    settings: StoreSettings,
    names: CookieNames,
    writer: CookieWriter,
    cache: SessionCache,
}

/// What the session cookies of a request amount to.
#[derive(Debug)]
pub enum Opened {
    /// There is no session cookie.
    None,
    /// A session that we sealed.
    Session(OpenedSession),
    /// Something that is not a valid session: it should be cleared, and the visitor is not logged in.
    Rejected(Rejection),
}

/// A session and the cookie it came from.
#[derive(Clone, Debug)]
pub struct OpenedSession {
    /// The session; shared with other requests that carry the same cookie.
    pub session: Arc<Session>,
    /// Names the cookie it came from.
    pub id: SessionId,
}

/// Names one sealed session: two requests have the same one exactly when they carry the same cookie.
///
/// It is the envelope's verified signature, so nobody can make another cookie with it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId([u8; TAG_LEN]);

#[cfg(test)]
impl SessionId {
    pub(crate) const fn for_tests(tag: [u8; TAG_LEN]) -> Self {
        Self(tag)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(..)")
    }
}

/// Why session cookies were not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The signature is missing or wrong: the value was altered, or sealed with another secret or name.
    #[error("cookie signature not valid")]
    Tampered,
    /// The cookie is older than its lifetime, or more than five minutes from the future.
    #[error("cookie expired")]
    Expired,
    /// Only the first piece of several is there.
    #[error("cookie pieces missing")]
    Incomplete,
    /// The signature is right, but what was signed is no session.
    #[error("session in the cookie cannot be decoded")]
    Malformed,
}

impl Rejection {
    /// The code of what happened.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::Tampered => Code::SessionSeal,
            Self::Expired => Code::SessionExpired,
            Self::Incomplete => Code::SessionPieces,
            Self::Malformed => Code::SessionRecord,
        }
    }
}

impl CookieStore {
    /// A store with these settings.
    #[must_use]
    pub fn new(settings: StoreSettings) -> Self {
        Self {
            names: CookieNames::new(&settings.cookie.name),
            writer: CookieWriter::new(&settings.cookie, settings.cookie.same_site),
            cache: SessionCache::new(settings.cache),
            settings,
        }
    }

    /// Which cookies are ours.
    #[must_use]
    pub fn names(&self) -> &CookieNames {
        &self.names
    }

    /// Opens the session that a request carries.
    ///
    /// Of several cookies of one name the first that verifies counts; at most four are tried (D50). Of a whole cookie and
    /// one in pieces the younger counts: the other is left over of before the session grew or shrank (P74). A cookie that was
    /// opened before is looked up, without copying anything.
    #[must_use]
    pub fn open(&self, cookies: RequestCookies<'_>, now: SystemTime) -> Opened {
        let presented = Presented::collect(&self.names, cookies);
        let mut rejection = None;
        let mut note = |reason| rejection = rejection.or(Some(reason));
        let whole = presented.whole().find_map(|value| self.open_value(&value, now).map_err(&mut note).ok());
        let joined = presented.joined().find_map(|value| self.open_value(&value, now).map_err(&mut note).ok());
        let opened = match (whole, joined) {
            (Some(whole), Some(joined)) if joined.session.created_at > whole.session.created_at => Some(joined),
            (whole, joined) => whole.or(joined),
        };
        // compat: v7 checks a lone piece under the piece's name, which never matches.
        let lone = presented.is_incomplete().then_some(Rejection::Incomplete);
        match (opened, rejection.or(lone)) {
            (Some(opened), _) => Opened::Session(opened),
            (None, Some(reason)) => Opened::Rejected(reason),
            (None, None) => Opened::None,
        }
    }

    fn open_value(&self, value: &Value<'_>, now: SystemTime) -> Result<OpenedSession, Rejection> {
        if let Some(opened) = self.cache.get(value, self.settings.lifetime, now) {
            return Ok(opened);
        }
        let text = value.join();
        let Unsealed { session, timestamp, tag } = self.unseal(&text, now)?;
        let opened = OpenedSession { session: Arc::new(session), id: SessionId(tag) };
        self.cache.insert(value, text, timestamp, &opened);
        Ok(opened)
    }

    /// Opens with the current secret, else with one of before.
    fn unseal(&self, text: &str, now: SystemTime) -> Result<Unsealed, Rejection> {
        let open =
            |secret: &CookieSecret| seal::unseal(secret, self.names.session(), text, self.settings.lifetime, now);
        let mut result = open(&self.settings.secret);
        for secret in &self.settings.previous_secrets {
            if matches!(result, Err(Rejection::Tampered)) {
                result = open(secret);
            }
        }
        result
    }

    /// The cookies that keep `session`, for a response on `host` (with or without a port; the external one where
    /// forwarded headers are believed).
    ///
    /// A session without a creation time gets `now`. One that is too long for a cookie goes into several; those that the
    /// request presented in the other shape are deleted, since they would win over the new ones or spoil them.
    ///
    /// # Errors
    /// [`RandomError`] when there is no randomness to seal with.
    pub fn save(
        &self,
        session: &Session,
        presented: RequestCookies<'_>,
        host: &str,
        now: SystemTime,
    ) -> Result<Vec<SetCookie>, RandomError> {
        let mut kept = fit::as_configured(session, self.settings.contents);
        let timestamp = sign::unix_seconds(*kept.created_at.get_or_insert(now));
        let value = fit::seal_within(&mut kept, &self.settings, |session| {
            seal::seal(&self.settings.secret, self.names.session(), session, timestamp)
        })?;

        let attributes = self.writer.attributes(host, self.settings.lifetime);
        let pieces = chunk::split(self.names.session(), &value, attributes.written_len());
        if pieces.len() > MAX_PIECES {
            tracing::error!(
                pieces = pieces.len(),
                bytes = value.len(),
                "session needs more cookies than are read back"
            );
        } else if pieces.len() > 1 {
            tracing::warn!(pieces = pieces.len(), bytes = value.len(), "session exceeds the limit of one cookie");
        }
        let mut cookies: Vec<SetCookie> =
            pieces.iter().map(|(name, piece)| SetCookie::new(name, piece, &attributes)).collect();
        let is_new = |name: &str| pieces.iter().any(|(new, _)| new == name);
        cookies.extend(self.delete(presented, host, |name| !is_new(name)));
        Ok(cookies)
    }

    /// The lines that delete the session cookies and pieces the request presented, in its order, each name once.
    #[must_use]
    pub fn clear(&self, presented: RequestCookies<'_>, host: &str) -> Vec<SetCookie> {
        self.delete(presented, host, |_| true)
    }

    fn delete(&self, presented: RequestCookies<'_>, host: &str, which: impl Fn(&str) -> bool) -> Vec<SetCookie> {
        let is_kept_here = |name: &str| matches!(self.names.kind(name), Some(Kind::Session | Kind::Piece(_)));
        let names = presented.iter().map(|cookie| cookie.name);
        self.writer.delete_all(names.filter(|name| is_kept_here(name) && which(name)), host)
    }

    /// Drops what is remembered of the sessions a request carries; the cookies themselves stay valid.
    pub fn forget(&self, presented: RequestCookies<'_>) {
        let presented = Presented::collect(&self.names, presented);
        for value in presented.whole().chain(presented.joined()) {
            self.cache.forget(&value);
        }
    }
}

impl fmt::Debug for CookieStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieStore").field("name", &self.names.session()).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
