//! The escapers that a value needs in its context.

use super::context::{Context, Css, CssState, Js, JsState, Language, Meta, Place, Quote, Slash, UrlPart};
use super::escaper::Escaper;
use crate::function::Callee;
use crate::tree::{Binding, Command, Node, Operand, Pipe};

/// An action with its escapers, and the context behind it.
pub(super) fn escape(pipe: &Pipe, context: &Context) -> Result<(Node, Context), String> {
    if pipe.binding != Binding::None {
        // It sets a variable and prints nothing.
        return Ok((Node::Print { pipe: pipe.clone(), escapers: Some(Vec::new()) }, context.clone()));
    }
    let context = context.settled();
    refuse_inner_escapers(pipe, &context)?;
    let (escapers, next) = needed(&context)?;
    let (pipe, escapers) = merge(pipe.clone(), escapers);
    Ok((Node::Print { pipe, escapers: Some(escapers) }, next))
}

/// The escapers that a value needs here, in their order, and the context behind it.
fn needed(context: &Context) -> Result<(Vec<Escaper>, Context), String> {
    let mut next = context.clone();
    let escapers = match &context.place {
        Place::Text | Place::Dead => vec![Escaper::Html],
        Place::Comment => vec![Escaper::Comment],
        Place::Rcdata => vec![Escaper::Rcdata],
        Place::Name(_) | Place::Tag | Place::AfterName(_) | Place::BeforeValue(_) => vec![Escaper::Name],
        Place::Code(language) => {
            let (escapers, language) = inside(language)?;
            next.place = Place::Code(language);
            escapers
        }
        Place::Value(quote, language, begun) => {
            let (mut escapers, language) = inside(language)?;
            next.place = Place::Value(*quote, language, *begun);
            escapers.push(if *quote == Quote::None { Escaper::Unquoted } else { Escaper::Attribute });
            escapers
        }
    };
    Ok((escapers, next))
}

/// The escapers of the language itself, and the place in it behind the value.
fn inside(language: &Language) -> Result<(Vec<Escaper>, Language), String> {
    let escapers = match language {
        Language::Plain | Language::Meta(Meta::Content) => Vec::new(),
        // A value may be any type, or a part of one: what stands behind it does not say whether this is a script.
        Language::ScriptType => return Ok((Vec::new(), Language::Plain)),
        Language::Closed(why) => return Err(why.reason().to_owned()),
        Language::Meta(Meta::Url) => vec![Escaper::UrlFilter],
        Language::Srcset => vec![Escaper::Srcset],
        Language::Url(part) => url(*part, Escaper::UrlNormalize)?,
        Language::Css(Css { state, part }) => match state {
            CssState::Code => vec![Escaper::CssValue],
            CssState::SingleQuoted | CssState::DoubleQuoted => url(*part, Escaper::CssString)?,
            CssState::Url | CssState::SingleQuotedUrl | CssState::DoubleQuotedUrl => url(*part, Escaper::UrlNormalize)?,
            CssState::BlockComment | CssState::LineComment => vec![Escaper::Comment],
        },
        Language::Js(js) => {
            let escaper = match js.state {
                JsState::Code => {
                    // A `/` behind a value divides it.
                    let next = Js { slash: Slash::Division, ..js.clone() };
                    return Ok((vec![Escaper::JsValue], Language::Js(next)));
                }
                JsState::SingleQuoted | JsState::DoubleQuoted => Escaper::JsString,
                JsState::Template => Escaper::JsTemplate,
                JsState::Regexp => Escaper::JsRegexp,
                JsState::BlockComment | JsState::LineComment | JsState::HtmlOpen | JsState::HtmlClose => {
                    Escaper::Comment
                }
            };
            vec![escaper]
        }
    };
    Ok((escapers, language.clone()))
}

/// The escapers inside of an address, `path` being the one for all but the query.
fn url(part: UrlPart, path: Escaper) -> Result<Vec<Escaper>, String> {
    match part {
        UrlPart::Start => Ok(vec![Escaper::UrlFilter, path]),
        UrlPart::Path => Ok(vec![path]),
        UrlPart::Query => Ok(vec![Escaper::UrlEscape]),
        UrlPart::Script => Err("a value stands in a javascript: URL, where no escaping is safe".to_owned()),
        UrlPart::Unknown => Err("the value could stand in the path or in the query of a URL".to_owned()),
    }
}

// === the functions html and urlquery, which escape as well ===

/// The escaper that a command is.
fn predefined(command: &Command) -> Option<Escaper> {
    let Operand::Function(callee) = &command.head else {
        return None;
    };
    match callee.name() {
        "html" => Some(Escaper::HtmlFunction),
        "urlquery" => Some(Escaper::UrlqueryFunction),
        _ => None,
    }
}

/// `html` and `urlquery` may only end a pipeline, and `html` is not enough where there are no quotes.
fn refuse_inner_escapers(pipe: &Pipe, context: &Context) -> Result<(), String> {
    let last = pipe.commands.len().saturating_sub(1);
    let unquoted = matches!(&context.place, Place::Value(Quote::None, Language::Plain | Language::ScriptType, _));
    for (at, command) in pipe.commands.iter().enumerate() {
        let fault = match predefined(command) {
            Some(_) if at < last => "html and urlquery may only stand at the end of a pipeline",
            Some(Escaper::HtmlFunction) if unquoted => "html is not enough for an attribute without quotes",
            _ => continue,
        };
        return Err(fault.to_owned());
    }
    Ok(())
}

/// Puts the escaper that the pipeline ends with in place of those of ours that do the same.
fn merge(mut pipe: Pipe, mut escapers: Vec<Escaper>) -> (Pipe, Vec<Escaper>) {
    let Some(function) = pipe.commands.last().and_then(predefined) else {
        return (pipe, escapers);
    };
    if let [only] = &mut pipe.commands[..] {
        // `{{html .A .B}}` is `{{print .A .B | html}}`.
        let html = Command { head: only.head.clone(), arguments: Vec::new() };
        only.head = Operand::Function(Callee::PRINT);
        pipe.commands.push(html);
    }
    let same: &[Escaper] = if function == Escaper::HtmlFunction {
        &[Escaper::Html, Escaper::Rcdata, Escaper::Attribute]
    } else {
        &[Escaper::UrlNormalize, Escaper::UrlEscape]
    };
    if escapers.iter().any(|escaper| same.contains(escaper)) {
        pipe.commands.pop();
    }
    for escaper in escapers.iter_mut().filter(|escaper| same.contains(escaper)) {
        *escaper = function;
    }
    (pipe, escapers)
}
