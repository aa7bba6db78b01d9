//! The settings of the session crate: cookies, their secret, what is kept in them.

use std::time::Duration;

use sidecar_core::Secret;
use sidecar_core::cookie::SameSite;
use sidecar_core::origin::Host;
use sidecar_providers::Id;
use sidecar_session::{
    CacheLimits, Contents, CookieSecret, CookieSettings, CsrfNaming, LoginSettings, Part, SecretError, StoreSettings,
};

use super::github;
use sidecar_upstream::Claim;

use super::judge::{Judge, given};
use crate::fault::quote;
use crate::options::Options;
use crate::structured::Structured;
use crate::value::GoDuration;
use crate::written::Written;

/// Browsers and v7 take no longer name.
const MAX_NAME: usize = 256;

/// How to make a good secret.
const MAKE_SECRET: &str = "write the output of: openssl rand -base64 32 | tr -- '+/' '-_'";

/// The secret in the original's examples.
const PUBLISHED: &str = "OQINaROshtE9TcZkNAm-5Zs2Pv3xaWytBmc5W7sPX7w=";

/// Where sessions are kept and how logins are remembered.
pub(super) fn settings(
    options: &Options,
    structured: &Structured,
    judge: &mut Judge,
) -> Option<(StoreSettings, LoginSettings)> {
    judge.word_of_store(&options.session_store_type);
    let secret = secret(options, judge);
    let previous_secrets = previous_secrets(options, judge);
    let cookie = cookie(options, judge);
    let lifetime = lifetime(options, judge);
    let login_lifetime = judge.duration(&options.cookie_csrf_expire);
    let same_site = judge.word(&options.cookie_csrf_samesite, &SAME_SITE);
    let max_value_bytes = max_value_bytes(&options.session_max_cookie_bytes, judge);
    minimal(options, structured, judge);
    let (secret, cookie) = (secret?, cookie?);
    let sessions = StoreSettings {
        secret: secret.clone(),
        previous_secrets: previous_secrets.clone(),
        cookie: cookie.clone(),
        lifetime: lifetime?,
        contents: if options.session_cookie_minimal.value { Contents::Minimal } else { Contents::Full },
        max_value_bytes: max_value_bytes?,
        needed: needed(options, structured),
        cache: CacheLimits::default(),
    };
    let logins = LoginSettings {
        secret,
        previous_secrets,
        cookie,
        same_site: same_site?,
        lifetime: Some(login_lifetime?).filter(|lifetime| !lifetime.is_zero()),
        csrf: csrf(options),
    };
    Some((sessions, logins))
}

impl Judge {
    fn word_of_store(&mut self, store: &Written<String>) {
        match store.value.as_str() {
            "cookie" => {}
            "redis" => self.not_served(store, "sessions in Redis", "leave it at cookie"),
            other => self.refuse(store, format!("{} is no kind of store", quote(other)), "write cookie"),
        }
    }
}

fn secret(options: &Options, judge: &mut Judge) -> Option<CookieSecret> {
    let written = options.cookie_secret.value.expose();
    if !written.is_empty() {
        return secret_of(&options.cookie_secret, "the secret", written.as_bytes(), judge);
    }
    let Some(path) = given(&options.cookie_secret_file) else {
        judge.refuse(&options.cookie_secret, "is required, here or in the file of cookie-secret-file", MAKE_SECRET);
        return None;
    };
    secret_of_file(&options.cookie_secret_file, path, judge)
}

/// The secrets that cookies may still be sealed with (`cookie-secret-previous`, then `cookie-secret-previous-file`).
fn previous_secrets(options: &Options, judge: &mut Judge) -> Vec<CookieSecret> {
    let (written, files) = (&options.cookie_secret_previous, &options.cookie_secret_previous_file);
    let mut secrets = Vec::new();
    for (number, secret) in (1..).zip(written.elements()) {
        let subject = format!("older secret {number}");
        secrets.extend(secret_of(&secret, &subject, secret.value.expose().as_bytes(), judge));
    }
    for file in judge.elements(files) {
        secrets.extend(secret_of_file(&file, file.value, judge));
    }
    secrets
}

/// The secret that is the whole content of the file at `path`, which an option names.
fn secret_of_file<T>(written: &Written<T>, path: &str, judge: &mut Judge) -> Option<CookieSecret> {
    match std::fs::read(path) {
        Ok(content) => {
            let content = Secret::new(content);
            secret_of(written, &format!("the content of {}", quote(path)), content.expose(), judge)
        }
        Err(error) => {
            judge.unreadable(written, path, &error);
            None
        }
    }
}

