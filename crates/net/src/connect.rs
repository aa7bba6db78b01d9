//! Addresses become sockets.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    path::Path,
    time::Duration,
};

use tokio::{
    net::{TcpStream, UnixStream},
    task::JoinSet,
    time::sleep,
};

/// How long one address may be silent before the next is tried beside it (RFC 8305 8 recommends 250 ms).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Connects to whichever address answers first; each next one is begun when the one before failed or was silent for
/// 250 ms (happy eyeballs, RFC 8305 5). The error is that of the first address that failed.
///
/// # Cancel safety
/// Dropping the future ends all attempts.
pub(crate) async fn tcp(addresses: &[IpAddr], port: u16) -> io::Result<TcpStream> {
    if let [address] = *addresses {
        return one(SocketAddr::new(address, port)).await; // nothing to race, no task needed
    }
    let mut waiting = addresses.iter().copied();
    let mut attempts = JoinSet::new();
    let mut first_error = None;
    loop {
        if let Some(address) = waiting.next() {
            attempts.spawn(one(SocketAddr::new(address, port)));
        } else if attempts.is_empty() {
            return Err(first_error.unwrap_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable)));
        }
        tokio::select! {
            Some(done) = attempts.join_next() => match done {
                Ok(Ok(socket)) => return Ok(socket),
                Ok(Err(error)) => { first_error.get_or_insert(error); }
                Err(stopped) => { first_error.get_or_insert(io::Error::other(stopped)); }
            },
            () = sleep(ATTEMPT_DELAY), if waiting.len() > 0 => {}
        }
    }
}

async fn one(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpStream::connect(address).await?;
    // What is written here is whole messages; waiting for more to fill a segment only delays them.
    socket.set_nodelay(true)?;
    Ok(socket)
}

pub(crate) async fn unix(path: &Path) -> io::Result<UnixStream> {
    UnixStream::connect(path).await
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn the_address_that_answers_is_taken() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let addresses = [IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)];
        let socket = tcp(&addresses, port).await.unwrap();
        assert_eq!(socket.peer_addr().unwrap(), SocketAddr::new(addresses[1], port));
        assert!(socket.nodelay().unwrap());
    }

    #[tokio::test]
    async fn when_nobody_answers_the_first_refusal_is_told() {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap().port();
        let addresses = [IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2])];
        assert_eq!(tcp(&addresses, port).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(tcp(&addresses[..1], port).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(tcp(&[], port).await.unwrap_err().kind(), io::ErrorKind::AddrNotAvailable);
    }
}
