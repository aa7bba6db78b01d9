//! The settings of Google.

use sidecar_providers::GoogleSettings;

use super::judge::Judge;
use super::provider::Said;
use super::registration::{overrides, registration};

/// What Google is told.
pub(super) fn settings(said: Said<'_>, judge: &mut Judge) -> Option<GoogleSettings> {
    let options = said.options;
    let registration = registration(said, judge);
    let endpoints = overrides(options, judge);
    if !options.allowed_groups.value.is_empty() {
        let message = "Google tells no groups, so with it nobody is in one; email-domain restricts to a domain";
        judge.warn(&options.allowed_groups, message);
    }
    judge.warn_if(
        &options.insecure_oidc_allow_unverified_email,
        true,
        "it does nothing with the provider google, whose addresses must always be verified",
    );
    Some(GoogleSettings { registration: registration?, endpoints: endpoints? })
}
