//! The life of a request, from its head to its answer.
//!
//! A request becomes an `Inbound` once; [`sidecar_core::policy::decide`] judges it; an endpoint or
//! the upstream answers; `answer` alone writes responses and `rescue` alone says what a failure looks like. The
//! identity provider, the cookie formats and the upstream are handed in; flags, sockets and vendors are not known here.

#![cfg_attr(
    not(any(test, fuzzing)),
    warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)
)]

mod answer;
mod app_probe;
mod credentials;
mod cross_site;
mod endpoint;
mod flight;
mod form_body;
mod forwarded;
#[cfg(fuzzing)]
pub mod fuzzing;
mod htpasswd;
mod http2;
mod inbound;
mod journal;
mod limits;
mod observe;
mod page;
mod probe;
mod readiness;
mod rescue;
mod return_target;
mod route;
#[cfg(test)]
mod scripted;
mod serve;
mod sessions;
mod settings;
mod shared;
mod signed_out;
mod sockets;
mod standing;
mod tally;

pub use htpasswd::{BadLine, Flaw, Users};
pub use inbound::Peer;
pub use journal::{AuthLine, AuthStatus, ClientLabel, Journal, RequestLine};
pub use observe::Observed;
pub use page::{CustomPages, Oddity, PageKind};
pub use readiness::Readiness;
pub use serve::{Gateway, Parts};
pub use sessions::Renewals;
pub use settings::{
    Api, AppProbes, Credentials, Footer, ForceHttps, Forwarding, LocalUsers, Login, Logo, Pages, PasswordForm, Probes,
    RedirectUri, Refresh, RefusedToken, Settings, UserEmail,
};
pub use tally::{Counted, Counters, Histogram, Tallies, Totals};
