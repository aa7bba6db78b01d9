//! The settings of Microsoft Entra ID.

use std::path::PathBuf;

use sidecar_oidc::{ClientCredential, EndpointUrl, Registration};
use sidecar_providers::{EntraIdSettings, Tenants};

use super::judge::Judge;
use super::oidc;
use super::provider::Said;
use super::registration::{registration, registration_with};
use super::surroundings::Surroundings;
use crate::fault::quote;
use crate::options::Options;
use crate::written::Written;

/// The variable in which the workload identity of a Kubernetes cluster names the token of a pod.
pub(crate) const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";

/// What stands in the place of a tenant in the issuers that many tenants share.
const SHARED: [&str; 3] = ["common", "organizations", "consumers"];

/// What Entra ID is told.
pub(super) fn settings(said: Said<'_>, judge: &mut Judge) -> Option<EntraIdSettings> {
    let registration = client(said, judge);
    let endpoints = oidc::endpoints(said.options, judge);
    let openid = oidc::settings_with(said, registration, endpoints, judge);
    let tenants = tenants(said.options, judge);
    Some(EntraIdSettings { tenants, ..EntraIdSettings::new(openid?) })
}

/// Tells what no other kind of provider uses.
pub(super) fn unused(options: &Options, judge: &mut Judge) {
    if !options.entra_id_allowed_tenants.value.is_empty() {
        let message = "it is used by the provider entra-id alone, so it restricts nobody";
        judge.warn(&options.entra_id_allowed_tenants, message);
    }
    let federated = &options.entra_id_federated_token_auth;
    judge.warn_if(federated, true, "it is used by the provider entra-id alone");
}

/// The registration: with a client secret, or with the identity of the pod.
fn client(said: Said<'_>, judge: &mut Judge) -> Option<Registration> {
    let options = said.options;
    let federated = &options.entra_id_federated_token_auth;
    if !federated.value {
        return registration(said, judge);
    }
    if !options.client_secret.value.expose().is_empty() {
        judge.warn(&options.client_secret, "it is not used with entra-id-federated-token-auth");
    }
    if !options.client_secret_file.value.is_empty() {
        judge.warn(&options.client_secret_file, "it is not used with entra-id-federated-token-auth");
    }
    registration_with(said, judge, |judge| token_file(federated, said.surroundings, judge))
}

/// Where the pod's own token is; `None` after a fault.
pub(super) fn token_file(
    federated: &Written<bool>,
    surroundings: Surroundings<'_>,
    judge: &mut Judge,
) -> Option<ClientCredential> {
    let Some(path) = surroundings.variable(TOKEN_FILE) else {
        let instead = "give the pod its workload identity, or set the variable to the path of the projected token";
        judge.refuse(federated, format!("needs the variable {TOKEN_FILE}"), instead);
        return None;
    };
    if let Err(error) = std::fs::read_to_string(path) {
        let reason = format!("cannot read {}, which {TOKEN_FILE} names: {error}", quote(&path.to_string_lossy()));
        judge.refuse_file(federated, reason, "name the projected token");
    }
    Some(ClientCredential::AssertionFile(PathBuf::from(path)))
}

/// Who may in, with what an operator should know about tenants.
fn tenants(options: &Options, judge: &mut Judge) -> Tenants {
    let written = &options.entra_id_allowed_tenants;
    let ids: Vec<&str> = judge.restriction(written).collect();
    for id in written.elements().filter(|id| !id.value.is_empty() && !is_tenant_id(id.value)) {
        judge.warn(&id, format!("{} is no tenant id as tokens have it, so it lets nobody in", quote(id.value)));
    }
    if let Some(shared) = shared_issuer(&options.oidc_issuer_url.value) {
        if !options.insecure_oidc_skip_issuer_verification.value {
            judge.refuse(
                &options.oidc_issuer_url,
                format!("{shared} is no tenant, and tokens name the tenant of their user as issuer"),
                "write the id of your tenant in its place, or set insecure-oidc-skip-issuer-verification and \
                 entra-id-allowed-tenant",
            );
        } else if ids.is_empty() {
            judge.warn(
                written,
                "accounts of every tenant sign in, and each tenant decides which e-mail addresses its users have",
            );
        }
    }
    if ids.is_empty() { Tenants::Any } else { Tenants::Listed(ids.into_iter().map(str::to_owned).collect()) }
}

/// A GUID in lower case.
fn is_tenant_id(text: &str) -> bool {
    let mut parts = text.split('-');
    let has_parts = [8, 4, 4, 4, 12].into_iter().all(|length| parts.next().is_some_and(|part| part.len() == length));
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-');
    has_parts && parts.next().is_none() && text.bytes().all(is_digit)
}

/// The word in place of the tenant, if the issuer is one of those of Microsoft that many tenants share.
fn shared_issuer(issuer: &str) -> Option<&'static str> {
    let url = EndpointUrl::parse(issuer).ok()?;
    let is_microsofts = matches!(
        url.as_url().host_str(),
        Some("login.microsoftonline.com" | "login.microsoftonline.us" | "login.partner.microsoftonline.cn")
    );
    let first = url.as_url().path().split('/').nth(1)?;
    SHARED.into_iter().find(|shared| is_microsofts && *shared == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_guids_in_lower_case_are_tenant_ids() {
        assert!(is_tenant_id("9188040d-6c67-4c5b-b112-36a304b66dad"));
        for other in [
            "",
            "contoso.onmicrosoft.com",
            "9188040D-6C67-4C5B-B112-36A304B66DAD",
            "9188040d-6c67-4c5b-b112-36a304b66dad-",
            "9188040d6c67-4c5b-b112-36a304b66dad",
            "9188040d-6c67-4c5b-b112-36a304b66dag",
        ] {
            assert!(!is_tenant_id(other), "{other}");
        }
    }

    #[test]
    fn only_microsofts_own_issuers_are_shared() {
        for (issuer, shared) in [
            ("https://login.microsoftonline.com/common/v2.0", Some("common")),
            ("https://login.microsoftonline.us/organizations/v2.0", Some("organizations")),
            ("https://login.microsoftonline.com/consumers/v2.0", Some("consumers")),
            ("https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0", None),
            ("http://127.0.0.1:14003/common/v2.0", None),
            ("https://idp.example/common", None),
            ("", None),
        ] {
            assert_eq!(shared_issuer(issuer), shared, "{issuer}");
        }
    }
}
