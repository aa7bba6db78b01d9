//! A line of a configuration file, shown below a fault, with a mark under what is wrong.

use std::fmt;

use crate::fault::push_visible;

/// The longest line that is shown, in characters.
const WIDTH: usize = 84;

/// A line of a file, fit for a terminal, with a mark under the part that is meant. It holds nothing secret: whoever makes
/// one says what of the line may be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    line: usize,
    text: String,
    /// How many characters stand before the mark.
    before: usize,
    /// How long the mark is, in characters; at least one.
    length: usize,
}

/// A piece of a line.
pub(crate) enum Piece<'a> {
    /// It is shown, control characters escaped.
    Shown(&'a str),
    /// It is shown, and it is what is meant.
    Marked(&'a str),
    /// Something is left out here.
    Hidden,
    /// Something is left out here, and it is what is meant.
    MarkedHidden,
}

impl Excerpt {
    /// The line of this number, counted from 1, put together from its pieces.
    pub(crate) fn new(line: usize, pieces: &[Piece<'_>]) -> Self {
        let mut text = String::new();
        let (mut before, mut length) = (0, 1);
        for piece in pieces {
            let start = text.chars().count();
            match piece {
                Piece::Shown(shown) | Piece::Marked(shown) => {
                    for c in shown.chars() {
                        push_visible(&mut text, if c == '\t' { ' ' } else { c });
                    }
                }
                Piece::Hidden | Piece::MarkedHidden => text.push('…'),
            }
            if matches!(piece, Piece::Marked(_) | Piece::MarkedHidden) {
                (before, length) = (start, text.chars().count() - start);
            }
        }
        if text.chars().count() > WIDTH {
            text = text.chars().take(WIDTH - 1).chain(['…']).collect();
        }
        let before = before.min(WIDTH - 1);
        Self { line, text, before, length: length.clamp(1, WIDTH - before) }
    }
}

/// Two lines, indented, without a line break at the end.
impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let margin = number.len();
        let text = self.text.trim_end();
        let marks = "^".repeat(self.length);
        write!(f, "      {number} | {text}\n      {:margin$} | {:before$}{marks}", "", "", before = self.before)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_mark_stands_below_what_is_meant() {
        let pieces = [Piece::Shown("\tkey = "), Piece::Marked("\"a\u{7}\""), Piece::Shown(" # b")];
        assert_eq!(
            Excerpt::new(12, &pieces).to_string(),
            "      12 |  key = \"a\\u{7}\" # b\n         |        ^^^^^^^^"
        );
        assert_eq!(Excerpt::new(1, &[Piece::MarkedHidden]).to_string(), "      1 | …\n        | ^");
    }

    proptest! {
        #[test]
        fn any_line_is_two_lines_of_bounded_width(before in any::<String>(), marked in any::<String>()) {
            let shown = Excerpt::new(7, &[Piece::Shown(&before), Piece::Marked(&marked), Piece::Hidden]).to_string();
            prop_assert_eq!(shown.lines().count(), 2);
            prop_assert!(shown.lines().all(|line| line.chars().count() <= WIDTH + 10));
            prop_assert!(!shown.contains(|c: char| c.is_control() && c != '\n'));
        }
    }
}
