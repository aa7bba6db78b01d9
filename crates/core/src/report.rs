//! Errors as text for a log line.

use std::error::Error;

/// An error and its causes on one line, joined by `: `. A cause whose words its effect repeats at its end is left out.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.ends_with(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
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

    #[derive(Debug, thiserror::Error)]
    #[error("the call failed: {0}")]
    struct Repeating(#[source] std::num::ParseIntError);

    #[test]
    fn what_is_said_already_is_not_said_again() {
        let cause = "x".parse::<u8>().unwrap_err();
        assert_eq!(chain(&Repeating(cause)), "the call failed: invalid digit found in string");
    }

    #[test]
    fn causes_follow_what_they_caused() {
        let cause = "x".parse::<u8>().unwrap_err();
        assert_eq!(chain(&Outer(cause)), "the call failed: invalid digit found in string");
    }
}
