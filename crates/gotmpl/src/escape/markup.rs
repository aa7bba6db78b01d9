//! Walking through the text of a template as a browser reads markup.

use super::attribute;
use super::context::{
    Begun, Context, Css, CssState, Element, Js, JsState, Language, Meta, Place, Printed, Quote, Step,
};
use super::reference;

/// What HTML calls white space.
pub(super) const BLANK: [char; 5] = [' ', '\t', '\n', '\u{c}', '\r'];

/// What stands between the attributes of a tag.
const SEPARATORS: [char; 6] = ['/', ' ', '\t', '\n', '\u{c}', '\r'];

/// What must not stand in an attribute's value without quotes.
const NEEDS_QUOTES: [char; 5] = ['"', '\'', '<', '=', '`'];

/// Walks through `text`, appends what is printed of it to `out`, and returns where it ends.
///
/// # Errors
/// The rest of the text from the place that has no safe reading, and why.
pub(super) fn walk<'a>(start: Context, text: &'a str, out: &mut String) -> Result<Context, (&'a str, String)> {
    let mut context = start;
    let mut rest = text;
    let mut end_tag = EndTag { element: Element::Other, behind: 0 };
    while !rest.is_empty() {
        let end = if is_ended_by_tag(&context.place) { end_tag.find(context.element, rest) } else { rest.len() };
        let (next, length) = if end == 0 {
            (leave(&context, out), 0)
        } else {
            let (inside, _) = rest.split_at(end);
            step(&context, inside, out).map_err(|fault| (rest, fault))?
        };
        context = next;
        (_, rest) = rest.split_at(length);
    }
    Ok(context)
}

/// Where the next end tag of an element is, so that it is looked for only once.
struct EndTag {
    element: Element,
    /// How long the text is from there on; 0 if there is none.
    behind: usize,
}

impl EndTag {
    fn find(&mut self, element: Element, rest: &str) -> usize {
        if self.element != element || self.behind > rest.len() {
            *self = Self { element, behind: rest.len() - end_tag(rest, element) };
        }
        rest.len() - self.behind
    }
}

/// Whether the end tag of the element would end it here: not in an attribute's value, and not in a string or comment of a
/// script, which are printed so that it does not.
fn is_ended_by_tag(place: &Place) -> bool {
    match place {
        Place::Code(Language::Js(js)) => js.state == JsState::Code,
        Place::Rcdata | Place::Code(_) | Place::Tag | Place::Name(_) | Place::AfterName(_) | Place::BeforeValue(_) => {
            true
        }
        Place::Text | Place::Comment | Place::Value(..) | Place::Dead => false,
    }
}

/// Leaves an element before its end tag, which is then read as any other.
fn leave(context: &Context, out: &mut String) -> Context {
    if matches!(context.place, Place::Code(Language::Css(Css { state: CssState::BlockComment, .. }))) {
        out.push(' ');
    }
    Context::TEXT
}

/// One step, and how many bytes it took. One that takes none leads nearer to a place that takes some.
fn step(context: &Context, rest: &str, out: &mut String) -> Result<(Context, usize), String> {
    let end = rest.len();
    let (next, length) = match &context.place {
        Place::Text => return Ok(in_text(context, rest, out)),
        Place::Comment => return Ok(rest.find("-->").map_or((context.clone(), end), |at| (Context::TEXT, at + 3))),
        Place::Rcdata => {
            push_text(rest, out);
            return Ok((context.clone(), end));
        }
        Place::Code(language) => return in_code(context, language, rest, out),
        Place::Value(quote, language, begun) => return in_value(context, *quote, language, *begun, rest, out),
        Place::Dead => (context.clone(), end),
        Place::Tag => in_tag(context, rest)?,
        Place::Name(kind) => {
            let (name, behind) = split_name(rest)?;
            let kind = if name.is_empty() { *kind } else { kind.continued() };
            (context.at(if behind.is_empty() { Place::Name(kind) } else { Place::AfterName(kind) }), name.len())
        }
        Place::AfterName(kind) => {
            let inner = rest.trim_start_matches(BLANK);
            let blank = rest.len() - inner.len();
            match inner.chars().next() {
                None => (context.clone(), blank),
                Some('=') => (context.at(Place::BeforeValue(*kind)), blank + 1),
                Some(_) => (context.at(Place::Tag), blank),
            }
        }
        Place::BeforeValue(kind) => {
            let inner = rest.trim_start_matches(BLANK);
            let blank = rest.len() - inner.len();
            let (quote, length) = match inner.chars().next() {
                None => return Ok(pushed(context.clone(), rest, blank, out)),
                Some('\'') => (Quote::Single, 1),
                Some('"') => (Quote::Double, 1),
                Some(_) => (Quote::None, 0),
            };
            (context.at(Place::Value(quote, kind.language(), Begun::ByText)), blank + length)
        }
    };
    Ok(pushed(next, rest, length, out))
}

