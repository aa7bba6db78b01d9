//! The real binary, seen from outside: browsers, apps and providers around it, nothing of ours on the other ends.
//!
//! One file per behaviour. `SIDECAR_BIN` names the program; without it, `target/debug/oauth2-sidecar`.
#![cfg(test)]

mod sign_in;
mod site;
