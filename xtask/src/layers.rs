//! Who may know whom: the workspace's crates against the table of ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

/// The head of the table whose rows say which crates one may use.
const HEAD: &str = "| crate | may use |";

/// Crates by their name, with those that each uses or may use.
type Edges = BTreeMap<String, BTreeSet<String>>;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

/// A complaint for each edge that the table does not have, and for each crate without a row.
pub(crate) fn check(root: &Path) -> Result<Vec<String>> {
    let path = root.join("ARCHITECTURE.md");
    let page = std::fs::read_to_string(&path).with_context(|| format!("{}: cannot be read", path.display()))?;
    Ok(complaints(&used(root)?, &allowed(&page)?))
}

/// Of the dependencies on each other, those of the crates themselves; what only their tests use is not counted.
fn used(root: &Path) -> Result<Edges> {
    let arguments = ["metadata", "--format-version=1", "--no-deps", "--locked", "--offline"];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root).output()?;
    if !output.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let metadata: Metadata = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    let members: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    Ok(metadata
        .packages
        .iter()
        .map(|package| {
            let uses = package.dependencies.iter().filter(|uses| uses.kind.as_deref() != Some("dev"));
            let uses = uses.filter(|uses| members.contains(uses.name.as_str()));
            (short(&package.name), uses.map(|uses| short(&uses.name)).collect())
        })
        .collect())
}

/// The name of a package in the table.
fn short(package: &str) -> String {
    match package {
        "oauth2-sidecar" => "app".to_owned(),
        name => name.strip_prefix("sidecar-").unwrap_or(name).to_owned(),
    }
}

/// The table: a crate per row, and in its second cell those it may use, with commas; a dash for none.
fn allowed(page: &str) -> Result<Edges> {
    let Some((_, table)) = page.split_once(HEAD) else {
        bail!("ARCHITECTURE.md has no table that begins with {HEAD}");
    };
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    Ok(rows
        .filter_map(|row| {
            let mut cells = row.split('|').skip(1).map(str::trim);
            let name = cells.next()?;
            let uses = cells.next()?.split(',').map(str::trim).filter(|name| *name != "—");
            Some((name.to_owned(), uses.map(str::to_owned).collect()))
        })
        .collect())
}

fn complaints(used: &Edges, allowed: &Edges) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, uses) in used {
        let Some(may) = allowed.get(name) else {
            complaints.push(format!("{name} has no row in the table of ARCHITECTURE.md that says whom it may use"));
            continue;
        };
        for other in uses.difference(may) {
            complaints.push(format!("{name} uses {other}, and ARCHITECTURE.md does not let it"));
        }
    }
    for name in allowed.keys().filter(|name| !used.contains_key(*name)) {
        complaints.push(format!("{name} has a row in ARCHITECTURE.md and is no crate"));
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(edges: &[(&str, &[&str])]) -> Edges {
        edges
            .iter()
            .map(|(name, uses)| ((*name).to_owned(), uses.iter().map(|&uses| uses.to_owned()).collect()))
            .collect()
    }

    #[test]
    fn the_crates_use_only_whom_they_may() {
        assert_eq!(check(&crate::root()).expect("the table and the crates"), [""; 0]);
    }

    #[test]
    fn an_edge_up_a_crate_without_a_row_and_a_row_without_a_crate_are_named() {
        let page = "…\n| crate | may use | |\n|---|---|---|\n| core | — | |\n| net | core | |\n| gone | core, net | |\n\nafter | it";
        let allowed = allowed(page).expect("a table");
        assert_eq!(allowed, edges(&[("core", &[]), ("net", &["core"]), ("gone", &["core", "net"])]));
        let used = edges(&[("core", &["net"]), ("net", &["core"]), ("new", &[])]);
        assert_eq!(
            complaints(&used, &allowed),
            [
                "core uses net, and ARCHITECTURE.md does not let it",
                "new has no row in the table of ARCHITECTURE.md that says whom it may use",
                "gone has a row in ARCHITECTURE.md and is no crate",
            ]
        );
    }
}
