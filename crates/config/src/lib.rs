//! What was written and what it means.
//!
//! ```text
//! argv + environment + TOML ─► merge ─► Options (each value with its source) ─┬─► meaning ─► Config
//!                                           │ legacy conversion                │
//!                       structured YAML ─► alpha ─► Structured (likewise) ─────┘
//! ```
//!
//! Flags, environment and file become [`Options`], one field per option with the place it was written at. What only the
//! nested form can say is in `Structured`, made from the options or read from a structured file, which then also says
//! the options that it has a path for. Both together become a [`Config`], the typed settings of each crate, and nobody
//! there knows which of the two forms it was. Everything that is wrong is reported together ([`Faults`]):
//! which option, where, why, and what to write instead, never with the value of a secret.
//!
//! Loading binds no socket, calls no provider and changes nothing global. It reads the files that the options name.

#![cfg_attr(
    not(any(test, fuzzing)),
    warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)
)]

mod alpha;
mod arguments;
mod convert;
mod excerpt;
mod fault;
mod file;
mod files;
#[cfg(fuzzing)]
pub mod fuzzing;
mod help;
mod load;
mod meaning;
mod merge;
mod nearest;
mod options;
mod re2;
mod row;
mod sheet;
mod structured;
mod survey;
mod table;
mod understand;
mod value;
mod written;

pub use excerpt::Excerpt;
pub use fault::{Fault, FaultCode, Faults, Stage, Warning};
pub use files::Files;
pub use help::usage;
pub use load::{Command, load, load_from};
pub use meaning::{
    Config, Discovery, ErrorStream, Listen, LogFile, LogFormat, LogFormats, LogSettings, LogStream, LogZone, NoLine,
    OldFiles, SecureListen, Shutdown,
};
pub use options::Options;
pub use row::{ENVIRONMENT_PREFIX, Row, Secrecy};
pub use survey::{Mention, Sources, Survey, survey};
pub use table::rows;
pub use value::{GoDuration, Kind};
pub use written::{Source, Written};
