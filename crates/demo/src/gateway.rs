//! The example site's ingress gateway as an Envoy configuration: TLS with a wildcard certificate ends here, plain HTTP is
//! redirected, and the host name says which sidecar a request goes to.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::router::Route;

const CONNECTION_MANAGER: &str =
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const ROUTER: &str = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";
const DOWNSTREAM_TLS: &str = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext";

/// What an Envoy in the place of that gateway has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envoy {
    /// Where TLS is served.
    pub https: SocketAddr,
    /// Where plain HTTP is redirected to `https://` and the same host.
    pub http: SocketAddr,
    /// Where `GET /ready` answers `LIVE`.
    pub admin: SocketAddr,
    /// The server certificate and what follows it, PEM.
    pub chain: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// Which host leads to which sidecar; others get 404.
    pub routes: Vec<Route>,
}

impl Envoy {
    /// The whole configuration, as JSON, which Envoy reads from a file that is called `….json`.
    #[must_use]
    pub fn config(&self) -> String {
        let config = json!({
            "admin": { "address": socket(self.admin) },
            "static_resources": {
                "listeners": [self.https_listener(), self.http_listener()],
                "clusters": self.routes.iter().map(cluster).collect::<Vec<_>>(),
            },
        });
        format!("{config:#}\n")
    }

    fn https_listener(&self) -> Value {
        let file = |path: &PathBuf| json!({ "filename": path.to_string_lossy() });
        let hosts: Vec<_> = self.routes.iter().map(virtual_host).collect();
        json!({
            "name": "https",
            "address": socket(self.https),
            "filter_chains": [{
                "filters": [connection_manager("https", &json!(hosts))],
                "transport_socket": {
                    "name": "tls",
                    "typed_config": {
                        "@type": DOWNSTREAM_TLS,
                        "common_tls_context": {
                            "alpn_protocols": ["h2", "http/1.1"],
                            "tls_certificates": [{
                                "certificate_chain": file(&self.chain),
                                "private_key": file(&self.key),
                            }],
                        },
                    },
                },
            }],
        })
    }

    fn http_listener(&self) -> Value {
        let redirect = json!([{
            "name": "redirect",
            "domains": ["*"],
            "routes": [{ "match": { "prefix": "/" }, "redirect": { "https_redirect": true } }],
        }]);
        json!({
            "name": "http",
            "address": socket(self.http),
            "filter_chains": [{ "filters": [connection_manager("http", &redirect)] }],
        })
    }
}

fn connection_manager(name: &str, virtual_hosts: &Value) -> Value {
    json!({
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": CONNECTION_MANAGER,
            "stat_prefix": name,
            // The gateway is the first hop: it says who came and how, whatever the visitor claims.
            "use_remote_address": true,
            "upgrade_configs": [{ "upgrade_type": "websocket" }],
            "route_config": {
                "virtual_hosts": virtual_hosts,
                "request_headers_to_remove": ["forwarded", "x-forwarded-host", "x-forwarded-uri", "x-real-ip"],
            },
            "http_filters": [{ "name": "envoy.filters.http.router", "typed_config": { "@type": ROUTER } }],
        },
    })
}

fn virtual_host(route: &Route) -> Value {
    json!({
        "name": route.host,
        "domains": [route.host, format!("{}:*", route.host)],
        "routes": [{
            "match": { "prefix": "/" },
            // No time limit of its own: event streams and long downloads belong to the app.
            "route": { "cluster": route.host, "timeout": "0s" },
        }],
    })
}

fn cluster(route: &Route) -> Value {
    json!({
        "name": route.host,
        "type": "STATIC",
        "load_assignment": {
            "cluster_name": route.host,
            "endpoints": [{ "lb_endpoints": [{ "endpoint": { "address": socket(route.sidecar) } }] }],
        },
    })
}

fn socket(address: SocketAddr) -> Value {
    json!({ "socket_address": { "address": address.ip().to_string(), "port_value": address.port() } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn each_host_has_a_virtual_host_and_a_cluster_of_its_own() {
        let routes = ["app1.example.com", "auth.example.com"]
            .map(|host| Route { host: host.to_owned(), sidecar: address(4180) });
        let envoy = Envoy {
            https: address(443),
            http: address(80),
            admin: address(9901),
            chain: "/c/server.pem".into(),
            key: "/c/server.key".into(),
            routes: routes.to_vec(),
        };
        let config: Value = serde_json::from_str(&envoy.config()).unwrap();
        let resources = &config["static_resources"];
        let manager = &resources["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"];
        let hosts = &manager["route_config"]["virtual_hosts"];
        for (number, route) in routes.iter().enumerate() {
            assert_eq!(hosts[number]["domains"][0], json!(route.host));
            assert_eq!(hosts[number]["routes"][0]["route"]["cluster"], resources["clusters"][number]["name"]);
        }
    }
}
