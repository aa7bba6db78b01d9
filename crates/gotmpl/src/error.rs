//! What can go wrong: before a template is used, and while it runs.

use crate::value::Value;

/// Why a set of templates is refused before any of them ran: it is malformed, uses what is not supported, or puts a value
/// where no escaping makes it safe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {fault}")]
pub struct TemplateError {
    /// The name of the source that it stands in.
    pub file: String,
    /// The line there, from 1.
    pub line: usize,
    /// What is wrong, as a fragment.
    pub fault: String,
}

/// Why a template did not run to its end. What it had written until then is dropped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The set has no template of that name.
    #[error("no template is called {0:?}")]
    Unknown(String),
    /// An action failed.
    #[error("{file}:{line}: {fault}")]
    Action {
        /// The name of the source that it stands in.
        file: String,
        /// The line there, from 1.
        line: usize,
        /// What failed.
        fault: Fault,
    },
}

/// What an action can fail with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A field was asked of a record that has none of that name, or of something that is no record.
    #[error("there is no field {field:?} in a value of type {of}")]
    Field {
        /// The field's name.
        field: String,
        /// The type of what was asked.
        of: &'static str,
    },
    /// A field, variable or literal was given arguments.
    #[error("only a function can be given arguments")]
    NotAFunction,
    /// `nil` stands alone where a value is to be made.
    #[error("nil is not a command")]
    NilCommand,
    /// A function got too few or too many arguments.
    #[error("{0} takes another number of arguments")]
    Arity(&'static str),
    /// A function got an argument that it does not take.
    #[error("{function} does not take a value of type {of}")]
    Argument {
        /// The function's name.
        function: &'static str,
        /// The type of the argument.
        of: &'static str,
    },
    /// Two values of different or unordered types were compared.
    #[error("values of type {0} and {1} cannot be compared")]
    Comparison(&'static str, &'static str),
    /// An index outside of what it points into.
    #[error("an index is out of range")]
    Index,
    /// A slice of a text that would cut a character in two.
    #[error("a slice would cut a character in two")]
    Character,
    /// Something that cannot be gone through, or not with two variables.
    #[error("range cannot go through a value of type {0}")]
    Range(&'static str),
    /// A variable is used whose declaration was jumped over.
    #[error("a variable is used before it is declared")]
    Variable,
    /// A format of `printf` that is not supported.
    #[error("printf does not support {0:?}")]
    Format(String),
    /// Templates call each other, or expressions nest, too deeply.
    #[error("templates are nested too deeply")]
    Depth,
    /// The template takes too many steps or writes too much.
    #[error("the template does more than a page may")]
    Budget,
}

impl Fault {
    /// An argument of `function` has the wrong type.
    #[must_use]
    pub fn argument(function: &'static str, value: &Value) -> Self {
        Self::Argument { function, of: value.type_name() }
    }
}
