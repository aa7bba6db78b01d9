//! Providers that are written down and not used: what must hold for them all the same.

use std::collections::HashSet;
use std::path::Path;

use super::entra_id;
use super::judge::{Judge, given};
use super::oidc;
use super::registration::{client_id, client_secret};
use super::surroundings::Surroundings;
use crate::fault::quote;
use crate::options::Options;
use crate::structured::{FurtherProvider, GoogleDirectory, Structured};

/// Tells what is wrong with the providers behind the first.
pub(super) fn check(options: &Options, structured: &Structured, surroundings: Surroundings<'_>, judge: &mut Judge) {
    let (first, further) = (&structured.provider, &structured.further_providers);
    let Some(second) = further.first() else { return };
    judge.warn(&second.id, "only the first provider is used");
    if options.skip_provider_button.value {
        let reason = "leaves no choice between the providers that are written down";
        judge.conflict(&options.skip_provider_button, reason, "keep one provider, or switch it off");
    }
    let mut ids = HashSet::from([&first.id.value]);
    for provider in further {
        if provider.id.value.is_empty() {
            judge.refuse(&provider.id, "is required", "write a name of its own for each provider");
        } else if !ids.insert(&provider.id.value) {
            let reason = format!("{} is the id of another provider", quote(&provider.id.value));
            judge.refuse(&provider.id, reason, "write a name of its own for each provider");
        }
        one(provider, surroundings, judge);
    }
}

fn one(provider: &FurtherProvider, surroundings: Surroundings<'_>, judge: &mut Judge) {
    client_id(&provider.client_id, judge);
    match provider.kind.value.as_str() {
        "login.gov" => {}
        "entra-id" if provider.federated_token_auth.value => {
            entra_id::token_file(&provider.federated_token_auth, surroundings, judge);
        }
        _ => drop(client_secret(&provider.client_secret, &provider.client_secret_file, judge)),
    }
    if provider.kind.value == "google" {
        google(&provider.google, judge);
    }
    oidc::algorithms(&provider.enabled_signing_algs, judge);
}

/// Google's directory is asked in the name of an administrator, with one of two proofs.
fn google(directory: &GoogleDirectory, judge: &mut Judge) {
    let GoogleDirectory { admin_email, service_account_json, use_application_default_credentials: adc } = directory;
    let file = given(service_account_json);
    let admin = given(admin_email);
    if admin.is_none() && file.is_none() && !adc.value {
        return;
    }
    if admin.is_none() {
        judge.refuse(admin_email, "is required to ask Google's directory", "write an administrator's address");
    }
    match (file, adc.value) {
        (Some(_), true) => {
            judge.conflict(adc, "cannot be together with serviceAccountJson", "leave one of the two out");
        }
        (Some(path), false) if !Path::new(path).exists() => {
            judge.refuse_file(service_account_json, format!("there is no {}", quote(path)), "");
        }
        (None, false) => {
            let instead = "set it, or useApplicationDefaultCredentials";
            judge.refuse(service_account_json, "is required to ask Google's directory", instead);
        }
        (Some(_), false) | (None, true) => {}
    }
}

#[cfg(test)]
mod tests {
    use sidecar_core::Secret;

    use super::*;

    fn further(id: &str, at: usize) -> FurtherProvider {
        let mut provider = FurtherProvider::unset(&format!("providers[{at}]"));
        provider.id.value = id.to_owned();
        provider.client_id.value = "app".to_owned();
        provider.client_secret.value = Secret::from("s");
        provider
    }

    fn subjects(options: &Options, further_providers: Vec<FurtherProvider>) -> Vec<String> {
        let mut structured = Structured { further_providers, ..Structured::default() };
        structured.provider.id.value = "first".to_owned();
        let mut judge = Judge::default();
        check(options, &structured, Surroundings::default(), &mut judge);
        judge.faults.into_iter().map(|fault| fault.subject).collect()
    }

    #[test]
    fn what_is_not_used_is_checked_all_the_same() {
        let options = Options::default();
        assert!(subjects(&options, vec![further("second", 1), further("third", 2)]).is_empty());
        let mut bad = further("first", 1);
        bad.client_id.value.clear();
        bad.client_secret.value = Secret::from("");
        bad.enabled_signing_algs.value = vec!["RS255".to_owned()];
        assert_eq!(
            subjects(&options, vec![bad, further("", 2)]),
            [
                "providers[1].id",
                "providers[1].clientID",
                "providers[1].clientSecret",
                "providers[1].oidcConfig.enabledSigningAlgs",
                "providers[2].id"
            ]
        );
    }

    #[test]
    fn googles_directory_needs_an_administrator_and_one_proof() {
        let google = |admin: &str, file: &str, adc: bool| {
            let mut provider = further("second", 1);
            provider.kind.value = "google".to_owned();
            provider.google.admin_email.value = admin.to_owned();
            provider.google.service_account_json.value = file.to_owned();
            provider.google.use_application_default_credentials.value = adc;
            subjects(&Options::default(), vec![provider])
        };
        let leaf = |leaf: &str| format!("providers[1].googleConfig.{leaf}");
        let (email, file) = (leaf("adminEmail"), leaf("serviceAccountJson"));
        assert!(google("", "", false).is_empty() && google("a@b.c", "", true).is_empty());
        assert_eq!(google("", "/nowhere", false), [email.clone(), file.clone()]);
        assert_eq!(google("a@b.c", "", false), [file]);
        assert_eq!(google("", "", true), [email]);
        assert_eq!(google("a@b.c", "/nowhere", true), [leaf("useApplicationDefaultCredentials")]);
    }

    #[test]
    fn a_choice_of_providers_needs_its_button() {
        let mut options = Options::default();
        options.skip_provider_button.value = true;
        assert_eq!(subjects(&options, vec![further("second", 1)]), ["skip-provider-button"]);
        assert!(subjects(&options, vec![]).is_empty());
    }
}
