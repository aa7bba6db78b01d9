//! Accepting connections and handing them round.

use std::io;
use std::time::Duration;

use futures_util::future::join_all;
use sidecar_gateway::Peer;
use sidecar_net::ServerTls;
use tokio::sync::watch;

use super::listen::Listener;
use super::slots::Slots;
use super::socket::Accepted;
use super::worker::Workers;

/// Pause after an error that will not go away at once, such as too many open files.
const PAUSE: Duration = Duration::from_millis(50);

/// A listener, and how whoever comes there speaks to us.
pub(crate) struct Door {
    pub(crate) listener: Listener,
    pub(crate) speech: Speech,
}

/// What is spoken below HTTP.
pub(crate) enum Speech {
    /// Nothing.
    Plain,
    /// TLS as it is set up now: a connection takes what there is when it comes.
    Tls(watch::Receiver<ServerTls>),
}

/// Accepts at all doors until `stop` is true; they are closed then. A connection is accepted once there is a slot for it.
pub(crate) async fn accept(doors: Vec<Door>, workers: &Workers, slots: &Slots, stop: watch::Receiver<bool>) {
    join_all(doors.into_iter().map(|door| accept_at(door, workers, slots, stop.clone()))).await;
}

async fn accept_at(door: Door, workers: &Workers, slots: &Slots, mut stop: watch::Receiver<bool>) {
    loop {
        let slot = tokio::select! {
            slot = slots.take() => slot,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        let accepted = tokio::select! {
            accepted = door.next() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match accepted {
            Ok((socket, peer)) => workers.give(socket, peer, slot),
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

impl Door {
    /// The next connection, and who is at its other end.
    pub(crate) async fn next(&self) -> io::Result<(Accepted, Peer)> {
        match &self.listener {
            Listener::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                stream.set_nodelay(true)?;
                let stream = stream.into_std()?;
                Ok(match &self.speech {
                    Speech::Plain => (Accepted::Tcp(stream), Peer::Tcp(address)),
                    Speech::Tls(tls) => (Accepted::Tls(stream, tls.borrow().clone()), Peer::Tls(address)),
                })
            }
            Listener::Unix(listener, _) => {
                let (stream, _) = listener.accept().await?;
                Ok((Accepted::Unix(stream.into_std()?), Peer::Unix))
            }
        }
    }
}

fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}
