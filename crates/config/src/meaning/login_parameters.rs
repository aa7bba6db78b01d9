//! Parameters that the authorization request carries besides those of the protocol.

use std::collections::HashSet;

use sidecar_oidc::{Admitted, LoginParameter};

use super::judge::Judge;
use crate::fault::quote;
use crate::re2::{self, Reach};
use crate::structured::{LoginUrlParameter, UrlParameterRule};

/// What binds a login to the browser that began it: nobody else may write these.
const BINDING: [&str; 4] = ["state", "nonce", "code_challenge", "code_challenge_method"];
/// What the program writes in place of whatever is there.
const REPLACED: [&str; 3] = ["client_id", "redirect_uri", "response_type"];

/// The parameters, checked; `None` after a fault.
pub(super) fn login_parameters(written: &[LoginUrlParameter], judge: &mut Judge) -> Option<Vec<LoginParameter>> {
    let faults = judge.faults.len();
    let mut seen = HashSet::new();
    let mut parameters = Vec::new();
    for LoginUrlParameter { name, default, allow } in written {
        let text = name.value.as_str();
        if text.is_empty() {
            judge.refuse(name, "is required", "write the name of a parameter");
        } else if BINDING.contains(&text) {
            let reason = format!("{} binds a login to its browser", quote(text));
            judge.dangerous(name, reason, "leave it out; the program writes it");
        } else if REPLACED.contains(&text) {
            judge.warn(name, format!("{} is not sent: the program writes its own", quote(text)));
        }
        if seen.contains(text) {
            judge.refuse(name, format!("{} is there twice", quote(text)), "keep one");
        }
        if default.value.is_empty() && allow.is_empty() {
            judge.warn(name, "it does nothing without default and allow");
        } else {
            seen.insert(text);
        }
        let allow = allow.iter().filter_map(|rule| admitted(rule, judge)).collect();
        parameters.push(LoginParameter { name: text.to_owned(), default: default.value.clone(), allow });
    }
    (judge.faults.len() == faults).then_some(parameters)
}

/// One rule; `None` after a fault.
fn admitted(rule: &UrlParameterRule, judge: &mut Judge) -> Option<Admitted> {
    let pattern = match (&rule.value, &rule.pattern) {
        (Some(value), None) => return Some(Admitted::Value(value.value.clone())),
        (None, Some(pattern)) => pattern,
        (Some(_), Some(_)) | (None, None) => {
            judge.refuse(&rule.at, "needs exactly one of value and pattern", "write one of them");
            return None;
        }
    };
    match re2::compile(&pattern.value) {
        Ok(compiled) => {
            if compiled.reach != Reach::Anchored {
                let message =
                    "it admits every value in which it is found somewhere; ^ and $ bind it to the whole value";
                judge.warn(pattern, message);
            }
            Some(Admitted::Matching(compiled.regex))
        }
        Err(error) => {
            let reason = format!("{} is no regular expression: {error}", quote(&pattern.value));
            judge.refuse(pattern, reason, "write one in the syntax of RE2");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structured::UrlParameterRule;
    use crate::written::Written;

    const PATH: &str = "providers[0].loginURLParameters[0]";

    fn parameter(name: &str, default: &[&str], allow: Vec<UrlParameterRule>) -> LoginUrlParameter {
        let mut parameter = LoginUrlParameter::unset(PATH);
        parameter.name.value = name.to_owned();
        parameter.default.value = default.iter().map(|value| (*value).to_owned()).collect();
        LoginUrlParameter { allow, ..parameter }
    }

    fn rule(value: Option<&str>, pattern: Option<&str>) -> UrlParameterRule {
        let leaf = |name: &'static str, text: &str| Written::default(name, text.to_owned());
        UrlParameterRule {
            value: value.map(|text| leaf("allow[0].value", text)),
            pattern: pattern.map(|text| leaf("allow[0].pattern", text)),
            ..UrlParameterRule::unset("allow[0]")
        }
    }

    fn told(written: &[LoginUrlParameter]) -> (Option<Vec<LoginParameter>>, Vec<String>, usize) {
        let mut judge = Judge::default();
        let parameters = login_parameters(written, &mut judge);
        (parameters, judge.faults.into_iter().map(|fault| fault.subject).collect(), judge.warnings.len())
    }

    #[test]
    fn values_and_patterns_may_be_asked_for() {
        let rules = vec![rule(Some("a.b"), None), rule(None, Some("^x[0-9]$"))];
        let (parameters, faults, warnings) = told(&[parameter("hint", &["d"], rules)]);
        assert_eq!((faults.len(), warnings), (0, 0));
        let parameters = parameters.expect("no fault");
        assert!(matches!(&parameters[0].allow[..], [Admitted::Value(value), Admitted::Matching(_)] if value == "a.b"));
    }

    #[test]
    fn a_pattern_that_is_found_anywhere_is_warned_of() {
        assert_eq!(told(&[parameter("hint", &[], vec![rule(None, Some("corp"))])]).2, 1);
    }

    #[test]
    fn every_fault_is_told_where_it_is() {
        let both = rule(Some("a"), Some("a"));
        for (parameter, subject) in [
            (parameter("", &["x"], vec![]), "providers[0].loginURLParameters[0].name"),
            (parameter("state", &["x"], vec![]), "providers[0].loginURLParameters[0].name"),
            (parameter("hint", &[], vec![both]), "allow[0]"),
            (parameter("hint", &[], vec![rule(None, None)]), "allow[0]"),
            (parameter("hint", &[], vec![rule(None, Some("("))]), "allow[0].pattern"),
        ] {
            let (parameters, faults, _) = told(&[parameter]);
            assert!(parameters.is_none());
            assert_eq!(faults, [subject]);
        }
    }

    #[test]
    fn a_name_is_there_once_unless_the_first_says_nothing() {
        let (empty, full) = (parameter("hint", &[], vec![]), parameter("hint", &["a"], vec![]));
        assert!(told(&[empty.clone(), full.clone()]).0.is_some());
        assert_eq!(told(&[full, empty]).1.len(), 1);
    }
}
