//! What the relying party must be told. Filled by `config`; already meaningful, so nothing here asks "is this empty?".

use std::io;
use std::path::PathBuf;

use sidecar_core::Secret;

use crate::algorithm::Algorithm;
use crate::endpoint_url::EndpointUrl;
use crate::login_parameter::LoginParameter;
use crate::pkce::PkcePolicy;

/// What we are registered as at a provider, and how a login is asked for there: the same for every kind of provider.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The text of the sign-in button; `None` takes the provider's own name.
    pub display_name: Option<String>,
    /// `client_id` (RFC 6749 §2.2).
    pub client_id: String,
    /// What proves to the token endpoint that we are that client.
    pub credential: ClientCredential,
    /// `scope`; `None` takes the provider's own.
    pub scope: Option<String>,
    /// Appended to authorization requests, each name once; for instance `approval_prompt=force`, which is the default of
    /// the flags.
    pub login_parameters: Vec<LoginParameter>,
    /// `response_mode` (OAuth 2.0 Multiple Response Types §2.1).
    pub response_mode: Option<String>,
    /// When PKCE is used.
    pub pkce: PkcePolicy,
}

/// What proves to the token endpoint who we are.
#[derive(Clone, Debug)]
pub enum ClientCredential {
    /// `client_secret` (RFC 6749 §2.3.1).
    Secret(SecretSource),
    /// A file with a signed assertion that somebody renews (RFC 7523 §2.2), such as the projected token of a Kubernetes
    /// service account: read at every use, byte for byte.
    AssertionFile(PathBuf),
}

/// Endpoints as the configuration names them; `None` takes the provider's own.
#[derive(Clone, Debug, Default)]
pub struct EndpointOverrides {
    /// `authorization_endpoint` (RFC 8414 §2), the option `login-url`.
    pub authorization: Option<EndpointUrl>,
    /// `token_endpoint`, the option `redeem-url`.
    pub token: Option<EndpointUrl>,
    /// The option `profile-url`.
    pub profile: Option<EndpointUrl>,
    /// The option `validate-url`.
    pub validate: Option<EndpointUrl>,
}

/// The settings of a provider of the OpenID Connect family.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What we are registered as. A scope of `None` is `openid email profile`, and `groups` if
    /// [`Settings::group_restriction`].
    pub registration: Registration,
    /// Whether some group is required of visitors, so that groups have to be asked for.
    pub group_restriction: GroupRestriction,
    /// Where the provider's endpoints are.
    pub endpoints: Endpoints,
    /// Asked with the access token after a refresh (`validate-url`); `None` asks nobody.
    pub validate_endpoint: Option<EndpointUrl>,
    /// Whether `nonce` is sent and demanded.
    pub nonce: NonceCheck,
    /// The issuer identifier, compared byte by byte.
    pub issuer: String,
    /// Whether `iss` is compared at all.
    pub issuer_check: IssuerCheck,
    /// What ID tokens may be signed with; empty leaves it to the metadata, and to RS256 without any.
    pub signing_algorithms: Vec<Algorithm>,
    /// The claims that may name the audience, in order; never empty, by default `aud`.
    pub audience_claims: Vec<String>,
    /// Audiences that count as us beside [`Registration::client_id`].
    pub extra_audiences: Vec<String>,
    /// The claim that holds the e-mail address; by default `email`.
    pub email_claim: String,
    /// The claim that holds the groups; by default `groups`.
    pub groups_claim: String,
    /// Claims kept in the session beside the fixed ones.
    pub additional_claims: Vec<String>,
    /// What an `email_verified` of false means.
    pub unverified_email: UnverifiedEmail,
    /// Whether claims that the ID token lacks are asked for at the userinfo endpoint.
    pub userinfo_claims: UserInfoClaims,
}

