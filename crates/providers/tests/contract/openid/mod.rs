//! The generic provider: the contract, and what OpenID Connect asks for beyond it.

mod discovery;
mod keys;
mod login;
mod session;

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sidecar_core::login::LoginAttempt;
use sidecar_core::{Secret, Session};
use sidecar_oidc::{Background, Client, Provider, Registration, SecretSource, Settings, Verdict};
use sidecar_providers::build;

use crate::idp::{Idp, KEYS, TOKEN, now, tokens};
use crate::suite::{CLIENT_SECRET, REDIRECT_URI, Subject, Trait, background, callback, client, told};

struct OpenId;

impl Subject for OpenId {
    fn build(&self, idp: &Idp, client: Client, background: Background) -> Arc<dyn Provider> {
        build(sidecar_providers::Settings::OpenId(settings(idp)), client, background).unwrap()
    }

    fn admit(&self, idp: &Idp, attempt: &LoginAttempt) {
        idp.says(TOKEN, tokens(&idp.sign(&idp.claims(&attempt.nonce.hash()))));
    }

    fn calls(&self) -> &'static [&'static str] {
        &[TOKEN, KEYS]
    }

    fn token_path(&self) -> &'static str {
        TOKEN
    }

    fn traits(&self) -> &'static [Trait] {
        &[Trait::Refreshes, Trait::Discovers]
    }
}

crate::contract!(OpenId);

fn settings(idp: &Idp) -> Settings {
    Settings::new(idp.issuer(), Registration::new("app", SecretSource::Value(Secret::from(CLIENT_SECRET))))
}

async fn built(idp: &Idp, change: impl FnOnce(&mut Settings)) -> Arc<dyn Provider> {
    let mut settings = settings(idp);
    change(&mut settings);
    let provider = build(sidecar_providers::Settings::OpenId(settings), client(), background()).unwrap();
    provider.ready_once().await.unwrap();
    provider
}

/// Logs in with `claims` in the ID token, made of the good ones.
async fn log_in(
    idp: &Idp,
    provider: &Arc<dyn Provider>,
    change: impl FnOnce(&mut Value),
) -> Result<Session, (Verdict, String)> {
    let attempt = provider.new_attempt().unwrap();
    let mut claims = idp.claims(&attempt.nonce.hash());
    change(&mut claims);
    idp.says(TOKEN, tokens(&idp.sign(&claims)));
    let redeemed = provider.redeem(callback(&attempt), REDIRECT_URI, now()).await;
    redeemed.map_err(|error| (error.verdict(), told(&error)))
}

/// Lets monotonic time pass without waiting for it.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}
