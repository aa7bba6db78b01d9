//! The real binary, seen from outside: browsers, apps and providers around it, nothing of ours on the other ends.
//!
//! One file per behaviour. `SIDECAR_BIN` names the program; without it, `target/debug/oauth2-sidecar`.
#![cfg(test)]

mod advisories;
mod app_probe;
mod autobahn;
mod bad_cookies;
mod bearer;
mod callback;
mod chromium;
mod codes;
mod codes_in_log;
mod configuration;
mod connections;
mod doctor;
mod endpoints;
mod failing_app;
mod forwarded;
mod forwarding;
mod github;
mod google;
mod grpc;
mod headers_of_pages;
mod hostile;
mod hostile_provider;
mod htpasswd;
mod http2;
mod identity;
mod image;
mod keycloak;
mod log_files;
mod log_formats;
mod metrics;
mod microsoft;
mod migrate;
mod one_provider_per_app;
mod provider_down;
mod provider_options;
mod reload;
mod restrictions;
mod rewriting;
mod rotation;
mod secrets;
mod sign_in;
mod signature;
mod single_sign_on;
mod site;
mod staying_signed_in;
mod stopping;
mod streaming;
mod structured;
mod templates;
mod tls;
mod unauthenticated;
mod upstream_switches;
mod websockets;
