//! The example site, of the manifests that ship.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use sidecar_kube::{Certificate, Cluster, Gateway, Namespace, Pod, Visitor, kustomize};
use sidecar_testkit::process::eventually;
use sidecar_testkit::{Browser, Client, Emulator, Front, Provider, Which, place};

/// Where the provider is; `tests/kube/site` says it, too.
pub(crate) const PROVIDER: u16 = 9000;

/// The Deployments that share a session; each has a host of its name.
pub(crate) const SHARING: [&str; 3] = ["auth", "app1", "app2"];

/// A folder below `deploy/kustomize`.
pub(crate) fn shipped(folder: &str) -> PathBuf {
    place::tree().join("deploy/kustomize").join(folder)
}

/// What the Secrets say of the tests' provider, and of an app's own.
pub(crate) struct Clients {
    pub(crate) shared: Client,
    pub(crate) google: Client,
}

impl Clients {
    /// For manifests that nobody signs in at.
    pub(crate) fn any() -> Self {
        let client = Client { id: "id".to_owned(), secret: "secret".to_owned() };
        Self { shared: client.clone(), google: client }
    }
}

/// Makes the Secrets that the guide has the operator make: of each provider here, of the certificate where the gateway is.
pub(crate) fn make_secrets(namespace: &Namespace, clients: &Clients) -> Certificate {
    make_missing_secrets(namespace, clients);
    let certificate = Certificate::create();
    // Istio's gateway looks beside itself, a Gateway of the Gateway API beside its object.
    for place in ["istio-system", namespace.name()] {
        certificate.store(Cluster::shared(), place, "wildcard-tls");
    }
    certificate
}

/// Makes those Secrets of providers that are not there yet.
pub(crate) fn make_missing_secrets(namespace: &Namespace, clients: &Clients) {
    let there = namespace.names("secrets");
    for (name, client) in [("oauth2-proxy-secret", &clients.shared), ("oauth2-proxy-secret-google", &clients.google)] {
        if there.iter().any(|secret| secret == name) {
            continue;
        }
        let literals = [
            format!("--from-literal=client-id={}", client.id),
            format!("--from-literal=client-secret={}", client.secret),
            // 32 bytes, another for each.
            format!("--from-literal=cookie-secret={name:_<32.32}"),
        ];
        let literals = literals.each_ref().map(String::as_str);
        namespace.kubectl(&[&["create", "secret", "generic", name], &literals[..]].concat(), "").expect_success();
    }
}

/// Everything between a visitor and the apps, running.
pub(crate) struct Site {
    /// The Deployments whose hosts a visitor reaches.
    hosts: Vec<&'static str>,
    pub(crate) pods: BTreeMap<&'static str, Vec<Pod>>,
    pub(crate) gateway: Gateway,
    pub(crate) certificate: Certificate,
    pub(crate) google: Emulator,
    _provider: Provider,
    /// Last, for whoever waits for it takes the same ports.
    pub(crate) namespace: Namespace,
}

