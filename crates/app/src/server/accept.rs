//! Accepting connections and handing them round.

use std::io;
use std::time::Duration;

use sidecar_gateway::Peer;
use tokio::sync::watch;

use super::listen::Listener;
use super::worker::{Socket, Workers};

/// Pause after an error that will not go away at once, such as too many open files.
const PAUSE: Duration = Duration::from_millis(50);

/// Accepts until `stop` is true; the listener is closed then.
pub(crate) async fn accept(listener: Listener, workers: &Workers, mut stop: watch::Receiver<bool>) {
    loop {
        let accepted = tokio::select! {
            accepted = next(&listener) => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match accepted {
            Ok((socket, peer)) => workers.give(socket, peer),
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn next(listener: &Listener) -> io::Result<(Socket, Peer)> {
    match listener {
        Listener::Tcp(listener) => {
            let (stream, address) = listener.accept().await?;
            stream.set_nodelay(true)?;
            Ok((Socket::Tcp(stream.into_std()?), Peer::Tcp(address)))
        }
        Listener::Unix(listener, _) => {
            let (stream, _) = listener.accept().await?;
            Ok((Socket::Unix(stream.into_std()?), Peer::Unix))
        }
    }
}

fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}
