//! The cluster that all tests share.

use std::sync::{LazyLock, Mutex};

use crate::control_plane::ControlPlane;
use crate::istiod::Istiod;
use crate::namespace::Namespace;
use crate::tool::{Said, built, laid_down, run};

/// What the ingress gateway is to the API server: a namespace, an identity that may read the certificates beside it, a
/// Service whose ports say where Envoy listens, and a pod of its name, which `istioctl analyze` looks for.
const INGRESS: &str = include_str!("ingress.yaml");

/// A control plane with Istio's, Gateway API's, Traefik's, Prometheus' and External Secrets' kinds, and istiod.
#[derive(Debug)]
pub struct Cluster {
    plane: ControlPlane,
    istiod: Istiod,
    /// Held by whoever has a namespace.
    pub(crate) busy: Mutex<()>,
}

impl Cluster {
    /// The one cluster of this process.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Cluster> = LazyLock::new(Cluster::start);
        &SHARED
    }

    fn start() -> Self {
        assert!(std::env::var_os("SIDECAR_KUBE").is_some(), "this runs inside tests/kube/enter.sh: make test-kube");
        let plane = ControlPlane::start();
        let definitions = laid_down("crds").display().to_string();
        plane.kubectl(&["apply", "--server-side", "-f", &definitions], "").expect_success();
        plane.kubectl(&["wait", "--for=condition=Established", "crd", "--all", "--timeout=180s"], "").expect_success();
        plane.kubectl(&["apply", "--server-side", "-f", "-"], INGRESS).expect_success();
        let istiod = Istiod::start(&plane);
        Self { plane, istiod, busy: Mutex::default() }
    }

    /// kubectl as administrator, with `input` as its standard input.
    #[must_use]
    pub fn kubectl(&self, arguments: &[&str], input: &str) -> Said {
        self.plane.kubectl(arguments, input)
    }

    pub(crate) fn kubectl_in(&self, namespace: &str, arguments: &[&str], input: &str) -> Said {
        self.plane.kubectl_in(namespace, arguments, input)
    }

    /// `istioctl analyze` of everything in a namespace, against the live server.
    pub(crate) fn analyze(&self, namespace: &str) -> Said {
        let mut command = built("istioctl");
        command.arg("analyze").arg("--kubeconfig").arg(self.plane.kubeconfig("administrator"));
        command.args(["-n", namespace, "--color=false", "--failure-threshold=Info"]);
        run(command, "")
    }

    /// helm against the live server.
    #[must_use]
    pub fn helm(&self, arguments: &[&str]) -> Said {
        let mut command = built("helm");
        command.arg("--kubeconfig").arg(self.plane.kubeconfig("administrator")).args(arguments);
        run(command, "")
    }

    /// The namespace of this name, for one test at a time, and not there yet.
    #[must_use]
    pub fn namespace(&'static self, name: &str) -> Namespace {
        Namespace::reserve(self, name)
    }

    pub(crate) fn istiod(&self) -> &Istiod {
        &self.istiod
    }
}
