//! Where in a document a template stands.

/// The place, and the element whose start tag or content it is in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Context {
    pub(super) place: Place,
    pub(super) element: Element,
}

/// The part of the markup.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// Text and whole tags.
    Text,
    /// `<!-- … -->`
    Comment,
    /// Inside `title` or `textarea`: text and references, but no tags.
    Rcdata,
    /// Inside `script` or `style`.
    Code(Language),
    /// Inside a tag, where an attribute may begin.
    Tag,
    /// Inside the name of an attribute.
    Name(Kind),
    /// Behind the name, before `=`.
    AfterName(Kind),
    /// Behind `=`.
    BeforeValue(Kind),
    /// Inside the value.
    Value(Quote, Language, Begun),
    /// Behind `break` or `continue`: nothing is printed here.
    Dead,
}

/// Elements that change how what follows is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Element {
    /// Any other, or none.
    Other,
    Meta,
    Script,
    Style,
    Textarea,
    Title,
}

/// What surrounds an attribute's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Quote {
    /// Nothing: a blank or the tag's end ends it.
    None,
    Single,
    Double,
}

/// What an attribute's value begins with, if it is in a language. Go tells these apart where branches join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Begun {
    /// With the template's own text, or a quote.
    ByText,
    /// With a value.
    ByValue,
}

/// What an attribute's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Text that means nothing to the browser.
    Plain,
    Url,
    Srcset,
    Js,
    Css,
    /// `content` of `meta`, which may tell the browser to go elsewhere.
    MetaContent,
    /// `type` of `script`, which says whether that is a script.
    ScriptType,
    /// Text by the beginning of its name (`data-`, `aria-`), however that goes on.
    Custom,
    /// No value can be made safe in it.
    Closed(Closed),
}

/// Why an attribute takes no values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Closed {
    /// `srcdoc` is a page of its own, with places of its own.
    Page,
    /// Its name is in pieces, so what it means is not certain.
    Pieces,
}

impl Closed {
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Page => "a value stands in srcdoc, a page of its own, where no escaping is safe",
            Self::Pieces => "a value stands in an attribute whose name is in pieces: write the name out",
        }
    }
}

/// The language inside an attribute's value, a script or a stylesheet, and the place in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Language {
    Plain,
    ScriptType,
    Closed(Closed),
    Url(UrlPart),
    Srcset,
    Meta(Meta),
    Js(Js),
    Css(Css),
}

/// The part of a URL that comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum UrlPart {
    /// The scheme may still come.
    Start,
    /// Behind the first character.
    Path,
    /// Behind `?` or `#`.
    Query,
    /// Behind `javascript:`. Browsers resolve percent escapes before they run it, so none keeps a value in its place.
    Script,
    /// Different ways through the template lead to different parts.
    Unknown,
}

/// The part of the `content` of `meta`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Meta {
    Content,
    /// Behind `url=`.
    Url,
}

/// A place in a script.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Js {
    pub(super) state: JsState,
    pub(super) slash: Slash,
    /// For each `${` that is open: how many braces are open in it.
    pub(super) braces: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum JsState {
    Code,
    SingleQuoted,
    DoubleQuoted,
    Template,
    Regexp,
    BlockComment,
    /// `//` or `#!`
    LineComment,
    /// `<!--`, which comments out the line.
    HtmlOpen,
    /// `-->`, which does so too.
    HtmlClose,
}

/// What a `/` would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Slash {
    Division,
    Regexp,
    /// Different ways through the template lead to different answers.
    Unknown,
}

/// A place in a stylesheet. The part of the URL outlives the URL: Go remembers it to the end of the stylesheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Css {
    pub(super) state: CssState,
    pub(super) part: UrlPart,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum CssState {
    Code,
    SingleQuoted,
    DoubleQuoted,
    /// `url(…)`
    Url,
    /// `url('…')`
    SingleQuotedUrl,
    /// `url("…")`
    DoubleQuotedUrl,
    BlockComment,
    LineComment,
}

impl Context {
    /// Where a page begins, and must end.
    pub(super) const TEXT: Self = Self { place: Place::Text, element: Element::Other };

    pub(super) fn at(&self, place: Place) -> Self {
        Self { place, element: self.element }
    }

