//! JSON whose objects keep the order they were written in, for files that people read.

use anyhow::{Context as _, Result};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::ser::{PrettyFormatter, Serializer};

/// A value.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Json {
    /// `true` or `false`
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// An object.
    Object(Object),
}

/// The properties of an object, in their order.
pub(crate) type Object = IndexMap<String, Json>;

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl<const N: usize> From<[(&str, Json); N]> for Json {
    fn from(properties: [(&str, Json); N]) -> Self {
        Self::Object(properties.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

/// The value as a file: one space of indentation per level, and a line break at the end.
pub(crate) fn print(value: &Json) -> Result<String> {
    let mut bytes = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b" ")))?;
    bytes.push(b'\n');
    String::from_utf8(bytes).context("JSON is text")
}
