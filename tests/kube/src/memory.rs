//! The memory of a container, limited and counted by the kernel.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// The names of a version of control groups: where they are, the limit, the peak, the number of kills.
struct Names {
    root: &'static str,
    limit: &'static str,
    peak: &'static str,
    kills: &'static str,
}

const V1: Names = Names {
    root: "/sys/fs/cgroup/memory",
    limit: "memory.limit_in_bytes",
    peak: "memory.max_usage_in_bytes",
    kills: "memory.oom_control",
};

const V2: Names = Names { root: "/sys/fs/cgroup", limit: "memory.max", peak: "memory.peak", kills: "memory.events" };

/// A control group. It goes away with its value, if no process is in it any more.
#[derive(Debug)]
pub struct Memory {
    group: PathBuf,
}

impl Memory {
    /// A group whose processes may have this much memory together, written as the kernel does: `64M`.
    pub(crate) fn limited(limit: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        // Process ids begin anew inside enter.sh, so they make no name that nobody else has.
        let unique = fs::read_to_string("/proc/sys/kernel/random/uuid").expect("proc");
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let group = Path::new(names().root).join(format!("sidecar-kube-{number}-{}", unique.trim()));
        fs::create_dir(&group).unwrap_or_else(|e| panic!("{}: {e}", group.display()));
        fs::write(group.join(names().limit), limit).unwrap_or_else(|e| panic!("a limit of {limit}: {e}"));
        Self { group }
    }

    /// The folder that stands for it.
    pub(crate) fn group(&self) -> &Path {
        &self.group
    }

    /// The most it may be, in bytes.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.bytes(names().limit)
    }

    /// The most it has been, in bytes.
    #[must_use]
    pub fn peak(&self) -> u64 {
        self.bytes(names().peak)
    }

    fn bytes(&self, file: &str) -> u64 {
        let bytes = fs::read_to_string(self.group.join(file)).expect("the group is there");
        bytes.trim().parse().expect("a number")
    }

    /// How often the kernel killed a process for want of it.
    #[must_use]
    pub fn kills(&self) -> u64 {
        let events = fs::read_to_string(self.group.join(names().kills)).expect("the group is there");
        let line = events.lines().find_map(|line| line.strip_prefix("oom_kill ")).expect("a count");
        line.trim().parse().expect("a number")
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.group);
    }
}

fn names() -> &'static Names {
    if Path::new(V1.root).join(V1.limit).exists() { &V1 } else { &V2 }
}
