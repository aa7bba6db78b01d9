//! The part of [MessagePack] that v7's records are made of.
//!
//! [MessagePack]: https://github.com/msgpack/msgpack/blob/master/spec.md

mod read;
mod write;

pub(crate) use read::{Malformed, Reader, Token};
pub(crate) use write::Writer;

/// The extension type of timestamps.
const TIMESTAMP: i8 = -1;
