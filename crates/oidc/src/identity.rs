//! From verified claims to who the visitor is.

use std::collections::BTreeMap;

use sidecar_core::Session;
use sidecar_core::claims::ClaimValue;

use crate::claims::{self, Claims};
use crate::error::ClaimsError;
use crate::id_token::IdToken;
use crate::settings::{Settings, UnverifiedEmail};

/// Tells a name that can be used besides the configured one.
const PREFERRED_USERNAME: &str = "preferred_username";
const EMAIL_VERIFIED: &str = "email_verified";

/// What a session knows about its visitor.
#[derive(Debug)]
pub(crate) struct Identity {
    user: String,
    pub(crate) email: Option<String>,
    groups: Vec<String>,
    preferred_username: Option<String>,
    additional_claims: BTreeMap<String, ClaimValue>,
}

/// Which claims an ID token lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// None.
    Nothing,
    /// Only additional ones, without which a session can be.
    Extras,
    /// Some that belong to the identity.
    Identity,
}

/// Whether the userinfo endpoint has to be asked: one request as soon as a single claim is absent.
pub(crate) fn lack(settings: &Settings, id_token: &IdToken) -> Lack {
    let is_absent = |name: &str| id_token.claims().look_up(name).is_none();
    let verified = demands_verified_email(settings).then_some(EMAIL_VERIFIED);
    let mut identity = [settings.email_claim.as_str(), settings.groups_claim.as_str(), PREFERRED_USERNAME]
        .into_iter()
        .chain(verified)
        .filter(|name| !name.is_empty());
    if identity.any(is_absent) {
        return Lack::Identity;
    }
    if settings.additional_claims.iter().any(|name| is_absent(name)) { Lack::Extras } else { Lack::Nothing }
}

impl Identity {
    /// Reads the claims, those of the ID token first.
    pub(crate) fn read(
        settings: &Settings,
        id_token: &IdToken,
        userinfo: Option<&Claims>,
    ) -> Result<Self, ClaimsError> {
        let look_up =
            |name: &str| id_token.claims().look_up(name).or_else(|| userinfo.and_then(|claims| claims.look_up(name)));
        let text = |name: &str| look_up(name).map(ClaimValue::to_text).filter(|text| !text.is_empty());
        // compat: the flag is looked up apart from the address, so it may be of the other document.
        if demands_verified_email(settings) && look_up(EMAIL_VERIFIED).is_some_and(|value| !claims::is_true(value)) {
            return Err(ClaimsError::EmailNotVerified);
        }
        let additional = settings.additional_claims.iter();
        Ok(Self {
            user: id_token.subject().to_owned(),
            email: text(&settings.email_claim),
            groups: look_up(&settings.groups_claim).map(ClaimValue::to_texts).unwrap_or_default(),
            preferred_username: text(PREFERRED_USERNAME),
            additional_claims: additional.filter_map(|name| Some((name.clone(), look_up(name)?.clone()))).collect(),
        })
    }

    /// Makes it the identity of `session`; nothing of a former one stays.
    pub(crate) fn write_to(self, session: &mut Session) {
        session.user = Some(self.user);
        session.email = self.email;
        session.groups = self.groups;
        session.preferred_username = self.preferred_username;
        session.additional_claims = self.additional_claims;
    }
}

/// Another claim than `email` says nothing about whether it was verified.
fn demands_verified_email(settings: &Settings) -> bool {
    settings.email_claim == "email" && settings.unverified_email == UnverifiedEmail::Refused
}
