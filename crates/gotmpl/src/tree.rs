//! A parsed template: what the parser makes, the escaper completes and the executor walks.

use crate::escape::Escaper;
use crate::function::Callee;
use crate::value::Value;

/// The body of one template.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    /// The name of the source that it stands in.
    pub(crate) file: String,
    pub(crate) nodes: Vec<Node>,
}

/// What a template consists of.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    /// Printed as it is, and the line where it begins.
    Text(String, usize),
    /// `{{pipeline}}`. What it prints goes through the escapers; `None` is for templates of plain text.
    Print { pipe: Pipe, escapers: Option<Vec<Escaper>> },
    /// `{{if}}`
    If(Branch),
    /// `{{with}}`
    With(Branch),
    /// `{{range}}`
    Range(Branch),
    /// `{{template "name" pipeline}}`
    Call { target: Target, pipe: Option<Pipe>, line: usize },
    /// `{{break}}`
    Break(usize),
    /// `{{continue}}`
    Continue(usize),
}

/// A control structure with its two ways.
#[derive(Debug, Clone)]
pub(crate) struct Branch {
    pub(crate) pipe: Pipe,
    pub(crate) then: Vec<Node>,
    pub(crate) otherwise: Vec<Node>,
}

/// A template, and which of the forms that it has for the contexts it is called in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    pub(crate) name: String,
    /// 0 is the form for plain text.
    pub(crate) form: usize,
}

/// Commands that feed each other, and the variables that take the result.
#[derive(Debug, Clone)]
pub(crate) struct Pipe {
    pub(crate) line: usize,
    pub(crate) binding: Binding,
    pub(crate) commands: Vec<Command>,
}

/// What a pipeline does with variables. They are numbered as they lie on the executor's stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Binding {
    /// Nothing: the value is used.
    #[default]
    None,
    /// `:=`
    Declare(Vec<usize>),
    /// `=`
    Assign(Vec<usize>),
}

/// A function with its arguments, or something that stands for itself.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    pub(crate) head: Operand,
    pub(crate) arguments: Vec<Operand>,
}

/// One word of a command.
#[derive(Debug, Clone)]
pub(crate) enum Operand {
    /// `.A.B`, or `.` without any.
    Field(Vec<String>),
    /// `$x.A.B`
    Variable(usize, Vec<String>),
    /// A literal. [`Value::Nil`] is `nil`.
    Literal(Value),
    /// A function's name.
    Function(Callee),
    /// `(pipeline).A.B`
    Pipe(Box<Pipe>, Vec<String>),
}
