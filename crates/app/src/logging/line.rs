//! What one line looks like (pages-and-logs 6.1).

use std::io::Write as _;

use http::Version;
use sidecar_gateway::{AuthLine, ClientLabel, RequestLine};

use super::stamp::Stamp;

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
    pub(crate) fn auth(&mut self, auth: &AuthLine<'_>, stamp: &Stamp) {
        #[expect(clippy::disallowed_methods, reason = "a log line is stamped when it is written")]
        let now = std::time::SystemTime::now();
        self.head(auth.client, auth.request_id, auth.username, now, stamp);
        self.text(" [");
        self.text(auth.status.as_str());
        self.text("] ");
        self.plain(auth.message);
    }

    /// `[TIME] [FILE:LINE] `, before a line of the program's own.
    pub(crate) fn standard_head(&mut self, place: (&str, u32), stamp: &Stamp) {
        #[expect(clippy::disallowed_methods, reason = "a log line is stamped when it is written")]
        let now = std::time::SystemTime::now();
        self.text("[");
        stamp.with(now, |text| self.text(text));
        let _ = write!(self.0, "] [{}:{}] ", place.0, place.1);
    }

    fn head(
        &mut self,
        client: ClientLabel,
        id: &sidecar_core::request_id::RequestId,
        username: Option<&str>,
        time: std::time::SystemTime,
        stamp: &Stamp,
    ) {
        let _ = match client {
            ClientLabel::Peer(address) => write!(self.0, "{address}"),
            ClientLabel::Address(ip) => write!(self.0, "{ip}"),
            ClientLabel::UnixPeer => write!(self.0, "@"),
            ClientLabel::Unknown => Ok(()),
        };
        let _ = write!(self.0, " - {id} - ");
        self.plain(username.unwrap_or("-"));
        self.text(" [");
        stamp.with(time, |text| self.text(text));
        self.text("]");
    }

    /// Our own words.
    pub(crate) fn text(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Somebody else's words on one line: control characters and line separators, those beyond ASCII too, are escaped,
    /// the rest stays as it is.
    pub(crate) fn plain(&mut self, text: &str) {
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return self.text(text);
        }
        for c in text.chars() {
            if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
                let _ = write!(self.0, "{}", c.escape_default());
            } else {
                let _ = write!(self.0, "{c}");
            }
        }
    }

    /// A text in double quotes, as Go's `%q` writes it.
    fn quoted(&mut self, text: &[u8]) {
        self.0.push(b'"');
        if text.iter().all(|byte| matches!(byte, b' '..=b'~') && *byte != b'"' && *byte != b'\\') {
            self.0.extend_from_slice(text);
        } else {
            for chunk in text.utf8_chunks() {
                chunk.valid().chars().for_each(|c| self.quoted_char(c));
                for byte in chunk.invalid() {
                    let _ = write!(self.0, "\\x{byte:02x}");
                }
            }
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
            '\u{80}'..='\u{a0}' | '\u{ad}' | '\u{2028}' | '\u{2029}' => write!(self.0, "\\u{:04x}", c as u32),
            c => write!(self.0, "{c}"),
        };
    }
}

fn protocol(version: Version) -> &'static str {
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
    }

    #[test]
    fn a_foreign_text_cannot_begin_a_new_line() {
        assert_eq!(written(|line| line.plain("a\r\nforged\u{85}")), "a\\r\\nforged\\u{85}");
        assert_eq!(written(|line| line.plain("é\u{9b}2J\u{85}\u{2028}")), "é\\u{9b}2J\\u{85}\\u{2028}");
    }
}
