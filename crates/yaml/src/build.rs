//! From the parser's events to a tree.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Tag};

use crate::limits::{MAX_DEPTH, MAX_NODES};
use crate::node::{Entry, Node, Position, Value};
use crate::scalar;

/// Why a text is no YAML, and where. Repeats nothing of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {}, column {}: {reason}", at.line, at.column)]
pub struct Error {
    /// Where it was noticed.
    pub at: Position,
    /// What is wrong, a fragment: `a key is there twice`.
    pub reason: String,
}

impl Error {
    fn new(at: Position, reason: &str) -> Self {
        Self { at, reason: reason.to_owned() }
    }
}

impl From<ScanError> for Error {
    fn from(error: ScanError) -> Self {
        let mark = error.marker();
        let at = position(mark);
        // The parser's words are its own, but for one message that shows a character, and names of anchors and tags.
        let reason = error.info();
        // The parser takes a tab there only with a blank beside it.
        if reason.contains("valid YAML whitespace") {
            return Self::new(at, "a tab where a blank belongs");
        }
        let says_too_much = reason.contains(['`', '\'', '"']);
        Self { at, reason: if says_too_much { "a syntax error".to_owned() } else { reason.to_owned() } }
    }
}

/// The first document, as Go's decoders take it: without any, or with an empty one, [`Value::Null`].
///
/// # Errors
/// What is wrong with its syntax, twice the same key, an alias without an anchor, or a size beyond the limits.
pub fn first(text: &str) -> Result<Node, Error> {
    check(text)?;
    let mut builder = Builder::new(text);
    let document = builder.document()?;
    let start = Position { line: 1, column: 1 };
    Ok(document.unwrap_or(Node { value: Value::Null, at: start, end: start }))
}

/// All documents of a stream, as Kubernetes' manifests have them.
///
/// # Errors
/// As [`first`], for any of them.
pub fn documents(text: &str) -> Result<Vec<Node>, Error> {
    check(text)?;
    let mut builder = Builder::new(text);
    let mut documents = Vec::new();
    while let Some(document) = builder.document()? {
        documents.push(document);
    }
    Ok(documents)
}

/// Refuses what Go's reader refuses, or takes for an end of line where this one does not: behind such a character a comment
/// would go on for one of the two and be over for the other.
fn check(text: &str) -> Result<(), Error> {
    let mut at = Position { line: 1, column: 1 };
    for (index, c) in text.char_indices() {
        match c {
            '\u{85}' | '\u{2028}' | '\u{2029}' => {
                return Err(Error::new(at, "a line separator of Unicode, which not every reader takes for one"));
            }
            '\u{feff}' if index == 0 => continue,
            '\t' | '\r' => {}
            '\n' => {
                at = Position { line: at.line + 1, column: 1 };
                continue;
            }
            _ if c.is_control() || matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}') => {
                return Err(Error::new(at, "a control character"));
            }
            _ => {}
        }
        at.column += 1;
    }
    Ok(())
}

struct Builder<'a> {
    events: Parser<'a, saphyr_parser::StrInput<'a>>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    text: Vec<char>,
    /// Where the last event ends.
    end: Position,
}

type Next<'a> = (Event<'a>, Position);

impl<'a> Builder<'a> {
    fn new(text: &'a str) -> Self {
        let events = Parser::new_from_str(text);
        Self { events, anchors: HashMap::new(), nodes: 0, text: text.chars().collect(), end: Position::default() }
    }

