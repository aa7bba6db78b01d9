//! Istio's control plane.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sidecar_testkit::process::eventually;
use sidecar_testkit::{Connection, Process, Request, place};
use tempfile::TempDir;

use crate::control_plane::{ControlPlane, START};
use crate::tool::{built, server};

/// What an Envoy that is not Istio's build can be told: no filters of Istio's own, and no certificates that only an agent
/// in the pod could hand out. The address of istiod gets into its certificate.
fn mesh(discovery: u16) -> Value {
    json!({
        "defaultProviders": { "metrics": [] },
        "enableAutoMtls": false,
        "trustDomain": "cluster.local",
        "defaultConfig": { "discoveryAddress": format!("127.0.0.1:{discovery}") },
    })
}

/// A running istiod, whose validation the API server asks before it takes any of Istio's objects.
#[derive(Debug)]
pub(crate) struct Istiod {
    /// Where gateways get their configuration, over TLS.
    pub(crate) discovery: u16,
    /// Who vouches for istiod, PEM.
    pub(crate) roots: String,
    _folder: TempDir,
    _process: Process,
}

impl Istiod {
    /// Starts it; the definitions of its kinds must be there.
    pub(crate) fn start(plane: &ControlPlane) -> Self {
        let folder = place::temporary_folder();
        let (http, discovery, webhooks) = (place::free_port(), place::free_port(), place::free_port());
        let config = folder.path().join("mesh.json");
        fs::write(&config, mesh(discovery).to_string()).expect("a file");
        let mut command = built("pilot-discovery");
        command.current_dir(folder.path());
        command.envs([
            ("POD_NAME", "istiod"),
            ("POD_NAMESPACE", "istio-system"),
            ("REVISION", "default"),
            ("CLUSTER_ID", "Kubernetes"),
            ("PILOT_ENABLE_ALPN_FILTER", "false"),
            ("PILOT_ENABLE_METADATA_EXCHANGE", "false"),
        ]);
        command.args(["discovery", "--registries=Kubernetes", "--shutdownDuration=1s"]);
        command.arg(format!("--kubeconfig={}", plane.kubeconfig("administrator").display()));
        command.arg(format!("--meshConfig={}", config.display()));
        command.arg(format!("--httpAddr=127.0.0.1:{http}"));
        command.arg(format!("--httpsAddr=127.0.0.1:{webhooks}"));
        command.arg(format!("--grpcAddr=127.0.0.1:{}", place::free_port()));
        command.arg(format!("--secureGRPCAddr=127.0.0.1:{discovery}"));
        command.arg(format!("--monitoringAddr=127.0.0.1:{}", place::free_port()));
        command.arg(format!("--ctrlz_port={}", place::free_port()));
        let process = server("istiod", &command);
        let ready = || {
            let mut connection = Connection::try_open(place::loopback(http)).ok()?;
            (connection.exchange(&Request::get("/ready")).ok()?.status == 200).then_some(())
        };
        eventually(START, ready, || process.said());
        let istiod = Self { discovery, roots: roots(plane), _folder: folder, _process: process };
        istiod.validate(plane, webhooks);
        istiod
    }

    /// Lets the API server ask istiod about Istio's objects, as an installed Istio does.
    fn validate(&self, plane: &ControlPlane, webhooks: u16) {
        let groups = ["security.istio.io", "networking.istio.io", "telemetry.istio.io", "extensions.istio.io"];
        let webhook = json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": { "name": "istiod" },
            "webhooks": [{
                "name": "validation.istio.io",
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "failurePolicy": "Fail",
                "clientConfig": {
                    "url": format!("https://127.0.0.1:{webhooks}/validate"),
                    "caBundle": STANDARD.encode(&self.roots),
                },
                "rules": [{
                    "apiGroups": groups,
                    "apiVersions": ["*"],
                    "operations": ["CREATE", "UPDATE"],
                    "resources": ["*"],
                }],
            }],
        });
        plane.kubectl(&["apply", "--server-side", "-f", "-"], &webhook.to_string()).expect_success();
    }
}

/// The authority that istiod made for itself; it writes it into every namespace.
fn roots(plane: &ControlPlane) -> String {
    let map = "configmap/istio-ca-root-cert";
    plane.kubectl(&["-n", "istio-system", "wait", "--for=create", map, "--timeout=180s"], "").expect_success();
    plane.kubectl(&["-n", "istio-system", "get", map, "-o", r"jsonpath={.data.root-cert\.pem}"], "").output()
}
