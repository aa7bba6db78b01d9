//! The address of one of the provider's endpoints.

use std::fmt;
use std::sync::Arc;

use http::Uri;
use url::Url;

/// An absolute `http` or `https` URL with a host and without credentials.
///
/// Its text in logs and errors ends before the query: an operator may have put a key there.
/// Clones are cheap.
#[derive(Clone, PartialEq, Eq)]
pub struct EndpointUrl(Arc<Parts>);

#[derive(PartialEq, Eq)]
struct Parts {
    url: Url,
    uri: Uri,
}

/// Why a text is no [`EndpointUrl`]. Never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointUrlError {
    /// Not an absolute URL.
    #[error("not an absolute URL")]
    Malformed,
    /// A scheme other than `http` and `https`.
    #[error("the scheme is neither http nor https")]
    Scheme,
    /// No host.
    #[error("the host is missing")]
    Host,
    /// A user name or password before the host.
    #[error("credentials in the URL are not sent anywhere")]
    Credentials,
}

impl EndpointUrl {
    /// Parses what an operator or the provider's metadata wrote.
    ///
    /// # Errors
    /// [`EndpointUrlError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, EndpointUrlError> {
        if has_odd_host(text) {
            return Err(EndpointUrlError::Malformed);
        }
        let url = Url::parse(text).map_err(|_| EndpointUrlError::Malformed)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(EndpointUrlError::Scheme);
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(EndpointUrlError::Host);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointUrlError::Credentials);
        }
        let request_part = url.as_str().split('#').next().unwrap_or_default();
        let uri = request_part.parse().map_err(|_| EndpointUrlError::Malformed)?;
        Ok(Self(Arc::new(Parts { url, uri })))
    }

    /// The URL of a text in our own source.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a fault of the source, which its tests meet")]
    pub fn from_static(text: &'static str) -> Self {
        Self::parse(text).expect("a URL of our own")
    }

    /// The whole URL, query and fragment included.
    #[must_use]
    pub fn as_url(&self) -> &Url {
        &self.0.url
    }

    /// What a request is sent to: the URL without its fragment.
    #[must_use]
    pub fn to_uri(&self) -> Uri {
        self.0.uri.clone()
    }

    /// Whether connections to it are encrypted.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.url.scheme() == "https"
    }

    /// The same origin with another path and query; there is no fragment. The path may come from anybody: what is not fit
    /// for a path is percent-encoded.
    ///
    /// # Errors
    /// [`EndpointUrlError::Malformed`] when it becomes too long.
    pub fn with_path_and_query(&self, path: &str, query: Option<&str>) -> Result<Self, EndpointUrlError> {
        let mut url = self.0.url.clone();
        url.set_path(path);
        url.set_query(query);
        url.set_fragment(None);
        Self::parse(url.as_str())
    }

    /// Whether scheme, host and port are those of `other`.
    #[must_use]
    pub fn is_same_origin(&self, other: &Self) -> bool {
        self.0.url.origin() == other.0.url.origin()
    }

    /// The URL that a relative or absolute `reference` means, seen from this one (RFC 3986 §5).
    pub(crate) fn join(&self, reference: &str) -> Result<Self, EndpointUrlError> {
        if has_odd_host(reference) {
            return Err(EndpointUrlError::Malformed);
        }
        let joined = self.0.url.join(reference).map_err(|_| EndpointUrlError::Malformed)?;
        Self::parse(joined.as_str())
    }
}

/// Whether the host is written with letters beyond ASCII or with percent escapes. International names have an `xn--` form,
/// and without the tables of Unicode, which are not linked, the parser of URLs cannot make it; it may not even be asked.
fn has_odd_host(reference: &str) -> bool {
    // As the parser does: these are not there.
    let reference = reference.trim_start_matches(|letter| letter <= ' ').replace(['\t', '\n', '\r'], "");
    let is_scheme = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let slashes = ['/', '\\'];
    let rest = match reference.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => rest,
        _ if reference.starts_with(slashes) && reference.get(1..).is_some_and(|rest| rest.starts_with(slashes)) => {
            reference.as_str()
        }
        _ => return false,
    };
    let authority = rest.trim_start_matches(slashes).split(['/', '\\', '?', '#']).next().unwrap_or_default();
    !authority.is_ascii() || authority.contains('%')
}

impl fmt::Display for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.0.url.origin().ascii_serialization(), self.0.url.path())
    }
}

impl fmt::Debug for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EndpointUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_urls_with_a_host_and_without_credentials_are_endpoints() {
        for (text, error) in [
            ("/token", EndpointUrlError::Malformed),
            ("", EndpointUrlError::Malformed),
            ("file:///etc/passwd", EndpointUrlError::Scheme),
            ("gopher://idp.example/", EndpointUrlError::Scheme),
            ("https://", EndpointUrlError::Malformed),
            ("https://u:p@idp.example/", EndpointUrlError::Credentials),
            ("https://u@idp.example/", EndpointUrlError::Credentials),
            ("https://:p@idp.example/", EndpointUrlError::Credentials),
        ] {
            assert_eq!(EndpointUrl::parse(text), Err(error), "{text}");
        }
        assert!(EndpointUrl::parse("http://127.0.0.1:9000/token?x=1").is_ok());
    }

    #[test]
    fn a_host_that_is_not_written_in_ascii_is_refused_before_the_parser_meets_it() {
        // Found by fuzzing: in a build with debug assertions the parser of URLs panics at a capital letter beside one of these.
        let base = EndpointUrl::parse("https://idp.example/a/b").unwrap();
        for text in [
            "https://IDP\u{e9}.example/",
            "https://IDP%C3%A9.example/",
            " https:\\\\IDP\u{e9}.example/",
            "ht\ttps:/\n/IDP\u{e9}.example/",
            "https:IDP\u{e9}.example",
        ] {
            assert_eq!(EndpointUrl::parse(text), Err(EndpointUrlError::Malformed), "{text:?}");
            assert_eq!(base.join(text), Err(EndpointUrlError::Malformed), "{text:?}");
        }
        assert_eq!(base.join("//IDP\u{e9}.example/"), Err(EndpointUrlError::Malformed));
        assert_eq!(base.join("/\\IDP\u{e9}.example/"), Err(EndpointUrlError::Malformed));
        assert!(EndpointUrl::parse("https://xn--bcher-kva.example/%C3%A9/\u{e9}?A=\u{e9}").is_ok());
        assert!(base.join("/IDP\u{e9}:%C3%A9").is_ok());
    }

    #[test]
    fn its_text_ends_before_the_query() {
        let endpoint = EndpointUrl::parse("https://idp.example:8443/token?key=marked#f").unwrap();
        assert_eq!(endpoint.to_string(), "https://idp.example:8443/token");
        assert_eq!(format!("{endpoint:?}"), "EndpointUrl(https://idp.example:8443/token)");
        assert_eq!(endpoint.to_uri().query(), Some("key=marked"));
    }
}
