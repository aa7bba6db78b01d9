//! A namespace of one test.

use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use sidecar_testkit::Which;
use sidecar_testkit::process::eventually;

use crate::cluster::Cluster;
use crate::container::Stored;
use crate::pod::{self, Pod};
use crate::tool::Said;

/// A namespace that no other test has at the same time: two copies of the example site would contradict each other.
#[derive(Debug)]
pub struct Namespace {
    name: String,
    cluster: &'static Cluster,
    _alone: MutexGuard<'static, ()>,
}

impl Namespace {
    /// Waits until it is this test's turn. The namespace is not there yet.
    pub(crate) fn reserve(cluster: &'static Cluster, name: &str) -> Self {
        // A test that failed has dropped its namespace as well.
        let alone = cluster.busy.lock().unwrap_or_else(PoisonError::into_inner);
        Self { name: name.to_owned(), cluster, _alone: alone }
    }

    /// Makes it, held to the `restricted` Pod Security Standard, for manifests that do not make it themselves.
    pub fn create(&self) {
        let namespace = json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": { "name": self.name, "labels": {
                "pod-security.kubernetes.io/enforce": "restricted",
                "istio-injection": "disabled",
            }},
        });
        self.cluster.kubectl(&["create", "-f", "-"], &namespace.to_string()).expect_success();
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// kubectl for objects of this namespace, unless they name another.
    #[must_use]
    pub fn kubectl(&self, arguments: &[&str], input: &str) -> Said {
        self.cluster.kubectl_in(&self.name, arguments, input)
    }

    /// `kubectl get` of these in this namespace, as JSON.
    #[must_use]
    pub fn get(&self, arguments: &[&str]) -> Value {
        let json = self.kubectl(&[&["get", "-o", "json"], arguments].concat(), "").output();
        serde_json::from_str(&json).expect("JSON")
    }

    /// Applies manifests as strictly as the API server can.
    #[must_use]
    pub fn apply(&self, manifests: &str) -> Said {
        self.kubectl(&["apply", "--server-side", "--validate=strict", "-f", "-"], manifests)
    }

    /// Applies manifests that must be taken without so much as a warning, waits for their pods, and applies them once more
    /// without changing anything.
    pub fn apply_twice(&self, manifests: &str) {
        let unwarned = |said: Said| assert!(said.success && said.stderr.is_empty(), "{said}");
        unwarned(self.apply(manifests));
        self.roll_out();
        let difference = || self.kubectl(&["diff", "--server-side", "-f", "-"], manifests);
        // Controllers may still write into the status of what is compared.
        let none = || Some(difference()).filter(|said| said.success && said.stdout.is_empty());
        eventually(Duration::from_secs(30), none, || difference().to_string());
        unwarned(self.apply(manifests));
    }

    /// Waits until every Deployment has rolled out.
    pub fn roll_out(&self) {
        for deployment in self.names("deployments") {
            let deployment = format!("deployment/{deployment}");
            self.kubectl(&["rollout", "status", &deployment, "--timeout=180s"], "").expect_success();
        }
    }

    /// Rolls new pods of a Deployment out, and waits until the old ones are gone.
    pub fn restart(&self, deployment: &str) {
        let deployment = format!("deployment/{deployment}");
        self.kubectl(&["rollout", "restart", &deployment], "").expect_success();
        self.kubectl(&["rollout", "status", &deployment, "--timeout=180s"], "").expect_success();
    }

    /// What `istioctl analyze` finds, line by line.
    #[must_use]
    pub fn findings(&self) -> Vec<String> {
        let said = self.cluster.analyze(&self.name);
        let findings: Vec<_> = said.stdout.lines().filter(|line| line.contains(" [IST")).map(str::to_owned).collect();
        let clean = said.stderr.contains("No validation issues found");
        assert_eq!((said.success, clean), (findings.is_empty(), findings.is_empty()), "{said}");
        findings
    }

    /// Runs every pod that has a sidecar until its probes pass: the settings mean something to the program.
    pub fn try_sidecars(&self) {
        for deployment in self.objects("deployments") {
            if pod::has_sidecar(&deployment["spec"]["template"]["spec"]) {
                let name = deployment["metadata"]["name"].as_str().expect("a name");
                assert!(!self.pods(name, Which::Ours, &[]).is_empty(), "{name} has no pods");
            }
        }
    }

    /// The names of the objects of a kind.
    #[must_use]
    pub fn names(&self, kind: &str) -> Vec<String> {
        let name = |object: &Value| object["metadata"]["name"].as_str().expect("a name").to_owned();
        self.objects(kind).iter().map(name).collect()
    }

    /// The objects of a kind.
    pub(crate) fn objects(&self, kind: &str) -> Vec<Value> {
        items(self.get(&[kind]))
    }

    /// Where the ready pods behind a Service are, by its first port.
    pub(crate) fn endpoints(&self, service: &str) -> Vec<String> {
        let slices = items(self.get(&["endpointslices", "-l", &format!("kubernetes.io/service-name={service}")]));
        let of_slice = |slice: &Value| {
            let port = slice["ports"][0]["port"].as_u64().expect("a port");
            let endpoints = slice["endpoints"].as_array().cloned().unwrap_or_default();
            let ready = endpoints.into_iter().filter(|endpoint| endpoint["conditions"]["ready"] == true);
            ready.map(move |endpoint| format!("{}:{port}", endpoint["addresses"][0].as_str().expect("an address")))
        };
        slices.iter().flat_map(of_slice).collect()
    }

    /// Starts what the kubelet would start of this Deployment: every pod it has now, with this program as its sidecar. These
    /// ports of the machine's loopback are the world outside.
    #[must_use]
    pub fn pods(&self, deployment: &str, program: Which, outside: &[u16]) -> Vec<Pod> {
        let pods = self.pods_of(&self.get(&["deployment", deployment]));
        let staying = pods.iter().filter(|pod| pod["metadata"]["deletionTimestamp"].is_null());
        staying.map(|pod| self.start(pod, program, outside)).collect()
    }

    /// The pods of a Deployment, leaving ones included, as the API server holds them.
    pub(crate) fn pods_of(&self, deployment: &Value) -> Vec<Value> {
        let labels = deployment["spec"]["selector"]["matchLabels"].as_object().expect("labels").iter();
        let labels: Vec<_> = labels.map(|(name, value)| format!("{name}={}", value.as_str().expect("text"))).collect();
        items(self.get(&["pods", "-l", &labels.join(",")]))
    }

    /// Starts what the kubelet would start of a pod.
    pub(crate) fn start(&self, pod: &Value, program: Which, outside: &[u16]) -> Pod {
        let stored = Stored(items(self.get(&["secrets,configmaps"])));
        Pod::start(&stored, pod, program, outside)
    }

    pub(crate) fn cluster(&self) -> &'static Cluster {
        self.cluster
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // Nothing runs in kwok's pods, so nobody has to wait for their end.
        let now = ["--all", "--grace-period=0", "--force", "--wait=false"];
        let _ = self.kubectl(&[&["delete", "deployments,replicasets,pods"], &now[..]].concat(), "");
        let _ = self.kubectl(&["delete", "namespace", &self.name, "--ignore-not-found"], "");
    }
}

/// The objects of a list.
fn items(mut list: Value) -> Vec<Value> {
    list["items"].as_array_mut().map(std::mem::take).expect("a list")
}
