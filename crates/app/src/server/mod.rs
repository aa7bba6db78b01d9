//! Sockets, threads and connections.
//!
//! ```text
//! listener ─ accept (main thread) ─► worker ×N, in turn: one thread, one runtime, its own connections to the app
//!                                             │
//!                    TLS? ─► HTTP/1 or HTTP/2? ◄──┘
//! ```
//!
//! A connection stays on the worker it was given to, so serving a request crosses no thread and takes no lock but that of
//! the session cache.

mod accept;
mod connection;
mod frames;
mod listen;
mod phase;
mod probes;
mod seats;
mod slots;
mod socket;
mod stream;
mod wire;
mod worker;

pub(crate) use accept::{Door, PAUSE, Speech, accept};
pub(crate) use connection::Limits;
pub(crate) use listen::{ListenError, Listener, bind};
pub(crate) use probes::AppProbes;
pub(crate) use seats::Seats;
pub(crate) use slots::Slots;
pub(crate) use worker::{Drain, Workers};
