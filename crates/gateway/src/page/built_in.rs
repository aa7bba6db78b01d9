//! Our own pages: constant text with typed, escaped slots.
//!
//! Nothing comes from elsewhere but a logo that is configured so, and there is no script. The one stylesheet stands in the
//! page, allowed by its hash in the Content-Security-Policy.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, StatusCode};
use sidecar_core::form;
use sidecar_core::html::escape;

use super::template::Template;
use super::{ChosenAt, ErrorPage, SignInPage, VERSION, Ways};
use crate::settings::{Footer, Pages, PasswordForm};

const STYLE: &str = include_str!("style.css");

/// Our pages with all that the settings say about them.
pub(super) struct BuiltIn {
    sign_in: Template,
    error: Template,
    prefix: String,
    provider: String,
    logo: String,
    banner: String,
    footer: String,
    /// The form for a name and a password, if there is one.
    form: Option<Template>,
    policy: HeaderValue,
    sign_in_policy: HeaderValue,
}

impl BuiltIn {
    pub(super) fn new(pages: &Pages, prefix: &str, provider: &str) -> Self {
        let hash = STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes()));
        let logo = pages.logo.origin().map(|origin| format!(" {origin}")).unwrap_or_default();
        let policy = |form_action: &str| {
            let policy = format!(
                "default-src 'none'; style-src 'sha256-{hash}'; img-src 'self' data:{logo}; form-action {form_action}; \
                 base-uri 'none'; frame-ancestors 'none'"
            );
            HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
        };
        let form = (pages.password_form == PasswordForm::Shown).then(|| Template::new(include_str!("form.html")));
        // Chromium holds every redirect that follows a form against its page's policy: the target may be another host, and
        // the app there may send the visitor on to a third.
        let form_action = if form.is_some() { "'self' http: https:" } else { "'self'" };
        let footer = match &pages.footer {
            Footer::BuiltIn => format!("oauth2-sidecar {VERSION}"),
            Footer::Hidden => String::new(),
            Footer::Html(html) => html.clone(),
        };
        Self {
            sign_in: Template::new(include_str!("sign_in.html")),
            error: Template::new(include_str!("error.html")),
            prefix: escape(prefix),
            provider: escape(provider),
            logo: pages.logo.shown(),
            banner: pages.banner.as_ref().map_or_else(String::new, |html| format!("<p class=\"banner\">{html}</p>")),
            footer: if footer.is_empty() { footer } else { format!("<footer>{footer}</footer>") },
            form,
            policy: policy("'self'"),
            sign_in_policy: policy(form_action),
        }
    }

    /// The Content-Security-Policy that every page goes out with.
    pub(super) fn policy(&self) -> HeaderValue {
        self.policy.clone()
    }

    /// The one that the sign-in page goes out with.
    pub(super) fn sign_in_policy(&self) -> HeaderValue {
        self.sign_in_policy.clone()
    }

    pub(super) fn sign_in(&self, page: &SignInPage<'_>) -> String {
        let host = escape(page.host);
        let form = self.form.as_ref().map(|form| self.form(form, page)).unwrap_or_default();
        let return_to = form::encode(page.return_to);
        self.sign_in.fill(|slot| match slot {
            "style" => STYLE,
            "prefix" => &self.prefix,
            "provider" => &self.provider,
            "logo" => &self.logo,
            "banner" => &self.banner,
            "footer" => &self.footer,
            "host" => &host,
            "return_to" => &return_to,
            "form" => &form,
            _ => "",
        })
    }

    /// The form, with what was wrong with the last one.
    fn form(&self, form: &Template, page: &SignInPage<'_>) -> String {
        let target = escape(page.return_to);
        let (alert, invalid) = match page.status {
            StatusCode::BAD_REQUEST => ("Please enter your user name.", true),
            StatusCode::UNAUTHORIZED => ("Wrong user name or password.", true),
            _ => ("", false),
        };
        let alert =
            if invalid { format!("<p class=\"alert\" id=\"alert\" role=\"alert\">{alert}</p>") } else { String::new() };
        form.fill(|slot| match slot {
            "prefix" => &self.prefix,
            "target" => &target,
            "alert" => &alert,
            "invalid" if invalid => " aria-invalid=\"true\" aria-describedby=\"alert\"",
            _ => "",
        })
    }

    pub(super) fn error(&self, page: &ErrorPage<'_>) -> String {
        let title = escape(page.status.canonical_reason().unwrap_or("Error"));
        let message = escape(page.message);
        let request_id = escape(page.request_id);
        let account =
            page.account.map(|account| format!("<p class=\"note\">Account <strong>{}</strong></p>", escape(account)));
        let ways = self.ways(page.ways);
        self.error.fill(|slot| match slot {
            "style" => STYLE,
            "status" => page.status.as_str(),
            "title" => &title,
            "message" => &message,
            "request_id" => &request_id,
            "code" => page.code.as_str(),
            "account" => account.as_deref().unwrap_or_default(),
            "ways" => &ways,
            "footer" => &self.footer,
            _ => "",
        })
    }

    fn ways(&self, ways: Ways<'_>) -> String {
        let Some(target) = ways.target() else { return String::new() };
        let (prefix, encoded) = (&self.prefix, form::encode(target));
        let again = |class| format!("<a class=\"{class}\" href=\"{}\">Try again</a>", escape(target));
        let other = |class, to| format!("<a class=\"{class}\" href=\"{prefix}/{to}\">Sign in with another account</a>");
        let sign_in_page = format!("sign_in?rd={encoded}");
        let links = match ways {
            Ways::OtherAccount { chosen_at: ChosenAt::Provider, .. } => {
                other("button", format!("start?prompt=select_account&amp;rd={encoded}")) + &again("quiet")
            }
            Ways::OtherAccount { chosen_at: ChosenAt::SignInPage, .. } => {
                other("button", sign_in_page) + &again("quiet")
            }
            Ways::To(_) | Ways::Reload => again("button") + &other("quiet", sign_in_page),
        };
        format!("{links}<a class=\"quiet\" href=\"{prefix}/sign_out\">Sign out</a>")
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::settings::Logo;

    fn pages_with(logo: Logo) -> BuiltIn {
        let pages = Pages {
            sign_in_status: StatusCode::FORBIDDEN,
            logo,
            banner: Some("<b>hello</b>".into()),
            footer: Footer::BuiltIn,
            password_form: PasswordForm::Hidden,
            debug: false,
            custom: None,
        };
        BuiltIn::new(&pages, "/oauth2", "A & B")
    }

    fn pages() -> BuiltIn {
        pages_with(Logo::BuiltIn)
    }

    #[test]
    fn the_sign_in_page_links_to_the_start_of_a_login() {
        let page = pages().sign_in(&SignInPage {
            status: StatusCode::OK,
            host: "app1.example.com",
            return_to: "/a?b=\"<x>&c",
        });
        assert!(page.contains(r#"href="/oauth2/start?rd=%2Fa%3Fb%3D%22%3Cx%3E%26c""#), "{page}");
        assert!(page.contains("A &amp; B"));
        assert!(page.contains("<b>hello</b>"), "the banner is the operator's own HTML");
        assert!(page.contains("app1.example.com"));
    }

    #[test]
    fn an_error_page_shows_nothing_unescaped() {
        let hostile = "<script>\"'&{{footer}}";
        let page = pages().error(&ErrorPage {
            status: StatusCode::FORBIDDEN,
            message: hostile,
            code: sidecar_core::code::Code::LoginExchange,
            request_id: hostile,
            account: Some(hostile),
            ways: Ways::To(hostile),
        });
        assert!(!page.contains("<script>"), "{page}");
        assert!(page.contains("{{footer}}"), "what fills a slot is not filled again");
        assert!(page.contains("403"));
    }

    #[test]
    fn whoever_may_not_enter_is_offered_another_account_first() {
        for (chosen_at, link) in [
            (ChosenAt::SignInPage, r#"<a class="button" href="/oauth2/sign_in?rd=%2Fx">"#),
            (ChosenAt::Provider, r#"<a class="button" href="/oauth2/start?prompt=select_account&amp;rd=%2Fx">"#),
        ] {
            let page = pages().error(&ErrorPage {
                status: StatusCode::FORBIDDEN,
                message: "no",
                code: sidecar_core::code::Code::LoginExchange,
                request_id: "id",
                account: Some("alice@example.com"),
                ways: Ways::OtherAccount { target: "/x", chosen_at },
            });
            assert!(page.contains("Account <strong>alice@example.com</strong>"), "{page}");
            assert!(page.contains(link), "{page}");
        }
    }

    #[test]
    fn pages_stay_under_15_kb() {
        let target = "/".repeat(200);
        assert!(pages().sign_in(&SignInPage { status: StatusCode::OK, host: "h", return_to: &target }).len() < 15_000);
    }

    #[test]
    fn the_policy_allows_exactly_the_built_in_style() {
        let policy = pages().policy();
        let policy = policy.to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"));
        assert!(!policy.contains("unsafe"));
        assert!(!policy.contains("script"));
        assert!(policy.contains("img-src 'self' data:;"), "{policy}");
    }

    #[test]
    fn a_logo_from_elsewhere_is_shown_and_allowed_by_its_origin() {
        let pages = pages_with(Logo::Remote("https://cdn.example.com/logo.png".into()));
        let page = pages.sign_in(&SignInPage { status: StatusCode::OK, host: "h", return_to: "/" });
        assert!(page.contains(r#"<img class="logo" src="https://cdn.example.com/logo.png" alt="Logo">"#), "{page}");
        assert!(!page.contains("<svg"), "it stands in place of ours");
        let policy = pages.policy();
        assert!(policy.to_str().unwrap().contains("img-src 'self' data: https://cdn.example.com;"), "{policy:?}");
    }
}
