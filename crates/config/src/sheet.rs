//! A configuration file as it was written: for a fault or a warning, the place of the very element that it speaks of; for a
//! fault, the line to show with it.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::excerpt::{Excerpt, Piece};
use crate::fault::{Fault, Warning, without_credentials};
use crate::row::Secrecy;
use crate::written::Source;

/// The text of a file, and what is where in it. The default is a file that nobody named.
#[derive(Default)]
pub(crate) struct Sheet {
    path: PathBuf,
    text: String,
    /// Where its lines begin.
    lines: Vec<usize>,
    values: Vec<Place>,
}

/// Where a key and its value are, in bytes.
pub(crate) struct Place {
    pub(crate) key: Range<usize>,
    pub(crate) value: Range<usize>,
    /// The elements, when the value is a list or a text with commas; empty where that cannot be told.
    pub(crate) elements: Vec<Range<usize>>,
    /// Whether the value may be shown.
    pub(crate) secrecy: Secrecy,
}

impl Sheet {
    pub(crate) fn new(path: &Path, text: &str) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { path: path.to_owned(), text: text.to_owned(), lines, values: Vec::new() }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Notes where a value is.
    pub(crate) fn note(&mut self, place: Place) {
        self.values.push(place);
    }

    /// The line and the column of a byte.
    pub(crate) fn source(&self, at: usize) -> Source {
        let before = self.text.get(self.line(at).start..at).unwrap_or_default();
        Source::File { path: self.path.clone(), line: self.number(at), column: 1 + before.chars().count() }
    }

    /// The byte at a line and a column, each counted from 1; the end of what there is for one beyond.
    pub(crate) fn offset(&self, line: usize, column: usize) -> usize {
        let before = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        let rest = self.text.get(before..).unwrap_or_default();
        let within = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
        before + within
    }

    /// The fault with its line, when it is about a place in this file: that of the element that it speaks of, with a mark
    /// under it.
    pub(crate) fn explained(&self, fault: Fault) -> Fault {
        let Some(at) = self.at(&fault.source).filter(|_| fault.excerpt.is_none()) else { return fault };
        let mut places = self.places(at).peekable();
        let Some(&place) = places.peek() else {
            return Fault { excerpt: Some(self.outline(at)), ..fault };
        };
        // In YAML one value may be that of two keys.
        let secrecy = if places.all(|place| place.secrecy == Secrecy::Open) { Secrecy::Open } else { Secrecy::Secret };
        let marked = self.marked(place, at, fault.element);
        Fault { source: self.source(marked.start), excerpt: Some(self.excerpt(place, marked, secrecy)), ..fault }
    }

    /// The warning with the place of the element that it speaks of, when it is about a place in this file.
    pub(crate) fn placed(&self, warning: Warning) -> Warning {
        let place = self.at(&warning.source).and_then(|at| Some((at, self.places(at).next()?)));
        let Some((at, place)) = place else { return warning };
        Warning { source: self.source(self.marked(place, at, warning.element).start), ..warning }
    }

    /// The byte that a source names, when it is in this file.
    fn at(&self, source: &Source) -> Option<usize> {
        match source {
            Source::File { path, line, column } if *path == self.path => Some(self.offset(*line, *column)),
            Source::File { .. } | Source::Default | Source::Flag | Source::Environment(_) => None,
        }
    }

    /// The keys and values of which one begins at a byte.
    fn places(&self, at: usize) -> impl Iterator<Item = &Place> {
        self.values.iter().filter(move |place| place.key.start == at || place.value.start == at)
    }

