//! Prometheus' text format, version 0.0.4: families of lines `NAME{LABEL="VALUE"} NUMBER`.

use std::fmt::Write as _;

use sidecar_core::metric::{BUCKETS, Family, Kind};
use sidecar_gateway::Histogram;

/// What the format is called in a `Content-Type`; compat: v7 names the escaping of newer versions too.
pub(super) const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

/// An exposition in the making.
#[derive(Default)]
pub(super) struct Text(String);

impl Text {
    pub(super) fn finish(self) -> String {
        self.0
    }

    /// A family whose series are `label`'s values, if it has one.
    pub(super) fn family<'a>(&mut self, family: &Family, series: impl IntoIterator<Item = (&'a str, f64)>) {
        self.head(family.name, family.kind, family.help);
        for (value, number) in series {
            self.0.push_str(family.name);
            self.labels(family.label.map(|label| (label, value)), None);
            self.number(number);
        }
    }

    /// A family with one series.
    pub(super) fn single(&mut self, family: &Family, number: f64) {
        self.family(family, [("", number)]);
    }

    /// A family of histograms.
    pub(super) fn histograms<'a>(
        &mut self,
        family: &Family,
        series: impl IntoIterator<Item = (&'a str, &'a Histogram)>,
    ) {
        self.head(family.name, family.kind, family.help);
        for (value, histogram) in series {
            let label = family.label.map(|label| (label, value));
            let mut below = 0;
            let bounds = BUCKETS.iter().map(ToString::to_string).chain(["+Inf".to_owned()]);
            for (count, bound) in histogram.buckets.iter().zip(bounds) {
                below += count;
                let _ = write!(self.0, "{}_bucket", family.name);
                self.labels(label, Some(&bound));
                self.number(whole(below));
            }
            let _ = write!(self.0, "{}_sum", family.name);
            self.labels(label, None);
            self.number(histogram.sum.as_secs_f64());
            let _ = write!(self.0, "{}_count", family.name);
            self.labels(label, None);
            self.number(whole(below));
        }
    }

    /// What stands above the series of a name.
    pub(super) fn head(&mut self, name: &str, kind: Kind, help: &str) {
        let _ = write!(self.0, "# HELP {name} ");
        help.chars().for_each(|c| match c {
            '\\' => self.0.push_str("\\\\"),
            '\n' => self.0.push_str("\\n"),
            c => self.0.push(c),
        });
        let _ = writeln!(self.0, "\n# TYPE {name} {}", kind.as_str());
    }

    fn labels(&mut self, label: Option<(&str, &str)>, bound: Option<&str>) {
        if label.is_none() && bound.is_none() {
            return;
        }
        self.0.push('{');
        if let Some((name, value)) = label {
            let _ = write!(self.0, "{name}=\"");
            // Values are words of ours; yet whoever adds another shall not break the format.
            value.chars().for_each(|c| match c {
                '\\' => self.0.push_str("\\\\"),
                '"' => self.0.push_str("\\\""),
                '\n' => self.0.push_str("\\n"),
                c => self.0.push(c),
            });
            self.0.push('"');
        }
        if let Some(bound) = bound {
            let _ = write!(self.0, "{}le=\"{bound}\"", if label.is_some() { "," } else { "" });
        }
        self.0.push('}');
    }

    fn number(&mut self, number: f64) {
        let _ = writeln!(self.0, " {number}");
    }
}

/// A count as the format has it: all its numbers are floating.
#[expect(clippy::cast_precision_loss, reason = "counts beyond 2^53 are off by less than anybody sees")]
pub(super) fn whole(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const FAMILY: Family = Family { name: "a_total", kind: Kind::Counter, label: Some("b"), help: "Of\nc\\." };

    #[test]
    fn a_family_is_written_as_prometheus_reads_it() {
        let mut text = Text::default();
        text.family(&FAMILY, [("x", 1.0), ("\"y\"\\\n", 2.5)]);
        text.single(&Family { name: "d", kind: Kind::Gauge, label: None, help: "E." }, -1.0);
        assert_eq!(
            text.finish(),
            "# HELP a_total Of\\nc\\\\.\n# TYPE a_total counter\na_total{b=\"x\"} 1\na_total{b=\"\\\"y\\\"\\\\\\n\"} 2.5\n\
             # HELP d E.\n# TYPE d gauge\nd -1\n"
        );
    }

    #[test]
    fn a_histogram_has_growing_buckets_a_sum_and_a_count() {
        let mut histogram = Histogram { sum: Duration::from_millis(1500), ..Histogram::default() };
        (histogram.buckets[0], histogram.buckets[7], histogram.buckets[11]) = (2, 1, 1);
        let family = Family { name: "t", kind: Kind::Histogram, label: Some("m"), help: "T." };
        let mut text = Text::default();
        text.histograms(&family, [("get", &histogram)]);
        let text = text.finish();
        for line in [
            "t_bucket{m=\"get\",le=\"0.005\"} 2",
            "t_bucket{m=\"get\",le=\"0.5\"} 2",
            "t_bucket{m=\"get\",le=\"1\"} 3",
            "t_bucket{m=\"get\",le=\"10\"} 3",
            "t_bucket{m=\"get\",le=\"+Inf\"} 4",
            "t_sum{m=\"get\"} 1.5",
            "t_count{m=\"get\"} 4",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
