//! The nouns of the program and the one decision: no I/O, no async, no clock of its own.
//!
//! Everything here is a value or a pure function over values. Untrusted text becomes a type once ([`ReturnTo`],
//! [`Host`], [`IpNets`]); [`policy::decide`] alone says who gets through, and only it can make a [`policy::Grant`].
//!
//! [`ReturnTo`]: return_to::ReturnTo
//! [`Host`]: origin::Host
//! [`IpNets`]: net::IpNets

#![cfg_attr(not(test), warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice))]

pub mod claims;
pub mod clock;
pub mod code;
pub mod cookie;
pub mod domain;
pub mod form;
pub mod html;
mod limits;
pub mod login;
pub mod metric;
pub mod net;
pub mod origin;
pub mod path;
pub mod policy;
pub mod report;
pub mod request_id;
pub mod return_to;
mod secret;
mod session;

pub use secret::Secret;
pub use session::Session;
