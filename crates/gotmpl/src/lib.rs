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

mod check;
mod compare;
mod encode;
mod error;
mod escape;
mod exec;
mod function;
mod lex;
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
