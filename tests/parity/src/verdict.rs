//! The two programs' words on one way of setting them up, compared: whether they take it, how they end, which option
//! they name, and what structured configuration they make of it.

use std::collections::BTreeSet;

use serde_json::Value;
use sidecar_config::Row;
use sidecar_testkit::place;

use crate::judge::Judge;
use crate::startup::{Attempt, Verdict};

/// What a comparison came to when nothing is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Both take it.
    Taken,
    /// Both refuse it.
    Refused,
    /// They differ, for the reason that a row of `docs/compatibility.md` gives.
    Explained(String),
    /// Ours refuses it alone, and all that it names are options that it does not serve yet.
    NotServed(BTreeSet<&'static str>),
}

/// Compares the verdicts.
///
/// # Errors
/// What is wrong, with both programs' words.
pub fn compare(attempt: &Attempt) -> Result<Finding, String> {
    let (original, ours) = (attempt.judge(&place::original()), attempt.judge(&place::ours()));
    let fault = |why: &str| {
        let short = last_lines(&original.said);
        Err(format!(
            "{}: {why}\n  original ({:?}): {short}\n  ours ({:?}): {}",
            attempt.name, original.code, ours.code, ours.said
        ))
    };
    if ours.said.contains("marked") {
        return fault("ours shows a secret");
    }
    if let (false, Some(options)) = (ours.accepts(), not_served(&ours)) {
        return Ok(Finding::NotServed(options));
    }
    if !ours.accepts() && attempt.subject.is_some_and(|flag| !names(&ours.said).contains(flag)) {
        return fault("ours does not name the option");
    }
    match (original.accepts(), ours.accepts(), attempt.row.as_deref()) {
        (true, true, None) => Ok(Finding::Taken),
        (one, other, Some(row)) if one != other || original.code != ours.code => Ok(Finding::Explained(row.to_owned())),
        (_, _, Some(row)) => fault(&format!("{row} explains nothing")),
        (false, false, None) if original.code != ours.code => fault("the exit codes differ"),
        (false, false, None) if !names_one_of(&original, &ours) => fault("they name different options"),
        (false, false, None) => Ok(Finding::Refused),
        _ => fault("the verdicts differ"),
    }
}

/// Compares the structured configurations that the programs make of it; `None` where ours makes none yet.
///
/// # Errors
/// What is wrong, with what both made.
pub fn compare_conversion(attempt: &Attempt, judge: &mut Judge) -> Option<Result<(), String>> {
    let (original, ours) = (attempt.convert(&place::original()), attempt.convert(&place::ours()));
    if !row("convert-config-to-alpha").is_served() {
        return None;
    }
    let said =
        |why: &str| format!("{}: {why}\n{}\n--- ours ({:?}):\n{}", attempt.name, original.said, ours.code, ours.said);
    if original.code != ours.code {
        return Some(Err(said("the exit codes of the conversion differ")));
    }
    Some(match (judge.yaml(&original.said), judge.yaml(&ours.said)) {
        (Ok(one), Ok(other)) if one == other => Ok(()),
        (Ok(one), Ok(other)) => {
            Err(format!("{}: the structures differ: {}", attempt.name, first_difference("", &one, &other)))
        }
        (_, other) => Err(said(&format!("no YAML: {other:?}"))),
    })
}

fn first_difference(path: &str, one: &Value, other: &Value) -> String {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            let mut keys: BTreeSet<&String> = a.keys().collect();
            keys.extend(b.keys());
            let found = keys.into_iter().find(|key| a.get(*key) != b.get(*key)).expect("they differ");
            first_difference(&format!("{path}.{found}"), &one[found], &other[found])
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let at = a.iter().zip(b).position(|(x, y)| x != y).expect("they differ");
            first_difference(&format!("{path}[{at}]"), &a[at], &b[at])
        }
        _ => format!("{path}: original {one}, ours {other}"),
    }
}

/// The row of a flag.
#[must_use]
pub fn row(flag: &str) -> &'static Row {
    sidecar_config::rows().find(|row| row.flag == flag).unwrap_or_else(|| panic!("no option {flag}"))
}

/// The options that ours says it does not serve, if that is all that it says.
fn not_served(ours: &Verdict) -> Option<BTreeSet<&'static str>> {
    let faults: Vec<&str> = ours.said.lines().filter(|line| line.contains("[E-")).collect();
    let all = !faults.is_empty() && faults.iter().all(|line| line.contains("[E-CONFIG-NOT-SERVED]"));
    all.then(|| faults.iter().flat_map(|line| names(line)).filter(|flag| !row(flag).is_served()).collect())
}

fn names_one_of(original: &Verdict, ours: &Verdict) -> bool {
    let named = names(last_lines(&original.said));
    named.is_empty() || !named.is_disjoint(&names(&ours.said))
}

/// The end of what a program said: after an unknown flag the original shows all of its flags first.
fn last_lines(said: &str) -> &str {
    if said.contains("Usage of") { said.trim_end().rsplit('\n').next().unwrap_or(said) } else { said }
}

/// Flags of the options that a text names in any of their spellings. Of words that sentences use too only the flag
/// counts.
#[must_use]
pub fn names(text: &str) -> BTreeSet<&'static str> {
    let part = |c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let words: BTreeSet<&str> = text.split(part).collect();
    let says = |word: &str| words.contains(word);
    // An option of a further provider is called by the same name there.
    let of_first = text.replace("providers[1]", "providers[0]");
    sidecar_config::rows()
        .filter(|row| {
            let compound = row.flag.contains('-') || text.contains(&format!("  {} (", row.flag));
            says(&format!("--{}", row.flag))
                || (compound && says(row.flag))
                || (compound && row.key.is_some_and(says))
                || row.variable().is_some_and(|variable| says(&variable))
                || row.alpha_leaf().is_some_and(|path| of_first.contains(&format!("{path} (")))
        })
        .map(|row| row.flag)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_named_by_flag_key_or_variable_and_not_by_a_word_of_a_sentence() {
        assert_eq!(names("bad cookie_expire, --scope"), ["cookie-expire", "scope"].into());
        assert_eq!(names("OAUTH2_PROXY_UPSTREAMS is"), ["upstream"].into());
        assert!(names("the provider has a scope").is_empty());
    }
}
