//! `google`: Google accounts, personal ones and those of Workspace.
//!
//! ```text
//! code ─► token endpoint ─► ID token ─► e-mail, sub ─► tokeninfo ─► Session
//! ```
//!
//! The ID token's signature is not checked, as in the original (Q7). It comes over TLS from Google itself in answer to our
//! own request, which OIDC Core §3.1.3.7 (6) takes for proof; no token that a browser brought is ever read here. Checking it
//! would add a call that can fail to every start, and where `redeem-url` leads elsewhere nobody has said where the keys are.
//! What can be checked without them is: that the token is for us, is not expired, is Google's where Google is asked, and
//! that its e-mail address is verified.

use std::time::SystemTime;

use sidecar_core::claims::ClaimValue;
use sidecar_core::login::LoginAttempt;
use sidecar_core::{Secret, Session};
use sidecar_oidc::id_token::{self, IdTokenError, IssuerRule, NonceRule, PartyRule, Policy, ReceivedIdToken};
use sidecar_oidc::{
    AuthorizationRequest, CallError, ClaimsError, Client, EndpointOverrides, EndpointUrl, Freshness, OAuthClient,
    OAuthSettings, Presented, RedeemError, Redeemed, RefreshError, Refreshed, Registration, Unavailable, ValidateError,
    VerifiedCallback,
};

use crate::running::Kind;

/// The text of the sign-in button unless one is configured.
const NAME: &str = "Google";
/// Asks for a refresh token by itself; a configured endpoint must say so itself.
const AUTHORIZATION_ENDPOINT: &str = "https://accounts.google.com/o/oauth2/auth?access_type=offline";
const TOKEN_ENDPOINT: &str = "https://www.googleapis.com/oauth2/v3/token";
/// Whether an access token is good; it is told in the query.
const VALIDATE_URL: &str = "https://www.googleapis.com/oauth2/v1/tokeninfo";
const SCOPE: &str = "profile email";
/// Whom Google's tokens name as their issuer, with the scheme or without.
const ISSUER: &str = "https://accounts.google.com";
/// The host of a token endpoint that is Google's own, or the end of its name.
const GOOGLES_HOSTS: [&str; 2] = ["accounts.google.com", ".googleapis.com"];

/// What the provider must be told.
#[derive(Clone, Debug)]
pub struct GoogleSettings {
    /// What we are registered as. A scope of `None` is `profile email`.
    pub registration: Registration,
    /// Endpoints elsewhere than at Google; there is none for profiles.
    pub endpoints: EndpointOverrides,
}

/// The provider.
pub(crate) struct Google {
    oauth: OAuthClient,
    validate_url: EndpointUrl,
    issuer: IssuerRule<'static>,
    audience_claims: [String; 1],
}

impl Google {
    pub(crate) fn new(settings: GoogleSettings, client: Client) -> Self {
        let GoogleSettings { registration, endpoints } = settings;
        let own = EndpointUrl::from_static;
        let token_endpoint = endpoints.token.unwrap_or_else(|| own(TOKEN_ENDPOINT));
        let issuer = if is_googles(&token_endpoint) { IssuerRule::Exactly(ISSUER) } else { IssuerRule::Any };
        let settings = OAuthSettings {
            authorization_endpoint: endpoints.authorization.unwrap_or_else(|| own(AUTHORIZATION_ENDPOINT)),
            token_endpoint,
            scope: registration.scope.clone().unwrap_or_else(|| SCOPE.to_owned()),
            registration,
            // Google's metadata lists it, and every client of a new registration is advised to use it.
            code_challenge_methods: vec!["S256".to_owned()],
            // compat: the option `resource` is not sent to Google.
            resource: None,
        };
        Self {
            oauth: OAuthClient::new(settings, client),
            validate_url: endpoints.validate.unwrap_or_else(|| own(VALIDATE_URL)),
            issuer,
            audience_claims: ["aud".to_owned()],
        }
    }

    fn receive(&self, raw: &Secret<String>, now: SystemTime) -> Result<ReceivedIdToken, IdTokenError> {
        let policy = Policy {
            issuer: self.issuer,
            client_id: &self.oauth.settings().registration.client_id,
            extra_audiences: &[],
            audience_claims: &self.audience_claims,
            algorithms: &[],
            nonce: NonceRule::Unchecked, // none is sent
            authorized_party: PartyRule::Us,
            now,
        };
        id_token::receive(raw.expose(), &policy)
    }

    async fn confirm(&self, access_token: &Secret<String>) -> Result<(), CallError> {
        self.oauth.client().validate(&self.validate_url, Presented::Query(access_token.clone())).await
    }
}

