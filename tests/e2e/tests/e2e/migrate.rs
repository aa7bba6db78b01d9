//! `oauth2-sidecar migrate check`: what it tells of the ways in which people configure oauth2-proxy.

use std::path::Path;

use sidecar_testkit::{Finished, Launch, Which, place};

/// The table for one file of this name and content.
fn check(name: &str, content: &str) -> Finished {
    let launch = Launch::new(Which::Ours).listening_as_configured().task("migrate").flag("check");
    let path = launch.write(name, content);
    launch.flag(path.to_str().expect("UTF-8")).run()
}

#[track_caller]
fn assert_told(finished: &Finished, verdict: &str, parts: &[&str]) {
    let mut lines = finished.stdout.lines().filter(|line| line.starts_with(verdict));
    let found = lines.any(|line| parts.iter().all(|part| line.contains(part)));
    assert!(found, "no line {verdict} with {parts:?} in:\n{}{}", finished.stdout, finished.stderr);
}

const SOUND: &str = r#"
provider = "oidc"
oidc_issuer_url = "https://id.example.com"
client_id = "app"
client_secret = "marked-secret"
cookie_secret = "0123456789abcdef"
email_domains = ["example.com"]
upstreams = ["http://127.0.0.1:8080"]
redirect_url = "https://auth.example.com/oauth2/callback"
"#;

#[test]
fn a_sound_file_is_supported_and_tells_what_changes() {
    let finished = check("oauth2_proxy.cfg", SOUND);
    assert_eq!(finished.status.code(), Some(0), "{}{}", finished.stdout, finished.stderr);
    assert_told(&finished, "same", &["client-id", "oauth2_proxy.cfg:4:13"]);
    assert_told(&finished, "changed", &["insecure-oidc-skip-nonce", "not set", "D11"]);
    assert!(finished.stdout.contains(" 0 dangerous, 0 unsupported"), "{}", finished.stdout);
    assert!(!finished.stdout.contains("marked-secret"), "{}", finished.stdout);
}

#[test]
fn dangerous_forms_are_found_and_told_with_the_safe_one() {
    let dangerous = r#"
provider = "github"
client_id = "app"
client_secret = "s"
cookie_secret = "0123456789abcdef"
email_domains = ["*"]
upstreams = ["http://127.0.0.1:8080"]
redirect_url = "http://auth.example.com/oauth2/callback"
skip_auth_routes = ["/public"]
cookie_secure = false
reverse_proxy = true
trusted_proxy_ips = ["0.0.0.0/0"]
"#;
    let finished = check("oauth2_proxy.cfg", dangerous);
    assert_eq!(finished.status.code(), Some(0), "dangerous is not unsupported: {}", finished.stdout);
    assert_told(&finished, "DANGEROUS", &["skip-auth-route", "begin it with ^"]);
    assert_told(&finished, "DANGEROUS", &["trusted-proxy-ip", "every peer is believed"]);
    assert_told(&finished, "DANGEROUS", &["cookie-secure", "plain HTTP"]);
    assert_told(&finished, "DANGEROUS", &["email-domain", "whoever has an account at GitHub"]);
    assert_told(&finished, "DANGEROUS", &["redirect-url", "write https"]);
}

#[test]
fn what_is_not_served_or_not_known_is_unsupported() {
    let finished = check("oauth2_proxy.cfg", &format!("{SOUND}redis_use_sentinel = true\ncookie_nam = \"x\"\n"));
    assert_eq!(finished.status.code(), Some(1));
    assert_told(&finished, "UNSUPPORTED", &["redis-use-sentinel", "does not serve"]);
    assert_told(&finished, "UNSUPPORTED", &["cookie_nam", "did you mean cookie_name?"]);
}

#[test]
fn a_file_of_variables_and_a_structured_file_are_read_too() {
    let variables = "OAUTH2_PROXY_CLIENT_ID=app\nOAUTH2_PROXY_COOKIE_SAMESITE=sometimes\n";
    assert_told(&check("proxy.env", variables), "UNSUPPORTED", &["cookie-samesite", "OAUTH2_PROXY_COOKIE_SAMESITE"]);
    let structured = "providers: [{id: a, provider: oidc, clientID: app, clientSecret: s}]\nserver: {bindAdress: x}\n";
    let finished = check("alpha.yaml", structured);
    assert_told(&finished, "same", &["providers[0].clientID", "alpha.yaml:1:"]);
    assert_told(&finished, "UNSUPPORTED", &["server.bindAdress", "did you mean bindAddress?"]);
}

