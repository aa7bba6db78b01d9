//! `GAP-Signature`: proof to the app that a request came through us (`signature-key`).

use std::pin::Pin;

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header, request};
use http_body::Body as _;
use hyper::body::Incoming;
use md5::{Digest as _, Md5};
use sidecar_core::{Secret, form::percent_decode};

use crate::{
    Body, Fault, ForwardError,
    body::Sent,
    exchange::{Asked, Exchange},
    identity::Identity,
    inject::GAP_AUTH,
    limits::MAX_SIGNED_BODY,
};

const GAP_SIGNATURE: HeaderName = HeaderName::from_static("gap-signature");

/// What is signed beside method, target and body. The last but four is a name of old, which nothing writes any more.
static SIGNED: [HeaderName; 11] = [
    header::CONTENT_LENGTH,
    HeaderName::from_static("content-md5"),
    header::CONTENT_TYPE,
    header::DATE,
    header::AUTHORIZATION,
    HeaderName::from_static("x-forwarded-user"),
    HeaderName::from_static("x-forwarded-email"),
    HeaderName::from_static("x-forwarded-preferred-user"),
    HeaderName::from_static("x-forwarded-access-token"),
    header::COOKIE,
    GAP_AUTH,
];

/// How requests to apps are signed.
#[derive(Debug, Clone)]
pub struct Signature {
    /// The hash of the MAC.
    pub algorithm: Algorithm,
    /// The key, which the app knows too. Not empty.
    pub key: Secret<String>,
}

/// The hash that a request is signed with, as an HMAC (RFC 2104).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// MD5, for old apps.
    Md5,
    /// SHA-1, for old apps.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    const ALL: [Self; 6] = [Self::Md5, Self::Sha1, Self::Sha224, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The algorithm of that name, in lower case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// Its name, as the option and the header say it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha224 => "sha224",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// The MAC of `parts`, one after the other.
    fn mac(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        let algorithm = match self {
            Self::Md5 => return hmac_md5(key, parts),
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha224 => hmac::HMAC_SHA224,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        };
        let mut context = hmac::Context::with_key(&hmac::Key::new(algorithm, key));
        for part in parts {
            context.update(part);
        }
        context.sign().as_ref().to_vec()
    }
}

/// RFC 2104 over MD5, which aws-lc leaves out.
fn hmac_md5(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    const BLOCK: usize = 64;
    let digest = Md5::digest(key);
    let key = if key.len() > BLOCK { &digest } else { key };
    let mut block = [0; BLOCK];
    block.iter_mut().zip(key).for_each(|(place, byte)| *place = *byte);
    let mut inner = Md5::new_with_prefix(block.map(|byte| byte ^ 0x36));
    for part in parts {
        inner.update(part);
    }
    Md5::new_with_prefix(block.map(|byte| byte ^ 0x5c)).chain_update(inner.finalize()).finalize().to_vec()
}

impl Signature {
    /// Writes `GAP-Auth`, the visitor's e-mail address or name as the answer has it, and the signature of the head as it
    /// is now and of `body`.
    fn sign(&self, parts: &mut request::Parts, identity: &Identity, body: &[u8]) {
        let name = identity.gap_auth.clone().unwrap_or(HeaderValue::from_static(""));
        parts.headers.insert(GAP_AUTH, name);
        let head = signed_head(parts);
        let mac = self.algorithm.mac(self.key.expose().as_bytes(), &[&head, body]);
        let text = format!("{} {}", self.algorithm.name(), STANDARD.encode(mac));
        if let Ok(value) = HeaderValue::try_from(text) {
            parts.headers.insert(GAP_SIGNATURE, value);
        }
    }
}

/// The text that is signed, short of the body.
fn signed_head(parts: &request::Parts) -> Vec<u8> {
    let mut text = parts.method.as_str().as_bytes().to_vec();
    text.push(b'\n');
    for name in &SIGNED {
        let lines: Vec<&[u8]> = parts.headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
        text.extend(lines.join(&b","[..]));
        text.push(b'\n');
    }
    let path = parts.uri.path();
    text.extend(percent_decode(path).unwrap_or_else(|| path.as_bytes().to_vec()));
    if let Some(query) = parts.uri.query().filter(|query| !query.is_empty()) {
        text.push(b'?');
        text.extend(query.as_bytes());
    }
    text.push(b'\n');
    text
}

