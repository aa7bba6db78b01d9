//! YAML documents as trees whose nodes know where they were written.
//!
//! What a scalar is, what `<<` merges and which keys collide follow Go's yaml.v3, in which both oauth2-proxy and Kubernetes
//! read their files: `yes` is a text, `0777` is an octal number, a key may be there once.
//!
//! Nothing of a document is repeated in an [`Error`]: it may hold secrets. A document of any bytes takes memory in
//! proportion to its size: aliases are copied, but only up to [`MAX_NODES`].

#![cfg_attr(not(test), warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice))]

mod build;
mod limits;
mod node;
mod scalar;

pub use build::{Error, documents, first};
pub use limits::{MAX_DEPTH, MAX_NODES};
pub use node::{Entry, Node, Position, Value};
