//! An OpenID provider that lives in memory: two users, a login page, a consent page, and faults on demand.
//!
//! It speaks OpenID Connect Core 1.0 with the authorization code flow alone, insists on PKCE S256 (RFC 7636), hands
//! out codes that work once, rotates refresh tokens, and signs with a key made at start. A request flows
//! `authorize → login → consent → (browser, client) → token → userinfo`; what is remembered between those lies in
//! `state`.

mod authorize;
mod client_auth;
mod discovery;
mod fault;
mod id_token;
mod keys;
mod logout;
mod pages;
mod parameters;
mod settings;
mod state;
mod token;
mod userinfo;

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::routing::{get, post};
use tokio::net::TcpListener;

pub use self::fault::Fault;
pub use self::settings::{Client, Clock, Interaction, Settings, SigningAlgorithm, User};
pub use self::state::{Endpoint, Event};

use self::keys::SigningKey;
use self::state::State;
use crate::server::{Served, serve};

/// A running provider. It ends when it is dropped.
#[derive(Debug)]
pub struct Provider {
    shared: Arc<Shared>,
    served: Served,
}

/// What every endpoint sees.
#[derive(Debug)]
struct Shared {
    /// `http://ADDRESS`, without a slash at the end.
    issuer: String,
    settings: Settings,
    key: SigningKey,
    /// Signs what [`Fault::ForeignKey`] asks for; it is in no JWKS. Made when it is first wanted.
    foreign_key: OnceLock<SigningKey>,
    state: Mutex<State>,
}

impl Provider {
    /// Makes a key and serves the provider at `settings.address`.
    ///
    /// # Errors
    /// If the address cannot be bound, or no key can be made.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        let key = SigningKey::generate(settings.signing)?;
        let listener = TcpListener::bind(settings.address).await?;
        let issuer = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared { issuer, settings, key, foreign_key: OnceLock::new(), state: Mutex::default() });
        let served = serve(listener, routes(Arc::clone(&shared)))?;
        Ok(Self { shared, served })
    }

    /// The issuer identifier, `http://ADDRESS`: what a client is configured with.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.shared.issuer
    }

    /// Where the provider listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.served.address()
    }

    /// Makes `client` known, or replaces the one with that id.
    pub fn register(&self, client: Client) {
        self.shared.state().clients.insert(client.id.clone(), client);
    }

    /// Misbehaves so from now on, until [`heal`](Self::heal).
    pub fn inject(&self, fault: Fault) {
        self.shared.state().faults.insert(fault);
    }

    /// Ends all misbehaviour.
    pub fn heal(&self) {
        self.shared.state().faults.clear();
    }

    /// What was asked of the provider so far, oldest first.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.shared.state().events.clone()
    }

    /// Ends every session at the provider and every token it has handed out.
    pub fn revoke_everything(&self) {
        self.shared.state().revoke_everything();
    }

    /// Stops listening; after a second at most nothing is answered any more.
    pub async fn stop(self) {
        self.served.stop().await;
    }
}

fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(pages::front))
        .route("/.well-known/openid-configuration", get(discovery::metadata))
        .route("/jwks", get(discovery::jwks))
        .route("/authorize", get(authorize::begin))
        .route("/login", post(authorize::login))
        .route("/consent", get(authorize::consent_page).post(authorize::consent))
        .route("/token", post(token::exchange))
        .route("/userinfo", get(userinfo::claims).post(userinfo::claims))
        .route("/end_session", get(logout::end_session))
        .with_state(shared)
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while the lock was held is a failed test already; the rest may go on.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> SystemTime {
        (self.settings.clock)()
    }

    fn faults(&self) -> HashSet<Fault> {
        self.state().faults.clone()
    }

    fn has_fault(&self, fault: Fault) -> bool {
        self.state().faults.contains(&fault)
    }

    fn user(&self, name: &str) -> Option<&User> {
        self.settings.users.iter().find(|user| user.name == name)
    }
}

/// Whole seconds since 1970, as tokens carry them.
fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}
