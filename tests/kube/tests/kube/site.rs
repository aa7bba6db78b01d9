//! The seed's site, of the manifests that ship.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use sidecar_kube::{Certificate, Cluster, Gateway, Namespace, Pod, Visitor, kustomize};
use sidecar_testkit::{Browser, Front, Provider, place};

/// Where the provider is; `tests/kube/site` says it, too.
const PROVIDER: u16 = 9000;

/// The Deployments that share a session; each has a host of its name.
pub(crate) const SHARING: [&str; 3] = ["auth", "app1", "app2"];

/// A folder below `deploy/kustomize`.
pub(crate) fn shipped(folder: &str) -> PathBuf {
    place::tree().join("deploy/kustomize").join(folder)
}

/// Makes the Secrets that the guide has the operator make: of each provider here, of the certificate where the gateway is.
pub(crate) fn make_secrets(namespace: &Namespace, client: (&str, &str)) -> Certificate {
    for name in ["oauth2-proxy-secret", "oauth2-proxy-secret-google"] {
        let literals = [
            format!("--from-literal=client-id={}", client.0),
            format!("--from-literal=client-secret={}", client.1),
            // 32 bytes, another for each.
            format!("--from-literal=cookie-secret={name:_<32.32}"),
        ];
        let literals = literals.each_ref().map(String::as_str);
        namespace.kubectl(&[&["create", "secret", "generic", name], &literals[..]].concat(), "").expect_success();
    }
    let certificate = Certificate::create();
    // Istio's gateway looks beside itself, a Gateway of the Gateway API beside its object.
    for place in ["istio-system", namespace.name()] {
        certificate.store(Cluster::shared(), place, "wildcard-tls");
    }
    certificate
}

/// Everything between a visitor and the apps, running.
pub(crate) struct Site {
    pub(crate) pods: BTreeMap<&'static str, Vec<Pod>>,
    pub(crate) gateway: Gateway,
    pub(crate) certificate: Certificate,
    pub(crate) namespace: Namespace,
    _provider: Provider,
}

impl Site {
    /// The overlay for Istio as it ships, with the tests' provider; the pods of these Deployments run.
    pub(crate) fn start(deployments: &[&'static str]) -> Self {
        let provider = Provider::oidc_provider_at(PROVIDER, &[]);
        let cluster = Cluster::shared();
        let namespace = cluster.namespace("apps");
        namespace.apply(&kustomize(&place::tree().join("tests/kube/site"))).expect_success();
        let certificate = make_secrets(&namespace, (provider.client_id(), provider.client_secret()));
        namespace.roll_out();
        let pods = deployments.iter().map(|host| (*host, namespace.pods(host, &[PROVIDER]))).collect();
        let gateway = Gateway::start(cluster);
        let site = Self { pods, gateway, certificate, namespace, _provider: provider };
        site.gateway.settle(&deployments.iter().map(|host| site.service(host)).collect::<Vec<_>>());
        site
    }

    /// The Service before a Deployment, as istiod names it.
    pub(crate) fn service(&self, host: &str) -> String {
        format!("{host}-service.{}", self.namespace.name())
    }

    /// A browser that reaches the hosts through TLS at the gateway.
    pub(crate) fn browser(&self) -> Browser {
        self.pods.keys().fold(Browser::new(), |browser, host| {
            let host = format!("{host}.example.com");
            let address = self.visitor(&host);
            browser.with_host(&host, address, Front::Direct)
        })
    }

    /// Where a visitor of this host says plainly what arrives at the gateway in TLS.
    pub(crate) fn visitor(&self, host: &str) -> SocketAddr {
        Visitor::of(host, self.gateway.https(), &self.certificate.roots()).address()
    }

    /// Every request that the apps of a Deployment saw, with all bytes of its head.
    pub(crate) fn heads_seen_by(&self, host: &str) -> Vec<String> {
        let seen = self.pods[host].iter().flat_map(|pod| pod.app().seen());
        seen.map(|seen| String::from_utf8_lossy(&seen.raw_head).into_owned()).collect()
    }
}
