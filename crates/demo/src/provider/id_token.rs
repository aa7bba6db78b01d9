//! What the provider says about a user: the ID token and the claims of userinfo (OpenID Connect Core 1.0,
//! sections 2 and 5).

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::keys::SigningKey;
use super::state::Grant;
use super::{Fault, Shared, User, unix_seconds};

const HOUR: Duration = Duration::from_hours(1);

/// Which token answer an ID token belongs to; the `nonce` is in the first alone (section 12.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    Login,
    Refresh,
}

/// A signed ID token for `grant`, with the faults that are on.
pub(super) fn issue(provider: &Shared, grant: &Grant, user: &User, occasion: Occasion, access_token: &str) -> String {
    let faults = provider.faults();
    let mut claims = user_claims(user, &grant.request.scope, &faults);
    let now = provider.now();
    claims["iss"] = json!(provider.issuer);
    claims["aud"] = json!(grant.request.client_id);
    claims["iat"] = json!(unix_seconds(now));
    claims["exp"] = json!(unix_seconds(now + provider.settings.id_token_lifetime));
    claims["auth_time"] = json!(unix_seconds(grant.session.auth_time));
    claims["sid"] = json!(grant.session.sid);
    claims["at_hash"] = json!(at_hash(access_token));
    if let (Occasion::Login, Some(nonce)) = (occasion, &grant.request.nonce) {
        claims["nonce"] = json!(nonce);
    }
    spoil(&mut claims, &faults, now);
    signed(provider, &claims, &faults)
}

/// The claims about `user` that `scope` asks for (section 5.4); `sub` always.
pub(super) fn user_claims(user: &User, scope: &str, faults: &HashSet<Fault>) -> Value {
    let asked = |name: &str| scope.split(' ').any(|item| item == name);
    let mut claims = json!({ "sub": user.sub });
    if asked("email") {
        claims["email"] = json!(user.email);
        claims["email_verified"] = json!(!faults.contains(&Fault::UnverifiedEmail));
    }
    if asked("profile") {
        claims["name"] = json!(user.full_name);
        claims["preferred_username"] = json!(user.name);
    }
    if asked("profile") || asked("groups") {
        claims["groups"] = json!(user.groups);
    }
    claims
}

/// The left half of the access token's hash (section 3.1.3.6).
fn at_hash(access_token: &str) -> String {
    URL_SAFE_NO_PAD.encode(&digest(&SHA256, access_token.as_bytes()).as_ref()[..16])
}

/// Puts into `claims` what the faults ask for.
fn spoil(claims: &mut Value, faults: &HashSet<Fault>, now: SystemTime) {
    let mut replace = |fault: Fault, name: &str, value: Value| {
        if faults.contains(&fault) {
            claims[name] = value;
        }
    };
    replace(Fault::WrongIssuer, "iss", json!("http://127.0.0.1:9"));
    replace(Fault::WrongAudience, "aud", json!("another-client"));
    replace(Fault::WrongAuthorizedParty, "azp", json!("another-client"));
    replace(Fault::WrongNonce, "nonce", json!("the-nonce-of-another-login"));
    replace(Fault::Expired, "exp", json!(unix_seconds(now - HOUR)));
    replace(Fault::IssuedInFuture, "iat", json!(unix_seconds(now + HOUR)));
    replace(Fault::OtherSubject, "sub", json!("user-mallory"));
    let mut remove = |fault: Fault, name: &str| {
        if let (true, Some(object)) = (faults.contains(&fault), claims.as_object_mut()) {
            object.remove(name);
        }
    };
    remove(Fault::NoNonce, "nonce");
    remove(Fault::NoSubject, "sub");
}

/// The compact serialization (RFC 7515, section 7.1).
fn signed(provider: &Shared, claims: &Value, faults: &HashSet<Fault>) -> String {
    let unsigned = faults.contains(&Fault::Unsigned);
    let algorithm = if unsigned { "none" } else { provider.key.algorithm().name() };
    let header = json!({ "alg": algorithm, "typ": "JWT", "kid": provider.key.kid() });
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", encode(&header), encode(claims));
    if unsigned {
        return format!("{message}.");
    }
    let key = if faults.contains(&Fault::ForeignKey) { foreign_key(provider) } else { &provider.key };
    let signature = URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn foreign_key(provider: &Shared) -> &SigningKey {
    let make = || SigningKey::generate(provider.settings.signing).expect("a second key is made like the first");
    provider.foreign_key.get_or_init(make)
}
