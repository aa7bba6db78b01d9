//! A real Kubernetes and a real Istio for `deploy/`, without containers.
//!
//! ```text
//! Cluster    etcd, API server, controllers, scheduler, kwok in the kubelet's place, istiod: one for all tests
//! Namespace  a namespace of one test, held to the `restricted` Pod Security Standard
//! Pod        what the kubelet would start: a network of its own at the pod's address, and in it the sidecar's image with
//!            the arguments, environment and files that the API server holds, and an app
//! Kubelet    what makes those pods ready, and ends them, while a Deployment rolls out
//! Gateway    an Envoy that istiod configures as the example site's ingress gateway
//! IngressNginx  an nginx with the directives that ingress-nginx makes of Ingresses
//! Visitor    TLS to the gateway, for the testkit's browser and for raw requests
//! ```
//!
//! All of it runs in a network, a process table and a mount table of its own, which `enter.sh` makes and which end with the
//! tests: pods answer at their addresses, the gateway at ports 80 and 443, and nothing leaves the machine.
#![expect(clippy::missing_panics_doc, reason = "a step of a test that fails panics; that is what this crate is for")]

mod authority;
mod cluster;
mod container;
mod control_plane;
mod gateway;
mod image;
mod ingress_nginx;
mod istiod;
mod kubelet;
mod memory;
mod namespace;
mod pod;
mod sandbox;
mod tool;
mod visitor;

pub use cluster::Cluster;
pub use gateway::{Certificate, Gateway};
pub use ingress_nginx::IngressNginx;
pub use kubelet::{ANNOTATION, Kubelet};
pub use memory::Memory;
pub use namespace::Namespace;
pub use pod::Pod;
pub use tool::{Said, kustomize};
pub use visitor::Visitor;
