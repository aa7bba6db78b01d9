//! What a kubelet does while a Deployment rolls out: a new pod is ready when its probes pass and not before, and a pod that
//! leaves goes through its hooks and its grace period.

use std::collections::BTreeMap;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};
use sidecar_testkit::Which;
use sidecar_testkit::process::eventually;

use crate::namespace::Namespace;
use crate::pod::Pod;

/// The annotation of the pods that are left to a [`Kubelet`]; all others are Ready at once, whatever is in them.
pub const ANNOTATION: &str = "sidecar-kube/kubelet";

/// Pods start one after the other on a busy machine, and each old one takes its grace period.
const ROLL_OUT: Duration = Duration::from_mins(8);

/// Looks after the pods of one Deployment, which carry [`ANNOTATION`].
#[derive(Debug)]
pub struct Kubelet<'a> {
    namespace: &'a Namespace,
    deployment: &'static str,
    program: Which,
    outside: Vec<u16>,
    running: BTreeMap<String, Pod>,
    leaving: Vec<JoinHandle<usize>>,
}

impl<'a> Kubelet<'a> {
    /// Has no pods yet. `program` runs as their sidecar; the `outside` ports of the machine's loopback are reached from them.
    #[must_use]
    pub fn of(namespace: &'a Namespace, deployment: &'static str, program: Which, outside: &[u16]) -> Self {
        let outside = outside.to_owned();
        Self { namespace, deployment, program, outside, running: BTreeMap::new(), leaving: Vec::new() }
    }

    /// Does its work until the Deployment has rolled out and every old pod is gone; returns how many requests reached the
    /// apps of those.
    pub fn roll_out(&mut self) -> Vec<usize> {
        let name = self.deployment;
        let namespace = self.namespace;
        let state = || namespace.get(&["deployment", name])["status"].to_string();
        eventually(ROLL_OUT, || self.step(), state);
        self.leaving.drain(..).map(|leaving| leaving.join().expect("a pod ends in order")).collect()
    }

    /// The pods that run, to keep.
    #[must_use]
    pub fn into_pods(self) -> Vec<Pod> {
        self.running.into_values().collect()
    }

    fn step(&mut self) -> Option<()> {
        let deployment = self.namespace.get(&["deployment", self.deployment]);
        let pods = self.namespace.pods_of(&deployment);
        for pod in &pods {
            let name = pod["metadata"]["name"].as_str().expect("a name");
            if !pod["metadata"]["deletionTimestamp"].is_null() {
                if let Some(old) = self.running.remove(name) {
                    self.leaving.push(self.end(old));
                }
            } else if !pod["status"]["podIP"].is_null() && !self.running.contains_key(name) {
                let new = self.namespace.start(pod, self.program, &self.outside);
                self.running.insert(name.to_owned(), new);
                self.say_ready(pod);
            }
        }
        (rolled_out(&deployment) && pods.len() == self.running.len()).then_some(())
    }

    /// The probes have passed.
    fn say_ready(&self, pod: &Value) {
        let name = pod["metadata"]["name"].as_str().expect("a name");
        let ready = ["ContainersReady", "Ready"].map(|kind| json!({ "type": kind, "status": "True" }));
        let status = json!({ "status": { "conditions": ready } }).to_string();
        let patch = ["patch", "pod", name, "--subresource=status", "--type=strategic", "--patch", &status];
        self.namespace.kubectl(&patch, "").expect_success();
    }

    /// Ends a pod in its own time, and then says that it is gone.
    fn end(&self, pod: Pod) -> JoinHandle<usize> {
        let (cluster, namespace) = (self.namespace.cluster(), self.namespace.name().to_owned());
        std::thread::spawn(move || {
            let name = pod.name().to_owned();
            let seen = pod.end();
            let gone = ["delete", "pod", &name, "--grace-period=0", "--force"];
            cluster.kubectl_in(&namespace, &gone, "").expect_success();
            seen
        })
    }
}

/// Whether the Deployment's controller has nothing more to do.
fn rolled_out(deployment: &Value) -> bool {
    let (wanted, status) = (&deployment["spec"]["replicas"], &deployment["status"]);
    let all = ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"];
    status["observedGeneration"] == deployment["metadata"]["generation"]
        && all.iter().all(|number| status[number] == *wanted)
}
