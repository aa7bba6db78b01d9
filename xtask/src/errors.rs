//! The reference of the error codes, `docs/reference/errors.md`.

use std::fmt::Write as _;

use sidecar_config::FaultCode;
use sidecar_core::code::Code;

/// What stands above the table.
const HEAD: &str = "\
# Error codes

Made by `cargo xtask docs`.

A fault says the option, where it was written, why, and in brackets the code of its kind, which stays the same from version to
version: `cookie-expire (/etc/oauth2-proxy.cfg:7:1): \"x\" is not a duration [E-CONFIG-VALUE]`. Faults of the command line end the
program with status 2, all others of the configuration with status 1.

| code | cause | remedy |
| --- | --- | --- |
";

/// The reference, as Markdown.
pub(crate) fn reference() -> String {
    let mut codes = FaultCode::ALL;
    codes.sort_by_key(|code| code.as_str());
    let mut text = HEAD.to_owned();
    for code in codes {
        let _ = writeln!(text, "| `{code}` | {} | {} |", code.cause(), code.remedy());
    }
    text.push_str(PAGES);
    for code in Code::ALL {
        let _ = writeln!(text, "| `{code}` | {} | {} |", code.cause(), code.remedy());
    }
    text
}

/// What stands above the codes of pages.
const PAGES: &str = "
## What visitors see, and what the log tells

An error page shows its code beside the request id. The log has a line with both: `a visitor sees an error page request_id=… code=…`,
and the other lines with the same request id say more than a visitor may know. Programs find the code in the header
`X-Auth-Request-Error` of the answer: at `PREFIX/auth`, `PREFIX/userinfo` and `/ready`, beside JSON, beside pages too. A request
without a session that is sent to the login, or answered with 401, is no failure and has none. Codes that end no request with an
error (`E-SESSION-…`, `E-PROVIDER-DISCOVERY`, `E-PROVIDER-CLAIMS`, `E-PROVIDER-LOGOUT`, `E-APP-CUT`, `E-APP-FILE`) are in the log alone.

| code | cause | remedy |
| --- | --- | --- |
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_one_line_with_its_cause_and_its_remedy() {
        let text = reference();
        for code in FaultCode::ALL {
            let lines: Vec<_> = text.lines().filter(|line| line.starts_with(&format!("| `{code}` |"))).collect();
            assert_eq!(lines.len(), 1, "{code}");
            assert_eq!(lines[0].matches('|').count(), 4, "{code}");
        }
    }
}
