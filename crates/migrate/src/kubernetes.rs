//! Manifests: which containers are oauth2-proxy, what they are started with, and which of it the manifests hold.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sidecar_yaml::{Node, Value};

/// A container that runs oauth2-proxy, with all that the manifests say about it.
pub(crate) struct Container {
    /// `Deployment/app1, container oauth2-proxy`.
    pub(crate) name: String,
    /// What the program is given, `$(NAME)` filled in as far as known.
    pub(crate) arguments: Vec<String>,
    /// Its variables; `None` for a value that is in an object that was not given, with the name of where.
    pub(crate) variables: Vec<(String, Variable)>,
    /// What it would find in mounted files, by path.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

/// The value of a variable.
#[derive(Clone, PartialEq)]
pub(crate) enum Variable {
    /// Known.
    Seen(String),
    /// In an object that was not given: `Secret oauth2-proxy-secret, key client-secret`.
    Elsewhere(String),
}

/// The contents of `ConfigMap`s and `Secret`s, by kind, name and namespace, which is empty where the manifest names none.
#[derive(Default)]
struct Objects(BTreeMap<(&'static str, String), BTreeMap<String, Content>>);

/// What is in one of them, by key.
type Content = BTreeMap<String, Vec<u8>>;

/// The objects that a workload sees.
#[derive(Clone, Copy)]
struct Visible<'a> {
    objects: &'a Objects,
    /// That of the workload; empty where its manifest names none.
    namespace: &'a str,
}

const CONFIG_MAP: &str = "ConfigMap";
const SECRET: &str = "Secret";

/// Whether a document is a manifest.
pub(crate) fn is_manifest(document: &Node) -> bool {
    document.get("kind").is_some() && document.get("apiVersion").is_some()
}

/// Every container that runs oauth2-proxy in these manifests, in their order.
pub(crate) fn containers(documents: &[Node]) -> Vec<Container> {
    let manifests: Vec<&Node> = documents.iter().flat_map(unlisted).collect();
    let objects = Objects::of(&manifests);
    manifests.iter().flat_map(|manifest| of_workload(manifest, &objects)).collect()
}

/// A `List` is what it lists.
fn unlisted(document: &Node) -> Vec<&Node> {
    match document.get("items") {
        Some(items) if kind(document).ends_with("List") => items.elements().iter().collect(),
        _ => vec![document],
    }
}

fn kind(manifest: &Node) -> &str {
    manifest.get("kind").and_then(Node::text).unwrap_or_default()
}

fn namespace(manifest: &Node) -> &str {
    manifest.at_path(&["metadata", "namespace"]).and_then(Node::text).unwrap_or_default()
}

fn of_workload(manifest: &Node, objects: &Objects) -> Vec<Container> {
    let objects = Visible { objects, namespace: namespace(manifest) };
    let path: &[&str] = match kind(manifest) {
        "Pod" => &["spec"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
        _ => &["spec", "template", "spec"],
    };
    let Some(pod) = manifest.at_path(path) else { return Vec::new() };
    let name = manifest.at_path(&["metadata", "name"]).and_then(Node::text).unwrap_or("without a name");
    let workload = format!("{}/{name}", kind(manifest));
    ["initContainers", "containers"]
        .into_iter()
        .filter_map(|list| pod.get(list))
        .flat_map(Node::elements)
        .filter(|container| is_proxy(container))
        .map(|container| read(&workload, pod, container, objects))
        .collect()
}

/// By its image, its variables or the flags that no other program has.
fn is_proxy(container: &Node) -> bool {
    let named = ["image", "name"].into_iter().filter_map(|key| container.get(key)).filter_map(Node::text);
    let has_name = named.into_iter().any(|text| text.contains("oauth2-proxy") || text.contains("oauth2-sidecar"));
    let variables = container.get("env").map(Node::elements).unwrap_or_default();
    let has_variable = variables
        .iter()
        .filter_map(|variable| variable.get("name").and_then(Node::text))
        .any(|name| name.starts_with(sidecar_config::ENVIRONMENT_PREFIX));
    let has_flag = texts(container.get("args")).iter().any(|argument| argument.starts_with("--cookie-secret"));
    has_name || has_variable || has_flag
}

fn read(workload: &str, pod: &Node, container: &Node, objects: Visible<'_>) -> Container {
    let name = container.get("name").and_then(Node::text).unwrap_or("without a name");
    let variables = variables(container, objects);
    // The first word of a command is the program.
    let command = texts(container.get("command"));
    let arguments = command.into_iter().skip(1).chain(texts(container.get("args")));
    Container {
        name: format!("{workload}, container {name}"),
        arguments: arguments.map(|argument| filled(&argument, &variables)).collect(),
        files: mounted(pod, container, objects),
        variables,
    }
}

fn texts(list: Option<&Node>) -> Vec<String> {
    list.map(Node::elements).unwrap_or_default().iter().filter_map(Node::text).map(str::to_owned).collect()
}

/// `envFrom` first: `env` wins over it.
fn variables(container: &Node, objects: Visible<'_>) -> Vec<(String, Variable)> {
    let mut variables: Vec<(String, Variable)> = Vec::new();
    for source in container.get("envFrom").map(Node::elements).unwrap_or_default() {
        let prefix = source.get("prefix").and_then(Node::text).unwrap_or_default();
        for (kind, key) in [(CONFIG_MAP, "configMapRef"), (SECRET, "secretRef")] {
            let Some(name) = source.at_path(&[key, "name"]).and_then(Node::text) else { continue };
            for (key, value) in objects.get(kind, name).into_iter().flatten() {
                variables.push((format!("{prefix}{key}"), Variable::Seen(lossy(value))));
            }
        }
    }
    for variable in container.get("env").map(Node::elements).unwrap_or_default() {
        let Some(name) = variable.get("name").and_then(Node::text) else { continue };
        let value = value(variable, objects);
        variables.retain(|(known, _)| known != name);
        let value = if let Variable::Seen(text) = value { Variable::Seen(filled(&text, &variables)) } else { value };
        variables.push((name.to_owned(), value));
    }
    variables
}

fn value(variable: &Node, objects: Visible<'_>) -> Variable {
    for (kind, reference) in [(CONFIG_MAP, "configMapKeyRef"), (SECRET, "secretKeyRef")] {
        let Some(reference) = variable.at_path(&["valueFrom", reference]) else { continue };
        let [name, key] = ["name", "key"].map(|key| reference.get(key).and_then(Node::text).unwrap_or_default());
        return match objects.get(kind, name).and_then(|object| object.get(key)) {
            Some(value) => Variable::Seen(lossy(value)),
            None => Variable::Elsewhere(format!("{kind} {name}, key {key}")),
        };
    }
    if variable.get("valueFrom").is_some() {
        return Variable::Elsewhere("the pod itself".to_owned());
    }
    Variable::Seen(variable.get("value").and_then(Node::text).unwrap_or_default().to_owned())
}

fn lossy(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}

/// `$(NAME)` as Kubernetes fills it in: unknown names stay, `$$` is one `$`.
fn filled(text: &str, variables: &[(String, Variable)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, found)) = rest.split_once('$') {
        filled.push_str(before);
        if let Some(after) = found.strip_prefix('$') {
            filled.push('$');
            rest = after;
            continue;
        }
        let name = found.strip_prefix('(').and_then(|inner| inner.split_once(')'));
        let known = name.and_then(|(name, after)| {
            variables.iter().find(|(known, _)| known == name).map(|(_, value)| (value, after))
        });
        match known {
            Some((Variable::Seen(value), after)) => {
                filled.push_str(value);
                rest = after;
            }
            // What is elsewhere stays a reference, which is no value of anything.
            Some((Variable::Elsewhere(_), _)) | None => {
                filled.push('$');
                rest = found;
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// The files that the container finds in volumes made of the given `ConfigMap`s and `Secret`s.
fn mounted(pod: &Node, container: &Node, objects: Visible<'_>) -> BTreeMap<String, Vec<u8>> {
    let volumes = pod.get("volumes").map(Node::elements).unwrap_or_default();
    let mut files = BTreeMap::new();
    for mount in container.get("volumeMounts").map(Node::elements).unwrap_or_default() {
        let [name, path] = ["name", "mountPath"].map(|key| mount.get(key).and_then(Node::text).unwrap_or_default());
        let Some(volume) = volumes.iter().find(|volume| volume.get("name").and_then(Node::text) == Some(name)) else {
            continue;
        };
        let sub_path = mount.get("subPath").and_then(Node::text);
        for (file, content) in in_volume(volume, objects) {
            match sub_path {
                Some(sub_path) if sub_path == file => drop(files.insert(path.to_owned(), content)),
                Some(_) => {}
                None => drop(files.insert(format!("{}/{file}", path.trim_end_matches('/')), content)),
            }
        }
    }
    files
}

fn in_volume(volume: &Node, objects: Visible<'_>) -> Vec<(String, Vec<u8>)> {
    let sources = volume.at_path(&["projected", "sources"]).map(Node::elements).unwrap_or_default();
    std::iter::once(volume).chain(sources).flat_map(|source| of_source(source, objects)).collect()
}

fn of_source(source: &Node, objects: Visible<'_>) -> Vec<(String, Vec<u8>)> {
    let references = [(CONFIG_MAP, source.get("configMap"), "name"), (SECRET, source.get("secret"), "secretName")];
    let mut files = Vec::new();
    for (kind, reference, name) in references {
        let Some(reference) = reference else { continue };
        // A projected Secret is named by `name`, a Secret as a volume by `secretName`.
        let name = reference.get(name).or_else(|| reference.get("name")).and_then(Node::text).unwrap_or_default();
        let Some(object) = objects.get(kind, name) else { continue };
        let items = reference.get("items").map(Node::elements).unwrap_or_default();
        if items.is_empty() {
            files.extend(object.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        for item in items {
            let [key, path] = ["key", "path"].map(|key| item.get(key).and_then(Node::text).unwrap_or_default());
            files.extend(object.get(key).map(|value| (path.to_owned(), value.clone())));
        }
    }
    files
}

impl Objects {
    fn of(manifests: &[&Node]) -> Self {
        let mut objects = Self::default();
        for manifest in manifests {
            let kind = match kind(manifest) {
                CONFIG_MAP => CONFIG_MAP,
                SECRET => SECRET,
                _ => continue,
            };
            let Some(name) = manifest.at_path(&["metadata", "name"]).and_then(Node::text) else { continue };
            let named = objects.0.entry((kind, name.to_owned())).or_default();
            let content = named.entry(namespace(manifest).to_owned()).or_default();
            for (section, encoded) in [("data", kind == SECRET), ("binaryData", true), ("stringData", false)] {
                for entry in manifest.get(section).map(Node::entries).unwrap_or_default() {
                    let Value::Text(text) = &entry.value.value else { continue };
                    let value =
                        if encoded { STANDARD.decode(text.trim()).ok() } else { Some(text.clone().into_bytes()) };
                    content.extend(value.map(|value| (entry.key.clone(), value)));
                }
            }
        }
        objects
    }
}

impl<'a> Visible<'a> {
    /// The object of this kind and name in the workload's namespace. A manifest that names none is applied to whichever
    /// is meant, so it stands for all; of several others none is.
    fn get(self, kind: &'static str, name: &str) -> Option<&'a Content> {
        let named = self.objects.0.get(&(kind, name.to_owned()))?;
        let exactly = named.get(self.namespace).or_else(|| named.get(""));
        match named.len() {
            1 if self.namespace.is_empty() => named.values().next(),
            _ => exactly,
        }
    }
}

#[cfg(test)]
mod tests;
