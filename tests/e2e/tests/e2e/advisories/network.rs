//! A public peer on this one machine: the test runs once more in a network of its own, where loopback has such an address.

use std::net::{IpAddr, Ipv4Addr};
use std::process::Command;

/// An address of the documentation range, which is neither loopback nor private.
const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));

/// Set for the test that runs in the network of its own.
const INSIDE: &str = "SIDECAR_TEST_PUBLIC_PEER";

/// In the network: the address that connections may come from. Outside: runs `test` there, sees that it passes, and
/// returns nothing.
pub(super) fn with_a_public_peer(test: &str) -> Option<IpAddr> {
    if std::env::var_os(INSIDE).is_some() {
        return Some(PUBLIC);
    }
    // A new user namespace needs no root; where it is forbidden, root needs none.
    let enter = if rustix::process::geteuid().is_root() { ["unshare", "-n"] } else { ["unshare", "-rn"] };
    let set_up = format!("ip link set lo up && ip address add {PUBLIC}/32 dev lo && exec \"$@\"");
    let program = std::env::current_exe().expect("the path of this test");
    let output = Command::new(enter[0])
        .args([enter[1], "sh", "-c", &set_up, "sh"])
        .arg(program)
        .args([test, "--exact", "--nocapture"])
        .env(INSIDE, "1")
        .env("PATH", format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default()))
        .output()
        .unwrap_or_else(|e| panic!("unshare (util-linux) and ip (iproute2) are needed: {e}"));
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "in a network of its own, {test}: {said}");
    None
}
