//! The certificates and keys of a control plane.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, SanType};

/// The files that an API server starts with.
#[derive(Debug)]
pub(crate) struct Authority {
    /// Who vouches for the API server.
    pub(crate) roots: PathBuf,
    /// The API server's certificate.
    pub(crate) certificate: PathBuf,
    /// Its key.
    pub(crate) key: PathBuf,
    /// What the tokens of service accounts are signed with.
    pub(crate) service_accounts: PathBuf,
    /// What those signatures are checked with.
    pub(crate) service_accounts_public: PathBuf,
}

impl Authority {
    /// Makes them in this folder.
    pub(crate) fn create(folder: &Path) -> Self {
        let ca_key = KeyPair::generate().expect("a key");
        let mut ca = CertificateParams::default();
        ca.distinguished_name.push(DnType::CommonName, "kubernetes test authority");
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let roots = ca.self_signed(&ca_key).expect("a certificate").pem();
        let issuer = Issuer::new(ca, ca_key);

        let key = KeyPair::generate().expect("a key");
        let names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"].map(str::to_owned);
        let mut leaf = CertificateParams::new(names).expect("names");
        leaf.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = leaf.signed_by(&key, &issuer).expect("a certificate").pem();

        let tokens = KeyPair::generate().expect("a key");
        let write = |name: &str, content: &str| {
            let path = folder.join(name);
            fs::write(&path, content).expect("a file");
            path
        };
        Self {
            roots: write("ca.crt", &roots),
            certificate: write("api-server.crt", &certificate),
            key: write("api-server.key", &key.serialize_pem()),
            service_accounts: write("service-accounts.key", &tokens.serialize_pem()),
            service_accounts_public: write("service-accounts.pub", &tokens.public_key_pem()),
        }
    }
}
