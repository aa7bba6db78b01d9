//! Time stamps, `2026/11/23 10:38:34`.

use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sidecar_config::LogZone;

/// Prints times in one zone. The text of a second is made once per thread.
pub(crate) struct Stamp(TimeZone);

/// The zone that times are told in.
pub(super) fn time_zone(zone: LogZone) -> TimeZone {
    match zone {
        LogZone::Local => TimeZone::system(),
        LogZone::Utc => TimeZone::UTC,
    }
}

thread_local! {
    static LAST: RefCell<(i64, String)> = const { RefCell::new((i64::MIN, String::new())) };
}

impl Stamp {
    pub(crate) fn new(zone: LogZone) -> Self {
        Self(time_zone(zone))
    }

    /// Hands the text of `time` to `write`.
    pub(crate) fn with(&self, time: SystemTime, write: impl FnOnce(&str)) {
        let second = time.duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(0));
        LAST.with_borrow_mut(|(last, text)| {
            if *last != second || text.is_empty() {
                *last = second;
                *text = self.text(second);
            }
            write(text);
        });
    }

    fn text(&self, second: i64) -> String {
        let time = Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned_datetime(self.0.clone());
        time.strftime("%Y/%m/%d %H:%M:%S").to_string()
    }
}
