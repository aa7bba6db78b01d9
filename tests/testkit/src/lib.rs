//! What the tests of the whole program are made of, and nothing of the program itself.
//!
//! ```text
//! Program    the program under test or the original, started with given flags, environment and file
//! App        an application server that remembers what it was asked and answers as told
//! Provider   an OpenID provider that nobody here wrote
//! Gitea      a real server that speaks GitHub's protocol, with people, organizations, teams and repositories
//! Emulator   GitHub's, Google's and Microsoft's logins, by npm emulate
//! Tenant     Microsoft's old endpoints and Graph, which nobody emulates: ours, and so no evidence of itself
//! Spoiler    stands before any of these and spoils the answers that the test names
//! Issuer     an OpenID provider that says whatever the test wants about whoever comes: ours, and so no evidence of itself
//! Http2Client Node's client of HTTP/2, for many requests at a time
//! Oracle     an app of Node, Python or Go, which tells what it understood
//! Elsewhere  lets a program find `github.com` and its like on this machine, with certificates it trusts
//! Browser    cookies, redirects, links and forms; every host name leads to this machine
//! Connection one TCP connection that sends exactly the bytes it is given
//! Curl       a client that nobody here wrote, for HTTP/2 and TLS; frames by hand are in `frames`
//! ```
//!
//! Everything blocks, everything listens on loopback at ports the system chose, and everything started here ends when
//! its value is dropped. A step that fails panics with what the processes concerned have said so far.
#![expect(clippy::missing_panics_doc, reason = "a step of a test that fails panics; that is what this crate is for")]

pub mod app;
pub mod browser;
pub mod canary;
pub mod certificate;
pub mod cookie;
pub mod curl;
pub mod elsewhere;
pub mod emulator;
pub mod frames;
pub mod gitea;
mod github_front;
pub mod headers;
pub mod html;
pub mod http;
pub mod http2;
pub mod issuer;
pub mod metrics;
pub mod oracle;
mod passage;
pub mod place;
pub mod process;
pub mod program;
pub mod provider;
mod relay;
pub mod signer;
pub mod spoiler;
pub mod tenant;
pub mod token;
pub mod v7_cookie;
pub mod websocket;
mod wire;

pub use app::{App, Reply, Seen};
pub use browser::{Browser, Front, Page};
pub use certificate::Certificate;
pub use curl::Curl;
pub use elsewhere::Elsewhere;
pub use emulator::Emulator;
pub use gitea::Gitea;
pub use headers::Headers;
pub use http::{Connection, Request, Response};
pub use issuer::Issuer;
pub use process::{Finished, Process};
pub use program::{Launch, Program, Which};
pub use provider::{Client, Provider};
pub use signer::Signer;
pub use spoiler::{Fault, Spoiler};
pub use tenant::Tenant;
pub use token::{Mutation, Tokens};
