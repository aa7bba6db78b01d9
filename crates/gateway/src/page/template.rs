//! Constant text with named slots.

/// A text cut at its `{{slot}}` marks once, at start.
pub(super) struct Template(Vec<Part>);

enum Part {
    Text(&'static str),
    Slot(&'static str),
}

impl Template {
    pub(super) fn new(text: &'static str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((slot, tail)) = after.split_once("}}") else { break };
            parts.push(Part::Text(before));
            parts.push(Part::Slot(slot));
            rest = tail;
        }
        parts.push(Part::Text(rest));
        Self(parts)
    }

    /// Puts the text together; what fills a slot is not looked at again.
    pub(super) fn fill<'a>(&self, value: impl Fn(&str) -> &'a str) -> String {
        let mut text = String::with_capacity(8192);
        for part in &self.0 {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Slot(slot) => text.push_str(value(slot)),
            }
        }
        text
    }
}
