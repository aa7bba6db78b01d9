//! Reading a page of the program as a visitor would: what it says and where its links and forms lead, not its markup.

use sidecar_testkit::html::{self, Form};

use crate::facts::Facts;

/// Puts down what an HTML page says and links to.
pub fn read(html: &str, facts: &mut Facts) {
    let text = html::text(html);
    let mut targets = targets(html);
    targets.retain(|target| !target.is_empty() && !is_decoration(target));
    targets.sort();
    targets.dedup();
    for target in targets {
        facts.insert(format!("page leads to {target}"), "yes".into());
    }
    if let Some(status) = status_in_words(&text) {
        facts.insert("page status".into(), status);
    }
    for (gist, phrases) in GISTS {
        if phrases.iter().any(|phrase| text.contains(phrase)) {
            facts.insert(format!("page says {gist}"), "yes".into());
        }
    }
    if text.contains("%!") {
        facts.insert("page shows a format's fault".into(), "yes".into());
    }
    let button = text.rsplit_once("Sign in with ").filter(|_| !facts.contains_key("page status"));
    if let Some((_, name)) = button {
        let name: Vec<&str> = name.split_whitespace().take(2).collect();
        facts.insert("page names the provider".into(), name.join(" "));
    }
}

/// What marks a page that both programs make from the same template: it is compared byte by byte.
pub const CUSTOM: &str = "data-page=\"custom\"";

/// Such a page without what each program says in its own way: its version, and the words for what went wrong.
#[must_use]
pub fn without_excused(html: &str) -> String {
    const MARK: &str = "<b class=\"excused\">";
    let mut pieces = html.split(MARK);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        out.push_str(MARK);
        out.push_str(&piece[piece.find("</b>").unwrap_or(0)..]);
    }
    out
}

/// What a message means → words by which one or the other program says it.
const GISTS: [(&str, &[&str]); 6] = [
    (
        "no permission",
        &[
            "You do not have permission to access this resource",
            "it may not use this application",
            "about your account was not accepted",
        ],
    ),
    (
        "something went wrong",
        &[
            "Something went wrong",
            "Unknown error",
            "cannot be read",
            "is incomplete",
            "sent no code",
            "could not be completed",
        ],
    ),
    (
        "the login could not be matched",
        &[
            "Unable to find a valid CSRF token",
            "could not be matched to this browser",
            "has expired",
            "does not belong to the one",
        ],
    ),
    ("the provider refused", &["identity provider returned an error", "service refused the sign-in"]),
    ("the app cannot be reached", &["problem connecting to the upstream server", "application cannot be reached"]),
    ("who may sign in", &["Authenticate using", "Sign in with an account", "Sign in with your"]),
];

/// The status that an error page shows to its reader.
fn status_in_words(text: &str) -> Option<String> {
    let word =
        text.split_whitespace().find(|word| matches!(*word, "400" | "403" | "404" | "500" | "502" | "503" | "504"));
    word.map(str::to_owned)
}

/// Style sheets, icons and the project's own home page.
fn is_decoration(target: &str) -> bool {
    target.contains("/static/") || target.contains("github.com") || target.starts_with('#')
}

/// Every link and form of a page, as far as they lead somewhere.
fn targets(html: &str) -> Vec<String> {
    let links = html::links(html).into_iter().map(|link| shown_link(&link.href));
    links.chain(html::forms(html).iter().map(shown_form)).collect()
}

/// A GET form and a link with the same query lead to the same place.
fn shown_form(form: &Form) -> String {
    let fields: Vec<String> = form.fields.iter().map(|field| format!("{}={}", field.name, field.value)).collect();
    let method = if form.method == "post" { "POST " } else { "" };
    let action = shown_link(&form.action);
    if fields.is_empty() { format!("{method}{action}") } else { format!("{method}{action} {}", fields.join(" ")) }
}

/// A link: its own `rd` parameter is shown decoded, as that of a form would be.
fn shown_link(href: &str) -> String {
    match href.split_once("?rd=") {
        Some((path, value)) => format!("{path} rd={}", decode_component(value)),
        None => decode_percent(href),
    }
}

/// A URL as it stands in a redirect's body.
#[must_use]
pub fn escape(url: &str) -> String {
    let amp = url.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    amp.replace('"', "&#34;").replace('\'', "&#39;")
}

/// A value as it stands in a query.
#[must_use]
pub fn encode_component(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
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
        read(
            "<html><title>x</title><p>502</p><h1>Bad Gateway</h1><p>There was a problem connecting to the upstream server.",
            &mut facts,
        );
        assert_eq!(facts["page status"], "502");
    }
}
