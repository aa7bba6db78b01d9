//! Users of a file (`htpasswd-file`): who they are, and whether a password is theirs.
//!
//! ```text
//! file ─ Users::parse ─► Users          at start, by whoever reads the configuration
//! password ─► Verifier ─ a seat ─► a thread of its own ─► Users::admit     bcrypt never runs where requests do
//! ```
//!
//! A wrong password costs the same for everybody, known or not (invariant I-32). What was right a moment ago is remembered,
//! so that a program that sends its password with every request does not pay for it each time.

mod file;
mod hash;
mod known;
mod verifier;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use sidecar_core::Secret;

pub use self::file::{BadLine, Flaw};
use self::hash::Hash;
pub(crate) use self::verifier::{Verdict, Verifier};

/// The users of a file. Cheap to clone; shows nobody.
#[derive(Clone)]
pub struct Users(Arc<Inner>);

struct Inner {
    /// By name. Of a name that is there twice the last one counts, as in v7.
    hashes: HashMap<String, Hash>,
    /// The highest bcrypt cost among them: what every answer costs.
    cost: Option<u32>,
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Users({})", self.0.hashes.len())
    }
}

impl Users {
    /// Reads the content of a file: `user:hash` per line, `#` comments, quotes as in CSV, every line two fields. Hashes are
    /// bcrypt (`$2a$`, `$2b$`, `$2x$`, `$2y$`, cost 4 to 16) or `{SHA}`.
    ///
    /// # Errors
    /// Every line that cannot be used (D28); or that there is none at all.
    pub fn parse(content: &str) -> Result<Self, Vec<BadLine>> {
        let hashes = file::read(content)?;
        let cost = hashes.values().filter_map(Hash::cost).max();
        Ok(Self(Arc::new(Inner { hashes, cost })))
    }

    /// Whether somebody has this name.
    pub(crate) fn contains(&self, user: &str) -> bool {
        self.0.hashes.contains_key(user)
    }

    /// Whether the password is that of this user. Takes as long as the dearest hash of the file, whoever is asked for.
    fn admit(&self, user: &str, password: &[u8]) -> bool {
        let hash = self.0.hashes.get(user);
        let is_right = hash.is_some_and(|hash| hash.is_of(password));
        if let Some(cost) = self.0.cost {
            // bcrypt of cost n takes 2ⁿ steps, and 2ⁿ + 2ⁿ + 2ⁿ⁺¹ + … + 2ᵐ⁻¹ = 2ᵐ.
            match hash.and_then(Hash::cost) {
                Some(paid) => (paid..cost).for_each(|cost| hash::burn(cost, password)),
                None => hash::burn(cost, password),
            }
        }
        is_right
    }
}

/// A password as bcrypt takes it: with a zero byte behind it, 72 bytes at most.
fn key(password: &[u8]) -> Secret<Vec<u8>> {
    const MAX_BYTES: usize = 72;
    let mut key = Vec::with_capacity(MAX_BYTES);
    key.extend(password.iter().copied().chain([0]).take(MAX_BYTES));
    Secret::new(key)
}

#[cfg(test)]
#[path = "htpasswd_tests.rs"]
mod tests;
