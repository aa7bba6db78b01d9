//! `azure`: Azure Active Directory as it was before `entra-id`, a plain OAuth 2.0 client whose tokens are verified all the
//! same. The original calls it deprecated.
//!
//! ```text
//! code ─► OAuthClient ─► tokens ─► RelyingParty: the one that verifies ─► e-mail, groups ─┐
//!                                  profile, if there is no e-mail ───────────────────────┼─► Session
//!                                  Microsoft Graph, at addresses of version 2 ───────────┘
//! ```

mod version;

use std::sync::Once;
use std::time::SystemTime;

use serde::Deserialize;
use sidecar_core::code::Code;
use sidecar_core::login::LoginAttempt;
use sidecar_core::{Secret, Session};
use sidecar_oidc::id_token::{IdToken, IdTokenError, NonceRule};
use sidecar_oidc::settings::{Endpoints, KeySource, NonceCheck};
use sidecar_oidc::{
    ApiHeaders, AuthorizationRequest, Background, BearerError, BuildError, Call, CallError, ClaimsError, Client,
    EndpointOverrides, EndpointUrl, EndpointUrlError, Freshness, Metadata, OAuthClient, OAuthSettings, Presented,
    RedeemError, Redeemed, RefreshError, Refreshed, Registration, RelyingParty, TokenResponse, Unavailable,
    ValidateError, VerifiedCallback, plain_session,
};

use self::version::{Version, profile, scope, version, with_https};
use crate::graph::{self, Memberships};
use crate::running::Kind;

/// The text of the sign-in button unless one is configured.
const NAME: &str = "Azure";
/// The scope unless one is configured.
const SCOPE: &str = "openid";
/// Where the account of the visitor is, below the host of Graph.
const ME: &str = "/v1.0/me";

/// What Azure must be told.
#[derive(Clone, Debug)]
pub struct AzureSettings {
    /// What the verification of its tokens must be told, the registration among it. A scope of `None` is `openid`; no
    /// `nonce` is sent. [`endpoints`] makes endpoints that are not discovered.
    pub openid: sidecar_oidc::Settings,
    /// `resource`, at addresses of version 1 alone.
    pub resource: Option<String>,
    /// The attribute of a group in Graph that names it; by default `id`.
    pub group_field: String,
    /// Where Microsoft Graph is; `None` takes the host of the profile endpoint, with https. For tests.
    pub graph: Option<EndpointUrl>,
}

impl AzureSettings {
    /// What the original's flags mean when only the mandatory ones are given.
    #[must_use]
    pub fn new(openid: sidecar_oidc::Settings) -> Self {
        Self { openid, resource: None, group_field: "id".to_owned(), graph: None }
    }
}

/// The endpoints of a tenant, where its metadata is not read: the configured ones, else the usual ones of version 1.
///
/// # Errors
/// [`EndpointUrlError`] when the tenant's name makes no address.
pub fn endpoints(tenant: &str, configured: EndpointOverrides, keys: KeySource) -> Result<Endpoints, EndpointUrlError> {
    let usual =
        |endpoint: &str| EndpointUrl::parse(&format!("https://login.microsoftonline.com/{tenant}/oauth2/{endpoint}"));
    Ok(Endpoints::Configured {
        authorization_endpoint: configured.authorization.map_or_else(|| usual("authorize"), Ok)?,
        token_endpoint: configured.token.map_or_else(|| usual("token"), Ok)?,
        userinfo_endpoint: Some(configured.profile.unwrap_or_else(|| graph::at(&graph::host(), ME, None))),
        keys,
    })
}

/// Azure Active Directory.
pub(crate) struct Azure {
    relying_party: RelyingParty,
    client: Client,
    resource: Option<String>,
    group_field: String,
    graph: Option<EndpointUrl>,
    unused: Once,
}

/// What Graph says about an account, as far as it may hold an e-mail address.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    mail: Option<String>,
    #[serde(default)]
    other_mails: Option<Vec<String>>,
    user_principal_name: Option<String>,
}

impl Azure {
    pub(crate) fn start(settings: AzureSettings, client: Client, background: &Background) -> Result<Self, BuildError> {
        let AzureSettings { mut openid, resource, group_field, graph } = settings;
        openid.nonce = NonceCheck::InsecureSkipped;
        openid.registration.response_mode = None;
        let relying_party = RelyingParty::start(openid, client.clone(), background)?;
        Ok(Self { relying_party, client, resource, group_field, graph, unused: Once::new() })
    }