impl Site {
    /// The overlay for Istio as it ships, with the tests' providers; the pods of these Deployments run, with this program as
    /// their sidecar.
    pub(crate) fn start(deployments: &[&'static str], program: Which) -> Self {
        Self::of_overlay("istio", deployments, program, |_| Gateway::start(Cluster::shared()))
    }

    /// The same with the overlay for Gateway API and the proxy of its Gateway.
    pub(crate) fn by_gateway_api(deployments: &[&'static str]) -> Self {
        let gateway = |namespace: &Namespace| Gateway::start_of(Cluster::shared(), namespace, "oauth2-gateway");
        Self::of_overlay("gateway-api", deployments, Which::Ours, gateway)
    }

    fn of_overlay(
        overlay: &str,
        deployments: &[&'static str],
        program: Which,
        gateway: impl FnOnce(&Namespace) -> Gateway,
    ) -> Self {
        let manifests = kustomize(&place::tree().join("tests/kube/site").join(overlay));
        let make = |namespace: &Namespace| namespace.apply(&manifests).expect_success();
        let mut site = Self::begin(deployments, make, gateway);
        lead_to(&site.google, &site.namespace);
        site.namespace.roll_out();
        for deployment in deployments {
            site.run(deployment, program);
        }
        site.settle();
        site
    }

    /// What the chart makes of the values in `tests/kube/site`: the shared parts, whose pods run. Releases of apps, and
    /// their pods, are the test's.
    pub(crate) fn by_chart(app: &'static str) -> Self {
        let mut site = Self::begin(&["auth", app], Namespace::create, |_| Gateway::start(Cluster::shared()));
        site.release("shared", &["--set=shared.enabled=true"]);
        site.namespace.roll_out();
        site.run("auth", Which::Ours);
        site
    }

    /// Installs or upgrades a release of the chart.
    pub(crate) fn release(&self, name: &str, values: &[&str]) {
        let chart = place::tree().join("deploy/helm/oauth2-sidecar").display().to_string();
        let domain = place::tree().join("tests/kube/site/domain.yaml").display().to_string();
        let arguments = ["upgrade", "--install", name, &chart, "-n", self.namespace.name(), "--values", &domain];
        Cluster::shared().helm(&[&arguments[..], values].concat()).expect_success();
    }

    /// The objects that `make` makes, the Secrets, a provider and the gateway.
    fn begin(
        hosts: &[&'static str],
        make: impl FnOnce(&Namespace),
        gateway: impl FnOnce(&Namespace) -> Gateway,
    ) -> Self {
        let namespace = Cluster::shared().namespace("apps");
        let provider = Provider::oidc_provider_at(PROVIDER, &[]);
        let google = Emulator::google(&["https://app3.example.com/oauth2/callback"]);
        make(&namespace);
        let shared = Client { id: provider.client_id().to_owned(), secret: provider.client_secret().to_owned() };
        let certificate = make_secrets(&namespace, &Clients { shared, google: google.client().clone() });
        let gateway = gateway(&namespace);
        let (hosts, pods) = (hosts.to_owned(), BTreeMap::new());
        Self { hosts, pods, gateway, certificate, google, _provider: provider, namespace }
    }

    /// Waits until the gateway leads to every host.
    pub(crate) fn settle(&self) {
        self.gateway.settle(&self.hosts.iter().map(|host| self.service(host)).collect::<Vec<_>>());
    }

    /// Runs the pods of a Deployment with this program as their sidecar.
    fn run(&mut self, deployment: &'static str, program: Which) {
        let outside = [PROVIDER, self.google.address().port()];
        self.pods.insert(deployment, self.namespace.pods(deployment, program, &outside));
    }

    /// Rolls a Deployment out with this program as its sidecar: new pods, then the gateway goes to them, then the old ones end.
    pub(crate) fn move_to(&mut self, program: Which, deployment: &'static str) {
        let old = self.pods.remove(deployment).expect("it runs");
        self.namespace.restart(deployment);
        self.run(deployment, program);
        let new: BTreeSet<SocketAddr> = self.pods[deployment].iter().map(|pod| pod.at(4180)).collect();
        let service = self.service(deployment);
        let there = || (self.gateway.endpoints(&service) == new).then_some(());
        eventually(Duration::from_mins(1), there, || format!("{:?}", self.gateway.endpoints(&service)));
        Pod::stop(old);
    }

    /// The Service before a Deployment, as istiod names it.
    pub(crate) fn service(&self, host: &str) -> String {
        format!("{host}-service.{}", self.namespace.name())
    }

    /// A browser that reaches the hosts through TLS at the gateway.
    pub(crate) fn browser(&self) -> Browser {
        self.hosts.iter().fold(Browser::new(), |browser, host| {
            let host = format!("{host}.example.com");
            let address = self.visitor(&host);
            browser.with_host(&host, address, Front::Direct)
        })
    }

    /// Where a visitor of this host says plainly what arrives at the gateway in TLS.
    pub(crate) fn visitor(&self, host: &str) -> SocketAddr {
        Visitor::of(host, self.gateway.https(), &self.certificate.roots()).address()
    }

    /// A browser whose visitor has signed in at app1.
    pub(crate) fn signed_in(&self) -> Browser {
        let mut browser = self.browser();
        let page = browser.open("https://app1.example.com/");
        // The original's button is that of a form.
        let form = page.forms().into_iter().find(|form| form.action.ends_with("/oauth2/start"));
        let login = match form {
            Some(form) => browser.submit(&page, &form, &[]),
            None => browser.click(&page, "/oauth2/start"),
        };
        // The original leaves its visitors at the callback's host.
        let _ = browser.sign_in(login, "alice", "any");
        let page = browser.open("https://app1.example.com/");
        assert_eq!((page.status(), page.json()["method"].as_str()), (200, Some("GET")), "{page}");
        browser
    }

    /// Every request that the apps of a Deployment saw, with all bytes of its head.
    pub(crate) fn heads_seen_by(&self, host: &str) -> Vec<String> {
        let seen = self.pods[host].iter().flat_map(|pod| pod.app().seen());
        seen.map(|seen| String::from_utf8_lossy(&seen.raw_head).into_owned()).collect()
    }
}

/// Lets app3 find Google at its emulator.
fn lead_to(google: &Emulator, namespace: &Namespace) {
    let flags = google.flags();
    let urls = flags.iter().filter(|flag| flag.contains("-url="));
    let variable = |flag: &String| {
        let (name, value) = flag.trim_start_matches('-').split_once('=').expect("a flag with a value");
        format!("OAUTH2_PROXY_{}={value}", name.replace('-', "_").to_uppercase())
    };
    let variables: Vec<_> = urls.map(variable).collect();
    let variables: Vec<_> = variables.iter().map(String::as_str).collect();
    let set = ["set", "env", "deployment/app3", "--containers=oauth2-proxy"];
    namespace.kubectl(&[&set[..], &variables].concat(), "").expect_success();
}