    /// The context in which a value stands that is printed here: where an attribute may begin, its name does; where a value
    /// may begin, it does without quotes.
    pub(super) fn settled(&self) -> Self {
        match &self.place {
            Place::Tag | Place::AfterName(_) => self.at(Place::Name(Kind::Plain)),
            // A value may be any type: it does not say whether this is a script.
            Place::BeforeValue(Kind::ScriptType) => self.at(Place::Value(Quote::None, Language::Plain, Begun::ByText)),
            Place::BeforeValue(kind @ (Kind::Plain | Kind::Custom | Kind::Closed(_))) => {
                self.at(Place::Value(Quote::None, kind.language(), Begun::ByText))
            }
            Place::BeforeValue(kind) => self.at(Place::Value(Quote::None, kind.language(), Begun::ByValue)),
            Place::Text
            | Place::Comment
            | Place::Rcdata
            | Place::Code(_)
            | Place::Name(_)
            | Place::Value(..)
            | Place::Dead => self.clone(),
        }
    }

    /// The context behind two ways through a template, if they can be told apart no more.
    pub(super) fn join(&self, other: &Self) -> Option<Self> {
        if self == other || other.place == Place::Dead {
            return Some(self.clone());
        }
        if self.place == Place::Dead {
            return Some(other.clone());
        }
        let place = match (&self.place, &other.place) {
            (Place::Value(quote, left, begun), Place::Value(same, right, alike)) if quote == same && begun == alike => {
                left.join(right).map(|language| Place::Value(*quote, language, *begun))
            }
            (Place::Code(left), Place::Code(right)) => left.join(right).map(Place::Code),
            (Place::Name(left), Place::Name(right)) => left.join(*right).map(Place::Name),
            _ => None,
        };
        match place {
            Some(place) if self.element == other.element => Some(self.at(place)),
            _ => {
                let (left, right) = (self.settled(), other.settled());
                if left == *self && right == *other { None } else { left.join(&right) }
            }
        }
    }
}

impl Kind {
    /// The attribute behind more of its name.
    pub(super) fn continued(self) -> Self {
        // The other kinds are no less careful with a longer name.
        if self == Self::Plain { Self::Closed(Closed::Pieces) } else { self }
    }

    /// The attribute after two beginnings of its name: either may be all of it, and what follows another name.
    fn join(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Plain | Self::Custom, Self::Plain | Self::Custom) => Some(Self::Plain),
            (Self::Closed(why), Self::Plain | Self::Custom) | (Self::Plain | Self::Custom, Self::Closed(why)) => {
                Some(Self::Closed(why))
            }
            _ => None,
        }
    }

    /// The language of a value that begins.
    pub(super) fn language(self) -> Language {
        match self {
            Self::Plain | Self::Custom => Language::Plain,
            Self::Url => Language::Url(UrlPart::Start),
            Self::Srcset => Language::Srcset,
            Self::Js => Language::Js(Js::START),
            Self::Css => Language::Css(Css::START),
            Self::MetaContent => Language::Meta(Meta::Content),
            Self::ScriptType => Language::ScriptType,
            Self::Closed(why) => Language::Closed(why),
        }
    }
}

impl Language {
    /// The language after two ways, if they differ in nothing but what only matters to what comes next.
    fn join(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Url(UrlPart::Script), Self::Url(_)) | (Self::Url(_), Self::Url(UrlPart::Script)) => {
                Some(Self::Url(UrlPart::Script))
            }
            (Self::Url(_), Self::Url(_)) => Some(Self::Url(UrlPart::Unknown)),
            (Self::ScriptType | Self::Plain, Self::ScriptType | Self::Plain) => Some(Self::Plain),
            (Self::Css(left), Self::Css(right)) if left.state == right.state => {
                Some(Self::Css(Css { part: UrlPart::Unknown, ..*left }))
            }
            (Self::Js(left), Self::Js(right)) if left.state == right.state && left.braces == right.braces => {
                Some(Self::Js(Js { slash: Slash::Unknown, ..left.clone() }))
            }
            _ => None,
        }
    }
}

impl Js {
    pub(super) const START: Self = Self { state: JsState::Code, slash: Slash::Regexp, braces: Vec::new() };
}

impl Css {
    pub(super) const START: Self = Self { state: CssState::Code, part: UrlPart::Start };
}

/// One step through a script or a stylesheet.
pub(super) struct Step<L> {
    /// Where it leads.
    pub(super) next: L,
    /// How many bytes of the text it takes.
    pub(super) length: usize,
    /// What is printed of them.
    pub(super) printed: Printed,
}

/// What a script or stylesheet prints of its text: comments are left out.
pub(super) enum Printed {
    /// That many bytes from the start.
    First(usize),
    /// This in their place.
    Instead(&'static str),
}

impl<L> Step<L> {
    /// A step over text that is printed as it is.
    pub(super) fn over(next: L, length: usize) -> Self {
        Self { next, length, printed: Printed::First(length) }
    }
}
