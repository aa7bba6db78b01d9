//! A file of environment variables, as `docker run --env-file` and systemd's `EnvironmentFile` take it.

/// `NAME=VALUE` lines; comments, blank lines and a leading `export` are passed over, quotes around a whole value are taken
/// off. `Err` is the number of the first line that is none of these.
pub(crate) fn parse(text: &str) -> Result<Vec<(String, String)>, usize> {
    let mut variables = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        let (name, value) = line.split_once('=').ok_or(at + 1)?;
        if !is_name(name) {
            return Err(at + 1);
        }
        variables.push((name.to_owned(), unquoted(value.trim_end()).to_owned()));
    }
    Ok(variables)
}

/// Whether every line is one that [`parse`] takes, and one at least sets a variable.
pub(crate) fn is_likely(text: &str) -> bool {
    parse(text)
        .is_ok_and(|variables| variables.iter().any(|(name, _)| !name.contains(|c: char| c.is_ascii_lowercase())))
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn unquoted(value: &str) -> &str {
    ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)))
        .unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_comments_and_quotes_are_read() {
        let text =
            "# a comment\n\nOAUTH2_PROXY_CLIENT_ID=a=b\nexport OAUTH2_PROXY_SCOPE=\"openid email\"\n  X='y'\nEMPTY=\n";
        let read = parse(text).expect("variables");
        let read: Vec<_> = read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let expected =
            [("OAUTH2_PROXY_CLIENT_ID", "a=b"), ("OAUTH2_PROXY_SCOPE", "openid email"), ("X", "y"), ("EMPTY", "")];
        assert_eq!(read, expected);
    }

    #[test]
    fn a_line_that_sets_nothing_is_told_by_its_number() {
        assert_eq!(parse("A=1\nnonsense\n"), Err(2));
        assert_eq!(parse("a b=1\n"), Err(1));
        assert!(!is_likely("client_id = \"x\"\n") && is_likely("OAUTH2_PROXY_CLIENT_ID=x\n"));
    }
}
