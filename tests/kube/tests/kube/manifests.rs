//! Every overlay that ships.

use sidecar_kube::{Cluster, kustomize};

use crate::site::{Clients, make_secrets, shipped};

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

#[test]
fn no_overlay_is_left_out_here() {
    let folders = std::fs::read_dir(shipped("overlays")).expect("overlays");
    let mut overlays: Vec<_> = folders.map(|folder| folder.expect("a folder").file_name()).collect();
    overlays.sort();
    assert_eq!(overlays, ["gateway-api", "istio", "nginx-auth-request", "traefik"]);
}