/// What was written as a secret; `subject` names it without repeating any of it.
fn secret_of<T>(written: &Written<T>, subject: &str, bytes: &[u8], judge: &mut Judge) -> Option<CookieSecret> {
    match CookieSecret::new(bytes) {
        Ok(secret) => {
            warn_of_weakness(written, bytes, judge);
            return Some(secret);
        }
        Err(_) if CookieSecret::new(without_line_break(bytes)).is_ok() => {
            let reason = format!("{subject} ends in a line break, which counts and makes it {} bytes", bytes.len());
            judge.refuse(written, reason, "take the line break away, as | tr -d '\\n' does");
        }
        Err(SecretError::KeyLength(length)) => {
            let reason =
                format!("{subject} must be 16, 24 or 32 bytes, as they are or in URL-safe base64, but is {length}");
            judge.refuse(written, reason, MAKE_SECRET);
        }
        Err(error) => judge.refuse(written, error.to_string(), MAKE_SECRET),
    }
    None
}

fn without_line_break(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., b'\r' | b'\n'] = bytes {
        bytes = rest;
    }
    bytes
}

/// A secret that anybody can guess.
fn warn_of_weakness<T>(written: &Written<T>, secret: &[u8], judge: &mut Judge) {
    let all_equal = secret.iter().all(|byte| secret.first() == Some(byte));
    if all_equal || secret.trim_ascii_end() == PUBLISHED.as_bytes() {
        judge.warn(written, format!("anybody can guess this secret and sign in as anybody; {MAKE_SECRET}"));
    }
}

/// What `cookie-samesite` may say.
const SAME_SITE: [(&str, Option<SameSite>); 4] =
    [("", None), ("lax", Some(SameSite::Lax)), ("strict", Some(SameSite::Strict)), ("none", Some(SameSite::None))];

fn cookie(options: &Options, judge: &mut Judge) -> Option<CookieSettings> {
    let same_site = judge.word(&options.cookie_samesite, &SAME_SITE);
    name(options, judge);
    if !is_attribute(&options.cookie_path.value) {
        judge.refuse(&options.cookie_path, "has a character that no cookie attribute may have", "write a path");
    }
    for domain in options.cookie_domains.elements() {
        if !is_attribute(domain.value) {
            judge.refuse(&domain, "has a character that no cookie attribute may have", "write a domain");
        } else if !is_domain(domain.value) {
            // compat: so v7 does, and its own examples have ports here.
            let message = format!(
                "{} is no domain, so cookies go out without one, for a single host; write a domain, as in .example.com",
                quote(domain.value)
            );
            judge.warn(&domain, message);
        }
    }
    judge.warn_if(&options.cookie_secure, false, "cookies travel over plain HTTP, where anybody can read them");
    if options.cookie_samesite.value == "none" && !options.cookie_secure.value {
        judge.warn(&options.cookie_samesite, "browsers drop cookies with SameSite=None and without Secure");
    }
    judge.warn_if(&options.cookie_httponly, false, "scripts of the app can read the session cookie");
    Some(CookieSettings {
        name: options.cookie_name.value.clone(),
        path: options.cookie_path.value.clone(),
        domains: options.cookie_domains.value.clone(),
        http_only: options.cookie_httponly.value,
        secure: options.cookie_secure.value,
        same_site: same_site?,
    })
}

/// A host without a port, with or without a dot in front; an empty one says nothing.
pub(super) fn is_domain(text: &str) -> bool {
    let name = text.strip_prefix('.').unwrap_or(text);
    text.is_empty() || Host::parse(name).is_some_and(|host| host.name() == name)
}

fn is_attribute(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b';')
}

/// A cookie name is a token ([RFC 6265 §4.1.1]); two prefixes bind it to attributes without which browsers drop it.
///
/// [RFC 6265 §4.1.1]: https://www.rfc-editor.org/rfc/rfc6265#section-4.1.1
fn name(options: &Options, judge: &mut Judge) {
    let written = &options.cookie_name;
    let name = written.value.as_str();
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        judge.refuse(written, format!("{} is no cookie name", quote(name)), "write letters, digits, - and _");
    }
    if name.len() > MAX_NAME {
        judge.refuse(written, format!("has {} bytes, more than {MAX_NAME}", name.len()), "write a shorter one");
    }
    let secure = options.cookie_secure.value;
    let bound = secure && options.cookie_path.value == "/" && options.cookie_domains.value.is_empty();
    if name.starts_with("__Host-") && !bound {
        let instead = "leave cookie-secure on, cookie-path at / and cookie-domain out, or choose another name";
        judge.refuse(written, "browsers drop a __Host- cookie with these attributes", instead);
    } else if name.starts_with("__Secure-") && !secure {
        judge.refuse(written, "browsers drop a __Secure- cookie without cookie-secure", "choose another name");
    }
}

