//! The authorities that vouch for the provider.

use sidecar_net::{Tls, Trusted};

use super::finding::Finding;

const SUBJECT: &str = "authorities";

/// How many there are, and where they come from.
pub(super) fn authorities(tls: &Tls) -> Finding {
    let trusted = tls.trusted();
    if trusted == (Trusted { files: 0, system: 0, built_in: 0 }) {
        return Finding::bad(SUBJECT, "none is trusted", "name one with provider-ca-file");
    }
    Finding::good(SUBJECT, format!("{trusted} may vouch for the provider"))
}
