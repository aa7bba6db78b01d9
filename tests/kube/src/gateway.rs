//! A real Envoy as the example site's ingress gateway: what it does comes from istiod.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use sidecar_testkit::process::eventually;
use sidecar_testkit::{Connection, Process, Request, place};
use tempfile::TempDir;

use crate::cluster::Cluster;
use crate::control_plane::START;
use crate::namespace::Namespace;
use crate::tool::server;

/// Who an Envoy is to the API server and to istiod.
#[derive(Debug)]
struct Identity {
    namespace: String,
    account: String,
    /// What its pod would carry: the Service before it and Istio's Gateways select by it.
    label: (&'static str, String),
}
/// The label by which a proxy belongs to a Gateway of the Gateway API.
const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";
const UPSTREAM_TLS: &str = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
const HTTP_OPTIONS: &str = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/// A certificate for `*.example.com`, and who vouches for it.
#[derive(Debug)]
pub struct Certificate {
    folder: TempDir,
}

impl Certificate {
    /// Makes one.
    #[must_use]
    pub fn create() -> Self {
        let folder = place::temporary_folder();
        let made = Command::new(place::recipe("make-pki.sh")).arg(folder.path()).status().expect("make-pki.sh runs");
        assert!(made.success());
        Self { folder }
    }

    /// Who vouches for it, a PEM file.
    #[must_use]
    pub fn roots(&self) -> PathBuf {
        self.folder.path().join("ca.crt")
    }

    /// The certificate and its key.
    pub(crate) fn files(&self) -> (PathBuf, PathBuf) {
        (self.folder.path().join("server.crt"), self.folder.path().join("server.key"))
    }

