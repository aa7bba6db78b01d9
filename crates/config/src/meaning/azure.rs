//! The settings of Azure Active Directory as it was before Entra ID.

use sidecar_oidc::EndpointOverrides;
use sidecar_oidc::settings::Endpoints;
use sidecar_providers::{AzureSettings, azure_endpoints};

use super::judge::{Judge, given};
use super::oidc;
use super::provider::Said;
use super::registration::{endpoint, registration};
use crate::fault::quote;
use crate::options::Options;

/// What Azure is told.
pub(super) fn settings(said: Said<'_>, judge: &mut Judge) -> Option<AzureSettings> {
    let options = said.options;
    let registration = registration(said, judge);
    let endpoints = endpoints(options, judge);
    let openid = oidc::settings_with(said, registration, endpoints, judge);
    let group_field = given(&options.azure_graph_group_field).unwrap_or("id");
    if !group_field.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        let reason = format!("{} is no attribute of a group", quote(group_field));
        judge.refuse(
            &options.azure_graph_group_field,
            reason,
            "write one that Microsoft Graph has, such as displayName",
        );
    }
    judge.warn(&options.provider, "azure is deprecated; entra-id takes its place");
    Some(AzureSettings {
        resource: given(&options.resource).map(str::to_owned),
        group_field: group_field.to_owned(),
        ..AzureSettings::new(openid?)
    })
}

/// Tells what no other kind of provider uses.
pub(super) fn unused(options: &Options, judge: &mut Judge) {
    if !options.azure_graph_group_field.value.is_empty() {
        judge.warn(&options.azure_graph_group_field, "it is used by the provider azure alone");
    }
}

fn endpoints(options: &Options, judge: &mut Judge) -> Option<Endpoints> {
    if let Some(discovered) = oidc::discovered(options, judge)? {
        return Some(discovered);
    }
    let authorization = endpoint(&options.login_url, judge);
    let token = endpoint(&options.redeem_url, judge);
    let profile = endpoint(&options.profile_url, judge);
    let keys = oidc::keys(options, judge);
    let tenant = given(&options.azure_tenant).unwrap_or("common");
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if !tenant.bytes().all(is_name) {
        judge.refuse(&options.azure_tenant, format!("{} is no tenant", quote(tenant)), "write its id or its domain");
        return None;
    }
    let configured =
        EndpointOverrides { authorization: authorization?, token: token?, profile: profile?, validate: None };
    match azure_endpoints(tenant, configured, keys?) {
        Ok(endpoints) => Some(endpoints),
        Err(error) => {
            judge.refuse(&options.azure_tenant, format!("{}: {error}", quote(tenant)), "write its id or its domain");
            None
        }
    }
}
