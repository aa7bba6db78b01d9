//! Accepting connections and handing them round.

use std::io;
use std::net::{IpAddr, SocketAddr};
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
pub(crate) const PAUSE: Duration = Duration::from_millis(50);

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
                let address = canonical(address);
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

/// A peer of IPv4 is that of IPv4, whichever listener it came to: apps and logs know it by no other name.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => SocketAddr::from((ip, address.port())),
        IpAddr::V6(_) => address,
    }
}

fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use sidecar_config::Listen;

    use super::super::listen::bind;
    use super::*;

    #[tokio::test]
    async fn a_peer_of_ipv4_has_an_address_of_ipv4_at_a_listener_for_all_addresses() {
        let listener = bind(&Listen::Tcp { host: None, port: 0 }, crate::limits::PLAIN_SILENCE).unwrap();
        let Listener::Tcp(tcp) = &listener else { panic!("a TCP listener") };
        let port = tcp.local_addr().unwrap().port();
        let door = Door { listener, speech: Speech::Plain };
        let peer = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let (_, seen) = door.next().await.unwrap();
        assert_eq!(seen, Peer::Tcp(peer.local_addr().unwrap()));
    }

    #[test]
    fn a_peer_of_ipv6_keeps_its_address() {
        for text in ["[::1]:80", "[fe80::1%2]:80", "[2001:db8::7]:443"] {
            assert_eq!(canonical(text.parse().unwrap()), text.parse().unwrap());
        }
        assert_eq!(canonical("[::ffff:192.0.2.7]:80".parse().unwrap()), "192.0.2.7:80".parse().unwrap());
    }
}