    /// A home folder whose Chromium trusts it.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Puts it into a Secret of this name.
    pub fn store(&self, cluster: &Cluster, namespace: &str, name: &str) {
        let (certificate, key) = self.files();
        let arguments = [
            &format!("--cert={}", certificate.display()),
            &format!("--key={}", key.display()),
            "--dry-run=client",
            "--output=json",
        ];
        let create = ["-n", namespace, "create", "secret", "tls", name];
        let secret = cluster.kubectl(&[&create[..], &arguments[..]].concat(), "").output();
        cluster.kubectl(&["apply", "--server-side", "--force-conflicts", "-f", "-"], &secret).expect_success();
    }
}

/// What Istio's controller makes beside a Gateway of the Gateway API before it starts a proxy: an identity that may read the
/// certificates there, and the Service.
fn beside(gateway: &str, account: &str) -> Value {
    let named = json!({ "name": account });
    let role = "rbac.authorization.k8s.io";
    let port = |name: &str, port: u16| json!({ "name": name, "port": port, "targetPort": port });
    json!({ "apiVersion": "v1", "kind": "List", "items": [
        { "apiVersion": "v1", "kind": "ServiceAccount", "metadata": named },
        { "apiVersion": format!("{role}/v1"), "kind": "Role", "metadata": named,
          "rules": [{ "apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "watch", "list"] }] },
        { "apiVersion": format!("{role}/v1"), "kind": "RoleBinding", "metadata": named,
          "roleRef": { "apiGroup": role, "kind": "Role", "name": account },
          "subjects": [{ "kind": "ServiceAccount", "name": account }] },
        { "apiVersion": "v1", "kind": "Service", "metadata": named, "spec": {
            "selector": { (GATEWAY_NAME): gateway }, "ports": [port("http", 80), port("https", 443)],
        }},
    ]})
}

/// A running gateway, at ports 80 and 443.
#[derive(Debug)]
pub struct Gateway {
    admin: u16,
    process: Process,
    _folder: TempDir,
}

impl Gateway {
    /// Starts the ingress gateway of Istio: an Envoy that asks istiod what it should do.
    #[must_use]
    pub fn start(cluster: &Cluster) -> Self {
        let label = ("istio", "ingressgateway".to_owned());
        let identity = Identity { namespace: "istio-system".to_owned(), account: "ingressgateway".to_owned(), label };
        Self::start_as(cluster, &identity)
    }

    /// Starts the Envoy of a Gateway of the Gateway API, of the class `istio`.
    #[must_use]
    pub fn start_of(cluster: &Cluster, namespace: &Namespace, gateway: &str) -> Self {
        let account = format!("{gateway}-istio");
        namespace.apply(&beside(gateway, &account).to_string()).expect_success();
        let label = (GATEWAY_NAME, gateway.to_owned());
        Self::start_as(cluster, &Identity { namespace: namespace.name().to_owned(), account, label })
    }

    fn start_as(cluster: &Cluster, identity: &Identity) -> Self {
        let folder = place::temporary_folder();
        let Identity { namespace, account, .. } = identity;
        let token = ["-n", namespace, "create", "token", account, "--audience=istio-ca", "--duration=24h"];
        let token = cluster.kubectl(&token, "").output();
        let admin = place::free_port();
        let config = folder.path().join("envoy.json");
        fs::write(&config, bootstrap(cluster, identity, admin, token.trim()).to_string()).expect("a file");
        let envoy = place::cache().join("envoy/bin/envoy");
        let mut command = Command::new(place::installed(envoy, "tests/counterparts/install.sh envoy"));
        command.args(["--use-dynamic-base-id", "--concurrency", "1", "--log-level", "warning", "--config-path"]);
        command.arg(config);
        let gateway = Self { admin, process: server("Envoy", &command), _folder: folder };
        let ready = || gateway.try_ask("/ready").filter(|answer| answer.trim() == "LIVE");
        eventually(START, ready, || gateway.process.said());
        gateway
    }

    /// Where it serves TLS.
    #[must_use]
    pub fn https(&self) -> SocketAddr {
        place::loopback(443)
    }

    /// Where it serves plain HTTP.
    #[must_use]
    pub fn http(&self) -> SocketAddr {
        place::loopback(80)
    }

    /// Waits until it has taken everything istiod has for it, both listeners and at least one endpoint of each of these
    /// Services (`name.namespace`), without having refused any of it.
    pub fn settle(&self, services: &[String]) {
        let missing = || {
            let stats = self.ask("/stats");
            let number = |name: &str| stats.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            let mut missing: Vec<String> =
                ["listener_manager.total_listeners_warming", "cluster_manager.warming_clusters"]
                    .into_iter()
                    .filter(|name| number(name) != Some("0"))
                    .map(|name| format!("{name} is {:?}", number(name)))
                    .collect();
            let listeners = self.ask("/listeners");
            missing.extend(
                [":80", ":443"]
                    .into_iter()
                    .filter(|port| !listeners.lines().any(|line| line.ends_with(port)))
                    .map(|port| format!("no listener on {port}")),
            );
            let without = services.iter().filter(|service| self.endpoints(service).is_empty());
            missing.extend(without.map(|service| format!("no endpoint of {service}")));
            missing
        };
        let settled = || missing().is_empty().then_some(());
        eventually(START, settled, || format!("{:?}\n{}", missing(), self.process.said()));
        let stats = self.ask("/stats");
        let rejected = stats.lines().filter(|line| line.contains("update_rejected:") && !line.ends_with(": 0"));
        assert_eq!(rejected.collect::<Vec<_>>(), Vec::<&str>::new(), "{}", self.process.said());
    }

    /// The addresses that requests for this Service (`name.namespace`) go to, whatever its port.
    #[must_use]
    pub fn endpoints(&self, service: &str) -> BTreeSet<SocketAddr> {
        // outbound|4180||app1-service.test-1.svc.cluster.local::10.244.0.1:4180::health_flags::healthy
        let clusters = self.ask("/clusters");
        let host = format!("|{service}.svc.cluster.local");
        clusters
            .lines()
            .filter_map(|line| {
                let mut parts = line.split("::");
                let cluster = parts.next()?;
                (cluster.starts_with("outbound|") && cluster.ends_with(&host)).then(|| parts.next()?.parse().ok())?
            })
            .collect()
    }

    /// What it says of requests for this Service (`name.namespace`) that it tried again, line by line.
    #[must_use]
    pub fn retries(&self, service: &str) -> String {
        let host = format!("|{service}.svc.cluster.local");
        let stats = self.ask("/stats?filter=upstream_rq_retry$");
        stats.lines().filter(|line| line.contains(&host)).collect::<Vec<_>>().join("\n")
    }

    fn ask(&self, target: &str) -> String {
        self.try_ask(target).unwrap_or_else(|| panic!("no {target}: {}", self.process.said()))
    }

    fn try_ask(&self, target: &str) -> Option<String> {
        let mut connection = Connection::try_open(place::loopback(self.admin)).ok()?;
        Some(connection.exchange(&Request::get(target)).ok()?.text())
    }
}

/// What Envoy knows by itself: who it is, and where istiod is.
fn bootstrap(cluster: &Cluster, identity: &Identity, admin: u16, token: &str) -> Value {
    let Identity { namespace, account, label: (label, value) } = identity;
    let socket = |port: u16| json!({ "socket_address": { "address": "127.0.0.1", "port_value": port } });
    let istiod = cluster.istiod();
    let endpoint = json!({ "endpoint": { "address": socket(istiod.discovery) } });
    json!({
        "node": {
            "id": format!("router~127.0.0.1~{account}.{namespace}~{namespace}.svc.cluster.local"),
            "cluster": account,
            "metadata": {
                "LABELS": { (*label): value },
                "NAMESPACE": namespace,
                "SERVICE_ACCOUNT": account,
                "NAME": account,
                "CLUSTER_ID": "Kubernetes",
                "ISTIO_VERSION": "1.31.0",
                "INSTANCE_IPS": "127.0.0.1",
                "MESH_ID": "cluster.local",
            },
        },
        "admin": { "address": socket(admin) },
        "dynamic_resources": {
            "lds_config": { "ads": {}, "initial_fetch_timeout": "0s", "resource_api_version": "V3" },
            "cds_config": { "ads": {}, "initial_fetch_timeout": "0s", "resource_api_version": "V3" },
            "ads_config": {
                "api_type": "DELTA_GRPC",
                "set_node_on_first_message_only": true,
                "transport_api_version": "V3",
                "grpc_services": [{
                    "envoy_grpc": { "cluster_name": "istiod" },
                    "initial_metadata": [{ "key": "authorization", "value": format!("Bearer {token}") }],
                }],
            },
        },
        "static_resources": { "clusters": [{
            "name": "istiod",
            "type": "STATIC",
            "connect_timeout": "1s",
            "load_assignment": { "cluster_name": "istiod", "endpoints": [{ "lb_endpoints": [endpoint] }] },
            "typed_extension_protocol_options": {
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                    "@type": HTTP_OPTIONS,
                    "explicit_http_config": { "http2_protocol_options": {} },
                },
            },
            "transport_socket": {
                "name": "envoy.transport_sockets.tls",
                "typed_config": {
                    "@type": UPSTREAM_TLS,
                    "sni": "istiod.istio-system.svc",
                    "common_tls_context": {
                        "alpn_protocols": ["h2"],
                        "validation_context": {
                            "trusted_ca": { "inline_string": istiod.roots },
                            "match_typed_subject_alt_names": [{
                                "san_type": "DNS",
                                "matcher": { "exact": "istiod.istio-system.svc" },
                            }],
                        },
                    },
                },
            },
        }]},
    })
}
