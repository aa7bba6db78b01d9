//! `github`: GitHub, GitHub Enterprise Server, and what speaks as they do (Gitea, Forgejo).
//!
//! There is no ID token: after the token exchange the API tells who the visitor is.
//!
//! ```text
//! code ─► access token ─► organizations, teams ─► Session::groups: "acme", "acme:platform"
//!                       ├► primary verified address ─► Session::email
//!                       └► login ─► Session::user
//! ```
//!
//! The restrictions look at that session on every request, whichever app's sidecar made it (D41).

mod api;
mod names;
mod restrictions;

use std::time::{Duration, SystemTime};

use sidecar_core::login::LoginAttempt;
use sidecar_core::policy::{Requirement, Standing};
use sidecar_core::{Secret, Session};
use sidecar_oidc::{
    ApiHeaders, AuthorizationRequest, CallError, Client, EndpointOverrides, EndpointUrl, Fault, Freshness, OAuthClient,
    OAuthSettings, Presented, RedeemError, RefreshError, Refreshed, Registration, StandingError, Unavailable,
    ValidateError, VerifiedCallback,
};

use self::api::Api;
pub use self::restrictions::{Membership, Repository, Restrictions, TeamName};
use crate::running::Kind;

/// The text of the sign-in button unless one is configured.
const NAME: &str = "GitHub";
const AUTHORIZATION_ENDPOINT: &str = "https://github.com/login/oauth/authorize";
const TOKEN_ENDPOINT: &str = "https://github.com/login/oauth/access_token";
/// Where the API is, and whether a token is good.
const VALIDATE_URL: &str = "https://api.github.com/";
/// Enough for everything that is asked, restrictions included.
const SCOPE: &str = "user:email read:org";

/// What the provider must be told.
#[derive(Clone, Debug)]
pub struct GitHubSettings {
    /// What we are registered as. A scope of `None` is `user:email read:org`.
    pub registration: Registration,
    /// Endpoints elsewhere than at github.com. The one to validate at says where the API is, too: its origin and, of its
    /// path, the leading `/api/v1` or the like, else the whole.
    pub endpoints: EndpointOverrides,
    /// `resource`, sent with the code where there is one.
    pub resource: Option<String>,
    /// Who may sign in.
    pub restrictions: Restrictions,
    /// How long after its login a session ends, however often its cookie is renewed; `None` does not end it. The provider
    /// says no time itself.
    pub session_lifetime: Option<Duration>,
}

/// The provider.
pub(crate) struct GitHub {
    oauth: OAuthClient,
    validate_url: EndpointUrl,
    api: Api,
    restrictions: Restrictions,
    session_lifetime: Option<Duration>,
    /// github.com shows its accounts when it is asked to. Whether another server does is not known; Gitea does not.
    has_account_chooser: bool,
}

impl GitHub {
    pub(crate) fn new(settings: GitHubSettings, client: Client) -> Self {
        let GitHubSettings { registration, endpoints, resource, restrictions, session_lifetime } = settings;
        let own = EndpointUrl::from_static;
        let has_account_chooser = endpoints.authorization.is_none();
        let validate_url = endpoints.validate.unwrap_or_else(|| own(VALIDATE_URL));
        let api = Api::new(client.clone(), &validate_url);
        let settings = OAuthSettings {
            authorization_endpoint: endpoints.authorization.unwrap_or_else(|| own(AUTHORIZATION_ENDPOINT)),
            token_endpoint: endpoints.token.unwrap_or_else(|| own(TOKEN_ENDPOINT)),
            scope: registration.scope.clone().unwrap_or_else(|| SCOPE.to_owned()),
            registration,
            code_challenge_methods: vec!["S256".to_owned()],
            resource,
        };
        let oauth = OAuthClient::new(settings, client);
        Self { oauth, validate_url, api, restrictions, session_lifetime, has_account_chooser }
    }

    async fn confirm(&self, access_token: &Secret<String>) -> Result<(), CallError> {
        let presented = Presented::Headers(ApiHeaders::github(access_token));
        self.oauth.client().validate(&self.validate_url, presented).await
    }

    async fn has_access(&self, repository: &Repository, session: &Session) -> Result<bool, CallError> {
        let (answer, says_no): (_, &[u16]) = match (&repository.token, &session.user, &session.access_token) {
            // 401 and 403 would speak of our token and not of the visitor.
            (Some(token), Some(login), _) => (self.api.is_collaborator(repository, login, token).await, &[404]),
            // The visitor may not even know that it exists (404), may not see it, or has taken the token back.
            (None, _, Some(access_token)) => (self.api.may_work_on(repository, access_token).await, &[401, 403, 404]),
            (Some(_), None, _) | (None, _, None) => {
                tracing::warn!("the session has nothing to ask with for the repository");
                return Ok(false);
            }
        };
        match answer {
            Err(CallError { fault: Fault::Status(status), .. }) if says_no.contains(&status) => Ok(false),
            answer => answer,
        }
    }
}

impl Kind for GitHub {
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
        self.has_account_chooser
    }

    async fn redeem(
        &self,
        callback: VerifiedCallback,
        redirect_uri: &str,
        now: SystemTime,
    ) -> Result<Session, RedeemError> {
        let redeemed = self.oauth.redeem(callback, redirect_uri).await?;
        let access_token = redeemed.tokens.access_token.clone();
        let visitor = self.api.visitor(&access_token).await.map_err(RedeemError::UserData)?;
        self.confirm(&access_token).await.map_err(RedeemError::NotConfirmed)?;
        Ok(Session {
            user: Some(visitor.login),
            email: visitor.email,
            groups: visitor.groups,
            expires_at: self.session_lifetime.and_then(|lifetime| now.checked_add(lifetime)),
            ..redeemed.into_session(now)
        })
    }

    async fn refresh(&self, _session: &Session, _now: SystemTime) -> Result<Refreshed, RefreshError> {
        Ok(Refreshed::NotSupported)
    }

    async fn validate(&self, session: &Session, _: Freshness, _: SystemTime) -> Result<(), ValidateError> {
        let access_token = session.access_token.as_ref().ok_or(ValidateError::NoAccessToken)?;
        Ok(self.confirm(access_token).await?)
    }

    fn standing(&self, session: &Session) -> Standing {
        self.restrictions.standing(session)
    }

    async fn ask_standing(&self, session: &Session) -> Result<Standing, StandingError> {
        let Some(repository) = self.restrictions.repository() else { return Ok(self.standing(session)) };
        let has_access = self.has_access(repository, session).await?;
        Ok(if has_access { Standing::Met } else { Standing::Unmet(Requirement::Repository) })
    }
}
