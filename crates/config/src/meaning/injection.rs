//! Which headers tell the app and the client who the visitor is (config-loading 7.2, http-behaviour 13.3).

use http::HeaderName;
use sidecar_core::Secret;
use sidecar_upstream::{Claim, ClientValue, Form, InjectedHeader, Injection, Source};

use super::judge::Judge;
use crate::options::Options;

/// The headers of requests to the app and of responses to the client, in the order of oauth2-proxy.
pub(super) fn settings(options: &Options, judge: &mut Judge) -> Option<Injection> {
    let message = "a client can send the app identity headers of its own making";
    judge.warn_if(&options.skip_auth_strip_headers, false, message);
    let conflicts = conflicts(options, judge);
    let injection = Injection { request: request(options), response: response(options) };
    conflicts.is_none().then_some(injection)
}

/// Something was refused.
struct Refused;

/// Two options that write the same header, and one that lacks its password.
fn conflicts(options: &Options, judge: &mut Judge) -> Option<Refused> {
    let password = !options.basic_auth_password.value.expose().is_empty();
    let mut refused = None;
    if options.pass_authorization_header.value && options.pass_basic_auth.value && password {
        let reason = "writes the header Authorization, as pass-basic-auth does with basic-auth-password";
        judge.refuse(
            &options.pass_authorization_header,
            reason,
            "switch pass-basic-auth off, or leave one of the two out",
        );
        refused = Some(Refused);
    }
    if options.set_basic_auth.value && options.set_authorization_header.value {
        let reason = "writes the header Authorization, as set-authorization-header does";
        judge.refuse(&options.set_basic_auth, reason, "leave one of the two out");
        refused = Some(Refused);
    }
    if options.set_basic_auth.value && !password {
        judge.refuse(&options.set_basic_auth, "needs basic-auth-password", "set it, or leave set-basic-auth out");
        refused = Some(Refused);
    }
    refused
}

fn request(options: &Options) -> Vec<InjectedHeader> {
    let client_value = if options.skip_auth_strip_headers.value { ClientValue::Remove } else { ClientValue::Keep };
    let mut headers = Vec::new();
    let mut add = |name: &'static str, claim: Claim, form: Form| {
        headers.push(InjectedHeader { client_value, ..header(name, claim, form) });
    };
    let prefers_email = options.prefer_email_to_user.value;
    if let (true, Some(password)) = (options.pass_basic_auth.value, password(options)) {
        add("authorization", if prefers_email { Claim::Email } else { Claim::User }, Form::Basic { password });
    }
    if options.pass_basic_auth.value || options.pass_user_headers.value {
        add("x-forwarded-groups", Claim::Groups, Form::Plain);
        if prefers_email {
            add("x-forwarded-user", Claim::Email, Form::Plain);
        } else {
            add("x-forwarded-user", Claim::User, Form::Plain);
            add("x-forwarded-email", Claim::Email, Form::Plain);
        }
        add("x-forwarded-preferred-username", Claim::PreferredUsername, Form::Plain);
    }
    if options.pass_access_token.value {
        add("x-forwarded-access-token", Claim::AccessToken, Form::Plain);
    }
    if options.pass_authorization_header.value {
        add("authorization", Claim::IdToken, bearer());
    }
    // The app reads who the visitor is from the same headers (differences.md D38).
    if options.set_xauthrequest.value && options.pass_xauthrequest.value {
        for (name, claim) in x_auth_request(options) {
            add(name, claim, Form::Plain);
        }
    }
    headers
}

fn response(options: &Options) -> Vec<InjectedHeader> {
    let mut headers = Vec::new();
    if options.set_xauthrequest.value {
        headers.extend(x_auth_request(options).map(|(name, claim)| header(name, claim, Form::Plain)));
    }
    if let (true, Some(password)) = (options.set_basic_auth.value, password(options)) {
        let claim = if options.prefer_email_to_user.value { Claim::Email } else { Claim::User };
        headers.push(header("authorization", claim, Form::Basic { password }));
    }
    if options.set_authorization_header.value {
        headers.push(header("authorization", Claim::IdToken, bearer()));
    }
    headers
}

/// The headers of `set-xauthrequest`; `prefer-email-to-user` does not change them.
fn x_auth_request(options: &Options) -> impl Iterator<Item = (&'static str, Claim)> {
    let access_token = options.pass_access_token.value.then_some(("x-auth-request-access-token", Claim::AccessToken));
    [
        ("x-auth-request-user", Claim::User),
        ("x-auth-request-email", Claim::Email),
        ("x-auth-request-preferred-username", Claim::PreferredUsername),
        ("x-auth-request-groups", Claim::Groups),
    ]
    .into_iter()
    .chain(access_token)
}

