//! The world outside, on this machine: `github.com`, `graph.microsoft.com` and their like lead to servers of the test.
//!
//! A program that honours `HTTPS_PROXY` asks an HTTP proxy for a way to `github.com:443` (RFC 9110, section 9.3.6). This
//! one answers for `github.com` itself, with a certificate that its own authority signed, and passes what it decrypts on
//! to the server that the test named. So the built-in URLs of a provider are tested as they are.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection};
use tempfile::TempDir;

use crate::{place, wire};

/// A proxy that knows some names. Dropping it closes its listener.
#[derive(Debug)]
pub struct Elsewhere {
    address: SocketAddr,
    shared: Arc<Shared>,
    authority: PathBuf,
    _folder: TempDir,
}

#[derive(Debug)]
struct Shared {
    names: BTreeMap<String, SocketAddr>,
    tls: Arc<ServerConfig>,
    asked: Mutex<Vec<String>>,
    stopped: AtomicBool,
}

impl Elsewhere {
    /// A world with these names, each of which leads to a server that speaks plain HTTP.
    #[must_use]
    pub fn with(names: &[(&str, SocketAddr)]) -> Self {
        let hosts: Vec<String> = names.iter().map(|(name, _)| (*name).to_owned()).collect();
        let (authority_pem, tls) = certify(&hosts);
        let folder = place::temporary_folder();
        let authority = folder.path().join("authority.pem");
        std::fs::write(&authority, authority_pem).expect("written");
        let listener = TcpListener::bind(place::loopback(place::free_port())).expect("a free port");
        let address = listener.local_addr().expect("bound");
        let shared = Arc::new(Shared {
            names: names.iter().map(|(name, server)| ((*name).to_owned(), *server)).collect(),
            tls: Arc::new(tls),
            asked: Mutex::default(),
            stopped: AtomicBool::new(false),
        });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if serving.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let serving = Arc::clone(&serving);
                // A connection that breaks is the peer's affair; the test sees it at the other end.
                std::thread::spawn(move || drop(serve(&serving, stream)));
            }
        });
        Self { address, shared, authority, _folder: folder }
    }

    /// What `HTTPS_PROXY` is to say.
    #[must_use]
    pub fn proxy(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The certificate of its authority, PEM.
    #[must_use]
    pub fn authority(&self) -> &Path {
        &self.authority
    }

    /// Every `HOST:PORT` that was asked for, known or not, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.shared.asked.lock().expect("not poisoned").clone()
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the accepting thread.
        drop(TcpStream::connect(self.address));
    }
}

/// An authority and one certificate for all hosts.
fn certify(hosts: &[String]) -> (String, ServerConfig) {
    let key = || KeyPair::generate().expect("a key");
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "test authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority = CertifiedIssuer::self_signed(params, key()).expect("an authority");

    let mut params = CertificateParams::new(hosts.to_vec()).expect("host names");
    params.distinguished_name.push(DnType::CommonName, "test server");
    let server_key = key();
    let certificate = params.signed_by(&server_key, &authority).expect("signed");
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(server_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has the usual suites")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .expect("a certificate with its key");
    (authority.pem(), tls)
}

fn serve(shared: &Shared, mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let head = wire::read_head(&mut BufReader::with_capacity(1, stream.try_clone()?))?;
    let Some(head) = head else { return Ok(()) };
    let mut words = head.start_line.split(' ');
    let (method, authority) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    shared.asked.lock().expect("not poisoned").push(authority.to_owned());
    let server = authority.strip_suffix(":443").and_then(|host| shared.names.get(host));
    let Some(server) = server.filter(|_| method == "CONNECT") else {
        return stream.write_all(b"HTTP/1.1 502 Nothing There\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    };
    let server = TcpStream::connect(server)?;
    stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
    let connection = ServerConnection::new(Arc::clone(&shared.tls)).map_err(io::Error::other)?;
    relay(&stream, &server, connection)
}

/// Decrypts one way and encrypts the other, until both have ended.
fn relay(client: &TcpStream, server: &TcpStream, connection: ServerConnection) -> io::Result<()> {
    let connection = Mutex::new(connection);
    std::thread::scope(|scope| {
        let back = scope.spawn(|| {
            let done = encrypt(client, server, &connection);
            let _ = client.shutdown(Shutdown::Both);
            done
        });
        let done = decrypt(client, server, &connection);
        let _ = server.shutdown(Shutdown::Write);
        done.and(back.join().expect("relaying does not panic"))
    })
}

fn decrypt(mut client: &TcpStream, mut server: &TcpStream, connection: &Mutex<ServerConnection>) -> io::Result<()> {
    let mut buffer = vec![0; 16384];
    loop {
        let n = client.read(&mut buffer)?;
        let mut plain = Vec::new();
        let mut tls = connection.lock().expect("not poisoned");
        let mut arrived = &buffer[..n];
        loop {
            tls.read_tls(&mut arrived)?;
            let state = tls.process_new_packets().map_err(io::Error::other)?;
            let from = plain.len();
            plain.resize(from + state.plaintext_bytes_to_read(), 0);
            tls.reader().read_exact(&mut plain[from..])?;
            if arrived.is_empty() {
                break;
            }
        }
        flush(&mut tls, client)?;
        drop(tls);
        server.write_all(&plain)?;
        if n == 0 {
            return Ok(());
        }
    }
}

fn encrypt(client: &TcpStream, mut server: &TcpStream, connection: &Mutex<ServerConnection>) -> io::Result<()> {
    let mut buffer = vec![0; 16384];
    loop {
        let n = server.read(&mut buffer)?;
        let mut tls = connection.lock().expect("not poisoned");
        if n == 0 {
            tls.send_close_notify();
            return flush(&mut tls, client);
        }
        tls.writer().write_all(&buffer[..n])?;
        flush(&mut tls, client)?;
    }
}

fn flush(tls: &mut ServerConnection, mut client: &TcpStream) -> io::Result<()> {
    while tls.wants_write() {
        tls.write_tls(&mut client)?;
    }
    Ok(())
}
