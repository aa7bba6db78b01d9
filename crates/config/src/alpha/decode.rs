//! From the tree to options and structure.

use sidecar_yaml::{Node, Value};

use super::reader::{Leaf as _, Mapping, Mismatch, Reader};
use crate::fault::FaultCode;
use crate::options::Options;
use crate::row::{Row, Serving};
use crate::structured::{
    ClaimSource, FurtherProvider, Header, HeaderValue, LoginUrlParameter, SecretSource, Server, Structured, Tls,
    Upstream, UrlParameterRule,
};
use crate::table::OPTIONS;
use crate::value::{Input, Kind, Loose};
use crate::written::Written;

/// Where options of the first provider are.
const FIRST: &str = "providers[0]";

/// Reads the root into `options` and a structure, and tells `reader` what is wrong.
pub(super) fn root(node: &Node, options: &mut Options, reader: &mut Reader<'_>) -> Structured {
    let mut structured = Structured::default();
    let Some(mut root) = reader.mapping("", node) else { return structured };
    upstream_config(&mut root, &mut structured, reader);
    structured.request_headers = headers(&mut root, "injectRequestHeaders", reader);
    structured.response_headers = headers(&mut root, "injectResponseHeaders", reader);
    server(&mut root, "server", &mut structured.server, reader);
    server(&mut root, "metricsServer", &mut structured.metrics_server, reader);
    providers(&mut root, node, options, &mut structured, reader);
    reader.finish(&root);
    structured
}

// === upstreams ===

fn upstream_config(root: &mut Mapping<'_>, structured: &mut Structured, reader: &mut Reader<'_>) {
    let Some(mut config) = reader.below(root, "upstreamConfig") else { return };
    reader.leaf(&mut config, "proxyRawPath", &mut structured.proxy_raw_path);
    let list = reader.list(&mut config, "upstreams");
    if let Some((_, first)) = list.iter().flatten().next() {
        structured.upstreams.source = reader.source(first.at);
    }
    for (path, node) in list.into_iter().flatten() {
        structured.upstreams.value.extend(upstream(&path, node, reader));
    }
    reader.finish(&config);
}

fn upstream(path: &str, node: &Node, reader: &mut Reader<'_>) -> Option<Upstream> {
    let mut mapping = reader.mapping(path, node)?;
    let mut upstream = Upstream::unset(path);
    reader.leaf(&mut mapping, "id", &mut upstream.id);
    reader.leaf(&mut mapping, "path", &mut upstream.path);
    reader.leaf(&mut mapping, "rewriteTarget", &mut upstream.rewrite_target);
    reader.leaf(&mut mapping, "uri", &mut upstream.uri);
    reader.leaf(&mut mapping, "insecureSkipTLSVerify", &mut upstream.insecure_skip_tls_verify);
    reader.leaf(&mut mapping, "static", &mut upstream.is_static);
    reader.leaf(&mut mapping, "staticCode", &mut upstream.static_code);
    reader.leaf(&mut mapping, "flushInterval", &mut upstream.flush_interval);
    reader.leaf(&mut mapping, "passHostHeader", &mut upstream.pass_host_header);
    reader.leaf(&mut mapping, "proxyWebSockets", &mut upstream.proxy_web_sockets);
    reader.leaf(&mut mapping, "timeout", &mut upstream.timeout);
    reader.leaf(&mut mapping, "disableKeepAlives", &mut upstream.disable_keep_alives);
    reader.finish(&mapping);
    Some(upstream)
}

// === headers ===

fn headers(root: &mut Mapping<'_>, key: &'static str, reader: &mut Reader<'_>) -> Vec<Header> {
    let list = reader.list(root, key);
    list.into_iter().flatten().filter_map(|(path, node)| header(&path, node, reader)).collect()
}

fn header(path: &str, node: &Node, reader: &mut Reader<'_>) -> Option<Header> {
    let mut mapping = reader.mapping(path, node)?;
    let mut header = Header::unset(path);
    reader.leaf(&mut mapping, "name", &mut header.name);
    reader.leaf(&mut mapping, "preserveRequestValue", &mut header.preserve_request_value);
    let normalization = &mut header.insecure_skip_header_normalization;
    reader.leaf(&mut mapping, "InsecureSkipHeaderNormalization", normalization);
    for (path, node) in reader.list(&mut mapping, "values").into_iter().flatten() {
        header.values.extend(header_value(&path, node, reader));
    }
    reader.finish(&mapping);
    Some(header)
}

fn header_value(path: &str, node: &Node, reader: &mut Reader<'_>) -> Option<HeaderValue> {
    let mut mapping = reader.mapping(path, node)?;
    let mut value = HeaderValue::unset(path);
    value.at.source = reader.source(node.at);
    value.secret_source = secret_source(&mut mapping, "secretSource", reader);
    value.claim_source = claim_source(&mut mapping, reader);
    reader.finish(&mapping);
    Some(value)
}

