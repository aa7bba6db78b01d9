//! From a pod, as the API server holds it, to the command that a container runtime would run.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sidecar_testkit::place;

use crate::image::{Image, texts};

/// The fields of a container that are acted on here, or that say nothing about how it runs.
const KNOWN: [&str; 17] = [
    "name",
    "image",
    "command",
    "args",
    "ports",
    "env",
    "volumeMounts",
    "securityContext",
    "resources",
    "startupProbe",
    "readinessProbe",
    "livenessProbe",
    "restartPolicy",
    "imagePullPolicy",
    "lifecycle",
    "terminationMessagePath",
    "terminationMessagePolicy",
];

/// A container, ready to be started.
#[derive(Debug)]
pub(crate) struct Plan {
    /// What runs it inside the pod's network.
    pub(crate) command: Command,
    /// The most memory it may use.
    pub(crate) memory: Option<String>,
}

/// Reads a container of a pod that runs in `network`; the files of its volumes are laid into `folder`. `stored` are the
/// Secrets and `ConfigMap`s of its namespace.
pub(crate) fn plan(
    stored: &Stored,
    image: &Image,
    pod: &Value,
    container: &Value,
    network: &str,
    folder: &Path,
) -> Plan {
    for field in container.as_object().expect("a container").keys() {
        assert!(KNOWN.contains(&field.as_str()), "this kubelet does not know {field}");
    }
    let mut command = Command::new("bash");
    command.arg(place::tree().join("tests/kube/container.sh")).arg(network);
    command.arg(&image.root).arg(user(image, pod, container));
    command.arg(if container["securityContext"]["readOnlyRootFilesystem"] == true { "ro" } else { "rw" });
    for (path, source) in mounts(stored, pod, container, folder) {
        command.arg(format!("{}:{path}", source.display()));
    }
    command.arg("--").args(&image.environment);
    command.arg(format!("HOSTNAME={}", text(&pod["metadata"]["name"])));
    command.args(environment(stored, container));
    command.arg("--");
    let own = texts(&container["command"]);
    command.args(if own.is_empty() { &image.entrypoint } else { &own }).args(texts(&container["args"]));
    let memory = container["resources"]["limits"]["memory"].as_str().map(cgroup_size);
    Plan { command, memory }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// `64Mi` as the kernel writes it.
fn cgroup_size(quantity: &str) -> String {
    quantity.strip_suffix('i').unwrap_or_else(|| panic!("{quantity}: in Ki, Mi or Gi")).to_owned()
}

fn user(image: &Image, pod: &Value, container: &Value) -> String {
    let said = |name: &str| {
        [&container["securityContext"][name], &pod["spec"]["securityContext"][name]].into_iter().find_map(Value::as_u64)
    };
    let (image_user, image_group) = image.user.split_once(':').expect("a user and a group");
    let user = said("runAsUser").map_or_else(|| image_user.to_owned(), |id| id.to_string());
    let group = said("runAsGroup").map_or_else(|| image_group.to_owned(), |id| id.to_string());
    assert_ne!(user, "0", "restricted pods do not run as root");
    format!("{user}:{group}")
}

/// `NAME=VALUE`, in order.
fn environment(stored: &Stored, container: &Value) -> Vec<String> {
    let entries = container["env"].as_array().map(Vec::as_slice).unwrap_or_default();
    let entry = |entry: &Value| {
        let name = text(&entry["name"]);
        let from = &entry["valueFrom"];
        let value = if from.is_null() {
            entry["value"].as_str().unwrap_or_default().to_owned()
        } else if let Some(reference) = from.get("secretKeyRef") {
            stored.value("Secret", reference)
        } else if let Some(reference) = from.get("configMapKeyRef") {
            stored.value("ConfigMap", reference)
        } else {
            panic!("this kubelet does not know {from}");
        };
        assert!(!value.contains("$("), "this kubelet replaces no $(NAME) in {name}");
        format!("{name}={value}")
    };
    entries.iter().map(entry).collect()
}

/// The Secrets and `ConfigMap`s of a namespace.
#[derive(Debug)]
pub(crate) struct Stored(pub(crate) Vec<Value>);

impl Stored {
    fn find(&self, kind: &str, name: &Value) -> Option<&Value> {
        self.0.iter().find(|object| object["kind"] == kind && object["metadata"]["name"] == *name)
    }

    /// What a `secretKeyRef` or `configMapKeyRef` leads to.
    fn value(&self, kind: &str, reference: &Value) -> String {
        let object = self.find(kind, &reference["name"]).unwrap_or_else(|| panic!("no {kind} for {reference}"));
        let found = entries(object).into_iter().find(|(key, _)| reference["key"] == **key);
        let (_, content) = found.unwrap_or_else(|| panic!("no key for {reference}"));
        String::from_utf8(content).expect("an environment variable is text")
    }
}

/// What is in a `ConfigMap` or a `Secret`.
fn entries(object: &Value) -> Vec<(String, Vec<u8>)> {
    let data = object["data"].as_object().into_iter().flatten();
    data.map(|(name, value)| {
        let value = text(value);
        let secret = object["kind"] == "Secret";
        (name.clone(), if secret { STANDARD.decode(value).expect("base64") } else { value.as_bytes().to_vec() })
    })
    .collect()
}

/// Where the container sees which folder of this machine.
fn mounts(stored: &Stored, pod: &Value, container: &Value, folder: &Path) -> Vec<(String, PathBuf)> {
    let mounts = container["volumeMounts"].as_array().map(Vec::as_slice).unwrap_or_default();
    let volumes = pod["spec"]["volumes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mount = |mount: &Value| {
        assert!(mount["subPath"].is_null(), "this kubelet does not know subPath");
        let name = text(&mount["name"]);
        let volume = volumes.iter().find(|volume| volume["name"] == name).unwrap_or_else(|| panic!("no volume {name}"));
        let source = folder.join(name);
        if !source.exists() {
            lay_out(stored, volume, &source);
        }
        (text(&mount["mountPath"]).to_owned(), source)
    };
    mounts.iter().map(mount).collect()
}

/// Writes the files of a volume as the kubelet does: links through `..data`, so that all change at once.
///
/// The token of the service account, which the API server adds to pods that do not say otherwise, is left out: the sidecar
/// does not read it.
fn lay_out(stored: &Stored, volume: &Value, folder: &Path) {
    if text(&volume["name"]).starts_with("kube-api-access-") {
        fs::create_dir(folder).expect("a folder");
        return;
    }
    let (kind, name, source) = if let Some(source) = volume.get("configMap") {
        ("ConfigMap", &source["name"], source)
    } else if let Some(source) = volume.get("secret") {
        ("Secret", &source["secretName"], source)
    } else {
        panic!("this kubelet does not know {volume}");
    };
    assert!(source["items"].is_null(), "this kubelet does not know items");
    let versioned = folder.join("..2026_11_25_00_00_00.1");
    fs::create_dir_all(&versioned).expect("a folder");
    symlink(versioned.file_name().expect("a name"), folder.join("..data")).expect("a link");
    let mode = u32::try_from(source["defaultMode"].as_u64().unwrap_or(0o644)).expect("a mode");
    let object = stored.find(kind, name);
    assert!(object.is_some() || source["optional"] == true, "no {kind} {name}");
    let content = object.map(entries).unwrap_or_default();
    for (file, bytes) in content {
        let path = versioned.join(&file);
        fs::write(&path, bytes).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a file of ours");
        symlink(Path::new("..data").join(&file), folder.join(&file)).expect("a link");
    }
}
