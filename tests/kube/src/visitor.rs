//! TLS from a visitor to the gateway.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ClientConnection, RootCertStore};

/// An address that carries plain HTTP into a TLS connection to a gateway, whose certificate must be right for the host.
///
/// It is for clients that speak no TLS themselves, and that say each byte of a request: the testkit's.
#[derive(Debug)]
pub struct Visitor {
    address: SocketAddr,
}

impl Visitor {
    /// Leads to `gateway` as a visitor of `host`, who trusts the authorities of a PEM file.
    #[must_use]
    pub fn of(host: &str, gateway: SocketAddr, roots: &Path) -> Self {
        let host = ServerName::try_from(host.to_owned()).expect("a host name");
        let config = Arc::new(config(roots));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("a port");
        // Ends with the process: a test's visitors are few.
        std::thread::spawn(move || {
            for plain in listener.incoming().map_while(Result::ok) {
                let (config, host) = (Arc::clone(&config), host.clone());
                std::thread::spawn(move || drop(carry(plain, gateway, config, host)));
            }
        });
        Self { address }
    }

    /// Where to speak plain HTTP.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

fn config(roots: &Path) -> ClientConfig {
    let mut store = RootCertStore::empty();
    let pem = fs::read(roots).expect("a PEM file");
    for certificate in rustls::pki_types::CertificateDer::pem_slice_iter(&pem) {
        store.add(certificate.expect("a certificate")).expect("an authority");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    builder.expect("TLS").with_root_certificates(store).with_no_client_auth()
}

/// Carries bytes both ways. What the gateway sends is waited for without the lock, so neither way holds up the other.
fn carry(
    mut plain: TcpStream,
    gateway: SocketAddr,
    config: Arc<ClientConfig>,
    host: ServerName<'static>,
) -> io::Result<()> {
    let mut tls = ClientConnection::new(config, host).map_err(io::Error::other)?;
    let mut socket = TcpStream::connect(gateway)?;
    tls.complete_io(&mut socket)?;
    let tls = Arc::new(Mutex::new(tls));

    let (mut from, mut to) = (plain.try_clone()?, socket.try_clone()?);
    let sending = Arc::clone(&tls);
    std::thread::spawn(move || -> io::Result<()> {
        let mut buffer = [0; 16384];
        loop {
            let length = from.read(&mut buffer)?;
            let mut tls = sending.lock().expect("not poisoned");
            if length == 0 {
                tls.send_close_notify();
            } else {
                tls.writer().write_all(&buffer[..length])?;
            }
            while tls.wants_write() {
                tls.write_tls(&mut to)?;
            }
            if length == 0 {
                return to.shutdown(Shutdown::Write);
            }
        }
    });

    let mut buffer = [0; 16384];
    loop {
        let length = socket.read(&mut buffer)?;
        let mut received = Vec::new();
        let mut unread = &buffer[..length];
        let mut tls = tls.lock().expect("not poisoned");
        while !unread.is_empty() {
            tls.read_tls(&mut unread)?;
            let state = tls.process_new_packets().map_err(io::Error::other)?;
            let already = received.len();
            received.resize(already + state.plaintext_bytes_to_read(), 0);
            tls.reader().read_exact(&mut received[already..])?;
        }
        drop(tls);
        plain.write_all(&received)?;
        if length == 0 {
            return plain.shutdown(Shutdown::Both);
        }
    }
}
