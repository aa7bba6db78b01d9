//! Running a template: from a tree and a value to text.

use std::borrow::Cow;

use crate::error::{Fault, RenderError};
use crate::escape;
use crate::function::{Callee, NO_VALUE};
use crate::limits::{MAX_DEPTH, MAX_OUTPUT, MAX_STEPS, MAX_WORK};
use crate::set::Bodies;
use crate::tree::{Binding, Body, Branch, Command, Node, Operand, Pipe, Target};
use crate::value::Value;

/// Runs the template `target` with `data` as its dot.
pub(crate) fn render(bodies: &Bodies, target: &Target, data: &Value) -> Result<String, RenderError> {
    let body = bodies.get(target).ok_or_else(|| RenderError::Unknown(target.name.clone()))?;
    let mut run = Run { bodies, out: String::new(), depth: 0, steps: 0, work: 0 };
    run.template(body, &Cow::Borrowed(data))?;
    Ok(run.out)
}

type Held<'v> = Cow<'v, Value>;

struct Run<'v> {
    bodies: &'v Bodies,
    out: String,
    depth: usize,
    steps: usize,
    work: usize,
}

/// The template that runs: its variables, and the line that it has come to.
struct Frame<'v> {
    variables: Vec<Option<Held<'v>>>,
    line: usize,
}

/// Whether a list of nodes ran to its end, or left the loop around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Continue,
}

/// An error of this template, or of one that it called, which already says where.
enum Stop {
    Here(Fault),
    Below(RenderError),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Here(fault)
    }
}

type Outcome<T> = Result<T, Stop>;

// === nodes ===

impl<'v> Run<'v> {
    fn template(&mut self, body: &'v Body, dot: &Held<'v>) -> Result<(), RenderError> {
        let mut frame = Frame { variables: vec![Some(dot.clone())], line: 0 };
        match self.nodes(&body.nodes, dot, &mut frame) {
            Ok(_) => Ok(()),
            Err(Stop::Here(fault)) => Err(RenderError::Action { file: body.file.clone(), line: frame.line, fault }),
            Err(Stop::Below(error)) => Err(error),
        }
    }

    /// Counts a step, and looks at what was used up until now.
    fn step(&mut self) -> Result<(), Fault> {
        self.steps += 1;
        if self.steps > MAX_STEPS || self.out.len() > MAX_OUTPUT || self.work > MAX_WORK {
            return Err(Fault::Budget);
        }
        Ok(())
    }

