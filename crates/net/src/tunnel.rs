//! Asking a proxy for a tunnel: `CONNECT` (RFC 9110 9.3.6).

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{BoxError, Stream, limits::MAX_PROXY_ANSWER, proxy::Proxy};

/// What a proxy said instead of opening the tunnel.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TunnelError {
    #[error("the proxy answered CONNECT with status {0}")]
    Refused(u16),
    #[error("the proxy's answer to CONNECT is not HTTP/1")]
    Malformed,
    #[error("the proxy closed the connection")]
    Closed,
}

/// Has the proxy at the other end of `stream` connect to `authority`; afterwards the stream is the tunnel.
///
/// The answer is read byte by byte up to its blank line, so that nothing of what follows is lost; it happens once per
/// connection.
pub(crate) async fn open(stream: &mut Stream, authority: &str, proxy: &Proxy) -> Result<(), BoxError> {
    let mut request = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n").into_bytes();
    if let Some(value) = &proxy.authorization {
        request.extend_from_slice(b"Proxy-Authorization: ");
        request.extend_from_slice(value.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    stream.write_all(&request).await?;
    stream.flush().await?;

    let mut answer = Vec::with_capacity(256);
    while !answer.ends_with(b"\r\n\r\n") && !answer.ends_with(b"\n\n") {
        let mut byte = [0];
        if stream.read(&mut byte).await? == 0 {
            return Err(TunnelError::Closed.into());
        }
        answer.extend_from_slice(&byte);
        if answer.len() > MAX_PROXY_ANSWER {
            return Err(TunnelError::Malformed.into());
        }
    }
    match status(&answer).ok_or(TunnelError::Malformed)? {
        200..=299 => Ok(()),
        other => Err(TunnelError::Refused(other).into()),
    }
}

/// The status of `HTTP/1.x NNN …`.
fn status(answer: &[u8]) -> Option<u16> {
    let line = answer.split(|byte| *byte == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?;
    let mut words = line.trim_end().split(' ');
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    words.next().filter(|code| code.len() == 3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_status_line_has_a_status() {
        assert_eq!(status(b"HTTP/1.1 200 OK\r\n\r\n"), Some(200));
        assert_eq!(status(b"HTTP/1.0 407\r\n\r\n"), Some(407));
        for bad in
            [&b"HTTP/2 200 OK\r\n\r\n"[..], b"\r\n\r\n", b"HTTP/1.1  200\n\n", b"HTTP/1.1 20000\n\n", b"\xff\n\n"]
        {
            assert_eq!(status(bad), None);
        }
    }
}
