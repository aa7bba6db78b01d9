//! The real nginx, told what ingress-nginx tells it of the Ingresses of a namespace.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use sidecar_testkit::process::eventually;
use sidecar_testkit::{Connection, Process, place};
use tempfile::TempDir;

use crate::control_plane::START;
use crate::gateway::Certificate;
use crate::namespace::Namespace;
use crate::tool::server;

const MODULES: &str = "/usr/lib/nginx/modules";
const ANNOTATION: &str = "nginx.ingress.kubernetes.io/";

/// A running nginx, at ports 80 and 443.
#[derive(Debug)]
pub struct IngressNginx {
    process: Process,
    _folder: TempDir,
}

impl IngressNginx {
    /// Starts it with the Ingresses and the endpoints of Services that are there now.
    #[must_use]
    pub fn start(namespace: &Namespace, certificate: &Certificate) -> Self {
        let set_misc = Path::new(MODULES).join("ngx_http_set_misc_module.so");
        place::installed(set_misc, "tests/counterparts/install.sh ingress-nginx");
        let folder = place::temporary_folder();
        let config = folder.path().join("nginx.conf");
        fs::write(&config, configuration(namespace, certificate)).expect("a file");
        let mut command = Command::new("nginx");
        command.arg("-e").arg("stderr").arg("-p").arg(folder.path()).arg("-c").arg(config);
        let nginx = Self { process: server("nginx", &command), _folder: folder };
        let listening = || Connection::try_open(place::loopback(443)).ok();
        drop(eventually(START, listening, || nginx.process.said()));
        nginx
    }
}

fn configuration(namespace: &Namespace, certificate: &Certificate) -> String {
    let services: String = namespace.objects("services").iter().map(|service| upstream(namespace, service)).collect();
    let servers: String = namespace.objects("ingresses").iter().map(|ingress| of_ingress(namespace, ingress)).collect();
    let (cert, key) = certificate.files();
    format!(
        "daemon off; user root; worker_processes 1; pid nginx.pid;
load_module {MODULES}/ndk_http_module.so;
load_module {MODULES}/ngx_http_set_misc_module.so;
events {{}}
http {{
access_log off;
ssl_certificate {};
ssl_certificate_key {};
{services}
server {{ listen 80 default_server; return 308 https://$host$request_uri; }}
{servers}
}}
",
        cert.display(),
        key.display()
    )
}

/// What kube-proxy does for the address of a Service.
fn upstream(namespace: &Namespace, service: &Value) -> String {
    let name = service["metadata"]["name"].as_str().expect("a name");
    let servers = namespace.endpoints(name).iter().fold(String::new(), |mut servers, endpoint| {
        let _ = write!(servers, "server {endpoint};");
        servers
    });
    format!("upstream {} {{ {servers} }}\n", domain(namespace, name))
}

fn domain(namespace: &Namespace, service: &str) -> String {
    format!("{service}.{}.svc.cluster.local", namespace.name())
}

fn of_ingress(namespace: &Namespace, ingress: &Value) -> String {
    let annotations = ingress["metadata"]["annotations"].as_object();
    let annotation = |name: &str| annotations?.get(&format!("{ANNOTATION}{name}"))?.as_str();
    for name in annotations.into_iter().flatten().filter_map(|(name, _)| name.strip_prefix(ANNOTATION)) {
        let known = ["auth-url", "auth-signin", "auth-response-headers", "proxy-buffer-size"];
        assert!(known.contains(&name), "this ingress-nginx does not know {name}");
    }
    let rule = &ingress["spec"]["rules"][0];
    let backend = rule["http"]["paths"][0]["backend"]["service"]["name"].as_str().expect("a Service");
    let buffer = annotation("proxy-buffer-size").unwrap_or("4k");
    let (asked, asking) = match annotation("auth-url") {
        Some(url) => {
            let sign_in = annotation("auth-signin").expect("where a visitor without a session goes");
            (question(url, sign_in), asked_first(annotation("auth-response-headers")))
        }
        None => Default::default(),
    };
    format!(
        "server {{ listen 443 ssl; server_name {};
set_escape_uri $escaped_request_uri $request_uri;
{asked}
location / {{
{asking}
proxy_buffer_size {buffer}; proxy_buffers 4 {buffer}; proxy_http_version 1.1;
proxy_set_header Host $http_host; proxy_set_header X-Real-IP $remote_addr; proxy_set_header X-Forwarded-For $remote_addr;
proxy_set_header X-Forwarded-Host $http_host; proxy_set_header X-Forwarded-Proto $scheme;
proxy_set_header X-Original-Forwarded-For $http_x_forwarded_for;
proxy_pass http://{};
}} }}
",
        rule["host"].as_str().expect("a host"),
        domain(namespace, backend)
    )
}

/// The subrequest, and where a visitor goes after a no.
fn question(url: &str, sign_in: &str) -> String {
    let (authority, path) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).expect("an http URL");
    let host = authority.split(':').next().expect("a host");
    format!(
        "location = /_external-auth {{ internal; proxy_pass_request_body off;
proxy_set_header Content-Length \"\"; proxy_set_header X-Forwarded-Proto \"\"; proxy_set_header Host {host};
proxy_set_header X-Original-URL $scheme://$http_host$request_uri; proxy_set_header X-Original-Method $request_method;
proxy_set_header X-Real-IP $remote_addr; proxy_set_header X-Forwarded-For $remote_addr;
proxy_set_header X-Auth-Request-Redirect $request_uri; proxy_buffer_size 4k; proxy_buffers 4 4k;
proxy_pass http://{host}/{path}; }}
location @sign_in {{ internal; return 302 {sign_in}; }}"
    )
}

/// What a location says that asks first.
fn asked_first(headers: Option<&str>) -> String {
    let mut lines = "auth_request /_external-auth; auth_request_set $auth_cookie $upstream_http_set_cookie;
add_header Set-Cookie $auth_cookie; error_page 401 = @sign_in;"
        .to_owned();
    for (number, header) in headers.into_iter().flat_map(|list| list.split(',')).enumerate() {
        let variable = header.to_lowercase().replace('-', "_");
        let _ = write!(
            lines,
            "auth_request_set $auth_header{number} $upstream_http_{variable};
proxy_set_header {header} $auth_header{number};"
        );
    }
    lines
}
