//! etcd, the API server, the controllers, the scheduler, and kwok in the kubelet's place.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use sidecar_testkit::process::eventually;
use sidecar_testkit::{Process, place};
use tempfile::TempDir;

use crate::authority::Authority;
use crate::tool::{Said, built, laid_down, run, server};

/// How long a part may take to be ready on a busy machine.
pub(crate) const START: Duration = Duration::from_mins(3);

/// Every Deployment is warned about what `restricted` would refuse; namespaces say themselves what they enforce.
const ADMISSION: &str = r#"{"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration", "plugins": [
    {"name": "PodSecurity", "configuration": {
        "apiVersion": "pod-security.admission.config.k8s.io/v1", "kind": "PodSecurityConfiguration",
        "defaults": {"enforce": "privileged", "audit": "privileged", "warn": "restricted"},
        "exemptions": {"namespaces": ["kube-system"]}}}]}"#;

/// token,user,uid,groups. The built-in roles are bound to these names.
const TOKENS: &str = r#"administrator,administrator,1,"system:masters"
controllers,system:kube-controller-manager,2
scheduler,system:kube-scheduler,3
"#;

/// A running control plane with one node.
#[derive(Debug)]
pub(crate) struct ControlPlane {
    folder: TempDir,
    api: u16,
    authority: Authority,
    processes: Vec<Process>,
}

impl ControlPlane {
    /// Starts it and waits for its node.
    pub(crate) fn start() -> Self {
        let folder = place::temporary_folder();
        let authority = Authority::create(folder.path());
        let mut plane = Self { folder, api: place::free_port(), authority, processes: Vec::new() };
        let etcd = plane.start_etcd();
        plane.start_api_server(&etcd);
        plane.start_controllers();
        plane.start_kwok();
        plane
    }

    /// kubectl as administrator.
    pub(crate) fn kubectl(&self, arguments: &[&str], input: &str) -> Said {
        self.kubectl_in("default", arguments, input)
    }

    /// kubectl as administrator, for objects of this namespace unless they name another.
    pub(crate) fn kubectl_in(&self, namespace: &str, arguments: &[&str], input: &str) -> Said {
        let mut command = built("kubectl");
        command.arg("--kubeconfig").arg(self.kubeconfig_in("administrator", namespace)).args(arguments);
        run(command, input)
    }

    /// A file by which this user reaches the API server; the user's token is its name.
    pub(crate) fn kubeconfig(&self, user: &str) -> PathBuf {
        self.kubeconfig_in(user, "default")
    }

    fn kubeconfig_in(&self, user: &str, namespace: &str) -> PathBuf {
        let path = self.path(&format!("{user}.{namespace}.kubeconfig"));
        if !path.exists() {
            let config = json!({
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{ "name": "here", "cluster": {
                    "server": format!("https://127.0.0.1:{}", self.api),
                    "certificate-authority": self.authority.roots,
                }}],
                "users": [{ "name": user, "user": { "token": user } }],
                "contexts": [{ "name": user, "context": {
                    "cluster": "here", "user": user, "namespace": namespace,
                }}],
                "current-context": user,
            });
            fs::write(&path, config.to_string()).expect("a file");
        }
        path
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn spawn(&mut self, name: &str, command: &Command) {
        self.processes.push(server(name, command));
    }

    /// Everything the last started process has said.
    fn said(&self) -> String {
        self.processes.last().map(Process::said).unwrap_or_default()
    }

    fn start_etcd(&mut self) -> String {
        let [client, peer] = [(); 2].map(|()| format!("http://127.0.0.1:{}", place::free_port()));
        let mut command = built("etcd");
        command.args(["--name=here", "--unsafe-no-fsync", "--logger=zap", "--log-level=warn"]);
        command.arg(format!("--data-dir={}", self.path("etcd").display()));
        command.args([format!("--listen-client-urls={client}"), format!("--advertise-client-urls={client}")]);
        command.args([format!("--listen-peer-urls={peer}"), format!("--initial-advertise-peer-urls={peer}")]);
        command.arg(format!("--initial-cluster=here={peer}"));
        self.spawn("etcd", &command);
        client
    }

    fn start_api_server(&mut self, etcd: &str) {
        let write = |name: &str, content: &str| {
            let path = self.folder.path().join(name);
            fs::write(&path, content).expect("a file");
            path
        };
        let (admission, tokens) = (write("admission.json", ADMISSION), write("tokens.csv", TOKENS));
        let path = |name: &str, path: &Path| format!("--{name}={}", path.display());
        let keys = &self.authority;
        let mut command = built("kube-apiserver");
        command.args([
            path("tls-cert-file", &keys.certificate),
            path("tls-private-key-file", &keys.key),
            path("client-ca-file", &keys.roots),
            path("token-auth-file", &tokens),
            path("service-account-signing-key-file", &keys.service_accounts),
            path("service-account-key-file", &keys.service_accounts_public),
            path("admission-control-config-file", &admission),
            format!("--etcd-servers={etcd}"),
            format!("--secure-port={}", self.api),
            format!("--service-account-issuer=https://127.0.0.1:{}", self.api),
        ]);
        command.args([
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction,PodSecurity",
            "--endpoint-reconciler-type=none",
        ]);
        self.spawn("kube-apiserver", &command);
        let ready = || self.kubectl(&["get", "--raw=/readyz"], "").success.then_some(());
        eventually(START, ready, || self.said());
    }

