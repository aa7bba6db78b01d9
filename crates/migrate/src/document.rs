//! What each file is: by its name, and where that leaves it open, by its content.

use std::path::{Path, PathBuf};

use sidecar_yaml::Node;

use crate::{File, environment, kubernetes};

/// Why the files tell nothing.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// A file that is not UTF-8.
    #[error("{}: is not UTF-8", path.display())]
    NotUtf8 {
        /// Which.
        path: PathBuf,
    },
    /// A file of manifests or of the structured configuration that is no YAML.
    #[error("{}: is no YAML", path.display())]
    Yaml {
        /// Which.
        path: PathBuf,
        /// Where and why.
        source: sidecar_yaml::Error,
    },
    /// A file of variables with a line that sets none.
    #[error("{}:{line}: is no NAME=VALUE", path.display())]
    Environment {
        /// Which.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// Manifests in which no container runs oauth2-proxy.
    #[error("no container in the manifests runs oauth2-proxy: its image, name, flags and variables tell")]
    NoContainer,
    /// No file at all.
    #[error("name at least one file: oauth2_proxy.cfg, an alpha YAML, a file of variables, or manifests")]
    NoFile,
}

/// All files, by what they are.
#[derive(Default)]
pub(crate) struct Documents {
    pub(crate) tomls: Vec<(PathBuf, Vec<u8>)>,
    pub(crate) alphas: Vec<(PathBuf, Vec<u8>)>,
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) manifests: Vec<Node>,
}

impl Documents {
    pub(crate) fn read(files: &[File]) -> Result<Self, DocumentError> {
        if files.is_empty() {
            return Err(DocumentError::NoFile);
        }
        let mut documents = Self::default();
        for file in files {
            documents.add(file)?;
        }
        Ok(documents)
    }

    fn add(&mut self, file: &File) -> Result<(), DocumentError> {
        let path = || file.path.clone();
        let text = std::str::from_utf8(&file.content).map_err(|_| DocumentError::NotUtf8 { path: path() })?;
        let ending = file.path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        match ending {
            "yaml" | "yml" | "json" => {
                let found =
                    sidecar_yaml::documents(text).map_err(|source| DocumentError::Yaml { path: path(), source })?;
                if found.iter().any(kubernetes::is_manifest) {
                    self.manifests.extend(found);
                } else {
                    self.alphas.push((path(), file.content.clone()));
                }
            }
            _ if ending == "env" || is_dot_env(&file.path) || (ending != "cfg" && environment::is_likely(text)) => {
                let variables =
                    environment::parse(text).map_err(|line| DocumentError::Environment { path: path(), line })?;
                self.variables.extend(variables);
            }
            "cfg" | "toml" => self.tomls.push((path(), file.content.clone())),
            // Standard input has no ending.
            _ => match sidecar_yaml::documents(text) {
                Ok(found) if found.iter().any(kubernetes::is_manifest) => self.manifests.extend(found),
                Ok(_) | Err(_) => self.tomls.push((path(), file.content.clone())),
            },
        }
        Ok(())
    }
}

fn is_dot_env(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(".env"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, content: &str) -> Result<Documents, DocumentError> {
        Documents::read(&[File { path: name.into(), content: content.into() }])
    }

    #[test]
    fn a_file_is_known_by_its_name_or_by_its_content() {
        let kind = |name, content| {
            let read = read(name, content).unwrap();
            match (read.tomls.len(), read.alphas.len(), read.variables.len(), read.manifests.len()) {
                (1, 0, 0, 0) => "toml",
                (0, 1, 0, 0) => "alpha",
                (0, 0, 1, 0) => "variables",
                (0, 0, 0, 1) => "manifests",
                _ => "none",
            }
        };
        assert_eq!(kind("a.cfg", "A=1"), "toml");
        assert_eq!(kind("config", "client_id = 'x'"), "toml");
        assert_eq!(kind("proxy.env", "OAUTH2_PROXY_CLIENT_ID=x"), "variables");
        assert_eq!(kind(".env.production", "OAUTH2_PROXY_CLIENT_ID=x"), "variables");
        assert_eq!(kind("environment", "OAUTH2_PROXY_CLIENT_ID=x"), "variables");
        assert_eq!(kind("alpha.yaml", "providers: []"), "alpha");
        assert_eq!(kind("/dev/stdin", "apiVersion: v1\nkind: Pod"), "manifests");
        assert_eq!(kind("pod.yml", "apiVersion: v1\nkind: Pod"), "manifests");
    }

    #[test]
    fn a_file_that_is_not_what_its_name_says_is_told_with_its_place() {
        let error = |name, content| read(name, content).err().expect("an error").to_string();
        assert_eq!(error("x.env", "A=1\nnothing\n"), "x.env:2: is no NAME=VALUE");
        assert_eq!(error("x.yaml", "a: [\n"), "x.yaml: is no YAML");
        assert!(matches!(Documents::read(&[]), Err(DocumentError::NoFile)));
    }
}
