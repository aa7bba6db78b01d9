//! Ways in for `fuzz/`, in builds for fuzzing alone.

use http::HeaderMap;

use crate::settings::SessionCookies;
use crate::{OwnCookies, ProtectedNames};

/// Takes our own cookies out of a request.
pub fn consume(own: &OwnCookies, headers: &mut HeaderMap) {
    own.consume(headers, SessionCookies::Remove);
}

/// Takes our own cookies out of an answer.
pub fn guard(own: &OwnCookies, headers: &mut HeaderMap) {
    own.guard(headers);
}

/// Takes identity headers out of a request.
pub fn strip(names: &ProtectedNames, headers: &mut HeaderMap) {
    names.strip(headers);
}
