//! A throw-away certificate authority and one server certificate, for the gateway of the demo and of tests.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PublicKeyData as _,
};

/// A day before and thirty days after now: clocks differ, and nothing here shall outlive a demo by much.
const DAY: Duration = Duration::from_hours(24);

/// Where the files of a throw-away authority lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificates {
    /// The certificate of the authority, PEM: what a client must trust.
    pub authority: PathBuf,
    /// The server certificate and the authority's, PEM.
    pub chain: PathBuf,
    /// The server's private key, PEM.
    pub key: PathBuf,
    /// Base64 of the SHA-256 of the server's public key, as Chromium's `--ignore-certificate-errors-spki-list` takes it.
    pub key_digest: String,
}

impl Certificates {
    /// Makes an authority and a server certificate for `hosts` (wildcards included), valid at `now`, and writes them
    /// into `folder`. The authority's private key is forgotten.
    ///
    /// # Errors
    /// If a name is not one, or a file cannot be written.
    pub fn write(folder: &Path, hosts: &[&str], now: SystemTime) -> io::Result<Self> {
        let (authority, server, key) = make(hosts, now).map_err(io::Error::other)?;
        let files = Self {
            authority: folder.join("ca.pem"),
            chain: folder.join("server.pem"),
            key: folder.join("server.key"),
            key_digest: STANDARD.encode(digest(&SHA256, &key.subject_public_key_info())),
        };
        std::fs::write(&files.authority, &authority)?;
        std::fs::write(&files.chain, server + &authority)?;
        std::fs::write(&files.key, key.serialize_pem())?;
        Ok(files)
    }
}

/// The authority's certificate, the server's, and the server's key.
fn make(hosts: &[&str], now: SystemTime) -> Result<(String, String, KeyPair), rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "throw-away authority of the oauth2-sidecar demo");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (params.not_before, params.not_after) = ((now - DAY).into(), (now + DAY * 30).into());
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;

    let names: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "oauth2-sidecar demo");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    (params.not_before, params.not_after) = ((now - DAY).into(), (now + DAY * 30).into());
    let key = KeyPair::generate()?;
    let server = params.signed_by(&key, &authority)?;
    Ok((authority.pem(), server.pem(), key))
}