    /// A copy, which costs something if the value is not part of the data or of the template.
    fn copy(&mut self, value: &Held<'v>) -> Held<'v> {
        if let Cow::Owned(owned) = value {
            self.work += size(owned);
        }
        value.clone()
    }

    /// Runs something one level deeper.
    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        if self.depth == MAX_DEPTH {
            return Err(Fault::Depth.into());
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn nodes(&mut self, nodes: &'v [Node], dot: &Held<'v>, frame: &mut Frame<'v>) -> Outcome<Flow> {
        for node in nodes {
            self.step()?;
            let flow = self.node(node, dot, frame)?;
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn node(&mut self, node: &'v Node, dot: &Held<'v>, frame: &mut Frame<'v>) -> Outcome<Flow> {
        match node {
            Node::Text(text, _) => self.out.push_str(text),
            Node::Print { pipe, escapers } => {
                let value = self.pipe(pipe, dot, frame)?;
                if pipe.binding == Binding::None {
                    self.print(&value, escapers.as_deref());
                }
            }
            Node::If(branch) => return self.deeper(|run| run.either(branch, Dot::Kept, dot, frame)),
            Node::With(branch) => return self.deeper(|run| run.either(branch, Dot::Taken, dot, frame)),
            Node::Range(branch) => {
                let outside = frame.variables.len();
                let flow = self.deeper(|run| run.range(branch, dot, frame));
                frame.variables.truncate(outside);
                return flow;
            }
            Node::Call { target, pipe, line } => self.call(target, pipe.as_ref(), *line, dot, frame)?,
            Node::Break(_) => return Ok(Flow::Break),
            Node::Continue(_) => return Ok(Flow::Continue),
        }
        Ok(Flow::On)
    }

    fn print(&mut self, value: &Value, escapers: Option<&[escape::Escaper]>) {
        let text = match (escapers, value) {
            (Some(escapers), _) => escape::apply(escapers, value),
            (None, Value::Nil) => NO_VALUE.to_owned(),
            (None, _) => value.to_string(),
        };
        self.out.push_str(&text);
    }

    /// `if` and `with`.
    fn either(&mut self, branch: &'v Branch, taken: Dot, dot: &Held<'v>, frame: &mut Frame<'v>) -> Outcome<Flow> {
        let outside = frame.variables.len();
        let value = self.pipe(&branch.pipe, dot, frame)?;
        let flow = match taken {
            _ if !value.is_true() => self.nodes(&branch.otherwise, dot, frame),
            Dot::Taken => self.nodes(&branch.then, &value, frame),
            Dot::Kept => self.nodes(&branch.then, dot, frame),
        };
        frame.variables.truncate(outside);
        flow
    }

    fn range(&mut self, branch: &'v Branch, dot: &Held<'v>, frame: &mut Frame<'v>) -> Outcome<Flow> {
        let value = self.pipe(&branch.pipe, dot, frame)?;
        let declared = frame.variables.len();
        let mut items = elements(value, &branch.pipe.binding)?;
        let mut next = items.next();
        if next.is_none() {
            return self.nodes(&branch.otherwise, dot, frame);
        }
        let mut at = 0;
        while let Some(item) = next {
            self.step()?;
            frame.variables.truncate(declared);
            frame.iterate(&branch.pipe.binding, at, &item);
            if self.nodes(&branch.then, &item, frame)? == Flow::Break {
                break;
            }
            next = items.next();
            at += 1;
        }
        Ok(Flow::On)
    }

    fn call(
        &mut self,
        target: &'v Target,
        pipe: Option<&'v Pipe>,
        line: usize,
        dot: &Held<'v>,
        frame: &mut Frame<'v>,
    ) -> Outcome<()> {
        let value = match pipe {
            Some(pipe) => self.pipe(pipe, dot, frame)?,
            None => Cow::Owned(Value::Nil),
        };
        frame.line = line;
        let body = self.bodies.get(target).ok_or_else(|| Stop::Below(RenderError::Unknown(target.name.clone())))?;
        self.deeper(|run| run.template(body, &value).map_err(Stop::Below))
    }
}

/// What the dot is inside a control structure.
#[derive(Clone, Copy)]
enum Dot {
    Kept,
    Taken,
}

/// What a loop goes through: the elements of a list, or the numbers below one, which leave nothing for a second variable.
fn elements<'v>(value: Held<'v>, binding: &Binding) -> Result<Box<dyn Iterator<Item = Held<'v>> + 'v>, Fault> {
    let variables = match binding {
        Binding::None => 0,
        Binding::Declare(slots) | Binding::Assign(slots) => slots.len(),
    };
    if let (Value::Int(count), 0 | 1) = (&*value, variables) {
        return Ok(Box::new((0..*count).map(|number| Cow::Owned(Value::Int(number)))));
    }
    Ok(match value {
        Cow::Borrowed(Value::List(items)) => Box::new(items.iter().map(Cow::Borrowed)),
        Cow::Owned(Value::List(items)) => Box::new(items.into_iter().map(Cow::Owned)),
        Cow::Borrowed(Value::Nil) | Cow::Owned(Value::Nil) => Box::new(std::iter::empty()),
        Cow::Borrowed(_) | Cow::Owned(_) => return Err(Fault::Range(value.type_name())),
    })
}

// === variables ===

impl<'v> Frame<'v> {
    fn get(&self, slot: usize) -> Result<&Held<'v>, Fault> {
        self.variables.get(slot).and_then(Option::as_ref).ok_or(Fault::Variable)
    }

    fn declare(&mut self, slot: usize, value: Held<'v>) {
        self.variables.resize(slot, None);
        self.variables.push(Some(value));
    }

    fn assign(&mut self, slot: usize, value: Held<'v>) -> Result<(), Fault> {
        let variable = self.variables.get_mut(slot).filter(|variable| variable.is_some()).ok_or(Fault::Variable)?;
        *variable = Some(value);
        Ok(())
    }

    /// Gives each variable of a pipeline its value.
    fn bind(&mut self, binding: &Binding, mut value: impl FnMut() -> Held<'v>) -> Result<(), Fault> {
        match binding {
            Binding::None => {}
            Binding::Declare(slots) => slots.iter().for_each(|slot| self.declare(*slot, value())),
            Binding::Assign(slots) => slots.iter().try_for_each(|slot| self.assign(*slot, value()))?,
        }
        Ok(())
    }

    /// Gives the variables of a loop the next element, and its number if there are two.
    fn iterate(&mut self, binding: &Binding, at: i64, item: &Held<'v>) {
        let (Binding::Declare(slots) | Binding::Assign(slots)) = binding else {
            return;
        };
        let mut values = vec![item.clone()];
        if slots.len() == 2 {
            values.insert(0, Cow::Owned(Value::Int(at)));
        }
        for (slot, value) in slots.iter().zip(values) {
            if let Some(variable) = self.variables.get_mut(*slot) {
                *variable = Some(value);
            }
        }
    }
}

// === pipelines ===

impl<'v> Run<'v> {
    fn pipe(&mut self, pipe: &'v Pipe, dot: &Held<'v>, frame: &mut Frame<'v>) -> Outcome<Held<'v>> {
        frame.line = pipe.line;
        let mut value = None;
        for command in &pipe.commands {
            self.step()?;
            value = Some(self.command(command, value, dot, frame)?);
        }
        let value = value.unwrap_or(Cow::Owned(Value::Nil));
        frame.bind(&pipe.binding, || self.copy(&value))?;
        Ok(value)
    }

    fn command(
        &mut self,
        command: &'v Command,
        piped: Option<Held<'v>>,
        dot: &Held<'v>,
        frame: &mut Frame<'v>,
    ) -> Outcome<Held<'v>> {
        if let Operand::Function(callee) = &command.head {
            return self.function(callee, &command.arguments, piped, dot, frame);
        }
        if matches!(command.head, Operand::Literal(Value::Nil)) {
            return Err(Fault::NilCommand.into());
        }
        if piped.is_some() || !command.arguments.is_empty() {
            return Err(Fault::NotAFunction.into());
        }
        self.operand(&command.head, dot, frame)
    }

    fn operand(&mut self, operand: &'v Operand, dot: &Held<'v>, frame: &mut Frame<'v>) -> Outcome<Held<'v>> {
        Ok(match operand {
            Operand::Field(path) => fields(self.copy(dot), path)?,
            Operand::Variable(slot, path) => fields(self.copy(frame.get(*slot)?), path)?,
            Operand::Literal(value) => Cow::Borrowed(value),
            Operand::Function(callee) => self.function(callee, &[], None, dot, frame)?,
            Operand::Pipe(pipe, path) => fields(self.deeper(|run| run.pipe(pipe, dot, frame))?, path)?,
        })
    }

    fn function(
        &mut self,
        callee: &'v Callee,
        operands: &'v [Operand],
        piped: Option<Held<'v>>,
        dot: &Held<'v>,
        frame: &mut Frame<'v>,
    ) -> Outcome<Held<'v>> {
        let function = match callee {
            Callee::And => return self.first_that(callee, false, operands, piped, dot, frame),
            Callee::Or => return self.first_that(callee, true, operands, piped, dot, frame),
            Callee::Plain(function) => function,
        };
        let mut arguments = Vec::with_capacity(operands.len() + 1);
        for operand in operands {
            arguments.push(self.argument(operand, dot, frame)?.into_owned());
        }
        arguments.extend(piped.map(Cow::into_owned));
        self.work += arguments.iter().map(size).sum::<usize>();
        self.step()?;
        let result = function.call(&arguments)?;
        self.work += size(&result);
        if size(&result) > MAX_OUTPUT {
            return Err(Fault::Budget.into());
        }
        Ok(Cow::Owned(result))
    }

    fn argument(&mut self, operand: &'v Operand, dot: &Held<'v>, frame: &mut Frame<'v>) -> Outcome<Held<'v>> {
        self.step()?;
        self.operand(operand, dot, frame)
    }

    /// `and` and `or`: the first argument whose truth is `wanted`, else the last; those behind it are not evaluated.
    fn first_that(
        &mut self,
        callee: &Callee,
        wanted: bool,
        operands: &'v [Operand],
        piped: Option<Held<'v>>,
        dot: &Held<'v>,
        frame: &mut Frame<'v>,
    ) -> Outcome<Held<'v>> {
        let mut last = None;
        for operand in operands {
            let value = self.argument(operand, dot, frame)?;
            if value.is_true() == wanted {
                return Ok(value);
            }
            last = Some(value);
        }
        piped.or(last).ok_or(Stop::Here(Fault::Arity(callee.name())))
    }
}

/// How many bytes a value takes, roughly.
fn size(value: &Value) -> usize {
    match value {
        Value::Nil | Value::Bool(_) | Value::Int(_) | Value::Float(_) => 16,
        Value::Text(text) | Value::Html(text) => 16 + text.len(),
        Value::List(items) => 16 + items.iter().map(size).sum::<usize>(),
        Value::Record(record) => 16 + record.iter().map(|(_, value)| size(value)).sum::<usize>(),
    }
}

/// Follows a path of fields.
fn fields<'v>(value: Held<'v>, path: &[String]) -> Result<Held<'v>, Fault> {
    if matches!(*value, Value::Nil) {
        // Whatever is asked of nothing is nothing, too. Only a field that is nil has no fields.
        return Ok(value);
    }
    let mut value = value;
    for name in path {
        let unknown = || Fault::Field { field: name.clone(), of: value.type_name() };
        value = match &value {
            Cow::Borrowed(Value::Record(record)) => Cow::Borrowed(record.get(name).ok_or_else(unknown)?),
            Cow::Owned(Value::Record(record)) => Cow::Owned(record.get(name).cloned().ok_or_else(unknown)?),
            Cow::Borrowed(_) | Cow::Owned(_) => return Err(unknown()),
        };
    }
    Ok(value)
}
