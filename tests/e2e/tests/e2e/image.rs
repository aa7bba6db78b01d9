//! The container image: what is in it, and that its binary signs somebody in with nothing else around it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use sidecar_testkit::http::Connection;
use sidecar_testkit::process::eventually;
use sidecar_testkit::{App, Browser, Process, Provider, Request, place};

use crate::site::PASSWORD;

/// Who runs in the image: nobody that a machine knows.
const USER: &str = "65532:65532";

#[test]
fn the_image_is_one_static_file_run_by_a_numbered_user_and_signs_in_without_anything_else_around_it() {
    let folder = place::temporary_folder();
    let image = Image::unpack(&build(), folder.path());
    image.describes_itself();
    let root = folder.path().join("root");
    image.extract_only_file(&root);
    signs_in(&root);
}

/// Runs the recipe. `make test` has built the release before, so that this takes a second.
fn build() -> PathBuf {
    run(Command::new("make").arg("-s").arg("-C").arg(place::tree()).arg("image"));
    place::tree().join("target/image/oauth2-sidecar.tar")
}

/// An unpacked OCI archive with one image.
struct Image {
    config: Value,
    layer: PathBuf,
}

impl Image {
    fn unpack(archive: &Path, into: &Path) -> Self {
        run(Command::new("tar").arg("-xf").arg(archive).arg("-C").arg(into));
        let blobs = into.join("blobs/sha256");
        let index = read(&into.join("index.json"));
        let manifest = read(&blob(&blobs, &index["manifests"][0]["digest"]));
        let layers = manifest["layers"].as_array().expect("layers");
        assert_eq!(layers.len(), 1, "{manifest}");
        let layer = blob(&blobs, &layers[0]["digest"]);
        Self { config: read(&blob(&blobs, &manifest["config"]["digest"])), layer }
    }

    /// What a container engine and Kubernetes read.
    fn describes_itself(&self) {
        let config = &self.config["config"];
        assert_eq!(config["User"], USER);
        assert_eq!(config["Entrypoint"], serde_json::json!(["/oauth2-sidecar"]));
        assert!(config["Cmd"].is_null(), "{config}");
        assert!(config["ExposedPorts"]["4180/tcp"].is_object(), "{config}");
        for label in ["title", "description", "licenses", "version", "revision"] {
            let value = config["Labels"][format!("org.opencontainers.image.{label}")].as_str();
            assert!(value.is_some_and(|value| !value.is_empty()), "{label}: {config}");
        }
    }

    /// Makes a root folder out of the layer, which has nothing but the binary.
    fn extract_only_file(&self, root: &Path) {
        let listed = run(Command::new("tar").arg("-tvzf").arg(&self.layer));
        let entries: Vec<&str> = listed.lines().collect();
        assert_eq!(entries.len(), 1, "{listed}");
        assert!(entries[0].starts_with("-rwxr-xr-x") && entries[0].ends_with(" oauth2-sidecar"), "{listed}");
        std::fs::create_dir(root).expect("a folder in our folder");
        run(Command::new("tar").arg("-xzf").arg(&self.layer).arg("-C").arg(root));
    }
}

/// alice signs in through the binary, whose whole file system is `root`: no /etc, no /proc, no /tmp, no certificates.
fn signs_in(root: &Path) {
    let (app, provider, address) = (App::start(), Provider::shared(), place::loopback(place::free_port()));
    let mut command = alone_in(root);
    command.env_clear().args([
        format!("--http-address={address}"),
        format!("--redirect-url=http://{address}/oauth2/callback"),
        format!("--upstream={}", app.upstream()),
        "--provider=oidc".to_owned(),
        format!("--oidc-issuer-url={}", provider.issuer()),
        format!("--client-id={}", provider.client_id()),
        format!("--client-secret={}", provider.client_secret()),
        format!("--cookie-secret={}", sidecar_testkit::program::COOKIE_SECRET),
        "--cookie-secure=false".to_owned(),
        "--email-domain=*".to_owned(),
        "--skip-provider-button".to_owned(),
    ]);
    let mut process = Process::start("the image", command);
    eventually(
        Duration::from_secs(20),
        || {
            assert!(process.is_running(), "it ended; it said:\n{}", process.said());
            Connection::try_open(address).ok()?.exchange(&Request::get("/ping")).ok()
        },
        || format!("an answer at {address}"),
    );
    assert_ne!(user(&process), "0");
    let page = Browser::new().sign_in_at(&format!("http://{address}/who"), "alice", PASSWORD);
    assert_eq!(page.status(), 200, "{page}\n{}", process.said());
    assert_eq!(app.last().headers.get("X-Forwarded-Email"), Some("alice@example.com"));
}

/// A command that runs the binary in this root as [`USER`]. Whoever is not root needs a user namespace for that.
fn alone_in(root: &Path) -> Command {
    let mut command = if rustix::process::geteuid().is_root() {
        let mut command = Command::new("/usr/sbin/chroot");
        command.arg(format!("--userspec={USER}")).arg(root);
        command
    } else {
        let mut command = Command::new("/usr/bin/unshare");
        command.args(["--user", "--map-user=65532", "--map-group=65532", "--root"]).arg(root);
        command
    };
    command.arg("/oauth2-sidecar");
    command
}

/// The real user of a process, from proc(5).
fn user(process: &Process) -> String {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).expect("it is running");
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:")).expect("proc(5) has it");
    line.split_ascii_whitespace().next().expect("four ids").to_owned()
}

fn blob(blobs: &Path, digest: &Value) -> PathBuf {
    let digest = digest.as_str().expect("a digest");
    blobs.join(digest.strip_prefix("sha256:").expect("a SHA-256 digest"))
}

fn read(path: &Path) -> Value {
    let text = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn run(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("names of files")
}
