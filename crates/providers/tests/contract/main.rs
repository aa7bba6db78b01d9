//! The contract suite of all providers, against a provider of prepared replies.
#![expect(clippy::unwrap_used, reason = "a step of a test that fails panics")]

mod azure;
mod bearer;
mod entra_id;
mod github;
mod google;
mod idp;
mod keycloak;
mod openid;
mod suite;
