//! Equality and order, as Go's templates have them: only values of one kind compare.

use std::cmp::Ordering;

use crate::error::Fault;
use crate::value::Value;

fn unlike(left: &Value, right: &Value) -> Fault {
    Fault::Comparison(left.type_name(), right.type_name())
}

/// Whether `eq` calls them equal.
pub(crate) fn equal(left: &Value, right: &Value) -> Result<bool, Fault> {
    match (left, right) {
        (Value::Nil, other) | (other, Value::Nil) => Ok(matches!(other, Value::Nil)),
        (Value::Bool(left), Value::Bool(right)) => Ok(left == right),
        (Value::Int(left), Value::Int(right)) => Ok(left == right),
        (Value::Float(left), Value::Float(right)) => Ok(left.partial_cmp(right) == Some(Ordering::Equal)),
        (Value::Record(_), Value::Record(_)) if alike(left, right) => Ok(left == right),
        _ => match (left.as_str(), right.as_str()) {
            (Some(left), Some(right)) => Ok(left == right),
            _ => Err(unlike(left, right)),
        },
    }
}

/// Whether both are of one type, and one that compares: a record does unless a list is in it.
fn alike(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::List(_), _) => false,
        (Value::Record(left), Value::Record(right)) => {
            let names = left.iter().map(|(name, _)| name).eq(right.iter().map(|(name, _)| name));
            names && left.iter().zip(right.iter()).all(|((_, left), (_, right))| alike(left, right))
        }
        _ => left.type_name() == right.type_name(),
    }
}

/// Whether `lt` calls the left one less.
pub(crate) fn less(left: &Value, right: &Value) -> Result<bool, Fault> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => Ok(left < right),
        (Value::Float(left), Value::Float(right)) => Ok(left < right),
        _ => match (left.as_str(), right.as_str()) {
            (Some(left), Some(right)) => Ok(left < right),
            _ => Err(unlike(left, right)),
        },
    }
}
