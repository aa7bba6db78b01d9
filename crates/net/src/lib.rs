//! How bytes reach others: names become addresses, addresses become sockets, sockets get TLS, and HTTP connections
//! are kept for reuse.
//!
//! ```text
//! Endpoint ─► proxy? ─► resolve ─► connect (several addresses raced) ─► CONNECT? ─► TLS? ─► Stream
//!                                                                                             │
//!                                                  Pool (connections for the next request) ◄────┘
//! ```
//!
//! For those who come to us there is [`ServerTls`] alone: sockets to listen on are the process's own affair.
//!
//! Who is asked for what is not known here: oidc, session and upstream bring their own protocols. Nothing is
//! read from the environment; the proxy variables are handed in as [`ProxyEnv`]. (The one exception sits in
//! rustls-native-certs, which honours `SSL_CERT_FILE` and `SSL_CERT_DIR` when the system's roots are loaded.)
//!

#![cfg_attr(not(test), warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice))]

mod connect;
mod dial;
mod endpoint;
mod error;
mod limits;
mod pool;
mod proxy;
mod resolve;
mod server_tls;
mod shared;
mod stream;
mod tls;
mod tunnel;

pub use dial::{Dialer, Timeouts};
pub use endpoint::{Endpoint, EndpointError};
pub use error::{BoxError, DialError, Stage};
pub use pool::{Connector, KeepAlive, Pool, PoolSettings, Protocols, RequestError};
pub use proxy::{Proxies, ProxyEnv, ProxyError};
pub use server_tls::{
    Agreed, Handshake, Inside, MinVersion, NamedSuite, ServerTls, ServerTlsError, ServerTlsSettings, Tls12Suite,
};
pub use shared::InFlight;
pub use stream::Stream;
pub use tls::{Roots, Tls, TlsError, TlsSettings, Trusted, Verify};
