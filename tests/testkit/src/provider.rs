//! OpenID providers that nobody here wrote, each a process of its own.

use std::net::TcpStream;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use crate::process::eventually;
use crate::{Process, Request, http, place};

/// The callback of the example site, which every provider here allows besides `http://127.0.0.1:PORT/oauth2/callback`.
pub const SHARED_CALLBACK: &str = "https://auth.example.com/oauth2/callback";

/// A running provider with its users alice (verified e-mail) and bob (not verified).
#[derive(Debug)]
pub struct Provider {
    issuer: String,
    port: u16,
    kind: Kind,
    client: (&'static str, &'static str),
    _process: Process,
}

/// What a provider knows a program by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The client id.
    pub id: String,
    /// Its secret.
    pub secret: String,
}

impl Client {
    pub(crate) fn new(id: &str, secret: &str) -> Self {
        Self { id: id.to_owned(), secret: secret.to_owned() }
    }

    /// The flags that say so.
    #[must_use]
    pub fn flags(&self) -> Vec<String> {
        vec![format!("--client-id={}", self.id), format!("--client-secret={}", self.secret)]
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    OidcProvider,
    Keycloak,
}

impl Provider {
    /// npm oidc-provider on a free port. Any password is right.
    #[must_use]
    pub fn oidc_provider() -> Self {
        Self::oidc_provider_at(place::free_port(), &[])
    }

    /// npm oidc-provider on this port (for one that comes back), with more variables (see op.mjs).
    #[must_use]
    pub fn oidc_provider_at(port: u16, environment: &[(&str, &str)]) -> Self {
        place::installed(place::cache().join("node/node_modules/oidc-provider"), "install.sh oidc-provider");
        let mut command = Command::new("node");
        command.arg(place::recipe("op.mjs")).arg(port.to_string()).arg(SHARED_CALLBACK);
        command.envs(environment.iter().copied()).env("NODE_NO_WARNINGS", "1");
        let process = Process::start("oidc-provider", command);
        process.wait_for("ready http", Duration::from_secs(30));
        Self {
            issuer: format!("http://127.0.0.1:{port}"),
            port,
            kind: Kind::OidcProvider,
            client: ("sidecar", "s3cret/+ %"),
            _process: process,
        }
    }

    /// The one oidc-provider that the tests of a process share when they do not stop it.
    #[must_use]
    pub fn shared() -> &'static Self {
        // A static is never dropped; the recipes end with their standard input, and so with this process.
        static SHARED: LazyLock<Provider> = LazyLock::new(Provider::oidc_provider);
        &SHARED
    }

    /// The one Keycloak that the tests of a process share: ten to twenty seconds to start. alice's password is
    /// `alice-pw`.
    #[must_use]
    pub fn keycloak() -> &'static Self {
        static SHARED: LazyLock<Provider> = LazyLock::new(Provider::start_keycloak);
        &SHARED
    }

    fn start_keycloak() -> Self {
        place::installed(place::cache().join("keycloak"), "install.sh keycloak");
        // The recipe removes the folder when it ends, which may be after us.
        let data = place::temporary_folder().keep();
        let port = place::free_port();
        let mut command = Command::new(place::recipe("keycloak.sh"));
        command.arg(port.to_string()).arg(place::free_port().to_string()).arg(data);
        let process = Process::start("Keycloak", command);
        let issuer = format!("http://127.0.0.1:{port}/realms/example");
        eventually(
            Duration::from_mins(2),
            || {
                TcpStream::connect(place::loopback(port)).ok()?;
                let metadata = Request::get("/realms/example/.well-known/openid-configuration");
                (http::ask(place::loopback(port), &metadata).status == 200).then_some(())
            },
            || process.said(),
        );
        Self { issuer, port, kind: Kind::Keycloak, client: ("sidecar", "sidecar-secret"), _process: process }
    }

    /// The same provider for another of its clients; see op.mjs and keycloak-realm.json.
    #[must_use]
    pub fn as_client(mut self, id: &'static str, secret: &'static str) -> Self {
        self.client = (id, secret);
        self
    }

    /// The issuer, as in `iss`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The client id of the program under test.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.client.0
    }

    /// The secret of that client.
    #[must_use]
    pub fn client_secret(&self) -> &str {
        self.client.1
    }

    /// The flags of a program for which this is its provider, with PKCE so that both programs ask for it.
    #[must_use]
    pub fn flags(&self) -> Vec<String> {
        let flags = [
            "--provider=oidc".to_owned(),
            format!("--oidc-issuer-url={}", self.issuer),
            format!("--scope={}", self.scope()),
            "--code-challenge-method=S256".to_owned(),
        ];
        Client::new(self.client.0, self.client.1).flags().into_iter().chain(flags).collect()
    }

    /// The scope to ask for; Keycloak refuses scopes that it does not know.
    #[must_use]
    pub fn scope(&self) -> &str {
        match self.kind {
            Kind::OidcProvider => "openid email profile groups",
            Kind::Keycloak => "openid email profile",
        }
    }
}
