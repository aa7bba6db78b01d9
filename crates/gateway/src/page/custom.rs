//! The operator's own pages in place of ours: Go templates with the variables that v7 gives them.

use std::sync::Arc;

use http::StatusCode;
use sidecar_core::code::Code;
use sidecar_gotmpl::{Call, Function, Record, RenderError, Set, Source, TemplateError, Value};

use super::{ErrorPage, SignInPage, VERSION, Ways, letters};
use crate::settings::{Footer, Pages, PasswordForm};

/// A page that a custom template can stand in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageKind {
    /// Where a login begins.
    SignIn,
    /// What says that something went wrong.
    Error,
}

impl PageKind {
    /// All of them, in the order in which their files are read: what two files define alike, the later one decides.
    pub const ALL: [Self; 2] = [Self::SignIn, Self::Error];

    /// The name of its file and of its template.
    #[must_use]
    pub const fn file(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in.html",
            Self::Error => "error.html",
        }
    }
}

/// Parsed pages of the operator's own (`custom-templates-dir`). The files share what they define.
#[derive(Clone, Debug)]
pub struct CustomPages(Arc<Set>);

/// What templates may call besides the functions of the template language.
const FUNCTIONS: [Function; 2] = [
    Function { name: "ToUpper", body: Call::Text(letters::to_upper) },
    Function { name: "ToLower", body: Call::Text(letters::to_lower) },
];

impl CustomPages {
    /// Parses the files that are there, each with its text.
    ///
    /// # Errors
    /// The first construct that is malformed, not supported or not safe where it stands, by file and line.
    pub fn parse(files: &[(PageKind, String)]) -> Result<Self, TemplateError> {
        let sources: Vec<Source<'_>> = files.iter().map(|(kind, text)| Source { name: kind.file(), text }).collect();
        Ok(Self(Arc::new(Set::html(&sources, &FUNCTIONS)?)))
    }

    /// Whether there is one in place of this page.
    #[must_use]
    pub fn has(&self, kind: PageKind) -> bool {
        self.0.contains(kind.file())
    }

    /// Renders every page with made-up data, in every status that it is shown with, and says what is odd: a variable that
    /// does not exist in any branch, for example, which otherwise shows when a visitor comes to the place where it is used.
    #[must_use]
    pub fn try_out(&self) -> Vec<Oddity> {
        let mut oddities: Vec<Oddity> = Vec::new();
        let mut note = |oddity: Oddity| {
            if !oddities.contains(&oddity) {
                oddities.push(oddity);
            }
        };
        for text in [SAMPLE, ""] {
            for (kind, data) in Custom::sample(self, text).samples(text).into_iter().filter(|(kind, _)| self.has(*kind))
            {
                // Rendering passes over the branches that this data does not take.
                if let Err(error) = self.0.check(kind.file(), &data) {
                    note(Oddity::Fails(error));
                }
                match self.0.render(kind.file(), &data) {
                    // A page of variables alone may be empty when they are.
                    Ok(html) if html.trim().is_empty() && !text.is_empty() => note(Oddity::Empty(kind)),
                    Ok(_) => {}
                    Err(error) => note(Oddity::Fails(error)),
                }
            }
        }
        oddities
    }
}

/// What is odd about a page that can be served nevertheless.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Oddity {
    /// It fails for some visitors.
    #[error("{0}")]
    Fails(RenderError),
    /// It shows nothing.
    #[error("{}: the page is empty", .0.file())]
    Empty(PageKind),
}

