//! The picture on top of the sign-in page, as our page shows it and as custom pages get it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sidecar_core::html::escape;

use crate::settings::Logo;

/// The lock that stands for us. It draws in the colour of the text around it where no stylesheet says otherwise.
const MARK: &str = include_str!("mark.svg");

/// An image that may come from anywhere over TLS.
const ANY_HTTPS: &str = "https:";

impl Logo {
    /// The markup for custom pages, as v7 makes it.
    pub(super) fn markup(&self) -> String {
        match self {
            Self::BuiltIn => MARK.to_owned(),
            Self::Hidden => String::new(),
            Self::Remote(url) => format!("<img src=\"{url}\" alt=\"Logo\" />"),
            Self::Svg(text) => text.clone(),
            Self::Raster { media_type, content } => {
                format!("<img src=\"{}\" alt=\"Logo\" />", data_url(media_type, content))
            }
        }
    }

    /// The markup for our own page. A drawing is shown as an image: as part of the page its styles would need leave from
    /// the page's policy, and as an image it can neither run scripts nor load anything.
    pub(super) fn shown(&self) -> String {
        let image = |source: &str| format!("<img class=\"logo\" src=\"{source}\" alt=\"Logo\">");
        match self {
            Self::BuiltIn => MARK.to_owned(),
            Self::Hidden => String::new(),
            Self::Remote(url) => image(&escape(url)),
            Self::Svg(text) => image(&data_url("image/svg+xml", text.as_bytes())),
            Self::Raster { media_type, content } => image(&data_url(media_type, content)),
        }
    }

    /// What `img-src` of the page's policy must allow beside data URLs (CSP Level 3 §2.3.1).
    pub(super) fn origin(&self) -> Option<&str> {
        match self {
            Self::Remote(url) => Some(origin(url)),
            Self::BuiltIn | Self::Hidden | Self::Svg(_) | Self::Raster { .. } => None,
        }
    }
}

fn data_url(media_type: &str, content: &[u8]) -> String {
    format!("data:{media_type};base64,{}", STANDARD.encode(content))
}

/// Scheme, host and port of an `https` URL. A host that a policy cannot name (an address in brackets, letters beyond
/// ASCII, a user name before it) leaves the scheme.
fn origin(url: &str) -> &str {
    let rest = url.strip_prefix("https://").unwrap_or_default();
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let nameable = !host.is_empty() && host.bytes().all(plain) && digits;
    let origin = rest.strip_prefix(authority).and_then(|behind| url.strip_suffix(behind));
    origin.filter(|_| nameable).unwrap_or(ANY_HTTPS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_logo_opens_the_policy_for_its_origin_alone() {
        for (url, allowed) in [
            ("https://cdn.example.com/a.png?x=1", "https://cdn.example.com"),
            ("https://cdn.example.com:8443", "https://cdn.example.com:8443"),
            ("https://cdn.example.com#x", "https://cdn.example.com"),
            ("https://cdn.example.com:/a.png", "https:"),
            ("https://a.example.com; script-src *", "https:"),
            ("https://a.example.com, x/y.png", "https:"),
            ("https://[::1]/a.png", "https:"),
            ("https://user@host/a.png", "https:"),
            ("https://bücher.example/a.png", "https:"),
            ("https://", "https:"),
        ] {
            assert_eq!(Logo::Remote(url.to_owned()).origin(), Some(allowed), "{url}");
        }
        assert_eq!(Logo::Svg("<svg/>".into()).origin(), None);
    }

    #[test]
    fn our_page_shows_a_drawing_as_an_image_and_a_custom_page_gets_it_as_it_is() {
        let drawing = "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
        let logo = Logo::Svg(drawing.into());
        assert!(logo.shown().starts_with("<img class=\"logo\" src=\"data:image/svg+xml;base64,PHN2Zy"));
        assert!(!logo.shown().contains("<script>"));
        assert_eq!(logo.markup(), drawing);
    }

    #[test]
    fn a_picture_is_written_into_the_page() {
        let logo = Logo::Raster { media_type: "image/png", content: bytes::Bytes::from_static(b"\x89PNG") };
        assert_eq!(logo.markup(), "<img src=\"data:image/png;base64,iVBORw==\" alt=\"Logo\" />");
    }

    #[test]
    fn the_url_of_a_logo_cannot_leave_its_attribute_on_our_page() {
        let logo = Logo::Remote("https://a/\"><script>".into());
        assert_eq!(logo.shown(), "<img class=\"logo\" src=\"https://a/&#34;&gt;&lt;script&gt;\" alt=\"Logo\">");
    }
}
