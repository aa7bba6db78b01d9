//! The state of a login, kept in the visitor's browser between its start and its callback (D13).
//!
//! Every login writes two cookies: the CSRF cookie of v7, so that it may end on either program, and a small sealed one of
//! its own, so that logins in other tabs cannot overwrite it.

mod csrf;
mod sealed;

#[cfg(fuzzing)]
pub(crate) use sealed::sealed_record;

use std::time::{Duration, SystemTime};

use sidecar_core::cookie::{RequestCookies, SetCookie};
use sidecar_core::login::{LoginAttempt, RandomError};

use crate::CookieSecret;
use crate::limits::{MAX_LOGINS, MAX_TRIED};
use crate::names::{CookieNames, Kind};
use crate::settings::{CsrfNaming, LoginSettings};
use crate::sign;
use crate::writer::CookieWriter;

/// Keeps login attempts in cookies.
pub struct LoginCookies {
    secret: CookieSecret,
    previous_secrets: Vec<CookieSecret>,
    lifetime: Option<Duration>,
    csrf: CsrfNaming,
    names: CookieNames,
    writer: CookieWriter,
}

/// Where a login leads and how often it has been tried.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// Where the visitor wants to go. Kept unless it is very long: the `state` parameter has it too.
    pub return_to: &'a str,
    /// How often this login has restarted by itself (D14).
    pub restarts: u8,
}

/// The state of a login, back from the browser.
#[derive(Debug)]
pub struct TakenLogin {
    /// The attempt. Whether its `state` is the callback's is for the callback to check.
    pub attempt: LoginAttempt,
    /// Where the visitor wants to go, if the cookie says so: the sealed one does unless the target is very long, v7's
    /// never does.
    pub return_to: Option<String>,
    /// [`Destination::restarts`]; 0 from v7's cookie.
    pub restarts: u8,
    /// The lines that delete what was used; they belong into the callback's answer, however it ends.
    pub clear: Vec<SetCookie>,
}

/// Why the state of a login is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginStateError {
    /// The browser sent no cookie of this login.
    #[error("login cookie not found")]
    Missing,
    /// The login took longer than its cookies live.
    #[error("login cookie expired")]
    Expired,
    /// The cookie was altered, or sealed with another secret.
    #[error("login cookie not valid")]
    Tampered,
}

/// A cookie of a login, opened.
struct Kept {
    attempt: LoginAttempt,
    return_to: Option<String>,
    restarts: u8,
    /// Unix seconds.
    issued_at: i64,
}

impl LoginCookies {
    /// With these settings.
    #[must_use]
    pub fn new(settings: LoginSettings) -> Self {
        let same_site = settings.same_site.or(settings.cookie.same_site);
        Self {
            names: CookieNames::new(&settings.cookie.name),
            writer: CookieWriter::new(&settings.cookie, same_site),
            secret: settings.secret,
            previous_secrets: settings.previous_secrets,
            lifetime: settings.lifetime,
            csrf: settings.csrf,
        }
    }

    /// The name of the CSRF cookie in which v7 would look for the login whose `state` begins with `state_hash`.
    #[must_use]
    pub fn csrf_name(&self, state_hash: &str) -> String {
        match self.csrf {
            CsrfNaming::Shared => self.names.shared_csrf(),
            CsrfNaming::PerRequest { .. } => self.names.per_request_csrf(state_hash),
        }
    }

    /// The cookies that keep a new `attempt`, for a response on `host`, and the lines that delete those of old attempts
    /// beyond the limits.
    ///
    /// # Errors
    /// [`RandomError`] when there is no randomness to seal with.
    pub fn begin(
        &self,
        attempt: &LoginAttempt,
        destination: Destination<'_>,
        presented: RequestCookies<'_>,
        host: &str,
        now: SystemTime,
    ) -> Result<Vec<SetCookie>, RandomError> {
        let attributes = self.writer.attributes(host, self.lifetime);
        let state_hash = attempt.state.hash();
        let issued_at = sign::unix_seconds(now);

        let surplus = [self.surplus_csrf(presented, now), self.surplus_logins(presented, now)];
        let mut cookies = self.writer.delete_all(surplus.into_iter().flatten(), host);

        let name = self.csrf_name(&state_hash);
        let value = csrf::seal(&self.secret, &name, attempt, issued_at)?;
        cookies.push(SetCookie::new(&name, &value, &attributes));

        let name = self.names.login(&state_hash);
        let value = sealed::seal(&self.secret, &name, attempt, destination, issued_at)?;
        cookies.push(SetCookie::new(&name, &value, &attributes));
        Ok(cookies)
    }

