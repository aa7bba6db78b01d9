//! Manifests with one thing wrong, and who says so.

use std::collections::BTreeSet;

use sidecar_kube::{Cluster, Gateway, Namespace, kustomize};

use crate::site::{Clients, make_secrets, shipped};

/// What ships, with the last place where it says `right` saying `wrong`.
fn spoiled(manifests: &str, right: &str, wrong: &str) -> String {
    let (before, after) = manifests.rsplit_once(right).unwrap_or_else(|| panic!("nothing says {right:?}"));
    format!("{before}{wrong}{after}")
}

fn shipped_for_istio() -> (Namespace, String) {
    let namespace = Cluster::shared().namespace("apps");
    let manifests = kustomize(&shipped("overlays/istio"));
    namespace.apply(&manifests).expect_success();
    make_secrets(&namespace, &Clients::any());
    (namespace, manifests)
}

#[test]
fn the_api_server_and_istiod_refuse_what_cannot_be_meant() {
    let (namespace, manifests) = shipped_for_istio();
    for (right, wrong, because) in [
        // Kubernetes: fields that nobody knows, values that none of them has.
        (
            "httpsRedirect: true",
            "httpRedirect: true",
            ".spec.servers[1].tls.httpRedirect: field not declared in schema",
        ),
        ("host: auth-service", "hots: auth-service", ".destination.hots: field not declared in schema"),
        ("targetPort: 4180", "tragetPort: 4180", ".tragetPort: field not declared in schema"),
        ("restartPolicy: Always", "restartPolicy: Sometimes", "Unsupported value: \"Sometimes\""),
        ("readOnly: true", "raedOnly: true", ".raedOnly: field not declared in schema"),
        ("        app: auth\n    spec", "        app: other\n    spec", "`selector` does not match template `labels`"),
        (
            "maxUnavailable: 1\n  selector",
            "maxUnavailble: 1\n  selector",
            ".spec.maxUnavailble: field not declared in schema",
        ),
        // Istio.
        ("protocol: HTTPS", "protocol: HTTPZ", "HTTPZ"),
        ("      credentialName: wildcard-tls\n", "", "SIMPLE TLS requires a server certificate"),
        ("      name: https\n      number: 443", "      number: 443", "spec.servers[0].port.name: Required value"),
    ] {
        let wrong = spoiled(&manifests, right, wrong);
        let refused =
            namespace.kubectl(&["apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-"], &wrong);
        let said = refused.refusal();
        assert!(said.contains(because), "{right:?} gone wrong is refused with {said}");
    }
}

#[test]
fn pod_security_admission_warns_of_a_sidecar_that_asks_for_more_than_restricted_allows() {
    let (namespace, manifests) = shipped_for_istio();
    for (right, wrong, because) in [
        ("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true", "allowPrivilegeEscalation != false"),
        ("runAsNonRoot: true", "runAsNonRoot: false", "runAsNonRoot != true"),
        ("type: RuntimeDefault", "type: Unconfined", "seccompProfile"),
        ("- ALL", "- NET_RAW", "unrestricted capabilities"),
    ] {
        let said = namespace.apply(&spoiled(&manifests, right, wrong));
        assert!(said.success, "a Deployment is taken; its pods are not: {said}");
        assert!(said.stderr.contains("would violate PodSecurity \"restricted:latest\""), "{said}");
        assert!(said.stderr.contains(because), "{right:?} gone wrong: {said}");
        let rollout = namespace.kubectl(&["rollout", "status", "deployment/auth", "--timeout=3s"], "");
        let app = namespace.kubectl(&["rollout", "status", "deployment/app3", "--timeout=3s"], "");
        assert!(!rollout.success || !app.success, "{right:?} gone wrong rolls out");
    }
}

#[test]
fn istioctl_finds_what_leads_nowhere() {
    let (namespace, manifests) = shipped_for_istio();
    for (right, wrong, because) in [
        ("host: auth-service", "host: no-such-service", "IST0101"),
        ("number: 4180", "number: 9999", "IST0101"),
        ("- oauth2-gateway", "- no-such-gateway", "IST0101"),
        ("  - auth.example.com", "  - auth.other.test", "IST0132"),
    ] {
        namespace.apply(&spoiled(&manifests, right, wrong)).expect_success();
        let findings = namespace.findings();
        assert!(findings.iter().any(|finding| finding.contains(because)), "{right:?} gone wrong: {findings:#?}");
    }
}

/// Nothing but the gateway itself shows this one.
#[test]
fn a_service_that_passes_the_sidecar_by_is_seen_at_the_gateway() {
    let (namespace, manifests) = shipped_for_istio();
    namespace.roll_out();
    let gateway = Gateway::start(Cluster::shared());
    let ports = |service: &str| {
        let service = format!("{service}.apps");
        gateway.settle(std::slice::from_ref(&service));
        gateway.endpoints(&service).iter().map(std::net::SocketAddr::port).collect::<BTreeSet<_>>()
    };
    assert_eq!(ports("auth-service"), [4180].into());
    namespace.apply(&spoiled(&manifests, "targetPort: 4180", "targetPort: 8080")).expect_success();
    sidecar_testkit::process::eventually(
        std::time::Duration::from_secs(30),
        || (ports("auth-service") == [8080].into()).then_some(()),
        || "the gateway still leads to the sidecar".to_owned(),
    );
}
