//! What one line looks like.

use std::io::Write as _;
use std::time::SystemTime;

use http::Version;
use sidecar_gateway::{AuthLine, ClientLabel, RequestLine};

use super::stamp::Stamp;
use crate::limits::MAX_LOG_VALUE;

/// What stands where something was cut off.
const CUT: &str = "\u{2026}";

/// A line in the making.
pub(crate) struct Line<'a>(&'a mut Vec<u8>);

impl<'a> Line<'a> {
    pub(crate) fn new(buffer: &'a mut Vec<u8>) -> Self {
        Self(buffer)
    }

    /// `CLIENT - ID - USER [TIME] HOST METHOD UPSTREAM "URI" PROTOCOL "AGENT" STATUS SIZE DURATION`
    pub(crate) fn request(&mut self, request: &RequestLine<'_>, stamp: &Stamp) {
        self.head(request.client, request.request_id, request.username, request.started, stamp);
        self.text(" ");
        self.plain(request.host);
        self.text(" ");
        self.plain(request.method.as_str());
        self.text(" ");
        self.plain(request.upstream.unwrap_or("-"));
        self.text(" ");
        self.quoted(request.uri.as_bytes());
        self.text(" ");
        self.text(protocol(request.version));
        self.text(" ");
        self.quoted(request.user_agent);
        let _ = write!(self.0, " {} {} {:.3}", request.status, request.size, request.duration.as_secs_f64());
    }

    /// `CLIENT - ID - USER [TIME] [STATUS] MESSAGE`
    pub(crate) fn auth(&mut self, auth: &AuthLine<'_>, now: SystemTime, stamp: &Stamp) {
        self.head(auth.client, auth.request_id, auth.username, now, stamp);
        self.text(" [");
        self.text(auth.status.as_str());
        self.text("] ");
        self.plain(auth.message);
    }

    /// `[TIME] [FILE:LINE] MESSAGE`
    pub(crate) fn standard(&mut self, place: (&str, u32), message: &str, now: SystemTime, stamp: &Stamp) {
        self.text("[");
        stamp.with(now, |text| self.text(text));
        let _ = write!(self.0, "] [{}:{}] ", place.0, place.1);
        self.plain(message);
    }

    fn head(
        &mut self,
        client: ClientLabel,
        id: &sidecar_core::request_id::RequestId,
        username: Option<&str>,
        time: SystemTime,
        stamp: &Stamp,
    ) {
        self.client(client);
        let _ = write!(self.0, " - {id} - ");
        self.plain(username.unwrap_or("-"));
        self.text(" [");
        stamp.with(time, |text| self.text(text));
        self.text("]");
    }

    /// Who asked.
    pub(super) fn client(&mut self, client: ClientLabel) {
        let _ = match client {
            ClientLabel::Peer(address) => write!(self.0, "{address}"),
            ClientLabel::Address(ip) => write!(self.0, "{ip}"),
            ClientLabel::UnixPeer => write!(self.0, "@"),
            ClientLabel::Unknown => Ok(()),
        };
    }

    /// Our own words.
    pub(crate) fn text(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Somebody else's words on one line: what is not printable, line separators among it, is escaped, the rest stays as
    /// it is.
    pub(crate) fn plain(&mut self, text: &str) {
        if text.len() <= MAX_LOG_VALUE && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return self.text(text);
        }
        let (kept, cut) = text.split_at(text.floor_char_boundary(MAX_LOG_VALUE));
        for c in kept.chars() {
            let _ = if is_printable(c) { write!(self.0, "{c}") } else { write!(self.0, "{}", c.escape_default()) };
        }
        if !cut.is_empty() {
            self.text(CUT);
        }
    }