    /// The login whose `state` begins with `state_hash`: from its own cookie, else from v7's CSRF cookie.
    ///
    /// # Errors
    /// [`LoginStateError`], which tells an expired login from one that never was.
    pub fn take(
        &self,
        state_hash: &str,
        presented: RequestCookies<'_>,
        host: &str,
        now: SystemTime,
    ) -> Result<TakenLogin, LoginStateError> {
        let login_name = self.names.login(state_hash);
        let csrf_name = self.csrf_name(state_hash);
        let own = self.first_that_opens(&login_name, state_hash, presented, now);
        let shared = self.first_that_opens(&csrf_name, state_hash, presented, now);

        let mut clear = Vec::new();
        if presented.values(&login_name).next().is_some() {
            clear.push(self.writer.delete(&login_name, host));
        }
        // Another login's CSRF cookie stays: that login may end on a program that knows no other.
        let is_of_another = own.is_ok() && shared.as_ref().is_ok_and(|kept| !kept.is_of(state_hash));
        if presented.values(&csrf_name).next().is_some() && !is_of_another {
            clear.push(self.writer.delete(&csrf_name, host));
        }
        let kept = own.or_else(|error| shared.map_err(|other| error.max(other)))?;
        Ok(TakenLogin { attempt: kept.attempt, return_to: kept.return_to, restarts: kept.restarts, clear })
    }

    /// Of the cookies called `name`, the first valid one of this login, else the first valid one.
    fn first_that_opens(
        &self,
        name: &str,
        state_hash: &str,
        presented: RequestCookies<'_>,
        now: SystemTime,
    ) -> Result<Kept, LoginStateError> {
        let mut result = Err(LoginStateError::Missing);
        for value in presented.values(name).take(MAX_TRIED) {
            match self.open(name, value, now) {
                Ok(kept) if kept.is_of(state_hash) => return Ok(kept),
                Ok(kept) => result = result.or(Ok(kept)),
                Err(error) => result = result.map_err(|worst| worst.max(error)),
            }
        }
        result
    }

    /// Opens a login cookie of either kind, with the current secret or one of before.
    fn open(&self, name: &str, value: &str, now: SystemTime) -> Result<Kept, LoginStateError> {
        let open = |secret: &CookieSecret| match self.names.kind(name) {
            Some(Kind::Login) => sealed::open(secret, name, value, self.lifetime, now),
            Some(Kind::Csrf) => csrf::open(secret, name, value, self.lifetime, now),
            Some(Kind::Session | Kind::Piece(_)) | None => Err(LoginStateError::Missing),
        };
        let mut result = open(&self.secret);
        for secret in &self.previous_secrets {
            if matches!(result, Err(LoginStateError::Tampered)) {
                result = open(secret);
            }
        }
        // An absent state would have an empty hash, which a forged callback can name.
        result.and_then(
            |kept| if kept.attempt.state.expose().is_empty() { Err(LoginStateError::Tampered) } else { Ok(kept) },
        )
    }

    /// Names of CSRF cookies that must go before another one comes on top.
    ///
    /// compat: v7 counts those it cannot decode but clears only those it can, oldest first; and without
    /// `cookie-csrf-per-request-limit` it lets them pile up.
    fn surplus_csrf<'a>(&self, presented: RequestCookies<'a>, now: SystemTime) -> Vec<&'a str> {
        let limit = match self.csrf {
            CsrfNaming::Shared => return Vec::new(),
            CsrfNaming::PerRequest { limit } => limit.unwrap_or(MAX_LOGINS - 1),
        };
        let cookies: Vec<_> =
            presented.iter().filter(|cookie| self.names.kind(cookie.name) == Some(Kind::Csrf)).collect();
        if cookies.len() <= limit {
            return Vec::new();
        }
        let mut decoded: Vec<(i64, &str)> = cookies
            .iter()
            .filter_map(|cookie| Some((self.open(cookie.name, cookie.value, now).ok()?.issued_at, cookie.name)))
            .collect();
        decoded.sort_by_key(|(issued_at, _)| *issued_at);
        let surplus = decoded.len().saturating_sub(limit);
        decoded.into_iter().take(surplus).map(|(_, name)| name).collect()
    }

    /// Names of per-login cookies that must go so that one more makes the most allowed: those that do not open first,
    /// then the oldest.
    fn surplus_logins<'a>(&self, presented: RequestCookies<'a>, now: SystemTime) -> Vec<&'a str> {
        let mut cookies: Vec<(Option<i64>, &str)> = presented
            .iter()
            .filter(|cookie| self.names.kind(cookie.name) == Some(Kind::Login))
            .map(|cookie| (self.open(cookie.name, cookie.value, now).ok().map(|kept| kept.issued_at), cookie.name))
            .collect();
        cookies.sort_by_key(|(issued_at, _)| *issued_at);
        let surplus = (cookies.len() + 1).saturating_sub(MAX_LOGINS);
        cookies.into_iter().take(surplus).map(|(_, name)| name).collect()
    }
}

impl Kept {
    /// Whether this is the login whose `state` begins with `state_hash`.
    fn is_of(&self, state_hash: &str) -> bool {
        sidecar_core::Secret::new(self.attempt.state.hash()).ct_eq(state_hash)
    }
}

impl LoginStateError {
    /// The one that says more about the cookies: expired, else altered, else absent.
    fn max(self, other: Self) -> Self {
        let rank = |error| match error {
            Self::Missing => 0,
            Self::Tampered => 1,
            Self::Expired => 2,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

impl std::fmt::Debug for LoginCookies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginCookies").field("name", &self.names.session()).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "login_tests.rs"]
mod tests;
