//! Applications whose HTTP parsers nobody here wrote, and which tell what they understood: what counts at the boundary is
//! what the app saw.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::{Process, Request, http, place};

/// How long an app may take to start, on a busy machine.
const START: Duration = Duration::from_mins(1);

/// Whose parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parser {
    /// Node's `http`, and a browser's idea of a path.
    Node,
    /// Python's WSGI server, which folds the names of headers as CGI does. It takes no chunked bodies.
    Wsgi,
    /// Go's `net/http`.
    Go,
}

/// A running app. It answers every request with what it understood, as JSON.
#[derive(Debug)]
pub struct Oracle {
    parser: Parser,
    address: SocketAddr,
    _process: Process,
}

/// A request as an app understood it.
#[derive(Clone, Debug)]
pub struct Understood {
    parser: Parser,
    /// The method.
    pub method: String,
    /// The target, as the app's server gives it.
    pub target: String,
    /// The path that the app would act on: decoded, without dot segments.
    pub path: String,
    /// How long its body was.
    pub body_length: u64,
    /// The headers by the names that the app's server gives them.
    pub headers: BTreeMap<String, String>,
}

impl Oracle {
    /// One app of each parser.
    #[must_use]
    pub fn all() -> Vec<Self> {
        [Parser::Node, Parser::Wsgi, Parser::Go].map(Self::start).into()
    }

    /// An app on a free port.
    #[must_use]
    pub fn start(parser: Parser) -> Self {
        let port = place::free_port();
        let mut command = match parser {
            Parser::Node => Command::new("node"),
            Parser::Wsgi => Command::new("python3"),
            Parser::Go => Command::new(place::installed(place::cache().join("bin/oracle-go"), "install.sh oracle")),
        };
        match parser {
            Parser::Node => command.arg(place::recipe("oracle/app.mjs")),
            Parser::Wsgi => command.arg(place::recipe("oracle/app.py")),
            Parser::Go => &mut command,
        };
        command.arg(port.to_string());
        let process = Process::start(&format!("{parser:?} app"), command);
        process.wait_for("ready", START);
        Self { parser, address: place::loopback(port), _process: process }
    }

    /// Whose parser it has.
    #[must_use]
    pub fn parser(&self) -> Parser {
        self.parser
    }

    /// What an `--upstream` flag says.
    #[must_use]
    pub fn upstream(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Every request since the last time.
    #[must_use]
    pub fn drain(&self) -> Vec<Understood> {
        let told = http::ask(self.address, &Request::get("/__drain")).json();
        let told = told.as_array().expect("a list");
        told.iter().map(|what| self.read(what)).collect()
    }

    /// A request as this app told of it.
    #[must_use]
    pub fn read(&self, told: &Value) -> Understood {
        let text = |name: &str| told[name].as_str().unwrap_or_else(|| panic!("no {name}: {told}")).to_owned();
        let value = |value: &Value| match value.as_array() {
            // Go keeps the lines of one name apart, and so does Node for some names.
            Some(lines) => lines.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
            None => value.as_str().unwrap_or_else(|| panic!("no header value: {value}")).to_owned(),
        };
        let headers = told["headers"].as_object().expect("headers");
        Understood {
            parser: self.parser,
            method: text("method"),
            target: text("target"),
            path: text("path"),
            body_length: told["body_length"].as_u64().expect("a length"),
            headers: headers.iter().map(|(name, lines)| (name.clone(), value(lines))).collect(),
        }
    }

    /// Where browsers go from `base` by each of these references: scheme, host and path; `None` for what is no URL. Node
    /// alone can tell.
    #[must_use]
    pub fn resolve(&self, base: &str, references: &[String]) -> Vec<Option<[String; 3]>> {
        assert_eq!(self.parser, Parser::Node);
        let question = json!({ "base": base, "references": references }).to_string();
        let told = http::ask(self.address, &Request::new("POST", "/__resolve").body(question)).json();
        let part = |url: &Value, n: usize| url[n].as_str().expect("text").to_owned();
        let place = |url: &Value| url.is_array().then(|| [0, 1, 2].map(|n| part(url, n)));
        told.as_array().expect("a list").iter().map(place).collect()
    }
}

impl Understood {
    /// What an app of this kind reads when it asks for a header.
    #[must_use]
    pub fn told(&self, name: &str) -> Option<&str> {
        let name = match self.parser {
            Parser::Node => name.to_ascii_lowercase(),
            Parser::Wsgi => format!("HTTP_{}", name.replace('-', "_").to_ascii_uppercase()),
            Parser::Go => canonical(name),
        };
        self.headers.get(&name).map(String::as_str)
    }
}

/// `X-Forwarded-User`, as Go writes it.
fn canonical(name: &str) -> String {
    let mut upper = true;
    let canonical = |c: char| {
        let canonical = if upper { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
        upper = c == '-';
        canonical
    };
    name.chars().map(canonical).collect()
}
