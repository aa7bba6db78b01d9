//! A file on its way to a visitor.

use std::{
    fs::File,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use http_body::Frame;
use sidecar_net::BoxError;
use tokio::io::{AsyncRead, ReadBuf};

/// How much of a file is read at a time.
const CHUNK: usize = 64 * 1024;

/// So much of an open file.
#[derive(Debug)]
pub(crate) struct FileBody {
    file: tokio::fs::File,
    remaining: u64,
    buffer: BytesMut,
}

impl FileBody {
    pub(super) fn new(file: File, length: u64) -> Self {
        Self { file: tokio::fs::File::from_std(file), remaining: length, buffer: BytesMut::new() }
    }

    pub(crate) fn remaining(&self) -> u64 {
        self.remaining
    }

    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.remaining == 0 {
            return Poll::Ready(None);
        }
        let wanted = usize::try_from(self.remaining).unwrap_or(CHUNK).min(CHUNK);
        self.buffer.resize(wanted, 0);
        let mut chunk = ReadBuf::new(&mut self.buffer);
        ready!(Pin::new(&mut self.file).poll_read(cx, &mut chunk))?;
        let length = chunk.filled().len();
        if length == 0 {
            let shrunk = io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter");
            return Poll::Ready(Some(Err(shrunk.into())));
        }
        self.remaining -= length as u64;
        Poll::Ready(Some(Ok(Frame::data(self.buffer.split_to(length).freeze()))))
    }
}
