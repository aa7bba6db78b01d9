//! Upper and lower case letter by letter, as Go's `strings.ToUpper` and `strings.ToLower` have it: every letter stays one
//! letter, and none depends on its neighbours.

/// The text in capitals. A letter whose capitals are several, such as ß, stays as it is.
pub(super) fn to_upper(text: &str) -> String {
    text.chars().map(upper).collect()
}

/// The text in small letters.
pub(super) fn to_lower(text: &str) -> String {
    text.chars().map(lower).collect()
}

fn upper(letter: char) -> char {
    let mut letters = letter.to_uppercase();
    match (letters.next(), letters.next()) {
        (Some(only), None) => only,
        _ => capital_of_several(letter),
    }
}

/// The one letter that stands for several capitals: Greek vowels keep the iota below them (`UnicodeData`'s simple
/// mapping).
fn capital_of_several(letter: char) -> char {
    let distance = match letter {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => 8,
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => 9,
        _ => 0,
    };
    char::from_u32(u32::from(letter) + distance).unwrap_or(letter)
}

/// The first letter of what a letter becomes: only İ becomes two, an i and a dot above it.
fn lower(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_stays_one_letter() {
        assert_eq!(to_upper("straße äöü ǆ ŉ ﬁ ᾳ ᾀ ʼn"), "STRAßE ÄÖÜ Ǆ ŉ ﬁ ᾼ ᾈ ʼN");
        assert_eq!(to_lower("İSTANBUL ÄÖÜ ΣΑΣ ǅ ᾼ"), "istanbul äöü σασ ǆ ᾳ");
    }
}
