//! The functions that a template may call: those of Go's `text/template`, and those that a page brings along.

use crate::compare::{equal, less};
use crate::encode;
use crate::error::Fault;
use crate::print::print;
use crate::printf;
use crate::value::Value;

/// A function that templates may call by its name.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// As templates write it: ASCII letters, digits and `_`.
    pub name: &'static str,
    /// What it does. It checks number and types of its arguments itself.
    pub body: Call,
}

/// The body of a function.
#[derive(Debug, Clone, Copy)]
pub enum Call {
    /// From any arguments to a value.
    Values(fn(&[Value]) -> Result<Value, Fault>),
    /// From one text to another, as Go's `func(string) string`: anything else is refused, trusted markup as well.
    Text(fn(&str) -> String),
}

/// A function as a parsed template holds it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Callee {
    /// `and`: evaluates its arguments up to the first that is false.
    And,
    /// `or`: evaluates its arguments up to the first that is true.
    Or,
    /// A function that gets all its arguments.
    Plain(Function),
}

impl Callee {
    /// `print`
    pub(crate) const PRINT: Self = Self::Plain(PRINT);

    /// The function that `name` means: one of `functions`, else a predefined one.
    pub(crate) fn named(name: &str, functions: &[Function]) -> Option<Self> {
        match name {
            "and" => return Some(Self::And),
            "or" => return Some(Self::Or),
            _ => {}
        }
        functions.iter().chain(PREDEFINED).find(|function| function.name == name).copied().map(Self::Plain)
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::And => "and",
            Self::Or => "or",
            Self::Plain(function) => function.name,
        }
    }
}

impl Function {
    /// Calls it.
    pub(crate) fn call(&self, arguments: &[Value]) -> Result<Value, Fault> {
        match (self.body, arguments) {
            (Call::Values(body), _) => body(arguments),
            (Call::Text(body), [Value::Text(text)]) => Ok(Value::Text(body(text))),
            (Call::Text(_), [other]) => Err(Fault::argument(self.name, other)),
            (Call::Text(_), _) => Err(Fault::Arity(self.name)),
        }
    }
}

const fn predefined(name: &'static str, body: fn(&[Value]) -> Result<Value, Fault>) -> Function {
    Function { name, body: Call::Values(body) }
}

const PRINT: Function = predefined("print", |arguments| Ok(Value::Text(print(arguments))));

const PREDEFINED: &[Function] = &[
    predefined("not", not),
    predefined("eq", eq),
    predefined("ne", ne),
    predefined("lt", lt),
    predefined("le", le),
    predefined("gt", gt),
    predefined("ge", ge),
    predefined("index", index),
    predefined("slice", slice),
    predefined("len", len),
    predefined("call", call),
    PRINT,
    predefined("println", |arguments| Ok(Value::Text(println(arguments)))),
    predefined("printf", |arguments| printf::printf(arguments).map(Value::Text)),
    predefined("html", |arguments| Ok(Value::Text(encode::html(&printed(arguments))))),
    predefined("js", |arguments| Ok(Value::Text(encode::js(&printed(arguments))))),
    predefined("urlquery", |arguments| Ok(Value::Text(encode::url_query(&printed(arguments))))),
];

/// How `nil` looks where it is printed by itself.
pub(crate) const NO_VALUE: &str = "<no value>";

/// What the predefined escapers escape.
fn printed(arguments: &[Value]) -> String {
    let shown =
        arguments.iter().map(|argument| if *argument == Value::Nil { NO_VALUE.into() } else { argument.clone() });
    print(&shown.collect::<Vec<_>>())
}

fn one<'a>(name: &'static str, arguments: &'a [Value]) -> Result<&'a Value, Fault> {
    match arguments {
        [argument] => Ok(argument),
        _ => Err(Fault::Arity(name)),
    }
}

fn two<'a>(name: &'static str, arguments: &'a [Value]) -> Result<(&'a Value, &'a Value), Fault> {
    match arguments {
        [left, right] => Ok((left, right)),
        _ => Err(Fault::Arity(name)),
    }
}

fn not(arguments: &[Value]) -> Result<Value, Fault> {
    one("not", arguments).map(|value| Value::Bool(!value.is_true()))
}

