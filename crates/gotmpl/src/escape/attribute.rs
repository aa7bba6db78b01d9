//! What the attributes of HTML hold.

use super::context::{Closed, Element, Kind};

/// What is known of an attribute by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    As(Kind),
    /// Plain text, but of consequence: no value may choose this name.
    Sensitive,
}

/// Attributes whose value is the address of something.
const URLS: &[&str] = &[
    "action",
    "archive",
    "background",
    "cite",
    "classid",
    "codebase",
    "data",
    "formaction",
    "href",
    "icon",
    "longdesc",
    "manifest",
    "poster",
    "profile",
    "src",
    "usemap",
    "xmlns",
];

/// Attributes that change what others or the whole element mean.
const SENSITIVE: &[&str] = &[
    "accept-charset",
    "async",
    "challenge",
    "charset",
    "content",
    "crossorigin",
    "defer",
    "enctype",
    "form",
    "formenctype",
    "formmethod",
    "formnovalidate",
    "http-equiv",
    "keytype",
    "language",
    "method",
    "novalidate",
    "pattern",
    "rel",
    "sandbox",
    "srcdoc",
    "type",
    "value",
];

/// What the value of the attribute called `name` in a tag of `element` is.
pub(super) fn kind(element: Element, name: &str) -> Kind {
    let name = name.to_ascii_lowercase();
    match (element, name.as_str()) {
        (Element::Script, "type") => Kind::ScriptType,
        (Element::Meta, "content") => Kind::MetaContent,
        (_, "srcdoc") => Kind::Closed(Closed::Page),
        _ => match known(&name) {
            Known::As(Kind::Plain) if name.starts_with("data-") || name.starts_with("aria-") => Kind::Custom,
            Known::As(kind) => kind,
            Known::Sensitive => Kind::Plain,
        },
    }
}

/// Whether a value may become an attribute's name, or a part of one: it must mean nothing to the browser.
pub(super) fn is_harmless_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) && {
        known(name) == Known::As(Kind::Plain)
    }
}

/// Knows a name in lower case, without its `data-` or its namespace.
fn known(name: &str) -> Known {
    let name = match (name.strip_prefix("data-"), name.split_once(':')) {
        (Some(name), _) => name,
        (None, Some(("xmlns", _))) => return Known::As(Kind::Url),
        (None, namespaced) => namespaced.map_or(name, |(_, name)| name),
    };
    match name {
        "style" => Known::As(Kind::Css),
        "srcset" => Known::As(Kind::Srcset),
        _ if URLS.contains(&name) => Known::As(Kind::Url),
        _ if SENSITIVE.contains(&name) => Known::Sensitive,
        "srclang" => Known::As(Kind::Plain),
        _ if name.starts_with("on") => Known::As(Kind::Js),
        // Names that nobody knows but that look like addresses.
        _ if ["src", "uri", "url"].iter().any(|part| name.contains(part)) => Known::As(Kind::Url),
        _ => Known::As(Kind::Plain),
    }
}

/// Media types that make a `script` a script, or data in its syntax.
const SCRIPTS: &[&str] = &[
    "",
    "module",
    "application/ecmascript",
    "application/javascript",
    "application/json",
    "application/ld+json",
    "application/x-ecmascript",
    "application/x-javascript",
    "text/ecmascript",
    "text/javascript",
    "text/javascript1.0",
    "text/javascript1.1",
    "text/javascript1.2",
    "text/javascript1.3",
    "text/javascript1.4",
    "text/javascript1.5",
    "text/jscript",
    "text/livescript",
    "text/x-ecmascript",
    "text/x-javascript",
];

/// Whether a `script` of this `type` holds JavaScript or JSON. One with references in it could.
pub(super) fn is_script(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    media_type.contains('&') || SCRIPTS.contains(&essence.to_ascii_lowercase().as_str())
}
