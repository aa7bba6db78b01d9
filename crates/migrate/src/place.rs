//! One sidecar that the files describe: what it is started with.

use std::path::{Path, PathBuf};

use sidecar_config::Sources;

use crate::document::{DocumentError, Documents};
use crate::kubernetes::{self, Container, Variable};

/// All sources of one sidecar's configuration.
pub(crate) struct Place {
    /// What to call it; empty when there is only one.
    pub(crate) name: String,
    pub(crate) sources: Sources,
    /// Variables whose values are in objects that were not given: their names, and where.
    pub(crate) elsewhere: Vec<(String, String)>,
    /// Files that `--config` or `--alpha-config` names and that were not given.
    pub(crate) missing: Vec<String>,
}

impl Place {
    /// Every sidecar: one per container of the manifests, else one per configuration file.
    pub(crate) fn all(documents: Documents) -> Result<Vec<Self>, DocumentError> {
        let containers = kubernetes::containers(&documents.manifests);
        if !containers.is_empty() {
            return Ok(containers.into_iter().map(|container| Self::of_container(container, &documents)).collect());
        }
        let Documents { tomls, alphas, variables, manifests } = documents;
        let alpha = alphas.into_iter().next();
        if tomls.is_empty() && alpha.is_none() && variables.is_empty() {
            let error = if manifests.is_empty() { DocumentError::NoFile } else { DocumentError::NoContainer };
            return Err(error);
        }
        let several = tomls.len() > 1;
        let files: Vec<_> = if tomls.is_empty() { vec![None] } else { tomls.into_iter().map(Some).collect() };
        let place = |file: Option<(PathBuf, Vec<u8>)>| Self {
            name: file.as_ref().filter(|_| several).map(|(path, _)| path.display().to_string()).unwrap_or_default(),
            sources: Sources { arguments: Vec::new(), variables: variables.clone(), file, alpha: alpha.clone() },
            elsewhere: Vec::new(),
            missing: Vec::new(),
        };
        Ok(files.into_iter().map(place).collect())
    }

    fn of_container(container: Container, documents: &Documents) -> Self {
        let mut missing = Vec::new();
        let mut file = |flag: &str, given: &[(PathBuf, Vec<u8>)]| {
            let named = last_value(&container.arguments, flag)?;
            let mounted = container.files.get(&named).map(|content| (PathBuf::from(&named), content.clone()));
            let found = mounted.or_else(|| among(given, &named));
            if found.is_none() {
                missing.push(named);
            }
            found
        };
        let toml = file("--config", &documents.tomls);
        let alpha = file("--alpha-config", &documents.alphas);
        let mut variables = documents.variables.clone();
        let mut elsewhere = Vec::new();
        for (name, value) in container.variables {
            match value {
                Variable::Seen(value) => variables.push((name, value)),
                Variable::Elsewhere(place) => elsewhere.push((name, place)),
            }
        }
        let sources = Sources { arguments: container.arguments, variables, file: toml, alpha };
        Self { name: container.name, sources, elsewhere, missing }
    }
}

/// The value of the last occurrence of a flag.
fn last_value(arguments: &[String], flag: &str) -> Option<String> {
    let value = |(at, argument): (usize, &String)| {
        let rest = argument.strip_prefix(flag)?;
        match rest.strip_prefix('=') {
            Some(value) => Some(value.to_owned()),
            None => rest.is_empty().then(|| arguments.get(at + 1).cloned())?,
        }
    };
    arguments.iter().enumerate().filter_map(value).next_back()
}

/// A file of the same name, or the only one: in a pod it lies at another path than here.
fn among(given: &[(PathBuf, Vec<u8>)], named: &str) -> Option<(PathBuf, Vec<u8>)> {
    let same = given.iter().find(|(path, _)| path.file_name() == Path::new(named).file_name());
    same.or(match given {
        [only] => Some(only),
        _ => None,
    })
    .cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_occurrence_of_a_flag_counts_in_both_its_forms() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for (arguments, value) in [
            ("--config=a --x --config=b", Some("b")),
            ("--config a", Some("a")),
            ("--config-test", None),
            ("--config", None),
        ] {
            assert_eq!(last_value(&words(arguments), "--config").as_deref(), value, "{arguments}");
        }
    }

    #[test]
    fn a_file_is_found_by_its_name_or_by_being_the_only_one() {
        let given = |names: &[&str]| names.iter().map(|name| (PathBuf::from(name), Vec::new())).collect::<Vec<_>>();
        let found = |names: &[&str]| among(&given(names), "/etc/x/proxy.cfg").map(|(path, _)| path);
        assert_eq!(found(&["a/other.cfg", "a/proxy.cfg"]), Some("a/proxy.cfg".into()));
        assert_eq!(found(&["other.cfg"]), Some("other.cfg".into()));
        assert_eq!(found(&["other.cfg", "another.cfg"]), None);
    }
}
