//! What the system says of the process, `process_*`, as every Prometheus library names it; from `/proc`.

use std::fs;

use sidecar_core::metric::{Family, Kind};

use super::text::{Text, whole};

/// Ticks per second in `/proc/PID/stat`: the same for every program on every processor that we are built for.
const TICKS: f64 = 100.0;

const fn family(name: &'static str, kind: Kind, help: &'static str) -> Family {
    Family { name, kind, label: None, help }
}

const CPU: Family =
    family("process_cpu_seconds_total", Kind::Counter, "Processor time that the process has used, in seconds.");
const MAX_FDS: Family = family("process_max_fds", Kind::Gauge, "File descriptors that the process may have open.");
const OPEN_FDS: Family = family("process_open_fds", Kind::Gauge, "File descriptors that the process has open.");
const RECEIVED: Family =
    family("process_network_receive_bytes_total", Kind::Counter, "Bytes that came by the network of the pod.");
const SENT: Family =
    family("process_network_transmit_bytes_total", Kind::Counter, "Bytes that left by the network of the pod.");
const RESIDENT: Family = family("process_resident_memory_bytes", Kind::Gauge, "Memory that the process occupies.");
const START: Family =
    family("process_start_time_seconds", Kind::Gauge, "When the process began, in seconds after 1970.");
const VIRTUAL: Family = family("process_virtual_memory_bytes", Kind::Gauge, "Address space of the process.");
const MAX_VIRTUAL: Family =
    family("process_virtual_memory_max_bytes", Kind::Gauge, "Address space that the process may have.");

/// Writes what can be read; what cannot is left out.
pub(super) fn write(text: &mut Text) {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let (stat, limits, net) = (read("/proc/self/stat"), read("/proc/self/limits"), read("/proc/self/net/netstat"));
    let status = read("/proc/self/status");
    let mut put = |family: &Family, number: Option<f64>| {
        if let Some(number) = number {
            text.single(family, number);
        }
    };
    put(&CPU, stat_field(&stat, 14).zip(stat_field(&stat, 15)).map(|(user, system)| (user + system) / TICKS));
    put(&MAX_FDS, limit(&limits, "Max open files"));
    put(&RECEIVED, extended(&net, "InOctets"));
    put(&SENT, extended(&net, "OutOctets"));
    let open = fs::read_dir("/proc/self/fd").ok().map(|entries| whole(entries.count() as u64));
    // The folder itself is one while it is read.
    put(&OPEN_FDS, open.map(|open| open - 1.0));
    put(&RESIDENT, kibibytes(&status, "VmRSS:"));
    put(&START, stat_field(&stat, 22).zip(boot_time(&read("/proc/stat"))).map(|(ticks, boot)| boot + ticks / TICKS));
    put(&VIRTUAL, kibibytes(&status, "VmSize:"));
    put(&MAX_VIRTUAL, limit(&limits, "Max address space"));
}

/// A field of `/proc/PID/stat`, numbered from 1 as in `proc_pid_stat(5)`. The second is a name in parentheses that may
/// hold anything.
fn stat_field(stat: &str, number: usize) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_ascii_whitespace().nth(number.checked_sub(3)?)?.parse().ok()
}

/// The soft limit of a line of `/proc/PID/limits`.
fn limit(limits: &str, name: &str) -> Option<f64> {
    let rest = limits.lines().find_map(|line| line.strip_prefix(name))?;
    match rest.split_ascii_whitespace().next()? {
        // As the Go library writes it: the largest number of 64 bits.
        "unlimited" => Some(whole(u64::MAX)),
        number => number.parse().ok(),
    }
}

fn kibibytes(status: &str, name: &str) -> Option<f64> {
    let rest = status.lines().find_map(|line| line.strip_prefix(name))?;
    let number: f64 = rest.split_ascii_whitespace().next()?.parse().ok()?;
    Some(number * 1024.0)
}

/// When the machine began, in seconds after 1970.
fn boot_time(stat: &str) -> Option<f64> {
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

/// A counter of the second pair of lines in `/proc/net/netstat`, of which the first has the names.
fn extended(net: &str, name: &str) -> Option<f64> {
    let mut lines = net.lines().filter_map(|line| line.strip_prefix("IpExt: "));
    let (names, values) = (lines.next()?, lines.next()?);
    let at = names.split_ascii_whitespace().position(|found| found == name)?;
    values.split_ascii_whitespace().nth(at)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_is_told_of() {
        let mut text = Text::default();
        write(&mut text);
        let text = text.finish();
        let number = |name: &str| -> f64 {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.unwrap_or_else(|| panic!("{name} in {text}")).parse().expect("a number")
        };
        assert!(number("process_resident_memory_bytes") > 100_000.0);
        assert!(number("process_virtual_memory_bytes") >= number("process_resident_memory_bytes"));
        assert!(number("process_open_fds") >= 3.0 && number("process_open_fds") < number("process_max_fds"));
        let now = sidecar_core::clock::Clock::system().now();
        let now = now.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs_f64();
        let age = now - number("process_start_time_seconds");
        assert!((-2.0..86_400.0).contains(&age), "{age}");
        assert!(number("process_cpu_seconds_total") >= 0.0);
    }

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let stat = format!("7 (a) b (c) S {}", (4..30).map(|n| n.to_string()).collect::<Vec<_>>().join(" "));
        assert_eq!((stat_field(&stat, 14), stat_field(&stat, 22)), (Some(14.0), Some(22.0)));
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        assert_eq!((stat_field("", 14), limit("", "Max open files"), extended("IpExt: A\n", "A")), (None, None, None));
        assert_eq!(
            limit("Max open files            unlimited  unlimited  files", "Max open files"),
            Some(whole(u64::MAX))
        );
    }
}
