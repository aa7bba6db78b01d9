//! How long to wait before the provider is asked again.
//!
//! Hundreds of sidecars may start, or lose their provider, in the same second. What each waits is drawn at random, from
//! the very first retry on, so that they come back one by one.

use std::time::Duration;

use crate::limits::LONGEST_ASKED;

/// Counts the faults in a row.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Backoff {
    faults: u32,
}

impl Backoff {
    /// The pause after one fault more: anything up to a bound that doubles each time, from `first` to `longest`, and after
    /// the time that the provider asked for (`Retry-After`, RFC 9110 §10.2.3), if it did.
    pub(crate) fn after_fault(&mut self, first: Duration, longest: Duration, asked: Option<Duration>) -> Duration {
        let bound = first.saturating_mul(1_u32.checked_shl(self.faults).unwrap_or(u32::MAX)).min(longest);
        self.faults = self.faults.saturating_add(1);
        asked.unwrap_or_default().min(LONGEST_ASKED) + bound.mul_f64(fraction())
    }

    /// All is well again.
    pub(crate) fn reset(&mut self) {
        self.faults = 0;
    }
}

/// Between three quarters and all of `interval`, for what is done again and again while all is well.
pub(crate) fn spread(interval: Duration) -> Duration {
    interval.mul_f64(1.0 - fraction() / 4.0)
}

/// A random number from 0 to less than 1, of the system's generator: no two processes draw the same row. Without random
/// bytes a half, since a guess is better than a storm at once.
fn fraction() -> f64 {
    let mut bytes = [0; 4];
    match aws_lc_rs::rand::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_ne_bytes(bytes)) / (f64::from(u32::MAX) + 1.0),
        Err(_) => 0.5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_secs(1);
    const LONGEST: Duration = Duration::from_secs(30);

    #[test]
    fn the_very_first_pause_is_spread_over_its_whole_range() {
        let mut pauses: Vec<_> =
            (0..2000).map(|_| Backoff::default().after_fault(FIRST, LONGEST, None).as_millis()).collect();
        pauses.sort_unstable();
        assert!(pauses[1999] <= 1000);
        for tenth in 0..10 {
            let within = pauses.iter().filter(|pause| **pause / 100 == tenth).count();
            assert!((100..320).contains(&within), "{within} of 2000 in the tenth {tenth}");
        }
    }

    #[test]
    fn the_bound_doubles_until_it_is_the_longest_and_begins_anew_after_a_success() {
        let longest_of = |faults: u32| {
            let draw = |_| {
                let mut backoff = Backoff { faults };
                backoff.after_fault(FIRST, LONGEST, None)
            };
            (0..500).map(draw).max().unwrap_or_default()
        };
        for (faults, bound) in [(0, 1), (1, 2), (2, 4), (4, 16), (5, 30), (31, 30), (32, 30), (u32::MAX, 30)] {
            let bound = Duration::from_secs(bound);
            let longest = longest_of(faults);
            assert!(longest <= bound && longest > bound.mul_f64(0.9), "{faults}: {longest:?}");
        }
        let mut backoff = Backoff { faults: 9 };
        backoff.reset();
        assert!(backoff.after_fault(FIRST, LONGEST, None) <= FIRST);
    }

    #[test]
    fn what_the_provider_asks_for_is_waited_and_still_spread() {
        let draw = |asked: u64| Backoff::default().after_fault(FIRST, LONGEST, Some(Duration::from_secs(asked)));
        let pauses: Vec<_> = (0..200).map(|_| draw(20)).collect();
        assert!(pauses.iter().all(|pause| (20.0..=21.0).contains(&pause.as_secs_f64())));
        assert!(pauses.iter().max() > pauses.iter().min());
        assert!(draw(86_400) <= LONGEST_ASKED + FIRST, "but not for ever");
    }

    #[test]
    fn what_is_done_again_and_again_is_spread_over_a_quarter_of_its_interval() {
        let hour = Duration::from_hours(1);
        let draws: Vec<_> = (0..500).map(|_| spread(hour)).collect();
        assert!(draws.iter().all(|draw| *draw <= hour && *draw >= hour.mul_f64(0.75)));
        assert!(draws.iter().max().unwrap().as_secs() - draws.iter().min().unwrap().as_secs() > 600);
    }
}