    fn next(&mut self) -> Result<Option<Next<'a>>, Error> {
        let Some((event, span)) = self.events.next().transpose()? else { return Ok(None) };
        let at = position(&span.start);
        // The parser's own end is behind the blanks and the comment that follow a quote or a bracket.
        self.end = if let Event::Scalar(_, ScalarStyle::DoubleQuoted | ScalarStyle::SingleQuoted, _, _) = &event {
            self.quoted_end(&span.start)
        } else if matches!(event, Event::SequenceEnd | Event::MappingEnd) && self.is_bracket(&span.start) {
            Position { column: at.column + 1, ..at }
        } else {
            position(&span.end)
        };
        Ok(Some((event, at)))
    }

    fn is_bracket(&self, at: &Marker) -> bool {
        matches!(self.text.get(at.index()), Some(']' | '}'))
    }

    /// Behind the closing quote of the scalar that begins at `start`, perhaps with an anchor or a tag.
    fn quoted_end(&self, start: &Marker) -> Position {
        let mut end = position(start);
        let mut chars = self.text.get(start.index()..).unwrap_or_default().iter().peekable();
        let mut quote = None;
        while let Some(&c) = chars.next() {
            end = if c == '\n' {
                Position { line: end.line + 1, column: 1 }
            } else {
                Position { column: end.column + 1, ..end }
            };
            match quote {
                None => quote = Some(c).filter(|c| matches!(c, '"' | '\'')),
                // What is behind it means itself: an escape, or the second of two quotes.
                Some('"') if c == '\\' => end.column += usize::from(chars.next().is_some()),
                Some('\'') if c == '\'' && chars.peek() == Some(&&'\'') => {
                    end.column += usize::from(chars.next().is_some());
                }
                Some(quote) if c == quote => break,
                Some(_) => {}
            }
        }
        end
    }

    /// The next document, if there is one.
    fn document(&mut self) -> Result<Option<Node>, Error> {
        while let Some((event, at)) = self.next()? {
            if matches!(event, Event::StreamEnd) {
                break;
            }
            if matches!(event, Event::DocumentStart(_)) {
                self.anchors.clear();
                let (event, at) = self.expect(at)?;
                return self.node(event, at, 0).map(Some);
            }
        }
        Ok(None)
    }

    fn expect(&mut self, after: Position) -> Result<Next<'a>, Error> {
        self.next()?.ok_or_else(|| Error::new(after, "the text ends too early"))
    }

    fn node(&mut self, event: Event<'a>, at: Position, depth: usize) -> Result<Node, Error> {
        self.count(1, at)?;
        if depth > MAX_DEPTH {
            return Err(Error::new(at, "is nested too deep"));
        }
        let (value, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => (scalar(&text, style, tag.as_deref(), at)?, anchor),
            Event::SequenceStart(anchor, _) => (self.list(at, depth)?, anchor),
            Event::MappingStart(anchor, _) => (self.map(at, depth)?, anchor),
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                let known = known.ok_or_else(|| Error::new(at, "an alias within its own anchor"))?;
                self.count(size(&known), at)?;
                return Ok(known);
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => return Err(Error::new(at, "the text ends too early")),
        };
        let node = Node { value, at, end: self.end };
        if anchor > 0 {
            self.count(size(&node), at)?;
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn count(&mut self, nodes: usize, at: Position) -> Result<(), Error> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES { Err(Error::new(at, "has too many nodes")) } else { Ok(()) }
    }

    fn list(&mut self, mut at: Position, depth: usize) -> Result<Value, Error> {
        let mut elements = Vec::new();
        loop {
            let event;
            (event, at) = self.expect(at)?;
            if matches!(event, Event::SequenceEnd) {
                return Ok(Value::List(elements));
            }
            elements.push(self.node(event, at, depth + 1)?);
        }
    }

    fn map(&mut self, mut at: Position, depth: usize) -> Result<Value, Error> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut merged = None;
        loop {
            let event;
            (event, at) = self.expect(at)?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let is_merge = is_merge(&event);
            let key = self.node(event, at, depth + 1)?;
            let (event, value_at) = self.expect(at)?;
            let value = self.node(event, value_at, depth + 1)?;
            if is_merge {
                if merged.replace(value).is_some() {
                    return Err(Error::new(at, TWICE));
                }
                continue;
            }
            let Value::Text(key) = key.value else { return Err(Error::new(at, "a key that is no text")) };
            if entries.iter().any(|entry| entry.key == key) {
                return Err(Error::new(at, TWICE));
            }
            entries.push(Entry { key, at, value });
        }
        if let Some(value) = merged {
            merge(&mut entries, value)?;
        }
        Ok(Value::Map(entries))
    }
}

const TWICE: &str = "a key is there twice";

/// Whether a key is the `<<` that merges, rather than a text of that look.
fn is_merge(event: &Event<'_>) -> bool {
    matches!(event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<")
}

/// What is there already wins, and so does the earlier of several mappings.
fn merge(entries: &mut Vec<Entry>, value: Node) -> Result<(), Error> {
    let at = value.at;
    let mappings = if let Value::List(list) = value.value { list } else { vec![value] };
    for mapping in mappings {
        let Value::Map(more) = mapping.value else {
            return Err(Error::new(at, "<< takes a mapping, or a list of mappings"));
        };
        for entry in more {
            if !entries.iter().any(|known| known.key == entry.key) {
                entries.push(entry);
            }
        }
    }
    Ok(())
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, at: Position) -> Result<Value, Error> {
    match tag {
        Some(tag) if tag.is_yaml_core_schema() => scalar::tagged(&tag.suffix, text)
            .ok_or_else(|| Error::new(at, "the value is not of the type that its tag says")),
        None if style == ScalarStyle::Plain => Ok(scalar::plain(text)),
        // compat: a lone `!` changes nothing.
        Some(tag) if is_lone(tag) && style == ScalarStyle::Plain => Ok(scalar::plain(text)),
        // A type of somebody's own says nothing to us.
        Some(_) | None => Ok(Value::Text(text.to_owned())),
    }
}

fn is_lone(tag: &Tag) -> bool {
    matches!((tag.handle.as_str(), tag.suffix.as_str()), ("", "!") | ("!", ""))
}

/// How many nodes a tree has.
fn size(node: &Node) -> usize {
    let elements: usize = node.elements().iter().map(size).sum();
    let entries: usize = node.entries().iter().map(|entry| 1 + size(&entry.value)).sum();
    1 + elements + entries
}

fn position(marker: &Marker) -> Position {
    Position { line: marker.line(), column: marker.col() + 1 }
}

#[cfg(test)]
mod tests;
