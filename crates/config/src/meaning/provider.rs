//! The identity provider: which kind, what it is told, and how it is reached.

use std::path::{Path, PathBuf};

use sidecar_core::Secret;
use sidecar_core::report::chain;
use sidecar_net::{Roots, Tls, TlsSettings, Verify};
use sidecar_oidc::EndpointUrl;
use sidecar_providers::{Id, Settings};

use super::judge::{Judge, given, one_of};
use super::surroundings::Surroundings;
use super::{azure, entra_id, further_providers, github, google, oidc};
use crate::fault::quote;
use crate::nearest::nearest;
use crate::options::Options;
use crate::structured::{self, Structured};
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

/// What was said about the provider, and about the place we run in.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    /// The flat part.
    pub(super) options: &'a Options,
    /// The nested part.
    pub(super) nested: &'a structured::Provider,
    /// The environment.
    pub(super) surroundings: Surroundings<'a>,
}

/// What the provider is told, whichever it is.
pub(super) fn settings(
    options: &Options,
    structured: &Structured,
    surroundings: Surroundings<'_>,
    judge: &mut Judge,
) -> Option<Settings> {
    let said = Said { options, nested: &structured.provider, surroundings };
    if said.nested.id.value.is_empty() {
        judge.refuse(&said.nested.id, "is required", "write a name of its own for each provider");
    }
    further_providers::check(options, structured, surroundings, judge);
    let Some(id) = id(&options.provider, judge) else {
        // What is wrong beside the kind is told too, as far as it is the same for most kinds.
        oidc::settings(said, judge);
        return None;
    };
    unused(id, said, judge);
    match id {
        Id::GitHub => github::settings(said, judge).map(Settings::GitHub),
        Id::Google => google::settings(said, judge).map(Settings::Google),
        Id::OpenId => oidc::settings(said, judge).map(Settings::OpenId),
        Id::Keycloak => oidc::settings(said, judge).map(Settings::Keycloak),
        Id::EntraId => entra_id::settings(said, judge).map(Settings::EntraId),
        Id::Azure => azure::settings(said, judge).map(Settings::Azure),
    }
}

/// Tells what is written down for another kind of provider than this one.
fn unused(id: Id, said: Said<'_>, judge: &mut Judge) {
    let options = said.options;
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
    let claims = &said.nested.additional_claims;
    if matches!(id, Id::GitHub | Id::Google) && !claims.value.is_empty() {
        judge.warn(claims, format!("the provider {} tells no claims beside the fixed ones", id.as_str()));
    }
    judge.warn_if(&said.nested.skip_scope, true, "it is used by the provider adfs alone");
}

/// Which kind of provider it is.
fn id(provider: &Written<String>, judge: &mut Judge) -> Option<Id> {
    let name = provider.value.as_str();
    if let Ok(id) = name.parse() {
        return Some(id);
    }
    if LATER.contains(&name) {
        let instead = match name {
            "keycloak" => "write keycloak-oidc, and set oidc-issuer-url",
            _ => "if it speaks OpenID Connect, write oidc and set oidc-issuer-url; if not, stay with oauth2-proxy",
        };
        judge.not_served(provider, &format!("the provider {name}"), instead);
        return None;
    }
    let served = Id::ALL.map(Id::as_str);
    let instead = match nearest(name, LATER.into_iter().chain(served)) {
        Some("keycloak") => "did you mean keycloak-oidc?".to_owned(),
        Some(known) => format!("did you mean {known}?"),
        None => format!("write {}", one_of(&served)),
    };
    judge.refuse(provider, format!("{} is no kind of provider", quote(name)), instead);
    None
}

/// Whom TLS to the provider trusts.
pub(super) fn tls(options: &Options, judge: &mut Judge) -> TlsSettings {
    let files: Vec<PathBuf> = judge.texts(&options.provider_ca_files).map(PathBuf::from).collect();
    let skip = &options.ssl_insecure_skip_verify;
    // compat: files of authorities that nobody asks are not read.
    let roots = if files.is_empty() || skip.value {
        Roots::System
    } else {
        Roots::Files { files, and_system: options.use_system_trust_store.value }
    };
    judge.warn_if(skip, true, "whoever can reach the wire to the provider can read and change everything on it");
    let verify = if skip.value { Verify::InsecureSkip } else { Verify::Full };
    let settings = TlsSettings { roots, verify };
    if verify == Verify::Full
        && let Err(error) = Tls::new(&settings)
    {
        let written = &options.provider_ca_files;
        let file = written.elements().find(|file| error.path() == Path::new(file.value));
        let element = file.and_then(|file| file.element);
        let written = Written { element, ..written.with(()) };
        judge.refuse_file(&written, chain(&error), "name a PEM file with certificates");
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
