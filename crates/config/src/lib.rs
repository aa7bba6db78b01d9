//! What was written and what it means.
//!
//! Flags, environment and file become [`Options`], one field per option with the place it was written at; options
//! become a [`Config`], the typed settings of each crate. Everything that is wrong is reported together ([`Faults`]):
//! which option, where, why, and what to write instead, never with the value of a secret.
//!
//! Loading binds no socket, calls no provider and changes nothing global. It reads the files that the options name,
//! through [`ReadFile`], and nothing else.

mod arguments;
mod fault;
mod file;
mod merge;
mod nearest;
mod options;
mod re2;
mod row;
mod table;
mod value;
mod written;

pub use fault::{Fault, Faults, Stage, Warning};
pub use options::Options;
pub use row::{ENVIRONMENT_PREFIX, Row, Secrecy};
pub use table::rows;
pub use value::{GoDuration, Kind};
pub use written::{Source, Written};
