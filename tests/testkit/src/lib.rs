//! What the tests of the whole program are made of, and nothing of the program itself.
//!
//! ```text
//! Program    the program under test or the original, started with given flags, environment and file
//! App        an application server that remembers what it was asked and answers as told
//! Provider   an OpenID provider that nobody here wrote
//! Browser    cookies, redirects, links and forms; every host name leads to this machine
//! Connection one TCP connection that sends exactly the bytes it is given
//! ```
//!
//! Everything blocks, everything listens on loopback at ports the system chose, and everything started here ends when
//! its value is dropped. A step that fails panics with what the processes concerned have said so far.
#![expect(clippy::missing_panics_doc, reason = "a step of a test that fails panics; that is what this crate is for")]

pub mod app;
pub mod browser;
pub mod cookie;
pub mod headers;
pub mod html;
pub mod http;
pub mod place;
pub mod process;
pub mod program;
pub mod provider;
pub mod websocket;
mod wire;

pub use app::{App, Reply, Seen};
pub use browser::{Browser, Front, Page};
pub use headers::Headers;
pub use http::{Connection, Request, Response};
pub use process::{Finished, Process};
pub use program::{Launch, Program, Which};
pub use provider::Provider;