fn claim_source(parent: &mut Mapping<'_>, reader: &mut Reader<'_>) -> Option<ClaimSource> {
    let mut mapping = reader.below(parent, "claimSource")?;
    let mut source = ClaimSource::unset(&mapping.path);
    reader.leaf(&mut mapping, "claim", &mut source.claim);
    reader.leaf(&mut mapping, "prefix", &mut source.prefix);
    source.basic_auth_password = secret_source(&mut mapping, "basicAuthPassword", reader);
    reader.finish(&mapping);
    Some(source)
}

fn secret_source(parent: &mut Mapping<'_>, key: &'static str, reader: &mut Reader<'_>) -> Option<SecretSource> {
    let node = parent.take(key)?;
    let mut mapping = reader.mapping(&parent.child(key), node)?;
    let mut source = SecretSource::unset(&mapping.path);
    source.at.source = reader.source(node.at);
    reader.leaf(&mut mapping, "value", &mut source.value);
    reader.leaf(&mut mapping, "fromEnv", &mut source.from_env);
    reader.leaf(&mut mapping, "fromFile", &mut source.from_file);
    reader.finish(&mapping);
    Some(source)
}

// === servers ===

fn server(root: &mut Mapping<'_>, key: &'static str, server: &mut Server, reader: &mut Reader<'_>) {
    let Some(mut mapping) = reader.below(root, key) else { return };
    reader.leaf(&mut mapping, "bindAddress", &mut server.bind_address);
    reader.leaf(&mut mapping, "secureBindAddress", &mut server.secure_bind_address);
    server.tls = tls(&mut mapping, reader);
    reader.finish(&mapping);
}

fn tls(parent: &mut Mapping<'_>, reader: &mut Reader<'_>) -> Option<Tls> {
    let node = parent.take("tls")?;
    let mut mapping = reader.mapping(&parent.child("tls"), node)?;
    let mut tls = Tls::unset(&mapping.path);
    tls.at.source = reader.source(node.at);
    tls.key = secret_source(&mut mapping, "key", reader);
    tls.cert = secret_source(&mut mapping, "cert", reader);
    reader.leaf(&mut mapping, "minVersion", &mut tls.min_version);
    reader.leaf(&mut mapping, "cipherSuites", &mut tls.cipher_suites);
    reader.finish(&mapping);
    Some(tls)
}

// === providers ===

fn providers(
    root: &mut Mapping<'_>,
    at: &Node,
    options: &mut Options,
    structured: &mut Structured,
    reader: &mut Reader<'_>,
) {
    let Some(list) = reader.list(root, "providers") else { return };
    if list.is_empty() {
        reader.refuse(FaultCode::Missing, "providers", at.at, "names no provider", "write one below it, behind a -");
    }
    for (index, (path, node)) in list.into_iter().enumerate() {
        let Some(mut mapping) = reader.mapping(&path, node) else { continue };
        if index == 0 {
            first_provider(&mut mapping, options, structured, reader);
        } else {
            structured.further_providers.push(further_provider(&mut mapping, reader));
        }
        reader.finish(&mapping);
    }
}

fn first_provider(
    mapping: &mut Mapping<'_>,
    options: &mut Options,
    structured: &mut Structured,
    reader: &mut Reader<'_>,
) {
    let provider = &mut structured.provider;
    reader.leaf(mapping, "id", &mut provider.id);
    reader.leaf(mapping, "additionalClaims", &mut provider.additional_claims);
    provider.login_url_parameters = login_url_parameters(mapping, reader);
    rows(mapping, Use::Configuration(options), &mut provider.skip_scope, reader);
}

/// What is not used is read as strictly, so that its faults show before the day on which it is used.
fn further_provider(mapping: &mut Mapping<'_>, reader: &mut Reader<'_>) -> FurtherProvider {
    let mut provider = FurtherProvider::unset(&mapping.path);
    let mut claims = Written::default("additionalClaims", Vec::<String>::new());
    reader.leaf(mapping, "id", &mut provider.id);
    reader.leaf(mapping, "additionalClaims", &mut claims);
    login_url_parameters(mapping, reader);
    // Mismatches are told once, by the pass over all rows.
    let (told, before) = (&mut Written::default("skipScope", false), reader.faults.len());
    reader.leaf(mapping, "provider", &mut provider.kind);
    reader.leaf(mapping, "clientID", &mut provider.client_id);
    reader.leaf(mapping, "clientSecret", &mut provider.client_secret);
    reader.leaf(mapping, "clientSecretFile", &mut provider.client_secret_file);
    if let Some(mut entra) = reader.below(mapping, "microsoftEntraIDConfig") {
        reader.leaf(&mut entra, "federatedTokenAuth", &mut provider.federated_token_auth);
    }
    if let Some(mut oidc) = reader.below(mapping, "oidcConfig") {
        reader.leaf(&mut oidc, "enabledSigningAlgs", &mut provider.enabled_signing_algs);
    }
    if let Some(mut google) = reader.below(mapping, "googleConfig") {
        let directory = &mut provider.google;
        reader.leaf(&mut google, "adminEmail", &mut directory.admin_email);
        reader.leaf(&mut google, "serviceAccountJson", &mut directory.service_account_json);
        let adc = &mut directory.use_application_default_credentials;
        reader.leaf(&mut google, "useApplicationDefaultCredentials", adc);
    }
    reader.faults.truncate(before);
    rows(mapping, Use::None, told, reader);
    provider
}