/// Manifests as they are written for the original: flags, variables from a Secret that is not here, a file.
const MANIFESTS: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: app1}
spec:
  template:
    spec:
      containers:
      - name: oauth2-proxy
        image: quay.io/oauth2-proxy/oauth2-proxy:v7.15.6
        args: [--config=/etc/oauth2-proxy/oauth2_proxy.cfg, --upstream=http://127.0.0.1:8080, --reverse-proxy]
        env:
        - {name: OAUTH2_PROXY_CLIENT_SECRET, valueFrom: {secretKeyRef: {name: oauth2-proxy, key: client-secret}}}
        - {name: OAUTH2_PROXY_COOKIE_SECRET, valueFrom: {secretKeyRef: {name: oauth2-proxy, key: cookie-secret}}}
        volumeMounts: [{name: config, mountPath: /etc/oauth2-proxy}]
      volumes: [{name: config, configMap: {name: oauth2-proxy}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: oauth2-proxy}
data:
  oauth2_proxy.cfg: |
    provider = "oidc"
    oidc_issuer_url = "https://id.example.com"
    client_id = "app"
    email_domains = ["example.com"]
    gitlab_groups = ["x"]
"#;

#[test]
fn the_sidecar_of_a_deployment_is_put_together_from_its_manifests() {
    let finished = check("app1.yaml", MANIFESTS);
    assert_eq!(finished.status.code(), Some(1), "gitlab is not served: {}", finished.stdout);
    assert!(finished.stdout.starts_with("Deployment/app1, container oauth2-proxy\n"), "{}", finished.stdout);
    assert_told(&finished, "same", &["client-secret", "Secret oauth2-proxy, key client-secret", "not looked at"]);
    assert_told(&finished, "same", &["client-id", "/etc/oauth2-proxy/oauth2_proxy.cfg:3:13"]);
    assert_told(&finished, "changed", &["reverse-proxy", "command line", "D01"]);
    assert_told(&finished, "UNSUPPORTED", &["gitlab-group"]);
    assert_eq!(finished.stdout.matches("UNSUPPORTED").count(), 1, "{}", finished.stdout);
}

#[test]
fn our_own_manifests_are_supported_and_the_one_danger_in_them_is_told() {
    let deploy = place::tree().join("deploy/kustomize");
    let launch = ["components/container/pod.yaml", "settings/oauth2_proxy.cfg"]
        .into_iter()
        .fold(Launch::new(Which::Ours).listening_as_configured().task("migrate").flag("check"), |launch, file| {
            launch.flag(deploy.join(file).to_str().expect("UTF-8"))
        });
    let finished = launch.run();
    assert_eq!(finished.status.code(), Some(0), "{}{}", finished.stdout, finished.stderr);
    // Which proxies there are is for whoever deploys it to say.
    assert_told(&finished, "DANGEROUS", &["trusted-proxy-ip", "not set", "list the proxies"]);
    assert!(finished.stdout.contains(" 1 dangerous, 0 unsupported"), "{}", finished.stdout);
}

#[test]
fn files_that_cannot_be_read_are_told_by_name() {
    let nowhere = Path::new("/nowhere/oauth2_proxy.cfg");
    let run = |flags: &[&str]| Launch::new(Which::Ours).listening_as_configured().task("migrate").flags(flags).run();
    let finished = run(&["check", nowhere.to_str().expect("UTF-8")]);
    assert_eq!(finished.status.code(), Some(1));
    assert!(finished.stderr.contains("/nowhere/oauth2_proxy.cfg"), "{}", finished.stderr);
    assert_eq!(run(&[]).status.code(), Some(2));
    assert_eq!(run(&["check"]).status.code(), Some(2));
    let finished = check("deployment.yaml", "a: [\n");
    assert!(finished.stderr.contains("is no YAML: line 2"), "{}", finished.stderr);
}
