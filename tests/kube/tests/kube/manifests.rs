//! Every overlay and component that ships.

use std::fs;
use std::path::Path;

use sidecar_kube::{Cluster, kustomize};
use sidecar_testkit::http::ask;
use sidecar_testkit::{Request, Which, place};

use crate::site::{Clients, make_missing_secrets, make_secrets, shipped};

/// Applies an overlay, twice, waits for its pods, runs them, and returns what istioctl finds.
fn accepted(overlay: &str) -> Vec<String> {
    let namespace = Cluster::shared().namespace("apps");
    namespace.apply_twice(&kustomize(&shipped("overlays").join(overlay)));
    make_secrets(&namespace, &Clients::any());
    namespace.try_sidecars();
    namespace.findings()
}

#[test]
fn the_overlay_for_istio_is_accepted_changes_nothing_when_applied_again_and_runs() {
    assert_eq!(accepted("istio"), Vec::<String>::new());
}

/// istiod is no more than a judge of it: it starts no proxy for a Gateway here.
#[test]
fn the_overlay_for_gateway_api_is_accepted_changes_nothing_when_applied_again_and_runs() {
    let findings = accepted("gateway-api");
    let no_proxy = |finding: &String| finding.contains("[IST0171]") && finding.contains("oauth2-gateway-istio.apps");
    assert!(findings.iter().all(no_proxy), "{findings:#?}");
}

#[test]
fn the_overlay_for_ingress_nginx_is_accepted_changes_nothing_when_applied_again_and_runs() {
    assert_eq!(accepted("nginx-auth-request"), Vec::<String>::new());
}

#[test]
fn the_overlay_for_traefik_is_accepted_changes_nothing_when_applied_again_and_runs() {
    assert_eq!(accepted("traefik"), Vec::<String>::new());
}

/// Both are reached as in a cluster: metrics where the Prometheus operator finds them, probes where the kubelet asks.
#[test]
fn an_app_with_metrics_and_forwarded_probes_is_accepted_changes_nothing_when_applied_again_and_answers_both() {
    let namespace = Cluster::shared().namespace("apps");
    namespace.create();
    namespace.apply_twice(&kustomize(&place::tree().join("tests/kube/site/observed")));
    make_missing_secrets(&namespace, &Clients::any());
    let pods = namespace.pods("app1", Which::Ours, &[]);
    let pod = pods.first().expect("a pod");

    let monitor = namespace.get(&["servicemonitor", "app1"]);
    let label = format!(
        "oauth2-sidecar/app={}",
        monitor["spec"]["selector"]["matchLabels"]["oauth2-sidecar/app"].as_str().expect("a label")
    );
    let services = namespace.get(&["services", "-l", &label]);
    let ports = services["items"][0]["spec"]["ports"].as_array().expect("ports");
    let named = ports.iter().find(|port| port["name"] == monitor["spec"]["endpoints"][0]["port"]);
    let port = named.expect("the monitor's port")["targetPort"].as_u64().expect("a number");
    let metrics = ask(pod.at(u16::try_from(port).expect("a port")), &Request::get("/metrics"));
    assert_eq!(metrics.status, 200);
    assert!(metrics.text().contains("\noauth2_proxy_"), "{}", metrics.text());

    let deployment = namespace.get(&["deployment", "app1"]);
    let probe = &deployment["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]["httpGet"];
    let port = u16::try_from(probe["port"].as_u64().expect("a number")).expect("a port");
    let statuses =
        [probe["path"].as_str().expect("a path"), "/"].map(|path| ask(pod.at(port), &Request::get(path)).status);
    assert_eq!(statuses, [200, 404], "the probe is the app's, and nothing else is");
    assert_eq!(pod.app().last().target, "/readyz");
}

/// The names in a folder of what ships.
fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(shipped(folder)).expect("a folder");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

#[test]
fn no_overlay_is_left_out_here() {
    assert_eq!(names("overlays"), ["gateway-api", "istio", "nginx-auth-request", "traefik"]);
}

/// Every kustomization below a folder, as one text.
fn kustomizations(folder: &Path) -> String {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries
        .map(|path| match path.file_name() {
            _ if path.is_dir() => kustomizations(&path),
            Some(name) if name == "kustomization.yaml" => fs::read_to_string(&path).expect("a file"),
            _ => String::new(),
        })
        .collect()
}

#[test]
fn no_component_is_left_out_here() {
    let users = [shipped("."), place::tree().join("tests/kube/site")];
    let users: String = users.iter().map(|folder| kustomizations(folder)).collect();
    for name in names("components") {
        let is_used = users.lines().any(|line| line.starts_with("  - ../") && line.ends_with(&format!("/{name}")));
        assert!(is_used, "nothing here applies components/{name}");
    }
}
