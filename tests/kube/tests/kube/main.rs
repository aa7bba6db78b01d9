//! `deploy/` on a real Kubernetes and Istio. `make test-kube` runs these, inside `enter.sh`.
#![cfg(test)]

mod centralized;
mod charts;
mod faults;
mod load;
mod manifests;
mod picture;
mod rolling;
mod site;
