//! The one verifier of ID tokens ([OIDC Core §3.1.3.7]). Login, refresh and re-validation all come here; nothing in this
//! crate hands out claims of an ID token that did not pass.
//!
//! [OIDC Core §3.1.3.7]: https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation

mod received;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sidecar_core::claims::ClaimValue;
use subtle::ConstantTimeEq as _;

use crate::algorithm::Algorithm;
use crate::claims::Claims;
use crate::jwks::{Keys, KeysError};
use crate::jws::{Jws, JwsError};

pub use self::received::{ReceivedIdToken, receive};

/// How far another clock may be ahead of ours: allowed for `nbf` as the original does, and for `iat` (D55).
const CLOCK_SKEW: Duration = Duration::from_mins(5);

/// The claim by which a logout token tells itself from an ID token (OIDC Back-Channel Logout §2.4).
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What an ID token must say to be accepted.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// Who must have issued it.
    pub issuer: IssuerRule<'a>,
    /// Our client id.
    pub client_id: &'a str,
    /// Further audiences that count as us.
    pub extra_audiences: &'a [String],
    /// The claims that may name the audience; the first that is present decides. Top-level names, no paths.
    pub audience_claims: &'a [String],
    /// What it may be signed with; [`Algorithm::allowed`] makes the list.
    pub algorithms: &'a [Algorithm],
    /// The value of `nonce`.
    pub nonce: NonceRule<'a>,
    /// The rule for `azp`.
    pub authorized_party: PartyRule,
    /// The time of day.
    pub now: SystemTime,
}

/// The rule for `iss`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerRule<'a> {
    /// Exactly this text, trailing slash and all.
    Exactly(&'a str),
    /// Whoever it says (`insecure-oidc-skip-issuer-verification`); the claim must be there.
    Any,
}

/// The rule for `nonce`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonceRule<'a> {
    /// Exactly the text that was sent.
    Equals(&'a str),
    /// Exactly that text, or absent: tokens after the login (OIDC Core §12.2).
    EqualsIfPresent(&'a str),
    /// Not looked at (`insecure-oidc-skip-nonce`).
    Unchecked,
}

/// The rule for `azp`, the client that asked for the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartyRule {
    /// We are it, where it is there (OIDC Core §3.1.3.7, number 5): a login that we began.
    Us,
    /// Whoever it says: a bearer token is for its audience, and another client than that asked for it by rights. Google's
    /// service accounts and Keycloak's clients name themselves there.
    Any,
}

/// An ID token that passed. Only [`verify`] and [`verify_at_once`] make one.
#[derive(Debug)]
pub struct IdToken {
    claims: Claims,
    subject: String,
    expires_at: Option<SystemTime>,
}

impl IdToken {
    /// All of its claims.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The claim `sub`, never empty.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The claim `exp`; `None` when it is beyond all dates.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }
}

/// What an ID token said once: our provider signed and issued it, and that is all. Its time may be over and it may have
/// been made for another of our apps, so it lets nobody in; it is there to look something up in a session that was let in
/// already. Only [`recall`] makes one.
#[derive(Debug)]
pub struct PastIdToken {
    claims: Claims,
}

impl PastIdToken {
    /// All of its claims.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }
}

