//! The look all pages of the demo share: one document, one stylesheet, no script.

use std::fmt;
use std::sync::LazyLock;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Inlined into each page, so that a page is one request.
const STYLE: &str = include_str!("style.css");

/// Allows the one inlined stylesheet, by its digest, the empty icon, and nothing else.
///
/// There is no `form-action`: the consent form is answered by a redirect to the client, which that directive blocks.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let digest = STANDARD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).expect("base64 and ASCII literals")
});

/// Which colour a page has, so that one sees at a glance whose page it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// The first app.
    Indigo,
    /// The second app.
    Green,
    /// The identity provider.
    Amber,
    /// Everything else.
    Slate,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Indigo => "indigo",
            Self::Green => "green",
            Self::Amber => "amber",
            Self::Slate => "slate",
        }
    }
}

/// A page: its title is plain text, its body is HTML whose foreign parts went through [`Escaped`].
pub(crate) struct Document<'a> {
    pub(crate) title: &'a str,
    /// Shown above the heading: whose page this is.
    pub(crate) owner: &'a str,
    pub(crate) tone: Tone,
    pub(crate) body: String,
}

impl Document<'_> {
    pub(crate) fn answer(&self, status: StatusCode) -> Response {
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (header::CONTENT_SECURITY_POLICY, POLICY.clone()),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        ];
        (status, headers, self.to_string()).into_response()
    }
}

impl fmt::Display for Document<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body class=\"{tone}\">\n\
             <header><p class=\"owner\">{owner}</p></header>\n<main>\n{body}\n</main>\n</body>\n</html>\n",
            title = Escaped(self.title),
            owner = Escaped(self.owner),
            tone = self.tone.class(),
            body = self.body,
        )
    }
}

/// Text made safe for HTML text and for attribute values in double quotes.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => write!(f, "{other}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_text_cannot_leave_an_attribute_or_open_a_tag() {
        assert_eq!(Escaped("\"><a b='c'>&").to_string(), "&quot;&gt;&lt;a b=&#39;c&#39;&gt;&amp;");
    }

    #[test]
    fn a_page_says_in_its_policy_that_only_its_own_stylesheet_counts() {
        let page = Document { title: "T", owner: "O", tone: Tone::Slate, body: String::new() };
        let answer = page.answer(StatusCode::OK);
        let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"));
        assert!(!page.to_string().contains("<script"));
    }
}
