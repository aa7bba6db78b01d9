//! The issuers beside the provider whose tokens count (`extra-jwt-issuers`).

use sidecar_core::report::chain;
use sidecar_oidc::{Background, Client, ExtraIssuer, ExtraIssuerSettings, IssuerError, KeysFound};
use tokio::runtime::Handle;

use super::finding::Finding;

const SUBJECT: &str = "bearer tokens";

/// Looks for the keys of each, as the first token would.
pub(super) async fn findings(issuers: &[ExtraIssuerSettings], client: &Client, runtime: &Handle) -> Vec<Finding> {
    let mut findings = Vec::new();
    for settings in issuers {
        findings.push(of_issuer(settings, client, runtime).await);
    }
    findings
}

async fn of_issuer(settings: &ExtraIssuerSettings, client: &Client, runtime: &Handle) -> Finding {
    let name = &settings.issuer;
    let issuer = match ExtraIssuer::start(settings.clone(), client, Background::new(runtime.clone())) {
        Ok(issuer) => issuer,
        Err(error) => return Finding::bad(SUBJECT, format!("{name}: {}", chain(&error)), "check extra-jwt-issuers"),
    };
    match issuer.ready_once().await {
        Ok(KeysFound::AsAnnounced(keys)) => Finding::good(SUBJECT, format!("{name}: metadata, and keys at {keys}")),
        Ok(KeysFound::AtTheUsualPlace(keys, error)) => {
            let remedy = "its tokens count; if it has metadata, open that from this pod's network";
            let seen = format!("{name}: keys at {keys}, and no metadata: {}", chain(&error));
            Finding::doubtful(SUBJECT, seen).with_remedy(remedy)
        }
        Err(error) => {
            let remedy = match &error {
                IssuerError::Named(_) => "write the issuer in extra-jwt-issuers as its metadata has it, to the slash",
                IssuerError::Keys { .. } => {
                    "compare extra-jwt-issuers with iss in its tokens, and open that address from this pod's network"
                }
            };
            Finding::bad(SUBJECT, format!("{name}: {}", chain(&error)), remedy)
        }
    }
}
