//! Looking for fields that do not exist, in every branch, without running anything.
//!
//! It follows the dot and the variables as far as their value is one of the sample's. What a function makes, and a variable
//! that is assigned to, could be anything.

use std::collections::{HashSet, VecDeque};

use crate::error::{Fault, RenderError};
use crate::set::Bodies;
use crate::tree::{Binding, Branch, Command, Node, Operand, Pipe, Target};
use crate::value::Value;

/// A value that stands for its type, or `None` where that is not known.
type Shape<'v> = Option<&'v Value>;

/// The first action, of those that the template `target` can reach, that asks a field which `sample` does not have.
pub(crate) fn check(bodies: &Bodies, target: &Target, sample: &Value) -> Result<(), RenderError> {
    let mut seen = HashSet::new();
    let mut waiting = VecDeque::from([(target, Some(sample))]);
    while let Some((target, dot)) = waiting.pop_front() {
        if !seen.insert((target, dot.map(std::ptr::from_ref))) {
            continue;
        }
        let body = bodies.get(target).ok_or_else(|| RenderError::Unknown(target.name.clone()))?;
        let mut assigned = HashSet::new();
        each_pipe(&body.nodes, &mut |pipe| {
            if let Binding::Assign(slots) = &pipe.binding {
                assigned.extend(slots);
            }
        });
        let mut walk = Walk { assigned, variables: vec![dot], line: 0, calls: Vec::new() };
        walk.nodes(&body.nodes, dot).map_err(|fault| {
            let (file, line) = (body.file.clone(), walk.line);
            RenderError::Action { file, line, fault }
        })?;
        waiting.extend(walk.calls);
    }
    Ok(())
}

/// Shows every pipeline that is not inside another.
fn each_pipe<'b>(nodes: &'b [Node], show: &mut impl FnMut(&'b Pipe)) {
    for node in nodes {
        match node {
            Node::Print { pipe, .. } | Node::Call { pipe: Some(pipe), .. } => inside(pipe, show),
            Node::If(branch) | Node::With(branch) | Node::Range(branch) => {
                inside(&branch.pipe, show);
                each_pipe(&branch.then, show);
                each_pipe(&branch.otherwise, show);
            }
            Node::Text(..) | Node::Call { pipe: None, .. } | Node::Break(_) | Node::Continue(_) => {}
        }
    }
}

/// Shows a pipeline and those in its parentheses.
fn inside<'b>(pipe: &'b Pipe, show: &mut impl FnMut(&'b Pipe)) {
    show(pipe);
    for operand in pipe.commands.iter().flat_map(operands) {
        if let Operand::Pipe(inner, _) = operand {
            inside(inner, show);
        }
    }
}

fn operands(command: &Command) -> impl Iterator<Item = &Operand> {
    std::iter::once(&command.head).chain(&command.arguments)
}

struct Walk<'b, 'v> {
    assigned: HashSet<&'b usize>,
    variables: Vec<Shape<'v>>,
    line: usize,
    calls: Vec<(&'b Target, Shape<'v>)>,
}

impl<'b, 'v> Walk<'b, 'v> {
    fn nodes(&mut self, nodes: &'b [Node], dot: Shape<'v>) -> Result<(), Fault> {
        for node in nodes {
            match node {
                Node::Print { pipe, .. } => {
                    self.pipe(pipe, dot)?;
                }
                Node::If(branch) => self.branch(branch, dot, |_| dot)?,
                Node::With(branch) => self.branch(branch, dot, |value| value)?,
                Node::Range(branch) => self.branch(branch, dot, element)?,
                Node::Call { target, pipe, .. } => {
                    let value = match pipe {
                        Some(pipe) => self.pipe(pipe, dot)?,
                        None => Some(&Value::Nil),
                    };
                    self.calls.push((target, value));
                }
                Node::Text(..) | Node::Break(_) | Node::Continue(_) => {}
            }
        }
        Ok(())
    }

    fn branch(
        &mut self,
        branch: &'b Branch,
        dot: Shape<'v>,
        inner: impl Fn(Shape<'v>) -> Shape<'v>,
    ) -> Result<(), Fault> {
        let outside = self.variables.len();
        let value = self.pipe(&branch.pipe, dot)?;
        self.nodes(&branch.then, inner(value))?;
        self.nodes(&branch.otherwise, dot)?;
        self.variables.truncate(outside);
        Ok(())
    }

    fn pipe(&mut self, pipe: &'b Pipe, dot: Shape<'v>) -> Result<Shape<'v>, Fault> {
        self.line = pipe.line;
        let mut value = None;
        for command in &pipe.commands {
            let mut first = None;
            for operand in operands(command) {
                let shape = self.operand(operand, dot)?;
                first.get_or_insert(shape);
            }
            value = first.flatten().filter(|_| command.arguments.is_empty());
        }
        if let Binding::Declare(slots) = &pipe.binding {
            // The variables of a loop take its elements, which the sample may lack.
            let known = value.filter(|value| slots.len() == 1 && !matches!(value, Value::List(_) | Value::Int(_)));
            for slot in slots {
                self.variables.resize(*slot, None);
                self.variables.push(known);
            }
        }
        Ok(value)
    }

    fn operand(&mut self, operand: &'b Operand, dot: Shape<'v>) -> Result<Shape<'v>, Fault> {
        match operand {
            Operand::Field(path) => fields(dot, path),
            Operand::Variable(slot, path) => {
                let known = self.variables.get(*slot).copied().flatten();
                fields(known.filter(|_| !self.assigned.contains(slot)), path)
            }
            Operand::Pipe(pipe, path) => {
                let value = self.pipe(pipe, dot)?;
                fields(value, path)
            }
            Operand::Literal(_) | Operand::Function(_) => Ok(None),
        }
    }
}

/// What a loop sets its dot to: the first element stands for all, if all are alike.
fn element(value: Shape<'_>) -> Shape<'_> {
    match value {
        Some(Value::List(items)) => match &items[..] {
            [only] => Some(only),
            _ => None,
        },
        _ => None,
    }
}

fn fields<'v>(shape: Shape<'v>, path: &[String]) -> Result<Shape<'v>, Fault> {
    let mut shape = shape;
    for name in path {
        shape = match shape {
            None | Some(Value::Nil) => return Ok(None),
            Some(Value::Record(record)) if record.get(name).is_some() => record.get(name),
            Some(other) => return Err(Fault::Field { field: name.clone(), of: other.type_name() }),
        };
    }
    Ok(shape)
}
