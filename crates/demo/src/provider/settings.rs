//! What a provider is started with.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Says what time it is. Tests hand in a clock they wind by hand.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// What a provider is started with.
#[derive(Clone)]
pub struct Settings {
    /// Where to listen; port 0, the default, lets the system choose.
    pub address: SocketAddr,
    /// Who can sign in; by default [`User::alice`] and [`User::bob`].
    pub users: Vec<User>,
    /// What ID tokens are signed with.
    pub signing: SigningAlgorithm,
    /// Whether a person answers the pages.
    pub interaction: Interaction,
    /// Lifetime of access tokens; an hour by default.
    pub access_token_lifetime: Duration,
    /// Lifetime of ID tokens; an hour by default.
    pub id_token_lifetime: Duration,
    /// The provider's clock; the system's by default.
    pub clock: Clock,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            users: vec![User::alice(), User::bob()],
            signing: SigningAlgorithm::Rs256,
            interaction: Interaction::Pages,
            access_token_lifetime: Duration::from_hours(1),
            id_token_lifetime: Duration::from_hours(1),
            clock: Arc::new(system_time),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("address", &self.address).field("users", &self.users).finish_non_exhaustive()
    }
}

#[expect(clippy::disallowed_methods, reason = "the rim of the demo; it may not use the clock of what it demonstrates")]
fn system_time() -> SystemTime {
    SystemTime::now()
}

/// Somebody who can sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// `sub`: the identifier that never changes.
    pub sub: String,
    /// `preferred_username`, and what the login page calls the user.
    pub name: String,
    /// `name`: how the user is called by people.
    pub full_name: String,
    /// `email`; `email_verified` is true unless [`Fault::UnverifiedEmail`](super::Fault::UnverifiedEmail) is on.
    pub email: String,
    /// `groups`.
    pub groups: Vec<String>,
}

impl User {
    /// alice@example.com, in the groups `staff` and `admins`.
    #[must_use]
    pub fn alice() -> Self {
        Self::example("alice", "Alice Example", &["staff", "admins"])
    }

    /// bob@example.com, in the group `staff`.
    #[must_use]
    pub fn bob() -> Self {
        Self::example("bob", "Bob Example", &["staff"])
    }

    fn example(name: &str, full_name: &str, groups: &[&str]) -> Self {
        Self {
            sub: format!("user-{name}"),
            name: name.to_owned(),
            full_name: full_name.to_owned(),
            email: format!("{name}@example.com"),
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
        }
    }
}

/// A relying party the provider knows (RFC 6749, section 2).
#[derive(Clone, PartialEq, Eq)]
pub struct Client {
    /// `client_id`.
    pub id: String,
    /// `client_secret`; accepted by Basic authentication and in the body.
    pub secret: String,
    /// Where codes may be sent; compared byte for byte.
    pub redirect_uris: Vec<String>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id)
            .field("redirect_uris", &self.redirect_uris)
            .finish_non_exhaustive()
    }
}

/// What ID tokens are signed with (RFC 7518, section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256 and a key of 2048 bits.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
}

impl SigningAlgorithm {
    /// The `alg` value.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

/// Whether a person answers the pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interaction {
    /// The login page, then the consent page, each time.
    Pages,
    /// No page: whoever comes is the user of this [`name`](User::name) and consents.
    SignsIn(String),
}
