//! The manifests of `deploy/kustomize` mean the same to both programs: an operator changes the image and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::Duration;

use sidecar_testkit::{Process, place};

/// Will do for each of the three that the Secret has.
const THIRTY_TWO_BYTES: &str = "0123456789abcdef0123456789abcdef";

/// The two files that start the program: alone, and beside an app.
const STARTING: [&str; 2] = ["shared/auth.yaml", "components/container/pod.yaml"];

fn manifest(path: &str) -> String {
    fs::read_to_string(place::tree().join("deploy/kustomize").join(path)).expect(path)
}

/// The variables of the manifest's container, in order; those from the Secret with a value that will do.
fn variables(manifest: &str) -> Vec<(String, String)> {
    let lines = manifest.lines().map(str::trim);
    let names = lines.clone().filter_map(|line| line.strip_prefix("- name: OAUTH2_PROXY_"));
    names
        .map(|name| {
            let mut after = lines.clone().skip_while(|line| !line.ends_with(&format!("OAUTH2_PROXY_{name}"))).skip(1);
            let value = after.next().and_then(|line| line.strip_prefix("value: ")).map(|value| value.trim_matches('"'));
            (format!("OAUTH2_PROXY_{name}"), value.unwrap_or(THIRTY_TWO_BYTES).to_owned())
        })
        .collect()
}

#[test]
fn both_programs_take_the_settings_that_the_manifests_give_them() {
    for path in STARTING {
        let variables = variables(&manifest(path));
        assert!(variables.len() >= 8, "{path}: {variables:?}");
        for program in [place::original(), place::ours()] {
            let mut command = Command::new(&program);
            command.arg("--config-test").arg("--config");
            command.arg(place::tree().join("deploy/kustomize/settings/oauth2_proxy.cfg"));
            command.env_clear().envs(variables.iter().map(|(name, value)| (name, value)));
            let finished = Process::start("config-test", command).wait(Duration::from_secs(20));
            assert!(finished.status.success(), "{path} {}: {}{}", program.display(), finished.stdout, finished.stderr);
        }
    }
}

#[test]
fn the_callback_host_and_the_sidecar_are_the_same_container_but_for_what_is_behind_it() {
    let container = |path| {
        let manifest = manifest(path);
        let lines = manifest.lines().map(str::trim).skip_while(|line| !line.starts_with("args:"));
        let container = lines.take_while(|line| !line.starts_with("volumes:"));
        // The user of a pod with nothing else in it is said for the pod.
        container.filter(|line| !line.starts_with("runAs")).map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let [alone, beside] = STARTING.map(container);
    let differences: Vec<_> = alone.symmetric_difference(&beside).collect();
    assert_eq!(differences, ["value: \"http://127.0.0.1:8080\"", "value: \"static://200\""]);
}
