//! Which requests need no session.

use http::Method;
use regex::Regex;

use super::ClientIp;
use crate::net::IpNets;
use crate::path;

/// The rules that let a request through without a session.
#[derive(Clone, Debug, Default)]
pub struct BypassRules {
    /// `OPTIONS` needs no session (`skip-auth-preflight`).
    pub preflight: bool,
    /// Rules over method and path (`skip-auth-route`, `skip-auth-regex`).
    pub routes: Vec<RouteRule>,
    /// Clients that need no session (`trusted-ip`).
    pub clients: IpNets,
}

/// One rule over method and path.
#[derive(Clone, Debug)]
pub struct RouteRule {
    /// Which methods it covers; exact, so a rule for `GET` does not cover `HEAD`.
    pub method: MethodRule,
    /// Whether the path must not match.
    pub negated: bool,
    /// Searched in the decoded path, without the query; anchors nothing by itself.
    pub path: Regex,
}

/// Which methods a [`RouteRule`] covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MethodRule {
    /// All of them.
    Any,
    /// This one.
    Exactly(Method),
}

/// Why a request needs no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bypass {
    /// A CORS preflight.
    Preflight,
    /// A route rule.
    Route,
    /// The client's address.
    Client,
}

impl BypassRules {
    /// The first rule that lets the request through. A target with more than one reading matches no route rule (D04).
    #[must_use]
    pub fn find(&self, method: &Method, target: &str, client: ClientIp) -> Option<Bypass> {
        if self.preflight && method == Method::OPTIONS {
            return Some(Bypass::Preflight);
        }
        if self.matches_route(method, target) {
            return Some(Bypass::Route);
        }
        match client {
            ClientIp::Known(ip) if self.clients.contains(ip) => Some(Bypass::Client),
            ClientIp::Known(_) | ClientIp::Unknown => None,
        }
    }

    fn matches_route(&self, method: &Method, target: &str) -> bool {
        if self.routes.is_empty() {
            return false;
        }
        // That a path was ambiguous is told by whoever asks: the decision has no effects.
        path::unambiguous(target).is_ok_and(|path| self.routes.iter().any(|rule| rule.matches(method, &path)))
    }
}

impl RouteRule {
    fn matches(&self, method: &Method, path: &str) -> bool {
        let covered = match &self.method {
            MethodRule::Any => true,
            MethodRule::Exactly(want) => method == want,
        };
        covered && self.path.is_match(path) != self.negated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(method: MethodRule, negated: bool, path: &str) -> RouteRule {
        RouteRule { method, negated, path: Regex::new(path).unwrap() }
    }

    fn found(rule: RouteRule, method: &Method, target: &str) -> bool {
        let rules = BypassRules { routes: vec![rule], ..BypassRules::default() };
        rules.find(method, target, ClientIp::Unknown).is_some()
    }

    #[test]
    fn a_method_rule_covers_exactly_that_method() {
        let get = || route(MethodRule::Exactly(Method::GET), false, "^/x$");
        assert!(found(get(), &Method::GET, "/x?q=1"));
        assert!(!found(get(), &Method::HEAD, "/x"));
        assert!(!found(get(), &Method::from_bytes(b"get").unwrap(), "/x"));
    }

    #[test]
    fn a_rule_opens_the_paths_that_match_and_a_negated_one_the_others() {
        for (negated, target, open) in
            [(false, "/x", true), (false, "/y", false), (true, "/x", false), (true, "/y", true)]
        {
            assert_eq!(
                found(route(MethodRule::Any, negated, "^/x$"), &Method::GET, target),
                open,
                "{negated} {target}"
            );
        }
    }

    #[test]
    fn no_rule_opens_an_ambiguous_path() {
        for rule in [route(MethodRule::Any, false, ".*"), route(MethodRule::Any, true, "^/closed")] {
            for target in
                ["/pub%2F..%2Fsecret", "/pub;x", "/pub%252f..%252fsecret", "/pub%2Fx", "/pub%ff", "http://h/pub"]
            {
                assert!(!found(rule.clone(), &Method::GET, target), "{target}");
            }
            assert!(found(rule, &Method::GET, "/other"));
        }
    }

    #[test]
    fn only_a_known_client_address_is_compared() {
        let clients = ["10.0.0.0/8"].iter().filter_map(|net| crate::net::IpNet::parse(net).ok()).collect();
        let rules = BypassRules { clients, ..BypassRules::default() };
        let find = |client| rules.find(&Method::GET, "/", client);
        assert_eq!(find(ClientIp::Known("10.1.1.1".parse().unwrap())), Some(Bypass::Client));
        assert_eq!(find(ClientIp::Known("11.1.1.1".parse().unwrap())), None);
        assert_eq!(find(ClientIp::Unknown), None);
    }

    #[test]
    fn only_options_is_a_preflight() {
        let rules = BypassRules { preflight: true, ..BypassRules::default() };
        assert_eq!(rules.find(&Method::OPTIONS, "/a;b", ClientIp::Unknown), Some(Bypass::Preflight));
        assert_eq!(rules.find(&Method::GET, "/", ClientIp::Unknown), None);
        assert_eq!(BypassRules::default().find(&Method::OPTIONS, "/", ClientIp::Unknown), None, "without the switch");
    }
}
