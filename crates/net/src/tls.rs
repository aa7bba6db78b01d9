//! Whom TLS trusts.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};

/// How TLS to others is set up. The default trusts the system's roots and checks everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsSettings {
    /// Who may vouch for a server.
    pub roots: Roots,
    /// Whether the server has to prove who it is.
    pub verify: Verify,
}

/// The certificate authorities that may vouch for a server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Roots {
    /// The system's, loaded at the first handshake; Mozilla's list, compiled in, where the system has none (an image
    /// made from scratch).
    #[default]
    System,
    /// PEM files, each with one certificate or more.
    Files {
        /// Read when [`Tls::new`] is called.
        files: Vec<PathBuf>,
        /// Whether those of [`Roots::System`] count as well.
        and_system: bool,
    },
}

/// Whether a server has to prove who it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Verify {
    /// Chain, name and validity are checked.
    #[default]
    Full,
    /// Any certificate will do: whoever can reach the wire can read and change everything.
    InsecureSkip,
}

/// A TLS set-up that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file of certificate authorities cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of certificate authorities holds no usable certificate.
    #[error("no PEM certificate in {}", path.display())]
    NoCertificate {
        /// Which file.
        path: PathBuf,
    },
}

impl TlsError {
    /// The file that it is about.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Read { path, .. } | Self::NoCertificate { path } => path,
        }
    }
}

/// How many authorities are trusted, by where they come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trusted {
    /// Of the files of [`Roots::Files`].
    pub files: usize,
    /// Of the system.
    pub system: usize,
    /// Of the list that is compiled in.
    pub built_in: usize,
}

/// `140 of the system`, `2 of files and 140 built in`.
impl fmt::Display for Trusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [(self.files, "of files"), (self.system, "of the system"), (self.built_in, "built in")];
        let mut join = "";
        for (count, whose) in counts.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, "{join}{count} {whose}")?;
            join = " and ";
        }
        if join.is_empty() { f.write_str("none") } else { Ok(()) }
    }
}

/// TLS, ready to be spoken; clones share keys and resumption.
#[derive(Clone)]
pub struct Tls {
    shared: Arc<Shared>,
}

struct Shared {
    verify: Verify,
    files: Vec<CertificateDer<'static>>,
    system: bool,
    // Parsing some 140 roots takes a millisecond and half a megabyte: not before somebody speaks TLS.
    lazy: OnceLock<Arc<ClientConfig>>,
}

impl Tls {
    /// Reads the files that the settings name; the system's roots are loaded at the first handshake.
    ///
    /// # Errors
    /// [`TlsError`] for a file that cannot be read or holds no certificate.
    pub fn new(settings: &TlsSettings) -> Result<Self, TlsError> {
        let (files, system) = match &settings.roots {
            Roots::System => (Vec::new(), true),
            Roots::Files { files, and_system } => (read_all(files)?, *and_system),
        };
        let shared = Shared { verify: settings.verify, files, system, lazy: OnceLock::new() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// How many authorities are trusted, by where they come from. Loads the system's anew.
    #[must_use]
    pub fn trusted(&self) -> Trusted {
        self.shared.trusted().1
    }

    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>, rustls::Error> {
        if let Some(config) = self.shared.lazy.get() {
            return Ok(config.clone());
        }
        let config = self.shared.build()?;
        Ok(self.shared.lazy.get_or_init(|| Arc::new(config)).clone())
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("verify", &self.shared.verify).finish_non_exhaustive()
    }
}

impl Shared {
    fn build(&self) -> Result<ClientConfig, rustls::Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
        let mut config = match self.verify {
            Verify::Full => builder.with_root_certificates(self.roots()),
            Verify::InsecureSkip => {
                builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyServer { provider }))
            }
        }
        .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    fn roots(&self) -> RootCertStore {
        self.trusted().0
    }

    fn trusted(&self) -> (RootCertStore, Trusted) {
        let mut roots = RootCertStore::empty();
        let (files, _) = roots.add_parsable_certificates(self.files.iter().cloned());
        let mut trusted = Trusted { files, system: 0, built_in: 0 };
        if self.system {
            let native = rustls_native_certs::load_native_certs();
            (trusted.system, _) = roots.add_parsable_certificates(native.certs);
            if trusted.system == 0 {
                tracing::debug!("the system has no certificate authorities, using the built-in list");
                roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
                trusted.built_in = webpki_roots::TLS_SERVER_ROOTS.len();
            }
        }
        (roots, trusted)
    }
}

fn read_all(paths: &[PathBuf]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let mut certificates = Vec::new();
    for path in paths {
        let pem = std::fs::read(path).map_err(|source| TlsError::Read { path: path.clone(), source })?;
        let before = certificates.len();
        // As Go's AppendCertsFromPEM: what is no certificate is passed over, a file without any is an error.
        let mut probe = RootCertStore::empty();
        let parsed = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok);
        certificates.extend(parsed.filter(|certificate| probe.add(certificate.clone()).is_ok()));
        if certificates.len() == before {
            return Err(TlsError::NoCertificate { path: path.clone() });
        }
    }
    Ok(certificates)
}

/// Takes any certificate ([`Verify::InsecureSkip`]), but still has the server prove that it holds its key.
#[derive(Debug)]
struct AnyServer {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_file(content: &str) -> Result<Tls, TlsError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ca.pem");
        std::fs::write(&path, content).unwrap();
        Tls::new(&TlsSettings { roots: Roots::Files { files: vec![path], and_system: false }, verify: Verify::Full })
    }

    #[test]
    fn a_file_without_certificates_is_refused_by_name() {
        let error = from_file("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap_err();
        assert!(matches!(&error, TlsError::NoCertificate { path } if path.ends_with("ca.pem")), "{error}");
        assert!(matches!(from_file(""), Err(TlsError::NoCertificate { .. })));
        let settings = TlsSettings {
            roots: Roots::Files { files: vec!["/nowhere/ca.pem".into()], and_system: true },
            verify: Verify::Full,
        };
        assert!(matches!(Tls::new(&settings), Err(TlsError::Read { .. })));
    }

    #[test]
    fn what_is_trusted_is_counted_by_where_it_comes_from() {
        let ca = rcgen::generate_simple_self_signed(vec!["ca.test".into()]).unwrap().cert.pem();
        let trusted = from_file(&ca).unwrap().trusted();
        assert_eq!(trusted, Trusted { files: 1, system: 0, built_in: 0 });
        assert_eq!(trusted.to_string(), "1 of files");
        assert_eq!(Trusted { built_in: 140, ..trusted }.to_string(), "1 of files and 140 built in");
        let usual = Tls::new(&TlsSettings::default()).unwrap().trusted();
        assert!(usual.files == 0 && (usual.system > 0) != (usual.built_in > 0), "{usual}");
    }

    #[test]
    fn a_file_with_a_certificate_gives_one_root() {
        let ca = rcgen::generate_simple_self_signed(vec!["ca.test".into()]).unwrap().cert.pem();
        let tls = from_file(&format!("# a comment\n{ca}\n{ca}")).unwrap();
        assert_eq!(tls.shared.files.len(), 2);
        assert_eq!(tls.config().unwrap().alpn_protocols, [b"http/1.1"]);
    }

    #[test]
    fn the_system_roots_are_never_empty() {
        assert!(!Tls::new(&TlsSettings::default()).unwrap().shared.roots().is_empty());
    }
}
