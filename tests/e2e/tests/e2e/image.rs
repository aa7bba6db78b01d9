//! The container image, without a container engine: what `make image` wrote is taken apart and its binary used.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use sidecar_testkit::{App, Browser, Launch, Provider, Which, place};

use crate::site::PASSWORD;

/// This machine's, in the words of Go, which images use.
const ARCHITECTURE: &str = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };

/// An image in the layout of the Open Container Initiative, unpacked.
struct Image {
    folder: tempfile::TempDir,
    manifest: Value,
    config: Value,
}

impl Image {
    fn unpack() -> Self {
        let archive = place::installed(place::tree().join("target/image/oauth2-sidecar.tar"), "make image");
        let folder = place::temporary_folder();
        untar(&archive, folder.path());
        let index = read_json(&folder.path().join("index.json"));
        let manifest = read_json(&blob(&folder, &index["manifests"][0]));
        let config = read_json(&blob(&folder, &manifest["config"]));
        Self { folder, manifest, config }
    }

    /// All files of the image, below the folder that is returned.
    fn files(&self) -> PathBuf {
        let root = self.folder.path().join("root");
        fs::create_dir(&root).expect("a folder");
        for layer in self.manifest["layers"].as_array().expect("layers") {
            untar(&blob(&self.folder, layer), &root);
        }
        root
    }
}

fn untar(archive: &Path, folder: &Path) {
    let done = Command::new("tar").arg("-xf").arg(archive).arg("-C").arg(folder).status().expect("tar runs");
    assert!(done.success(), "{}", archive.display());
}

fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON")
}

fn blob(folder: &tempfile::TempDir, descriptor: &Value) -> PathBuf {
    let digest = descriptor["digest"].as_str().expect("a digest");
    folder.path().join("blobs").join(digest.replace(':', "/"))
}

/// A program that runs the image's binary as the image's user, with the image's files for a whole file system. Whoever is
/// not root needs a user namespace for that.
fn alone_in(root: &Path, folder: &Path) -> PathBuf {
    let change = if rustix::process::geteuid().is_root() {
        "chroot --userspec=65532:65532"
    } else {
        "unshare --user --map-user=65532 --map-group=65532 --root"
    };
    let path = folder.join("alone");
    let script = format!("#!/bin/sh\nexec {change} '{}' /oauth2-sidecar \"$@\"\n", root.display());
    fs::write(&path, script).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a file of ours");
    path
}

#[test]
fn the_binary_taken_out_of_the_image_signs_a_visitor_in_with_nothing_else_around_it() {
    let image = Image::unpack();
    let app = App::start();
    let program = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream())
        .binary(alone_in(&image.files(), image.folder.path()))
        .flag("--skip-provider-button")
        .start();
    let process = program.process().id();
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it is running");
    assert!(!status.contains("\nUid:\t0\t"), "{status}");
    let page = Browser::new().sign_in_at(&program.url("/deep?x=1"), "alice", PASSWORD);
    assert_eq!((page.status(), page.url.as_str()), (200, program.url("/deep?x=1").as_str()), "{page}");
    assert_eq!(app.last().headers.get("X-Forwarded-Email"), Some("alice@example.com"));
}

#[test]
fn the_image_is_one_static_binary_for_a_user_who_is_not_root() {
    let image = Image::unpack();
    let config = &image.config["config"];
    assert_eq!(config["User"], "65532:65532");
    assert_eq!(config["Entrypoint"], json!(["/oauth2-sidecar"]));
    assert!(config["Cmd"].is_null() && config["ExposedPorts"]["4180/tcp"].is_object(), "{config}");
    for label in ["title", "description", "licenses", "version", "revision", "created"] {
        let value = config["Labels"][format!("org.opencontainers.image.{label}")].as_str();
        assert!(value.is_some_and(|value| !value.is_empty()), "{label}: {config}");
    }
    assert_eq!(image.manifest["layers"].as_array().map(Vec::len), Some(1));
    assert_eq!((&image.config["os"], &image.config["architecture"]), (&json!("linux"), &json!(ARCHITECTURE)));
    let root = image.files();
    let names: Vec<_> = fs::read_dir(&root).expect("files").map(|entry| entry.expect("one").file_name()).collect();
    assert_eq!(names, ["oauth2-sidecar"]);
    // A binary that needs a loader names it; there is none in the image.
    let binary = fs::read(root.join("oauth2-sidecar")).expect("the binary");
    let loader: &[u8] = b"/lib64/ld-linux";
    assert!(!binary.windows(loader.len()).any(|window| window == loader));
}

#[test]
fn the_same_binary_and_commit_make_the_same_image_byte_for_byte() {
    let binary = place::installed(place::tree().join("target/image/context/oauth2-sidecar"), "make image");
    let made = || {
        let folder = place::temporary_folder();
        let done = Command::new(place::tree().join("deploy/docker/image.sh"))
            .args([binary.as_path(), folder.path()])
            .env("REVISION", "0123456789abcdef0123456789abcdef01234567")
            .env("SOURCE_DATE_EPOCH", "1000000000")
            .output()
            .expect("image.sh runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        ["oauth2-sidecar.tar", "oauth2-sidecar.cdx.json"].map(|name| fs::read(folder.path().join(name)).expect(name))
    };
    let [image, parts] = made();
    assert!(image.len() < 10 << 20, "{} bytes", image.len());
    assert!([image, parts] == made(), "the bytes differ");
}

#[test]
fn beside_the_image_stands_what_its_binary_is_made_of() {
    let list = place::installed(place::tree().join("target/image/oauth2-sidecar.cdx.json"), "make image");
    let list = read_json(&list);
    let image = Image::unpack();
    let digest = Command::new("sha256sum").arg(image.files().join("oauth2-sidecar")).output().expect("sha256sum runs");
    let digest = String::from_utf8(digest.stdout).expect("hex");
    assert_eq!(list["metadata"]["component"]["hashes"][0]["content"].as_str(), digest.split(' ').next());
    let names: Vec<_> = list["components"].as_array().expect("a list").iter().map(|part| &part["name"]).collect();
    for linked in ["tokio", "rustls", "aws-lc-sys", "sidecar-gateway", "glibc"] {
        assert!(names.iter().any(|name| *name == linked), "{linked}");
    }
    assert!(!names.iter().any(|name| *name == "sidecar-demo"), "the demo is not in it");
}
