//! The option table: one row per option, grouped by what it is about.
//!
//! To serve an option that is known but not served, move its row up and let the conversion of the crate that needs
//! it read the new field.

use sidecar_core::Secret;

use crate::options::options;
use crate::row::{Row, Secrecy, Serving};
use crate::value::{GoDuration, Kind, Loose};

options! {
    served {
        // The provider and its endpoints.
        "provider" provider at "providers[0].provider": String = "google", "Kind of the identity provider: google, github, oidc, keycloak-oidc, entra-id or azure in this version";
        "provider-display-name" provider_display_name at "providers[0].name": String = "", "Name of the provider on the sign-in button";
        "client-id" client_id at "providers[0].clientID": String = "", "Client identifier that the provider knows this app by; required";
        "client-secret" client_secret at "providers[0].clientSecret": Secret<String> = "", "Client secret; wins over client-secret-file";
        "client-secret-file" client_secret_file at "providers[0].clientSecretFile": String = "", "File whose whole content is the client secret; read at each use, so a rotated secret counts at once";
        "oidc-issuer-url" oidc_issuer_url at "providers[0].oidcConfig.issuerURL": String = "", "Issuer of the provider; its metadata is found from it";
        "skip-oidc-discovery" skip_oidc_discovery at "providers[0].oidcConfig.skipDiscovery": bool = "false", "Take the endpoints from login-url, redeem-url, profile-url and oidc-jwks-url instead of the provider's metadata";
        "login-url" login_url at "providers[0].loginURL": String = "", "Authorization endpoint; the metadata wins where it is read";
        "redeem-url" redeem_url at "providers[0].redeemURL": String = "", "Token endpoint; the metadata wins where it is read";
        "profile-url" profile_url at "providers[0].profileURL": String = "", "Userinfo endpoint; the metadata wins where it is read";
        "validate-url" validate_url at "providers[0].validateURL": String = "", "Address that answers 200 for a valid access token";
        "oidc-jwks-url" oidc_jwks_url at "providers[0].oidcConfig.jwksURL": String = "", "Key set of the provider, for use without its metadata";
        "oidc-public-key-file" oidc_public_key_files at "providers[0].oidcConfig.publicKeyFiles": Vec<String> = "", "PEM file with a public key that ID tokens are checked with, for use without metadata; in place of oidc-jwks-url";
        "backend-logout-url" backend_logout_url at "providers[0].backendLogoutURL": String = "", "Address called at sign-out; {id_token} in it is replaced";
        "provider-ca-file" provider_ca_files at "providers[0].caFiles": Vec<String> = "", "PEM file of authorities trusted when the provider is called, in place of the usual ones";
        "use-system-trust-store" use_system_trust_store at "providers[0].useSystemTrustStore": bool = "false", "Trust the usual authorities beside those of provider-ca-file";
        "ssl-insecure-skip-verify" ssl_insecure_skip_verify: bool = "false", "INSECURE: do not check the provider's TLS certificate";
        "oidc-discovery-required" oidc_discovery_required: bool = "false", "End at start when the provider's metadata cannot be read, instead of trying again while serving";

        // GitHub.
        "github-org" github_org at "providers[0].githubConfig.org": String = "", "Organization a user must be a member of, with the provider github";
        "github-team" github_team at "providers[0].githubConfig.team": String = "", "Teams a user must be in one of, separated by commas: SLUG with github-org, ORG:SLUG without";
        "github-repo" github_repo at "providers[0].githubConfig.repo": String = "", "Repository OWNER/NAME a user must have access to: push, or pull if it is private; not looked at with github-org";
        "github-token" github_token at "providers[0].githubConfig.token": Secret<String> = "", "Token that asks for the collaborators of github-repo; with it a user must be one of them";
        "github-user" github_users at "providers[0].githubConfig.users": Vec<String> = "", "Login that signs in whatever github-org, github-team and github-repo say; with neither github-org nor github-repo nobody else does";

        // Microsoft.
        "entra-id-allowed-tenant" entra_id_allowed_tenants at "providers[0].microsoftEntraIDConfig.allowedTenants": Vec<String> = "", "Tenant that may sign in with the provider entra-id, by its id; with none every tenant may that the issuer lets in";
        "entra-id-federated-token-auth" entra_id_federated_token_auth at "providers[0].microsoftEntraIDConfig.federatedTokenAuth": bool = "false", "Prove who we are with the pod's workload identity, whose token AZURE_FEDERATED_TOKEN_FILE names, instead of a client secret";
        "azure-tenant" azure_tenant at "providers[0].azureConfig.tenant": String = "common", "Tenant in the usual addresses of the provider azure, for use without its metadata";
        "azure-graph-group-field" azure_graph_group_field at "providers[0].azureConfig.graphGroupField": String = "", "Attribute of a group that the provider azure names it by; empty takes id";
        "resource" resource at "providers[0].resource": String = "", "Resource to ask a token for; azure sends it to addresses of version 1, and the OpenID Connect family never";

        // The authorization request.
        "scope" scope at "providers[0].scope": String = "", "Scopes to ask for, separated by spaces; empty takes the provider's usual ones";
        "prompt" prompt at "providers[0].loginURLParameters[name=prompt].default": String = "", "OpenID prompt parameter; replaces approval_prompt";
        "approval-prompt" approval_prompt at "providers[0].loginURLParameters[name=approval_prompt].default" deprecated "superseded by prompt": String = "force", "Older Google parameter, sent when prompt is empty; an empty value still sends force";
        "acr-values" acr_values at "providers[0].loginURLParameters[name=acr_values].default": String = "", "Authentication context classes to ask for";
        "auth-request-response-mode" auth_request_response_mode at "providers[0].authRequestResponseMode": String = "", "response_mode parameter of the authorization request";
        "code-challenge-method" code_challenge_method at "providers[0].code_challenge_method": String = "", "PKCE method: S256, plain or none; empty takes S256 when the provider lists it";
        "force-code-challenge-method" force_code_challenge_method at "providers[0].code_challenge_method" deprecated "use code-challenge-method": String = "", "Older name of code-challenge-method, read when that is empty";
        "encode-state" encode_state: bool = "false", "Write the state parameter in base64url";
        "redirect-url" redirect_url: String = "", "Where the provider sends the browser back to; its host may serve the callback of several apps. Empty: the host of the request";
        "relative-redirect-url" relative_redirect_url: bool = "false", "Send redirect-url as it is, also without a host";

        // What an ID token must be, and what is read from it.
        "oidc-email-claim" oidc_email_claim at "providers[0].oidcConfig.emailClaim": String = "email", "Claim with the e-mail address";
        "user-id-claim" user_id_claim at "providers[0].oidcConfig.userIDClaim" deprecated "use oidc-email-claim": String = "email", "Older name of oidc-email-claim, read while that has its default";
        "oidc-groups-claim" oidc_groups_claim at "providers[0].oidcConfig.groupsClaim": String = "groups", "Claim with the names of the user's groups";
        "oidc-audience-claim" oidc_audience_claims at "providers[0].oidcConfig.audienceClaims": Vec<String> = "aud", "Claims that may hold the audience; the first one present decides";
        "oidc-extra-audience" oidc_extra_audiences at "providers[0].oidcConfig.extraAudiences": Vec<String> = "", "Audience accepted beside the client id";
        "oidc-enabled-signing-alg" oidc_enabled_signing_algs at "providers[0].oidcConfig.enabledSigningAlgs": Vec<String> = "", "Signature algorithm accepted in ID tokens; empty accepts what the provider lists";
        "skip-claims-from-profile-url" skip_claims_from_profile_url at "providers[0].skipClaimsFromProfileURL": bool = "false", "Do not ask the userinfo endpoint for claims that the ID token lacks";
        "insecure-oidc-allow-unverified-email" insecure_oidc_allow_unverified_email at "providers[0].oidcConfig.insecureAllowUnverifiedEmail": bool = "false", "INSECURE: accept an e-mail address that the provider did not verify";
        "insecure-oidc-skip-issuer-verification" insecure_oidc_skip_issuer_verification at "providers[0].oidcConfig.insecureSkipIssuerVerification": bool = "false", "INSECURE: accept metadata and tokens of another issuer";
        "insecure-oidc-skip-nonce" insecure_oidc_skip_nonce at "providers[0].oidcConfig.insecureSkipNonce": bool = "false", "INSECURE: do not bind ID tokens to the login they answer";

        // Who is let in.
        "email-domain" email_domains: Vec<String> = "", "Domain of e-mail addresses that may sign in; .domain means its subdomains, * everybody";
        "authenticated-emails-file" authenticated_emails_file: String = "", "CSV file whose first column is addresses that may sign in, beside those of email-domain; read again when it changes";
        "allowed-group" allowed_groups at "providers[0].allowedGroups": Vec<String> = "", "Group that may sign in; with none every group may";
        "allowed-role" allowed_roles at "providers[0].keycloakConfig.roles": Vec<String> = "", "Role of Keycloak that may sign in beside the groups: ROLE, or CLIENT:ROLE of a client; with the provider keycloak-oidc";
        "skip-jwt-bearer-tokens" skip_jwt_bearer_tokens: bool = "false", "Take a valid bearer token in Authorization for a session; the provider must be one whose tokens can be verified";
        "extra-jwt-issuers" extra_jwt_issuers: Vec<String> = "", "ISSUER=AUDIENCE whose bearer tokens are taken too";
        "bearer-token-login-fallback" bearer_token_login_fallback: bool = "true", "Let a request whose bearer token is not valid go on to its session or the login; false answers 403 to every Authorization that is no valid token";
        "htpasswd-file" htpasswd_file: String = "", "File of users who sign in with a password, bcrypt or {SHA}: by the form of the sign-in page or by Basic; read again when it changes";
        "htpasswd-user-group" htpasswd_user_groups: Vec<String> = "", "Group of the users of htpasswd-file";
        "skip-auth-route" skip_auth_routes: Vec<String> = "", "Requests served without a session: REGEX, METHOD=REGEX or METHOD!=REGEX, matched on the path";
        "skip-auth-regex" skip_auth_regex deprecated "use skip-auth-route": Vec<String> = "", "Older form of skip-auth-route: paths served without a session, for every method";
        "skip-auth-preflight" skip_auth_preflight: bool = "false", "Serve OPTIONS requests without a session";
        "trusted-ip" trusted_ips: Vec<String> = "", "Address or network whose requests are served without a session";
        "api-route" api_routes: Vec<String> = "", "Regex on path and query: without a session such a request gets 401 instead of a login";

        // Cookies and sessions.
        "cookie-name" cookie_name: String = "_oauth2_proxy", "Name of the session cookie; the other cookies begin with it";
        "cookie-secret" cookie_secret: Secret<String> = "", "Seals the cookies: 16, 24 or 32 bytes, as they are or in base64url";
        "cookie-secret-file" cookie_secret_file: String = "", "File with the cookie secret, read when cookie-secret is empty";
        "cookie-secret-previous" cookie_secret_previous: Vec<Secret<String>> = "", "Cookie secret that opens cookies and never seals one, while cookie-secret is being changed; the newest first";
        "cookie-secret-previous-file" cookie_secret_previous_file: Vec<String> = "", "File with an older cookie secret, tried after those of cookie-secret-previous; read again when it changes";
        "cookie-domain" cookie_domains: Vec<String> = "", "Domain of the cookies; the longest that fits the request's host counts";
        "cookie-path" cookie_path: String = "/", "Path of the cookies";
        "cookie-expire" cookie_expire: GoDuration = "168h0m0s", "How long a session cookie lives; 0s ends it with the browser";
        "cookie-refresh" cookie_refresh: GoDuration = "0s", "Renew a session once it is older than this; 0s never does";
        "refresh-before-expiry" refresh_before_expiry: GoDuration = "0s", "Renew a session when its access token lives shorter than this; 0s never does";
        "refresh-grace" refresh_grace: GoDuration = "30s", "How long requests with the cookie from before a renewal get its result";
        "cookie-secure" cookie_secure: bool = "true", "Mark cookies Secure, and take https for the own address";
        "cookie-httponly" cookie_httponly: bool = "true", "Keep cookies from scripts";
        "cookie-samesite" cookie_samesite: String = "", "SameSite of cookies: lax, strict, none, or empty for no such attribute";
        "cookie-csrf-expire" cookie_csrf_expire: GoDuration = "15m0s", "How long a login may take";
        "cookie-csrf-samesite" cookie_csrf_samesite: String = "", "SameSite of the login cookies; empty takes that of cookie-samesite";
        "cookie-csrf-per-request" cookie_csrf_per_request: bool = "false", "Give each login a cookie of its own";
        "cookie-csrf-per-request-limit" cookie_csrf_per_request_limit: i64 = "0", "With cookie-csrf-per-request, how many login cookies are left in a browser when one more comes; 0 leaves 7";
        "session-store-type" session_store_type: String = "cookie", "Where sessions are kept; this version serves cookie";
        "session-cookie-minimal" session_cookie_minimal: bool = "false", "Keep tokens out of the session cookie";
        "session-max-cookie-bytes" session_max_cookie_bytes: i64 = "12288", "Beyond this size a session loses what no option needs; 0 keeps all";

        // What the app and the client are told.
        "pass-user-headers" pass_user_headers at "injectRequestHeaders[](X-Forwarded-*)": bool = "true", "Tell the app the user in X-Forwarded-User, -Email, -Groups and -Preferred-Username";
        "pass-basic-auth" pass_basic_auth at "injectRequestHeaders[](Authorization: Basic and X-Forwarded-*)": bool = "true", "Tell the app the user as pass-user-headers does, and with basic-auth-password in Basic authorization too";
        "basic-auth-password" basic_auth_password at "injectRequestHeaders[].values[].claimSource.basicAuthPassword.value;injectResponseHeaders[].values[].claimSource.basicAuthPassword.value": Secret<String> = "", "Password in the Basic authorization made for the user";
        "pass-access-token" pass_access_token at "injectRequestHeaders[](X-Forwarded-Access-Token)": bool = "false", "Give the app the access token in X-Forwarded-Access-Token";
        "pass-authorization-header" pass_authorization_header at "injectRequestHeaders[](Authorization: Bearer id_token)": bool = "false", "Give the app the ID token as Bearer authorization";
        "pass-host-header" pass_host_header at "upstreamConfig.upstreams[].passHostHeader": bool = "true", "Give the app the Host of the request instead of its own address";
        "pass-xauthrequest" pass_xauthrequest: bool = "true", "With set-xauthrequest, give the app the same X-Auth-Request-* headers";
        "pass-session-cookie" pass_session_cookie: bool = "false", "Let the app see our own cookies";
        "prefer-email-to-user" prefer_email_to_user at "injectRequestHeaders[].values[].claimSource.claim;injectResponseHeaders[].values[].claimSource.claim": bool = "false", "Name the user by e-mail address in the headers that tell the user";
        "set-xauthrequest" set_xauthrequest at "injectResponseHeaders[](X-Auth-Request-*)": bool = "false", "Answer with X-Auth-Request-User, -Email, -Preferred-Username and -Groups";
        "set-basic-auth" set_basic_auth at "injectResponseHeaders[](Authorization: Basic)": bool = "false", "Answer with Basic authorization; needs basic-auth-password";
        "set-authorization-header" set_authorization_header at "injectResponseHeaders[](Authorization: Bearer id_token)": bool = "false", "Answer with the ID token as Bearer authorization";
        "skip-auth-strip-headers" skip_auth_strip_headers at "injectRequestHeaders[].preserveRequestValue (inverted)": bool = "true", "Remove a client's own copies of the headers that tell the user";

        // The app.
        "upstream" upstreams at "upstreamConfig.upstreams[]": Vec<String> = "", "Where requests go: an http or https URL, h2c://HOST:PORT for HTTP/2 without TLS (gRPC), unix://SOCKET, file://DIRECTORY[#PATH] or static://STATUS";
        "upstream-timeout" upstream_timeout at "upstreamConfig.upstreams[].timeout": GoDuration = "30s", "How long to wait for the head of the app's response";
        "flush-interval" flush_interval at "upstreamConfig.upstreams[].flushInterval": GoDuration = "1s", "How long a streamed response may be held back; this program never holds one back";
        "proxy-websockets" proxy_websockets at "upstreamConfig.upstreams[].proxyWebSockets": bool = "true", "Forward WebSockets";
        "disable-keep-alives" disable_keep_alives at "upstreamConfig.upstreams[].disableKeepAlives": bool = "false", "Open a connection to the app for each request";
        "ssl-upstream-insecure-skip-verify" ssl_upstream_insecure_skip_verify at "upstreamConfig.upstreams[].insecureSkipTLSVerify": bool = "false", "INSECURE: do not check the app's TLS certificate";
        "signature-key" signature_key deprecated "deprecated, warns at startup": Secret<String> = "", "ALGORITHM:KEY that signs requests to the app in GAP-Signature; md5, sha1, sha224, sha256, sha384 or sha512";
        "app-probe-address" app_probe_address: String = "", "Where to forward probes of an app from that listens on loopback alone: HOST:PORT, unix://SOCKET or fd:NUMBER; app-probe-path says which";
        "app-probe-path" app_probe_path: Vec<String> = "", "Path of the app, with its query if it has one, that app-probe-address forwards GET and HEAD for, without a session; nothing else passes there";

        // The listener and the proxy before it.
        "http-address" http_address at "server.bindAddress": String = "127.0.0.1:4180", "Where to listen: HOST:PORT, unix://SOCKET[,mode=OCTAL] or fd:NUMBER; empty or - does not listen";
        "https-address" https_address at "server.secureBindAddress": String = ":443", "Where to listen with TLS, HOST:PORT; used when tls-cert-file or tls-key-file is set, in place of http-address";
        "tls-cert-file" tls_cert_file at "server.tls.cert.fromFile": String = "", "PEM file with the certificate of the TLS listener and those that lead to its authority; read again when it changes";
        "tls-key-file" tls_key_file at "server.tls.key.fromFile": String = "", "PEM file with the private key of the TLS listener; read again when it changes";
        "tls-min-version" tls_min_version at "server.tls.minVersion": String = "", "Lowest version of TLS: TLS1.2, which empty means, or TLS1.3";
        "tls-cipher-suite" tls_cipher_suites at "server.tls.cipherSuites": Vec<String> = "", "Cipher suite of TLS 1.2 to offer, by its IANA name; empty offers all; those of TLS 1.3 always are";
        "force-https" force_https: bool = "false", "Send requests that did not come by https there, health checks too; needs a TLS listener or reverse-proxy";
        "max-header-bytes" max_header_bytes: i64 = "65536", "Largest head of a request";
        "reverse-proxy" reverse_proxy: bool = "false", "A proxy stands before this one: believe its X-Forwarded-* and client address headers";
        "trusted-proxy-ip" trusted_proxy_ips: Vec<String> = "", "Address or network of the proxies to believe; with none, loopback, private and link-local ones";
        "real-client-ip-header" real_client_ip_header: String = "X-Real-IP", "Header in which the proxy names the client's address";
        "request-id-header" request_id_header: String = "X-Request-Id", "Header that brings the id of a request";
        "allow-query-semicolons" allow_query_semicolons: bool = "false", "Take ; for a separator in queries";
        "watch-config" watch_config: bool = "false", "Read the configuration files again when they change; a signal SIGHUP does so in any case";
        "shutdown-delay" shutdown_delay: GoDuration = "0s", "How long to go on serving, not ready, after the signal to stop";
        "shutdown-timeout" shutdown_timeout: GoDuration = "20s", "How long requests in flight may take once shutdown-delay is over";

        // Pages and endpoints.
        "proxy-prefix" proxy_prefix: String = "/oauth2", "Path below which our own endpoints are";
        "skip-provider-button" skip_provider_button: bool = "false", "Start the login at once instead of showing the sign-in page";
        "sign-in-page-status" sign_in_page_status: i64 = "403", "Status of the sign-in page shown in place of a page: 403 or 200";
        "login-restart" login_restart: bool = "true", "Start a login again whose state was lost or is too old";
        "login-for-subresources" login_for_subresources: bool = "false", "Answer requests for images, scripts and the like with the login too";
        "force-json-errors" force_json_errors: bool = "false", "Answer with JSON instead of pages and redirects";
        "whitelist-domain" whitelist_domains: Vec<String> = "", "Domain a visitor may land on after the login; .domain means its subdomains too, :* any port";
        "banner" banner: String = "", "Message on the sign-in page; - removes it";
        "footer" footer: String = "", "Footer of our pages; - removes it";
        "custom-sign-in-logo" custom_sign_in_logo: String = "", "Logo of the sign-in page: an https URL, a file (.svg, .png, .jpg, .jpeg), or - for none";
        "custom-templates-dir" custom_templates_dir: String = "", "Directory of sign_in.html, error.html and robots.txt to serve in place of ours; each may be missing";
        "display-htpasswd-form" display_htpasswd_form: bool = "true", "Show the password form of htpasswd-file on the sign-in page";
        "show-debug-on-error" show_debug_on_error: bool = "false", "Show the cause of an error on its page";
        "ping-path" ping_path: String = "/ping", "Path that answers 200 while the process runs; empty has none";
        "ping-user-agent" ping_user_agent: String = "", "Answer ping-path for this User-Agent alone; empty answers everybody";
        "ready-path" ready_path: String = "/ready", "Path that answers 200 while requests can be served; empty has none";
        "ready-requires-provider" ready_requires_provider: bool = "false", "Not ready before the provider's metadata was read";
        "gcp-healthchecks" gcp_healthchecks deprecated "use ping-path and ping-user-agent": bool = "false", "Answer the paths and the User-Agent of Google's health checks";

        // Logs.
        "standard-logging" standard_logging: bool = "true", "Write log lines of the program itself";
        "auth-logging" auth_logging: bool = "true", "Write a log line for each login";
        "request-logging" request_logging: bool = "true", "Write a log line for each request";
        "silence-ping-logging" silence_ping_logging: bool = "false", "Write no log line for health checks";
        "exclude-logging-path" exclude_logging_paths: Vec<String> = "", "Path whose requests are not logged";
        "errors-to-info-log" errors_to_info_log: bool = "false", "Write error lines where the others go";
        "standard-logging-format" standard_logging_format: String = "[{{.Timestamp}}] [{{.File}}] {{.Message}}", "Go template of the program's log lines; variables: docs/guide/logs.md";
        "auth-logging-format" auth_logging_format: String = "{{.Client}} - {{.RequestID}} - {{.Username}} [{{.Timestamp}}] [{{.Status}}] {{.Message}}", "Go template of the log lines for logins";
        "request-logging-format" request_logging_format: String = "{{.Client}} - {{.RequestID}} - {{.Username}} [{{.Timestamp}}] {{.Host}} {{.RequestMethod}} {{.Upstream}} {{.RequestURI}} {{.Protocol}} {{.UserAgent}} {{.StatusCode}} {{.ResponseSize}} {{.RequestDuration}}", "Go template of the log lines for requests";
        "logging-filename" logging_filename: String = "", "File to append the log to instead of the standard output; error lines need errors-to-info-log to go there too";
        "logging-max-size" logging_max_size: i64 = "100", "MiB after which the log file is renamed and begun anew; 0 is 100";
        "logging-max-age" logging_max_age: i64 = "7", "Days to keep renamed log files; 0 has no limit";
        "logging-max-backups" logging_max_backups: i64 = "0", "How many renamed log files to keep; 0 keeps all";
        "logging-compress" logging_compress: bool = "false", "Compress renamed log files with gzip";
        "logging-local-time" logging_local_time: bool = "true", "Write local times instead of UTC, in lines and in the names of renamed log files";

        // Metrics.
        "metrics-address" metrics_address at "metricsServer.bindAddress": String = "", "HOST:PORT where metrics are served on every path; empty serves none";
        "metrics-secure-address" metrics_secure_address at "metricsServer.secureBindAddress": String = "", "Where to serve metrics with TLS: HOST:PORT; empty or - does not";
        "metrics-tls-cert-file" metrics_tls_cert_file at "metricsServer.tls.cert.fromFile": String = "", "PEM file with the certificate of metrics-secure-address";
        "metrics-tls-key-file" metrics_tls_key_file at "metricsServer.tls.key.fromFile": String = "", "PEM file with the private key of metrics-secure-address";
    }
    not_yet {
        // Other providers.
        "bitbucket-repository" bitbucket_repository at "providers[0].bitbucketConfig.repository": String = "", "the provider bitbucket", "Repository a user must have access to";
        "bitbucket-team" bitbucket_team at "providers[0].bitbucketConfig.team" deprecated "use bitbucket-workspace": String = "", "the provider bitbucket", "Older name of bitbucket-workspace";
        "bitbucket-workspace" bitbucket_workspace at "providers[0].bitbucketConfig.workspace": String = "", "the provider bitbucket", "Workspace a user must be a member of";
        "gitlab-group" gitlab_groups at "providers[0].gitlabConfig.group": Vec<String> = "", "the provider gitlab", "Group a user must be a member of";
        "gitlab-project" gitlab_projects at "providers[0].gitlabConfig.projects": Vec<String> = "", "the provider gitlab", "Project a user must be a member of, with =LEVEL for the least access level";
        "google-admin-api-user-scope" google_admin_api_user_scope at "providers[0].googleConfig.adminAPIUserScope": String = "", "the groups of Google Workspace", "Scope to read users with";
        "google-admin-email" google_admin_email at "providers[0].googleConfig.adminEmail": String = "", "the groups of Google Workspace", "Administrator in whose name groups are read";
        "google-group" google_groups or google_group at "providers[0].googleConfig.group" deprecated "singular key and variable are deprecated": Vec<String> = "", "the groups of Google Workspace", "Group a user must be a member of";
        "google-service-account-json" google_service_account_json at "providers[0].googleConfig.serviceAccountJson": String = "", "the groups of Google Workspace", "Key file of a service account that may read groups";
        "google-target-principal" google_target_principal at "providers[0].googleConfig.targetPrincipal": String = "", "the groups of Google Workspace", "Service account to act as";
        "google-use-application-default-credentials" google_use_application_default_credentials at "providers[0].googleConfig.useApplicationDefaultCredentials": crate::value::TextBool = "false", "the groups of Google Workspace", "Read groups with the credentials of the environment";
        "google-use-organization-id" google_use_organization_id at "providers[0].googleConfig.useOrganizationID": crate::value::TextBool = "false", "the directory of Google Workspace", "Name the user by the id in the organisation";
        "keycloak-group" keycloak_groups at "providers[0].keycloakConfig.groups" deprecated "legacy provider; prefer keycloak-oidc with allowed-group": Vec<String> = "", "the provider keycloak", "Group a user must be a member of";
        "jwt-key" jwt_key at "providers[0].loginGovConfig.jwtKey": Secret<String> = "", "the provider login.gov", "Private key that signs for this client, as PEM text";
        "jwt-key-file" jwt_key_file at "providers[0].loginGovConfig.jwtKeyFile": String = "", "the provider login.gov", "File with that key";
        "pubjwk-url" pubjwk_url at "providers[0].loginGovConfig.pubjwkURL": String = "", "the provider login.gov", "Key set of the provider";

        // Sessions in Redis, and the sealed format.
        "redis-connection-url" redis_connection_url: Secret<String> = "", "sessions in Redis", "Address of a single Redis server";
        "redis-username" redis_username: String = "", "sessions in Redis", "User to sign in to Redis as";
        "redis-password" redis_password: Secret<String> = "", "sessions in Redis", "Password for Redis";
        "redis-ca-path" redis_ca_path: String = "", "sessions in Redis", "PEM file of authorities trusted beside the usual ones";
        "redis-insecure-skip-tls-verify" redis_insecure_skip_tls_verify: bool = "false", "sessions in Redis", "INSECURE: do not check the certificate of Redis";
        "redis-connection-idle-timeout" redis_connection_idle_timeout: i64 = "0", "sessions in Redis", "Seconds after which an idle connection is closed";
        "redis-use-cluster" redis_use_cluster: bool = "false", "sessions in Redis", "Use a Redis cluster";
        "redis-cluster-connection-urls" redis_cluster_connection_urls: Vec<Secret<String>> = "", "sessions in Redis", "Address of a node of the cluster";
        "redis-use-sentinel" redis_use_sentinel: bool = "false", "sessions in Redis", "Find Redis through its sentinels";
        "redis-sentinel-connection-urls" redis_sentinel_connection_urls: Vec<Secret<String>> = "", "sessions in Redis", "Address of a sentinel";
        "redis-sentinel-master-name" redis_sentinel_master_name: String = "", "sessions in Redis", "Name the sentinels know the master by";
        "redis-sentinel-password" redis_sentinel_password: Secret<String> = "", "sessions in Redis", "Password for the sentinels";
        "session-cookie-format" session_cookie_format: String = "v7", "sealed sessions", "Format that sessions are written in: v7 or sealed";
        "session-idle-timeout" session_idle_timeout: GoDuration = "0s", "sealed sessions", "End a session that was not used for so long; 0s never does";
        "session-max-lifetime" session_max_lifetime: GoDuration = "0s", "sealed sessions", "End a session so long after its login; 0s never does";
    }
}