    /// The client at the endpoints that are known now.
    fn oauth(&self, metadata: &Metadata) -> OAuthClient {
        let registration = self.relying_party.settings().registration.clone();
        let configured = registration.scope.as_deref().unwrap_or(SCOPE);
        let version = version(metadata);
        if version == Version::Two && (self.resource.is_some() || configured.contains(" groups")) {
            self.unused.call_once(|| {
                tracing::warn!("scope groups and resource are left out: addresses of version 2 take neither");
            });
        }
        let settings = OAuthSettings {
            scope: scope(configured, version, &profile(metadata)),
            registration,
            authorization_endpoint: metadata.authorization_endpoint.clone(),
            token_endpoint: metadata.token_endpoint.clone(),
            // D12: it takes S256, though its metadata does not list it.
            code_challenge_methods: vec!["S256".to_owned()],
            resource: self.resource.clone().filter(|_| version == Version::One),
        };
        OAuthClient::new(settings, self.client.clone())
    }

    /// The token that the provider signed for us: the ID token, else the access token. What is read later is read from the
    /// one that verified (Q22).
    async fn verify(
        &self,
        tokens: &TokenResponse,
        metadata: &Metadata,
        now: SystemTime,
    ) -> Result<IdToken, IdTokenError> {
        let verify = |raw| self.relying_party.verify(raw, NonceRule::Unchecked, metadata, now);
        let Some(id_token) = &tokens.id_token else { return verify(&tokens.access_token).await };
        let error = match verify(id_token).await {
            Ok(verified) => return Ok(verified),
            Err(error @ IdTokenError::Keys(_)) => return Err(error),
            Err(error) => error,
        };
        // compat: some ID tokens of version 1 are not signed, and then the access token is for us.
        let verified = verify(&tokens.access_token).await.map_err(|_| error.clone())?;
        tracing::info!(%error, "the ID token does not verify, the access token does, so that is read");
        Ok(verified)
    }

    /// The e-mail address of the account: its own, else another of it, else the name it signs in with.
    async fn email_of_profile(
        &self,
        metadata: &Metadata,
        access_token: &Secret<String>,
    ) -> Result<Option<String>, RedeemError> {
        let headers = ApiHeaders::bearer(access_token);
        let account = self.client.get_json(Call::User, &profile(metadata), headers).await;
        let Account { mail, other_mails, user_principal_name } = account.map_err(RedeemError::UserData)?;
        let other = other_mails.and_then(|mails| mails.into_iter().next());
        Ok([mail, other, user_principal_name].into_iter().flatten().find(|email| !email.is_empty()))
    }

    fn memberships(&self, metadata: &Metadata) -> Memberships {
        let host = self.graph.clone().unwrap_or_else(|| with_https(&profile(metadata)));
        let more = match self.group_field.as_str() {
            "id" | "displayName" => String::new(),
            field => format!(",{field}"),
        };
        // Only security groups; with the filter, Graph wants the count.
        let query = format!("$count=true&$filter=securityEnabled+eq+true&$select=displayName,id{more}");
        let first = graph::at(&host, &format!("{ME}/transitiveMemberOf"), Some(&query));
        Memberships { first, field: self.group_field.clone() }
    }

    /// D56: a session keeps no subject here, but its ID token has one as long as its signature can be checked.
    async fn compare_subjects(&self, session: &Session, verified: &IdToken) -> Result<(), RefreshError> {
        let Ok(before) = self.relying_party.recall(session).await else { return Ok(()) };
        match before.claims().look_up("sub") {
            Some(subject) if subject.to_text() != verified.subject() => Err(RefreshError::SubjectChanged),
            Some(_) | None => Ok(()),
        }
    }

    async fn ask_validate_url(&self, access_token: &Secret<String>, metadata: &Metadata) -> Result<(), CallError> {
        let configured = self.relying_party.settings().validate_endpoint.clone();
        let url = configured.unwrap_or_else(|| profile(metadata));
        self.client.validate(&url, Presented::Headers(ApiHeaders::bearer(access_token))).await
    }
}

