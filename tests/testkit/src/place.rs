//! Where things are: the tree, what install.sh installed, the programs under test, free ports.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The root of the source tree.
#[must_use]
pub fn tree() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("tests/testkit is two levels deep").to_owned()
}

/// The folder that `tests/counterparts/install.sh` fills.
#[must_use]
pub fn cache() -> PathBuf {
    std::env::var_os("SIDECAR_TEST_CACHE").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").expect("HOME")).join(".cache/oauth2-sidecar"),
        PathBuf::from,
    )
}

/// A recipe of `tests/counterparts`.
#[must_use]
pub fn recipe(name: &str) -> PathBuf {
    tree().join("tests/counterparts").join(name)
}

/// The program under test: `SIDECAR_BIN`, else what `cargo build` left in `target/debug`.
#[must_use]
pub fn ours() -> PathBuf {
    installed(
        std::env::var_os("SIDECAR_BIN").map_or_else(|| tree().join("target/debug/oauth2-sidecar"), PathBuf::from),
        "make test builds it",
    )
}

/// The program whose behaviour ours is compared with.
#[must_use]
pub fn original() -> PathBuf {
    installed(cache().join("bin/oauth2-proxy"), "tests/counterparts/install.sh original")
}

/// `path`, provided that it is there.
#[expect(clippy::must_use_candidate, reason = "some callers only want to know that it is there")]
pub fn installed(path: PathBuf, hint: &str) -> PathBuf {
    assert!(path.exists(), "{} is missing: {hint}", path.display());
    path
}

/// The ports that are given to programs: below those that Linux takes for outgoing connections, one of which could come
/// between the choice of a port and the program's own bind.
const PORTS: Range<u16> = 12_000..32_000;

/// A loopback port that nobody uses, never the same twice in one process.
#[must_use]
pub fn free_port() -> u16 {
    // Test programs that run at the same time begin at different places.
    static NEXT: LazyLock<AtomicU32> = LazyLock::new(|| AtomicU32::new(std::process::id().wrapping_mul(131)));
    let count = u32::from(PORTS.end - PORTS.start);
    for _ in 0..count {
        let offset = NEXT.fetch_add(1, Ordering::Relaxed) % count;
        let port = PORTS.start + u16::try_from(offset).expect("below the count");
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free");
}

/// This port on 127.0.0.1.
#[must_use]
pub fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// A folder that goes away with its value.
#[must_use]
pub fn temporary_folder() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("sidecar-test-").tempdir().expect("a temporary folder")
}
