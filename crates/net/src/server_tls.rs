//! TLS where others come to us: a certificate, its key, and what is spoken below them.

use std::{fmt, io, sync::Arc, time::Duration};

use rustls::{
    CipherSuite, InconsistentKeys, ServerConfig, SupportedCipherSuite,
    crypto::{CryptoProvider, aws_lc_rs},
    version::{TLS12, TLS13},
};
use rustls_pki_types::{
    CertificateDer, PrivateKeyDer,
    pem::{self, PemObject},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// What a TLS listener is told.
pub struct ServerTlsSettings<'a> {
    /// The chain, its own certificate first: PEM.
    pub certificate: &'a [u8],
    /// The private key: PEM, as PKCS #8, PKCS #1 or SEC 1.
    pub key: &'a [u8],
    /// The lowest version of TLS; the highest is 1.3.
    pub min_version: MinVersion,
    /// The suites of TLS 1.2; `None` offers all that there are. Those of TLS 1.3 are always offered.
    pub suites: Option<Vec<Tls12Suite>>,
    /// What is spoken inside, by ALPN (RFC 7301).
    pub inside: Inside,
}

/// The lowest version of TLS that is spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MinVersion {
    /// TLS 1.2 (RFC 5246).
    #[default]
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

/// The protocols that a listener offers inside TLS. A client that names none speaks HTTP/1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2, or HTTP/1.1 for whoever does not speak that.
    Http1And2,
}

/// The protocol that both sides agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreed {
    /// HTTP/1, also where nothing was said.
    Http1,
    /// HTTP/2.
    Http2,
}

/// A suite of TLS 1.2 that can be offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tls12Suite(CipherSuite);

/// What the name of a cipher suite stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedSuite {
    /// One of TLS 1.3, which are not chosen by lists.
    Tls13,
    /// One of TLS 1.2 that can be offered.
    Tls12(Tls12Suite),
    /// One of TLS 1.2 that is not spoken here: CBC, RC4, 3DES, or a key exchange without forward secrecy.
    NotSpoken,
}

impl NamedSuite {
    /// The suite that IANA calls `name`, among those that Go knows; `None` for any other text.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let tls12 = |suite| Some(Self::Tls12(Tls12Suite(suite)));
        match name {
            "TLS_AES_128_GCM_SHA256" | "TLS_AES_256_GCM_SHA384" | "TLS_CHACHA20_POLY1305_SHA256" => Some(Self::Tls13),
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" => tls12(CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" => tls12(CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" => tls12(CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" => tls12(CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
            // Go knows these two with and without the hash that ends their names.
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" | "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305" => {
                tls12(CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256)
            }
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" | "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305" => {
                tls12(CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256)
            }
            _ if NOT_SPOKEN.contains(&name) => Some(Self::NotSpoken),
            _ => None,
        }
    }
}

/// Names that oauth2-proxy takes and that stand for nothing here.
const NOT_SPOKEN: [&str; 17] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_RSA_WITH_RC4_128_SHA",
    "TLS_FALLBACK_SCSV",
];

/// Why a certificate and a key make no listener.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerTlsError {
    /// No certificate in its PEM.
    #[error("has no certificate in PEM")]
    NoCertificate,
    /// A certificate that cannot be read.
    #[error("has a certificate that cannot be read")]
    Certificate(#[source] pem::Error),
    /// No private key in its PEM.
    #[error("has no private key in PEM")]
    NoKey,
    /// A key that cannot be read or used.
    #[error("has a private key that cannot be used")]
    Key,
    /// The key is another certificate's.
    #[error("has another key than the certificate")]
    Mismatch,
    /// TLS refuses the two.
    #[error("makes no certificate for TLS")]
    Unusable(#[source] rustls::Error),
}

impl ServerTlsError {
    /// Whether the key is to blame, rather than the certificate.
    #[must_use]
    pub fn concerns_key(&self) -> bool {
        matches!(self, Self::NoKey | Self::Key | Self::Mismatch)
    }
}

/// TLS, ready to be spoken to whoever connects. Clones share sessions that can be resumed.
#[derive(Clone)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
}

/// A finished handshake.
pub struct Handshake<S> {
    /// What is read and written inside.
    pub stream: TlsStream<S>,
    /// What is spoken there.
    pub agreed: Agreed,
}

impl ServerTls {
    /// Reads the certificate and the key, and sees whether they belong together.
    ///
    /// # Errors
    /// [`ServerTlsError`], whose words repeat nothing of the key.
    pub fn new(settings: &ServerTlsSettings<'_>) -> Result<Self, ServerTlsError> {
        let chain = CertificateDer::pem_slice_iter(settings.certificate)
            .collect::<Result<Vec<_>, _>>()
            .map_err(ServerTlsError::Certificate)?;
        if chain.is_empty() {
            return Err(ServerTlsError::NoCertificate);
        }
        let key = PrivateKeyDer::from_pem_slice(settings.key).map_err(|error| {
            if matches!(error, pem::Error::NoItemsFound) { ServerTlsError::NoKey } else { ServerTlsError::Key }
        })?;
        let provider = Arc::new(provider(settings.suites.as_deref()));
        if provider.key_provider.load_private_key(key.clone_key()).is_err() {
            return Err(ServerTlsError::Key);
        }
        let has_tls12 = provider.cipher_suites.iter().any(is_tls12);
        let versions = match settings.min_version {
            MinVersion::Tls12 if has_tls12 => vec![&TLS12, &TLS13],
            MinVersion::Tls12 | MinVersion::Tls13 => vec![&TLS13],
        };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .map_err(ServerTlsError::Unusable)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|error| {
                let is_mismatch = error == rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch);
                if is_mismatch { ServerTlsError::Mismatch } else { ServerTlsError::Unusable(error) }
            })?;
        config.alpn_protocols = match settings.inside {
            Inside::Http1 => vec![b"http/1.1".to_vec()],
            Inside::Http1And2 => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        };
        Ok(Self { config: Arc::new(config) })
    }

    /// Shakes hands within `limit`.
    ///
    /// # Errors
    /// What the other side did wrong, or [`io::ErrorKind::TimedOut`].
    pub async fn accept<S>(&self, socket: S, limit: Duration) -> io::Result<Handshake<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let accepting = TlsAcceptor::from(Arc::clone(&self.config)).accept(socket);
        let stream = timeout(limit, accepting).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        let agreed = match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => Agreed::Http2,
            _ => Agreed::Http1,
        };
        Ok(Handshake { stream, agreed })
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerTls")
    }
}

fn is_tls12(suite: &SupportedCipherSuite) -> bool {
    suite.tls13().is_none()
}

/// Everything but the suites of TLS 1.2 that are not on the list.
fn provider(listed: Option<&[Tls12Suite]>) -> CryptoProvider {
    let mut provider = aws_lc_rs::default_provider();
    if let Some(listed) = listed {
        provider.cipher_suites.retain(|suite| !is_tls12(suite) || listed.contains(&Tls12Suite(suite.suite())));
    }
    provider
}
