//! What each identity provider does differently: one file each, and the one table that knows them by name.
//!
//! ```text
//! "oidc" ─► Id ─► Settings ─► build ─► Arc<dyn Provider>
//! ```
//!
//! The rest of the program sees [`Provider`] and never a vendor. A new provider is one file with its settings and its
//! behaviour, one variant of [`Id`] and of [`Settings`], and its line in each of the tables below; the compiler asks for
//! them.

#![cfg_attr(not(test), warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice))]

mod azure;
mod entra_id;
mod github;
mod google;
mod graph;
mod keycloak;
mod limits;
mod openid;
mod running;

use std::sync::Arc;

use sidecar_oidc::{Background, BuildError, Client, Provider};

use self::azure::Azure;
pub use self::azure::{AzureSettings, endpoints as azure_endpoints};
use self::entra_id::EntraId;
pub use self::entra_id::{EntraIdSettings, Tenants};
use self::github::GitHub;
pub use self::github::{GitHubSettings, Membership, Repository, Restrictions, TeamName};
use self::google::Google;
pub use self::google::GoogleSettings;
use self::keycloak::KEYCLOAK;
pub use self::keycloak::group_of_role;
use self::openid::{OpenId, PLAIN};
use self::running::run;

/// A provider this program knows, by the name that the option `provider` gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Id {
    /// `github`: GitHub, and servers that speak as it does (Gitea, Forgejo).
    GitHub,
    /// `google`: Google accounts.
    Google,
    /// `oidc`: any provider that speaks OpenID Connect.
    OpenId,
    /// `keycloak-oidc`: Keycloak.
    Keycloak,
    /// `entra-id`: Microsoft Entra ID.
    EntraId,
    /// `azure`: the same before it had that name; deprecated.
    Azure,
}

/// A name that no provider has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown provider type: {0}")]
pub struct UnknownProvider(pub String);

impl Id {
    /// All of them, in the order in which an error lists them.
    pub const ALL: [Self; 6] = [Self::GitHub, Self::Google, Self::OpenId, Self::Keycloak, Self::EntraId, Self::Azure];

    /// The name in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::Google => "google",
            Self::OpenId => "oidc",
            Self::Keycloak => "keycloak-oidc",
            Self::EntraId => "entra-id",
            Self::Azure => "azure",
        }
    }
}

impl std::str::FromStr for Id {
    type Err = UnknownProvider;

    /// Names are compared exactly, capitals included.
    fn from_str(name: &str) -> Result<Self, UnknownProvider> {
        Self::ALL.into_iter().find(|id| id.as_str() == name).ok_or_else(|| UnknownProvider(name.to_owned()))
    }
}

/// What a provider must be told, for each kind.
#[derive(Clone, Debug)]
pub enum Settings {
    /// Those of [`Id::GitHub`].
    GitHub(GitHubSettings),
    /// Those of [`Id::Google`].
    Google(GoogleSettings),
    /// Those of [`Id::OpenId`].
    OpenId(sidecar_oidc::Settings),
    /// Those of [`Id::Keycloak`].
    Keycloak(sidecar_oidc::Settings),
    /// Those of [`Id::EntraId`].
    EntraId(EntraIdSettings),
    /// Those of [`Id::Azure`].
    Azure(AzureSettings),
}

/// Builds a provider. It begins to learn about the other side in the background and waits for nothing.
///
/// # Errors
/// [`BuildError`]: settings that can never work, such as an issuer that is no URL or a key file without a key.
pub fn build(settings: Settings, client: Client, background: Background) -> Result<Arc<dyn Provider>, BuildError> {
    Ok(match settings {
        Settings::GitHub(settings) => run(GitHub::new(settings, client), background),
        Settings::Google(settings) => run(Google::new(settings, client), background),
        Settings::OpenId(settings) => run(OpenId::start(settings, PLAIN, client, &background)?, background),
        Settings::Keycloak(settings) => run(OpenId::start(settings, KEYCLOAK, client, &background)?, background),
        Settings::EntraId(settings) => run(EntraId::start(settings, client, &background)?, background),
        Settings::Azure(settings) => run(Azure::start(settings, client, &background)?, background),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_provider_is_found_by_its_own_name_and_no_other() {
        for id in Id::ALL {
            assert_eq!(id.as_str().parse(), Ok(id));
        }
        for name in ["", "OIDC", "oidc ", "openid"] {
            assert_eq!(name.parse::<Id>(), Err(UnknownProvider(name.to_owned())));
        }
    }
}
