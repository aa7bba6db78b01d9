//! The file of addresses that may sign in.

use std::collections::HashSet;

use super::judge::{Judge, given};
use crate::fault::quote;
use crate::options::Options;
use crate::value::csv_record;

/// The addresses in the file of `authenticated-emails-file`, in lower case; empty without one.
///
/// The first column of each line counts; a `#` begins a comment. A file that cannot be read is a fault: at a start nobody
/// could sign in, and when it is read again the addresses stay as they were.
pub(super) fn addresses(options: &Options, judge: &mut Judge) -> HashSet<String> {
    let written = &options.authenticated_emails_file;
    let Some(path) = given(written) else { return HashSet::new() };
    match std::fs::read_to_string(path) {
        Ok(content) => {
            let (addresses, malformed) = read(&content);
            if let Some(line) = malformed {
                judge.warn(written, format!("line {line} of {} has an odd quote, and is not read", quote(path)));
            }
            addresses
        }
        Err(error) => {
            judge.unreadable(written, path, &error);
            HashSet::new()
        }
    }
}

/// The addresses, and the first line that is no CSV.
fn read(content: &str) -> (HashSet<String>, Option<usize>) {
    let mut malformed = None;
    let mut addresses = HashSet::new();
    for (at, line) in content.lines().enumerate() {
        if line.starts_with('#') {
            continue;
        }
        match csv_record(line.trim_start()) {
            Ok(columns) => addresses.extend(columns.first().map(|address| address.trim().to_ascii_lowercase())),
            Err(_) => malformed = malformed.or(Some(at + 1)),
        }
    }
    addresses.remove("");
    (addresses, malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_column_of_each_line_counts_in_lower_case() {
        let content = "# staff\nAlice@Example.com, the boss\n  bob@example.com  \n\n\"carol@example.com\",x\n,nobody\n";
        let (addresses, malformed) = read(content);
        let mut addresses: Vec<_> = addresses.into_iter().collect();
        addresses.sort();
        assert_eq!(addresses, ["alice@example.com", "bob@example.com", "carol@example.com"]);
        assert_eq!(malformed, None);
    }

    #[test]
    fn a_line_that_is_no_csv_is_told_and_the_others_count() {
        let (addresses, malformed) = read("a@b.c\nx\"y@b.c\nd@b.c\n");
        assert_eq!((addresses.len(), malformed), (2, Some(2)));
    }

    proptest::proptest! {
        #[test]
        fn any_content_is_read(content in "[a-z@,\"#\\n ]{0,60}") {
            drop(read(&content));
        }
    }
}
