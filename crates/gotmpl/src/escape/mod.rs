//! Contextual escaping: what each action prints is made safe for the place where it stands.
//!
//! The walk goes through a template as a browser would read it, whichever branches are taken: [`markup`] follows tags and
//! attributes, [`js`] and [`css`] what is inside scripts and styles. At each action the [`Context`] says which [`Escaper`]s
//! its value needs. Where two branches lead to contexts that cannot be told apart later, the template is refused. A
//! template that is called in several contexts gets a form for each.
//!
//! The rules, and the words that replace what no escaping can make safe, are those of Go's `html/template`.

mod attribute;
mod context;
mod css;
mod escaper;
mod js;
mod json;
mod markup;
mod pipeline;
mod reference;
mod url;

use std::collections::HashMap;
use std::slice::from_ref;

pub(crate) use escaper::{Escaper, apply};

use self::context::{Context, Place};
use crate::error::TemplateError;
use crate::limits::{MAX_DEPTH, MAX_STEPS};
use crate::parse::Definitions;
use crate::set::Bodies;
use crate::tree::{Body, Branch, Node, Target};

/// What stands in place of a value that cannot be made safe where it is.
const REPLACED: &str = "ZgotmplZ";

/// Finds the escapers for every action that the templates called `entries` can reach.
///
/// # Errors
/// The first place where no escaping is safe, or that leads nowhere.
pub(crate) fn escape<'a>(
    definitions: &Definitions,
    entries: impl Iterator<Item = &'a str>,
) -> Result<Bodies, TemplateError> {
    let mut walk =
        Walk { definitions, forms: HashMap::new(), counts: HashMap::new(), bodies: Bodies::new(), depth: 0, steps: 0 };
    for name in entries {
        let Some(body) = definitions.get(name) else {
            continue;
        };
        let (_, end) = walk.template(name, body, &Context::TEXT)?;
        if end.place != Place::Text {
            return Err(TemplateError {
                file: body.file.clone(),
                line: body.nodes.iter().map(last_line).max().unwrap_or(1),
                fault: format!("the template {name:?} ends inside a tag, a comment or an element such as script"),
            });
        }
    }
    Ok(walk.bodies)
}

/// The line that a template begins in.
fn first_line(body: &[Node]) -> usize {
    match body.first() {
        Some(Node::Print { pipe, .. }) => pipe.line,
        Some(Node::If(branch) | Node::With(branch) | Node::Range(branch)) => branch.pipe.line,
        Some(Node::Text(_, line) | Node::Call { line, .. } | Node::Break(line) | Node::Continue(line)) => *line,
        None => 1,
    }
}

/// The line that a node ends in, as far as it is known.
fn last_line(node: &Node) -> usize {
    match node {
        Node::Text(text, line) => line + text.matches('\n').count(),
        Node::If(branch) | Node::With(branch) | Node::Range(branch) => {
            branch.then.iter().chain(&branch.otherwise).map(last_line).max().unwrap_or(branch.pipe.line)
        }
        Node::Print { .. } | Node::Call { .. } | Node::Break(_) | Node::Continue(_) => first_line(from_ref(node)),
    }
}

struct Walk<'d> {
    definitions: &'d Definitions,
    /// The forms of each template, by the context they begin in.
    forms: HashMap<(&'d str, Context), Form>,
    /// How many forms each template has.
    counts: HashMap<&'d str, usize>,
    bodies: Bodies,
    /// How many lists of nodes are open, those of templates that call one another included.
    depth: usize,
    steps: usize,
}

/// A template in one context.
enum Form {
    /// Being walked; whether it was met again in the meantime. Until it ends, it is taken to end as it began.
    Open { number: usize, met_again: bool },
    /// Walked, and where it ends.
    Closed { number: usize, end: Context },
}

/// The template that is being walked.
struct Site<'d> {
    file: &'d str,
    /// For each loop that is open: the contexts in which it is left or begun anew.
    loops: Vec<Vec<Context>>,
}

impl Site<'_> {
    fn fault(&self, line: usize, fault: impl Into<String>) -> TemplateError {
        TemplateError { file: self.file.to_owned(), line, fault: fault.into() }
    }
}

impl<'d> Walk<'d> {
    /// The form of a template that begins in `start`, and the context that it ends in.
    fn template(&mut self, name: &'d str, body: &'d Body, start: &Context) -> Result<(usize, Context), TemplateError> {
        let key = (name, start.clone());
        match self.forms.get_mut(&key) {
            Some(Form::Closed { number, end }) => return Ok((*number, end.clone())),
            Some(Form::Open { number, met_again }) => {
                *met_again = true;
                return Ok((*number, start.clone()));
            }
            None => {}
        }
        let mut site = Site { file: &body.file, loops: Vec::new() };
        let number = self.number(name, start);
        self.forms.insert(key.clone(), Form::Open { number, met_again: false });
        let (nodes, end) = self.nodes(&body.nodes, start.clone(), &mut site)?;
        let closed = Form::Closed { number, end: end.clone() };
        if let Some(Form::Open { met_again: true, .. }) = self.forms.insert(key, closed)
            && end != *start
        {
            return Err(site.fault(
                first_line(&body.nodes),
                format!("{name:?} calls itself, and does not end in the context that it begins in"),
            ));
        }
        let target = Target { name: name.to_owned(), form: number };
        self.bodies.insert(target, Body { file: body.file.clone(), nodes });
        Ok((number, end))
    }

