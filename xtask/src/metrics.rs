//! The reference of the metrics, `docs/reference/metrics.md`.

use std::fmt::Write as _;

use sidecar_core::metric::{
    BUCKETS, FAMILIES, Label, LoginOutcome, MethodLabel, RefreshOutcome, ReloadOutcome, SessionFound, UpstreamFault,
};

const HEAD: &str = "\
# Metrics

Made by `cargo xtask docs`. What to do with them: [the guide](../guide/metrics.md).

Served on `metrics-address`, on every path, in Prometheus' text format. The first three are those of oauth2-proxy v7.15.6, name
by name: the gauge appears with the first request of any kind, the other two with the first that is counted. Health checks,
redirects to a cleaned path and redirects to https are not counted. A WebSocket counts when it ends, as 200; a visitor who hangs
up before the answer counts as 502. The others are ours, and there from the start.

Labels have the values below and no others; no address, name, path or token becomes one.

| name | kind | label | says |
| --- | --- | --- | --- |
";

const PROCESS: &str = "
`process_cpu_seconds_total`, `process_max_fds`, `process_network_receive_bytes_total`, `process_network_transmit_bytes_total`,
`process_open_fds`, `process_resident_memory_bytes`, `process_start_time_seconds`, `process_virtual_memory_bytes` and
`process_virtual_memory_max_bytes` are what the system says of the process, as Prometheus' libraries name it. There are no `go_*` and no
`promhttp_*` series: they tell of what is not there.

";

/// The reference, as Markdown.
pub(crate) fn reference() -> String {
    let mut text = HEAD.to_owned();
    for family in FAMILIES {
        let label = family.label.map(|label| format!("`{label}`")).unwrap_or_default();
        let _ = writeln!(text, "| `{}` | {} | {label} | {} |", family.name, family.kind.as_str(), family.help);
    }
    text.push_str(PROCESS);
    text.push_str("## Labels\n\n`code` is a status of three digits.");
    let bounds: Vec<String> = BUCKETS.iter().map(ToString::to_string).collect();
    let _ = writeln!(text, " The buckets of the histogram end at {} seconds and `+Inf`.\n", bounds.join(", "));
    text.push_str("| label | value | means |\n| --- | --- | --- |\n");
    values::<LoginOutcome>(&mut text, "oauth2_sidecar_logins_total");
    values::<SessionFound>(&mut text, "oauth2_sidecar_sessions_total");
    values::<RefreshOutcome>(&mut text, "oauth2_sidecar_refreshes_total");
    values::<UpstreamFault>(&mut text, "oauth2_sidecar_upstream_errors_total");
    values::<ReloadOutcome>(&mut text, "oauth2_sidecar_reloads_total");
    values::<MethodLabel>(&mut text, "oauth2_proxy_response_duration_seconds");
    text
}

fn values<L: Label>(text: &mut String, family: &str) {
    for value in L::ALL {
        let _ = writeln!(text, "| `{}` of `{family}` | `{}` | {} |", L::NAME, value.as_str(), value.meaning());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_family_has_one_line_and_labels_name_families_that_have_them() {
        let text = reference();
        for family in FAMILIES {
            let line = format!("| `{}` | {} |", family.name, family.kind.as_str());
            assert_eq!(text.matches(&line).count(), 1, "{line}");
            let values = format!("of `{}` |", family.name);
            let listed = text.contains(&values);
            let elsewhere = matches!(family.label, None | Some("code" | "version"));
            assert_eq!(listed, !elsewhere, "{}", family.name);
        }
    }
}