fn pushed(next: Context, rest: &str, length: usize, out: &mut String) -> (Context, usize) {
    let (taken, _) = rest.split_at(length);
    out.push_str(taken);
    (next, length)
}

// === text and tags ===

/// Something that is no text.
pub(super) enum Markup {
    Comment,
    Tag(Element),
}

/// A comment or tag in a text.
pub(super) struct Found<'a> {
    pub(super) markup: Markup,
    pub(super) before: &'a str,
    /// `<!--`, or the tag to the end of its name.
    pub(super) opening: &'a str,
    pub(super) behind: &'a str,
}

/// The first comment or tag.
pub(super) fn next_markup(text: &str) -> Option<Found<'_>> {
    text.match_indices('<').find_map(|(at, _)| {
        let (before, rest) = text.split_at(at);
        if let Some((opening, behind)) = rest.split_at_checked(4).filter(|(opening, _)| *opening == "<!--") {
            return Some(Found { markup: Markup::Comment, before, opening, behind });
        }
        let closing = rest.strip_prefix("</");
        let (name, behind) = split_tag_name(closing.or_else(|| rest.strip_prefix('<'))?)?;
        let element = if closing.is_some() { Element::Other } else { element(name) };
        let (opening, _) = rest.split_at(rest.len() - behind.len());
        Some(Found { markup: Markup::Tag(element), before, opening, behind })
    })
}

fn in_text(context: &Context, rest: &str, out: &mut String) -> (Context, usize) {
    let Some(Found { markup, before, opening, .. }) = next_markup(rest) else {
        push_text(rest, out);
        return (context.clone(), rest.len());
    };
    push_text(before, out);
    let length = before.len() + opening.len();
    match markup {
        Markup::Comment => (context.at(Place::Comment), length),
        Markup::Tag(element) => {
            out.push_str(opening);
            (Context { place: Place::Tag, element }, length)
        }
    }
}

/// What follows the tag behind whose name `text` begins; `None` if that does not end.
pub(super) fn behind_tag(text: &str) -> Option<&str> {
    let mut context = Context::TEXT.at(Place::Tag);
    let mut rest = text;
    while context != Context::TEXT {
        let (next, length) = step(&context, rest, &mut String::new()).ok().filter(|_| !rest.is_empty())?;
        context = next;
        (_, rest) = rest.split_at(length);
    }
    Some(rest)
}

/// Text as it is, but for `<` that could become a tag together with a value behind it.
fn push_text(text: &str, out: &mut String) {
    let mut parts = text.split('<');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let doctype = part.get(..8).is_some_and(|word| word.eq_ignore_ascii_case("!DOCTYPE"));
        out.push_str(if doctype { "<" } else { "&lt;" });
        out.push_str(part);
    }
}

/// The name that a tag begins with, and what follows it: letters and digits after a letter; `-` and `:` only between them.
fn split_tag_name(text: &str) -> Option<(&str, &str)> {
    if !text.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
        return None;
    }
    let mut letters = text.chars();
    loop {
        let behind = letters.as_str();
        let joins = |next: Option<char>| next.is_some_and(|next| next.is_ascii_alphanumeric());
        let goes_on = match letters.next() {
            Some(':' | '-') => joins(letters.clone().next()),
            letter => joins(letter),
        };
        if !goes_on {
            return Some(text.split_at(text.len() - behind.len()));
        }
    }
}

