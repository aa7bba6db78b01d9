//! Providers that are written down and not used: what must hold for them all the same (config-loading 8.4).

use std::collections::HashSet;

use super::entra_id;
use super::judge::Judge;
use super::oidc;
use super::registration::{client_id, client_secret};
use super::surroundings::Surroundings;
use crate::fault::quote;
use crate::options::Options;
use crate::structured::{FurtherProvider, Structured};

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
    oidc::algorithms(&provider.enabled_signing_algs, judge);
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
    fn a_choice_of_providers_needs_its_button() {
        let mut options = Options::default();
        options.skip_provider_button.value = true;
        assert_eq!(subjects(&options, vec![further("second", 1)]), ["skip-provider-button"]);
        assert!(subjects(&options, vec![]).is_empty());
    }
}
