//! The whole demo: a provider, three apps, a sidecar before each, and a door to them all.

use std::ffi::OsString;
use std::future::{Future as _, poll_fn};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::task::Poll;
use std::time::SystemTime;

use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::certificates::Certificates;
use crate::child::{ChildError, Running};
use crate::domain::Domain;
use crate::gateway::Envoy;
use crate::provider::{self, Client, Provider};
use crate::random;
use crate::router::{Door, Route};
use crate::sample_app::{self, Link, SampleApp, Tone};
use crate::sidecar::Plan;

/// Two apps, and the host that all logins come back to: label in the domain, name, colour.
const HOSTS: [(&str, &str, Tone); 3] =
    [("app1", "App One", Tone::Indigo), ("app2", "App Two", Tone::Green), ("auth", "Sign-in host", Tone::Slate)];

/// What stands before the sidecars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entrance {
    /// The router in this process, for `*.demo.localhost`.
    Router {
        /// The port to listen on; 0 lets the system choose.
        port: u16,
    },
    /// A real Envoy that ends TLS for `*.example.com`.
    Envoy {
        /// Its binary.
        program: PathBuf,
    },
}

/// What a stage is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The binary to demonstrate.
    pub sidecar: PathBuf,
    /// The demo's own binary, which keeps the children: see [`sidecar::keep`](crate::child::keep).
    pub keeper: PathBuf,
    /// What stands before the sidecars.
    pub entrance: Entrance,
}

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// A socket or a file.
    #[error("{what}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// A child.
    #[error(transparent)]
    Child(#[from] ChildError),
}

/// A running demo. Dropping it kills the children.
#[derive(Debug)]
pub struct Stage {
    domain: Domain,
    children: Vec<Running>,
    commands: Option<String>,
    folder: TempDir,
    /// Held because they end when they are dropped.
    _door: Option<Door>,
    _provider: Provider,
    _apps: Vec<SampleApp>,
}

impl Stage {
    /// Starts everything and returns when all of it answers.
    ///
    /// Call it on a thread that lives as long as the demo: on Linux the children end with the thread that started them.
    ///
    /// # Errors
    /// [`StageError`] says what could not be started; what was started is stopped.
    pub async fn raise(settings: &Settings) -> Result<Self, StageError> {
        let folder = tempfile::Builder::new().prefix("oauth2-sidecar-demo-").tempdir();
        let folder = folder.map_err(system("no temporary folder could be made"))?;
        let (listeners, domain) = match settings.entrance {
            Entrance::Router { port } => listen(port).await.map_err(system("the port could not be opened"))?,
            Entrance::Envoy { .. } => (Vec::new(), Domain::example_com()),
        };
        let provider = Provider::start(provider::Settings::default()).await;
        let provider = provider.map_err(system("the provider could not be started"))?;
        let apps = start_apps(&domain).await.map_err(system("an app could not be started"))?;
        let (mut children, routes) = start_sidecars(settings, &domain, &provider, &apps, folder.path()).await?;
        let (door, commands) = match &settings.entrance {
            Entrance::Router { .. } => {
                let door = Door::open(listeners, routes, domain.url("app1", "/"));
                (Some(door.map_err(system("the router could not be started"))?), None)
            }
            Entrance::Envoy { program } => {
                let (envoy, commands) = start_envoy(settings, program, &domain, routes, folder.path()).await?;
                children.push(envoy);
                (None, Some(commands))
            }
        };
        Ok(Self { domain, children, commands, folder, _door: door, _provider: provider, _apps: apps })
    }

    /// The one URL to open.
    #[must_use]
    pub fn url(&self) -> String {
        self.domain.url("app1", "/")
    }

    /// Where configuration and logs lie until the end.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The commands that open the demo through the gateway; `None` where a browser finds the hosts by itself.
    #[must_use]
    pub fn commands(&self) -> Option<&str> {
        self.commands.as_deref()
    }

    /// Returns when a child ends by itself.
    pub async fn death(&mut self) -> ChildError {
        let mut waiting: Vec<_> = self.children.iter_mut().map(|child| Box::pin(child.death())).collect();
        poll_fn(|context| {
            let ended = waiting.iter_mut().map(|death| death.as_mut().poll(context)).find(Poll::is_ready);
            ended.unwrap_or(Poll::Pending)
        })
        .await
    }

    /// Stops everything, the children first, and removes the files.
    pub async fn strike(self) {
        for child in self.children {
            child.stop().await;
        }
    }
}

fn system(what: &'static str) -> impl FnOnce(io::Error) -> StageError {
    move |source| StageError::System { what, source }
}

/// Browsers try both loopback addresses for a `localhost` name, so both are served where there are both.
async fn listen(port: u16) -> io::Result<(Vec<TcpListener>, Domain)> {
    let first = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let port = first.local_addr()?.port();
    let second = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await;
    Ok(([first].into_iter().chain(second).collect(), Domain::localhost(port)))
}

