//! The provider of a configuration, in the order of the original.

use super::{Entries, Node, escaped, is_empty};
use crate::options::Options;
use crate::row::Row;
use crate::structured::{LoginUrlParameter, Provider, UrlParameterRule};
use crate::table::OPTIONS;
use crate::value::Loose;

/// The kinds of provider a group of options is written for: those of another kind say nothing.
enum For {
    Every,
    Kinds(&'static [&'static str]),
    /// A switch that is written for every kind, and off for those it is not for.
    Switch(&'static [&'static str]),
}

/// The groups of options, their keys in order, and the kind of provider that has them.
const GROUPS: [(&str, &[(&str, For)]); 10] = [
    ("keycloakConfig", &[("groups", For::Kinds(&["keycloak", "keycloak-oidc"])), ("roles", KEYCLOAK_OIDC)]),
    ("azureConfig", &[("tenant", For::Every), ("graphGroupField", For::Every)]),
    (
        "microsoftEntraIDConfig",
        &[("allowedTenants", For::Kinds(&["entra-id"])), ("federatedTokenAuth", For::Switch(&["entra-id"]))],
    ),
    ("ADFSConfig", &[("skipScope", For::Every)]),
    ("bitbucketConfig", &[("team", BITBUCKET), ("workspace", BITBUCKET), ("repository", BITBUCKET)]),
    ("githubConfig", &[("org", GITHUB), ("team", GITHUB), ("repo", GITHUB), ("token", GITHUB), ("users", GITHUB)]),
    ("gitlabConfig", &[("group", GITLAB), ("projects", GITLAB)]),
    (
        "googleConfig",
        &[
            ("group", GOOGLE),
            ("adminEmail", GOOGLE),
            ("serviceAccountJson", GOOGLE),
            ("useApplicationDefaultCredentials", For::Switch(&["google"])),
            ("targetPrincipal", GOOGLE),
            ("useOrganizationID", For::Switch(&["google"])),
            ("adminAPIUserScope", GOOGLE),
        ],
    ),
    (
        "oidcConfig",
        &[
            ("issuerURL", For::Every),
            ("insecureAllowUnverifiedEmail", For::Every),
            ("insecureSkipIssuerVerification", For::Every),
            ("insecureSkipNonce", For::Every),
            ("skipDiscovery", For::Every),
            ("jwksURL", For::Every),
            ("publicKeyFiles", For::Every),
            ("emailClaim", For::Every),
            ("groupsClaim", For::Every),
            ("userIDClaim", For::Every),
            ("audienceClaims", For::Every),
            ("extraAudiences", For::Every),
            ("enabledSigningAlgs", For::Every),
        ],
    ),
    ("loginGovConfig", &[("jwtKey", LOGIN_GOV), ("jwtKeyFile", LOGIN_GOV), ("pubjwkURL", LOGIN_GOV)]),
];

const KEYCLOAK_OIDC: For = For::Kinds(&["keycloak-oidc"]);
const BITBUCKET: For = For::Kinds(&["bitbucket"]);
const GITHUB: For = For::Kinds(&["github"]);
const GITLAB: For = For::Kinds(&["gitlab"]);
const GOOGLE: For = For::Kinds(&["google"]);
const LOGIN_GOV: For = For::Kinds(&["login.gov"]);

/// The one provider of a configuration of options.
pub(super) fn provider(options: &Options, nested: &Provider) -> Node {
    let mut entries = Entries::default();
    let leaves = |entries: &mut Entries, keys: &[&'static str]| {
        for key in keys {
            entries.loose(key, &leaf(key, options));
        }
    };
    leaves(&mut entries, &["clientID", "clientSecret", "clientSecretFile"]);
    for (group, keys) in GROUPS {
        let node = members(group, keys, options, nested);
        if !node.0.is_empty() {
            entries.always(group, node.into_node());
        }
    }
    entries.text("id", &nested.id);
    leaves(&mut entries, &["provider", "name", "caFiles", "useSystemTrustStore", "loginURL"]);
    entries.list("loginURLParameters", &nested.login_url_parameters, login_url_parameter);
    let keys = ["authRequestResponseMode", "redeemURL", "profileURL", "skipClaimsFromProfileURL", "resource"];
    leaves(&mut entries, &keys);
    leaves(&mut entries, &["validateURL", "scope", "allowedGroups"]);
    let method = match options.code_challenge_method.value.as_str() {
        "" => &options.force_code_challenge_method,
        _ => &options.code_challenge_method,
    };
    entries.text("code_challenge_method", method);
    entries.texts("additionalClaims", &nested.additional_claims.value);
    // compat: the one text that is written even when it is empty.
    entries.always("backendLogoutURL", Node::Text(escaped(&options.backend_logout_url.value)));
    entries.into_node()
}

/// What a group has for the kind of provider that it is.
fn members(group: &str, keys: &[(&'static str, For)], options: &Options, nested: &Provider) -> Entries {
    let mut entries = Entries::default();
    for (key, kinds) in keys {
        let is_of = |kinds: &[&str]| kinds.contains(&options.provider.value.as_str());
        let belongs = match kinds {
            For::Every => true,
            For::Kinds(kinds) | For::Switch(kinds) => is_of(kinds),
        };
        match (belongs, group) {
            (false, _) if matches!(kinds, For::Switch(_)) => entries.always(key, Node::Bool(false)),
            (false, _) => {}
            (true, "ADFSConfig") => entries.switch(key, &nested.skip_scope),
            (true, _) => entries.loose(key, &leaf(&format!("{group}.{key}"), options)),
        }
    }
    entries
}

/// The value of the option that has this path below the provider. An empty one means the default, but for the tenant,
/// which is then left to the provider.
fn leaf(path: &str, options: &Options) -> Loose {
    let is_here = |row: &&Row| row.alpha_leaf().and_then(|leaf| leaf.strip_prefix("providers[0].")) == Some(path);
    let Some(row) = OPTIONS.iter().find(is_here) else { return Loose::Text(String::new()) };
    let value = (row.value)(options);
    if is_empty(&value) && path != "azureConfig.tenant" { (row.value)(&Options::default()) } else { value }
}

fn login_url_parameter(parameter: &LoginUrlParameter) -> Node {
    let mut entries = Entries::default();
    entries.always("name", Node::Text(escaped(&parameter.name.value)));
    entries.texts("default", &parameter.default.value);
    entries.list("allow", &parameter.allow, rule);
    entries.into_node()
}

fn rule(rule: &UrlParameterRule) -> Node {
    let mut entries = Entries::default();
    let text = |text: &crate::written::Written<String>| Node::Text(escaped(&text.value));
    entries.part("value", rule.value.as_ref(), text);
    entries.part("pattern", rule.pattern.as_ref(), text);
    entries.into_node()
}