fn login_url_parameters(provider: &mut Mapping<'_>, reader: &mut Reader<'_>) -> Vec<LoginUrlParameter> {
    let list = reader.list(provider, "loginURLParameters");
    list.into_iter().flatten().filter_map(|(path, node)| login_url_parameter(&path, node, reader)).collect()
}

fn login_url_parameter(path: &str, node: &Node, reader: &mut Reader<'_>) -> Option<LoginUrlParameter> {
    let mut mapping = reader.mapping(path, node)?;
    let mut parameter = LoginUrlParameter::unset(path);
    reader.leaf(&mut mapping, "name", &mut parameter.name);
    reader.leaf(&mut mapping, "default", &mut parameter.default);
    for (path, node) in reader.list(&mut mapping, "allow").into_iter().flatten() {
        parameter.allow.extend(rule(&path, node, reader));
    }
    reader.finish(&mapping);
    Some(parameter)
}

fn rule(path: &str, node: &Node, reader: &mut Reader<'_>) -> Option<UrlParameterRule> {
    let mut mapping = reader.mapping(path, node)?;
    let mut rule = UrlParameterRule::unset(path);
    rule.at.source = reader.source(node.at);
    for (key, part) in [("value", &mut rule.value), ("pattern", &mut rule.pattern)] {
        let mut written = crate::structured::unset(path, key, String::new());
        reader.leaf(&mut mapping, key, &mut written);
        *part = written.is_set().then_some(written);
    }
    reader.finish(&mapping);
    Some(rule)
}

// === options of a provider ===

/// What becomes of a provider's options.
enum Use<'a> {
    /// They are set.
    Configuration(&'a mut Options),
    /// Only their types count.
    None,
}

/// Reads every option that has its place in a provider, directly or in one of its groups such as `oidcConfig`.
fn rows(mapping: &mut Mapping<'_>, mut into: Use<'_>, skip_scope: &mut Written<bool>, reader: &mut Reader<'_>) {
    let mut groups: Vec<&'static str> = vec!["ADFSConfig"];
    for (row, leaf) in leaves() {
        match leaf.split_once('.') {
            None => option(mapping, leaf, row, &mut into, reader),
            Some((group, _)) if !groups.contains(&group) => groups.push(group),
            Some(_) => {}
        }
    }
    for group in groups {
        let Some(mut below) = reader.below(mapping, group) else { continue };
        for (row, leaf) in leaves() {
            if let Some((of, key)) = leaf.split_once('.')
                && of == group
            {
                option(&mut below, key, row, &mut into, reader);
            }
        }
        if group == "ADFSConfig" {
            reader.leaf(&mut below, "skipScope", skip_scope);
        }
        reader.finish(&below);
    }
}

/// The options that are leaves of the first provider, with their path below it.
fn leaves() -> impl Iterator<Item = (&'static Row, &'static str)> {
    OPTIONS.iter().filter_map(|row| {
        let leaf = row.alpha_leaf()?.strip_prefix(FIRST)?.strip_prefix('.')?;
        Some((row, leaf))
    })
}

fn option(
    mapping: &mut Mapping<'_>,
    key: &'static str,
    row: &'static Row,
    into: &mut Use<'_>,
    reader: &mut Reader<'_>,
) {
    let Some(entry) = mapping.entry(key) else { return };
    reader.note(entry, row.secrecy);
    let (path, node) = (mapping.child(key), &entry.value);
    let value = match loose(row.kind, &node.value) {
        Ok(value) => value,
        Err(found) => return reader.mismatch(&path, node, &found),
    };
    let Use::Configuration(options) = into else { return };
    let input = Input::Loose(&value);
    let source = reader.source(node.at);
    let result = match row.serving {
        Serving::Mode => Ok(()),
        Serving::Served { set } => set(options, input, row.alpha_leaf().unwrap_or(row.flag), source),
        Serving::NotYet { lacking, differs } => differs(input).map(|differs| {
            if differs {
                let reason = format!("this version does not serve {lacking} yet");
                reader.refuse(FaultCode::NotServed, &path, node.at, &reason, "leave it out");
            }
        }),
    };
    if let Err(error) = result {
        let reason = format!("the value {}", error.reason);
        reader.refuse(FaultCode::Value, &path, node.at, &reason, &error.instead);
    }
}

/// The value as an option of this kind takes it, which is of its own type alone.
fn loose(kind: Kind, value: &Value) -> Result<Loose, Mismatch> {
    match kind {
        Kind::Text => String::of(value).map(Loose::Text),
        Kind::Bool | Kind::TextBool => bool::of(value).map(Loose::Bool),
        Kind::Int => i64::of(value).map(Loose::Int),
        Kind::List => Vec::<String>::of(value).map(|list| Loose::List(list.into_iter().map(Loose::Text).collect())),
        Kind::Duration => crate::value::GoDuration::of(value).map(|duration| Loose::Text(duration.to_string())),
    }
}