    /// A text in double quotes, as Go's `%q` writes it.
    pub(super) fn quoted(&mut self, text: &[u8]) {
        self.0.push(b'"');
        let (kept, cut) = text.split_at_checked(MAX_LOG_VALUE).unwrap_or((text, b""));
        if kept.iter().all(|byte| matches!(byte, b' '..=b'~') && *byte != b'"' && *byte != b'\\') {
            self.0.extend_from_slice(kept);
        } else {
            for chunk in kept.utf8_chunks() {
                chunk.valid().chars().for_each(|c| self.quoted_char(c));
                for byte in chunk.invalid() {
                    let _ = write!(self.0, "\\x{byte:02x}");
                }
            }
        }
        if !cut.is_empty() {
            self.text(CUT);
        }
        self.0.push(b'"');
    }

    fn quoted_char(&mut self, c: char) {
        let _ = match c {
            '"' => write!(self.0, "\\\""),
            '\\' => write!(self.0, "\\\\"),
            '\n' => write!(self.0, "\\n"),
            '\r' => write!(self.0, "\\r"),
            '\t' => write!(self.0, "\\t"),
            '\u{7}' => write!(self.0, "\\a"),
            '\u{8}' => write!(self.0, "\\b"),
            '\u{c}' => write!(self.0, "\\f"),
            '\u{b}' => write!(self.0, "\\v"),
            '\0'..='\u{1f}' | '\u{7f}' => write!(self.0, "\\x{:02x}", c as u32),
            c if is_printable(c) => write!(self.0, "{c}"),
            ..='\u{ffff}' => write!(self.0, "\\u{:04x}", c as u32),
            c => write!(self.0, "\\U{:08x}", c as u32),
        };
    }
}

/// Whether a character shows itself as one on a line; of blanks only the usual one.
fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    // The letter before keeps a combining mark from being escaped for standing first.
    let mut pair = [b'a', 0, 0, 0, 0];
    let [_, behind @ ..] = &mut pair;
    let length = c.encode_utf8(behind).len();
    let pair = pair.get(..=length).and_then(|pair| std::str::from_utf8(pair).ok());
    pair.is_some_and(|pair| pair.escape_debug().count() == 2)
}

pub(super) fn protocol(version: Version) -> &'static str {
    if version == Version::HTTP_10 {
        "HTTP/1.0"
    } else if version == Version::HTTP_2 {
        "HTTP/2.0"
    } else {
        "HTTP/1.1"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Line<'_>)) -> String {
        let mut buffer = Vec::new();
        write(&mut Line::new(&mut buffer));
        String::from_utf8(buffer).unwrap()
    }

    #[test]
    fn quoting_is_that_of_go() {
        assert_eq!(written(|line| line.quoted(b"a\"b\\\xe9")), r#""a\"b\\\xe9""#);
        assert_eq!(written(|line| line.quoted("é\n\u{1}\u{7f}\u{85}".as_bytes())), r#""é\n\x01\x7f\u0085""#);
        assert_eq!(
            written(|line| line.quoted("\u{200b}\u{e0001}e\u{301}😀".as_bytes())),
            "\"\\u200b\\U000e0001e\u{301}😀\""
        );
    }

    #[test]
    fn a_foreign_text_cannot_begin_a_new_line() {
        assert_eq!(written(|line| line.plain("a\r\nforged\u{85}")), "a\\r\\nforged\\u{85}");
        assert_eq!(written(|line| line.plain("é\u{9b}2J\u{85}\u{2028}")), "é\\u{9b}2J\\u{85}\\u{2028}");
        assert_eq!(written(|line| line.plain("a\u{202e}b\u{feff}")), "a\\u{202e}b\\u{feff}", "text that turns around");
    }

    #[test]
    fn a_text_that_is_too_long_for_a_line_is_cut_between_characters() {
        let long = "é".repeat(MAX_LOG_VALUE);
        assert_eq!(written(|line| line.plain(&long)), format!("{}…", "é".repeat(MAX_LOG_VALUE / 2)));
        let long = "x".repeat(MAX_LOG_VALUE + 1);
        assert_eq!(written(|line| line.quoted(long.as_bytes())), format!("\"{}…\"", "x".repeat(MAX_LOG_VALUE)));
    }
}
