use super::*;

const APP: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: app1}
spec:
  template:
    spec:
      initContainers:
      - name: migrate-database
        image: example.com/app
      containers:
      - name: app
        image: example.com/app
      - name: proxy
        image: quay.io/oauth2-proxy/oauth2-proxy:v7.15.6
        command: [/bin/oauth2-proxy, --config=/etc/proxy/oauth2_proxy.cfg]
        args: [--client-id=$(ID), --upstream=http://127.0.0.1:8080, "--banner=$$(ID) $(NOBODY)"]
        env:
        - {name: ID, valueFrom: {configMapKeyRef: {name: ids, key: app1}}}
        - {name: OAUTH2_PROXY_CLIENT_SECRET, valueFrom: {secretKeyRef: {name: proxy, key: client}}}
        - {name: OAUTH2_PROXY_COOKIE_SECRET, valueFrom: {secretKeyRef: {name: elsewhere, key: cookie}}}
        envFrom:
        - {prefix: OAUTH2_PROXY_, configMapRef: {name: more}}
        volumeMounts:
        - {name: config, mountPath: /etc/proxy}
        - {name: mixed, mountPath: /templates/sign_in.html, subPath: page}
      volumes:
      - {name: config, configMap: {name: config}}
      - name: mixed
        projected: {sources: [{secret: {name: proxy, items: [{key: page, path: page}]}}]}
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: config}, data: {oauth2_proxy.cfg: "cookie_name = 'x'"}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: ids}, data: {app1: the-id}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: more}, data: {SCOPE: openid}}
- {apiVersion: v1, kind: Secret, metadata: {name: proxy}, data: {client: aHVudGVyMg==}, stringData: {page: <html>}}
"#;

fn read_all(text: &str) -> Vec<Container> {
    containers(&sidecar_yaml::documents(text).unwrap())
}

#[test]
fn a_container_is_put_together_from_all_that_the_manifests_say() {
    let mut found = read_all(APP);
    assert_eq!(found.len(), 1);
    let container = found.remove(0);
    assert_eq!(container.name, "Deployment/app1, container proxy");
    let arguments = [
        "--config=/etc/proxy/oauth2_proxy.cfg",
        "--client-id=the-id",
        "--upstream=http://127.0.0.1:8080",
        "--banner=$(ID) $(NOBODY)",
    ];
    assert_eq!(container.arguments, arguments);
    let value = |name: &str| {
        let variable = container.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        match variable.unwrap_or_else(|| panic!("{name} is not set")) {
            Variable::Seen(value) => value.clone(),
            Variable::Elsewhere(place) => format!("in {place}"),
        }
    };
    assert_eq!(value("OAUTH2_PROXY_CLIENT_SECRET"), "hunter2");
    assert_eq!(value("OAUTH2_PROXY_COOKIE_SECRET"), "in Secret elsewhere, key cookie");
    assert_eq!(value("OAUTH2_PROXY_SCOPE"), "openid");
    let files: Vec<_> = container.files.keys().map(String::as_str).collect();
    assert_eq!(files, ["/etc/proxy/oauth2_proxy.cfg", "/templates/sign_in.html"]);
}

#[test]
fn other_containers_are_none_of_our_business() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, image: nginx}]}\n";
    assert!(read_all(text).is_empty());
    assert!(read_all("apiVersion: v1\nkind: Service\nspec: {ports: []}\n").is_empty());
}

#[test]
fn an_object_of_another_namespace_is_another_object() {
    let pod = |namespace: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: p{namespace}}}, spec: {{containers: [{{name: oauth2-proxy, \
             env: [{{name: OAUTH2_PROXY_CLIENT_ID, valueFrom: {{configMapKeyRef: {{name: ids, key: id}}}}}}]}}]}}}}"
        )
    };
    let map = |namespace: &str, id: &str| {
        format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: ids{namespace}}}, data: {{id: {id}}}}}")
    };
    let seen = |documents: &[String]| {
        let found = read_all(&documents.join("\n---\n"));
        match &found.first().expect("a container").variables[0].1 {
            Variable::Seen(value) => value.clone(),
            Variable::Elsewhere(place) => format!("elsewhere: {place}"),
        }
    };
    let (one, two) = (", namespace: one", ", namespace: two");
    let elsewhere = "elsewhere: ConfigMap ids, key id";
    assert_eq!(seen(&[pod(one), map(two, "of-two"), map(one, "of-one")]), "of-one");
    assert_eq!(seen(&[pod(one), map(two, "of-two")]), elsewhere);
    assert_eq!(seen(&[pod(one), map("", "of-all")]), "of-all", "it is applied where it is meant");
    assert_eq!(seen(&[pod(""), map(one, "of-one")]), "of-one", "there is but one that can be meant");
    assert_eq!(seen(&[pod(""), map(one, "of-one"), map(two, "of-two")]), elsewhere, "nobody knows which");
}