    /// 0 for the form in plain text, the next free number for another.
    fn number(&mut self, name: &'d str, start: &Context) -> usize {
        if *start == Context::TEXT {
            return 0;
        }
        let count = self.counts.entry(name).or_default();
        *count += 1;
        *count
    }

    fn nodes(
        &mut self,
        nodes: &'d [Node],
        start: Context,
        site: &mut Site<'d>,
    ) -> Result<(Vec<Node>, Context), TemplateError> {
        if self.depth > MAX_DEPTH {
            return Err(site.fault(first_line(nodes), "templates and actions are nested too deeply"));
        }
        self.depth += 1;
        let mut context = start;
        let mut escaped = Vec::with_capacity(nodes.len());
        for node in nodes {
            let (node, next) = self.node(node, &context, site)?;
            escaped.push(node);
            context = next;
        }
        self.depth -= 1;
        Ok((escaped, context))
    }

    fn node(
        &mut self,
        node: &'d Node,
        context: &Context,
        site: &mut Site<'d>,
    ) -> Result<(Node, Context), TemplateError> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err(site.fault(first_line(from_ref(node)), "the template is too large or too deeply nested"));
        }
        match node {
            Node::Text(text, line) => {
                let mut out = String::with_capacity(text.len());
                let end = markup::walk(context.clone(), text, &mut out).map_err(|(rest, fault)| {
                    let lines = |text: &str| text.matches('\n').count();
                    site.fault(line + lines(text) - lines(rest), fault)
                })?;
                Ok((Node::Text(out, *line), end))
            }
            Node::Print { pipe, .. } => pipeline::escape(pipe, context).map_err(|fault| site.fault(pipe.line, fault)),
            Node::If(branch) => self.branch(branch, context, site).map(|(branch, end)| (Node::If(branch), end)),
            Node::With(branch) => self.branch(branch, context, site).map(|(branch, end)| (Node::With(branch), end)),
            Node::Range(branch) => self.range(branch, context, site).map(|(branch, end)| (Node::Range(branch), end)),
            Node::Call { target, pipe, line } => {
                let Some((name, body)) = self.definitions.get_key_value(&target.name) else {
                    return Err(site.fault(*line, format!("there is no template {:?}", target.name)));
                };
                let (form, end) = self.template(name, body, context)?;
                let target = Target { name: name.clone(), form };
                Ok((Node::Call { target, pipe: pipe.clone(), line: *line }, end))
            }
            Node::Break(_) | Node::Continue(_) => {
                if let Some(exits) = site.loops.last_mut() {
                    exits.push(context.clone());
                }
                Ok((node.clone(), context.at(Place::Dead)))
            }
        }
    }

    /// `if` and `with`: both ways must lead to one context.
    fn branch(
        &mut self,
        branch: &'d Branch,
        context: &Context,
        site: &mut Site<'d>,
    ) -> Result<(Branch, Context), TemplateError> {
        let (then, end) = self.nodes(&branch.then, context.clone(), site)?;
        let (otherwise, other_end) = self.nodes(&branch.otherwise, context.clone(), site)?;
        let end = joined(&end, &other_end, branch, site)?;
        Ok((Branch { pipe: branch.pipe.clone(), then, otherwise }, end))
    }

    /// `range`: however often its body runs, and however it is left, it must lead to one context.
    fn range(
        &mut self,
        branch: &'d Branch,
        context: &Context,
        site: &mut Site<'d>,
    ) -> Result<(Branch, Context), TemplateError> {
        let (then, mut end) = self.body(branch, context, site)?;
        if end != *context {
            let (_, again) = self.body(branch, &end, site)?;
            end = joined(&end, &again, branch, site)?;
        }
        let (otherwise, other_end) = self.nodes(&branch.otherwise, context.clone(), site)?;
        let end = joined(&end, &other_end, branch, site)?;
        Ok((Branch { pipe: branch.pipe.clone(), then, otherwise }, end))
    }

    /// The body of a loop, run once.
    fn body(
        &mut self,
        branch: &'d Branch,
        context: &Context,
        site: &mut Site<'d>,
    ) -> Result<(Vec<Node>, Context), TemplateError> {
        site.loops.push(Vec::new());
        let (nodes, mut end) = self.nodes(&branch.then, context.clone(), site)?;
        for exit in site.loops.pop().unwrap_or_default() {
            end = joined(&end, &exit, branch, site)?;
        }
        Ok((nodes, end))
    }
}

fn joined(left: &Context, right: &Context, branch: &Branch, site: &Site<'_>) -> Result<Context, TemplateError> {
    left.join(right).ok_or_else(|| {
        site.fault(branch.pipe.line, "the ways through this action end in different places of the markup")
    })
}
