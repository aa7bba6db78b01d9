//! One line of the doctor: what was tried, what came back, what to do.

use std::fmt;

/// How good an answer is; the last is the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// As it should be.
    Good,
    /// It may be meant so.
    Doubtful,
    /// It cannot work so.
    Bad,
}

/// What one attempt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) verdict: Verdict,
    /// What it is about, in a word or two.
    subject: &'static str,
    /// What was tried, and what came back.
    seen: String,
    /// What to do; empty when there is nothing to do.
    remedy: String,
}

impl Finding {
    pub(super) fn good(subject: &'static str, seen: impl Into<String>) -> Self {
        Self { verdict: Verdict::Good, subject, seen: seen.into(), remedy: String::new() }
    }

    /// What may be meant so; what it says includes what to do about it.
    pub(super) fn doubtful(subject: &'static str, seen: impl Into<String>) -> Self {
        Self { verdict: Verdict::Doubtful, subject, seen: seen.into(), remedy: String::new() }
    }

    pub(super) fn bad(subject: &'static str, seen: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: Verdict::Bad, subject, seen: seen.into(), remedy: remedy.into() }
    }

    /// The same with what to do about it.
    pub(super) fn with_remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: remedy.into(), ..self }
    }
}

/// The width of the column of subjects.
const SUBJECTS: usize = 15;

/// A line, and one below it with what to do.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.verdict {
            Verdict::Good => "ok",
            Verdict::Doubtful => "??",
            Verdict::Bad => "!!",
        };
        write!(f, "{mark}  {:SUBJECTS$}{}", self.subject, self.seen)?;
        if !self.remedy.is_empty() {
            write!(f, "\n    {:SUBJECTS$}→ {}", "", self.remedy)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_a_line_with_its_remedy_below() {
        assert_eq!(Finding::good("app", "GET / → 200").to_string(), "ok  app            GET / → 200");
        let bad = Finding::bad("app", "no answer", "start it");
        assert_eq!(bad.to_string(), "!!  app            no answer\n                   → start it");
    }

    #[test]
    fn the_worst_verdict_is_the_greatest() {
        assert!(Verdict::Good < Verdict::Doubtful && Verdict::Doubtful < Verdict::Bad);
    }
}
