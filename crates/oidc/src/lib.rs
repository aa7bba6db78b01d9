//! The OpenID Connect relying party: the protocol between us and an identity provider, and nothing else. No cookies, no
//! server, no vendor.
//!
//! ```text
//! Provider::new_attempt ─► LoginAttempt ─► authorization_url ─► browser ─► Callback
//!                               └──────────────────────────────────────────► verify ─► VerifiedCallback
//!                                                                                            │
//! Session ◄── identity ◄── IdToken ◄── id_token::verify ◄── TokenResponse ◄── Provider::redeem ◄┘
//! ```
//!
//! Each arrow is a type that only the step before it can make: an unchecked callback cannot be redeemed, and nobody is made of
//! claims but those of an ID token that passed [`id_token::verify`], or [`id_token::receive`] where TLS stands in for keys.
//! What else reads a token says by its type or its name what it did not check ([`id_token::PastIdToken`],
//! [`claims::Claims::of_access_token`]).

#![cfg_attr(
    not(any(test, fuzzing)),
    warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)
)]

pub mod algorithm;
pub mod api;
mod authorize;
mod backend_logout;
mod background;
mod backoff;
mod bearer;
mod call;
pub mod callback;
pub mod claims;
pub mod client;
mod discovery;
mod endpoint_url;
mod error;
#[cfg(fuzzing)]
pub mod fuzzing;
pub mod id_token;
mod identity;
mod jwks;
mod jws;
mod key;
mod key_set;
mod limits;
mod login_parameter;
mod memory;
mod metadata;
mod oauth;
pub mod pkce;
mod provider;
mod relying_party;
pub mod settings;
#[cfg(any(test, fuzzing))]
mod test_signer;
pub mod token;
mod token_response;
mod userinfo;

pub use api::{ApiHeaders, Object, Presented};
pub use backend_logout::{BackendLogout, BackendLogoutError};
pub use background::{Background, Interrupted};
pub use bearer::{BearerError, ExtraIssuer, ExtraIssuerSettings, IssuerError, KeysFound, plain_session};
pub use callback::{Callback, CallbackError, CallbackParseError, VerifiedCallback};
pub use client::{Call, CallError, Client, Fault};
pub use discovery::DiscoveryError;
pub use endpoint_url::{EndpointUrl, EndpointUrlError};
pub use error::{ClaimsError, RedeemError, RefreshError, Unavailable, ValidateError, Verdict};
pub use jwks::{Keys, KeysError};
pub use jws::JwsError;
pub use key::{KeyError, check_pem};
pub use limits::MAX_TOKEN_BYTES;
pub use login_parameter::{Admitted, LoginParameter};
pub use memory::Memory;
pub use metadata::{Metadata, MetadataError};
pub use oauth::{OAuthClient, OAuthSettings, Redeemed};
pub use provider::{Account, AuthorizationRequest, BoxFuture, Freshness, Provider, Refreshed, StandingError};
pub use relying_party::{BuildError, RelyingParty, Renewal};
pub use settings::{ClientCredential, EndpointOverrides, Registration, SecretSource, Settings};
pub use token::TokenResponse;