impl Exchange<'_> {
    /// Sends a request whose head is ready, with a signature, once all of its body is there.
    pub(crate) async fn run_signed(
        &self,
        signature: &Signature,
        mut parts: request::Parts,
        incoming: Incoming,
        asked: Asked,
        identity: &Identity,
    ) -> Result<Response<Body>, ForwardError> {
        let has_length = incoming.size_hint().exact().is_some();
        let body = self.collect(incoming).await?;
        frame(&mut parts, has_length, body.len());
        signature.sign(&mut parts, identity, &body);
        let sent = if body.is_empty() {
            self.send_bodiless(parts, &asked).await?
        } else {
            self.send_whole(parts, body).await?
        };
        self.receive(sent, asked)
    }

    async fn collect(&self, incoming: Incoming) -> Result<Bytes, ForwardError> {
        let too_large = || self.failed(Fault::TooLarge, None);
        if incoming.size_hint().lower() > MAX_SIGNED_BODY as u64 {
            return Err(too_large());
        }
        let mut upload = Body::upload(incoming, Sent::default());
        let mut body = BytesMut::new();
        while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut upload).poll_frame(cx)).await {
            let frame = frame.map_err(|_| self.failed(Fault::Visitor, None))?;
            let Some(piece) = frame.data_ref() else { continue };
            if body.len() + piece.len() > MAX_SIGNED_BODY {
                return Err(too_large());
            }
            body.extend_from_slice(piece);
        }
        Ok(body.freeze())
    }
}

/// Says how the body is framed, as the visitor did, so that the signature covers what the app reads.
fn frame(parts: &mut request::Parts, has_length: bool, length: usize) {
    let says_zero = [Method::POST, Method::PUT, Method::PATCH].contains(&parts.method);
    let headers: &mut HeaderMap = &mut parts.headers;
    if length > 0 && !has_length {
        headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    } else if length > 0 || says_zero {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn every_algorithm_of_the_option_gives_the_macs_of_its_standard() {
        // RFC 2202 and RFC 4231, test case 2.
        let data: [&[u8]; 2] = [b"what do ya want ", b"for nothing?"];
        for (name, start) in [
            ("md5", "750c783e6ab0b503eaa86e310a5db738"),
            ("sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            ("sha224", "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"),
            ("sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (
                "sha384",
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
            ),
            (
                "sha512",
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ),
        ] {
            let mac = Algorithm::named(name).unwrap().mac(b"Jefe", &data);
            let standard: Vec<u8> =
                (0..start.len()).step_by(2).map(|at| u8::from_str_radix(&start[at..at + 2], 16).unwrap()).collect();
            assert_eq!(mac, standard, "{name}");
        }
        // RFC 2202, case 6: a key longer than a block.
        let mac = hmac_md5(&[0xaa; 80], &[b"Test Using Larger Than Block-Size Key - Hash Key First"]);
        assert_eq!(mac[..4], [0x6b, 0x1a, 0xb7, 0xfe]);
        for name in ["", "SHA256", "md4", "sha512-256"] {
            assert_eq!(Algorithm::named(name), None);
        }
    }

    #[test]
    fn the_signed_text_names_what_the_app_receives() {
        let request = Request::post("/p%61th/%0a?q=%20&r")
            .header("cookie", "z=1")
            .header("content-type", "a,b")
            .header("x-forwarded-user", "alice")
            .header("gap-auth", "alice@example.com")
            .header("x-other", "left out");
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        frame(&mut parts, true, 3);
        let text = String::from_utf8(signed_head(&parts)).unwrap();
        let expected = "POST\n3\n\na,b\n\n\nalice\n\n\n\nz=1\nalice@example.com\n/path/\n?q=%20&r\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_body_is_framed_as_it_came() {
        let framed = |method: &str, has_length, length| {
            let request = Request::builder().method(method).body(()).unwrap();
            let mut parts = request.into_parts().0;
            frame(&mut parts, has_length, length);
            let value = |name| parts.headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap().to_owned());
            (value(header::CONTENT_LENGTH), value(header::TRANSFER_ENCODING))
        };
        assert_eq!(framed("GET", true, 0), (None, None));
        assert_eq!(framed("PUT", true, 0), (Some("0".into()), None));
        assert_eq!(framed("GET", true, 7), (Some("7".into()), None));
        assert_eq!(framed("POST", false, 7), (None, Some("chunked".into())));
        assert_eq!(framed("POST", false, 0), (Some("0".into()), None));
    }
}
