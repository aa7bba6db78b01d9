//! What a program wrote down about the requests of a configuration: its request lines and auth lines, in order.

use std::sync::LazyLock;

use regex::Regex;

/// A line of either kind: client, request id, user, time, and what differs between the kinds.
static LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(\S*) - (\S*) - (.*?) \[\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\] (.*)$").expect("a sound pattern")
});
/// The end of a request line: upstream, target, protocol, agent, status, size, seconds.
static REQUEST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^(\S+ \S+) (\S+) ("(?:[^"\\]|\\.)*" \S+ "(?:[^"\\]|\\.)*" \d+) (\d+) \d+\.\d{3}$"#)
        .expect("a sound pattern")
});
static UUID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$").expect("a sound pattern")
});
static TIME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(created|expires):\S+ \S+ \S+ \S+( m=\S+)?").expect("a sound pattern"));
static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"(/callback\?)code=[^"]*"#).expect("a sound pattern"));
static PORT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"127\.0\.0\.1:\d+").expect("a sound pattern"));

/// The request that stands before and after those that are compared.
pub const MARK: &str = "/mark-of-the-test";

/// The lines between the two marks, without what two programs never share.
#[must_use]
pub fn between_marks(said: &str) -> Vec<String> {
    let all: Vec<String> = said.lines().filter_map(stable).collect();
    let marks: Vec<usize> = all.iter().enumerate().filter(|(_, line)| line.contains(MARK)).map(|(at, _)| at).collect();
    match marks.as_slice() {
        [first, .., last] => all[first + 1..*last].to_vec(),
        _ => Vec::new(),
    }
}

/// Whether both marks have been written down.
#[must_use]
pub fn is_complete(said: &str) -> bool {
    said.lines().filter(|line| line.contains(MARK)).count() >= 2
}

fn stable(line: &str) -> Option<String> {
    let parts = LINE.captures(line)?;
    let client = PORT.replace(&parts[1], "127.0.0.1:PORT");
    let id = if UUID.is_match(&parts[2]) { "<uuid>" } else { &parts[2] };
    let text = CODE.replace(&parts[4], "${1}<code and state>");
    let rest = match REQUEST.captures(&text) {
        // What the program answers itself is as long as its wording.
        Some(request) if &request[2] == "-" => format!("{} - {}", &request[1], &request[3]),
        Some(request) => format!("{} {} {} {}", &request[1], &request[2], &request[3], &request[4]),
        None => TIME.replace_all(&text, "$1:<time>").into_owned(),
    };
    Some(format!("{client} - {id} - {} {rest}", &parts[3]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_line_keeps_what_two_programs_share() {
        let line = r#"127.0.0.1:5 - ca348ea6-1de3-452a-9a56-89fd5b349e69 - u@e.org [2026/11/23 10:41:44] a.org GET / "/x" HTTP/1.1 "" 200 12 0.002"#;
        assert_eq!(stable(line).unwrap(), r#"127.0.0.1:PORT - <uuid> - u@e.org a.org GET / "/x" HTTP/1.1 "" 200 12"#);
    }
}
