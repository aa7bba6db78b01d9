//! The settings of the relying party, and how the provider is reached.

use std::path::PathBuf;

use sidecar_core::Secret;
use sidecar_core::report::chain;
use sidecar_net::{Roots, Tls, TlsSettings, Verify};
use sidecar_oidc::algorithm::Algorithm;
use sidecar_oidc::pkce::{CodeChallengeMethod, PkcePolicy};
use sidecar_oidc::settings::{
    Endpoints, GroupRestriction, IssuerCheck, KeySource, NonceCheck, UnverifiedEmail, UserInfoClaims,
};
use sidecar_oidc::{EndpointUrl, SecretSource, Settings, check_pem};
use sidecar_providers::Id;

use super::judge::{Judge, given, one_of};
use crate::fault::quote;
use crate::nearest::nearest;
use crate::options::Options;
use crate::written::Written;

/// The kinds of provider that v7 has and this version does not serve yet.
const LATER: [&str; 16] = [
    "adfs",
    "azure",
    "bitbucket",
    "cidaas",
    "digitalocean",
    "entra-id",
    "facebook",
    "github",
    "gitlab",
    "google",
    "keycloak",
    "keycloak-oidc",
    "linkedin",
    "login.gov",
    "nextcloud",
    "sourcehut",
];

/// Signatures made with a shared secret: known names, and never accepted.
const SYMMETRIC: [&str; 3] = ["HS256", "HS384", "HS512"];

/// What the relying party is told.
pub(super) fn settings(options: &Options, judge: &mut Judge) -> Option<Settings> {
    if options.client_id.value.is_empty() {
        judge.refuse(&options.client_id, "is required", "write the client id that the provider gave you");
    }
    let client_secret = client_secret(options, judge);
    let endpoints = endpoints(options, judge);
    let validate_endpoint = endpoint(&options.validate_url, judge);
    let pkce = pkce(options, judge);
    let signing_algorithms = algorithms(&options.oidc_enabled_signing_algs, judge);
    let mut audience_claims: Vec<String> = judge.elements(&options.oidc_audience_claims).map(str::to_owned).collect();
    if audience_claims.is_empty() {
        audience_claims.push("aud".to_owned());
    }
    let extra_audiences = judge.elements(&options.oidc_extra_audiences).map(str::to_owned).collect();
    insecure(options, judge);
    Some(Settings {
        display_name: given(&options.provider_display_name).map(str::to_owned),
        client_id: options.client_id.value.clone(),
        client_secret: client_secret?,
        scope: given(&options.scope).map(str::to_owned),
        group_restriction: match options.allowed_groups.value.as_slice() {
            [] => GroupRestriction::None,
            [_, ..] => GroupRestriction::Some,
        },
        endpoints: endpoints?,
        validate_endpoint: validate_endpoint?,
        extra_parameters: extra_parameters(options),
        response_mode: given(&options.auth_request_response_mode).map(str::to_owned),
        pkce: pkce?,
        nonce: if options.insecure_oidc_skip_nonce.value { NonceCheck::InsecureSkipped } else { NonceCheck::Required },
        issuer: options.oidc_issuer_url.value.clone(),
        issuer_check: if options.insecure_oidc_skip_issuer_verification.value {
            IssuerCheck::InsecureSkipped
        } else {
            IssuerCheck::Required
        },
        signing_algorithms: signing_algorithms?,
        audience_claims,
        extra_audiences,
        email_claim: email_claim(options),
        groups_claim: given(&options.oidc_groups_claim).unwrap_or("groups").to_owned(),
        additional_claims: Vec::new(),
        unverified_email: if options.insecure_oidc_allow_unverified_email.value {
            UnverifiedEmail::InsecureAllowed
        } else {
            UnverifiedEmail::Refused
        },
        userinfo_claims: if options.skip_claims_from_profile_url.value {
            UserInfoClaims::Skipped
        } else {
            UserInfoClaims::Used
        },
    })
}

