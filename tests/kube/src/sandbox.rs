//! The network of a pod: what a CNI plugin makes.

use std::fs;
use std::net::Ipv4Addr;
use std::os::fd::AsFd as _;
use std::process::Command;
use std::time::Duration;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use sidecar_testkit::Process;
use sidecar_testkit::process::eventually;

use crate::tool::{Said, run};

/// This side of the bridge that `enter.sh` makes.
const BRIDGE: &str = "10.244.255.254";

/// A network of its own with loopback, and one interface at the pod's address on the bridge.
#[derive(Debug)]
pub(crate) struct Sandbox {
    /// Keeps the network, as a pod's pause container does.
    pause: Process,
}

impl Sandbox {
    /// Makes it.
    pub(crate) fn create(address: Ipv4Addr) -> Self {
        let mut command = Command::new("unshare");
        command.args(["--net", "sleep", "infinity"]);
        let sandbox = Self { pause: Process::start("pause", command) };
        let ours = fs::read_link("/proc/self/ns/net").expect("proc");
        let apart = || fs::read_link(sandbox.network()).ok().filter(|theirs| *theirs != ours);
        eventually(Duration::from_secs(20), apart, || sandbox.pause.said());
        let pause = sandbox.pause.id();
        let outside = sandbox.interface();
        ip(&format!("link add {outside} type veth peer name eth0 netns {pause}")).expect_success();
        ip(&format!("link set {outside} master pods up")).expect_success();
        let inside = format!(
            "ip link set lo up && ip address add {address}/16 dev eth0 && ip link set eth0 up \
             && ip route add default via {BRIDGE}"
        );
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}", sandbox.network())).args(["sh", "-c", &inside]);
        run(command, "").expect_success();
        sandbox
    }

    /// This side of the pod's interface. Names have up to 15 bytes; the number of a pod's process is as good a name as any.
    fn interface(&self) -> String {
        format!("pod{}", self.pause.id())
    }

    /// The file that stands for the network.
    pub(crate) fn network(&self) -> String {
        format!("/proc/{}/ns/net", self.pause.id())
    }

    /// Does something in this network; sockets made there, and threads started there, stay in it.
    pub(crate) fn within<T: Send>(&self, act: impl FnOnce() -> T + Send) -> T {
        let network = fs::File::open(self.network()).expect("the network is there");
        let inside = move || {
            let kind = Some(LinkNameSpaceType::Network);
            move_into_link_name_space(network.as_fd(), kind).expect("root may enter it");
            act()
        };
        std::thread::scope(|scope| scope.spawn(inside).join().expect("a step inside the pod"))
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // The network lives on as long as a socket of a thread of ours is in it; the next pod may have its address.
        let _ = ip(&format!("link delete {}", self.interface()));
    }
}

fn ip(arguments: &str) -> Said {
    let mut command = Command::new("ip");
    command.args(arguments.split(' '));
    run(command, "")
}
