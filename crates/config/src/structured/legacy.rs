//! From flat options to the nested form: what oauth2-proxy makes of its flags.

use sidecar_core::Secret;

use super::uri::Uri;
use super::{
    ClaimSource, Header, HeaderValue, LoginUrlParameter, Provider, SecretSource, Server, Structured, Tls, Upstream,
};
use crate::fault::quote;
use crate::meaning::Judge;
use crate::options::Options;
use crate::written::Written;

impl Structured {
    /// What flat options say. Tells `judge` of upstreams that are no URI.
    pub(crate) fn from_options(options: &Options, judge: &mut Judge) -> Self {
        let upstreams = options.upstreams.elements().filter_map(|one| upstream(&one, options, judge)).collect();
        Self {
            upstreams: options.upstreams.with(upstreams),
            request_headers: request_headers(options),
            response_headers: response_headers(options),
            server: server(options, judge),
            metrics_server: metrics_server(options),
            provider: provider(options),
            ..Self::default()
        }
    }
}

/// The listener (7.3): with a certificate or a key the one with TLS alone.
fn server(options: &Options, judge: &mut Judge) -> Server {
    let Options { http_address, https_address, tls_cert_file, tls_key_file, .. } = options;
    let unset = Server::unset("server");
    let Some(by) = [tls_cert_file, tls_key_file].into_iter().find(|file| !file.value.is_empty()) else {
        return Server { bind_address: http_address.clone(), ..unset };
    };
    if http_address.is_set() {
        judge.warn(http_address, format!("it is not used, for {} asks for a TLS listener in its place", by.option));
    }
    let tls = Tls {
        at: by.with(()),
        key: Some(file(tls_key_file)),
        cert: Some(file(tls_cert_file)),
        min_version: options.tls_min_version.clone(),
        cipher_suites: options.tls_cipher_suites.clone(),
    };
    Server { secure_bind_address: https_address.clone(), tls: Some(tls), ..unset }
}

/// The listeners for metrics (7.3): both may be there. What TLS they speak is for us to say.
fn metrics_server(options: &Options) -> Server {
    let (cert, key) = (&options.metrics_tls_cert_file, &options.metrics_tls_key_file);
    let tls = [cert, key].into_iter().find(|file| !file.value.is_empty()).map(|by| Tls {
        at: by.with(()),
        key: Some(file(key)),
        cert: Some(file(cert)),
        min_version: by.with(String::new()),
        cipher_suites: by.with(Vec::new()),
    });
    Server {
        bind_address: options.metrics_address.clone(),
        secure_bind_address: options.metrics_secure_address.clone(),
        tls,
    }
}

/// What is in a file.
fn file(written: &Written<String>) -> SecretSource {
    SecretSource {
        at: written.with(()),
        value: written.with(Secret::new(Vec::new())),
        from_env: written.with(String::new()),
        from_file: written.clone(),
    }
}

/// One URI of the option `upstream` (7.1); `None` after a fault.
fn upstream(written: &Written<&String>, options: &Options, judge: &mut Judge) -> Option<Upstream> {
    let text = written.value.as_str();
    let uri = match Uri::parse(text) {
        Ok(uri) => uri,
        Err(refusal) => {
            judge.refuse(written, format!("{} {}", quote(text), refusal.reason), refusal.instead);
            return None;
        }
    };
    let common = Upstream {
        id: written.with(uri.path.clone()),
        path: written.with(uri.path.clone()),
        uri: written.with(text.to_owned()),
        insecure_skip_tls_verify: options.ssl_upstream_insecure_skip_verify.clone(),
        flush_interval: options.flush_interval.clone(),
        pass_host_header: options.pass_host_header.clone(),
        proxy_web_sockets: options.proxy_websockets.clone(),
        timeout: options.upstream_timeout.clone(),
        disable_keep_alives: options.disable_keep_alives.clone(),
        ..Upstream::unset("upstream")
    };
    Some(match uri.scheme.as_str() {
        "unix" => Upstream { path: written.with("/".to_owned()), ..common },
        "file" => match uri.fragment {
            Some(path) => Upstream {
                id: written.with(path.clone()),
                path: written.with(path),
                uri: written.with(text.split('#').next().unwrap_or(text).to_owned()),
                ..common
            },
            None => common,
        },
        "static" => constant(written, uri.authority, judge),
        _ => common,
    })
}

/// A constant answer, which takes no switch of the others.
fn constant(written: &Written<&String>, authority: &str, judge: &mut Judge) -> Upstream {
    let text = written.value.as_str();
    // compat: what is no number is 200.
    let code = authority.parse().unwrap_or_else(|_| {
        judge.warn(written, format!("{} names no status; 200 is answered", quote(text)));
        200
    });
    let base = Upstream::unset("upstream");
    Upstream {
        id: written.with(text.to_owned()),
        path: written.with("/".to_owned()),
        is_static: written.with(true),
        static_code: written.with(Some(code)),
        pass_host_header: Written { value: false, ..base.pass_host_header },
        proxy_web_sockets: Written { value: false, ..base.proxy_web_sockets },
        ..base
    }
}

