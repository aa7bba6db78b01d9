//! The examples that the original's own module and documentation give, read where Go keeps the module: nothing of
//! them is copied.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::startup::{Attempt, SOUND, with};

/// Where Go keeps the original's module.
///
/// # Panics
/// Go does not have it.
#[must_use]
pub fn module() -> PathBuf {
    let decoder = Path::new(env!("CARGO_MANIFEST_DIR")).join("decoder");
    let asked = ["list", "-m", "-f", "{{.Dir}}", "github.com/oauth2-proxy/oauth2-proxy/v7"];
    let answer = Command::new("go").args(asked).current_dir(decoder).output().expect("Go is installed");
    let folder = PathBuf::from(String::from_utf8_lossy(&answer.stdout).trim());
    assert!(folder.join("contrib").is_dir(), "{}: go mod download in tests/parity/decoder", folder.display());
    folder
}

/// Every example.
#[must_use]
pub fn all() -> Vec<Attempt> {
    let module = module();
    [files(&module), structured(&module), documentation(&module.join("docs/docs"))].concat()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Nothing but what the example itself says.
fn bare(name: String) -> Attempt {
    let flags: Vec<&str> = SOUND.iter().filter_map(|flag| flag.split('=').next()).collect();
    with(name, &[]).without(&flags).env("OAUTH2_PROXY_INSECURE_OIDC_SKIP_NONCE", "false")
}

/// The configuration files, as they are, and with what is sound over them.
fn files(module: &Path) -> Vec<Attempt> {
    let local = module.join("contrib/local-environment");
    let mut paths = found(&local, "cfg");
    paths.push(module.join("contrib/oauth2-proxy.cfg.example"));
    let both = paths.iter().flat_map(|path| {
        let name = path.file_name().unwrap_or_default().display().to_string();
        let sound = with(format!("{name} with sound settings over it"), &[]).file(read(path));
        [bare(name).file(read(path)), sound]
    });
    both.collect()
}

/// The structured configuration with the file that goes with it.
fn structured(module: &Path) -> Vec<Attempt> {
    let local = module.join("contrib/local-environment");
    found(&local, "cfg")
        .into_iter()
        .filter(|path| path.with_extension("yaml").exists())
        .map(|path| bare(path.display().to_string()).file(read(&path)).alpha(read(&path.with_extension("yaml"))))
        .collect()
}

/// The flags, keys and structured pieces in the fenced blocks of the documentation.
fn documentation(docs: &Path) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for path in found(docs, "md") {
        let text = read(&path);
        let page = path.strip_prefix(docs).expect("below docs").display().to_string();
        for (at, block) in text.split("```").enumerate().filter(|(at, _)| at % 2 == 1) {
            let name = format!("{page}, block {}", at / 2 + 1);
            let (language, body) = block.split_once('\n').unwrap_or_default();
            let flags: Vec<String> = body.lines().filter_map(flag).collect();
            let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
            match language.trim() {
                "toml" => attempts.push(bare(name).file(body)),
                "yaml" if body.contains("providers:\n") || body.contains("Headers:\n") => {
                    attempts.push(with(name, &[]).alpha(body));
                }
                _ if !flags.is_empty() => attempts.push(with(name, &flags)),
                _ => {}
            }
        }
    }
    attempts
}

/// The flag on a line of a shell example: without quotes, the backslash at the end and what a comment says, and with a
/// host where it has a placeholder.
fn flag(line: &str) -> Option<String> {
    let line = line.trim().trim_end_matches('\\').trim_end();
    let (name, value) = line.strip_prefix("--")?.split_once('=')?;
    let value = value.split(" #").next()?.split(" //").next()?.trim().trim_matches(['"', '\'']);
    let mut parts = value.split('<');
    let mut filled = parts.next()?.replace("http(s)", "https");
    for part in parts {
        let after = part.split_once('>').map_or(part, |(_, after)| after);
        filled.push_str(if filled.is_empty() { "https://example.com" } else { "example.com" });
        filled.push_str(after);
    }
    Some(format!("--{name}={filled}"))
}

/// The files with this extension below a folder, in order.
fn found(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            paths.extend(found(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            paths.push(path);
        }
    }
    paths.sort();
    paths
}
