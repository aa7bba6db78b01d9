//! The listener for probes of the app: where it is, and the targets that it forwards.

use http::Method;
use regex::Regex;
use sidecar_core::path;
use sidecar_core::policy::{BypassRules, MethodRule, Policy, RouteRule};
use sidecar_gateway::AppProbes;

use super::judge::Judge;
use super::process::{self, Listen};
use crate::fault::quote;
use crate::options::Options;

/// Where it is; the inner `None` is nowhere.
#[expect(clippy::option_option, reason = "outside: whether there is a fault; inside: whether there is a listener")]
pub(super) fn listen(options: &Options, judge: &mut Judge) -> Option<Option<Listen>> {
    let (address, paths) = (&options.app_probe_address, &options.app_probe_path);
    if process::is_off(address) {
        if !paths.value.is_empty() {
            judge.warn(paths, "it is not used without app-probe-address");
        }
        return Some(None);
    }
    if paths.value.is_empty() {
        let reason = "needs app-probe-path: without one there is no probe to forward";
        judge.conflict(address, reason, "write the paths of the app's probes, such as /healthz, into app-probe-path");
        return None;
    }
    match process::listener(&address.value) {
        Ok(listen) => Some(Some(listen)),
        Err((reason, instead)) => {
            judge.refuse(address, format!("{} {reason}", quote(&address.value)), instead);
            None
        }
    }
}

/// What it forwards: these targets by GET and HEAD, each with one meaning.
pub(super) fn settings(options: &Options, judge: &mut Judge) -> AppProbes {
    let written = &options.app_probe_path;
    let (mut targets, mut routes) = (Vec::new(), Vec::new());
    for element in written.elements() {
        let text = element.value;
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        let Some(path) = path::unambiguous(text).ok().filter(|_| plain) else {
            let reason = format!("{} is no path that every server reads in one way", quote(text));
            judge.refuse(&element, reason, "write it as the probe asks for it, such as /healthz or /healthz?full=1");
            continue;
        };
        // An escaped text is a pattern.
        let Ok(pattern) = Regex::new(&format!("^{}$", regex::escape(&path))) else { continue };
        for method in [Method::GET, Method::HEAD] {
            let method = MethodRule::Exactly(method);
            routes.push(RouteRule { method, negated: false, path: pattern.clone() });
        }
        targets.push(text.clone());
    }
    AppProbes {
        targets,
        policy: Policy { bypass: BypassRules { routes, ..BypassRules::default() }, ..Policy::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::option_option, reason = "as the function under test")]
    fn read(address: &str, paths: &[&str]) -> (Option<Option<Listen>>, AppProbes, Vec<String>) {
        let mut options = Options::default();
        options.app_probe_address.value = address.to_owned();
        options.app_probe_path.value = paths.iter().map(|path| (*path).to_owned()).collect();
        let mut judge = Judge::default();
        let (listen, probes) = (listen(&options, &mut judge), settings(&options, &mut judge));
        (listen, probes, judge.faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn an_address_and_paths_make_a_listener() {
        let (listen, probes, faults) = read("0.0.0.0:4190", &["/healthz", "/ready?full=1", "/a%20b"]);
        assert_eq!(faults, [] as [&str; 0]);
        assert_eq!(listen, Some(Some(Listen::Tcp { host: Some("0.0.0.0".into()), port: 4190 })));
        assert_eq!(probes.targets, ["/healthz", "/ready?full=1", "/a%20b"]);
        assert_eq!(read("", &[]).0, Some(None));
        assert_eq!(read("-", &["/healthz"]).0, Some(None));
    }

    #[test]
    fn an_address_without_paths_and_paths_with_two_readings_are_refused() {
        assert_eq!(read(":4190", &[]).2.len(), 1);
        assert_eq!(read("nowhere", &["/healthz"]).2.len(), 1);
        for path in
            ["", "healthz", "http://h/x", "/a/../b", "//a", "/a%2Fb", "/a;b", "/a#b", "/a b", "/%ff", "/%", "/\u{e9}"]
        {
            let (_, probes, faults) = read(":4190", &[path]);
            assert!(probes.targets.is_empty() && faults.len() == 1, "{path}: {faults:?}");
        }
    }
}
