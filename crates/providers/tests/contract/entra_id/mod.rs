//! Microsoft Entra ID: the contract, with a visitor whose groups are in Graph, and what is its own.

mod federated;
mod groups;
mod tenants;

use std::sync::Arc;

use serde_json::{Value, json};
use sidecar_core::login::LoginAttempt;
use sidecar_core::{Secret, Session};
use sidecar_oidc::{Background, Client, EndpointUrl, Provider, Registration, SecretSource, Settings, Verdict};
use sidecar_providers::{EntraIdSettings, Tenants, build};

use crate::idp::{Idp, KEYS, Reply, TOKEN, USERINFO, now, tokens};
use crate::suite::{CLIENT_SECRET, REDIRECT_URI, Subject, Trait, background, callback, client, told};

const GRAPH: &str = "/v1.0/me/transitiveMemberOf";
const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";

struct EntraId;

impl Subject for EntraId {
    fn build(&self, idp: &Idp, client: Client, background: Background) -> Arc<dyn Provider> {
        build(sidecar_providers::Settings::EntraId(settings(idp)), client, background).unwrap()
    }

    fn admit(&self, idp: &Idp, attempt: &LoginAttempt) {
        let mut claims = claims(idp, attempt);
        overflow(&mut claims);
        idp.says(TOKEN, tokens(&idp.sign(&claims)));
        idp.says(USERINFO, Reply::Json(json!({"sub": "alice-id"})));
        idp.says(GRAPH, Reply::Json(json!({"value": [{"id": "g1"}]})));
    }

    fn calls(&self) -> &'static [&'static str] {
        &[TOKEN, KEYS, USERINFO, GRAPH]
    }

    fn token_path(&self) -> &'static str {
        TOKEN
    }

    fn traits(&self) -> &'static [Trait] {
        &[Trait::Refreshes, Trait::Discovers]
    }

    fn restricted(&self, idp: &Idp) -> Vec<(&'static str, sidecar_providers::Settings)> {
        let tenants = Tenants::Listed(["9188040d-6c67-4c5b-b112-36a304b66dad".to_owned()].into());
        vec![("tenant", sidecar_providers::Settings::EntraId(EntraIdSettings { tenants, ..settings(idp) }))]
    }
}

crate::contract!(EntraId);

fn settings(idp: &Idp) -> EntraIdSettings {
    let registration = Registration::new("app", SecretSource::Value(Secret::from(CLIENT_SECRET)));
    let openid = Settings::new(idp.issuer(), registration);
    EntraIdSettings { graph: EndpointUrl::parse(&idp.issuer()).unwrap(), ..EntraIdSettings::new(openid) }
}

async fn built(idp: &Idp, change: impl FnOnce(&mut EntraIdSettings)) -> Arc<dyn Provider> {
    let mut settings = settings(idp);
    change(&mut settings);
    let provider = build(sidecar_providers::Settings::EntraId(settings), client(), background()).unwrap();
    provider.ready_once().await.unwrap();
    provider
}

fn claims(idp: &Idp, attempt: &LoginAttempt) -> Value {
    let mut claims = idp.claims(&attempt.nonce.hash());
    claims["tid"] = json!(TENANT);
    claims
}

/// Makes the claims those of a visitor with more groups than a token has room for.
fn overflow(claims: &mut Value) {
    claims.as_object_mut().unwrap().remove("groups");
    claims["_claim_names"] = json!({"groups": "src1"});
    claims["_claim_sources"] = json!({"src1": {"endpoint": "https://graph.windows.net/t/users/o/getMemberObjects"}});
}

/// Logs in with `claims` in the ID token, made of the good ones.
async fn log_in(
    idp: &Idp,
    provider: &Arc<dyn Provider>,
    change: impl FnOnce(&mut Value),
) -> Result<Session, (Verdict, String)> {
    let attempt = provider.new_attempt().unwrap();
    let mut claims = claims(idp, &attempt);
    change(&mut claims);
    idp.says(TOKEN, tokens(&idp.sign(&claims)));
    let redeemed = provider.redeem(callback(&attempt), REDIRECT_URI, now()).await;
    redeemed.map_err(|error| (error.verdict(), told(&error)))
}
