//! The settings of the OpenID Connect family.

use std::path::PathBuf;

use sidecar_oidc::algorithm::Algorithm;
use sidecar_oidc::settings::{
    Endpoints, GroupRestriction, IssuerCheck, KeySource, NonceCheck, UnverifiedEmail, UserInfoClaims,
};
use sidecar_oidc::{EndpointUrl, Registration, Settings, check_pem};

use super::judge::{Judge, given, one_of};
use super::provider::Said;
use super::registration::{endpoint, registration};
use crate::fault::quote;
use crate::options::Options;
use crate::written::Written;

/// Signatures made with a shared secret: known names, and never accepted.
const SYMMETRIC: [&str; 3] = ["HS256", "HS384", "HS512"];

/// What a relying party is told.
pub(super) fn settings(said: Said<'_>, judge: &mut Judge) -> Option<Settings> {
    let registration = registration(said, judge);
    let endpoints = endpoints(said.options, judge);
    settings_with(said, registration, endpoints, judge)
}

/// The same with a registration and endpoints that were judged elsewhere; either is `None` after a fault.
pub(super) fn settings_with(
    said: Said<'_>,
    registration: Option<Registration>,
    endpoints: Option<Endpoints>,
    judge: &mut Judge,
) -> Option<Settings> {
    let Said { options, nested, .. } = said;
    let validate_endpoint = endpoint(&options.validate_url, judge);
    let signing_algorithms = algorithms(&options.oidc_enabled_signing_algs, judge);
    let audience_claims = audience_claims(&options.oidc_audience_claims, judge);
    let extra_audiences = judge.texts(&options.oidc_extra_audiences).map(str::to_owned).collect();
    let additional_claims = judge.texts(&nested.additional_claims).map(str::to_owned).collect();
    insecure(options, judge);
    Some(Settings {
        registration: registration?,
        group_restriction: match options.allowed_groups.value.as_slice() {
            [] => GroupRestriction::None,
            [_, ..] => GroupRestriction::Some,
        },
        endpoints: endpoints?,
        validate_endpoint: validate_endpoint?,
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
        additional_claims,
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

/// The claims that may name the audience; never empty.
fn audience_claims(written: &Written<Vec<String>>, judge: &mut Judge) -> Vec<String> {
    let claims: Vec<String> = judge.texts(written).map(str::to_owned).collect();
    if claims.is_empty() { vec!["aud".to_owned()] } else { claims }
}

fn required_endpoint(written: &Written<String>, judge: &mut Judge) -> Option<EndpointUrl> {
    let endpoint = endpoint(written, judge)?;
    if endpoint.is_none() {
        judge.refuse(written, "is required with skip-oidc-discovery", "write the provider's endpoint");
    }
    endpoint
}

/// Where the endpoints of a provider are that has none but those of its metadata or of the configuration.
pub(super) fn endpoints(options: &Options, judge: &mut Judge) -> Option<Endpoints> {
    if let Some(discovered) = discovered(options, judge)? {
        return Some(discovered);
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

/// The issuer, and the endpoints if they are found from it; `None` inside when they are to be configured.
#[expect(clippy::option_option, reason = "outside: whether there is a fault; inside: whether they are discovered")]
pub(super) fn discovered(options: &Options, judge: &mut Judge) -> Option<Option<Endpoints>> {
    let issuer = &options.oidc_issuer_url;
    if issuer.value.is_empty() {
        judge.refuse(issuer, "is required", "write the issuer as the provider's metadata spells it");
    } else if !options.skip_oidc_discovery.value {
        endpoint(issuer, judge)?;
    }
    let (jwks, files) = (&options.oidc_jwks_url, &options.oidc_public_key_files);
    if !jwks.value.is_empty() && !files.value.is_empty() {
        judge.conflict(files, "cannot be used together with oidc-jwks-url", "leave one of the two out");
    }
    if options.skip_oidc_discovery.value {
        return Some(None);
    }
    // What the metadata overrides is still checked: a misspelt URL is no better for being unused.
    for written in [&options.login_url, &options.redeem_url, &options.profile_url, jwks] {
        endpoint(written, judge)?;
    }
    Some(Some(Endpoints::Discovered))
}

/// The provider's public keys, where no metadata says where they are.
pub(super) fn keys(options: &Options, judge: &mut Judge) -> Option<KeySource> {
    let elements: Vec<_> = judge.elements(&options.oidc_public_key_files).collect();
    let files: Vec<PathBuf> = elements.iter().map(|file| PathBuf::from(file.value)).collect();
    if files.is_empty() {
        let Some(url) = endpoint(&options.oidc_jwks_url, judge)? else {
            let reason = "is required with skip-oidc-discovery, or oidc-public-key-file";
            judge.refuse(&options.oidc_jwks_url, reason, "write the address of the provider's key set");
            return None;
        };
        return Some(KeySource::Remote(url));
    }
    for file in &elements {
        let name = quote(file.value);
        let reason = match std::fs::read_to_string(file.value).map(|pem| check_pem(&pem)) {
            Err(error) => format!("cannot read {name}: {error}"),
            Ok(Err(error)) => format!("{name}: {error}"),
            Ok(Ok(())) => continue,
        };
        judge.refuse_file(file, reason, "name a PEM file with a public key");
    }
    Some(KeySource::PemFiles(files))
}

pub(super) fn algorithms(written: &Written<Vec<String>>, judge: &mut Judge) -> Option<Vec<Algorithm>> {
    let elements: Vec<_> = judge.elements(written).collect();
    let is_symmetric = |name: &str| SYMMETRIC.contains(&name);
    let mut algorithms = Vec::new();
    for element in &elements {
        let name = element.value;
        if let Some(algorithm) = Algorithm::from_name(name) {
            algorithms.push(algorithm);
        } else if is_symmetric(name) {
            judge.warn(element, format!("{name} is left out: a token signed with a shared secret is never accepted"));
        } else {
            let known: Vec<&str> = Algorithm::ALL.iter().map(|algorithm| algorithm.as_str()).collect();
            let reason = format!("{} is no signature algorithm", quote(name));
            judge.refuse(element, reason, format!("write {}", one_of(&known)));
        }
    }
    if !elements.is_empty() && elements.iter().all(|element| is_symmetric(element.value)) {
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