/// What the app is told (7.2), in the order of oauth2-proxy.
fn request_headers(options: &Options) -> Vec<Header> {
    let Options { pass_basic_auth, pass_user_headers, pass_access_token, pass_authorization_header, .. } = options;
    let prefers_email = &options.prefer_email_to_user;
    let mut headers = Vec::new();
    if pass_basic_auth.value && !options.basic_auth_password.value.expose().is_empty() {
        headers.push(basic(pass_basic_auth, options));
    }
    if pass_basic_auth.value || pass_user_headers.value {
        // Whichever of the two was written is the one to name.
        let by = if pass_user_headers.value && !pass_basic_auth.is_set() { pass_user_headers } else { pass_basic_auth };
        headers.push(claim(by, "X-Forwarded-Groups", "groups"));
        if prefers_email.value {
            headers.push(claim(by, "X-Forwarded-User", "email"));
        } else {
            headers.push(claim(by, "X-Forwarded-User", "user"));
            headers.push(claim(by, "X-Forwarded-Email", "email"));
        }
        headers.push(claim(by, "X-Forwarded-Preferred-Username", "preferred_username"));
    }
    if pass_access_token.value {
        headers.push(claim(pass_access_token, "X-Forwarded-Access-Token", "access_token"));
    }
    if pass_authorization_header.value {
        headers.push(bearer(pass_authorization_header));
    }
    // The app reads who the visitor is from the same headers (D38).
    if options.set_xauthrequest.value && options.pass_xauthrequest.value {
        headers.extend(x_auth_request(options));
    }
    let preserve = options.skip_auth_strip_headers.with(!options.skip_auth_strip_headers.value);
    headers.into_iter().map(|header| Header { preserve_request_value: preserve.clone(), ..header }).collect()
}

/// What the client is told (7.2).
fn response_headers(options: &Options) -> Vec<Header> {
    let mut headers = Vec::new();
    if options.set_xauthrequest.value {
        headers.extend(x_auth_request(options));
    }
    if options.set_basic_auth.value {
        headers.push(basic(&options.set_basic_auth, options));
    }
    if options.set_authorization_header.value {
        headers.push(bearer(&options.set_authorization_header));
    }
    headers
}

/// The headers of `set-xauthrequest`; `prefer-email-to-user` does not change them.
fn x_auth_request(options: &Options) -> impl Iterator<Item = Header> {
    let by = &options.set_xauthrequest;
    let token = &options.pass_access_token;
    [
        claim(by, "X-Auth-Request-User", "user"),
        claim(by, "X-Auth-Request-Email", "email"),
        claim(by, "X-Auth-Request-Preferred-Username", "preferred_username"),
        claim(by, "X-Auth-Request-Groups", "groups"),
    ]
    .into_iter()
    .chain(token.value.then(|| claim(token, "X-Auth-Request-Access-Token", "access_token")))
}

/// A header that `by` asks for, with one claim in it.
fn claim(by: &Written<bool>, name: &str, claim: &str) -> Header {
    let unset = ClaimSource::unset(&by.option);
    with_claim(by, name, ClaimSource { claim: by.with(claim.to_owned()), ..unset })
}

fn with_claim(by: &Written<bool>, name: &str, source: ClaimSource) -> Header {
    Header {
        name: by.with(name.to_owned()),
        values: vec![HeaderValue { at: by.with(()), secret_source: None, claim_source: Some(source) }],
        ..Header::unset(&by.option)
    }
}

fn bearer(by: &Written<bool>) -> Header {
    let mut source = ClaimSource::unset(&by.option);
    source.claim = by.with("id_token".to_owned());
    source.prefix = by.with("Bearer ".to_owned());
    with_claim(by, "Authorization", source)
}

fn basic(by: &Written<bool>, options: &Options) -> Header {
    let password = &options.basic_auth_password;
    let name = if options.prefer_email_to_user.value { "email" } else { "user" };
    let mut source = ClaimSource::unset(&by.option);
    source.claim = by.with(name.to_owned());
    source.prefix = by.with("Basic ".to_owned());
    source.basic_auth_password = Some(SecretSource {
        at: by.with(()),
        value: password.with(Secret::new(password.value.expose().as_bytes().to_vec())),
        from_env: password.with(String::new()),
        from_file: password.with(String::new()),
    });
    with_claim(by, "Authorization", source)
}

/// What the one provider has beside options (7.4).
fn provider(options: &Options) -> Provider {
    let Options { provider, client_id, provider_display_name, .. } = options;
    let id = match provider_display_name.value.as_str() {
        "" => provider.with(format!("{}={}", provider.value, client_id.value)),
        name => provider_display_name.with(name.to_owned()),
    };
    Provider { id, login_url_parameters: login_url_parameters(options), ..Provider::unset() }
}

fn login_url_parameters(options: &Options) -> Vec<LoginUrlParameter> {
    let fixed = |name: &str, written: &Written<String>, value: &str| LoginUrlParameter {
        name: written.with(name.to_owned()),
        default: written.with(vec![value.to_owned()]),
        allow: Vec::new(),
    };
    let Options { acr_values, prompt, approval_prompt, .. } = options;
    let given = |written: &Written<String>| !written.value.is_empty();
    let acr_values = given(acr_values).then(|| fixed("acr_values", acr_values, &acr_values.value));
    let asked = match approval_prompt.value.as_str() {
        _ if given(prompt) => fixed("prompt", prompt, &prompt.value),
        // compat: an empty approval_prompt still sends force.
        "" => fixed("approval_prompt", approval_prompt, "force"),
        value => fixed("approval_prompt", approval_prompt, value),
    };
    acr_values.into_iter().chain([asked]).collect()
}
