//! Reading a page of the program as a visitor would: what it says and where its links and forms lead, not its markup.

use crate::facts::Facts;

/// Puts down what an HTML page says and links to.
pub fn read(html: &str, facts: &mut Facts) {
    let page = scan(html);
    let mut targets: Vec<String> = page.targets.iter().filter(|target| !is_decoration(target)).cloned().collect();
    targets.sort();
    targets.dedup();
    for target in targets {
        facts.insert(format!("page leads to {target}"), "yes".into());
    }
    let title = page.title.trim();
    let number = title.split_whitespace().find(|word| word.len() == 3 && word.bytes().all(|b| b.is_ascii_digit()));
    // A title that starts with a status is an error page's; the wording of other titles is each program's own.
    if let Some(number) = number {
        facts.insert("page status".into(), number.to_owned());
    } else if let Some(code) = status_heading(&page.text) {
        facts.insert("page status".into(), code);
    }
    for (gist, phrases) in GISTS {
        if phrases.iter().any(|phrase| page.text.contains(phrase)) {
            facts.insert(format!("page says {gist}"), "yes".into());
        }
    }
    if let Some(name) = page.text.split_once("Sign in with ").map(|(_, rest)| rest) {
        let name: Vec<&str> = name.split_whitespace().take(2).collect();
        facts.insert("page names the provider".into(), name.join(" "));
    }
}

/// What a message means → words by which one or the other program says it.
const GISTS: [(&str, &[&str]); 6] = [
    ("no permission", &["You do not have permission to access this resource"]),
    ("something went wrong", &["Something went wrong", "something went wrong"]),
    ("the login could not be matched", &["Unable to find a valid CSRF token"]),
    ("the provider refused", &["identity provider returned an error"]),
    ("the app cannot be reached", &["problem connecting to the upstream server"]),
    ("who may sign in", &["Authenticate using"]),
];

fn status_heading(text: &str) -> Option<String> {
    let word = text.split_whitespace().find(|word| matches!(*word, "400" | "403" | "404" | "500" | "502" | "503" | "504"));
    word.map(str::to_owned)
}

/// Style sheets, icons and the project's own home page.
fn is_decoration(target: &str) -> bool {
    target.contains("/static/") || target.contains("github.com") || target.starts_with('#')
}

#[derive(Debug, Default)]
struct Page {
    title: String,
    text: String,
    targets: Vec<String>,
}

/// One pass over the tags. Enough for pages that were written by hand; not a general HTML parser.
fn scan(html: &str) -> Page {
    let mut page = Page::default();
    let mut form: Option<Form> = None;
    let mut rest = html;
    let mut inside = String::new();
    while let Some(open) = rest.find('<') {
        let words = unescape(&rest[..open]);
        match inside.as_str() {
            "title" => page.title.push_str(&words),
            "script" | "style" => {}
            _ => {
                page.text.push_str(&words);
                page.text.push(' ');
            }
        }
        let Some(close) = rest[open..].find('>') else { break };
        let tag = &rest[open + 1..open + close];
        rest = &rest[open + close + 1..];
        let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default().to_ascii_lowercase();
        match name.as_str() {
            "a" => page.targets.extend(attribute(tag, "href").map(|href| shown_link(&href))),
            "form" => form = Some(Form::open(tag)),
            "input" => {
                if let Some(form) = form.as_mut() {
                    form.field(tag);
                }
            }
            _ => {}
        }
        if tag.starts_with("/form") {
            page.targets.extend(form.take().map(Form::shown));
        }
        inside = if tag.starts_with('/') { String::new() } else { name };
    }
    page.text = page.text.split_whitespace().collect::<Vec<_>>().join(" ");
    page
}

#[derive(Debug)]
struct Form {
    method: String,
    action: String,
    fields: Vec<(String, String)>,
}

impl Form {
    fn open(tag: &str) -> Self {
        let method = attribute(tag, "method").unwrap_or_default().to_ascii_uppercase();
        Self { method, action: attribute(tag, "action").unwrap_or_default(), fields: Vec::new() }
    }

    fn field(&mut self, tag: &str) {
        if let Some(name) = attribute(tag, "name") {
            self.fields.push((name, attribute(tag, "value").unwrap_or_default()));
        }
    }

    /// A GET form and a link with the same query lead to the same place.
    fn shown(self) -> String {
        let fields: Vec<String> = self.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let method = if self.method == "POST" { "POST " } else { "" };
        let action = decode_percent(&self.action);
        if fields.is_empty() { format!("{method}{action}") } else { format!("{method}{action} {}", fields.join(" ")) }
    }
}

/// A link: its own `rd` parameter is shown decoded, as that of a form would be.
fn shown_link(href: &str) -> String {
    match href.split_once("?rd=") {
        Some((path, value)) => format!("{path} rd={}", decode_component(value)),
        None => decode_percent(href),
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let mut rest = tag;
    while let Some(at) = rest.find(name) {
        let before = rest[..at].chars().next_back();
        let after = &rest[at + name.len()..];
        if before.is_some_and(char::is_whitespace) && after.starts_with('=') {
            let value = &after[1..];
            let quoted = value.strip_prefix('"').and_then(|inner| inner.split_once('"').map(|(value, _)| value));
            let plain = || value.split(char::is_whitespace).next().unwrap_or_default();
            return Some(unescape(quoted.unwrap_or_else(plain)));
        }
        rest = after;
    }
    None
}

fn unescape(text: &str) -> String {
    let named = text.replace("&quot;", "\"").replace("&#34;", "\"").replace("&#39;", "'").replace("&#x27;", "'");
    named.replace("&lt;", "<").replace("&gt;", ">").replace("&#43;", "+").replace("&amp;", "&")
}

/// A URL as it stands in a redirect's body.
#[must_use]
pub fn escape(url: &str) -> String {
    let amp = url.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    amp.replace('"', "&#34;").replace('\'', "&#39;")
}

/// Undoes form encoding of one component.
#[must_use]
pub fn decode_component(text: &str) -> String {
    decode_percent(&text.replace('+', " "))
}

/// Undoes percent encoding; what is not valid UTF-8 is shown as it stands.
#[must_use]
pub fn decode_percent(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8().map_or_else(|_| text.to_owned(), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_and_a_form_to_the_same_place_are_the_same_fact() {
        let form = r#"<html><form method="GET" action="/oauth2/start"><input type="hidden" name="rd" value="/x?a=b&amp;c"><button>Sign in with OpenID Connect</button></form>"#;
        let link = r#"<html><a class="b" href="/oauth2/start?rd=%2Fx%3Fa%3Db%26c">Sign in with OpenID Connect</a>"#;
        let (mut one, mut two) = (Facts::new(), Facts::new());
        read(form, &mut one);
        read(link, &mut two);
        assert_eq!(one, two);
        assert_eq!(one["page leads to /oauth2/start rd=/x?a=b&c"], "yes");
    }

    #[test]
    fn an_error_page_is_known_by_its_status() {
        let mut facts = Facts::new();
        read("<html><title>502 Bad Gateway</title><p>There was a problem connecting to the upstream server.", &mut facts);
        assert_eq!(facts["page status"], "502");
    }
}
