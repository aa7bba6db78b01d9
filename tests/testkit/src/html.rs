//! As much HTML as it takes to follow links and fill in forms: tags and attributes, tolerant of everything else.

/// A form of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// Where it goes; empty for the page itself.
    pub action: String,
    /// `get` or `post`.
    pub method: String,
    /// Fields that are sent along: hidden, text, password, ticked boxes.
    pub fields: Vec<Field>,
    /// Named buttons; only the one that is pressed is sent.
    pub buttons: Vec<Field>,
}

/// A field or button of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// `text`, `hidden`, `password`, `checkbox`, `submit`, …
    pub kind: String,
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// A link of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Where it goes.
    pub href: String,
    /// What it says.
    pub text: String,
}

/// All forms, in order.
#[must_use]
pub fn forms(page: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut inside = false;
    for tag in tags(page) {
        match tag.name.as_str() {
            "form" => {
                inside = true;
                let method = tag.attribute("method").unwrap_or_else(|| "get".to_owned()).to_ascii_lowercase();
                forms.push(Form { action: tag.attribute("action").unwrap_or_default(), method, ..Form::default() });
            }
            "/form" => inside = false,
            "input" | "button" | "textarea" | "select" if inside => {
                if let Some(form) = forms.last_mut() {
                    form.take_field(&tag);
                }
            }
            _ => {}
        }
    }
    forms
}

/// All links, in order.
#[must_use]
pub fn links(page: &str) -> Vec<Link> {
    tags(page)
        .into_iter()
        .filter(|tag| tag.name == "a")
        .filter_map(|tag| {
            let href = tag.attribute("href")?;
            let rest = &page[tag.end..];
            Some(Link { href, text: text(&rest[..rest.find("</a").unwrap_or(rest.len())]) })
        })
        .collect()
}

/// What a reader sees: without tags, styles and scripts, white space joined.
#[must_use]
pub fn text(page: &str) -> String {
    let mut words = String::new();
    let mut from = 0;
    let mut hidden = None;
    for tag in tags(page) {
        if hidden.is_none() {
            words += &page[from..tag.start];
            words.push(' ');
        }
        match &hidden {
            None if ["style", "script", "title", "svg"].contains(&tag.name.as_str()) => {
                hidden = Some(format!("/{}", tag.name));
            }
            Some(end) if *end == tag.name => hidden = None,
            _ => {}
        }
        from = tag.end;
    }
    words += &page[from..];
    unescape(&words).split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Form {
    fn take_field(&mut self, tag: &Tag) {
        let default = if tag.name == "button" { "submit" } else { "text" };
        let kind = tag.attribute("type").unwrap_or_else(|| default.to_owned()).to_ascii_lowercase();
        let Some(name) = tag.attribute("name").filter(|name| !name.is_empty()) else { return };
        let unticked = matches!(kind.as_str(), "checkbox" | "radio") && tag.attribute("checked").is_none();
        let field = Field { kind, name, value: tag.attribute("value").unwrap_or_default() };
        match field.kind.as_str() {
            "submit" | "image" => self.buttons.push(field),
            "reset" | "button" => {}
            _ if unticked => {}
            _ => self.fields.push(field),
        }
    }
}

struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
    start: usize,
    end: usize,
}

impl Tag {
    fn attribute(&self, name: &str) -> Option<String> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone())
    }
}

fn tags(page: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(offset) = page[at..].find('<') {
        let start = at + offset;
        let rest = &page[start + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            at = comment.find("-->").map_or(page.len(), |end| start + 4 + end + 3);
            continue;
        }
        let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
        at = start + 1 + name.len();
        if name.is_empty() {
            continue;
        }
        let mut attributes = Vec::new();
        at = read_attributes(page, at, &mut attributes);
        tags.push(Tag { name: name.to_ascii_lowercase(), attributes, start, end: at });
    }
    tags
}

/// Reads attributes from `at` to behind the `>` that ends the tag.
fn read_attributes(page: &str, mut at: usize, attributes: &mut Vec<(String, String)>) -> usize {
    loop {
        let rest = page[at..].trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        at = page.len() - rest.len();
        if rest.is_empty() {
            return at;
        }
        if rest.starts_with('>') {
            return at + 1;
        }
        let length =
            rest.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/')).unwrap_or(rest.len()).max(1);
        let length = (length..=rest.len()).find(|&end| rest.is_char_boundary(end)).unwrap_or(rest.len());
        let name = rest[..length].to_ascii_lowercase();
        let after = rest[length..].trim_start();
        let Some(value) = after.strip_prefix('=') else {
            attributes.push((name, String::new()));
            at += length;
            continue;
        };
        let value = value.trim_start();
        let (value, left) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inner = &value[1..];
                let end = inner.find(quote).unwrap_or(inner.len());
                (&inner[..end], inner.get(end + 1..).unwrap_or_default())
            }
            _ => value.split_at(value.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(value.len())),
        };
        attributes.push((name, unescape(value)));
        at = page.len() - left.len();
    }
}

/// Undoes character references: the five of XML, `&nbsp;` and numbers.
#[must_use]
pub fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain += &rest[..at];
        rest = &rest[at..];
        let Some(end) = rest.find(';').filter(|&end| end < 10) else {
            plain.push('&');
            rest = &rest[1..];
            continue;
        };
        let character = match &rest[1..end] {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "nbsp" => Some(' '),
            reference => number(reference),
        };
        plain.push(character.unwrap_or('&'));
        rest = if character.is_some() { &rest[end + 1..] } else { &rest[1..] };
    }
    plain + rest
}

fn number(reference: &str) -> Option<char> {
    let digits = reference.strip_prefix('#')?;
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_with_their_fields_and_buttons() {
        let page = r#"<!-- <form action="no"> --><form method=POST action='/go?a=1&amp;b=2'>
            <input type="hidden" name="rd" value="/x?y=&#34;z&#34;"><input name=login autofocus required />
            <input type=checkbox name=remember value=1><button name="how" value="now">Go</button></form><input name=outside>"#;
        let forms = forms(page);
        assert_eq!(forms.len(), 1);
        assert_eq!((forms[0].action.as_str(), forms[0].method.as_str()), ("/go?a=1&b=2", "post"));
        let fields: Vec<_> = forms[0].fields.iter().map(|f| (f.name.as_str(), f.value.as_str())).collect();
        assert_eq!(fields, [("rd", "/x?y=\"z\""), ("login", "")]);
        assert_eq!(forms[0].buttons[0].value, "now");
    }

    #[test]
    fn links_and_text_are_what_a_reader_sees() {
        let page = "<style>a{}</style><p>One\n two</p><a class=b href=\"/go\">Sign&nbsp;in <b>now</b></a>é<";
        assert_eq!(text(page), "One two Sign in now é<");
        assert_eq!(links(page), [Link { href: "/go".to_owned(), text: "Sign in now".to_owned() }]);
    }
}
