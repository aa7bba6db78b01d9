//! Our clock against that of the provider, which says from when to when its tokens hold.

use std::time::{Duration, SystemTime};

use super::finding::Finding;

const SUBJECT: &str = "clock";

/// A difference that nothing notices: `Date` has whole seconds, and its answer was on the way.
const UNNOTICED: Duration = Duration::from_secs(5);
/// A token from further in the future is refused (D55).
const REFUSED: Duration = Duration::from_mins(5);

/// How far the two clocks are apart.
pub(super) fn compared(theirs: SystemTime, ours: SystemTime) -> Finding {
    let (apart, direction) = match ours.duration_since(theirs) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    let seen = format!("ours is {} s {direction} the provider's Date", apart.as_secs());
    let remedy = "set the machine's clock: run an NTP client on the node";
    if apart <= UNNOTICED {
        Finding::good(SUBJECT, seen)
    } else if apart < REFUSED {
        Finding::doubtful(SUBJECT, seen).with_remedy(remedy)
    } else {
        Finding::bad(SUBJECT, format!("{seen}: ID tokens are refused as expired or not yet valid"), remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn a_clock_is_judged_by_its_distance_in_either_direction() {
        let noon = SystemTime::UNIX_EPOCH + Duration::from_hours(12);
        for (seconds, verdict) in [(0, Verdict::Good), (5, Verdict::Good), (6, Verdict::Doubtful), (300, Verdict::Bad)]
        {
            let apart = Duration::from_secs(seconds);
            assert_eq!(compared(noon, noon + apart).verdict, verdict, "{seconds} s ahead");
            assert_eq!(compared(noon, noon - apart).verdict, verdict, "{seconds} s behind");
        }
    }
}
