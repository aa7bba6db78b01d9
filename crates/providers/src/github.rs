//! `github`: GitHub, GitHub Enterprise Server, and what speaks as they do (Gitea, Forgejo).
//!
//! There is no ID token: after the token exchange the API tells who the visitor is (providers.md 5.9).
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

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sidecar_core::login::LoginAttempt;
use sidecar_core::policy::{Requirement, Standing};
use sidecar_core::{Secret, Session};
use sidecar_oidc::{
    ApiHeaders, AuthorizationRequest, Background, BoxFuture, CallError, Client, EndpointOverrides, EndpointUrl, Fault,
    Freshness, OAuthClient, OAuthSettings, Presented, Provider, RedeemError, RefreshError, Refreshed, Registration,
    StandingError, Unavailable, ValidateError, VerifiedCallback,
};

use self::api::Api;
pub use self::restrictions::{Membership, Repository, Restrictions, TeamName};

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
    inner: Arc<Inner>,
    background: Background,
}

/// What a call needs, wherever it runs.
struct Inner {
    oauth: OAuthClient,
    validate_url: EndpointUrl,
    api: Api,
    restrictions: Restrictions,
    session_lifetime: Option<Duration>,
    /// github.com shows its accounts when it is asked to. Whether another server does is not known; Gitea does not.
    has_account_chooser: bool,
}

impl GitHub {
    pub(crate) fn new(settings: GitHubSettings, client: Client, background: Background) -> Self {
        let GitHubSettings { registration, endpoints, resource, restrictions, session_lifetime } = settings;
        let own = |text| EndpointUrl::parse(text).expect("a URL of this file");
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
        Self {
            inner: Arc::new(Inner { oauth, validate_url, api, restrictions, session_lifetime, has_account_chooser }),
            background,
        }
    }
}

impl Inner {
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

    async fn confirm(&self, access_token: &Secret<String>) -> Result<(), CallError> {
        let presented = Presented::Headers(ApiHeaders::github(access_token));
        self.oauth.client().validate(&self.validate_url, presented).await
    }

    async fn ask_standing(&self, session: &Session) -> Result<Standing, CallError> {
        match (self.restrictions.standing(session), self.restrictions.repository()) {
            (Standing::Unasked, Some(repository)) => {
                let has_access = self.has_access(repository, session).await?;
                Ok(if has_access { Standing::Met } else { Standing::Unmet(Requirement::Repository) })
            }
            (told, _) => Ok(told),
        }
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

impl Provider for GitHub {
    fn display_name(&self) -> &str {
        self.inner.oauth.settings().registration.display_name.as_deref().unwrap_or(NAME)
    }

    fn status(&self) -> Result<(), Unavailable> {
        Ok(())
    }

    fn ready_once(&self) -> BoxFuture<Result<(), Unavailable>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn new_attempt(&self) -> Result<LoginAttempt, Unavailable> {
        self.inner.oauth.new_attempt()
    }

    fn authorization_url(&self, request: &AuthorizationRequest<'_>) -> Result<String, Unavailable> {
        Ok(self.inner.oauth.authorization_url(request, &[]))
    }

    fn has_account_chooser(&self) -> bool {
        self.inner.has_account_chooser
    }

    fn redeem(
        &self,
        callback: VerifiedCallback,
        redirect_uri: &str,
        now: SystemTime,
    ) -> BoxFuture<Result<Session, RedeemError>> {
        let inner = Arc::clone(&self.inner);
        let redirect_uri = redirect_uri.to_owned();
        self.background.run(async move { inner.redeem(callback, &redirect_uri, now).await })
    }

    fn refresh(&self, _session: &Session, _now: SystemTime) -> BoxFuture<Result<Refreshed, RefreshError>> {
        Box::pin(std::future::ready(Ok(Refreshed::NotSupported)))
    }

    fn validate(
        &self,
        session: &Session,
        _freshness: Freshness,
        _now: SystemTime,
    ) -> BoxFuture<Result<(), ValidateError>> {
        let inner = Arc::clone(&self.inner);
        let access_token = session.access_token.clone();
        self.background.run(async move {
            let access_token = access_token.ok_or(ValidateError::NoAccessToken)?;
            Ok(inner.confirm(&access_token).await?)
        })
    }

    fn standing(&self, session: &Session) -> Standing {
        self.inner.restrictions.standing(session)
    }

    fn ask_standing(&self, session: &Session, _now: SystemTime) -> BoxFuture<Result<Standing, StandingError>> {
        let inner = Arc::clone(&self.inner);
        let session = session.clone();
        self.background.run(async move { Ok(inner.ask_standing(&session).await?) })
    }
}