/// Whether the first equals any of the others. Those after the one that matches are not looked at.
fn eq(arguments: &[Value]) -> Result<Value, Fault> {
    let (first, others) = arguments.split_first().ok_or(Fault::Arity("eq"))?;
    if others.is_empty() {
        return Err(Fault::Arity("eq"));
    }
    for other in others {
        if equal(first, other)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn ne(arguments: &[Value]) -> Result<Value, Fault> {
    let (left, right) = two("ne", arguments)?;
    equal(left, right).map(|same| Value::Bool(!same))
}

fn lt(arguments: &[Value]) -> Result<Value, Fault> {
    let (left, right) = two("lt", arguments)?;
    less(left, right).map(Value::Bool)
}

fn le(arguments: &[Value]) -> Result<Value, Fault> {
    let (left, right) = two("le", arguments)?;
    Ok(Value::Bool(less(left, right)? || equal(left, right)?))
}

fn gt(arguments: &[Value]) -> Result<Value, Fault> {
    let (left, right) = two("gt", arguments)?;
    Ok(Value::Bool(!(less(left, right)? || equal(left, right)?)))
}

fn ge(arguments: &[Value]) -> Result<Value, Fault> {
    let (left, right) = two("ge", arguments)?;
    less(left, right).map(|less| Value::Bool(!less))
}

/// A whole number that may point into something of that length, its end included.
fn position(name: &'static str, value: &Value, length: usize) -> Result<usize, Fault> {
    let Value::Int(number) = value else {
        return Err(Fault::argument(name, value));
    };
    usize::try_from(*number).ok().filter(|number| *number <= length).ok_or(Fault::Index)
}

/// `index x 1 2` is the third of the second of `x`. Of a text it is a byte.
fn index(arguments: &[Value]) -> Result<Value, Fault> {
    let (first, positions) = arguments.split_first().ok_or(Fault::Arity("index"))?;
    if matches!(first, Value::Nil) {
        return Err(Fault::argument("index", first));
    }
    let mut found = first.clone();
    for at in positions {
        found = match &found {
            Value::List(items) => items.get(position("index", at, items.len())?).cloned().ok_or(Fault::Index)?,
            Value::Text(text) | Value::Html(text) => {
                let byte = text.as_bytes().get(position("index", at, text.len())?).ok_or(Fault::Index)?;
                Value::Int(i64::from(*byte))
            }
            Value::Nil | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Record(_) => {
                return Err(Fault::argument("index", &found));
            }
        };
    }
    Ok(found)
}

/// `slice x 1 2` is `x[1:2]`.
fn slice(arguments: &[Value]) -> Result<Value, Fault> {
    let (first, positions) = arguments.split_first().ok_or(Fault::Arity("slice"))?;
    let (length, most) = match first {
        Value::List(items) => (items.len(), 3),
        Value::Text(text) | Value::Html(text) => (text.len(), 2),
        Value::Nil | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Record(_) => {
            return Err(Fault::argument("slice", first));
        }
    };
    if positions.len() > most {
        return Err(Fault::Arity("slice"));
    }
    let ends = positions.iter().map(|at| position("slice", at, length)).collect::<Result<Vec<_>, _>>()?;
    if !ends.is_sorted() {
        return Err(Fault::Index);
    }
    let start = ends.first().copied().unwrap_or(0);
    let end = ends.get(1).copied().unwrap_or(length);
    let cut = |text: &str| text.get(start..end).map(str::to_owned).ok_or(Fault::Character);
    if let Value::List(items) = first {
        return items.get(start..end).map(|cut| Value::List(cut.to_vec())).ok_or(Fault::Index);
    }
    let text = cut(first.as_str().unwrap_or_default())?;
    Ok(if matches!(first, Value::Html(_)) { Value::Html(text) } else { Value::Text(text) })
}

fn len(arguments: &[Value]) -> Result<Value, Fault> {
    let value = one("len", arguments)?;
    let length = match (value, value.as_str()) {
        (_, Some(text)) => text.len(),
        (Value::List(items), _) => items.len(),
        _ => return Err(Fault::argument("len", value)),
    };
    i64::try_from(length).map(Value::Int).map_err(|_| Fault::Index)
}

/// Calls a value that is a function: no value of ours is one.
fn call(arguments: &[Value]) -> Result<Value, Fault> {
    let first = arguments.first().ok_or(Fault::Arity("call"))?;
    Err(Fault::argument("call", first))
}

/// Everything with blanks between and a line's end.
fn println(arguments: &[Value]) -> String {
    let words: Vec<String> = arguments.iter().map(Value::to_string).collect();
    words.join(" ") + "\n"
}
