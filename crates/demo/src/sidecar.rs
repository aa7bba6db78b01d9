//! What the real binary is told: the way the example site tells it.
//!
//! A `ConfigMap` becomes a file, the container's environment stays an environment, and the Secret's values travel in it
//! alone: no argument and no file holds them.

use std::fmt::Write as _;
use std::net::SocketAddr;

use crate::domain::Scheme;

/// What one sidecar of the demo is told.
#[derive(Clone)]
pub struct Plan {
    /// Where it listens: `http_address`.
    pub address: SocketAddr,
    /// The provider: `oidc_issuer_url`.
    pub issuer: String,
    /// The app behind it: `OAUTH2_PROXY_UPSTREAMS`.
    pub upstream: SocketAddr,
    /// `OAUTH2_PROXY_REDIRECT_URL`: the shared callback host.
    pub redirect_url: String,
    /// `cookie_domains`, with the dot in front.
    pub cookie_domain: String,
    /// `whitelist_domains`.
    pub whitelist_domain: String,
    /// How visitors come: `cookie_secure` unless it is plain HTTP.
    pub scheme: Scheme,
    /// `OAUTH2_PROXY_CLIENT_ID`.
    pub client_id: String,
    /// `OAUTH2_PROXY_CLIENT_SECRET`.
    pub client_secret: String,
    /// `OAUTH2_PROXY_COOKIE_SECRET`: the same for all, since they share sessions.
    pub cookie_secret: String,
}

impl Plan {
    /// `oauth2_proxy.cfg`, the file of the site's `ConfigMap`.
    #[must_use]
    pub fn file(&self) -> String {
        let mut file = format!(
            "provider = \"oidc\"\nprovider_display_name = \"Demo Identity\"\noidc_issuer_url = \"{}\"\n\
             http_address = \"{}\"\ncookie_domains = [\"{}\"]\nwhitelist_domains = [\"{}\"]\n\
             skip_provider_button = false\nemail_domains = [\"*\"]\nreverse_proxy = true\nset_xauthrequest = true\n",
            self.issuer, self.address, self.cookie_domain, self.whitelist_domain,
        );
        if self.scheme == Scheme::Http {
            let _ = writeln!(file, "cookie_secure = false");
        }
        file
    }

    /// The environment of the site's container, its Secret included.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, String); 6] {
        [
            ("OAUTH2_PROXY_REDIRECT_URL", self.redirect_url.clone()),
            ("OAUTH2_PROXY_UPSTREAMS", format!("http://{}", self.upstream)),
            ("OAUTH2_PROXY_SIGN_IN_PAGE_STATUS", "200".to_owned()),
            ("OAUTH2_PROXY_CLIENT_ID", self.client_id.clone()),
            ("OAUTH2_PROXY_CLIENT_SECRET", self.client_secret.clone()),
            ("OAUTH2_PROXY_COOKIE_SECRET", self.cookie_secret.clone()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_in_the_environment_alone() {
        let address = SocketAddr::from(([127, 0, 0, 1], 4180));
        let plan = Plan {
            address,
            issuer: "http://127.0.0.1:1".to_owned(),
            upstream: address,
            redirect_url: "https://auth.example.com/oauth2/callback".to_owned(),
            cookie_domain: ".example.com".to_owned(),
            whitelist_domain: ".example.com".to_owned(),
            scheme: Scheme::Https,
            client_id: "app".to_owned(),
            client_secret: "marked-client-secret".to_owned(),
            cookie_secret: "marked-cookie-secret".to_owned(),
        };
        assert!(!plan.file().contains("marked") && !plan.file().contains("cookie_secure"));
        let secrets = plan.environment().into_iter().filter(|(_, value)| value.starts_with("marked"));
        let names: Vec<_> = secrets.map(|(name, _)| name).collect();
        assert_eq!(names, ["OAUTH2_PROXY_CLIENT_SECRET", "OAUTH2_PROXY_COOKIE_SECRET"]);
    }
}