/// Which kind of provider it is.
pub(super) fn id(provider: &Written<String>, judge: &mut Judge) -> Option<Id> {
    let name = provider.value.as_str();
    if let Ok(id) = name.parse() {
        return Some(id);
    }
    let (reason, instead) = if !LATER.contains(&name) {
        let known = nearest(name, LATER.into_iter().chain(Id::ALL.map(Id::as_str)));
        let instead = known.map_or("write oidc".to_owned(), |known| format!("did you mean {known}?"));
        (format!("{} is no kind of provider", quote(name)), instead)
    } else if provider.is_set() {
        let reason = format!("this version does not serve the provider {name} yet");
        (reason, "write oidc, and set oidc-issuer-url".to_owned())
    } else {
        let reason = format!("its default is {name}, which this version does not serve yet");
        (reason, "write oidc, and set oidc-issuer-url".to_owned())
    };
    judge.refuse(provider, reason, instead);
    None
}

fn client_secret(options: &Options, judge: &mut Judge) -> Option<SecretSource> {
    if !options.client_secret.value.expose().is_empty() {
        return Some(SecretSource::Value(options.client_secret.value.clone()));
    }
    let Some(path) = given(&options.client_secret_file) else {
        let instead = "write the client secret that the provider gave you";
        judge.refuse(&options.client_secret, "is required, here or in the file of client-secret-file", instead);
        return None;
    };
    let source = SecretSource::File(PathBuf::from(path));
    match source.read() {
        Ok(secret) if secret.expose().is_empty() => {
            judge.refuse(&options.client_secret_file, format!("{} is empty", quote(path)), "write the secret into it");
        }
        Ok(secret) if secret.expose().ends_with('\n') => {
            let message = "the file ends in a line break, which counts as part of the secret";
            judge.warn(&options.client_secret_file, message);
        }
        Ok(_) => {}
        Err(error) => judge.refuse(&options.client_secret_file, format!("cannot read {}: {error}", quote(path)), ""),
    }
    Some(source)
}

/// An endpoint that need not be there; the outer `None` is a fault.
#[expect(clippy::option_option, reason = "outside: whether there is a fault; inside: whether there is an endpoint")]
fn endpoint(written: &Written<String>, judge: &mut Judge) -> Option<Option<EndpointUrl>> {
    let Some(text) = given(written) else { return Some(None) };
    match EndpointUrl::parse(text) {
        Ok(url) => Some(Some(url)),
        Err(error) => {
            judge.refuse(written, format!("{}: {error}", quote(text)), "write an http or https URL");
            None
        }
    }
}

fn required_endpoint(written: &Written<String>, judge: &mut Judge) -> Option<EndpointUrl> {
    let endpoint = endpoint(written, judge)?;
    if endpoint.is_none() {
        judge.refuse(written, "is required with skip-oidc-discovery", "write the provider's endpoint");
    }
    endpoint
}

fn endpoints(options: &Options, judge: &mut Judge) -> Option<Endpoints> {
    let issuer = &options.oidc_issuer_url;
    if issuer.value.is_empty() {
        judge.refuse(issuer, "is required", "write the issuer as the provider's metadata spells it");
    } else if !options.skip_oidc_discovery.value {
        endpoint(issuer, judge)?;
    }
    let (jwks, files) = (&options.oidc_jwks_url, &options.oidc_public_key_files);
    if !jwks.value.is_empty() && !files.value.is_empty() {
        judge.refuse(files, "cannot be used together with oidc-jwks-url", "leave one of the two out");
    }
    if !options.skip_oidc_discovery.value {
        // What the metadata overrides is still checked: a misspelt URL is no better for being unused.
        for written in [&options.login_url, &options.redeem_url, &options.profile_url, jwks] {
            endpoint(written, judge)?;
        }
        return Some(Endpoints::Discovered);
    }
    let authorization_endpoint = required_endpoint(&options.login_url, judge);
    let token_endpoint = required_endpoint(&options.redeem_url, judge);
    let userinfo_endpoint = endpoint(&options.profile_url, judge);
    let keys = keys(options, judge);
    Some(Endpoints::Configured {
        authorization_endpoint: authorization_endpoint?,
        token_endpoint: token_endpoint?,
        userinfo_endpoint: userinfo_endpoint?,
        keys: keys?,
    })
}

