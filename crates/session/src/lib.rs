//! Keeping a session between requests, byte-compatible with oauth2-proxy v7.
//!
//! [`CookieStore`] keeps sessions and [`LoginCookies`] the state of logins, both in the visitor's browser. Requests come in
//! as [`RequestCookies`], answers go out as [`SetCookie`] values: nothing here reads a clock, touches a response, or knows
//! what a token means. [`CookieNames`] tells which cookies are ours.
//!
//! On the way out: record (`codec`) → LZ4 frame (`lz4`) → AES-CFB (`cfb`) → signed envelope (`sign`) → pieces (`chunk`) →
//! attributes (`writer`). On the way in the envelope is verified before anything else is looked at.
//!
//! [`RequestCookies`]: sidecar_core::cookie::RequestCookies
//! [`SetCookie`]: sidecar_core::cookie::SetCookie

#![cfg_attr(
    not(any(test, fuzzing)),
    warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)
)]

mod b64;
mod cache;
mod cfb;
mod chunk;
mod codec;
mod fit;
#[cfg(fuzzing)]
pub mod fuzzing;
mod limits;
mod login;
mod lz4;
mod msgpack;
mod names;
mod seal;
mod secret;
mod settings;
mod sign;
mod store;
#[cfg(test)]
mod vectors;
mod writer;

pub use login::{Destination, LoginCookies, LoginStateError, TakenLogin};
pub use names::CookieNames;
pub use secret::{CookieSecret, SecretError};
pub use settings::{CacheLimits, Contents, CookieSettings, CsrfNaming, LoginSettings, Part, StoreSettings};
pub use store::{CookieStore, Opened, OpenedSession, Rejection, SessionId};
