//! Certificates for servers under test.

use rcgen::{CertifiedKey, generate_simple_self_signed};

/// A certificate that vouches for itself, and its key, PEM.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The certificate; whoever trusts it as an authority trusts the server.
    pub certificate: String,
    /// The private key.
    pub key: String,
}

impl Certificate {
    /// For these names and addresses.
    #[must_use]
    pub fn of(names: &[&str]) -> Self {
        let names = names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).expect("a certificate");
        Self { certificate: cert.pem(), key: signing_key.serialize_pem() }
    }
}
