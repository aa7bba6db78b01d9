//! An HTTP/2 request in the words of HTTP/1, so that everything behind reads one form.
//!
//! What RFC 9113 §8.2 forbids in a head (fields of the connection, capitals, a body of another length than it says, pseudo
//! fields twice or late) the server below has refused before anybody sees it.

use http::header::{HOST, HeaderValue};
use http::{Method, Request, Uri, uri};

use crate::inbound::Refused;

/// Makes `:authority` the one `Host` line and leaves path and query of the target (RFC 9113 §8.3.1). What `:scheme` says is
/// the client's word alone: it must be `http` or `https`, and nothing goes by it.
///
/// # Errors
/// [`Refused::Malformed`] for an authority that is not what `Host` says, another scheme, a path that is none;
/// [`Refused::Method`] for `CONNECT`.
pub(crate) fn in_origin_form<B>(request: &mut Request<B>) -> Result<(), Refused> {
    if request.method() == Method::CONNECT {
        return Err(Refused::Method);
    }
    if !matches!(request.uri().scheme_str(), Some("http" | "https")) {
        return Err(Refused::Malformed);
    }
    let Some(target) = request.uri().path_and_query().cloned() else { return Err(Refused::Malformed) };
    if !target.as_str().starts_with('/') && target.as_str() != "*" {
        return Err(Refused::Malformed);
    }
    if let Some(authority) = request.uri().authority() {
        let agrees = |line: &HeaderValue| line.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes());
        if !request.headers().get_all(HOST).iter().all(agrees) {
            return Err(Refused::Malformed);
        }
        let host = HeaderValue::from_str(authority.as_str()).map_err(|_| Refused::Malformed)?;
        request.headers_mut().insert(HOST, host);
    }
    let mut parts = uri::Parts::default();
    parts.path_and_query = Some(target);
    *request.uri_mut() = Uri::from_parts(parts).map_err(|_| Refused::Malformed)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use http::Version;

    use super::*;

    fn read(method: &str, uri: &str, hosts: &[&str]) -> Result<(String, Vec<String>), Refused> {
        let mut request = Request::builder().method(method).uri(uri).version(Version::HTTP_2);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        let mut request = request.body(()).unwrap();
        in_origin_form(&mut request)?;
        let lines = request.headers().get_all(HOST).iter().map(|line| line.to_str().unwrap().to_owned()).collect();
        Ok((request.uri().to_string(), lines))
    }

    #[test]
    fn authority_becomes_the_one_host_and_the_target_is_in_origin_form() {
        let one = |target: &str, host: &str| Ok((target.to_owned(), vec![host.to_owned()]));
        assert_eq!(read("GET", "https://app.test:8443/a?b=c", &[]), one("/a?b=c", "app.test:8443"));
        assert_eq!(read("GET", "http://app.test/", &["APP.test"]), one("/", "app.test"));
        assert_eq!(read("GET", "http://app.test/", &["app.test", "app.test"]), one("/", "app.test"));
    }

    #[test]
    fn a_host_that_says_otherwise_and_an_odd_scheme_are_malformed() {
        assert_eq!(read("GET", "https://app.test/", &["evil.test"]), Err(Refused::Malformed));
        assert_eq!(read("GET", "https://app.test/", &["app.test", "evil.test"]), Err(Refused::Malformed));
        assert_eq!(read("GET", "https://app.test/", &["app.test:443"]), Err(Refused::Malformed));
        assert_eq!(read("GET", "javascript://app.test/", &[]), Err(Refused::Malformed));
        assert_eq!(read("GET", "/without-a-scheme", &["app.test"]), Err(Refused::Malformed));
    }

    #[test]
    fn connect_is_no_method_of_ours() {
        assert_eq!(read("CONNECT", "app.test:22", &[]), Err(Refused::Method));
    }
}
