//! Errors as text for a log line.

use std::error::Error;

/// An error and its causes on one line, joined by `: `.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the call failed")]
    struct Outer(#[source] std::num::ParseIntError);

    #[test]
    fn causes_follow_what_they_caused() {
        let cause = "x".parse::<u8>().unwrap_err();
        assert_eq!(chain(&Outer(cause)), "the call failed: invalid digit found in string");
    }
}
