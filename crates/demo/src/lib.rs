//! An embedded OpenID provider and sample apps: for trying the program out without an account anywhere, and for tests.
//!
//! Nothing here is linked into `oauth2-sidecar`, and nothing here shares code with the crates it demonstrates: a
//! mistake made on both sides of the protocol would otherwise go unseen. Data flows one way, from [`stage::Stage`]
//! (what `make demo` starts) to the parts: [`provider`], [`sample_app`], the real binary, told by [`sidecar`] and
//! run as a [`child`], and whatever stands at the door: [`router`] or the Envoy of [`gateway`].

pub mod certificates;
pub mod child;
pub mod domain;
pub mod gateway;
mod html;
pub mod provider;
mod random;
pub mod router;
pub mod sample_app;
mod server;
pub mod sidecar;
pub mod stage;

pub use provider::Provider;
pub use sample_app::SampleApp;