fn element(name: &str) -> Element {
    match name.to_ascii_lowercase().as_str() {
        "meta" => Element::Meta,
        "script" => Element::Script,
        "style" => Element::Style,
        "textarea" => Element::Textarea,
        "title" => Element::Title,
        _ => Element::Other,
    }
}

/// Where the end tag of this element begins, or the length of the text.
pub(super) fn end_tag(text: &str, element: Element) -> usize {
    let name = match element {
        Element::Script => "script",
        Element::Style => "style",
        Element::Textarea => "textarea",
        Element::Title => "title",
        Element::Other | Element::Meta => return text.len(),
    };
    let ends = |(at, _): &(usize, &str)| {
        let word = text.get(at + "</".len()..).and_then(|rest| rest.split_at_checked(name.len()));
        word.is_some_and(|(word, behind)| {
            word.eq_ignore_ascii_case(name) && behind.starts_with([' ', '\t', '\n', '\u{c}', '\r', '/', '>'])
        })
    };
    text.match_indices("</").find(ends).map_or(text.len(), |(at, _)| at)
}

/// The context behind the `>` of a start tag.
fn content(element: Element) -> Context {
    let place = match element {
        Element::Script => Place::Code(Language::Js(Js::START)),
        Element::Style => Place::Code(Language::Css(Css::START)),
        Element::Textarea | Element::Title => Place::Rcdata,
        Element::Other | Element::Meta => return Context::TEXT,
    };
    Context { place, element }
}

// === attributes ===

fn in_tag(context: &Context, rest: &str) -> Result<(Context, usize), String> {
    // Behind a `/` that does not end the tag browsers look for another attribute. Go takes it for a part of the name.
    let inner = rest.trim_start_matches(SEPARATORS);
    let blank = rest.len() - inner.len();
    if inner.is_empty() {
        return Ok((context.clone(), blank));
    }
    if inner.starts_with('>') {
        return Ok((content(context.element), blank + 1));
    }
    let (name, behind) = split_name(inner)?;
    if name.is_empty() {
        return Err("an attribute must have a name".to_owned());
    }
    let kind = attribute::kind(context.element, name);
    let place = if behind.is_empty() { Place::Name(kind) } else { Place::AfterName(kind) };
    Ok((context.at(place), blank + name.len()))
}

/// The name of an attribute that a text begins with, and what follows it.
fn split_name(text: &str) -> Result<(&str, &str), String> {
    let end = text.find([' ', '\t', '\n', '\u{c}', '\r', '/', '=', '>']).unwrap_or(text.len());
    let (name, behind) = text.split_at(end);
    match name.chars().find(|letter| matches!(letter, '\'' | '"' | '<')) {
        Some(letter) => Err(format!("{letter:?} stands in the name of an attribute")),
        None => Ok((name, behind)),
    }
}

fn in_value(
    context: &Context,
    quote: Quote,
    language: &Language,
    begun: Begun,
    rest: &str,
    out: &mut String,
) -> Result<(Context, usize), String> {
    let (end, closing) = match quote {
        Quote::None => (rest.find([' ', '\t', '\n', '\u{c}', '\r', '>']), 0),
        Quote::Single => (rest.find('\''), 1),
        Quote::Double => (rest.find('"'), 1),
    };
    let (value, _) = rest.split_at(end.unwrap_or(rest.len()));
    if quote == Quote::None
        && let Some(letter) = value.chars().find(|letter| NEEDS_QUOTES.contains(letter))
    {
        return Err(format!("{letter:?} stands in the value of an attribute without quotes"));
    }
    let length = end.map_or(rest.len(), |end| end + closing);
    let (taken, _) = rest.split_at(length);
    if language.is_script_literal() {
        push_literal(taken, out);
    } else {
        out.push_str(taken);
    }
    if end.is_none() {
        // A value follows: its place inside the attribute's own language counts. Half a type is none.
        let language = if *language == Language::ScriptType {
            Language::Plain
        } else {
            language.through(&reference::decode(rest, language)?)?
        };
        return Ok((context.at(Place::Value(quote, language, begun)), length));
    }
    let other_script = *language == Language::ScriptType && !attribute::is_script(value);
    let element = if other_script { Element::Other } else { context.element };
    Ok((Context { place: Place::Tag, element }, length))
}