/// Free ports, all different. Somebody else could take one before it is used; a child that finds it taken says so.
async fn free_addresses<const N: usize>() -> io::Result<[SocketAddr; N]> {
    let (mut held, mut addresses) = (Vec::with_capacity(N), [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); N]);
    for address in &mut addresses {
        let listener = TcpListener::bind(*address).await?;
        *address = listener.local_addr()?;
        held.push(listener);
    }
    Ok(addresses)
}

async fn start_apps(domain: &Domain) -> io::Result<Vec<SampleApp>> {
    let mut apps = Vec::new();
    for (label, name, tone) in HOSTS {
        let others = HOSTS.iter().filter(|(other, ..)| *other != label && *other != "auth");
        let mut links: Vec<Link> = others
            .map(|(other, name, _)| Link { text: format!("Open {name}"), href: domain.url(other, "/") })
            .collect();
        links.push(Link { text: "A page deeper in".to_owned(), href: "/reports/2026?month=11".to_owned() });
        let sign_out = "/oauth2/sign_out".to_owned();
        apps.push(SampleApp::start(sample_app::Settings { name: name.to_owned(), tone, links, sign_out }).await?);
    }
    Ok(apps)
}

async fn start_sidecars(
    settings: &Settings,
    domain: &Domain,
    provider: &Provider,
    apps: &[SampleApp],
    folder: &Path,
) -> Result<(Vec<Running>, Vec<Route>), StageError> {
    let client = Client {
        id: "demo-apps".to_owned(),
        secret: random::token(),
        redirect_uris: vec![domain.url("auth", "/oauth2/callback")],
    };
    provider.register(client.clone());
    let cookie_secret = random::token();
    let addresses = free_addresses::<{ HOSTS.len() }>().await.map_err(system("no port is free for a sidecar"))?;
    let (mut children, mut routes) = (Vec::new(), Vec::new());
    for (((label, ..), app), address) in HOSTS.iter().zip(apps).zip(addresses) {
        let plan = Plan {
            address,
            issuer: provider.issuer().to_owned(),
            upstream: app.address(),
            redirect_url: client.redirect_uris[0].clone(),
            cookie_domain: domain.cookie_domain(),
            whitelist_domain: domain.whitelist_domain(),
            scheme: domain.scheme,
            client_id: client.id.clone(),
            client_secret: client.secret.clone(),
            cookie_secret: cookie_secret.clone(),
        };
        let file = folder.join(format!("{label}.cfg"));
        std::fs::write(&file, plan.file()).map_err(system("a configuration file could not be written"))?;
        let arguments = ["--config".into(), file.into_os_string()];
        let Settings { sidecar, keeper, .. } = settings;
        children.push(Running::start(label, sidecar, keeper, &arguments, &plan.environment(), folder)?);
        routes.push(Route { host: domain.host(label), sidecar: address });
    }
    for (child, route) in children.iter_mut().zip(&routes) {
        child.answers(route.sidecar, "/ping").await?;
    }
    Ok((children, routes))
}

/// The gateway, and the commands that open the demo through it.
async fn start_envoy(
    settings: &Settings,
    program: &Path,
    domain: &Domain,
    routes: Vec<Route>,
    folder: &Path,
) -> Result<(Running, String), StageError> {
    let certificates = Certificates::write(folder, &[&domain.host("*"), domain.name], now())
        .map_err(system("no certificates could be made for the gateway"))?;
    let [https, http, admin] = free_addresses().await.map_err(system("no port is free for the gateway"))?;
    let envoy = Envoy { https, http, admin, chain: certificates.chain.clone(), key: certificates.key.clone(), routes };
    let config = folder.join("envoy.json");
    std::fs::write(&config, envoy.config()).map_err(system("the gateway's configuration could not be written"))?;
    // Two instances of one base id would share memory; any free one will do.
    let words = ["--concurrency", "1", "--use-dynamic-base-id", "-l", "warning", "-c"].map(OsString::from);
    let arguments: Vec<_> = words.into_iter().chain([config.into_os_string()]).collect();
    let mut running = Running::start("envoy", program, &settings.keeper, &arguments, &[], folder)?;
    running.answers(envoy.admin, "/ready").await?;
    Ok((running, commands(&envoy, &certificates, domain, folder)))
}

fn commands(envoy: &Envoy, certificates: &Certificates, domain: &Domain, folder: &Path) -> String {
    // Chromium refuses to sandbox what runs as root.
    let root = if rustix::process::geteuid().is_root() { " --no-sandbox" } else { "" };
    format!(
        "  chromium{root} --user-data-dir={folder}/browser \\\n    \
         --host-resolver-rules='MAP *.{name}:443 {https}, MAP *.{name}:80 {http}' \\\n    \
         --ignore-certificate-errors-spki-list={digest} {url}\n\n  \
         curl --cacert {authority} --connect-to ::{https} {url}",
        folder = folder.display(),
        digest = certificates.key_digest,
        name = domain.name,
        https = envoy.https,
        http = envoy.http,
        authority = certificates.authority.display(),
        url = domain.url("app1", "/"),
    )
}

#[expect(clippy::disallowed_methods, reason = "the rim of the demo; it may not use the clock of what it demonstrates")]
fn now() -> SystemTime {
    SystemTime::now()
}
