//! The rules for requests that need no session, and for those that get 401 instead of a login.

use http::Method;
use regex::Regex;
use sidecar_core::net::{IpNet, IpNets};
use sidecar_core::policy::{BypassRules, MethodRule, RouteRule};

use super::judge::Judge;
use crate::fault::quote;
use crate::options::Options;
use crate::re2::{self, Pattern, Reach};
use crate::written::Written;

/// Which requests need no session.
pub(super) fn bypass(options: &Options, judge: &mut Judge) -> BypassRules {
    // compat: the older option's rules come first.
    let mut routes = every_method(&options.skip_auth_regex, judge);
    routes.extend(by_method(&options.skip_auth_routes, judge));
    let clients = networks(&options.trusted_ips, judge);
    if !clients.is_empty() && options.reverse_proxy.value {
        let message = "with reverse-proxy the address is the one that a trusted proxy names; let it overwrite \
                       real-client-ip-header, and list it in trusted-proxy-ip";
        judge.warn(&options.trusted_ips, message);
    }
    BypassRules { preflight: options.skip_auth_preflight.value, routes, clients }
}

/// `skip-auth-regex`: a pattern for every method.
fn every_method(written: &Written<Vec<String>>, judge: &mut Judge) -> Vec<RouteRule> {
    let mut rules = Vec::new();
    for element in written.elements() {
        if let Some(pattern) = compile(&element, element.value, judge) {
            warn_of_reach(&element, &pattern, judge);
            rules.push(RouteRule { method: MethodRule::Any, negated: false, path: pattern.regex });
        }
    }
    rules
}

/// `skip-auth-route`: `REGEX`, `METHOD=REGEX`, `METHOD!=REGEX`, `=REGEX`, `!=REGEX`.
fn by_method(written: &Written<Vec<String>>, judge: &mut Judge) -> Vec<RouteRule> {
    let mut rules = Vec::new();
    for element in written.elements() {
        let text = element.value;
        let rule = match Rule::read(text) {
            Ok(rule) => rule,
            Err(Ambiguous { readings, instead }) => {
                judge.dangerous(&element, format!("{} has two readings: {readings}", quote(text)), instead);
                continue;
            }
        };
        let Some(pattern) = compile(&element, rule.pattern, judge) else { continue };
        if rule.negated {
            let message = format!("{} serves every path without a session except those that match", quote(text));
            judge.warn(&element, message);
        } else {
            warn_of_reach(&element, &pattern, judge);
        }
        rules.push(RouteRule { method: rule.method, negated: rule.negated, path: pattern.regex });
    }
    rules
}

/// One `skip-auth-route`, taken apart.
#[derive(Debug, PartialEq)]
struct Rule<'a> {
    method: MethodRule,
    negated: bool,
    pattern: &'a str,
}

/// A rule that oauth2-proxy reads in another way than whoever wrote it may have meant (D32).
#[derive(Debug, PartialEq)]
struct Ambiguous {
    readings: String,
    instead: String,
}

impl Rule<'_> {
    /// Splits at the first `=` or `!=`. Only a `!=` there negates; oauth2-proxy negates for one anywhere in the rule.
    fn read(text: &str) -> Result<Rule<'_>, Ambiguous> {
        let Some((method, pattern)) = text.split_once('=') else {
            return Ok(Rule { method: MethodRule::Any, negated: false, pattern: text });
        };
        let (method, negated) = match method.strip_suffix('!') {
            Some(method) => (method, true),
            None => (method, false),
        };
        if !method.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
            return Err(Ambiguous {
                readings: format!(
                    "the method {} with the pattern {}, as oauth2-proxy takes it, or one pattern that has a = in it",
                    quote(&method.to_uppercase()),
                    quote(pattern)
                ),
                instead: format!("write {} for the one pattern", quote(&format!("={text}"))),
            });
        }
        if !negated && pattern.contains("!=") {
            return Err(Ambiguous {
                readings:
                    "paths that do not match it, as oauth2-proxy takes every rule with a != in it, or paths that \
                           match it"
                        .to_owned(),
                instead: "write METHOD!=REGEX to negate, and [!]= for a != within a regex".to_owned(),
            });
        }
        let method = match method {
            "" => MethodRule::Any,
            name => Method::from_bytes(name.to_uppercase().as_bytes()).map_or(MethodRule::Any, MethodRule::Exactly),
        };
        Ok(Rule { method, negated, pattern })
    }
}

