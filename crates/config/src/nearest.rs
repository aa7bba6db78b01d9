//! The known name that an unknown one was probably meant to be.

/// The candidate closest to `name`, when it is close enough to be a slip of the pen.
///
/// Hyphens and underscores count as equal, as do upper and lower case.
pub(crate) fn nearest(name: &str, candidates: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let name = folded(name);
    // Far longer than any name we know: no slip, and not worth the time.
    if name.len() > 64 {
        return None;
    }
    let allowed = (name.len() / 4).clamp(1, 4);
    candidates
        .map(|candidate| (distance(&name, &folded(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

fn folded(name: &str) -> Vec<char> {
    name.chars().map(|c| if c == '_' { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// How many letters to insert, remove, replace or swap with their neighbour to make `one` into `two`.
fn distance(one: &[char], two: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=two.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut left = i + 1;
        let mut row = vec![left];
        for (j, (b, [diagonal, up])) in two.iter().zip(above.array_windows()).enumerate() {
            let swapped = || {
                let (i, j) = (i.checked_sub(1)?, j.checked_sub(1)?);
                let are_crossed = one.get(i) == Some(b) && two.get(j) == Some(a);
                before.get(j).filter(|_| are_crossed).map(|cost| cost + 1)
            };
            let best = (diagonal + usize::from(a != b)).min(up + 1).min(left + 1);
            left = swapped().map_or(best, |swapped| swapped.min(best));
            row.push(left);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KNOWN: [&str; 4] = ["client-id", "client-secret", "cookie-secret", "upstreams"];

    #[test]
    fn slips_of_the_pen_are_recognised() {
        for (written, meant) in [
            ("client_id", Some("client-id")),
            ("cleint-id", Some("client-id")),
            ("clientid", Some("client-id")),
            ("Cookie-Secert", Some("cookie-secret")),
            ("upstream", Some("upstreams")),
            ("frobnicate", None),
            ("", None),
            ("id", None),
        ] {
            assert_eq!(nearest(written, KNOWN.into_iter()), meant, "{written}");
        }
    }

    proptest! {
        #[test]
        fn any_name_gets_an_answer(name in "\\PC{0,80}") {
            let _meant = nearest(&name, KNOWN.into_iter());
        }

        #[test]
        fn distance_is_zero_only_between_equals(one in "[a-c]{0,5}", two in "[a-c]{0,5}") {
            prop_assert_eq!(distance(&folded(&one), &folded(&two)) == 0, one == two);
        }
    }
}
