//! The files that are made from the tables of the program.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::completions::{self, Shell};
use crate::{errors, limits, man, metrics, options, schema};

/// A file and what belongs into it.
pub(crate) struct Generated {
    /// Its path from the root of the repository, with slashes.
    pub(crate) path: &'static str,
    /// The whole content.
    pub(crate) text: String,
}

impl Generated {
    /// Every file. The chart's schema is made around `deploy/helm/schema/skeleton.json`.
    pub(crate) fn all(root: &Path) -> Result<Vec<Self>> {
        let chart = schema::chart(root)?;
        let of = |path, text| Self { path, text };
        Ok(vec![
            of("docs/reference/options.md", options::reference()),
            of("docs/reference/errors.md", errors::reference()),
            of("docs/reference/limits.md", limits::reference(root)?),
            of("docs/reference/metrics.md", metrics::reference()),
            of("docs/reference/oauth2-sidecar.1", man::page()?),
            of("deploy/completions/oauth2-sidecar.bash", completions::script(Shell::Bash)?),
            of("deploy/completions/_oauth2-sidecar", completions::script(Shell::Zsh)?),
            of("deploy/completions/oauth2-sidecar.fish", completions::script(Shell::Fish)?),
            of("deploy/helm/oauth2-sidecar/values.schema.json", chart.schema),
            of("deploy/helm/oauth2-sidecar/files/options.json", chart.options),
        ])
    }

    /// Writes it, with the folders that it lies in.
    pub(crate) fn write(&self, root: &Path) -> Result<()> {
        let path = root.join(self.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("{}: cannot be made", folder.display()))?;
        }
        fs::write(&path, &self.text).with_context(|| format!("{}: cannot be written", path.display()))
    }

    fn is_current(&self, root: &Path) -> bool {
        fs::read_to_string(root.join(self.path)).is_ok_and(|text| text == self.text)
    }
}

/// A complaint for each file that is missing or stale.
pub(crate) fn check(root: &Path) -> Result<Vec<String>> {
    let stale = Generated::all(root)?.into_iter().filter(|file| !file.is_current(root));
    Ok(stale.map(|file| format!("{} is stale: `cargo xtask docs` writes it", file.path)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_generated_file_is_current() {
        assert_eq!(check(&crate::root()).expect("the files"), [""; 0]);
    }

    #[test]
    fn a_stale_file_and_the_command_that_mends_it_are_named() {
        let elsewhere = tempfile::tempdir().expect("a folder");
        let skeleton = "deploy/helm/schema/skeleton.json";
        fs::create_dir_all(elsewhere.path().join("deploy/helm/schema")).expect("its folder");
        fs::copy(crate::root().join(skeleton), elsewhere.path().join(skeleton)).expect("the skeleton");
        let all = Generated::all(elsewhere.path()).expect("the files");
        for file in &all[1..] {
            file.write(elsewhere.path()).expect("a file");
        }
        let complaints = check(elsewhere.path()).expect("the files");
        assert_eq!(complaints, ["docs/reference/options.md is stale: `cargo xtask docs` writes it"]);
    }

    #[test]
    fn the_program_is_not_made_larger_by_what_makes_its_pages() {
        let metadata = std::process::Command::new(env!("CARGO"))
            .args(["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none", "-p", "oauth2-sidecar"])
            .current_dir(crate::root())
            .output()
            .expect("cargo tree");
        let tree = String::from_utf8(metadata.stdout).expect("text");
        assert!(tree.starts_with("oauth2-sidecar "), "{}", String::from_utf8_lossy(&metadata.stderr));
        assert!(!tree.lines().any(|line| line.starts_with("clap")), "{tree}");
    }
}
