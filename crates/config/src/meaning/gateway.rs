//! The settings of the gateway: who gets in, what visitors see, which headers of a request are believed.

use std::collections::HashSet;

use http::HeaderName;
use sidecar_core::domain::DomainRule;
use sidecar_core::form::Semicolons;
use sidecar_core::login::StateEncoding;
use sidecar_core::net::IpNets;
use sidecar_core::policy::{Allow, EmailDomain, EmailRules, Policy};
use sidecar_gateway::{Api, Forwarding, Login, Probes, Refresh, Settings};
use sidecar_providers::{Id, group_of_role};

use super::judge::{Judge, given, one_of};
use super::{app_probes, credentials, emails, everybody, pages, redirect, routes};
use crate::fault::quote;
use crate::options::Options;
use crate::value::GoDuration;
use crate::written::Written;

/// The headers in which a proxy may name the client.
const CLIENT_IP_HEADERS: [&str; 5] =
    ["X-Forwarded-For", "X-Real-IP", "X-ProxyUser-IP", "X-Envoy-External-Address", "CF-Connecting-IP"];

/// A login whose state was lost restarts this often (D14).
const RESTARTS: u8 = 2;

/// What the gateway is told.
pub(super) fn settings(options: &Options, judge: &mut Judge) -> Option<Settings> {
    let prefix = prefix(&options.proxy_prefix, judge);
    let policy = Policy { allow: allow(options, judge), bypass: routes::bypass(options, judge) };
    let robots = pages::robots(&options.custom_templates_dir, judge);
    let forwarding = forwarding(options, judge);
    let request_id_header = header(&options.request_id_header, judge);
    let credentials = credentials::settings(options, judge);
    let login = login(options, judge);
    let pages = pages::settings(options, judge);
    let refresh = refresh(options, judge);
    let api = Api {
        force_json: options.force_json_errors.value,
        routes: routes::api(&options.api_routes, judge),
        login_for_subresources: options.login_for_subresources.value,
    };
    Some(Settings {
        prefix: prefix?,
        policy,
        probes: probes(options, judge),
        app_probes: app_probes::settings(options, judge),
        robots,
        forwarding: forwarding?,
        request_id_header: request_id_header?,
        credentials,
        login: login?,
        pages: pages?,
        api,
        refresh: refresh?,
        semicolons: if options.allow_query_semicolons.value { Semicolons::Separate } else { Semicolons::Refused },
        // Where the listener with TLS is known, it is filled in.
        force_https: None,
    })
}

fn prefix(written: &Written<String>, judge: &mut Judge) -> Option<String> {
    let prefix = written.value.as_str();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let segments = prefix.strip_prefix('/').unwrap_or_default();
    let clean = segments.split('/').all(|segment| !matches!(segment, "" | "." | ".."));
    if clean && segments.bytes().all(plain) {
        return Some(prefix.to_owned());
    }
    judge.refuse(
        written,
        format!("{} is no prefix of paths", quote(prefix)),
        "write a path such as /oauth2: a slash in front, none at the end, letters, digits and -._~ between",
    );
    None
}

fn allow(options: &Options, judge: &mut Judge) -> Allow {
    let written = &options.email_domains;
    let people = [&options.authenticated_emails_file, &options.htpasswd_file];
    if written.value.is_empty() && people.into_iter().all(|file| file.value.is_empty()) {
        let instead = "write a domain, or * to let everybody in; or name the users in authenticated-emails-file or \
                       htpasswd-file";
        judge.refuse(written, "is required: it says who may sign in", instead);
    }
    let mut emails = EmailRules { addresses: emails::addresses(options, judge), ..EmailRules::default() };
    for element in judge.elements(written) {
        let text = element.value;
        if text == "*" {
            emails.any = true;
        } else if text.contains('@') || text.contains(char::is_whitespace) {
            let instead = "write what follows the @, as in example.com";
            judge.refuse(&element, format!("{} is no domain", quote(text)), instead);
        } else if let Some(domain) = EmailDomain::parse(text) {
            emails.domains.push(domain);
        } else {
            judge.refuse(&element, format!("{} has no domain in it", quote(text)), "write it as in .example.com");
        }
    }
    everybody::warn(options, judge);
    let mut groups: HashSet<String> = judge.restriction(&options.allowed_groups).map(str::to_owned).collect();
    // compat: other kinds of provider do not look at roles.
    if options.provider.value == Id::Keycloak.as_str() {
        groups.extend(judge.restriction(&options.allowed_roles).map(group_of_role));
    }
    Allow { emails, groups }
}