fn keys(options: &Options, judge: &mut Judge) -> Option<KeySource> {
    let files: Vec<PathBuf> = judge.elements(&options.oidc_public_key_files).map(PathBuf::from).collect();
    if files.is_empty() {
        let Some(url) = endpoint(&options.oidc_jwks_url, judge)? else {
            let reason = "is required with skip-oidc-discovery, or oidc-public-key-file";
            judge.refuse(&options.oidc_jwks_url, reason, "write the address of the provider's key set");
            return None;
        };
        return Some(KeySource::Remote(url));
    }
    for file in &files {
        let name = quote(&file.to_string_lossy());
        let reason = match std::fs::read_to_string(file).map(|pem| check_pem(&pem)) {
            Err(error) => format!("cannot read {name}: {error}"),
            Ok(Err(error)) => format!("{name}: {error}"),
            Ok(Ok(())) => continue,
        };
        judge.refuse(&options.oidc_public_key_files, reason, "name a PEM file with a public key");
    }
    Some(KeySource::PemFiles(files))
}

/// What every authorization request carries besides what the protocol asks for.
fn extra_parameters(options: &Options) -> Vec<(String, Vec<String>)> {
    let acr_values = given(&options.acr_values).map(|value| ("acr_values", value));
    // compat: an empty approval_prompt still sends force.
    let prompt = match given(&options.prompt) {
        Some(value) => ("prompt", value),
        None => ("approval_prompt", given(&options.approval_prompt).unwrap_or("force")),
    };
    acr_values.into_iter().chain([prompt]).map(|(name, value)| (name.to_owned(), vec![value.to_owned()])).collect()
}

fn pkce(options: &Options, judge: &mut Judge) -> Option<PkcePolicy> {
    let written = match given(&options.code_challenge_method) {
        Some(_) => &options.code_challenge_method,
        None => &options.force_code_challenge_method,
    };
    let policy = judge.word(
        written,
        &[
            ("", PkcePolicy::Automatic),
            ("S256", PkcePolicy::Always(CodeChallengeMethod::S256)),
            ("plain", PkcePolicy::Always(CodeChallengeMethod::Plain)),
            ("none", PkcePolicy::Never),
        ],
    )?;
    if matches!(policy, PkcePolicy::Never | PkcePolicy::Always(CodeChallengeMethod::Plain)) {
        judge.warn(written, "a stolen authorization code can be redeemed by whoever stole it; S256 prevents that");
    }
    Some(policy)
}

fn algorithms(written: &Written<Vec<String>>, judge: &mut Judge) -> Option<Vec<Algorithm>> {
    let names: Vec<&str> = judge.elements(written).collect();
    let mut algorithms = Vec::new();
    for name in &names {
        if let Some(algorithm) = Algorithm::from_name(name) {
            algorithms.push(algorithm);
        } else if SYMMETRIC.contains(name) {
            judge.warn(written, format!("{name} is left out: a token signed with a shared secret is never accepted"));
        } else {
            let known: Vec<&str> = Algorithm::ALL.iter().map(|algorithm| algorithm.as_str()).collect();
            let reason = format!("{} is no signature algorithm", quote(name));
            judge.refuse(written, reason, format!("write {}", one_of(&known)));
        }
    }
    if algorithms.is_empty() && names.iter().all(|name| SYMMETRIC.contains(name)) && !names.is_empty() {
        judge.refuse(written, "leaves no algorithm that ID tokens may be signed with", "add RS256");
        return None;
    }
    Some(algorithms)
}

fn email_claim(options: &Options) -> String {
    match (given(&options.oidc_email_claim).unwrap_or("email"), given(&options.user_id_claim)) {
        // compat: the older name counts only while the newer has its default.
        ("email", Some(older)) => older.to_owned(),
        (newer, _) => newer.to_owned(),
    }
}

fn insecure(options: &Options, judge: &mut Judge) {
    for (switch, message) in [
        (
            &options.insecure_oidc_allow_unverified_email,
            "whoever can claim an e-mail address at the provider signs in with it",
        ),
        (&options.insecure_oidc_skip_issuer_verification, "tokens of another issuer are accepted"),
        (&options.insecure_oidc_skip_nonce, "an ID token of another login is accepted"),
    ] {
        judge.warn_if(switch, true, message);
    }
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
