//! The configuration as a YAML file of the nested form (`--convert-config-to-alpha`).
//!
//! Keys have the order of the original, and what is empty is left out as it does. Read again beside the options that stay
//! flat, the file says the same as what was converted: a `$` that would name a variable is doubled.

mod provider;
mod yaml;

use self::yaml::{Node, document};
use crate::options::Options;
use crate::structured::{ClaimSource, Header, HeaderValue, SecretSource, Server, Structured, Tls, Upstream};
use crate::value::{GoDuration, Loose};
use crate::written::Written;

/// The YAML file. It holds the secrets of the configuration in the clear.
pub(crate) fn to_alpha(options: &Options, structured: &Structured) -> String {
    let Structured { server, metrics_server, request_headers, response_headers, .. } = structured;
    let mut root = Entries::default();
    root.list("injectRequestHeaders", request_headers, header);
    root.list("injectResponseHeaders", response_headers, header);
    root.always("metricsServer", listeners(metrics_server));
    root.always("providers", Node::List(vec![provider::provider(options, &structured.provider)]));
    root.always("server", listeners(server));
    let mut upstreams = Entries::default();
    upstreams.switch("proxyRawPath", &structured.proxy_raw_path);
    upstreams.list("upstreams", &structured.upstreams.value, upstream);
    root.always("upstreamConfig", upstreams.into_node());
    document(&root.0)
}

/// The entries of a mapping, in their order.
#[derive(Default)]
struct Entries(Vec<(&'static str, Node)>);

impl Entries {
    fn always(&mut self, key: &'static str, node: Node) {
        self.0.push((key, node));
    }

    fn switch(&mut self, key: &'static str, switch: &Written<bool>) {
        self.always(key, Node::Bool(switch.value));
    }

    fn duration(&mut self, key: &'static str, duration: &Written<GoDuration>) {
        self.always(key, Node::Text(duration.value.to_string()));
    }

    /// A text, unless it is empty.
    fn text(&mut self, key: &'static str, text: &Written<String>) {
        self.loose(key, &Loose::Text(text.value.clone()));
    }

    /// A list of texts, unless it is empty.
    fn texts(&mut self, key: &'static str, texts: &[String]) {
        self.list(key, texts, |text| Node::Text(escaped(text)));
    }

    /// A list, unless it is empty.
    fn list<T>(&mut self, key: &'static str, elements: &[T], node: impl Fn(&T) -> Node) {
        if !elements.is_empty() {
            self.always(key, Node::List(elements.iter().map(node).collect()));
        }
    }

    /// A mapping, unless it is not there.
    fn part<T>(&mut self, key: &'static str, part: Option<&T>, node: impl Fn(&T) -> Node) {
        if let Some(part) = part {
            self.always(key, node(part));
        }
    }

    /// The value of an option, unless it is an empty text or list.
    fn loose(&mut self, key: &'static str, value: &Loose) {
        if !is_empty(value) {
            self.always(key, node(value));
        }
    }

    fn into_node(self) -> Node {
        Node::Map(self.0)
    }
}

/// Whether it is a text or a list of nothing.
fn is_empty(value: &Loose) -> bool {
    match value {
        Loose::Text(text) => text.is_empty(),
        Loose::List(elements) => elements.is_empty(),
        Loose::Bool(_) | Loose::Int(_) | Loose::Float(_) | Loose::Other(_) => false,
    }
}

/// The value of an option.
fn node(value: &Loose) -> Node {
    match value {
        Loose::Text(text) => Node::Text(escaped(text)),
        Loose::Bool(switch) => Node::Bool(*switch),
        Loose::Int(number) => Node::Int(*number),
        Loose::List(elements) => Node::List(elements.iter().map(node).collect()),
        // No option has one.
        Loose::Float(_) | Loose::Other(_) => Node::Text(String::new()),
    }
}

/// A text that is the same again once variables are filled in.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        escaped.push(c);
        // A digit makes no name (D31).
        let names = |next: char| matches!(next, '$' | '{' | '_') || next.is_alphanumeric() && !next.is_ascii_digit();
        if c == '$' && rest.peek().copied().is_some_and(names) {
            escaped.push('$');
        }
    }
    escaped
}

fn header(header: &Header) -> Node {
    let mut entries = Entries::default();
    entries.text("name", &header.name);
    entries.switch("preserveRequestValue", &header.preserve_request_value);
    if header.insecure_skip_header_normalization.value {
        entries.switch("InsecureSkipHeaderNormalization", &header.insecure_skip_header_normalization);
    }
    entries.list("values", &header.values, header_value);
    entries.into_node()
}

fn header_value(value: &HeaderValue) -> Node {
    let mut entries = Entries::default();
    entries.part("secretSource", value.secret_source.as_ref(), secret_source);
    entries.part("claimSource", value.claim_source.as_ref(), claim_source);
    entries.into_node()
}

fn claim_source(source: &ClaimSource) -> Node {
    let mut entries = Entries::default();
    entries.text("claim", &source.claim);
    entries.text("prefix", &source.prefix);
    entries.part("basicAuthPassword", source.basic_auth_password.as_ref(), secret_source);
    entries.into_node()
}

fn secret_source(source: &SecretSource) -> Node {
    let mut entries = Entries::default();
    entries.list("value", source.value.value.expose(), |byte| Node::Int(i64::from(*byte)));
    entries.text("fromEnv", &source.from_env);
    entries.text("fromFile", &source.from_file);
    entries.into_node()
}

fn listeners(server: &Server) -> Node {
    let mut entries = Entries::default();
    entries.text("bindAddress", &server.bind_address);
    entries.text("secureBindAddress", &server.secure_bind_address);
    entries.part("tls", server.tls.as_ref(), tls);
    entries.into_node()
}

fn tls(tls: &Tls) -> Node {
    let mut entries = Entries::default();
    entries.part("cert", tls.cert.as_ref(), secret_source);
    entries.texts("cipherSuites", &tls.cipher_suites.value);
    entries.part("key", tls.key.as_ref(), secret_source);
    entries.text("minVersion", &tls.min_version);
    entries.into_node()
}

fn upstream(upstream: &Upstream) -> Node {
    let mut entries = Entries::default();
    entries.text("id", &upstream.id);
    entries.text("path", &upstream.path);
    entries.text("rewriteTarget", &upstream.rewrite_target);
    entries.text("uri", &upstream.uri);
    entries.switch("insecureSkipTLSVerify", &upstream.insecure_skip_tls_verify);
    entries.switch("static", &upstream.is_static);
    if let Some(code) = upstream.static_code.value {
        entries.always("staticCode", Node::Int(code));
    }
    entries.duration("flushInterval", &upstream.flush_interval);
    entries.switch("passHostHeader", &upstream.pass_host_header);
    entries.switch("proxyWebSockets", &upstream.proxy_web_sockets);
    entries.duration("timeout", &upstream.timeout);
    entries.switch("disableKeepAlives", &upstream.disable_keep_alives);
    entries.into_node()
}

#[cfg(test)]
mod tests;