fn probes(options: &Options, judge: &mut Judge) -> Probes {
    let mut ping_paths: Vec<String> = given(&options.ping_path).map(str::to_owned).into_iter().collect();
    let mut ping_agents: Vec<String> = given(&options.ping_user_agent).map(str::to_owned).into_iter().collect();
    if options.gcp_healthchecks.value {
        ping_paths.extend(["/liveness_check", "/readiness_check"].map(str::to_owned));
        ping_agents.push("GoogleHC/1.0".to_owned());
        if options.ping_user_agent.value.is_empty() && !options.ping_path.value.is_empty() {
            let path = &options.ping_path.value;
            let message = format!("{path} answers Google's health checks alone; ping-user-agent names others");
            judge.warn(&options.gcp_healthchecks, message);
        }
    }
    for written in [&options.ping_path, &options.ready_path] {
        if !written.value.is_empty() && !written.value.starts_with('/') {
            judge.refuse(written, format!("{} is no path", quote(&written.value)), "begin it with a slash");
        }
    }
    Probes {
        ping_paths,
        ping_agents,
        ready_path: given(&options.ready_path).map(str::to_owned),
        ready_requires_provider: options.ready_requires_provider.value,
        silent: options.silence_ping_logging.value,
    }
}

fn forwarding(options: &Options, judge: &mut Judge) -> Option<Forwarding> {
    let proxies = routes::networks(&options.trusted_proxy_ips, judge);
    if !options.reverse_proxy.value {
        return Some(Forwarding::Ignored);
    }
    let listed = &options.trusted_proxy_ips;
    let proxies = if listed.value.is_empty() {
        let message = "with reverse-proxy and without this list, every loopback, private and link-local peer is \
                       believed about who the client is; list the proxies";
        judge.warn(listed, message);
        IpNets::private()
    } else {
        if let Some(everybody) = listed.elements().find(|network| network.value.ends_with("/0")) {
            judge.warn(&everybody, "every peer is believed about who the client is and which host it asked for");
        }
        proxies
    };
    let written = &options.real_client_ip_header;
    let name = CLIENT_IP_HEADERS.iter().find(|name| name.eq_ignore_ascii_case(&written.value));
    let Some(name) = name.and_then(|name| HeaderName::from_bytes(name.as_bytes()).ok()) else {
        let reason = format!("{} is none of the headers that proxies use for it", quote(&written.value));
        judge.refuse(written, reason, format!("write {}", one_of(&CLIENT_IP_HEADERS)));
        return None;
    };
    Some(Forwarding::Trusted { proxies, client_ip_header: name })
}

fn header(written: &Written<String>, judge: &mut Judge) -> Option<HeaderName> {
    let name = HeaderName::from_bytes(written.value.as_bytes()).ok();
    if name.is_none() {
        judge.refuse(written, format!("{} is no header name", quote(&written.value)), "write one such as X-Request-Id");
    }
    name
}

fn login(options: &Options, judge: &mut Judge) -> Option<Login> {
    let redirect_uri = redirect::uri(options, judge);
    let allowed_domains = allowed_domains(&options.whitelist_domains, judge);
    Some(Login {
        redirect_uri: redirect_uri?,
        cookie_secure: options.cookie_secure.value,
        allowed_domains,
        skip_button: options.skip_provider_button.value,
        state_encoding: if options.encode_state.value { StateEncoding::Base64 } else { StateEncoding::Plain },
        max_restarts: if options.login_restart.value { RESTARTS } else { 0 },
    })
}

/// Entries without a host allow nothing, as in oauth2-proxy; whoever wrote them is told.
fn allowed_domains(written: &Written<Vec<String>>, judge: &mut Judge) -> Vec<DomainRule> {
    let mut rules = Vec::new();
    for element in written.elements() {
        let text = element.value;
        if text == "*" || text.contains("://") || text.contains(char::is_whitespace) {
            judge.warn(&element, format!("{} allows no host; write example.com or .example.com", quote(text)));
        }
        match DomainRule::parse(text) {
            Some(rule) => rules.push(rule),
            None => judge.warn(&element, format!("{} names no host and allows nothing", quote(text))),
        }
    }
    rules
}

fn refresh(options: &Options, judge: &mut Judge) -> Option<Refresh> {
    let positive = |written: &Written<GoDuration>| written.value.to_std().filter(|duration| !duration.is_zero());
    let grace = judge.duration(&options.refresh_grace);
    judge.duration(&options.refresh_before_expiry)?;
    Some(Refresh {
        // compat: a negative one never refreshes.
        period: positive(&options.cookie_refresh),
        grace: grace?,
        before_expiry: positive(&options.refresh_before_expiry),
    })
}
