//! Which of our endpoints a request is for: one table, one spelling each.

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// Served without looking for a session.
    Public(Public),
    /// Needs the session and a decision first.
    Guarded(Guarded),
}

/// Endpoints that need no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Public {
    /// `/robots.txt`
    Robots,
    /// `PREFIX/sign_in`
    SignIn,
    /// `PREFIX/start`
    Start,
    /// `PREFIX/callback`
    Callback,
    /// `PREFIX/static/…`
    Asset(Asset),
}

/// The files that custom templates in the field link to (D52).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asset {
    /// `css/bulma.min.css`
    Stylesheet,
    /// `css/all.min.css`
    Icons,
    /// Any other.
    Missing,
}

/// Endpoints that are judged by policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guarded {
    /// `PREFIX/auth`
    Auth,
    /// `PREFIX/userinfo`
    UserInfo,
    /// `PREFIX/sign_out`
    SignOut,
    /// Everything else goes to the app.
    Proxy,
}

impl Route {
    /// Matches the escaped path, byte for byte. What is below the prefix and not in the table belongs to the app.
    pub(crate) fn of(path: &str, prefix: &str) -> Self {
        if path == "/robots.txt" {
            return Self::Public(Public::Robots);
        }
        match path.strip_prefix(prefix) {
            Some("/auth") => Self::Guarded(Guarded::Auth),
            Some("/sign_in") => Self::Public(Public::SignIn),
            Some("/start") => Self::Public(Public::Start),
            Some("/callback") => Self::Public(Public::Callback),
            Some("/userinfo") => Self::Guarded(Guarded::UserInfo),
            Some("/sign_out") => Self::Guarded(Guarded::SignOut),
            Some("/static/css/bulma.min.css") => Self::Public(Public::Asset(Asset::Stylesheet)),
            Some("/static/css/all.min.css") => Self::Public(Public::Asset(Asset::Icons)),
            Some(rest) if rest.starts_with("/static/") => Self::Public(Public::Asset(Asset::Missing)),
            Some(_) | None => Self::Guarded(Guarded::Proxy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_endpoint_has_one_spelling_and_the_rest_is_the_app() {
        for (path, route) in [
            ("/robots.txt", Route::Public(Public::Robots)),
            ("/oauth2/auth", Route::Guarded(Guarded::Auth)),
            ("/oauth2/sign_in", Route::Public(Public::SignIn)),
            ("/oauth2/start", Route::Public(Public::Start)),
            ("/oauth2/callback", Route::Public(Public::Callback)),
            ("/oauth2/userinfo", Route::Guarded(Guarded::UserInfo)),
            ("/oauth2/sign_out", Route::Guarded(Guarded::SignOut)),
            ("/oauth2/static/css/bulma.min.css", Route::Public(Public::Asset(Asset::Stylesheet))),
            ("/oauth2/static/css/all.min.css", Route::Public(Public::Asset(Asset::Icons))),
            ("/oauth2/static/css/x.css", Route::Public(Public::Asset(Asset::Missing))),
        ] {
            assert_eq!(Route::of(path, "/oauth2"), route, "{path}");
        }
        for path in [
            "/",
            "/oauth2",
            "/oauth2/",
            "/oauth2/sign_in/",
            "/oauth2/static",
            "/oauth2/%61uth",
            "/oauth2/AUTH",
            "/oauth2x/auth",
        ] {
            assert_eq!(Route::of(path, "/oauth2"), Route::Guarded(Guarded::Proxy), "{path}");
        }
    }
}