    fn start_controllers(&mut self) {
        let user = |plane: &Self, name: &str| format!("--kubeconfig={}", plane.kubeconfig(name).display());
        let listener = |plane: &Self, name: &str| {
            let certificates = plane.path(name);
            [format!("--secure-port={}", place::free_port()), format!("--cert-dir={}", certificates.display())]
        };
        let mut command = built("kube-controller-manager");
        command.arg(user(self, "controllers")).args(listener(self, "controllers"));
        command.arg(format!("--service-account-private-key-file={}", self.authority.service_accounts.display()));
        command.arg(format!("--root-ca-file={}", self.authority.roots.display()));
        command.args(["--bind-address=127.0.0.1", "--leader-elect=false", "--use-service-account-credentials=true"]);
        command.arg("--controllers=*,-nodeipam,-cloud-node-lifecycle");
        self.spawn("kube-controller-manager", &command);

        let mut command = built("kube-scheduler");
        command.arg(user(self, "scheduler")).args(listener(self, "scheduler"));
        command.args(["--bind-address=127.0.0.1", "--leader-elect=false"]);
        self.spawn("kube-scheduler", &command);
    }

    /// What kwok does with a node and a pod. To a pod that a [`crate::Kubelet`] looks after it gives an address and nothing
    /// more.
    fn stages(&self) -> Vec<PathBuf> {
        let shipped = laid_down("stages");
        let read = |stage: &str| {
            let path = shipped.join(stage).with_extension("yaml");
            fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
        };
        let selecting = |stage: &str, operator: &str| {
            let key = format!(".metadata.annotations[\"{}\"]", crate::ANNOTATION);
            let condition = format!("matchExpressions:\n    - key: '{key}'\n      operator: {operator}\n");
            let (before, after) = stage.split_once("matchExpressions:\n").expect("conditions");
            format!("{before}{condition}{after}")
        };
        let mut stages = ["node/fast/node-initialize", "node/heartbeat/node-heartbeat"].map(read).to_vec();
        let of_pods = ["pod/fast/pod-ready", "pod/fast/pod-complete", "pod/fast/pod-delete"].map(read);
        stages.extend(of_pods.iter().map(|stage| selecting(stage, "DoesNotExist")));
        stages.push(unready(&selecting(&of_pods[0], "Exists")));
        let write = |(number, stage): (usize, &String)| {
            let path = self.path(&format!("stage-{number}.yaml"));
            fs::write(&path, stage).expect("a file");
            path
        };
        stages.iter().enumerate().map(write).collect()
    }

    /// One node on which every pod is Ready at once, whatever is in it, but for those that a [`crate::Kubelet`] looks after.
    fn start_kwok(&mut self) {
        let stages = self.stages();
        let mut command = built("kwok");
        command.arg(format!("--kubeconfig={}", self.kubeconfig("administrator").display()));
        command.args(["--manage-all-nodes", "--cidr=10.244.0.0/17", "--node-ip=127.0.0.1"]);
        command.args(stages.iter().map(|stage| format!("--config={}", stage.display())));
        self.spawn("kwok", &command);
        let capacity = json!({ "cpu": "64", "memory": "64Gi", "pods": "500" });
        let node: Value = json!({
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": "here",
                "labels": { "kubernetes.io/hostname": "here", "kubernetes.io/os": "linux" },
                "annotations": { "kwok.x-k8s.io/node": "fake" },
            },
            "status": { "allocatable": capacity, "capacity": capacity, "nodeInfo": { "kubeletVersion": "v1.36.3" } },
        });
        self.kubectl(&["apply", "-f", "-"], &node.to_string()).expect_success();
        self.kubectl(&["wait", "--for=condition=Ready", "node/here", "--timeout=180s"], "").expect_success();
    }
}

/// The stage that makes a pod ready, without saying that it is.
fn unready(stage: &str) -> String {
    let mut stage = stage.replace("name: pod-ready", "name: pod-running").replace("ready: true", "ready: false");
    for condition in ["Ready", "ContainersReady"] {
        let said = format!("status: \"True\"\n        type: {condition}\n");
        assert!(stage.contains(&said), "the stage says {condition}");
        stage = stage.replace(&said, &said.replace("True", "False"));
    }
    stage
}