/// How long a session cookie lives; the inner `None` ends it with the browser.
#[expect(clippy::option_option, reason = "outside: whether there is a fault; inside: whether there is an end")]
fn lifetime(options: &Options, judge: &mut Judge) -> Option<Option<Duration>> {
    let (expire, refresh) = (&options.cookie_expire, &options.cookie_refresh);
    let zero = GoDuration::from_nanos(0);
    if expire.value < zero {
        judge.duration(expire);
        return None;
    }
    if expire.value != zero && refresh.value >= expire.value {
        let reason = format!("{} is not shorter than cookie-expire, {}", refresh.value, expire.value);
        judge.conflict(refresh, reason, "write a shorter one");
        return None;
    }
    Some(expire.value.to_std().filter(|lifetime| !lifetime.is_zero()))
}

/// The size beyond which a session is cut down; the inner `None` never does.
#[expect(clippy::option_option, reason = "outside: whether there is a fault; inside: whether there is a limit")]
fn max_value_bytes(written: &Written<i64>, judge: &mut Judge) -> Option<Option<usize>> {
    match usize::try_from(written.value) {
        Ok(0) => Some(None),
        Ok(bytes) => Some(Some(bytes)),
        Err(_) => {
            judge.refuse(written, format!("{} is no size", written.value), "write a number of bytes, 0 for no limit");
            None
        }
    }
}

/// A minimal session has no tokens, so nothing may be configured that needs one.
fn minimal(options: &Options, structured: &Structured, judge: &mut Judge) {
    if !options.session_cookie_minimal.value {
        return;
    }
    let mut told = Vec::new();
    for claim in structured.claims() {
        let token = match claim.value.as_str() {
            "access_token" => "the access token",
            "id_token" => "the ID token",
            "refresh_token" => "the refresh token",
            _ => continue,
        };
        // One flag may ask for several headers.
        if !told.contains(&&claim.option) {
            let reason = format!("needs {token}, which session-cookie-minimal leaves out");
            judge.conflict(claim, reason, "switch one of the two off");
            told.push(&claim.option);
        }
    }
    if tells_tenant(options) {
        let reason = "needs the ID token, which session-cookie-minimal leaves out";
        judge.conflict(&options.entra_id_allowed_tenants, reason, "leave one of the two out");
    }
    if github::asks_with_access_token(options) {
        let reason = "needs the access token, which session-cookie-minimal leaves out";
        judge.conflict(&options.github_repo, reason, "leave one of the two out, or set github-token");
    }
    if options.cookie_refresh.value != GoDuration::from_nanos(0) {
        let reason = "needs the refresh token, which session-cookie-minimal leaves out";
        judge.conflict(&options.cookie_refresh, reason, "leave one of the two out");
    }
    if options.refresh_before_expiry.value != GoDuration::from_nanos(0) {
        let reason = "needs the refresh token, which session-cookie-minimal leaves out";
        judge.conflict(&options.refresh_before_expiry, reason, "leave one of the two out");
    }
}

/// Whether a session has to say at every request which tenant it is of (D41).
fn tells_tenant(options: &Options) -> bool {
    options.provider.value == Id::EntraId.as_str() && !options.entra_id_allowed_tenants.value.is_empty()
}

/// Whether a session has to say at every request which groups, teams or roles its visitor is in.
fn tells_memberships(options: &Options) -> bool {
    let demands_role = options.provider.value == Id::Keycloak.as_str() && !options.allowed_roles.value.is_empty();
    demands_role || !options.allowed_groups.value.is_empty() || github::reads_groups(options)
}

/// The parts of a session that some option needs, which are kept however big it is.
fn needed(options: &Options, structured: &Structured) -> Vec<Part> {
    let zero = GoDuration::from_nanos(0);
    let refreshes = options.cookie_refresh.value > zero || options.refresh_before_expiry.value > zero;
    let names_id_token = options.backend_logout_url.value.contains("{id_token}");
    let claims: Vec<Claim> = structured.claims().map(|claim| Claim::named(&claim.value)).collect();
    let passes = |claim: &Claim| claims.contains(claim);
    let passes_additional = claims.iter().any(|claim| matches!(claim, Claim::Additional(_)));
    let asks = github::asks_with_access_token(options);
    [
        (Part::IdToken, passes(&Claim::IdToken) || names_id_token || refreshes || tells_tenant(options)),
        (Part::AccessToken, passes(&Claim::AccessToken) || refreshes || asks),
        (Part::RefreshToken, passes(&Claim::RefreshToken) || refreshes),
        (Part::AdditionalClaims, passes_additional),
        (Part::Groups, passes(&Claim::Groups) || tells_memberships(options)),
    ]
    .into_iter()
    .filter_map(|(part, needed)| needed.then_some(part))
    .collect()
}

fn csrf(options: &Options) -> CsrfNaming {
    if !options.cookie_csrf_per_request.value {
        return CsrfNaming::Shared;
    }
    // compat: zero and less set no limit.
    let limit = usize::try_from(options.cookie_csrf_per_request_limit.value).ok().filter(|limit| *limit > 0);
    CsrfNaming::PerRequest { limit }
}