/// The flags that say what to do; they have no variable and no key.
pub(crate) static MODES: &[Row] = &[
    mode("config", Kind::Text, "", "TOML file to read options from"),
    mode("config-test", Kind::Bool, "false", "Check the configuration, print the verdict and end"),
    mode("version", Kind::Bool, "false", "Print the version and end"),
    mode("alpha-config", Kind::Text, "", "YAML file of the structured configuration"),
    mode("convert-config-to-alpha", Kind::Bool, "false", "Print the configuration as a file for alpha-config and end"),
];

const fn mode(flag: &'static str, kind: Kind, default: &'static str, help: &'static str) -> Row {
    Row {
        flag,
        key: None,
        alias: None,
        kind,
        secrecy: Secrecy::Open,
        default,
        alpha: None,
        deprecated: None,
        help,
        value: |_| Loose::Text(String::new()),
        place: |_| None,
        serving: Serving::Mode,
    }
}

/// Every option there is, in no particular order.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    OPTIONS.iter().chain(MODES)
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    /// One option of oauth2-proxy v7.15.6.
    struct Original {
        flag: &'static str,
        keys: Vec<&'static str>,
        kind: &'static str,
        default: &'static str,
        alpha: &'static str,
        deprecated: &'static str,
    }

    fn originals() -> Vec<Original> {
        include_str!("v7_options.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| {
                let mut fields = line.split('|');
                let mut next = || fields.next().expect("six fields");
                Original {
                    flag: next(),
                    keys: next().split(',').filter(|key| !key.is_empty()).collect(),
                    kind: next(),
                    default: next(),
                    alpha: next(),
                    deprecated: next(),
                }
            })
            .collect()
    }

    /// Ours beside those of oauth2-proxy, with their defaults.
    const NEW: [(&str, &str); 21] = [
        ("sign-in-page-status", "403"),
        ("pass-xauthrequest", "true"),
        ("pass-session-cookie", "false"),
        ("login-restart", "true"),
        ("login-for-subresources", "false"),
        ("oidc-discovery-required", "false"),
        ("ready-requires-provider", "false"),
        ("refresh-grace", "30s"),
        ("refresh-before-expiry", "0s"),
        ("session-cookie-format", "v7"),
        ("session-idle-timeout", "0s"),
        ("session-max-lifetime", "0s"),
        ("session-max-cookie-bytes", "12288"),
        ("cookie-secret-previous", ""),
        ("cookie-secret-previous-file", ""),
        ("max-header-bytes", "65536"),
        ("shutdown-delay", "0s"),
        ("shutdown-timeout", "20s"),
        ("watch-config", "false"),
        ("app-probe-address", ""),
        ("app-probe-path", ""),
    ];

    #[test]
    fn every_option_of_the_original_is_a_row_with_its_names_kind_default_and_alpha_path() {
        let ours: HashMap<&str, &Row> = rows().map(|row| (row.flag, row)).collect();
        assert_eq!(originals().len(), 173);
        for original in originals() {
            let row = ours.get(original.flag).unwrap_or_else(|| panic!("{} is no row", original.flag));
            assert_eq!(row.keys().collect::<Vec<_>>(), original.keys, "{}", original.flag);
            assert_eq!(row.kind.name(), original.kind, "{}", original.flag);
            // D11: the nonce is checked by default.
            let default = if original.flag == "insecure-oidc-skip-nonce" { "false" } else { original.default };
            assert_eq!(row.default, default, "{}", original.flag);
            assert_eq!(row.alpha.unwrap_or_default(), original.alpha, "{}", original.flag);
            assert_eq!(row.deprecated.unwrap_or_default(), original.deprecated, "{}", original.flag);
        }
    }

    #[test]
    fn what_the_original_lacks_is_a_new_option_with_the_key_of_its_flag() {
        let known: HashSet<&str> = originals().iter().map(|original| original.flag).collect();
        let mut new: Vec<_> =
            rows().filter(|row| !known.contains(row.flag)).map(|row| (row.flag, row.default)).collect();
        let mut listed = NEW.to_vec();
        new.sort_unstable();
        listed.sort_unstable();
        assert_eq!(new, listed);
        for row in rows().filter(|row| !known.contains(row.flag)) {
            assert_eq!(row.key, Some(row.flag.replace('-', "_").as_str()));
        }
    }

    #[test]
    fn no_two_rows_share_a_name() {
        let mut names = HashSet::new();
        for row in rows() {
            assert!(names.insert(row.flag), "{}", row.flag);
            for key in row.keys() {
                assert!(names.insert(key) || row.flag == key, "{key}");
            }
        }
    }

    #[test]
    fn every_default_is_in_the_syntax_of_its_kind() {
        // Reading the served ones is what `default` does.
        let options = Options::default();
        assert_eq!(options.cookie_expire.value.to_string(), "168h0m0s");
        assert_eq!(options.oidc_audience_claims.value, ["aud"]);
        for row in OPTIONS {
            if let Serving::NotYet { differs, .. } = row.serving {
                let given = [row.default.to_owned()];
                assert_eq!(differs(crate::value::Input::Flag(&given)).ok(), Some(false), "{}", row.flag);
            }
        }
    }

    #[test]
    fn secrets_are_marked() {
        let mut secrets: Vec<_> = rows().filter(|row| row.secrecy == Secrecy::Secret).map(|row| row.flag).collect();
        secrets.sort_unstable();
        assert_eq!(
            secrets,
            [
                "basic-auth-password",
                "client-secret",
                "cookie-secret",
                "cookie-secret-previous",
                "github-token",
                "jwt-key",
                "redis-cluster-connection-urls",
                "redis-connection-url",
                "redis-password",
                "redis-sentinel-connection-urls",
                "redis-sentinel-password",
                "signature-key",
            ]
        );
    }

    #[test]
    fn every_row_says_what_it_is_for_in_one_line() {
        for row in rows() {
            assert!(row.help.len() > 10 && !row.help.contains('\n') && !row.help.ends_with('.'), "{}", row.flag);
        }
    }
}
