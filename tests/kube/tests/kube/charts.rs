//! The chart, and everything it is known to render to.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use sidecar_kube::{Cluster, Namespace};
use sidecar_testkit::{Process, place};

use crate::site::{Clients, make_missing_secrets, make_secrets};

fn chart() -> PathBuf {
    place::tree().join("deploy/helm/oauth2-sidecar")
}

/// A file of the chart's `ci` folder, as an argument.
fn ci(name: &str) -> String {
    chart().join("ci").join(name).display().to_string()
}

#[test]
fn the_chart_renders_as_written_down_and_refuses_mistakes_with_a_sentence() {
    let command = Command::new(place::tree().join("deploy/helm/check.sh"));
    let checked = Process::start("check.sh", command).wait(Duration::from_mins(5));
    assert!(checked.status.success(), "{}{}", checked.stdout, checked.stderr);
}

/// What a rendering takes for granted.
fn make_surroundings(namespace: &Namespace, rendered: &str) {
    for line in rendered.lines() {
        if let Some(account) = line.trim().strip_prefix("serviceAccountName: ") {
            let _ = namespace.kubectl(&["create", "serviceaccount", account], "");
        }
        if let Some(other) = line.strip_prefix("  namespace: ").filter(|other| *other != namespace.name()) {
            let _ = Cluster::shared().kubectl(&["create", "namespace", other], "");
        }
    }
}

#[test]
fn every_rendering_is_accepted_changes_nothing_when_applied_again_and_runs() {
    let cluster = Cluster::shared();
    // Those of check.sh, so that this is what the chart renders to.
    let mut files: Vec<_> =
        fs::read_dir(ci("golden")).expect("golden files").map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 6, "{files:?}");
    for file in files {
        println!("{}", file.display());
        let namespace = cluster.namespace("apps");
        namespace.create();
        let rendered = fs::read_to_string(file).expect("a file");
        make_surroundings(&namespace, &rendered);
        namespace.apply_twice(&rendered);
        // Those that a release does not make itself.
        make_missing_secrets(&namespace, &Clients::any());
        namespace.try_sidecars();
    }
}

#[test]
fn releases_stand_side_by_side_and_a_changed_setting_rolls_the_pods() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("apps");
    namespace.create();
    make_secrets(&namespace, &Clients::any());
    let chart = chart().display().to_string();
    let release = |name: &str, values: &str, more: &[&str]| {
        let values = ci(values);
        let arguments =
            ["upgrade", "--install", name, &chart, "-n", "apps", "--values", &values, "--wait", "--timeout=180s"];
        cluster.helm(&[&arguments[..], more].concat()).expect_success();
    };
    release("shared", "shared-istio.yaml", &[]);
    release("app1", "app-github.yaml", &[]);
    assert_eq!(namespace.findings(), Vec::<String>::new());

    let generation = |name: &str| namespace.get(&["deployment", name])["metadata"]["generation"].clone();
    let (auth, app1) = (generation("auth"), generation("app1"));
    release("shared", "shared-istio.yaml", &[]);
    release("app1", "app-github.yaml", &[]);
    assert_eq!((generation("auth"), generation("app1")), (auth.clone(), app1), "the same again changes nothing");
    release("shared", "shared-istio.yaml", &["--set=config.cookie_refresh=30m"]);
    assert_ne!(generation("auth"), auth, "what changed only in the ConfigMap rolls the pods");
}