/// Why an ID token is not accepted. Says which check failed and never quotes the token.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdTokenError {
    /// The token cannot be taken apart, or its header is not acceptable.
    #[error("the ID token is not acceptable")]
    Jws(#[from] JwsError),
    /// The provider's keys could not be had.
    #[error("the provider's keys are not available")]
    Keys(#[from] KeysError),
    /// No key of the provider made the signature.
    #[error("no key of the provider signed the ID token")]
    Signature,
    /// The payload is not a JSON object.
    #[error("the ID token's payload is not a JSON object")]
    Payload,
    /// A claim has another type than its specification says.
    #[error("the claim {0} has the wrong type")]
    ClaimType(&'static str),
    /// A claim that must be there is not.
    #[error("the claim {0} is missing")]
    Missing(&'static str),
    /// `_claim_names` points to a source that is not in `_claim_sources` (OIDC Core §5.6.2).
    #[error("a distributed claim has no source")]
    ClaimSource,
    /// It is a logout token.
    #[error("the token is a logout token")]
    LogoutToken,
    /// `iss` is not the configured issuer.
    #[error("the ID token was issued by a different provider")]
    Issuer,
    /// The audience is missing or is not us.
    #[error("invalid audience")]
    Audience(#[source] AudienceError),
    /// `azp` is not us.
    #[error("the ID token was issued to another client")]
    AuthorizedParty,
    /// `exp` has passed.
    #[error("the ID token is expired")]
    Expired,
    /// `nbf` is more than five minutes ahead.
    #[error("the ID token is not valid yet")]
    NotYetValid,
    /// `iat` is more than five minutes ahead.
    #[error("the ID token was issued in the future")]
    IssuedInTheFuture,
    /// `nonce` is missing or is not the one of this login.
    #[error("id_token nonce claim does not match the session nonce")]
    Nonce,
}

/// What is wrong with the audience.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AudienceError {
    /// The first configured claim that is present names neither the client id nor an extra audience.
    #[error("audience from claim {0} does not match any allowed audience")]
    NoMatch(String),
    /// None of the configured claims is present.
    #[error("the audience claims do not exist")]
    Absent,
    /// The claim is neither a text nor a list of texts; `null`, for instance.
    #[error("audience claim {0} holds an unsupported type")]
    Type(String),
}

impl IdTokenError {
    /// Whether the visitor is to be told that they may not in (403), rather than that something broke: the wrong or a
    /// missing audience as v7 does, the nonce, and the checks of D55.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Audience(_) | Self::AuthorizedParty | Self::IssuedInTheFuture | Self::Nonce => true,
            Self::Missing(claim) => matches!(*claim, "sub" | "iss" | "iat"),
            Self::Jws(_)
            | Self::Keys(_)
            | Self::Signature
            | Self::Payload
            | Self::ClaimType(_)
            | Self::ClaimSource
            | Self::LogoutToken
            | Self::Issuer
            | Self::Expired
            | Self::NotYetValid => false,
        }
    }
}

/// Verifies `token`, which may come from anybody.
///
/// # Errors
/// [`IdTokenError`] names the check that failed.
///
/// # Cancel safety
/// May be dropped at any time; at most a fetch of keys is lost.
pub async fn verify(token: &str, policy: &Policy<'_>, keys: &Keys) -> Result<IdToken, IdTokenError> {
    let claims = signed_claims(token, policy.algorithms, keys).await?;
    accepted(claims, policy)
}

/// The same for a token that any stranger may have sent: what can be said without fetching keys is said at once, and about a
/// token that is refused whoever signed it nobody is asked. `None` leaves it to [`verify`].
pub fn verify_at_once(token: &str, policy: &Policy<'_>, keys: &Keys) -> Option<Result<IdToken, IdTokenError>> {
    let passed = Jws::parse(token, policy.algorithms).map_err(IdTokenError::from).and_then(|jws| {
        let claims = Claims::parse(&jws.payload).map_err(|_| IdTokenError::Payload)?;
        refuse_other_kinds(&claims)?;
        Ok((jws, accepted(claims, policy)?))
    });
    match passed {
        // It is not accepted before its signature is.
        Ok((jws, id_token)) => {
            keys.signed_at_once(&jws).map(|signed| signed.then_some(id_token).ok_or(IdTokenError::Signature))
        }
        Err(error) => Some(Err(error)),
    }
}

fn accepted(claims: Claims, policy: &Policy<'_>) -> Result<IdToken, IdTokenError> {
    let subject = check(&claims, policy)?;
    let exp = time(&claims, "exp")?.and_then(|exp| u64::try_from(exp).ok());
    let expires_at = exp.and_then(|exp| UNIX_EPOCH.checked_add(Duration::from_secs(exp)));
    Ok(IdToken { claims, subject, expires_at })
}

/// What the claims themselves must say, and who the visitor is then (`sub`). The numbers are those of OIDC Core §3.1.3.7.
fn check(claims: &Claims, policy: &Policy<'_>) -> Result<String, IdTokenError> {
    // 2. `iss` is exactly the issuer that discovery and configuration name.
    check_issuer(claims, policy.issuer)?;
    // 3. The audience has our client id, or one configured as ours; others beside it are tolerated, as in v7.
    check_audience(claims, policy)?;
    // 4. Several audiences without `azp` pass, as in v7.
    // 5. An `azp` that is there is ours.
    check_authorized_party(claims, policy)?;
    // 9. `exp` is not before now, without leeway; and `nbf` (RFC 7519 §4.1.5) not ahead.
    // 10. `iat` is there (D55) and not in the future. An old one is not refused: `exp` says how long a token lives.
    check_times(claims, policy.now)?;
    // 11. `nonce` is the one that was sent with this login.
    check_nonce(claims, policy.nonce)?;
    // 12. `acr` and 13. `auth_time`: no option asks the provider for a promise here. `acr_values` among the extra
    //     parameters of the authorization request is a wish (OIDC Core §5.5.1.1), and nothing sends `max_age`.
    check_subject(claims)
}

/// Reads an ID token of a session that exists: signature, kind and issuer are checked, neither times nor audience nor
/// `nonce`. Whoever made the session checked those, and time has passed since.
///
/// # Errors
/// [`IdTokenError`] names the check that failed.
///
/// # Cancel safety
/// May be dropped at any time; at most a fetch of keys is lost.
pub async fn recall(
    token: &str,
    issuer: IssuerRule<'_>,
    algorithms: &[Algorithm],
    keys: &Keys,
) -> Result<PastIdToken, IdTokenError> {
    let claims = signed_claims(token, algorithms, keys).await?;
    check_issuer(&claims, issuer)?;
    Ok(PastIdToken { claims })
}

/// The claims of a token that one of `keys` signed, and that is of no other kind. The numbers are those of OIDC Core
/// §3.1.3.7.
async fn signed_claims(token: &str, algorithms: &[Algorithm], keys: &Keys) -> Result<Claims, IdTokenError> {
    // 1. Encryption: none was registered, so a token of five parts is refused with the other malformed ones.
    // 7. `alg` is one of ours: RS256, or what configuration and metadata agree on. Never `none`.
    // 8. No MAC algorithms: `Algorithm` has none, so the client secret is no key.
    let jws = Jws::parse(token, algorithms)?;
    // 6. The signature is always checked, also for tokens that came from the token endpoint over TLS.
    if !keys.signed(&jws).await? {
        return Err(IdTokenError::Signature);
    }
    let claims = Claims::parse(&jws.payload).map_err(|_| IdTokenError::Payload)?;
    refuse_other_kinds(&claims)?;
    Ok(claims)
}

/// Tokens of the same issuer and audience that say something else than who logged in.
fn refuse_other_kinds(claims: &Claims) -> Result<(), IdTokenError> {
    if let Some(ClaimValue::Map(events)) = claims.member("events")
        && events.contains_key(LOGOUT_EVENT)
    {
        return Err(IdTokenError::LogoutToken);
    }
    // compat: v7 refuses a token whose distributed claims do not name their source; it follows none, and neither do we.
    let Some(ClaimValue::Map(names)) = claims.member("_claim_names") else { return Ok(()) };
    for source in names.values() {
        let known = match (source, claims.member("_claim_sources")) {
            (ClaimValue::String(name), Some(ClaimValue::Map(sources))) => sources.contains_key(name),
            _ => false,
        };
        if !known {
            return Err(IdTokenError::ClaimSource);
        }
    }
    Ok(())
}

fn check_issuer(claims: &Claims, rule: IssuerRule<'_>) -> Result<(), IdTokenError> {
    let iss = text(claims, "iss")?.filter(|iss| !iss.is_empty()).ok_or(IdTokenError::Missing("iss"))?;
    let accepted = match rule {
        IssuerRule::Any => true,
        // The one exception is v7's: Google has issued tokens without the scheme.
        IssuerRule::Exactly("https://accounts.google.com") => {
            matches!(iss, "https://accounts.google.com" | "accounts.google.com")
        }
        IssuerRule::Exactly(issuer) => iss == issuer,
    };
    if accepted { Ok(()) } else { Err(IdTokenError::Issuer) }
}

fn check_audience(claims: &Claims, policy: &Policy<'_>) -> Result<(), IdTokenError> {
    // compat: whatever claim decides, an `aud` that is there has the type the specification gives it.
    if let Some(aud) = claims.member("aud").filter(|aud| **aud != ClaimValue::Null) {
        audiences(aud).ok_or(IdTokenError::ClaimType("aud"))?;
    }
    let first = policy.audience_claims.iter().find_map(|name| Some((name, claims.member(name)?)));
    let (name, value) = first.ok_or(IdTokenError::Audience(AudienceError::Absent))?;
    let audiences = audiences(value).ok_or_else(|| IdTokenError::Audience(AudienceError::Type(name.clone())))?;
    if audiences.iter().any(|audience| policy.is_us(audience)) {
        Ok(())
    } else {
        Err(IdTokenError::Audience(AudienceError::NoMatch(name.clone())))
    }
}

fn check_authorized_party(claims: &Claims, policy: &Policy<'_>) -> Result<(), IdTokenError> {
    match text(claims, "azp")? {
        Some(azp) if policy.authorized_party == PartyRule::Us && !policy.is_us(azp) => {
            Err(IdTokenError::AuthorizedParty)
        }
        Some(_) | None => Ok(()),
    }
}

fn check_times(claims: &Claims, now: SystemTime) -> Result<(), IdTokenError> {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let latest = seconds.saturating_add(CLOCK_SKEW.as_secs().cast_signed());
    let exp = time(claims, "exp")?.ok_or(IdTokenError::Missing("exp"))?;
    if exp < seconds || (exp == seconds && now.subsec_nanos() > 0) {
        return Err(IdTokenError::Expired);
    }
    if time(claims, "nbf")?.is_some_and(|nbf| nbf > latest) {
        return Err(IdTokenError::NotYetValid);
    }
    let iat = time(claims, "iat")?.ok_or(IdTokenError::Missing("iat"))?;
    if iat > latest {
        return Err(IdTokenError::IssuedInTheFuture);
    }
    Ok(())
}

fn check_nonce(claims: &Claims, rule: NonceRule<'_>) -> Result<(), IdTokenError> {
    let is_sent = |sent: &str| match claims.member("nonce") {
        Some(ClaimValue::String(nonce)) if !nonce.is_empty() => bool::from(nonce.as_bytes().ct_eq(sent.as_bytes())),
        _ => false,
    };
    let is_right = match rule {
        NonceRule::Equals(sent) => is_sent(sent),
        NonceRule::EqualsIfPresent(sent) => claims.look_up("nonce").is_none() || is_sent(sent),
        NonceRule::Unchecked => true,
    };
    if is_right { Ok(()) } else { Err(IdTokenError::Nonce) }
}

fn check_subject(claims: &Claims) -> Result<String, IdTokenError> {
    let sub = text(claims, "sub")?.filter(|sub| !sub.trim().is_empty()).ok_or(IdTokenError::Missing("sub"))?;
    Ok(sub.to_owned())
}

impl Policy<'_> {
    fn is_us(&self, audience: &str) -> bool {
        audience == self.client_id || self.extra_audiences.iter().any(|extra| extra == audience)
    }
}

