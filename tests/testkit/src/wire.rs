//! Reading HTTP/1.1 messages off a stream (RFC 9112), lenient where a test wants to see what came.

use std::io::{self, BufRead, Read};

use crate::Headers;

/// The head of a message.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    /// Every byte up to and including the empty line.
    pub(crate) raw: Vec<u8>,
    /// The request line or status line.
    pub(crate) start_line: String,
    pub(crate) headers: Headers,
}

/// What ends a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

/// Reads one head; `None` when the stream ends before its first byte.
pub(crate) fn read_head(stream: &mut impl BufRead) -> io::Result<Option<Head>> {
    let mut raw = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    loop {
        let from = raw.len();
        if stream.read_until(b'\n', &mut raw)? == 0 {
            return if raw.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        let line: String = raw[from..].iter().map(|&byte| char::from(byte)).collect();
        let line = line.trim_end_matches(['\r', '\n']).to_owned();
        if !line.is_empty() {
            lines.push(line);
        } else if !lines.is_empty() {
            break;
        }
    }
    let mut headers = Headers::default();
    for line in &lines[1..] {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        headers.push(name, value.trim());
    }
    Ok(Some(Head { raw, start_line: lines.swap_remove(0), headers }))
}

/// Hands the body's pieces to `take` and returns the trailer lines.
pub(crate) fn read_body(
    stream: &mut impl BufRead,
    framing: Framing,
    mut take: impl FnMut(&[u8]),
) -> io::Result<Headers> {
    match framing {
        Framing::Length(length) => {
            copy_exactly(stream, length, &mut take)?;
            Ok(Headers::default())
        }
        Framing::UntilClose => {
            let mut buffer = vec![0; 65536];
            loop {
                match stream.read(&mut buffer)? {
                    0 => return Ok(Headers::default()),
                    n => take(&buffer[..n]),
                }
            }
        }
        Framing::Chunked => loop {
            let size = read_line(stream)?;
            let digits = size.split(';').next().unwrap_or_default().trim();
            let size = u64::from_str_radix(digits, 16)
                .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, format!("chunk size {digits:?}")))?;
            if size == 0 {
                return read_trailers(stream);
            }
            copy_exactly(stream, size, &mut take)?;
            read_line(stream)?;
        },
    }
}

fn read_trailers(stream: &mut impl BufRead) -> io::Result<Headers> {
    let mut trailers = Headers::default();
    loop {
        let line = read_line(stream)?;
        let Some((name, value)) = line.split_once(':') else { return Ok(trailers) };
        trailers.push(name, value.trim());
    }
}

fn read_line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    if stream.read_until(b'\n', &mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
}

fn copy_exactly(stream: &mut impl Read, mut left: u64, take: &mut impl FnMut(&[u8])) -> io::Result<()> {
    let mut buffer = vec![0; 65536];
    while left > 0 {
        let want = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        match stream.read(&mut buffer[..want])? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => {
                take(&buffer[..n]);
                left -= n as u64;
            }
        }
    }
    Ok(())
}