fn header(name: &'static str, claim: Claim, form: Form) -> InjectedHeader {
    InjectedHeader {
        name: HeaderName::from_static(name),
        values: vec![Source::Claim { claim, form }],
        client_value: ClientValue::default(),
    }
}

fn bearer() -> Form {
    Form::Prefixed("Bearer ".to_owned())
}

fn password(options: &Options) -> Option<Secret<String>> {
    let password = &options.basic_auth_password.value;
    (!password.expose().is_empty()).then(|| password.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names on either side once `set` has set its options.
    fn names(set: impl FnOnce(&mut Options)) -> (Vec<String>, Vec<String>) {
        let mut options = Options::default();
        set(&mut options);
        let injection = settings(&options, &mut Judge::default()).expect("no conflict");
        let names = |headers: &[InjectedHeader]| headers.iter().map(|header| header.name.to_string()).collect();
        (names(&injection.request), names(&injection.response))
    }

    const USER: [&str; 4] =
        ["x-forwarded-groups", "x-forwarded-user", "x-forwarded-email", "x-forwarded-preferred-username"];
    const X_AUTH_REQUEST: [&str; 4] =
        ["x-auth-request-user", "x-auth-request-email", "x-auth-request-preferred-username", "x-auth-request-groups"];

    #[test]
    fn the_user_headers_come_by_default_and_by_either_switch() {
        assert_eq!(names(|_| ()), (USER.map(str::to_owned).to_vec(), vec![]));
        assert_eq!(names(|options| options.pass_basic_auth.value = false).0, USER);
        assert_eq!(names(|options| options.pass_user_headers.value = false).0, USER);
        let none = names(|options| {
            options.pass_basic_auth.value = false;
            options.pass_user_headers.value = false;
        });
        assert_eq!(none, (vec![], vec![]));
    }

    #[test]
    fn an_email_in_place_of_the_user_has_no_header_of_its_own() {
        let (request, _) = names(|options| options.prefer_email_to_user.value = true);
        assert_eq!(request, ["x-forwarded-groups", "x-forwarded-user", "x-forwarded-preferred-username"]);
    }

    #[test]
    fn set_xauthrequest_tells_the_client_and_the_app_the_same() {
        let (request, response) = names(|options| options.set_xauthrequest.value = true);
        assert_eq!(request, [USER, X_AUTH_REQUEST].concat());
        assert_eq!(response, X_AUTH_REQUEST);
        let (request, response) = names(|options| {
            options.set_xauthrequest.value = true;
            options.pass_xauthrequest.value = false;
            options.pass_access_token.value = true;
        });
        assert_eq!(request, [&USER[..], &["x-forwarded-access-token"]].concat());
        assert_eq!(response, [&X_AUTH_REQUEST[..], &["x-auth-request-access-token"]].concat());
    }

    #[test]
    fn authorization_is_written_by_one_option_alone() {
        let refused = |set: fn(&mut Options)| {
            let mut options = Options::default();
            set(&mut options);
            let mut judge = Judge::default();
            assert!(settings(&options, &mut judge).is_none());
            judge.faults.iter().map(|fault| fault.subject.clone()).collect::<Vec<_>>()
        };
        assert_eq!(
            refused(|options| {
                options.basic_auth_password.value = Secret::from("p");
                options.pass_authorization_header.value = true;
            }),
            ["pass-authorization-header"]
        );
        assert_eq!(
            refused(|options| {
                options.set_basic_auth.value = true;
                options.set_authorization_header.value = true;
            }),
            ["set-basic-auth", "set-basic-auth"]
        );
        let (request, response) = names(|options| {
            options.basic_auth_password.value = Secret::from("p");
            options.set_basic_auth.value = true;
        });
        assert_eq!(request[0], "authorization");
        assert_eq!(response, ["authorization"]);
    }

    #[test]
    fn unstripped_headers_keep_what_the_client_sent() {
        let mut options = Options::default();
        options.skip_auth_strip_headers.value = false;
        let mut judge = Judge::default();
        let injection = settings(&options, &mut judge).expect("no conflict");
        assert!(injection.request.iter().all(|header| header.client_value == ClientValue::Keep));
        assert_eq!(judge.warnings.len(), 1);
    }
}
