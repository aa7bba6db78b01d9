//! The two versions of its addresses, and what follows from them.

use sidecar_oidc::{EndpointUrl, Metadata};

use super::ME;
use crate::graph;

/// Which addresses are used, which decides about scope, `resource` and Graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Two,
}

/// compat: version 2 is told by its number anywhere in the address that logins begin at.
pub(super) fn version(metadata: &Metadata) -> Version {
    let is_two = metadata.authorization_endpoint.as_url().as_str().contains("v2.0");
    if is_two { Version::Two } else { Version::One }
}

/// Where the account is: the userinfo endpoint of the metadata or `profile-url`, else Graph.
pub(super) fn profile(metadata: &Metadata) -> EndpointUrl {
    metadata.userinfo_endpoint.clone().unwrap_or_else(|| graph::at(&graph::host(), ME, None))
}

/// The same host, by https.
#[expect(clippy::expect_used, reason = "another scheme before the host of an endpoint is an endpoint too")]
pub(super) fn with_https(url: &EndpointUrl) -> EndpointUrl {
    let authority = url.to_uri().authority().map(ToString::to_string).unwrap_or_default();
    EndpointUrl::parse(&format!("https://{authority}/")).expect("it is the host of an endpoint")
}

/// The scope that is asked for: at addresses of version 2 without `groups`, which they refuse, and with all that is granted
/// at the host of the profile.
pub(super) fn scope(configured: &str, version: Version, profile: &EndpointUrl) -> String {
    match version {
        Version::One => configured.to_owned(),
        Version::Two => {
            let mut scope = configured.replace(" groups", "");
            let granted = format!(" {}.default", with_https(profile));
            if !scope.contains(&granted) {
                scope.push_str(&granted);
            }
            scope
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> EndpointUrl {
        EndpointUrl::parse(text).unwrap()
    }

    #[test]
    fn the_scope_of_version_two_has_graph_and_no_groups() {
        let graph = url("https://graph.microsoft.com/oidc/userinfo");
        for (configured, version, expected) in [
            ("openid", Version::One, "openid"),
            ("openid groups", Version::One, "openid groups"),
            ("openid", Version::Two, "openid https://graph.microsoft.com/.default"),
            ("openid groups email", Version::Two, "openid email https://graph.microsoft.com/.default"),
            (
                "openid https://graph.microsoft.com/.default",
                Version::Two,
                "openid https://graph.microsoft.com/.default",
            ),
        ] {
            assert_eq!(scope(configured, version, &graph), expected, "{configured}");
        }
        assert_eq!(scope("openid", Version::Two, &url("http://g.test:8080/me")), "openid https://g.test:8080/.default");
    }
}
