//! `entra-id`: Microsoft Entra ID, an OpenID provider with many tenants.
//!
//! ```text
//! redeem ─► ID token ─► tenant? ─► more groups than fit into it? ─► Microsoft Graph ─► Session
//! ```
//!
//! Every ID token must name its tenant. Which tenants may in is asked of each session, whoever made it (D41).

use std::collections::BTreeSet;
use std::time::SystemTime;

use sidecar_core::claims::ClaimValue;
use sidecar_core::login::LoginAttempt;
use sidecar_core::policy::{Requirement, Standing};
use sidecar_core::report::chain;
use sidecar_core::{Secret, Session};
use sidecar_oidc::claims::Claims;
use sidecar_oidc::id_token::{IdToken, IdTokenError};
use sidecar_oidc::pkce::{CodeChallengeMethod, PkcePolicy};
use sidecar_oidc::{
    AuthorizationRequest, Background, BearerError, BuildError, CallError, Client, EndpointUrl, Freshness, KeysError,
    RedeemError, RefreshError, Refreshed, Registration, RelyingParty, Renewal, StandingError, Unavailable,
    ValidateError, VerifiedCallback,
};

use crate::graph::{self, Memberships};
use crate::running::Kind;

/// The text of the sign-in button unless one is configured.
const NAME: &str = "Microsoft Entra ID";

/// The scopes unless some are configured, also where a group is required: Entra ID refuses the scope `groups`, and tells
/// groups without it.
const SCOPE: &str = "openid email profile";

/// What is asked of Graph: as many groups at a time as the original asks for.
const MEMBERSHIPS: (&str, &str) = ("/v1.0/me/transitiveMemberOf", "$select=id&$top=100");

/// What Entra ID must be told.
#[derive(Clone, Debug)]
pub struct EntraIdSettings {
    /// What every OpenID provider must be told. A scope of `None` is `openid email profile`.
    pub openid: sidecar_oidc::Settings,
    /// Whose accounts may sign in.
    pub tenants: Tenants,
    /// Where Microsoft Graph is: `https://graph.microsoft.com`, but in tests.
    pub graph: EndpointUrl,
}

/// Which tenants' accounts may sign in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tenants {
    /// Those of every tenant that the issuer speaks for.
    #[default]
    Any,
    /// Those of the tenants with these ids, compared byte by byte.
    Listed(BTreeSet<String>),
}

impl EntraIdSettings {
    /// Every tenant, and the Graph of the public cloud.
    #[must_use]
    pub fn new(openid: sidecar_oidc::Settings) -> Self {
        Self { openid, tenants: Tenants::Any, graph: graph::host() }
    }
}

impl Tenants {
    fn admit(&self, tenant: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(tenants) => tenants.contains(tenant),
        }
    }
}

/// Microsoft Entra ID.
pub(crate) struct EntraId {
    relying_party: RelyingParty,
    client: Client,
    tenants: Tenants,
    memberships: Memberships,
}

impl EntraId {
    pub(crate) fn start(
        settings: EntraIdSettings,
        client: Client,
        background: &Background,
    ) -> Result<Self, BuildError> {
        let EntraIdSettings { mut openid, tenants, graph } = settings;
        let registration = &mut openid.registration;
        registration.scope.get_or_insert_with(|| SCOPE.to_owned());
        // D12: it takes S256, though its metadata does not list it.
        if registration.pkce == PkcePolicy::Automatic {
            registration.pkce = PkcePolicy::Always(CodeChallengeMethod::S256);
        }
        let relying_party = RelyingParty::start(openid, client.clone(), background)?;
        let (path, query) = MEMBERSHIPS;
        let memberships = Memberships { first: graph::at(&graph, path, Some(query)), field: "id".to_owned() };
        Ok(Self { relying_party, client, tenants, memberships })
    }

    /// A token has room for 200 groups. Of a visitor with more it says only that there are more, and Graph tells them.
    async fn add_groups(&self, session: &mut Session, claims: &Claims) -> Result<(), CallError> {
        if !has_more_groups(claims) {
            return Ok(());
        }
        let Some(access_token) = &session.access_token else { return Ok(()) };
        tracing::debug!("the ID token has no room for the visitor's groups, so Microsoft Graph is asked");
        let groups = self.memberships.ask(&self.client, access_token).await?;
        graph::join(&mut session.groups, groups);
        Ok(())
    }
}

