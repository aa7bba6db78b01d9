//! Images, unpacked as a container runtime does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;
use sidecar_testkit::{Which, place};

use crate::tool::run;

/// The files of a container, and what it runs when the pod does not say.
#[derive(Debug)]
pub(crate) struct Image {
    /// Its files.
    pub(crate) root: PathBuf,
    /// The command that runs when the pod names none.
    pub(crate) entrypoint: Vec<String>,
    /// `NAME=VALUE`.
    pub(crate) environment: Vec<String>,
    /// `UID:GID`.
    pub(crate) user: String,
}

impl Image {
    /// The image of a program, unpacked once.
    pub(crate) fn of(program: Which) -> &'static Self {
        static OURS: LazyLock<Image> = LazyLock::new(Image::unpack);
        static ORIGINAL: LazyLock<Image> = LazyLock::new(Image::of_the_original);
        match program {
            Which::Ours => &OURS,
            Which::Original => &ORIGINAL,
        }
    }

    /// What `make image` made.
    fn unpack() -> Self {
        let archive = place::installed(place::tree().join("target/image/oauth2-sidecar.tar"), "make image");
        // It is never dropped; enter.sh gives the tests a temporary folder that ends with them.
        let folder = place::temporary_folder().keep();
        untar(&archive, &folder);
        let mut manifest = read_json(&folder.join("index.json"));
        // An index leads to a manifest, at once or through another index.
        while manifest["manifests"].is_array() {
            manifest = read_json(&blob(&folder, for_this_machine(&manifest["manifests"])));
        }
        let root = folder.join("root");
        fs::create_dir(&root).expect("a folder");
        for layer in manifest["layers"].as_array().expect("layers") {
            untar(&blob(&folder, layer), &root);
        }
        let config = read_json(&blob(&folder, &manifest["config"]))["config"].take();
        Self {
            root,
            entrypoint: texts(&config["Entrypoint"]),
            environment: texts(&config["Env"]),
            user: config["User"].as_str().expect("a user").to_owned(),
        }
    }

    /// In the place of the image that its project publishes: its binary, as Go built it, with the libraries it asks for.
    fn of_the_original() -> Self {
        let root = place::temporary_folder().keep();
        let binary = place::original();
        fs::create_dir(root.join("bin")).expect("a folder");
        fs::copy(&binary, root.join("bin/oauth2-proxy")).expect("a file");
        let mut command = Command::new("ldd");
        command.arg(binary);
        for library in run(command, "").output().lines().filter_map(library) {
            let inside = root.join(library.strip_prefix("/").expect("an absolute path"));
            fs::create_dir_all(inside.parent().expect("a folder")).expect("a folder");
            fs::copy(library, inside).expect("a library");
        }
        Self {
            root,
            entrypoint: vec!["/bin/oauth2-proxy".to_owned()],
            environment: Vec::new(),
            user: "65532:65532".to_owned(),
        }
    }
}

/// `/path/of/a/library` in each line of `ldd` that names one.
fn library(line: &str) -> Option<&Path> {
    line.split_ascii_whitespace().find(|word| word.starts_with('/')).map(Path::new)
}

fn for_this_machine(manifests: &Value) -> &Value {
    let manifests = manifests.as_array().expect("manifests");
    let ours = |manifest: &&Value| manifest["platform"]["architecture"].as_str().is_none_or(|name| name == "amd64");
    manifests.iter().find(ours).expect("a manifest for this machine")
}

/// A list of texts, empty when it is not there.
pub(crate) fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|text| text.as_str().expect("text").to_owned()).collect()
}

fn untar(archive: &Path, folder: &Path) {
    let mut command = Command::new("tar");
    command.arg("-xf").arg(archive).arg("-C").arg(folder);
    run(command, "").expect_success();
}

fn read_json(path: &Path) -> Value {
    let bytes = fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_slice(&bytes).expect("JSON")
}

fn blob(folder: &Path, descriptor: &Value) -> PathBuf {
    let digest = descriptor["digest"].as_str().expect("a digest");
    folder.join("blobs").join(digest.replace(':', "/"))
}