fn is_googles(endpoint: &EndpointUrl) -> bool {
    let host = endpoint.as_url().host_str().unwrap_or_default();
    GOOGLES_HOSTS.iter().any(|own| host == *own || (own.starts_with('.') && host.ends_with(own)))
}

impl Kind for Google {
    fn name(&self) -> &'static str {
        NAME
    }

    fn registration(&self) -> &Registration {
        &self.oauth.settings().registration
    }

    fn new_attempt(&self) -> Result<LoginAttempt, Unavailable> {
        self.oauth.new_attempt()
    }

    fn authorization_url(&self, request: &AuthorizationRequest<'_>) -> Result<String, Unavailable> {
        Ok(self.oauth.authorization_url(request, &[]))
    }

    fn has_account_chooser(&self) -> bool {
        true
    }

    async fn redeem(
        &self,
        callback: VerifiedCallback,
        redirect_uri: &str,
        now: SystemTime,
    ) -> Result<Session, RedeemError> {
        let Redeemed { tokens, nonce } = self.oauth.redeem(callback, redirect_uri).await?;
        let raw = tokens.id_token.as_ref().ok_or(RedeemError::NoIdToken)?;
        let id_token = self.receive(raw, now)?;
        let email = verified_email(&id_token)?;
        self.confirm(&tokens.access_token).await.map_err(RedeemError::NotConfirmed)?;
        Ok(Session {
            created_at: Some(now),
            expires_at: tokens.expires_in.and_then(|expires_in| now.checked_add(expires_in)),
            access_token: Some(tokens.access_token),
            id_token: tokens.id_token,
            refresh_token: tokens.refresh_token,
            nonce,
            email: Some(email),
            user: Some(id_token.subject().to_owned()),
            ..Session::default()
        })
    }

    /// compat: the e-mail address stays that of the login.
    async fn refresh(&self, session: &Session, now: SystemTime) -> Result<Refreshed, RefreshError> {
        let Some(tokens) = self.oauth.refresh(session).await? else { return Ok(Refreshed::NothingToDo) };
        if let Some(raw) = &tokens.id_token {
            let id_token = self.receive(raw, now)?;
            if session.user.as_deref().is_some_and(|user| user != id_token.subject()) {
                return Err(RefreshError::SubjectChanged);
            }
        }
        let mut renewed = session.clone();
        renewed.access_token = Some(tokens.access_token);
        // compat: an answer without one leaves none, since the old one expires with the old access token.
        renewed.id_token = tokens.id_token;
        renewed.refresh_token = tokens.refresh_token.or(renewed.refresh_token);
        renewed.created_at = Some(now);
        renewed.expires_at = tokens.expires_in.and_then(|expires_in| now.checked_add(expires_in));
        Ok(Refreshed::Renewed(Box::new(renewed)))
    }

    async fn validate(&self, session: &Session, _: Freshness, _: SystemTime) -> Result<(), ValidateError> {
        let access_token = session.access_token.as_ref().ok_or(ValidateError::NoAccessToken)?;
        Ok(self.confirm(access_token).await?)
    }
}

/// The address, which Google must have verified: `email_verified` is the boolean true, whatever the options say.
fn verified_email(id_token: &ReceivedIdToken) -> Result<String, RedeemError> {
    let claims = id_token.claims();
    let email = match claims.member("email") {
        None | Some(ClaimValue::Null) => return Err(RedeemError::NoEmail),
        Some(ClaimValue::String(email)) if email.is_empty() => return Err(RedeemError::NoEmail),
        Some(ClaimValue::String(email)) => email.clone(),
        Some(_) => return Err(IdTokenError::ClaimType("email").into()),
    };
    match claims.member("email_verified") {
        Some(ClaimValue::Bool(true)) => Ok(email),
        None | Some(ClaimValue::Null | ClaimValue::Bool(false)) => Err(ClaimsError::EmailNotVerified.into()),
        Some(_) => Err(IdTokenError::ClaimType("email_verified").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn googles_own_token_endpoints_are_told_from_others() {
        for (url, own) in [
            (TOKEN_ENDPOINT, true),
            ("https://oauth2.googleapis.com/token", true),
            ("https://accounts.google.com/o/oauth2/token", true),
            ("http://127.0.0.1:14002/oauth2/token", false),
            ("https://googleapis.com.example/token", false),
            ("https://evilgoogleapis.com/token", false),
            ("https://x.accounts.google.com/token", false),
        ] {
            assert_eq!(is_googles(&EndpointUrl::parse(url).unwrap()), own, "{url}");
        }
    }
}