impl Kind for EntraId {
    fn name(&self) -> &'static str {
        NAME
    }

    fn registration(&self) -> &Registration {
        &self.relying_party.settings().registration
    }

    fn new_attempt(&self) -> Result<LoginAttempt, Unavailable> {
        self.relying_party.new_attempt()
    }

    fn authorization_url(&self, request: &AuthorizationRequest<'_>) -> Result<String, Unavailable> {
        self.relying_party.authorization_url(request, &[])
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
        let (mut session, id_token) = self.relying_party.redeem(callback, redirect_uri, now).await?;
        let claims = id_token.claims();
        let tenant = tenant(claims).ok_or(RedeemError::Unmet(Requirement::Tenant))?;
        // Nobody is asked about a visitor who is refused for their tenant anyway.
        if self.tenants.admit(tenant) {
            self.add_groups(&mut session, claims).await.map_err(RedeemError::UserData)?;
        }
        Ok(session)
    }

    async fn refresh(&self, session: &Session, now: SystemTime) -> Result<Refreshed, RefreshError> {
        let mut renewal = self.relying_party.refresh(session, now).await?;
        if let Renewal::Renewed { session: renewed, id_token: Some(id_token) } = &mut renewal {
            match self.add_groups(renewed, id_token.claims()).await {
                // As with all claims that cannot be asked for: the new refresh token must not be lost for them.
                Err(error) if error.fault.is_outage() => {
                    tracing::warn!(error = %chain(&error), "the groups of a refreshed session stay what they were");
                    renewed.groups.clone_from(&session.groups);
                }
                asked => asked.map_err(RefreshError::UserData)?,
            }
        }
        Ok(renewal.into())
    }

    /// The tenant's name must be there at any time; whether it may in is for [`Kind::standing`] to say, so that a session
    /// which is good elsewhere stays.
    async fn validate(&self, session: &Session, freshness: Freshness, now: SystemTime) -> Result<(), ValidateError> {
        let id_token = self.relying_party.recall(session).await?;
        tenant(id_token.claims()).ok_or(ValidateError::Unmet(Requirement::Tenant))?;
        self.relying_party.validate(session, freshness, now).await
    }

    fn relying_party(&self) -> Option<&RelyingParty> {
        Some(&self.relying_party)
    }

    fn bearer_session(
        &self,
        id_token: &IdToken,
        token: &Secret<String>,
        now: SystemTime,
    ) -> Result<Session, BearerError> {
        self.relying_party.bearer_session(id_token, token, now)
    }

    /// A session tells its tenant in its ID token, whose signature is checked once and not on every request.
    fn standing(&self, session: &Session) -> Standing {
        match (&self.tenants, &session.id_token) {
            (Tenants::Any, _) => Standing::Met,
            (Tenants::Listed(_), None) => Standing::Unmet(Requirement::Tenant),
            (Tenants::Listed(_), Some(_)) => Standing::Unasked,
        }
    }

    async fn ask_standing(&self, session: &Session) -> Result<Standing, StandingError> {
        let unmet = Standing::Unmet(Requirement::Tenant);
        let id_token = match self.relying_party.recall(session).await {
            Ok(id_token) => id_token,
            Err(ValidateError::Unavailable(unavailable)) => return Err(unavailable.into()),
            Err(ValidateError::IdToken(IdTokenError::Keys(KeysError::Call(error)))) => return Err(error.into()),
            Err(error) if error.is_outage() => return Ok(Standing::Unanswered),
            Err(error) => {
                tracing::info!(error = %chain(&error), "the tenant of a session cannot be told");
                return Ok(unmet);
            }
        };
        let tenant = tenant(id_token.claims());
        if tenant.is_some_and(|tenant| self.tenants.admit(tenant)) {
            return Ok(Standing::Met);
        }
        tracing::info!(tenant, "the tenant is not among those that may sign in");
        Ok(unmet)
    }
}

/// The tenant that a token is of: its `tid`, else what its issuer names in the form of the public cloud.
fn tenant(claims: &Claims) -> Option<&str> {
    let text = |name| match claims.look_up(name) {
        Some(ClaimValue::String(text)) if !text.is_empty() => Some(text.as_str()),
        _ => None,
    };
    text("tid").or_else(|| {
        let tenant = text("iss")?.strip_prefix("https://login.microsoftonline.com/")?.strip_suffix("/v2.0")?;
        let is_id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (!tenant.is_empty() && tenant.bytes().all(is_id)).then_some(tenant)
    })
}

/// Whether the token says that its groups are to be had elsewhere (OIDC Core §5.6.2, distributed claims).
fn has_more_groups(claims: &Claims) -> bool {
    matches!(claims.member("_claim_names"), Some(ClaimValue::Map(names)) if names.contains_key("groups"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(json: &str) -> Claims {
        Claims::parse(json.as_bytes()).unwrap()
    }

    #[test]
    fn the_tenant_is_the_tid_else_the_issuers_if_it_has_the_public_clouds_form() {
        const OF_ISSUER: Option<&str> = Some("72f988bf-86f1");
        let public = "https://login.microsoftonline.com/72f988bf-86f1/v2.0";
        for (tid, iss, expected) in [
            (r#""t-1""#, public, Some("t-1")),
            (r#""t-1""#, "https://login.microsoftonline.us/x/v2.0", Some("t-1")),
            ("null", public, OF_ISSUER),
            (r#""""#, public, OF_ISSUER),
            ("7", public, OF_ISSUER),
            (r#"["t-1"]"#, public, OF_ISSUER),
            ("null", "https://login.microsoftonline.us/x/v2.0", None),
            ("null", "http://login.microsoftonline.com/x/v2.0", None),
            ("null", "https://login.microsoftonline.com//v2.0", None),
            ("null", "https://login.microsoftonline.com/a/b/v2.0", None),
            ("null", "https://login.microsoftonline.com/a.b/v2.0", None),
            ("null", "https://login.microsoftonline.com/x/v2.0/", None),
            ("null", "https://login.microsoftonline.com/x/v2.0\n", None),
            ("null", "https://login.microsoftonline.com.evil.example/x/v2.0", None),
            ("null", "https://sts.windows.net/x/", None),
        ] {
            let iss = serde_json::to_string(iss).unwrap();
            let claims = claims(&format!(r#"{{"tid":{tid},"iss":{iss}}}"#));
            assert_eq!(tenant(&claims), expected, "{tid} {iss}");
        }
        assert_eq!(tenant(&claims(r#"{"iss":7}"#)), None);
        assert_eq!(tenant(&claims("{}")), None);
    }

    #[test]
    fn only_an_object_that_names_groups_says_that_there_are_more() {
        for (json, more) in [
            (r#"{"_claim_names":{"groups":"src1"}}"#, true),
            (r#"{"_claim_names":{"roles":"src1"}}"#, false),
            (r#"{"_claim_names":["groups"]}"#, false),
            (r#"{"_claim_names":"groups"}"#, false),
            (r#"{"hasgroups":true}"#, false),
        ] {
            assert_eq!(has_more_groups(&claims(json)), more, "{json}");
        }
    }
}
