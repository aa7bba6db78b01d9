//! What providers have beside options.

use sidecar_core::Secret;

use super::headers::place;
use super::unset;
use crate::written::Written;

/// What the first provider has beside the options whose [`alpha_leaf`](crate::row::Row::alpha_leaf) begins with
/// `providers[0]`.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    /// `id`; empty when nobody wrote it.
    pub(crate) id: Written<String>,
    /// `loginURLParameters`
    pub(crate) login_url_parameters: Vec<LoginUrlParameter>,
    /// `additionalClaims`
    pub(crate) additional_claims: Written<Vec<String>>,
    /// `ADFSConfig.skipScope`
    pub(crate) skip_scope: Written<bool>,
}

impl Provider {
    /// The first provider with nothing written in it.
    pub(crate) fn unset() -> Self {
        let path = "providers[0]";
        Self {
            id: unset(path, "id", String::new()),
            login_url_parameters: Vec::new(),
            additional_claims: unset(path, "additionalClaims", Vec::new()),
            skip_scope: unset(path, "ADFSConfig.skipScope", false),
        }
    }
}

/// A parameter of the authorization request: `loginURLParameters[N]`.
#[derive(Clone, Debug)]
pub(crate) struct LoginUrlParameter {
    /// `name`; empty when nobody wrote it.
    pub(crate) name: Written<String>,
    /// `default`: what is sent unless something else is asked for.
    pub(crate) default: Written<Vec<String>>,
    /// `allow`: what may be asked for.
    pub(crate) allow: Vec<UrlParameterRule>,
}

impl LoginUrlParameter {
    /// The entry at `path` (`providers[0].loginURLParameters[0]`) with nothing written in it.
    pub(crate) fn unset(path: &str) -> Self {
        Self {
            name: unset(path, "name", String::new()),
            default: unset(path, "default", Vec::new()),
            allow: Vec::new(),
        }
    }
}

/// What may be asked for: `allow[N]`, which must have exactly one of the two.
#[derive(Clone, Debug)]
pub(crate) struct UrlParameterRule {
    /// The entry as such.
    pub(crate) at: Written<()>,
    /// `value`: exactly this.
    pub(crate) value: Option<Written<String>>,
    /// `pattern`: whatever this regex finds itself in.
    pub(crate) pattern: Option<Written<String>>,
}

impl UrlParameterRule {
    /// The entry at `path` (`providers[0].loginURLParameters[0].allow[0]`) with nothing written in it.
    pub(crate) fn unset(path: &str) -> Self {
        Self { at: place(path), value: None, pattern: None }
    }
}

/// A provider that is checked and not used, with what is checked of it.
#[derive(Clone, Debug)]
pub(crate) struct FurtherProvider {
    /// `id`; empty when nobody wrote it.
    pub(crate) id: Written<String>,
    /// `provider`; empty when nobody wrote it.
    pub(crate) kind: Written<String>,
    /// `clientID`; empty when nobody wrote it.
    pub(crate) client_id: Written<String>,
    /// `clientSecret`; empty when nobody wrote it.
    pub(crate) client_secret: Written<Secret<String>>,
    /// `clientSecretFile`; empty when nobody wrote it.
    pub(crate) client_secret_file: Written<String>,
    /// `microsoftEntraIDConfig.federatedTokenAuth`
    pub(crate) federated_token_auth: Written<bool>,
    /// `oidcConfig.enabledSigningAlgs`
    pub(crate) enabled_signing_algs: Written<Vec<String>>,
    /// `googleConfig`
    pub(crate) google: GoogleDirectory,
}

/// How Google's directory is asked, as far as it is checked.
#[derive(Clone, Debug)]
pub(crate) struct GoogleDirectory {
    /// `adminEmail`; empty when nobody wrote it.
    pub(crate) admin_email: Written<String>,
    /// `serviceAccountJson`; empty when nobody wrote it.
    pub(crate) service_account_json: Written<String>,
    /// `useApplicationDefaultCredentials`
    pub(crate) use_application_default_credentials: Written<bool>,
}

impl FurtherProvider {
    /// The provider at `path` (`providers[1]`) with nothing written in it.
    pub(crate) fn unset(path: &str) -> Self {
        Self {
            id: unset(path, "id", String::new()),
            kind: unset(path, "provider", String::new()),
            client_id: unset(path, "clientID", String::new()),
            client_secret: unset(path, "clientSecret", Secret::from("")),
            client_secret_file: unset(path, "clientSecretFile", String::new()),
            federated_token_auth: unset(path, "microsoftEntraIDConfig.federatedTokenAuth", false),
            enabled_signing_algs: unset(path, "oidcConfig.enabledSigningAlgs", Vec::new()),
            google: GoogleDirectory {
                admin_email: unset(path, "googleConfig.adminEmail", String::new()),
                service_account_json: unset(path, "googleConfig.serviceAccountJson", String::new()),
                use_application_default_credentials: unset(
                    path,
                    "googleConfig.useApplicationDefaultCredentials",
                    false,
                ),
            },
        }
    }
}
