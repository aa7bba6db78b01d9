//! The pages of `docs/guide/providers/` are true: the configuration that each shows is loaded, and the redirect URI that
//! it tells the reader to register is the one that this configuration sends.
#![expect(clippy::unwrap_used, reason = "a step of a test that fails panics")]

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use sidecar_config::{Command, Config, load};
use sidecar_gateway::RedirectUri;

/// What leads to the pages; it configures several apps, each in a block of its own.
const INDEX: &str = "README.md";

fn pages() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/providers");
    let mut pages: Vec<PathBuf> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.sort();
    pages
}

fn is_index(page: &Path) -> bool {
    page.ends_with(INDEX)
}

/// The configurations in a page, in order, and the page without them.
fn blocks(text: &str) -> (Vec<String>, String) {
    let (mut blocks, mut rest) = (Vec::new(), String::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line == "```toml" {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push(block.join("\n"));
        } else {
            rest.push_str(line);
            rest.push('\n');
        }
    }
    (blocks, rest)
}

/// Where the pages keep secrets; here it is a folder that has them.
const SECRETS: &str = "/etc/oauth2-sidecar";

/// What a file with this content configures.
fn config(block: &str, page: &Path) -> Config {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    write("client-secret", "secret-of-the-provider");
    write("cookie-secret", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    let file = write("oauth2_proxy.cfg", &block.replace(SECRETS, folder.path().to_str().unwrap()));
    match load(&[OsString::from("--config"), file.into()], &[]) {
        Ok(Command::Run(config)) => *config,
        Ok(_) => panic!("{}: the file says to do something else", page.display()),
        Err(faults) => panic!("{}: {faults}\n{block}", page.display()),
    }
}

/// The address that the provider must know.
fn redirect_uri(config: &Config, page: &Path) -> String {
    let uri = &config.gateway.login.redirect_uri;
    let RedirectUri::Fixed { uri, host: Some(_) } = uri else {
        panic!("{}: set redirect_url, so that there is one address to register: {uri:?}", page.display());
    };
    uri.clone()
}

#[test]
fn each_page_has_a_configuration_that_loads_and_the_redirect_uri_that_it_yields() {
    let pages: Vec<PathBuf> = pages().into_iter().filter(|page| !is_index(page)).collect();
    assert!(!pages.is_empty());
    for page in pages {
        let (blocks, prose) = blocks(&fs::read_to_string(&page).unwrap());
        let block = blocks.first().unwrap_or_else(|| panic!("{}: shows no configuration", page.display()));
        let uri = redirect_uri(&config(block, &page), &page);
        assert!(prose.contains(&uri), "{}: does not say to register {uri}", page.display());
    }
}

#[test]
fn the_index_leads_to_every_page_and_each_of_its_configurations_loads() {
    let (index, pages): (Vec<PathBuf>, Vec<PathBuf>) = pages().into_iter().partition(|page| is_index(page));
    let index = index.first().expect("an index");
    let (blocks, prose) = blocks(&fs::read_to_string(index).unwrap());
    let links = |prose: &str| -> BTreeSet<String> {
        let targets = prose.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        targets.filter(|target| !target.contains('/')).map(str::to_owned).collect()
    };
    let names: BTreeSet<String> =
        pages.iter().map(|page| page.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(links(&prose), names);
    let mut cookie_names = Vec::new();
    for block in &blocks {
        let config = config(block, index);
        let uri = redirect_uri(&config, index);
        assert!(prose.contains(&uri), "the index does not say to register {uri}");
        let names: Vec<&str> = block.lines().filter_map(|line| line.strip_prefix("cookie_name = ")).collect();
        cookie_names.extend(names.iter().map(|name| (*name).to_owned()));
    }
    let apps = cookie_names.len();
    cookie_names.sort_unstable();
    cookie_names.dedup();
    assert_eq!((apps, cookie_names.len()), (blocks.len(), blocks.len()), "each app has a cookie name of its own");
}

#[test]
fn a_page_is_taken_apart_into_its_configurations_and_the_rest() {
    let (blocks, rest) = blocks("a\n```toml\nx = 1\ny = 2\n```\nb\n```yaml\nz: 3\n```\n```toml\n```\n");
    assert_eq!(blocks, ["x = 1\ny = 2", ""]);
    assert_eq!(rest, "a\nb\n```yaml\nz: 3\n```\n");
}