/// Where the endpoints come from.
#[derive(Clone, Debug)]
pub enum Endpoints {
    /// From the metadata at the issuer's `/.well-known/openid-configuration` (OIDC Discovery §4).
    Discovered,
    /// From the configuration (`skip-oidc-discovery`).
    Configured {
        /// `authorization_endpoint` (RFC 8414 §2), the option `login-url`.
        authorization_endpoint: EndpointUrl,
        /// `token_endpoint`, the option `redeem-url`.
        token_endpoint: EndpointUrl,
        /// `userinfo_endpoint`, the option `profile-url`.
        userinfo_endpoint: Option<EndpointUrl>,
        /// The provider's public keys.
        keys: KeySource,
    },
}

/// Where the keys are when nothing is discovered.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// `jwks_uri`, the option `oidc-jwks-url`.
    Remote(EndpointUrl),
    /// PEM files with one `PUBLIC KEY` each (`oidc-public-key-file`).
    PemFiles(Vec<PathBuf>),
}

/// Where a secret is.
#[derive(Clone, Debug)]
pub enum SecretSource {
    /// Written in the configuration.
    Value(Secret<String>),
    /// The whole content of a file, byte for byte, read again at every use so that it can be rotated.
    File(PathBuf),
}

impl SecretSource {
    /// The secret as it is now.
    ///
    /// # Errors
    /// What reading the file met; content that is not UTF-8 included.
    pub fn read(&self) -> io::Result<Secret<String>> {
        match self {
            Self::Value(secret) => Ok(secret.clone()),
            Self::File(path) => std::fs::read_to_string(path).map(Secret::new),
        }
    }
}

/// Whether visitors must be in some group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupRestriction {
    /// They need not.
    #[default]
    None,
    /// They must be, so the scope `groups` is asked for unless a scope is configured.
    Some,
}

/// What is done about `nonce` (OIDC Core §3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NonceCheck {
    /// Sent, and demanded back.
    #[default]
    Required,
    /// Neither (`insecure-oidc-skip-nonce`).
    InsecureSkipped,
}

/// What is done about `iss`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum IssuerCheck {
    /// The metadata, every ID token and the authorization response name the configured issuer.
    #[default]
    Required,
    /// Whoever they name is accepted (`insecure-oidc-skip-issuer-verification`).
    InsecureSkipped,
}

/// What `email_verified: false` means for a login.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnverifiedEmail {
    /// It is refused.
    #[default]
    Refused,
    /// It is accepted (`insecure-oidc-allow-unverified-email`).
    InsecureAllowed,
}

/// Whether the userinfo endpoint is asked for claims that the ID token lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserInfoClaims {
    /// It is, if there is one.
    #[default]
    Used,
    /// It is not (`skip-claims-from-profile-url`).
    Skipped,
}

impl Registration {
    /// What the original's flags mean when only the mandatory ones are given, with our defaults (D12).
    #[must_use]
    pub fn new(client_id: impl Into<String>, client_secret: SecretSource) -> Self {
        Self {
            display_name: None,
            client_id: client_id.into(),
            credential: ClientCredential::Secret(client_secret),
            scope: None,
            login_parameters: vec![LoginParameter::fixed("approval_prompt", "force")],
            response_mode: None,
            pkce: PkcePolicy::Automatic,
        }
    }
}

impl Settings {
    /// What the original's flags mean when only the mandatory ones are given, with our defaults (D11, D12).
    #[must_use]
    pub fn new(issuer: impl Into<String>, registration: Registration) -> Self {
        Self {
            registration,
            group_restriction: GroupRestriction::None,
            endpoints: Endpoints::Discovered,
            validate_endpoint: None,
            nonce: NonceCheck::Required,
            issuer: issuer.into(),
            issuer_check: IssuerCheck::Required,
            signing_algorithms: Vec::new(),
            audience_claims: vec!["aud".to_owned()],
            extra_audiences: Vec::new(),
            email_claim: "email".to_owned(),
            groups_claim: "groups".to_owned(),
            additional_claims: Vec::new(),
            unverified_email: UnverifiedEmail::Refused,
            userinfo_claims: UserInfoClaims::Used,
        }
    }
}
