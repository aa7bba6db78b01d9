//! A set of templates that is ready to run.

use std::collections::HashMap;

use crate::check;
use crate::error::{RenderError, TemplateError};
use crate::escape;
use crate::exec;
use crate::function::Function;
use crate::parse::{Definitions, is_blank, parse};
use crate::tree::{Body, Target};
use crate::value::Value;

/// One file of templates.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The file's name. What stands outside of any `define` is the template of this name.
    pub name: &'a str,
    /// What is in it.
    pub text: &'a str,
}

/// Every form of every template that can be reached.
pub(crate) type Bodies = HashMap<Target, Body>;

/// A parsed set of templates, each action of which knows how its value is to be escaped.
#[derive(Debug)]
pub struct Set {
    bodies: Bodies,
}

impl Set {
    /// Templates for pages: Go's `html/template`.
    ///
    /// The files share their definitions; a later file may define a template anew. Every template that is named after a
    /// file can be rendered afterwards, and what these call has been looked through.
    ///
    /// # Errors
    /// The first thing that is malformed, not supported, or not safe in its place.
    pub fn html(sources: &[Source<'_>], functions: &[Function]) -> Result<Self, TemplateError> {
        let parsed = parse_all(sources, functions)?;
        let bodies = escape::escape(&parsed, sources.iter().map(|source| source.name))?;
        Ok(Self { bodies })
    }

    /// Templates for plain text, as log lines are: Go's `text/template`. Nothing is escaped.
    ///
    /// # Errors
    /// The first thing that is malformed or not supported.
    pub fn text(sources: &[Source<'_>], functions: &[Function]) -> Result<Self, TemplateError> {
        let parsed = parse_all(sources, functions)?;
        let bodies = parsed.into_iter().map(|(name, body)| (Target { name, form: 0 }, body)).collect();
        Ok(Self { bodies })
    }

    /// Whether [`Set::render`] knows a template of that name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.bodies.contains_key(&Target { name: name.to_owned(), form: 0 })
    }

    /// Looks for a field that `sample` does not have, in every branch that the template `name` can reach.
    ///
    /// `sample` stands for the data of every rendering: its values do not matter, their types and fields do. A list stands
    /// for its elements if it has just one. What only running can tell is passed over.
    ///
    /// # Errors
    /// There is no such template, or [`Fault::Field`](crate::Fault::Field) at the place of the first unknown field.
    pub fn check(&self, name: &str, sample: &Value) -> Result<(), RenderError> {
        check::check(&self.bodies, &Target { name: name.to_owned(), form: 0 }, sample)
    }

    /// Runs a template with `data` as its dot.
    ///
    /// # Errors
    /// There is no such template, or one of its actions failed. What it had written until then is dropped.
    pub fn render(&self, name: &str, data: &Value) -> Result<String, RenderError> {
        exec::render(&self.bodies, &Target { name: name.to_owned(), form: 0 }, data)
    }
}

/// Parses the files one after the other into one set of definitions.
fn parse_all(sources: &[Source<'_>], functions: &[Function]) -> Result<Definitions, TemplateError> {
    let mut all = Definitions::new();
    for source in sources {
        for (name, body) in parse(source.name, source.text, functions)? {
            if !(all.contains_key(&name) && is_blank(&body.nodes)) {
                all.insert(name, body);
            }
        }
    }
    Ok(all)
}