/// A string claim; `null` is absent, another type an error rather than absence.
fn text<'a>(claims: &'a Claims, name: &'static str) -> Result<Option<&'a str>, IdTokenError> {
    match claims.member(name) {
        None | Some(ClaimValue::Null) => Ok(None),
        Some(ClaimValue::String(text)) => Ok(Some(text)),
        Some(_) => Err(IdTokenError::ClaimType(name)),
    }
}

/// A `NumericDate` in whole seconds (RFC 7519 §2): an integer, or a fraction cut off. What no 64-bit number holds is an
/// error; a text such as `"9999999999"` is one, not absence.
fn time(claims: &Claims, name: &'static str) -> Result<Option<i64>, IdTokenError> {
    /// 2⁶³, the first number too large; exact as a float.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    match claims.member(name) {
        None | Some(ClaimValue::Null) => Ok(None),
        Some(ClaimValue::Number(text)) => {
            let fraction = || text.parse::<f64>().ok().filter(|number| number.abs() < LIMIT);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the fraction is meant to be cut, the range is checked"
            )]
            let seconds = text.parse::<i64>().ok().or_else(|| fraction().map(|number| number as i64));
            seconds.map(Some).ok_or(IdTokenError::ClaimType(name))
        }
        Some(_) => Err(IdTokenError::ClaimType(name)),
    }
}

/// One audience or a list of them; `None` for any other type, also inside the list.
fn audiences(value: &ClaimValue) -> Option<Vec<&str>> {
    match value {
        ClaimValue::String(one) => Some(vec![one]),
        ClaimValue::List(many) => many
            .iter()
            .map(|one| match one {
                ClaimValue::String(one) => Some(one.as_str()),
                ClaimValue::Null
                | ClaimValue::Bool(_)
                | ClaimValue::Number(_)
                | ClaimValue::List(_)
                | ClaimValue::Map(_) => None,
            })
            .collect(),
        ClaimValue::Null | ClaimValue::Bool(_) | ClaimValue::Number(_) | ClaimValue::Map(_) => None,
    }
}

#[cfg(test)]
#[path = "id_token_tests.rs"]
mod tests;
