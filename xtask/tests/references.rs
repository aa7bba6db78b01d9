//! Whoever has this repository alone can follow what its texts refer to.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What is looked at, and in it every text of these endings.
const FOLDERS: [&str; 7] = ["bench", "crates", "deploy", "docs", "fuzz/fuzz_targets", "tests", "xtask"];
const ENDINGS: [&str; 9] = ["go", "md", "mjs", "py", "rs", "sh", "toml", "tpl", "yaml"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path).expect("UTF-8")
}

fn texts_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let has_ending = |path: &Path| path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known));
    entries
        .flat_map(|path| if path.is_dir() { texts_below(&path) } else { vec![path] })
        .filter(|p| has_ending(p))
        .collect()
}

/// Every text by its path from the root.
fn texts() -> Vec<(String, String)> {
    let above = ["ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile", "README.md", "SECURITY.md"];
    let paths = FOLDERS.iter().flat_map(|folder| texts_below(&root().join(folder)));
    let paths = paths.chain(above.map(|name| root().join(name)));
    let name = |path: &Path| path.strip_prefix(root()).expect("below the root").display().to_string();
    paths.map(|path| (name(&path), read(&path))).collect()
}

/// What a text consists of between characters that neither a path nor an id has.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && !"-_./".contains(c)).map(|word| word.trim_end_matches('.'))
}

/// `D04`, `P63`: rows of docs/compatibility.md. `I-07`: rows of docs/threat-model.md.
fn is_id(word: &str) -> bool {
    let number = word.strip_prefix(['D', 'P']).or_else(|| word.strip_prefix("I-"));
    number.is_some_and(|number| number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[test]
fn no_text_names_a_document_that_is_not_here() {
    let texts = texts();
    let documents: Vec<&Path> = texts.iter().map(|(name, _)| Path::new(name)).collect();
    let is_document = |word: &str| Path::new(word).extension().is_some_and(|ending| ending == "md");
    // `target` has what recipes write; behind `//` stands a host.
    let is_made = |word: &str| word.starts_with("target/") || word.starts_with("//");
    let is_here = |word: &str| documents.iter().any(|path| path.ends_with(word.trim_start_matches("../")));
    let mut missing = BTreeSet::new();
    for (name, text) in &texts {
        let named = words(text).filter(|word| is_document(word) && !is_made(word));
        missing.extend(named.filter(|word| !is_here(word)).map(|word| format!("{name}: {word}")));
    }
    assert_eq!(missing, BTreeSet::new());
}

#[test]
fn every_id_in_a_source_is_explained_in_docs() {
    let explained = read(root().join("docs/compatibility.md")) + &read(root().join("docs/threat-model.md"));
    let explained: BTreeSet<&str> = words(&explained).filter(|word| is_id(word)).collect();
    assert!(explained.len() > 150, "{}", explained.len());
    let texts = texts();
    let ids = texts.iter().flat_map(|(name, text)| words(text).filter(|word| is_id(word)).map(move |id| (name, id)));
    let unknown: BTreeSet<_> = ids.filter(|(_, id)| !explained.contains(id)).collect();
    assert_eq!(unknown, BTreeSet::new());
}
