//! What says whose a request is, besides a session: bearer tokens and the users of a file.

use sidecar_gateway::{Credentials, LocalUsers, PasswordForm, RefusedToken, UserEmail, Users};
use sidecar_oidc::{EndpointUrl, ExtraIssuerSettings};

use super::judge::{Judge, given};
use crate::fault::quote;
use crate::options::Options;

/// What the gateway is told.
pub(super) fn settings(options: &Options, judge: &mut Judge) -> Credentials {
    let refused =
        if options.bearer_token_login_fallback.value { RefusedToken::LoggedIn } else { RefusedToken::Forbidden };
    let bearer = options.skip_jwt_bearer_tokens.value.then_some(refused);
    if bearer.is_none() && !options.bearer_token_login_fallback.value {
        let message = "means nothing without skip-jwt-bearer-tokens: no token is looked at";
        judge.warn(&options.bearer_token_login_fallback, message);
    }
    Credentials { bearer, users: users(options, judge) }
}

/// The users of `htpasswd-file`. A file that cannot be used is a fault, at a start and when it is read again, when the users
/// stay who they were.
fn users(options: &Options, judge: &mut Judge) -> Option<LocalUsers> {
    let groups = judge.texts(&options.htpasswd_user_groups).map(str::to_owned).collect();
    let written = &options.htpasswd_file;
    let Some(path) = given(written) else {
        if !options.htpasswd_user_groups.value.is_empty() {
            judge.warn(&options.htpasswd_user_groups, "is a group of nobody without htpasswd-file");
        }
        return None;
    };
    let content = match std::fs::read_to_string(path) {
        Ok(content) => content,
        Err(error) => {
            judge.unreadable(written, path, &error);
            return None;
        }
    };
    match Users::parse(&content) {
        Ok(users) => {
            let email = if options.prefer_email_to_user.value { UserEmail::IsUser } else { UserEmail::Absent };
            Some(LocalUsers { users, groups, email })
        }
        Err(lines) => {
            for line in lines {
                judge.refuse_file(written, format!("{}: {line}", quote(path)), "mend or remove the line");
            }
            None
        }
    }
}

/// Whether the sign-in page has a form for them.
pub(super) fn password_form(options: &Options) -> PasswordForm {
    let has_users = given(&options.htpasswd_file).is_some();
    if has_users && options.display_htpasswd_form.value { PasswordForm::Shown } else { PasswordForm::Hidden }
}

/// The issuers of `extra-jwt-issuers`. compat: they are looked at only where bearer tokens count.
pub(super) fn extra_issuers(options: &Options, judge: &mut Judge) -> Vec<ExtraIssuerSettings> {
    let written = &options.extra_jwt_issuers;
    if !options.skip_jwt_bearer_tokens.value {
        if !written.value.is_empty() {
            judge.warn(written, "means nothing without skip-jwt-bearer-tokens: no token is looked at");
        }
        return Vec::new();
    }
    // What is wrong with them is told where the provider's own are read.
    let given = options.oidc_audience_claims.value.iter().filter(|claim| !claim.is_empty());
    let audience_claims: Vec<String> = given.cloned().collect();
    let audience_claims = if audience_claims.is_empty() { vec!["aud".to_owned()] } else { audience_claims };
    let mut issuers = Vec::new();
    for element in judge.elements(written) {
        let text = element.value;
        let Some((issuer, audience)) = text.split_once('=') else {
            judge.refuse(&element, format!("{} names no audience", quote(text)), "write ISSUER=AUDIENCE");
            continue;
        };
        if let Err(error) = EndpointUrl::parse(issuer) {
            let reason = format!("the issuer {} is no URL to ask at: {error}", quote(issuer));
            judge.refuse(&element, reason, "write it as its tokens have it in iss");
            continue;
        }
        if audience.is_empty() {
            let reason = format!("names no audience for the issuer {}", quote(issuer));
            judge.refuse(&element, reason, "write the audience that its tokens for this app have in aud");
            continue;
        }
        issuers.push(ExtraIssuerSettings {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            extra_audiences: options.oidc_extra_audiences.value.clone(),
            audience_claims: audience_claims.clone(),
            groups_claim: options.oidc_groups_claim.value.clone(),
        });
    }
    issuers
}