// === languages ===

impl Language {
    /// One step through text in this language.
    fn step(&self, text: &str) -> Result<Step<Self>, String> {
        match self {
            Self::Plain | Self::ScriptType | Self::Closed(_) | Self::Srcset => Ok(Step::over(self.clone(), text.len())),
            Self::Url(part) => Ok(Step::over(Self::Url(part.after(text)), text.len())),
            Self::Meta(meta) => {
                let (next, length) = meta.step(text);
                Ok(Step::over(Self::Meta(next), length))
            }
            Self::Js(js) => js.step(text).map(|step| step.map(Self::Js)),
            Self::Css(css) => css.step(text).map(|step| step.map(Self::Css)),
        }
    }

    /// Whether it is between the quotes of something in a script.
    fn is_script_literal(&self) -> bool {
        matches!(self, Self::Js(js) if js.state.is_literal())
    }

    /// The place behind all of the text.
    fn through(&self, text: &str) -> Result<Self, String> {
        let mut language = self.clone();
        let mut rest = text;
        while !rest.is_empty() {
            let step = language.step(rest)?;
            language = step.next;
            (_, rest) = rest.split_at(step.length);
        }
        Ok(language)
    }
}

impl<L> Step<L> {
    fn map<M>(self, wrap: impl FnOnce(L) -> M) -> Step<M> {
        Step { next: wrap(self.next), length: self.length, printed: self.printed }
    }
}

/// The content of `script` or `style`.
fn in_code(context: &Context, language: &Language, rest: &str, out: &mut String) -> Result<(Context, usize), String> {
    let step = language.step(rest)?;
    match step.printed {
        Printed::First(length) => {
            let (taken, _) = rest.split_at(length);
            if language.is_script_literal() { push_literal(taken, out) } else { out.push_str(taken) }
        }
        Printed::Instead(blank) => out.push_str(blank),
    }
    Ok((context.at(Place::Code(step.next)), step.length))
}

/// A string of a script, in which nothing may look like the end of the script, or like the start of another.
fn push_literal(text: &str, out: &mut String) {
    let mut parts = text.split('<');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let word = part.strip_prefix('/').unwrap_or(part);
        out.push_str(if part.starts_with("!--") || is_word(word, "script") { "\\x3C" } else { "<" });
        out.push_str(part);
    }
}

/// Whether the text begins with that word, in any case. The long s is an s, too.
pub(super) fn is_word(text: &str, word: &str) -> bool {
    let plain = |letter: char| if letter == '\u{17f}' { 's' } else { letter.to_ascii_lowercase() };
    let mut letters = text.chars().map(plain);
    word.chars().all(|letter| letters.next() == Some(letter))
}

impl Meta {
    fn step(self, text: &str) -> (Self, usize) {
        match self {
            Self::Url => text.find(';').map_or((self, text.len()), |end| (Self::Content, end + 1)),
            Self::Content => url_assignment(text).map_or((self, text.len()), |end| (Self::Url, end)),
        }
    }
}

/// The end of the first `url=`, in any case and with blanks before the sign.
fn url_assignment(text: &str) -> Option<usize> {
    text.match_indices(['u', 'U']).find_map(|(at, _)| {
        let (word, behind) = text.get(at..)?.split_at_checked("url".len())?;
        let behind = behind.trim_start_matches(BLANK).strip_prefix('=')?;
        word.eq_ignore_ascii_case("url").then(|| text.len() - behind.len())
    })
}
