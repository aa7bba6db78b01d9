//! What the README says to write is what the program takes.

use std::process::Command;

use sidecar_testkit::place;

const README: &str = include_str!("../../../README.md");

/// The file of the README's `ConfigMap`.
fn config_file() -> String {
    let lines = README.lines().skip_while(|line| !line.contains("oauth2_proxy.cfg: |")).skip(1);
    let lines = lines.map_while(|line| line.strip_prefix("    "));
    lines.fold(String::new(), |file, line| file + line + "\n")
}

/// The environment of the README's container, with values for what comes from the Secret.
fn environment() -> Vec<(String, String)> {
    let mut lines = README.lines();
    let mut environment = Vec::new();
    while let Some(line) = lines.next() {
        let Some(name) = line.trim().strip_prefix("- name: OAUTH2_PROXY_") else { continue };
        let value = lines.next().unwrap_or_default().trim();
        let value =
            value.strip_prefix("value: ").map_or("0123456789abcdef0123456789abcdef", |text| text.trim_matches('"'));
        environment.push((format!("OAUTH2_PROXY_{name}"), value.to_owned()));
    }
    environment
}

#[test]
fn the_configuration_of_the_readme_is_valid_as_it_stands() {
    let folder = place::temporary_folder();
    let file = folder.path().join("oauth2_proxy.cfg");
    std::fs::write(&file, config_file()).unwrap();
    let environment = environment();
    assert_eq!(environment.len(), 6, "{environment:?}");
    let mut command = Command::new(place::ours());
    command.arg("--config-test").arg("--config").arg(&file).env_clear().envs(environment);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn every_file_that_the_texts_link_to_is_there() {
    for text in ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "ARCHITECTURE.md"] {
        let content = std::fs::read_to_string(place::tree().join(text)).unwrap();
        let targets = content.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        let pictures = content.split("=\"docs/").skip(1).filter_map(|rest| rest.split('"').next());
        let pictures = pictures.map(|path| format!("docs/{path}"));
        for target in targets.map(str::to_owned).chain(pictures).filter(|target| !target.starts_with("http")) {
            assert!(place::tree().join(&target).exists(), "{text} links to {target}");
        }
    }
}
