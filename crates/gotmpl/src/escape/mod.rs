//! Contextual escaping.

use crate::error::TemplateError;
use crate::parse::Definitions;
use crate::set::Bodies;
use crate::tree::Target;
use crate::value::Value;

/// One way to make a value safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escaper {
    /// HTML.
    Html,
}

/// Escapes.
pub(crate) fn escape<'a>(
    definitions: &Definitions,
    _entries: impl Iterator<Item = &'a str>,
) -> Result<Bodies, TemplateError> {
    Ok(definitions.iter().map(|(name, body)| (Target { name: name.clone(), form: 0 }, body.clone())).collect())
}

/// Applies.
pub(crate) fn apply(_escapers: &[Escaper], value: &Value) -> String {
    crate::encode::html(&value.to_string())
}
