//! The values that templates work on.

use std::borrow::Cow;

/// A value as a template sees it.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// No value; Go's `nil`.
    #[default]
    Nil,
    /// Go's `bool`.
    Bool(bool),
    /// Go's `int`, and its other whole numbers.
    Int(i64),
    /// Go's `float64`.
    Float(f64),
    /// Go's `string`: foreign text, escaped wherever it is printed.
    Text(String),
    /// Go's `template.HTML`: markup that is trusted as it is. Only what the operator wrote may become this.
    Html(String),
    /// Go's slice of anything.
    List(Vec<Value>),
    /// Go's struct.
    Record(Record),
}

/// Named values in a fixed order; a field that is not there is an error to ask for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    fields: Vec<(Cow<'static, str>, Value)>,
}

impl Record {
    /// A record without fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same record with one more field.
    #[must_use]
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }

    /// The field of that name, spelled exactly so.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    /// All fields in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.fields.iter().map(|(name, value)| (name.as_ref(), value))
    }
}

impl Value {
    /// Whether `if` takes it for true: not zero, not empty, not nil. A record always is.
    #[must_use]
    pub fn is_true(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Text(value) | Self::Html(value) => !value.is_empty(),
            Self::List(items) => !items.is_empty(),
            Self::Record(_) => true,
        }
    }

    /// Go's name of the type.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Nil => "nil",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
            Self::Html(_) => "template.HTML",
            Self::List(_) => "[]interface {}",
            Self::Record(_) => "struct",
        }
    }

    /// The text of a value that is text, trusted or not.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Html(text) => Some(text),
            Self::Nil | Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::List(_) | Self::Record(_) => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<Record> for Value {
    fn from(record: Record) -> Self {
        Self::Record(record)
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Self::List(items)
    }
}
