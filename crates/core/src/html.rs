//! Text in HTML.

/// Escapes text for HTML, attribute values in double quotes included.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&#34;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_html_gives_a_meaning_stays() {
        assert_eq!(escape("<a b=\"c\" d='e'>&é"), "&lt;a b=&#34;c&#34; d=&#39;e&#39;&gt;&amp;é");
    }
}
