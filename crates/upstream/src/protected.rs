//! Header names that only we may write, in every spelling.

use http::{HeaderMap, HeaderName};

/// A set of header names, matched as the most lenient app server folds them.
///
/// CGI, WSGI, PHP and nginx read `X_Forwarded_User`, `X.Forwarded.User` and `x-forwarded-user` as one variable:
/// lower-case, and every character that is no letter or digit equal (D05, invariant I-07).
///
/// A look at a name costs a test of its length against a bit set; only names of a protected length are compared. Nothing
/// is allocated unless something has to be removed.
#[derive(Debug, Clone, Default)]
pub struct ProtectedNames {
    folded: Vec<Box<[u8]>>,
    /// Bit *n*: some name has *n* bytes.
    lengths: u128,
}

impl ProtectedNames {
    pub(crate) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut set = Self::default();
        for name in names {
            let folded: Box<[u8]> = name.bytes().map(fold).collect();
            if !set.folded.contains(&folded) {
                set.lengths |= bit(folded.len());
                set.folded.push(folded);
            }
        }
        set
    }

    /// Whether a name folds to one of the set.
    #[must_use]
    pub fn covers(&self, name: &HeaderName) -> bool {
        let name = name.as_str().as_bytes();
        if self.lengths & bit(name.len()) == 0 {
            return false;
        }
        let same = |folded: &[u8]| {
            folded.len() == name.len() && folded.iter().zip(name).all(|(wanted, byte)| *wanted == fold(*byte))
        };
        self.folded.iter().any(|folded| same(folded))
    }

    /// Removes every header whose name folds to one of the set.
    pub fn strip(&self, headers: &mut HeaderMap) {
        if !headers.keys().any(|name| self.covers(name)) {
            return;
        }
        let found: Vec<HeaderName> = headers.keys().filter(|name| self.covers(name)).cloned().collect();
        for name in found {
            headers.remove(name);
        }
    }
}

fn fold(byte: u8) -> u8 {
    if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'-' }
}

/// Lengths from 127 on share the last bit.
fn bit(length: usize) -> u128 {
    1 << length.min(127)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    const NAMES: [&str; 5] =
        ["X-Forwarded-User", "X-Forwarded-Email", "X-Auth-Request-Preferred-Username", "GAP-Auth", "Remote_User"];

    /// The fold of an app server, written another way than ours: the oracle.
    fn cgi(name: &str) -> String {
        name.to_uppercase().chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect()
    }

    fn one(name: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_static("root"));
        headers
    }

    #[test]
    fn every_separator_that_a_name_may_have_is_folded() {
        let set = ProtectedNames::new(NAMES);
        for name in NAMES {
            for separator in "!#$%&'*+-.^_`|~".chars() {
                let spelled = name.replace(['-', '_'], &separator.to_string());
                let mut headers = one(&spelled);
                set.strip(&mut headers);
                assert!(headers.is_empty(), "{spelled}");
            }
        }
    }

    #[test]
    fn names_that_only_look_alike_stay() {
        let set = ProtectedNames::new(NAMES);
        let mut headers = one(NAMES[0]);
        headers.extend(one("x-forwarded-for"));
        set.strip(&mut headers);
        assert!(headers.keys().eq(["x-forwarded-for"]));
        for name in ["x-forwarded-use", "x-forwarded-user2", "xforwardeduser", "x--forwarded-user", "x-forwarded-for"] {
            assert!(!set.covers(&HeaderName::from_bytes(name.as_bytes()).unwrap()), "{name}");
        }
        let long = "x".repeat(300);
        let longest = ProtectedNames::new([long.as_str()]);
        assert!(longest.covers(&long.parse().unwrap()));
        assert!(!longest.covers(&"x".repeat(301).parse().unwrap()));
    }

    proptest! {
        #[test]
        fn what_an_app_server_folds_to_a_protected_name_is_removed(
            name in "[xX][-._!#$%&'*+^`|~a-zA-Z]{0,6}([-_.~]?[fF]orwarded[-_.~|][uU]ser|[-_]auth[.-]request[_!]email)?",
            pick in 0..NAMES.len(),
            separators in proptest::collection::vec(prop::sample::select(b"!#$%&'*+-.^_`|~".to_vec()), 8),
            upper in any::<u64>(),
        ) {
            let set = ProtectedNames::new(NAMES);
            let mut next = separators.into_iter().cycle();
            let alias: String = NAMES[pick].chars().enumerate().map(|(at, c)| match c {
                '-' | '_' => char::from(next.next().unwrap()),
                c if upper >> (at % 64) & 1 == 1 => c.to_ascii_uppercase(),
                c => c.to_ascii_lowercase(),
            }).collect();
            prop_assert!(set.covers(&HeaderName::from_bytes(alias.as_bytes()).unwrap()));
            let foreign = HeaderName::from_bytes(name.as_bytes()).unwrap();
            let is_alias = NAMES.iter().any(|protected| cgi(protected) == cgi(&name));
            prop_assert_eq!(set.covers(&foreign), is_alias);
        }
    }
}