/// `api-route`: patterns on path and query.
pub(super) fn api(written: &Written<Vec<String>>, judge: &mut Judge) -> Vec<Regex> {
    let patterns = written.elements();
    patterns.filter_map(|element| compile(&element, element.value, judge)).map(|pattern| pattern.regex).collect()
}

/// `pattern` is the regular expression in the element `entry`.
fn compile(entry: &Written<&String>, pattern: &str, judge: &mut Judge) -> Option<Pattern> {
    match re2::compile(pattern) {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            let reason = format!("{} is no regular expression: {error}", quote(entry.value));
            judge.refuse(entry, reason, "write one in the syntax of RE2");
            None
        }
    }
}

/// A pattern that opens more than it says at a glance is named at start.
fn warn_of_reach(entry: &Written<&String>, pattern: &Pattern, judge: &mut Judge) {
    let text = entry.value;
    let message = match pattern.reach {
        Reach::Anchored if text.contains(".*") => "opens every path that its .* can stand for",
        Reach::Anchored if !text.ends_with(['/', '$']) => "opens longer paths too; end it with / or $",
        Reach::Anchored => return,
        Reach::Unanchored => "matches anywhere in a path and so opens paths that only contain it; begin it with ^",
        Reach::Everything => "opens everything: no path needs a session",
    };
    judge.warn(entry, format!("{} {message}", quote(text)));
}

/// Addresses and networks.
pub(super) fn networks(written: &Written<Vec<String>>, judge: &mut Judge) -> IpNets {
    let mut networks = Vec::new();
    for (number, element) in (1..).zip(written.elements()) {
        let text = element.value;
        match IpNet::parse(text) {
            Ok(network) => networks.push(network),
            Err(error) => {
                let reason = format!("element {number}, {}, is {error}", quote(text));
                judge.refuse(&element, reason, "write an address, or a network such as 10.0.0.0/8");
            }
        }
    }
    networks.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_rule_splits_at_its_first_sign() {
        let rule = |method, negated, pattern| Rule { method, negated, pattern };
        for (text, read) in [
            ("^/x", rule(MethodRule::Any, false, "^/x")),
            ("=^/x", rule(MethodRule::Any, false, "^/x")),
            ("!=^/x", rule(MethodRule::Any, true, "^/x")),
            ("GET=^/x", rule(MethodRule::Exactly(Method::GET), false, "^/x")),
            ("get=^/x", rule(MethodRule::Exactly(Method::GET), false, "^/x")),
            ("PUT!=^/x", rule(MethodRule::Exactly(Method::PUT), true, "^/x")),
            ("GET=^/x=y$", rule(MethodRule::Exactly(Method::GET), false, "^/x=y$")),
            ("=^/x=y$", rule(MethodRule::Any, false, "^/x=y$")),
            ("GET!=^/x!=y", rule(MethodRule::Exactly(Method::GET), true, "^/x!=y")),
            ("", rule(MethodRule::Any, false, "")),
        ] {
            assert_eq!(Rule::read(text), Ok(read), "{text}");
        }
    }

    #[test]
    fn a_rule_with_two_readings_is_refused_with_both() {
        for (text, reading) in [
            ("^/eq\\?a=b$", "the method \"^/EQ\\\\?A\" with the pattern \"b$\""),
            ("^/a!=b$", "the method \"^/A\" with the pattern \"b$\""),
            ("GET=^/a!=b", "paths that do not match it"),
            ("=^/a!=b", "paths that do not match it"),
        ] {
            let refusal = Rule::read(text).expect_err(text);
            assert!(refusal.readings.contains(reading), "{}", refusal.readings);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_rule_or_has_two_readings(text in "\\PC{0,8}(!?=\\PC{0,8}){0,3}") {
            drop(Rule::read(&text));
        }

        #[test]
        fn our_reading_never_contradicts_the_original_silently(text in "[A-Z]{0,3}(!?=)?[a-z/^]{0,4}(!?=)?[a-z]{0,3}") {
            if let Ok(rule) = Rule::read(&text) {
                prop_assert_eq!(rule.negated, text.contains("!="));
            }
        }
    }
}
