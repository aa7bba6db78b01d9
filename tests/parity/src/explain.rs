//! Differences as data: which row of `docs/compatibility.md` explains what, and which bugs are known and open.

use std::cell::Cell;

use crate::facts::Facts;

/// One fact that the two sides do not share, with all other facts of the same exchange at hand.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// The fact's name.
    pub place: &'a str,
    /// What the original showed; `None` when it showed no such fact.
    pub original: Option<&'a str>,
    /// What ours showed.
    pub ours: Option<&'a str>,
    /// Every fact of the original's exchange.
    pub all_original: &'a Facts,
    /// Every fact of our exchange.
    pub all_ours: &'a Facts,
    /// `cookie-name` of the configuration.
    pub cookie_name: &'a str,
}

impl Pair<'_> {
    /// Only ours shows the fact, and shows `value`.
    #[must_use]
    pub fn added(&self, value: &str) -> bool {
        self.original.is_none() && self.ours == Some(value)
    }

    /// The fact is the status on an error page, and the original's is `status`.
    #[must_use]
    pub fn is_page_status(&self, status: &str) -> bool {
        self.place == "page status" && self.original == Some(status)
    }

    /// The original shows `original`, ours shows `ours`.
    #[must_use]
    pub fn is(&self, original: &str, ours: &str) -> bool {
        self.original == Some(original) && self.ours == Some(ours)
    }
}

/// A row of the table of differences at work in one place.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The row's id in `docs/compatibility.md`.
    pub id: &'static str,
    /// A fact's name; a `*` at the end stands for any rest.
    pub at: &'static str,
    /// Whether this very pair is what the row says.
    pub holds: fn(&Pair<'_>) -> bool,
    /// How often it explained something: one that never does is a failure.
    pub used: Cell<usize>,
}

/// `id` explains a difference at `at` when `holds`.
#[must_use]
pub fn explained(id: &'static str, at: &'static str, holds: fn(&Pair<'_>) -> bool) -> Explained {
    Explained { id, at, holds, used: Cell::new(0) }
}

impl Explained {
    /// Whether this explains the pair; counts it if so.
    #[must_use]
    pub fn explains(&self, pair: &Pair<'_>) -> bool {
        let yes = matches(self.at, pair.place) && (self.holds)(pair);
        if yes {
            self.used.set(self.used.get() + 1);
        }
        yes
    }
}

/// A known bug of ours that is not mended yet. It is printed at every run, and fails the run once it no longer shows.
#[derive(Debug)]
pub struct Open {
    /// The configuration it shows in.
    pub configuration: &'static str,
    /// The case it shows in; a `*` at the end stands for any rest.
    pub case: &'static str,
    /// A fact's name; a `*` at the end stands for any rest.
    pub at: &'static str,
    /// What is wrong, and where it is to be mended.
    pub reason: &'static str,
    /// How often it showed.
    pub seen: Cell<usize>,
}

impl Open {
    /// Whether this is the bug behind a difference; counts it if so.
    #[must_use]
    pub fn accounts_for(&self, configuration: &str, case: &str, place: &str) -> bool {
        let yes = self.configuration == configuration && matches(self.case, case) && matches(self.at, place);
        if yes {
            self.seen.set(self.seen.get() + 1);
        }
        yes
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

/// A fact that differs: the place, the original's, ours.
pub type Difference = (String, Option<String>, Option<String>);

/// The facts that the sides do not share.
#[must_use]
pub fn differences(original: &Facts, ours: &Facts) -> Vec<Difference> {
    let mut places: Vec<&String> = original.keys().chain(ours.keys()).collect();
    places.sort();
    places.dedup();
    let pairs = places.into_iter().map(|place| (place.clone(), original.get(place).cloned(), ours.get(place).cloned()));
    pairs.filter(|(_, one, two)| one != two).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_that_only_one_side_shows_is_a_difference() {
        let one = Facts::from([("status".into(), "200".into()), ("header x".into(), "1".into())]);
        let two = Facts::from([("status".into(), "200".into())]);
        assert_eq!(differences(&one, &two), [("header x".into(), Some("1".into()), None)]);
        assert!(differences(&one, &one).is_empty());
    }

    #[test]
    fn an_explanation_counts_only_where_it_holds() {
        let row = explained("D01", "header x*", |pair| pair.original == Some("1") && pair.ours.is_none());
        let facts = Facts::new();
        let pair = |place, original, ours| Pair {
            place,
            original,
            ours,
            all_original: &facts,
            all_ours: &facts,
            cookie_name: "c",
        };
        assert!(row.explains(&pair("header xy", Some("1"), None)));
        assert!(!row.explains(&pair("header xy", None, Some("1"))));
        assert!(!row.explains(&pair("status", Some("1"), None)));
        assert_eq!(row.used.get(), 1);
    }
}
