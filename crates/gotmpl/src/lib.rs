//! Go templates: the language of custom pages and log formats, with the contextual escaping of Go's `html/template`.
//!
//! ```text
//! files ─ lex ─► tokens ─ parse ─► trees ─ escape ─► Set ─ exec (data) ─► page
//! ```
//!
//! A set is read once, at the start: everything that is malformed, not supported, or not safe in its place is refused there,
//! by file and line. Rendering then fails only for what depends on the data. Neither panics, whatever the files say, and both
//! are bounded in depth, steps and size.
//!
//! It knows nothing of what is printed, and does no I/O.
//!
//! # Against Go
//!
//! `tests/against_go` asks Go's own packages (1.26) the same, with thousands of templates: what both accept, both print to the
//! byte. Refused here, at the start, though Go prints it:
//!
//! - verbs of `printf` other than `%v %s %q %d %t %x %X %c %%`, `%+v`, `%#v`, `%#q`, `*` and argument numbers; widths above 1000;
//! - imaginary numbers and hexadecimal floats; text literals that are not UTF-8; names with letters outside of ASCII;
//! - named character references in event handlers and `style` attributes that are neither ASCII nor of Latin-1;
//! - values in `srcdoc` and behind `javascript:`, which Go escapes once though browsers read them twice; values in attributes
//!   whose names are in pieces, as in `{{if .X}}data-{{end}}href="{{.Y}}"`;
//! - `</` inside a `meta` tag, which Go takes for the end of the tag, as no browser does;
//! - templates that call themselves and end in another place of the markup than they began;
//! - more than 48 actions, parentheses or calls inside one another, and what takes or makes more than a page may.
//!
//! Read as browsers read it, though Go does not: `/` inside a tag separates attributes (`<svg/onload=…>`), and a `script` whose
//! `type` is in pieces or has references in it is a script.
//!
//! Found at the start, though Go finds it only when a visitor comes by: contexts without safe escaping, templates that do not
//! exist, assignments to variables that are not declared. Accepted, though Go refuses it by an oversight: a template in a loop
//! that is called behind the `=` of an attribute. Fails while running, though Go prints it: slices that cut a character, types
//! spelled out in `%!` notes. An element of a list that is `nil` has all fields, which are `nil`; Go fails there.

#![cfg_attr(not(test), warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice))]

mod check;
mod compare;
mod encode;
mod error;
mod escape;
mod exec;
mod function;
mod lex;
mod limits;
mod parse;
mod print;
mod printf;
mod set;
mod tree;
mod value;

pub use error::{Fault, RenderError, TemplateError};
pub use function::{Call, Function};
pub use set::{Set, Source};
pub use value::{Record, Value};