impl Kind for Azure {
    fn name(&self) -> &'static str {
        NAME
    }

    fn registration(&self) -> &Registration {
        &self.relying_party.settings().registration
    }

    fn new_attempt(&self) -> Result<LoginAttempt, Unavailable> {
        self.oauth(&*self.relying_party.metadata()?).new_attempt()
    }

    fn authorization_url(&self, request: &AuthorizationRequest<'_>) -> Result<String, Unavailable> {
        let oauth = self.oauth(&*self.relying_party.metadata()?);
        let resource = oauth.settings().resource.as_deref().map(|resource| ("resource", resource));
        Ok(oauth.authorization_url(request, resource.as_slice()))
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
        let metadata = self.relying_party.metadata()?;
        let Redeemed { tokens, nonce } = self.oauth(&metadata).redeem(callback, redirect_uri).await?;
        let access_token = tokens.access_token.clone();
        let verified = self.verify(&tokens, &metadata, now).await?;
        let mut session = Session { nonce, ..Session::default() };
        let identity = self.relying_party.identity(&verified, &access_token, &metadata).await?;
        take_identity(&mut session, identity);
        take_tokens(&mut session, tokens, now);
        if session.email.is_none() {
            session.email = self.email_of_profile(&metadata, &access_token).await?;
        }
        if session.email.is_none() {
            return Err(RedeemError::NoEmail);
        }
        if version(&metadata) == Version::Two {
            let memberships = self.memberships(&metadata);
            let groups = memberships.ask(&self.client, &access_token).await.map_err(RedeemError::UserData)?;
            graph::join(&mut session.groups, groups);
        }
        self.ask_validate_url(&access_token, &metadata).await.map_err(RedeemError::NotConfirmed)?;
        Ok(session)
    }

    async fn refresh(&self, session: &Session, now: SystemTime) -> Result<Refreshed, RefreshError> {
        let metadata = self.relying_party.metadata()?;
        let Some(tokens) = self.oauth(&metadata).refresh(session).await? else { return Ok(Refreshed::NothingToDo) };
        let verified = self.verify(&tokens, &metadata, now).await?;
        self.compare_subjects(session, &verified).await?;
        let mut renewed = session.clone();
        match self.relying_party.identity(&verified, &tokens.access_token, &metadata).await {
            Ok(identity) => take_identity(&mut renewed, identity),
            Err(error @ ClaimsError::EmailNotVerified) => return Err(error.into()),
            // compat: the session goes on as who it was.
            Err(error) => {
                tracing::warn!(code = %Code::ProviderClaims, %error, "the claims of a refreshed session could not be read again");
            }
        }
        take_tokens(&mut renewed, tokens, now);
        Ok(Refreshed::Renewed(Box::new(renewed)))
    }

    /// The access token is asked about, whatever the session comes from.
    async fn validate(&self, session: &Session, _: Freshness, _: SystemTime) -> Result<(), ValidateError> {
        let metadata = self.relying_party.metadata()?;
        let access_token = session.access_token.as_ref().ok_or(ValidateError::NoAccessToken)?;
        Ok(self.ask_validate_url(access_token, &metadata).await?)
    }

    fn relying_party(&self) -> Option<&RelyingParty> {
        Some(&self.relying_party)
    }

    fn bearer_session(
        &self,
        id_token: &IdToken,
        token: &Secret<String>,
        _: SystemTime,
    ) -> Result<Session, BearerError> {
        plain_session(id_token, token, &self.relying_party.settings().groups_claim)
    }
}

/// compat: neither the subject nor the preferred name is kept, and groups that did not come stay.
fn take_identity(session: &mut Session, identity: Session) {
    session.email = identity.email.or(session.email.take());
    if !identity.groups.is_empty() {
        session.groups = identity.groups;
    }
}

/// The tokens of a response become those of the session. Only the refresh token stays when none came (RFC 6749 §6).
fn take_tokens(session: &mut Session, tokens: TokenResponse, now: SystemTime) {
    session.access_token = Some(tokens.access_token);
    session.id_token = tokens.id_token;
    session.refresh_token = tokens.refresh_token.or(session.refresh_token.take());
    session.created_at = Some(now);
    let expires_in = tokens.expires_in.and_then(|expires_in| now.checked_add(expires_in));
    session.expires_at = tokens.expires_on.or(expires_in);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> EndpointUrl {
        EndpointUrl::parse(text).unwrap()
    }

    #[test]
    fn the_usual_endpoints_are_those_of_the_tenant_and_the_configured_ones_stay() {
        let keys = || KeySource::Remote(url("https://login.microsoftonline.com/common/discovery/keys"));
        let text = |endpoints: Endpoints| match endpoints {
            Endpoints::Configured { authorization_endpoint, token_endpoint, userinfo_endpoint, .. } => {
                [authorization_endpoint, token_endpoint, userinfo_endpoint.unwrap()].map(|url| url.to_string())
            }
            Endpoints::Discovered => panic!("nothing is discovered"),
        };
        assert_eq!(
            text(endpoints("contoso", EndpointOverrides::default(), keys()).unwrap()),
            [
                "https://login.microsoftonline.com/contoso/oauth2/authorize",
                "https://login.microsoftonline.com/contoso/oauth2/token",
                "https://graph.microsoft.com/v1.0/me",
            ]
        );
        let configured = EndpointOverrides {
            authorization: Some(url("https://idp.test/v2.0/authorize")),
            profile: Some(url("https://idp.test/me")),
            ..EndpointOverrides::default()
        };
        assert_eq!(
            text(endpoints("contoso", configured, keys()).unwrap()),
            [
                "https://idp.test/v2.0/authorize",
                "https://login.microsoftonline.com/contoso/oauth2/token",
                "https://idp.test/me",
            ]
        );
    }
}
