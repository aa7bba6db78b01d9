//! What we are registered as at the provider, whatever its kind, and its endpoints.

use std::path::PathBuf;

use sidecar_core::Secret;
use sidecar_oidc::pkce::{CodeChallengeMethod, PkcePolicy};
use sidecar_oidc::{ClientCredential, EndpointOverrides, EndpointUrl, Registration, SecretSource};

use super::judge::{Judge, given};
use super::login_parameters::login_parameters;
use super::provider::Said;
use crate::fault::quote;
use crate::options::Options;
use crate::written::Written;

/// The registration of a client with a secret.
pub(super) fn registration(said: Said<'_>, judge: &mut Judge) -> Option<Registration> {
    let Options { client_secret, client_secret_file, .. } = said.options;
    let secret = |judge: &mut Judge| self::client_secret(client_secret, client_secret_file, judge);
    registration_with(said, judge, |judge| secret(judge).map(ClientCredential::Secret))
}

/// The registration of a client with another credential, which tells its faults itself.
pub(super) fn registration_with(
    said: Said<'_>,
    judge: &mut Judge,
    credential: impl FnOnce(&mut Judge) -> Option<ClientCredential>,
) -> Option<Registration> {
    let options = said.options;
    client_id(&options.client_id, judge);
    let credential = credential(judge);
    let login_parameters = login_parameters(&said.nested.login_url_parameters, judge);
    let pkce = pkce(options, judge);
    Some(Registration {
        display_name: given(&options.provider_display_name).map(str::to_owned),
        client_id: options.client_id.value.clone(),
        credential: credential?,
        scope: given(&options.scope).map(str::to_owned),
        login_parameters: login_parameters?,
        response_mode: given(&options.auth_request_response_mode).map(str::to_owned),
        pkce: pkce?,
    })
}

/// There must be a client id.
pub(super) fn client_id(written: &Written<String>, judge: &mut Judge) {
    if written.value.is_empty() {
        judge.refuse(written, "is required", "write the client id that the provider gave you");
    }
}

/// Where the client secret is; `None` after a fault.
pub(super) fn client_secret(
    secret: &Written<Secret<String>>,
    file: &Written<String>,
    judge: &mut Judge,
) -> Option<SecretSource> {
    if !secret.value.expose().is_empty() {
        return Some(SecretSource::Value(secret.value.clone()));
    }
    let Some(path) = given(file) else {
        let reason = format!("is required, here or in the file of {}", file.option);
        judge.refuse(secret, reason, "write the client secret that the provider gave you");
        return None;
    };
    let source = SecretSource::File(PathBuf::from(path));
    match source.read() {
        Ok(secret) if secret.expose().is_empty() => {
            judge.refuse_file(file, format!("{} is empty", quote(path)), "write the secret into it");
        }
        Ok(secret) if secret.expose().ends_with('\n') => {
            let message = "the file ends in a line break, which counts as part of the secret; write it with printf %s";
            judge.warn(file, message);
        }
        Ok(_) => {}
        Err(error) => judge.unreadable(file, path, &error),
    }
    Some(source)
}

/// An endpoint that need not be there; the outer `None` is a fault.
#[expect(clippy::option_option, reason = "outside: whether there is a fault; inside: whether there is an endpoint")]
pub(super) fn endpoint(written: &Written<String>, judge: &mut Judge) -> Option<Option<EndpointUrl>> {
    let Some(text) = given(written) else { return Some(None) };
    match EndpointUrl::parse(text) {
        Ok(url) => Some(Some(url)),
        Err(error) => {
            judge.refuse(written, format!("{}: {error}", quote(text)), "write an http or https URL");
            None
        }
    }
}

/// The endpoints of a provider that has its own where none is configured.
pub(super) fn overrides(options: &Options, judge: &mut Judge) -> Option<EndpointOverrides> {
    let authorization = endpoint(&options.login_url, judge);
    let token = endpoint(&options.redeem_url, judge);
    let profile = endpoint(&options.profile_url, judge);
    let validate = endpoint(&options.validate_url, judge);
    Some(EndpointOverrides { authorization: authorization?, token: token?, profile: profile?, validate: validate? })
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
