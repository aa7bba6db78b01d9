//! Making values safe for the place that they are printed at.

use std::fmt::Write;

use super::attribute::is_harmless_name;
use super::context::Element;
use super::markup::{Markup, end_tag, next_markup};
use super::{REPLACED, css, json, url};
use crate::encode;
use crate::value::Value;

/// One way to make a value safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escaper {
    /// Between tags.
    Html,
    /// In `title` or `textarea`.
    Rcdata,
    /// In an attribute's value.
    Attribute,
    /// In an attribute's value that has no quotes.
    Unquoted,
    /// In an attribute's name.
    Name,
    /// In a comment: nothing is printed.
    Comment,
    /// As an expression of a script.
    JsValue,
    /// In a string of a script.
    JsString,
    /// In a template literal of a script.
    JsTemplate,
    /// In a regular expression of a script.
    JsRegexp,
    /// As a value in a style.
    CssValue,
    /// In a string in a style.
    CssString,
    /// At the start of a URL.
    UrlFilter,
    /// Within a URL that may already be one.
    UrlNormalize,
    /// In the query or fragment of a URL.
    UrlEscape,
    /// In a list of images.
    Srcset,
    /// The function `html` that ended the pipeline.
    HtmlFunction,
    /// The function `urlquery` that ended the pipeline.
    UrlqueryFunction,
}

/// Runs a value through all of them.
pub(crate) fn apply(escapers: &[Escaper], value: &Value) -> String {
    let mut escapers = escapers.iter();
    let first = escapers.next().unwrap_or(&Escaper::Html);
    escapers.fold(first.apply(value), |text, escaper| escaper.apply(&Value::Text(text)))
}

impl Escaper {
    fn apply(self, value: &Value) -> String {
        let text = || if *value == Value::Nil { String::new() } else { value.to_string() };
        match (self, value) {
            (Self::Html, Value::Html(html)) => html.clone(),
            (Self::Rcdata, Value::Html(html)) => replace(html, normal),
            (Self::Attribute, Value::Html(html)) => replace(&without_tags(html), normal),
            (Self::Html | Self::Rcdata | Self::Attribute, _) => replace(&text(), escaped),
            (Self::Unquoted, Value::Html(html)) if !html.is_empty() => unquoted(&without_tags(html), normal),
            (Self::Unquoted, _) if text().is_empty() => REPLACED.to_owned(),
            (Self::Unquoted, _) => unquoted(&text(), escaped),
            (Self::Name, _) => name(&text()),
            (Self::Comment, _) => String::new(),
            (Self::JsValue, _) => json::value(value),
            (Self::JsString, _) => json::string(&text()),
            (Self::JsTemplate, _) => json::template(&text()),
            (Self::JsRegexp, _) => json::regexp(&text()),
            (Self::CssValue, _) => css::value(&text()),
            (Self::CssString, _) => css::string(&text()),
            (Self::UrlFilter, _) => url::filter(text()),
            (Self::UrlNormalize, _) => url::normalize(&text()),
            (Self::UrlEscape, _) => url::escape(&text()),
            (Self::Srcset, _) => url::srcset(&text()),
            (Self::HtmlFunction, Value::Nil) => encode::html(crate::function::NO_VALUE),
            (Self::HtmlFunction, _) => encode::html(&text()),
            (Self::UrlqueryFunction, Value::Nil) => encode::url_query(crate::function::NO_VALUE),
            (Self::UrlqueryFunction, _) => encode::url_query(&text()),
        }
    }
}

/// The text with references for characters that mean something in HTML.
fn replace(text: &str, reference: impl Fn(char) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match reference(letter) {
            Some(reference) => out.push_str(reference),
            None => out.push(letter),
        }
    }
    out
}

/// References for all text.
fn escaped(letter: char) -> Option<&'static str> {
    if letter == '&' { Some("&amp;") } else { normal(letter) }
}

/// References for markup, in which `&` already begins one.
fn normal(letter: char) -> Option<&'static str> {
    Some(match letter {
        '\0' => "\u{fffd}",
        '"' => "&#34;",
        '\'' => "&#39;",
        '+' => "&#43;",
        '<' => "&lt;",
        '>' => "&gt;",
        _ => return None,
    })
}

/// A value without quotes around it: nothing in it may end it.
fn unquoted(text: &str, reference: impl Fn(char) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\t'..='\r' | ' ' | '=' | '`' => {
                let _ = write!(out, "&#{};", u32::from(letter));
            }
            '\0' => out.push_str("&#xfffd;"),
            '\u{fdd0}'..='\u{fdef}' | '\u{fff0}'..='\u{ffff}' => {
                let _ = write!(out, "&#x{:x};", u32::from(letter));
            }
            _ => match reference(letter) {
                Some(reference) => out.push_str(reference),
                None => out.push(letter),
            },
        }
    }
    out
}

/// A name, or a part of one, that a value chose.
fn name(text: &str) -> String {
    // As Go does it: a letter becomes one letter.
    let lower: String = text.chars().filter_map(|letter| letter.to_lowercase().next()).collect();
    if is_harmless_name(&lower) { lower } else { REPLACED.to_owned() }
}

/// The text of trusted markup: an attribute shows no tags. Of markup that ends where its first tag begins, it shows all.
fn without_tags(html: &str) -> String {
    if next_markup(html).is_none_or(|found| found.behind.is_empty()) {
        return html.to_owned();
    }
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(found) = next_markup(rest) {
        out.push_str(found.before);
        let behind = match found.markup {
            Markup::Comment => found.behind.split_once("-->").map(|(_, behind)| behind),
            Markup::Tag(element) => behind_tag(found.behind, element, &mut out),
        };
        match behind {
            Some(behind) => rest = behind,
            None => return out,
        }
    }
    out.push_str(rest);
    out
}

/// What follows a tag; the content of a `title` or `textarea` goes to `out`, that of a script or style is dropped.
fn behind_tag<'a>(tag: &'a str, element: Element, out: &mut String) -> Option<&'a str> {
    let behind = super::markup::behind_tag(tag)?;
    if matches!(element, Element::Other | Element::Meta) {
        return Some(behind);
    }
    let (content, end) = behind.split_at(end_tag(behind, element));
    if matches!(element, Element::Textarea | Element::Title) {
        out.push_str(content);
    }
    Some(end)
}
