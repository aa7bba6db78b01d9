//! Configurations that let in whoever has an account at a provider that gives one to everybody.

use sidecar_providers::Id;

use super::judge::Judge;
use crate::options::Options;

/// Issuers whose accounts anybody can have.
const PUBLIC_ISSUERS: [&str; 5] = [
    "https://accounts.google.com",
    "https://login.microsoftonline.com/common",
    "https://login.microsoftonline.com/consumers",
    "https://appleid.apple.com",
    "https://gitlab.com",
];

/// Tells of `email-domain=*` where the provider restricts nobody and no other option does.
pub(super) fn warn(options: &Options, judge: &mut Judge) {
    let everybody = options.email_domains.value.iter().any(|domain| domain == "*");
    if !everybody || !options.allowed_groups.value.is_empty() {
        return;
    }
    if let Some(place) = public_provider(options) {
        let message = format!(
            "whoever has an account at {place} may sign in, and everybody can have one; write domains, or restrict by \
             group, organization or tenant"
        );
        judge.warn(&options.email_domains, message);
    }
}

/// The name of the provider, when it is one for everybody and nothing of its own options restricts it.
fn public_provider(options: &Options) -> Option<&'static str> {
    match options.provider.value.parse().ok()? {
        Id::GitHub => {
            let restricted = [&options.github_org, &options.github_team, &options.github_repo];
            let free = restricted.into_iter().all(|option| option.value.is_empty());
            // With a server of one's own its accounts are one's own too.
            let at_github = options.login_url.value.is_empty();
            (free && at_github && options.github_users.value.is_empty()).then_some("GitHub")
        }
        Id::Google => Some("Google"),
        Id::OpenId | Id::EntraId | Id::Azure => {
            let issuer = &options.oidc_issuer_url.value;
            let public = PUBLIC_ISSUERS.into_iter().any(|public| issuer.starts_with(public));
            (public && options.entra_id_allowed_tenants.value.is_empty()).then_some("this issuer")
        }
        Id::Keycloak => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warned(set: impl FnOnce(&mut Options)) -> bool {
        let mut options = Options::default();
        options.email_domains.value = vec!["*".to_owned()];
        set(&mut options);
        let mut judge = Judge::default();
        warn(&options, &mut judge);
        judge.warnings.len() == 1
    }

    fn provider(options: &mut Options, id: &str) {
        id.clone_into(&mut options.provider.value);
    }

    #[test]
    fn everybody_at_a_public_provider_is_told() {
        assert!(warned(|options| provider(options, "github")));
        assert!(warned(|options| provider(options, "google")));
        assert!(warned(|options| {
            provider(options, "entra-id");
            "https://login.microsoftonline.com/common/v2.0".clone_into(&mut options.oidc_issuer_url.value);
        }));
    }

    #[test]
    fn a_restriction_or_a_provider_of_ones_own_is_not_told() {
        assert!(!warned(|options| {
            provider(options, "github");
            "acme".clone_into(&mut options.github_org.value);
        }));
        assert!(!warned(|options| {
            provider(options, "github");
            "https://git.example.com/login".clone_into(&mut options.login_url.value);
        }));
        assert!(!warned(|options| {
            provider(options, "oidc");
            "https://id.example.com".clone_into(&mut options.oidc_issuer_url.value);
        }));
        assert!(!warned(|options| options.allowed_groups.value = vec!["staff".to_owned()]));
        assert!(!warned(|options| options.email_domains.value = vec!["example.com".to_owned()]));
    }
}
