//! From a TCP port to a unix socket, byte for byte: a client of TCP becomes a peer without an address.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// An open passage. Dropping it closes its port.
#[derive(Debug)]
pub(crate) struct Passage {
    address: SocketAddr,
    closed: Arc<AtomicBool>,
}

impl Passage {
    /// Leads from `address` to the socket at `path`, which need not be there yet: until then connections just end.
    pub(crate) fn open(address: SocketAddr, path: PathBuf) -> Self {
        let listener = TcpListener::bind(address).unwrap_or_else(|e| panic!("{address}: {e}"));
        let closed = Arc::new(AtomicBool::new(false));
        let is_closed = Arc::clone(&closed);
        std::thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                if is_closed.load(Ordering::SeqCst) {
                    return;
                }
                // A connection that breaks is seen by the test at its own end.
                if let Ok(server) = UnixStream::connect(&path) {
                    let _ = lead(client, server);
                }
            }
        });
        Self { address, closed }
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

fn lead(client: TcpStream, server: UnixStream) -> io::Result<()> {
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    let (mut from_server, mut to_client) = (server, client);
    std::thread::spawn(move || {
        let _ = io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    std::thread::spawn(move || {
        let _ = io::copy(&mut from_server, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    Ok(())
}
