//! The identity provider: which kind, what it is told, and how it is reached.

use std::path::PathBuf;

use sidecar_core::Secret;
use sidecar_core::report::chain;
use sidecar_net::{Roots, Tls, TlsSettings, Verify};
use sidecar_oidc::EndpointUrl;
use sidecar_providers::{Id, Settings};

use super::judge::{Judge, given};
use super::{Surroundings, azure, entra_id, github, google, oidc};
use crate::fault::quote;
use crate::nearest::nearest;
use crate::options::Options;
use crate::written::Written;

/// The kinds of provider that v7 has and this version does not serve yet.
const LATER: [&str; 11] = [
    "adfs",
    "bitbucket",
    "cidaas",
    "digitalocean",
    "facebook",
    "gitlab",
    "keycloak",
    "linkedin",
    "login.gov",
    "nextcloud",
    "sourcehut",
];

/// What the provider is told, whichever it is.
pub(super) fn settings(options: &Options, surroundings: &Surroundings, judge: &mut Judge) -> Option<Settings> {
    let Some(id) = id(&options.provider, judge) else {
        // What is wrong beside the kind is told too, as far as it is the same for most kinds.
        oidc::settings(options, judge);
        return None;
    };
    unused(id, options, judge);
    match id {
        Id::GitHub => github::settings(options, judge).map(Settings::GitHub),
        Id::Google => google::settings(options, judge).map(Settings::Google),
        Id::OpenId => oidc::settings(options, judge).map(Settings::OpenId),
        Id::Keycloak => oidc::settings(options, judge).map(Settings::Keycloak),
        Id::EntraId => entra_id::settings(options, surroundings, judge).map(Settings::EntraId),
        Id::Azure => azure::settings(options, judge).map(Settings::Azure),
    }
}

/// Tells what is written down for another kind of provider than this one.
fn unused(id: Id, options: &Options, judge: &mut Judge) {
    if id != Id::GitHub {
        github::unused(options, judge);
    }
    if id != Id::Keycloak && !options.allowed_roles.value.is_empty() {
        judge.warn(&options.allowed_roles, "only the provider keycloak-oidc knows roles, so it restricts nothing");
    }
    if id != Id::EntraId {
        entra_id::unused(options, judge);
    }
    if id != Id::Azure {
        azure::unused(options, judge);
    }
}

/// Which kind of provider it is.
fn id(provider: &Written<String>, judge: &mut Judge) -> Option<Id> {
    let name = provider.value.as_str();
    if let Ok(id) = name.parse() {
        return Some(id);
    }
    let (reason, instead) = if LATER.contains(&name) {
        let reason = format!("this version does not serve the provider {name} yet");
        (reason, "write oidc, and set oidc-issuer-url".to_owned())
    } else {
        let known = nearest(name, LATER.into_iter().chain(Id::ALL.map(Id::as_str)));
        let instead = known.map_or("write oidc".to_owned(), |known| format!("did you mean {known}?"));
        (format!("{} is no kind of provider", quote(name)), instead)
    };
    judge.refuse(provider, reason, instead);
    None
}

/// Whom TLS to the provider trusts.
pub(super) fn tls(options: &Options, judge: &mut Judge) -> TlsSettings {
    let files: Vec<PathBuf> = judge.elements(&options.provider_ca_files).map(PathBuf::from).collect();
    let roots = if files.is_empty() {
        Roots::System
    } else {
        Roots::Files { files, and_system: options.use_system_trust_store.value }
    };
    let skip = &options.ssl_insecure_skip_verify;
    judge.warn_if(skip, true, "whoever can reach the wire to the provider can read and change everything on it");
    let verify = if skip.value { Verify::InsecureSkip } else { Verify::Full };
    let settings = TlsSettings { roots, verify };
    if verify == Verify::Full
        && let Err(error) = Tls::new(&settings)
    {
        judge.refuse(&options.provider_ca_files, chain(&error), "name a PEM file with certificates");
    }
    settings
}

/// Called at sign-out; `{id_token}` in it stands for the session's ID token.
pub(super) fn backend_logout_url(written: &Written<String>, judge: &mut Judge) -> Option<Secret<String>> {
    let text = given(written)?;
    let filled = text.replace("{id_token}", "x");
    if let Err(error) = EndpointUrl::parse(&filled) {
        judge.refuse(written, format!("{}: {error}", quote(text)), "write an http or https URL");
    }
    Some(Secret::from(text))
}