    /// What a fault at `at` speaks of: an element, the value, or the key.
    fn marked<'a>(&self, place: &'a Place, at: usize, element: Option<usize>) -> &'a Range<usize> {
        if place.value.start != at {
            return &place.key;
        }
        // In YAML an element may be written elsewhere.
        let is_here = |element: &&Range<usize>| place.value.start <= element.start && element.end <= place.value.end;
        match element.and_then(|element| place.elements.get(element)).filter(is_here) {
            Some(element) => element,
            // A list of several lines is shown by its key.
            None if !place.elements.is_empty() && !self.is_one_line(&place.value) => &place.key,
            None => &place.value,
        }
    }

    /// The line of a place, with a mark.
    fn excerpt(&self, place: &Place, marked: &Range<usize>, secrecy: Secrecy) -> Excerpt {
        let line = self.line(marked.start);
        let is_key = *marked == place.key;
        let is_below = place.key.start <= place.value.start;
        let is_one_line = self.is_one_line(if is_key { &place.value } else { marked });
        let is_shown = secrecy == Secrecy::Open && is_below && is_one_line;
        let start = place.key.start.max(line.start);
        // A table of TOML begins with its key and has its values elsewhere.
        let has_value = line.contains(&place.value.start) && place.value.start >= place.key.end;
        let mut pieces = self.margin(line.start..start);
        if is_key {
            pieces.push(self.marked_piece(marked));
            if has_value {
                pieces.push(self.shown(marked.end..place.value.start));
                pieces.push(if is_shown { self.shown(place.value.clone()) } else { Part::Hidden });
            }
        } else if is_shown {
            pieces.push(self.shown(start..marked.start));
            pieces.push(self.marked_piece(marked));
            pieces.push(self.shown(marked.end..self.shown_end(place, &line).max(marked.end)));
        } else {
            if has_value {
                pieces.push(self.shown(start..place.value.start));
            }
            pieces.push(Part::MarkedHidden);
        }
        self.put_together(marked.start, &pieces)
    }

    /// The line of a byte of which it is not known what may be shown: a key that begins there, and nothing else.
    pub(crate) fn outline(&self, at: usize) -> Excerpt {
        let line = self.line(at);
        let rest = self.text.get(at..line.end).unwrap_or_default();
        let length = rest.find(|c| !is_key(c)).unwrap_or(rest.len());
        let behind = rest.get(length..).unwrap_or_default().strip_prefix(':');
        let mut pieces = self.margin(line.start..at);
        match behind {
            Some(behind) if length > 0 && (behind.is_empty() || behind.starts_with([' ', '\r'])) => {
                pieces.push(self.marked_piece(&(at..at + length)));
                pieces.push(self.shown(at + length..at + length + 1));
                if !behind.trim().is_empty() {
                    pieces.extend([Part::Shown(" ".to_owned()), Part::Hidden]);
                }
            }
            Some(_) | None => pieces.push(Part::MarkedHidden),
        }
        self.put_together(at, &pieces)
    }

    fn put_together(&self, at: usize, parts: &[Part]) -> Excerpt {
        let pieces: Vec<Piece<'_>> = parts.iter().map(Part::as_piece).collect();
        Excerpt::new(self.number(at), &pieces)
    }

    /// What stands before the part of a line that is shown: white space, dashes and brackets, perhaps a key, or something
    /// that is hidden.
    fn margin(&self, before: Range<usize>) -> Vec<Part> {
        let text = self.text.get(before).unwrap_or_default();
        let rest = text.trim_start_matches([' ', '\t', '-', '[', '{']);
        let is_margin = match rest.trim_end().strip_suffix(':') {
            Some(key) => key.chars().all(is_key),
            None => rest.is_empty(),
        };
        vec![if is_margin { Part::Shown(text.to_owned()) } else { Part::Hidden }]
    }

    /// Where showing a value ends on a line: with the value, or before a comment with the last element there.
    fn shown_end(&self, place: &Place, line: &Range<usize>) -> usize {
        let has_dashes = self.text.get(place.value.clone()).is_some_and(|value| value.starts_with('-'));
        if !has_dashes && place.value.end <= line.end {
            return place.value.end;
        }
        let ends = place.elements.iter().filter(|element| line.contains(&element.start)).map(|element| element.end);
        ends.max().unwrap_or(line.start).min(line.end)
    }

    fn shown(&self, part: Range<usize>) -> Part {
        Part::Shown(without_credentials(self.text.get(part).unwrap_or_default()))
    }

    fn marked_piece(&self, part: &Range<usize>) -> Part {
        Part::Marked(without_credentials(self.text.get(part.clone()).unwrap_or_default()))
    }

    fn is_one_line(&self, part: &Range<usize>) -> bool {
        self.text.get(part.clone()).is_some_and(|text| !text.contains('\n'))
    }

    /// The number of the line around a byte, counted from 1.
    fn number(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at).max(1)
    }

    /// The line around a byte, without its break.
    fn line(&self, at: usize) -> Range<usize> {
        let number = self.number(at);
        let start = self.lines.get(number - 1).copied().unwrap_or_default();
        start..self.lines.get(number).map_or(self.text.len(), |next| next - 1)
    }
}

/// Whether a character may be in a key that needs no quotes.
fn is_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// A piece that owns its text.
enum Part {
    Shown(String),
    Marked(String),
    Hidden,
    MarkedHidden,
}

impl Part {
    fn as_piece(&self) -> Piece<'_> {
        match self {
            Self::Shown(text) => Piece::Shown(text),
            Self::Marked(text) => Piece::Marked(text),
            Self::Hidden => Piece::Hidden,
            Self::MarkedHidden => Piece::MarkedHidden,
        }
    }
}

/// The faults, each with the line that it is about.
pub(crate) fn explained(faults: Vec<Fault>, sheets: &[&Sheet]) -> Vec<Fault> {
    let explained = |fault| sheets.iter().fold(fault, |fault, sheet| sheet.explained(fault));
    faults.into_iter().map(explained).collect()
}

/// The warnings, each with the place of the element that it is about.
pub(crate) fn placed(warnings: Vec<Warning>, sheets: &[&Sheet]) -> Vec<Warning> {
    let placed = |warning| sheets.iter().fold(warning, |warning, sheet| sheet.placed(warning));
    warnings.into_iter().map(placed).collect()
}

/// Where the parts between commas are in a text that stands in `part` of `raw`, with or without quotes; nothing where what
/// is written is not what is meant, because of escapes.
pub(crate) fn parts(raw: &str, part: &Range<usize>, meant: &str) -> Vec<Range<usize>> {
    let Some(written) = raw.get(part.clone()) else { return Vec::new() };
    let quote = usize::from(written.starts_with(['"', '\'']));
    if written.get(quote..written.len().saturating_sub(quote)) != Some(meant) {
        return Vec::new();
    }
    let mut at = part.start + quote;
    let mut parts = Vec::new();
    for text in meant.split(',') {
        let start = at + (text.len() - text.trim_start().len());
        parts.push(start..start + text.trim().len());
        at += text.len() + 1;
    }
    parts
}
