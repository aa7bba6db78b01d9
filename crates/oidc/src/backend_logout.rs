//! Telling the provider that a session ended here (`backend-logout-url`).

use http::HeaderMap;
use sidecar_core::Secret;

use crate::background::{Background, Interrupted};
use crate::client::{Call, CallError, Client};
use crate::endpoint_url::EndpointUrl;
use crate::provider::BoxFuture;

/// What stands for the ID token in the URL.
const ID_TOKEN: &str = "{id_token}";

/// One GET to a configured URL at sign-out.
pub struct BackendLogout {
    url: Secret<String>,
    client: Client,
    background: Background,
}

/// The call brought no 200 or 204.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackendLogoutError {
    /// With this ID token in it the URL is none.
    #[error("the URL cannot be called with this id_token in it")]
    Url,
    /// The provider did not answer as it should.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The task that did it ended before it was done.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl BackendLogout {
    /// `url` may hold `{id_token}`, any number of times.
    #[must_use]
    pub fn new(url: Secret<String>, client: Client, background: Background) -> Self {
        Self { url, client, background }
    }

    /// Makes the call; it is finished even when nobody waits for it any more.
    #[must_use]
    pub fn call(&self, id_token: &str) -> BoxFuture<Result<(), BackendLogoutError>> {
        let url = Secret::new(self.url.expose().replace(ID_TOKEN, id_token));
        let client = self.client.clone();
        self.background.run(async move {
            let url = EndpointUrl::parse(url.expose()).map_err(|_| BackendLogoutError::Url)?;
            let answer = client.get(Call::BackendLogout, &url, HeaderMap::new()).await?;
            match answer.status.as_u16() {
                200 | 204 => Ok(()),
                _ => Err(answer.refused(Call::BackendLogout, &url).into()),
            }
        })
    }
}