/// A text that is trusted to be a path, a name and a line of HTML.
const SAMPLE: &str = "/sample";
/// The statuses that v7 shows its sign-in page with.
const SIGN_IN_STATUSES: [StatusCode; 4] =
    [StatusCode::OK, StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
/// The statuses of error pages.
const ERROR_STATUSES: [StatusCode; 7] = [
    StatusCode::BAD_REQUEST,
    StatusCode::FORBIDDEN,
    StatusCode::REQUEST_TIMEOUT,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::BAD_GATEWAY,
    StatusCode::SERVICE_UNAVAILABLE,
];

/// The operator's own pages with all that every request tells them alike.
pub(super) struct Custom {
    pages: CustomPages,
    provider: String,
    prefix: String,
    banner: String,
    logo: String,
    footer: String,
    password_form: PasswordForm,
}

impl Custom {
    pub(super) fn new(custom: &CustomPages, pages: &Pages, prefix: &str, provider: &str) -> Self {
        Self {
            pages: custom.clone(),
            provider: provider.to_owned(),
            prefix: prefix.to_owned(),
            banner: pages.banner.clone().unwrap_or_default(),
            logo: pages.logo.markup(),
            // compat: the option as it was written; only our page turns a lone hyphen into nothing.
            footer: match &pages.footer {
                Footer::BuiltIn => String::new(),
                Footer::Hidden => "-".to_owned(),
                Footer::Html(html) => html.clone(),
            },
            password_form: pages.password_form,
        }
    }

    /// The pages of somebody who wrote `text` for everything.
    fn sample(pages: &CustomPages, text: &str) -> Self {
        let (text, password_form) = (|| text.to_owned(), PasswordForm::Shown);
        let (provider, prefix) = (text(), text());
        Self { pages: pages.clone(), provider, prefix, banner: text(), logo: text(), footer: text(), password_form }
    }

    /// The data of every page in every status.
    fn samples(&self, text: &str) -> Vec<(PageKind, Value)> {
        let sign_in = SIGN_IN_STATUSES.map(|status| {
            let page = SignInPage { status, host: text, return_to: text };
            (PageKind::SignIn, self.sign_in_data(&page))
        });
        let errors = ERROR_STATUSES.map(|status| {
            let page = ErrorPage {
                status,
                message: text,
                code: Code::Internal,
                request_id: text,
                account: None,
                ways: Ways::To(text),
            };
            (PageKind::Error, self.error_data(&page))
        });
        sign_in.into_iter().chain(errors).map(|(kind, data)| (kind, Value::Record(data))).collect()
    }

    /// The sign-in page; `None` if there is none of the operator's own.
    pub(super) fn sign_in(&self, page: &SignInPage<'_>) -> Option<Result<String, RenderError>> {
        self.render(PageKind::SignIn, || self.sign_in_data(page))
    }

    /// The error page; `None` if there is none of the operator's own.
    pub(super) fn error(&self, page: &ErrorPage<'_>) -> Option<Result<String, RenderError>> {
        self.render(PageKind::Error, || self.error_data(page))
    }

    fn sign_in_data(&self, page: &SignInPage<'_>) -> Record {
        Record::new()
            .with("ProviderName", self.provider.as_str())
            .with("SignInMessage", Value::Html(self.banner.clone()))
            .with("StatusCode", i64::from(page.status.as_u16()))
            .with("CustomLogin", self.password_form == PasswordForm::Shown)
            .with("Redirect", page.return_to)
            .with("Version", VERSION)
            .with("ProxyPrefix", self.prefix.as_str())
            .with("Footer", Value::Html(self.footer.clone()))
            .with("LogoData", Value::Html(self.logo.clone()))
    }

    fn error_data(&self, page: &ErrorPage<'_>) -> Record {
        Record::new()
            .with("Title", title(page.status))
            .with("Message", page.message)
            .with("ProxyPrefix", self.prefix.as_str())
            .with("StatusCode", i64::from(page.status.as_u16()))
            .with("Redirect", page.ways.target().unwrap_or_default())
            .with("RequestID", page.request_id)
            .with("Code", page.code.as_str())
            .with("Footer", Value::Html(self.footer.clone()))
            .with("Version", VERSION)
    }

    fn render(&self, kind: PageKind, data: impl FnOnce() -> Record) -> Option<Result<String, RenderError>> {
        self.pages.has(kind).then(|| self.pages.0.render(kind.file(), &Value::Record(data())))
    }
}

/// The reason phrase as v7 has it, after RFC 9110 but for one.
fn title(status: StatusCode) -> &'static str {
    match status {
        // compat: the name that RFC 7231 gave it first.
        StatusCode::PAYLOAD_TOO_LARGE => "Request Entity Too Large",
        other => other.canonical_reason().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Logo;

    fn parsed(sign_in: &str, error: &str) -> CustomPages {
        CustomPages::parse(&[(PageKind::SignIn, sign_in.to_owned()), (PageKind::Error, error.to_owned())]).unwrap()
    }

    fn custom(custom: &CustomPages, footer: Footer) -> Custom {
        let pages = Pages {
            sign_in_status: StatusCode::FORBIDDEN,
            logo: Logo::Remote("https://cdn.example.com/l.png".into()),
            banner: Some("<b>hello</b>".into()),
            footer,
            password_form: PasswordForm::Hidden,
            debug: false,
            custom: None,
        };
        Custom::new(custom, &pages, "/oauth2", "A & B")
    }

    fn sign_in(template: &str, footer: Footer) -> String {
        let page = SignInPage { status: StatusCode::FORBIDDEN, host: "h", return_to: "/a?b=\"<x>&c" };
        custom(&parsed(template, "x"), footer).sign_in(&page).unwrap().unwrap()
    }

    fn error(template: &str, status: StatusCode, ways: Ways<'_>) -> Result<String, RenderError> {
        let page = ErrorPage { status, message: "a <b>", code: Code::Internal, request_id: "i'd", account: None, ways };
        custom(&parsed("x", template), Footer::BuiltIn).error(&page).unwrap()
    }

    #[test]
    fn the_sign_in_page_has_its_variables() {
        let template = "{{.ProviderName}} {{.SignInMessage}} {{.StatusCode}} {{.CustomLogin}} {{.Redirect}} \
                        {{.ProxyPrefix}} {{.LogoData}} {{.ProviderName | ToUpper}} {{ToLower .ProviderName}}";
        assert_eq!(
            sign_in(template, Footer::BuiltIn),
            "A &amp; B <b>hello</b> 403 false /a?b=&#34;&lt;x&gt;&amp;c /oauth2 \
             <img src=\"https://cdn.example.com/l.png\" alt=\"Logo\" /> A &amp; B a &amp; b"
        );
        assert_eq!(sign_in("{{.Version}}", Footer::BuiltIn), VERSION);
    }

    #[test]
    fn the_footer_is_the_option_as_it_was_written() {
        let template = "[{{.Footer}}]{{if eq .Footer \"-\"}} none{{end}}";
        assert_eq!(sign_in(template, Footer::BuiltIn), "[]");
        assert_eq!(sign_in(template, Footer::Hidden), "[-] none");
        assert_eq!(sign_in(template, Footer::Html("<i>us</i>".into())), "[<i>us</i>]");
    }

    #[test]
    fn an_error_page_has_its_variables() {
        let template = "{{.Title}}|{{.StatusCode}}|{{.Message}}|{{.Redirect}}|{{.RequestID}}|{{.ProxyPrefix}}";
        assert_eq!(
            error(template, StatusCode::PAYLOAD_TOO_LARGE, Ways::To("/x")).unwrap(),
            "Request Entity Too Large|413|a &lt;b&gt;|/x|i&#39;d|/oauth2"
        );
        assert_eq!(
            error(template, StatusCode::BAD_GATEWAY, Ways::Reload).unwrap(),
            "Bad Gateway|502|a &lt;b&gt;||i&#39;d|/oauth2"
        );
    }

    #[test]
    fn a_page_may_be_bare_or_in_a_define_and_helpers_are_shared() {
        let sign_in = " {{define \"sign_in.html\"}}<p>{{template \"name\" .}}</p>{{end}} ";
        let helper = "{{define \"name\"}}{{.StatusCode}}{{end}}error {{template \"name\" .}}";
        let pages = custom(&parsed(sign_in, helper), Footer::BuiltIn);
        let page = SignInPage { status: StatusCode::OK, host: "h", return_to: "/" };
        assert_eq!(pages.sign_in(&page).unwrap().unwrap(), "<p>200</p>");
    }

    #[test]
    fn a_page_that_is_not_there_is_not_rendered() {
        let pages = CustomPages::parse(&[(PageKind::Error, "x".to_owned())]).unwrap();
        assert!(!pages.has(PageKind::SignIn));
        let page = SignInPage { status: StatusCode::OK, host: "h", return_to: "/" };
        assert!(custom(&pages, Footer::BuiltIn).sign_in(&page).is_none());
    }

    #[test]
    fn a_template_that_is_malformed_is_refused_by_file_and_line() {
        let files = [(PageKind::SignIn, "fine".to_owned()), (PageKind::Error, "\n\n{{if .Title}}".to_owned())];
        let error = CustomPages::parse(&files).unwrap_err().to_string();
        assert!(error.starts_with("error.html:3: "), "{error}");
    }

    #[test]
    fn an_empty_page_is_found_by_trying_the_pages_out() {
        let pages = parsed("{{/* nothing */}} {{define \"helper\"}}x{{end}}", "x");
        assert_eq!(pages.try_out(), [Oddity::Empty(PageKind::SignIn)]);
    }

    #[test]
    fn an_unknown_variable_is_found_by_trying_the_pages_out() {
        let pages = parsed("<p>\n{{if eq .StatusCode 401}}\n{{.Pasword}}{{end}}", "{{.Redirect}}");
        let faults: Vec<String> = pages.try_out().iter().map(ToString::to_string).collect();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].starts_with("sign_in.html:3: ") && faults[0].contains("Pasword"), "{faults:?}");
        let form = parsed("{{if .CustomLogin}}<form>{{.Usr}}</form>{{end}}x", "x");
        assert_eq!(form.try_out().len(), 1, "a branch that no sample takes: {:?}", form.try_out());
        assert!(parsed("{{.Redirect}}", "{{.Message}}").try_out().is_empty());
    }
}
