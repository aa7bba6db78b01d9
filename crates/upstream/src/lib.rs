//! Carrying a granted request to the app, and the app's answer back.
//!
//! ```text
//! Request + Grant ─► table (which upstream?) ─► rewrite ─► hop (their connection ends here) ─► protected (forged identities go)
//!     ─► cookies (ours stay) ─► inject (who it is) ─► signature ─► exchange | upgrade | file | fixed ─► hop, cookies, inject ─► Response
//! ```
//!
//! How the visitor logged in is not known here, and nothing is decided: a [`Grant`] says that somebody did. What the
//! app receives is written anew from typed values (invariants I-03, I-07 to I-11): no hop-by-hop field, framing text,
//! request trailer or chunk extension of the visitor is copied.
//!
//! [`Table`] is made once from the settings and shared; each worker makes its own [`Upstreams`] from it, with its own
//! connections, so that the hot path meets no lock that another thread holds.
//!
//! # What a request costs
//!
//! An ordinary request to an HTTP upstream allocates: one buffer per injected value (eight with the usual headers), one
//! for `X-Forwarded-For`, the head's copy that lets an idempotent request be sent again when a kept connection turns
//! out dead, and what hyper's client needs for a request. Choosing the upstream, removing forged headers and checking
//! cookies allocate nothing unless there is something to remove.
//!
//! # Limits
//!
//! 1xx answers of the app other than 101 are swallowed by hyper's client. `Expect` is not passed on: hyper answers it
//! when the body is asked for, and an app that refuses a body it announced would leave the connection in doubt.

#![cfg_attr(
    not(any(test, fuzzing)),
    warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)
)]

mod body;
mod cookies;
mod error;
mod exchange;
mod file;
mod fixed;
mod forward;
#[cfg(fuzzing)]
pub mod fuzzing;
mod gunzip;
mod hop;
mod identity;
mod inject;
mod limits;
mod local;
mod protected;
mod rewrite;
mod settings;
mod signature;
mod table;
mod upgrade;

pub use body::Body;
pub use cookies::OwnCookies;
pub use error::{Fault, ForwardError, TableError};
pub use forward::{Forwarded, Peer, Upstreams};
pub use inject::{Injector, go_time};
pub use protected::ProtectedNames;
pub use settings::{
    Claim, ClientValue, Form, HostHeader, HttpSettings, InjectedHeader, Injection, Kind, PathForm, Serves,
    SessionCookies, Settings, Source, UpstreamSettings, WebSockets,
};
pub use sidecar_core::policy::Grant;
pub use sidecar_net::Protocols;
pub use signature::{Algorithm, Signature};
pub use table::Table;
pub use upgrade::{Tunnels, UntilClosed};
