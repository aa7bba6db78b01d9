# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_oauth2_sidecar_global_optspecs
    string join \n acr-values= allow-query-semicolons allowed-group= allowed-role= alpha-config= api-route= app-probe-address= app-probe-path= approval-prompt= auth-logging auth-logging-format= auth-request-response-mode= authenticated-emails-file= azure-graph-group-field= azure-tenant= backend-logout-url= banner= basic-auth-password= bearer-token-login-fallback client-id= client-secret= client-secret-file= code-challenge-method= config= config-test convert-config-to-alpha cookie-csrf-expire= cookie-csrf-per-request cookie-csrf-per-request-limit= cookie-csrf-samesite= cookie-domain= cookie-expire= cookie-httponly cookie-name= cookie-path= cookie-refresh= cookie-samesite= cookie-secret= cookie-secret-file= cookie-secret-previous= cookie-secret-previous-file= cookie-secure custom-sign-in-logo= custom-templates-dir= disable-keep-alives display-htpasswd-form email-domain= encode-state entra-id-allowed-tenant= entra-id-federated-token-auth errors-to-info-log exclude-logging-path= extra-jwt-issuers= flush-interval= footer= force-code-challenge-method= force-https force-json-errors gcp-healthchecks github-org= github-repo= github-team= github-token= github-user= htpasswd-file= htpasswd-user-group= http-address= https-address= insecure-oidc-allow-unverified-email insecure-oidc-skip-issuer-verification insecure-oidc-skip-nonce logging-compress logging-filename= logging-local-time logging-max-age= logging-max-backups= logging-max-size= login-for-subresources login-restart login-url= max-header-bytes= metrics-address= metrics-secure-address= metrics-tls-cert-file= metrics-tls-key-file= oidc-audience-claim= oidc-discovery-required oidc-email-claim= oidc-enabled-signing-alg= oidc-extra-audience= oidc-groups-claim= oidc-issuer-url= oidc-jwks-url= oidc-public-key-file= pass-access-token pass-authorization-header pass-basic-auth pass-host-header pass-session-cookie pass-user-headers pass-xauthrequest ping-path= ping-user-agent= prefer-email-to-user profile-url= prompt= provider= provider-ca-file= provider-display-name= proxy-prefix= proxy-websockets ready-path= ready-requires-provider real-client-ip-header= redeem-url= redirect-url= refresh-before-expiry= refresh-grace= relative-redirect-url request-id-header= request-logging request-logging-format= resource= reverse-proxy scope= session-cookie-minimal session-max-cookie-bytes= session-store-type= set-authorization-header set-basic-auth set-xauthrequest show-debug-on-error shutdown-delay= shutdown-timeout= sign-in-page-status= signature-key= silence-ping-logging skip-auth-preflight skip-auth-regex= skip-auth-route= skip-auth-strip-headers skip-claims-from-profile-url skip-jwt-bearer-tokens skip-oidc-discovery skip-provider-button ssl-insecure-skip-verify ssl-upstream-insecure-skip-verify standard-logging standard-logging-format= tls-cert-file= tls-cipher-suite= tls-key-file= tls-min-version= trusted-ip= trusted-proxy-ip= upstream= upstream-timeout= use-system-trust-store user-id-claim= validate-url= version watch-config whitelist-domain= h/help
end

function __fish_oauth2_sidecar_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_oauth2_sidecar_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_oauth2_sidecar_using_subcommand
    set -l cmd (__fish_oauth2_sidecar_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l acr-values -d 'Authentication context classes to ask for' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l allowed-group -d 'Group that may sign in; with none every group may' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l allowed-role -d 'Role of Keycloak that may sign in beside the groups: ROLE, or CLIENT:ROLE of a client; with the provider keycloak-oidc' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l alpha-config -d 'YAML file of the structured configuration' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l api-route -d 'Regex on path and query: without a session such a request gets 401 instead of a login' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l app-probe-address -d 'Where to forward probes of an app from that listens on loopback alone: HOST:PORT, unix://SOCKET or fd:NUMBER; app-probe-path says which' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l app-probe-path -d 'Path of the app, with its query if it has one, that app-probe-address forwards GET and HEAD for, without a session; nothing else passes there' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l approval-prompt -d 'Older Google parameter, sent when prompt is empty; an empty value still sends force (default force); deprecated: superseded by prompt' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l auth-logging-format -d 'Go template of the log lines for logins (default {{.Client}} - {{.RequestID}} - {{.Username}} [{{.Timestamp}}] [{{.Status}}] {{.Message}})' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l auth-request-response-mode -d 'response_mode parameter of the authorization request' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l authenticated-emails-file -d 'CSV file whose first column is addresses that may sign in, beside those of email-domain; read again when it changes' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l azure-graph-group-field -d 'Attribute of a group that the provider azure names it by; empty takes id' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l azure-tenant -d 'Tenant in the usual addresses of the provider azure, for use without its metadata (default common)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l backend-logout-url -d 'Address called at sign-out; {id_token} in it is replaced' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l banner -d 'Message on the sign-in page; - removes it' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l basic-auth-password -d 'Password in the Basic authorization made for the user' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l client-id -d 'Client identifier that the provider knows this app by; required' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l client-secret -d 'Client secret; wins over client-secret-file' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l client-secret-file -d 'File whose whole content is the client secret; read at each use, so a rotated secret counts at once' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l code-challenge-method -d 'PKCE method: S256, plain or none; empty takes S256 when the provider lists it' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l config -d 'TOML file to read options from' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l cookie-csrf-expire -d 'How long a login may take (default 15m0s)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l cookie-csrf-per-request-limit -d 'With cookie-csrf-per-request, how many login cookies are left in a browser when one more comes; 0 leaves 7 (default 0)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l cookie-csrf-samesite -d 'SameSite of the login cookies; empty takes that of cookie-samesite' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l cookie-domain -d 'Domain of the cookies; the longest that fits the request\'s host counts' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l cookie-expire -d 'How long a session cookie lives; 0s ends it with the browser (default 168h0m0s)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l cookie-name -d 'Name of the session cookie; the other cookies begin with it (default _oauth2_proxy)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l cookie-path -d 'Path of the cookies (default /)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l cookie-refresh -d 'Renew a session once it is older than this; 0s never does (default 0s)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l cookie-samesite -d 'SameSite of cookies: lax, strict, none, or empty for no such attribute' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l cookie-secret -d 'Seals the cookies: 16, 24 or 32 bytes, as they are or in base64url' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l cookie-secret-file -d 'File with the cookie secret, read when cookie-secret is empty' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l cookie-secret-previous -d 'Cookie secret that opens cookies and never seals one, while cookie-secret is being changed; the newest first' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l cookie-secret-previous-file -d 'File with an older cookie secret, tried after those of cookie-secret-previous; read again when it changes' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l custom-sign-in-logo -d 'Logo of the sign-in page: an https URL, a file (.svg, .png, .jpg, .jpeg), or - for none' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l custom-templates-dir -d 'Directory of sign_in.html, error.html and robots.txt to serve in place of ours; each may be missing' -r -f -a "(__fish_complete_directories)"
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l email-domain -d 'Domain of e-mail addresses that may sign in; .domain means its subdomains, * everybody' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l entra-id-allowed-tenant -d 'Tenant that may sign in with the provider entra-id, by its id; with none every tenant may that the issuer lets in' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l exclude-logging-path -d 'Path whose requests are not logged' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l extra-jwt-issuers -d 'ISSUER=AUDIENCE whose bearer tokens are taken too' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l flush-interval -d 'How long a streamed response may be held back; this program never holds one back (default 1s)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l footer -d 'Footer of our pages; - removes it' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l force-code-challenge-method -d 'Older name of code-challenge-method, read when that is empty; deprecated: use code-challenge-method' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l github-org -d 'Organization a user must be a member of, with the provider github' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l github-repo -d 'Repository OWNER/NAME a user must have access to: push, or pull if it is private; not looked at with github-org' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l github-team -d 'Teams a user must be in one of, separated by commas: SLUG with github-org, ORG:SLUG without' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l github-token -d 'Token that asks for the collaborators of github-repo; with it a user must be one of them' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l github-user -d 'Login that signs in whatever github-org, github-team and github-repo say; with neither github-org nor github-repo nobody else does' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l htpasswd-file -d 'File of users who sign in with a password, bcrypt or {SHA}: by the form of the sign-in page or by Basic; read again when it changes' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l htpasswd-user-group -d 'Group of the users of htpasswd-file' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l http-address -d 'Where to listen: HOST:PORT, unix://SOCKET[,mode=OCTAL] or fd:NUMBER; empty or - does not listen (default 127.0.0.1:4180)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l https-address -d 'Where to listen with TLS, HOST:PORT; used when tls-cert-file or tls-key-file is set, in place of http-address (default :443)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l logging-filename -d 'File to append the log to instead of the standard output; error lines need errors-to-info-log to go there too' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l logging-max-age -d 'Days to keep renamed log files; 0 has no limit (default 7)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l logging-max-backups -d 'How many renamed log files to keep; 0 keeps all (default 0)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l logging-max-size -d 'MiB after which the log file is renamed and begun anew; 0 is 100 (default 100)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l login-url -d 'Authorization endpoint; the metadata wins where it is read' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l max-header-bytes -d 'Largest head of a request (default 65536)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l metrics-address -d 'HOST:PORT where metrics are served on every path; empty serves none' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l metrics-secure-address -d 'Where to serve metrics with TLS: HOST:PORT; empty or - does not' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l metrics-tls-cert-file -d 'PEM file with the certificate of metrics-secure-address' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l metrics-tls-key-file -d 'PEM file with the private key of metrics-secure-address' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l oidc-audience-claim -d 'Claims that may hold the audience; the first one present decides (default aud)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l oidc-email-claim -d 'Claim with the e-mail address (default email)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l oidc-enabled-signing-alg -d 'Signature algorithm accepted in ID tokens; empty accepts what the provider lists' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l oidc-extra-audience -d 'Audience accepted beside the client id' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l oidc-groups-claim -d 'Claim with the names of the user\'s groups (default groups)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l oidc-issuer-url -d 'Issuer of the provider; its metadata is found from it' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l oidc-jwks-url -d 'Key set of the provider, for use without its metadata' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l oidc-public-key-file -d 'PEM file with a public key that ID tokens are checked with, for use without metadata; in place of oidc-jwks-url' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l ping-path -d 'Path that answers 200 while the process runs; empty has none (default /ping)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l ping-user-agent -d 'Answer ping-path for this User-Agent alone; empty answers everybody' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l profile-url -d 'Userinfo endpoint; the metadata wins where it is read' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l prompt -d 'OpenID prompt parameter; replaces approval_prompt' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l provider -d 'Kind of the identity provider: google, github, oidc, keycloak-oidc, entra-id or azure in this version (default google)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l provider-ca-file -d 'PEM file of authorities trusted when the provider is called, in place of the usual ones' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l provider-display-name -d 'Name of the provider on the sign-in button' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l proxy-prefix -d 'Path below which our own endpoints are (default /oauth2)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l ready-path -d 'Path that answers 200 while requests can be served; empty has none (default /ready)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l real-client-ip-header -d 'Header in which the proxy names the client\'s address (default X-Real-IP)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l redeem-url -d 'Token endpoint; the metadata wins where it is read' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l redirect-url -d 'Where the provider sends the browser back to; its host may serve the callback of several apps. Empty: the host of the request' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l refresh-before-expiry -d 'Renew a session when its access token lives shorter than this; 0s never does (default 0s)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l refresh-grace -d 'How long requests with the cookie from before a renewal get its result (default 30s)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l request-id-header -d 'Header that brings the id of a request (default X-Request-Id)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l request-logging-format -d 'Go template of the log lines for requests (default {{.Client}} - {{.RequestID}} - {{.Username}} [{{.Timestamp}}] {{.Host}} {{.RequestMethod}} {{.Upstream}} {{.RequestURI}} {{.Protocol}} {{.UserAgent}} {{.StatusCode}} {{.ResponseSize}} {{.RequestDuration}})' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l resource -d 'Resource to ask a token for; azure sends it to addresses of version 1, and the OpenID Connect family never' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l scope -d 'Scopes to ask for, separated by spaces; empty takes the provider\'s usual ones' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l session-max-cookie-bytes -d 'Beyond this size a session loses what no option needs; 0 keeps all (default 12288)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l session-store-type -d 'Where sessions are kept; this version serves cookie (default cookie)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l shutdown-delay -d 'How long to go on serving, not ready, after the signal to stop (default 0s)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l shutdown-timeout -d 'How long requests in flight may take once shutdown-delay is over (default 20s)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l sign-in-page-status -d 'Status of the sign-in page shown in place of a page: 403 or 200 (default 403)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l signature-key -d 'ALGORITHM:KEY that signs requests to the app in GAP-Signature; md5, sha1, sha224, sha256, sha384 or sha512; deprecated: deprecated, warns at startup' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l skip-auth-regex -d 'Older form of skip-auth-route: paths served without a session, for every method; deprecated: use skip-auth-route' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l skip-auth-route -d 'Requests served without a session: REGEX, METHOD=REGEX or METHOD!=REGEX, matched on the path' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l standard-logging-format -d 'Go template of the program\'s log lines; variables: docs/guide/logs.md (default [{{.Timestamp}}] [{{.File}}] {{.Message}})' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l tls-cert-file -d 'PEM file with the certificate of the TLS listener and those that lead to its authority; read again when it changes' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l tls-cipher-suite -d 'Cipher suite of TLS 1.2 to offer, by its IANA name; empty offers all; those of TLS 1.3 always are' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l tls-key-file -d 'PEM file with the private key of the TLS listener; read again when it changes' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l tls-min-version -d 'Lowest version of TLS: TLS1.2, which empty means, or TLS1.3' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l trusted-ip -d 'Address or network whose requests are served without a session' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l trusted-proxy-ip -d 'Address or network of the proxies to believe; with none, loopback, private and link-local ones' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l upstream -d 'Where requests go: an http or https URL, h2c://HOST:PORT for HTTP/2 without TLS (gRPC), unix://SOCKET, file://DIRECTORY[#PATH] or static://STATUS' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l upstream-timeout -d 'How long to wait for the head of the app\'s response (default 30s)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l user-id-claim -d 'Older name of oidc-email-claim, read while that has its default (default email); deprecated: use oidc-email-claim' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l validate-url -d 'Address that answers 200 for a valid access token' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l whitelist-domain -d 'Domain a visitor may land on after the login; .domain means its subdomains too, :* any port' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l allow-query-semicolons -d 'Take ; for a separator in queries'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l auth-logging -d 'Write a log line for each login (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l bearer-token-login-fallback -d 'Let a request whose bearer token is not valid go on to its session or the login; false answers 403 to every Authorization that is no valid token (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l config-test -d 'Check the configuration, print the verdict and end'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l convert-config-to-alpha -d 'Print the configuration as a file for alpha-config and end'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l cookie-csrf-per-request -d 'Give each login a cookie of its own'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l cookie-httponly -d 'Keep cookies from scripts (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l cookie-secure -d 'Mark cookies Secure, and take https for the own address (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l disable-keep-alives -d 'Open a connection to the app for each request'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l display-htpasswd-form -d 'Show the password form of htpasswd-file on the sign-in page (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l encode-state -d 'Write the state parameter in base64url'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l entra-id-federated-token-auth -d 'Prove who we are with the pod\'s workload identity, whose token AZURE_FEDERATED_TOKEN_FILE names, instead of a client secret'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l errors-to-info-log -d 'Write error lines where the others go'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l force-https -d 'Send requests that did not come by https there, health checks too; needs a TLS listener or reverse-proxy'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l force-json-errors -d 'Answer with JSON instead of pages and redirects'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l gcp-healthchecks -d 'Answer the paths and the User-Agent of Google\'s health checks; deprecated: use ping-path and ping-user-agent'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l insecure-oidc-allow-unverified-email -d 'INSECURE: accept an e-mail address that the provider did not verify'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l insecure-oidc-skip-issuer-verification -d 'INSECURE: accept metadata and tokens of another issuer'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l insecure-oidc-skip-nonce -d 'INSECURE: do not bind ID tokens to the login they answer'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l logging-compress -d 'Compress renamed log files with gzip'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l logging-local-time -d 'Write local times instead of UTC, in lines and in the names of renamed log files (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l login-for-subresources -d 'Answer requests for images, scripts and the like with the login too'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l login-restart -d 'Start a login again whose state was lost or is too old (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l oidc-discovery-required -d 'End at start when the provider\'s metadata cannot be read, instead of trying again while serving'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l pass-access-token -d 'Give the app the access token in X-Forwarded-Access-Token'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l pass-authorization-header -d 'Give the app the ID token as Bearer authorization'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l pass-basic-auth -d 'Tell the app the user as pass-user-headers does, and with basic-auth-password in Basic authorization too (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l pass-host-header -d 'Give the app the Host of the request instead of its own address (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l pass-session-cookie -d 'Let the app see our own cookies'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l pass-user-headers -d 'Tell the app the user in X-Forwarded-User, -Email, -Groups and -Preferred-Username (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l pass-xauthrequest -d 'With set-xauthrequest, give the app the same X-Auth-Request-* headers (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l prefer-email-to-user -d 'Name the user by e-mail address in the headers that tell the user'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l proxy-websockets -d 'Forward WebSockets (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l ready-requires-provider -d 'Not ready before the provider\'s metadata was read'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l relative-redirect-url -d 'Send redirect-url as it is, also without a host'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l request-logging -d 'Write a log line for each request (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l reverse-proxy -d 'A proxy stands before this one: believe its X-Forwarded-* and client address headers'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l session-cookie-minimal -d 'Keep tokens out of the session cookie'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l set-authorization-header -d 'Answer with the ID token as Bearer authorization'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l set-basic-auth -d 'Answer with Basic authorization; needs basic-auth-password'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l set-xauthrequest -d 'Answer with X-Auth-Request-User, -Email, -Preferred-Username and -Groups'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l show-debug-on-error -d 'Show the cause of an error on its page'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l silence-ping-logging -d 'Write no log line for health checks'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l skip-auth-preflight -d 'Serve OPTIONS requests without a session'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l skip-auth-strip-headers -d 'Remove a client\'s own copies of the headers that tell the user (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l skip-claims-from-profile-url -d 'Do not ask the userinfo endpoint for claims that the ID token lacks'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l skip-jwt-bearer-tokens -d 'Take a valid bearer token in Authorization for a session; the provider must be one whose tokens can be verified'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l skip-oidc-discovery -d 'Take the endpoints from login-url, redeem-url, profile-url and oidc-jwks-url instead of the provider\'s metadata'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l skip-provider-button -d 'Start the login at once instead of showing the sign-in page'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l ssl-insecure-skip-verify -d 'INSECURE: do not check the provider\'s TLS certificate'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l ssl-upstream-insecure-skip-verify -d 'INSECURE: do not check the app\'s TLS certificate'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l standard-logging -d 'Write log lines of the program itself (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l use-system-trust-store -d 'Trust the usual authorities beside those of provider-ca-file'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l version -d 'Print the version and end'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -l watch-config -d 'Read the configuration files again when they change; a signal SIGHUP does so in any case'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -s h -l help -d 'Print the options and end'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -f -a "doctor" -d 'Try out what the configuration names, with the network, and say what to do about what fails'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_needs_command" -f -a "migrate" -d 'Tell what becomes of a configuration of oauth2-proxy'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l acr-values -d 'Authentication context classes to ask for' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l allowed-group -d 'Group that may sign in; with none every group may' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l allowed-role -d 'Role of Keycloak that may sign in beside the groups: ROLE, or CLIENT:ROLE of a client; with the provider keycloak-oidc' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l alpha-config -d 'YAML file of the structured configuration' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l api-route -d 'Regex on path and query: without a session such a request gets 401 instead of a login' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l app-probe-address -d 'Where to forward probes of an app from that listens on loopback alone: HOST:PORT, unix://SOCKET or fd:NUMBER; app-probe-path says which' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l app-probe-path -d 'Path of the app, with its query if it has one, that app-probe-address forwards GET and HEAD for, without a session; nothing else passes there' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l approval-prompt -d 'Older Google parameter, sent when prompt is empty; an empty value still sends force (default force); deprecated: superseded by prompt' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l auth-logging-format -d 'Go template of the log lines for logins (default {{.Client}} - {{.RequestID}} - {{.Username}} [{{.Timestamp}}] [{{.Status}}] {{.Message}})' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l auth-request-response-mode -d 'response_mode parameter of the authorization request' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l authenticated-emails-file -d 'CSV file whose first column is addresses that may sign in, beside those of email-domain; read again when it changes' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l azure-graph-group-field -d 'Attribute of a group that the provider azure names it by; empty takes id' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l azure-tenant -d 'Tenant in the usual addresses of the provider azure, for use without its metadata (default common)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l backend-logout-url -d 'Address called at sign-out; {id_token} in it is replaced' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l banner -d 'Message on the sign-in page; - removes it' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l basic-auth-password -d 'Password in the Basic authorization made for the user' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l client-id -d 'Client identifier that the provider knows this app by; required' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l client-secret -d 'Client secret; wins over client-secret-file' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l client-secret-file -d 'File whose whole content is the client secret; read at each use, so a rotated secret counts at once' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l code-challenge-method -d 'PKCE method: S256, plain or none; empty takes S256 when the provider lists it' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l config -d 'TOML file to read options from' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l cookie-csrf-expire -d 'How long a login may take (default 15m0s)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l cookie-csrf-per-request-limit -d 'With cookie-csrf-per-request, how many login cookies are left in a browser when one more comes; 0 leaves 7 (default 0)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l cookie-csrf-samesite -d 'SameSite of the login cookies; empty takes that of cookie-samesite' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l cookie-domain -d 'Domain of the cookies; the longest that fits the request\'s host counts' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l cookie-expire -d 'How long a session cookie lives; 0s ends it with the browser (default 168h0m0s)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l cookie-name -d 'Name of the session cookie; the other cookies begin with it (default _oauth2_proxy)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l cookie-path -d 'Path of the cookies (default /)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l cookie-refresh -d 'Renew a session once it is older than this; 0s never does (default 0s)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l cookie-samesite -d 'SameSite of cookies: lax, strict, none, or empty for no such attribute' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l cookie-secret -d 'Seals the cookies: 16, 24 or 32 bytes, as they are or in base64url' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l cookie-secret-file -d 'File with the cookie secret, read when cookie-secret is empty' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l cookie-secret-previous -d 'Cookie secret that opens cookies and never seals one, while cookie-secret is being changed; the newest first' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l cookie-secret-previous-file -d 'File with an older cookie secret, tried after those of cookie-secret-previous; read again when it changes' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l custom-sign-in-logo -d 'Logo of the sign-in page: an https URL, a file (.svg, .png, .jpg, .jpeg), or - for none' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l custom-templates-dir -d 'Directory of sign_in.html, error.html and robots.txt to serve in place of ours; each may be missing' -r -f -a "(__fish_complete_directories)"
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l email-domain -d 'Domain of e-mail addresses that may sign in; .domain means its subdomains, * everybody' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l entra-id-allowed-tenant -d 'Tenant that may sign in with the provider entra-id, by its id; with none every tenant may that the issuer lets in' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l exclude-logging-path -d 'Path whose requests are not logged' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l extra-jwt-issuers -d 'ISSUER=AUDIENCE whose bearer tokens are taken too' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l flush-interval -d 'How long a streamed response may be held back; this program never holds one back (default 1s)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l footer -d 'Footer of our pages; - removes it' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l force-code-challenge-method -d 'Older name of code-challenge-method, read when that is empty; deprecated: use code-challenge-method' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l github-org -d 'Organization a user must be a member of, with the provider github' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l github-repo -d 'Repository OWNER/NAME a user must have access to: push, or pull if it is private; not looked at with github-org' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l github-team -d 'Teams a user must be in one of, separated by commas: SLUG with github-org, ORG:SLUG without' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l github-token -d 'Token that asks for the collaborators of github-repo; with it a user must be one of them' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l github-user -d 'Login that signs in whatever github-org, github-team and github-repo say; with neither github-org nor github-repo nobody else does' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l htpasswd-file -d 'File of users who sign in with a password, bcrypt or {SHA}: by the form of the sign-in page or by Basic; read again when it changes' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l htpasswd-user-group -d 'Group of the users of htpasswd-file' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l http-address -d 'Where to listen: HOST:PORT, unix://SOCKET[,mode=OCTAL] or fd:NUMBER; empty or - does not listen (default 127.0.0.1:4180)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l https-address -d 'Where to listen with TLS, HOST:PORT; used when tls-cert-file or tls-key-file is set, in place of http-address (default :443)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l logging-filename -d 'File to append the log to instead of the standard output; error lines need errors-to-info-log to go there too' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l logging-max-age -d 'Days to keep renamed log files; 0 has no limit (default 7)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l logging-max-backups -d 'How many renamed log files to keep; 0 keeps all (default 0)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l logging-max-size -d 'MiB after which the log file is renamed and begun anew; 0 is 100 (default 100)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l login-url -d 'Authorization endpoint; the metadata wins where it is read' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l max-header-bytes -d 'Largest head of a request (default 65536)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l metrics-address -d 'HOST:PORT where metrics are served on every path; empty serves none' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l metrics-secure-address -d 'Where to serve metrics with TLS: HOST:PORT; empty or - does not' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l metrics-tls-cert-file -d 'PEM file with the certificate of metrics-secure-address' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l metrics-tls-key-file -d 'PEM file with the private key of metrics-secure-address' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l oidc-audience-claim -d 'Claims that may hold the audience; the first one present decides (default aud)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l oidc-email-claim -d 'Claim with the e-mail address (default email)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l oidc-enabled-signing-alg -d 'Signature algorithm accepted in ID tokens; empty accepts what the provider lists' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l oidc-extra-audience -d 'Audience accepted beside the client id' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l oidc-groups-claim -d 'Claim with the names of the user\'s groups (default groups)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l oidc-issuer-url -d 'Issuer of the provider; its metadata is found from it' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l oidc-jwks-url -d 'Key set of the provider, for use without its metadata' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l oidc-public-key-file -d 'PEM file with a public key that ID tokens are checked with, for use without metadata; in place of oidc-jwks-url' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l ping-path -d 'Path that answers 200 while the process runs; empty has none (default /ping)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l ping-user-agent -d 'Answer ping-path for this User-Agent alone; empty answers everybody' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l profile-url -d 'Userinfo endpoint; the metadata wins where it is read' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l prompt -d 'OpenID prompt parameter; replaces approval_prompt' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l provider -d 'Kind of the identity provider: google, github, oidc, keycloak-oidc, entra-id or azure in this version (default google)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l provider-ca-file -d 'PEM file of authorities trusted when the provider is called, in place of the usual ones' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l provider-display-name -d 'Name of the provider on the sign-in button' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l proxy-prefix -d 'Path below which our own endpoints are (default /oauth2)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l ready-path -d 'Path that answers 200 while requests can be served; empty has none (default /ready)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l real-client-ip-header -d 'Header in which the proxy names the client\'s address (default X-Real-IP)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l redeem-url -d 'Token endpoint; the metadata wins where it is read' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l redirect-url -d 'Where the provider sends the browser back to; its host may serve the callback of several apps. Empty: the host of the request' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l refresh-before-expiry -d 'Renew a session when its access token lives shorter than this; 0s never does (default 0s)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l refresh-grace -d 'How long requests with the cookie from before a renewal get its result (default 30s)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l request-id-header -d 'Header that brings the id of a request (default X-Request-Id)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l request-logging-format -d 'Go template of the log lines for requests (default {{.Client}} - {{.RequestID}} - {{.Username}} [{{.Timestamp}}] {{.Host}} {{.RequestMethod}} {{.Upstream}} {{.RequestURI}} {{.Protocol}} {{.UserAgent}} {{.StatusCode}} {{.ResponseSize}} {{.RequestDuration}})' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l resource -d 'Resource to ask a token for; azure sends it to addresses of version 1, and the OpenID Connect family never' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l scope -d 'Scopes to ask for, separated by spaces; empty takes the provider\'s usual ones' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l session-max-cookie-bytes -d 'Beyond this size a session loses what no option needs; 0 keeps all (default 12288)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l session-store-type -d 'Where sessions are kept; this version serves cookie (default cookie)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l shutdown-delay -d 'How long to go on serving, not ready, after the signal to stop (default 0s)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l shutdown-timeout -d 'How long requests in flight may take once shutdown-delay is over (default 20s)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l sign-in-page-status -d 'Status of the sign-in page shown in place of a page: 403 or 200 (default 403)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l signature-key -d 'ALGORITHM:KEY that signs requests to the app in GAP-Signature; md5, sha1, sha224, sha256, sha384 or sha512; deprecated: deprecated, warns at startup' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l skip-auth-regex -d 'Older form of skip-auth-route: paths served without a session, for every method; deprecated: use skip-auth-route' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l skip-auth-route -d 'Requests served without a session: REGEX, METHOD=REGEX or METHOD!=REGEX, matched on the path' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l standard-logging-format -d 'Go template of the program\'s log lines; variables: docs/guide/logs.md (default [{{.Timestamp}}] [{{.File}}] {{.Message}})' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l tls-cert-file -d 'PEM file with the certificate of the TLS listener and those that lead to its authority; read again when it changes' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l tls-cipher-suite -d 'Cipher suite of TLS 1.2 to offer, by its IANA name; empty offers all; those of TLS 1.3 always are' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l tls-key-file -d 'PEM file with the private key of the TLS listener; read again when it changes' -r -F
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l tls-min-version -d 'Lowest version of TLS: TLS1.2, which empty means, or TLS1.3' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l trusted-ip -d 'Address or network whose requests are served without a session' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l trusted-proxy-ip -d 'Address or network of the proxies to believe; with none, loopback, private and link-local ones' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l upstream -d 'Where requests go: an http or https URL, h2c://HOST:PORT for HTTP/2 without TLS (gRPC), unix://SOCKET, file://DIRECTORY[#PATH] or static://STATUS' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l upstream-timeout -d 'How long to wait for the head of the app\'s response (default 30s)' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l user-id-claim -d 'Older name of oidc-email-claim, read while that has its default (default email); deprecated: use oidc-email-claim' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l validate-url -d 'Address that answers 200 for a valid access token' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l whitelist-domain -d 'Domain a visitor may land on after the login; .domain means its subdomains too, :* any port' -r -f
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l allow-query-semicolons -d 'Take ; for a separator in queries'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l auth-logging -d 'Write a log line for each login (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l bearer-token-login-fallback -d 'Let a request whose bearer token is not valid go on to its session or the login; false answers 403 to every Authorization that is no valid token (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l config-test -d 'Check the configuration, print the verdict and end'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l convert-config-to-alpha -d 'Print the configuration as a file for alpha-config and end'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l cookie-csrf-per-request -d 'Give each login a cookie of its own'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l cookie-httponly -d 'Keep cookies from scripts (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l cookie-secure -d 'Mark cookies Secure, and take https for the own address (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l disable-keep-alives -d 'Open a connection to the app for each request'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l display-htpasswd-form -d 'Show the password form of htpasswd-file on the sign-in page (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l encode-state -d 'Write the state parameter in base64url'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l entra-id-federated-token-auth -d 'Prove who we are with the pod\'s workload identity, whose token AZURE_FEDERATED_TOKEN_FILE names, instead of a client secret'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l errors-to-info-log -d 'Write error lines where the others go'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l force-https -d 'Send requests that did not come by https there, health checks too; needs a TLS listener or reverse-proxy'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l force-json-errors -d 'Answer with JSON instead of pages and redirects'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l gcp-healthchecks -d 'Answer the paths and the User-Agent of Google\'s health checks; deprecated: use ping-path and ping-user-agent'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l insecure-oidc-allow-unverified-email -d 'INSECURE: accept an e-mail address that the provider did not verify'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l insecure-oidc-skip-issuer-verification -d 'INSECURE: accept metadata and tokens of another issuer'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l insecure-oidc-skip-nonce -d 'INSECURE: do not bind ID tokens to the login they answer'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l logging-compress -d 'Compress renamed log files with gzip'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l logging-local-time -d 'Write local times instead of UTC, in lines and in the names of renamed log files (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l login-for-subresources -d 'Answer requests for images, scripts and the like with the login too'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l login-restart -d 'Start a login again whose state was lost or is too old (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l oidc-discovery-required -d 'End at start when the provider\'s metadata cannot be read, instead of trying again while serving'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l pass-access-token -d 'Give the app the access token in X-Forwarded-Access-Token'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l pass-authorization-header -d 'Give the app the ID token as Bearer authorization'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l pass-basic-auth -d 'Tell the app the user as pass-user-headers does, and with basic-auth-password in Basic authorization too (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l pass-host-header -d 'Give the app the Host of the request instead of its own address (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l pass-session-cookie -d 'Let the app see our own cookies'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l pass-user-headers -d 'Tell the app the user in X-Forwarded-User, -Email, -Groups and -Preferred-Username (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l pass-xauthrequest -d 'With set-xauthrequest, give the app the same X-Auth-Request-* headers (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l prefer-email-to-user -d 'Name the user by e-mail address in the headers that tell the user'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l proxy-websockets -d 'Forward WebSockets (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l ready-requires-provider -d 'Not ready before the provider\'s metadata was read'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l relative-redirect-url -d 'Send redirect-url as it is, also without a host'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l request-logging -d 'Write a log line for each request (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l reverse-proxy -d 'A proxy stands before this one: believe its X-Forwarded-* and client address headers'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l session-cookie-minimal -d 'Keep tokens out of the session cookie'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l set-authorization-header -d 'Answer with the ID token as Bearer authorization'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l set-basic-auth -d 'Answer with Basic authorization; needs basic-auth-password'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l set-xauthrequest -d 'Answer with X-Auth-Request-User, -Email, -Preferred-Username and -Groups'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l show-debug-on-error -d 'Show the cause of an error on its page'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l silence-ping-logging -d 'Write no log line for health checks'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l skip-auth-preflight -d 'Serve OPTIONS requests without a session'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l skip-auth-strip-headers -d 'Remove a client\'s own copies of the headers that tell the user (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l skip-claims-from-profile-url -d 'Do not ask the userinfo endpoint for claims that the ID token lacks'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l skip-jwt-bearer-tokens -d 'Take a valid bearer token in Authorization for a session; the provider must be one whose tokens can be verified'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l skip-oidc-discovery -d 'Take the endpoints from login-url, redeem-url, profile-url and oidc-jwks-url instead of the provider\'s metadata'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l skip-provider-button -d 'Start the login at once instead of showing the sign-in page'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l ssl-insecure-skip-verify -d 'INSECURE: do not check the provider\'s TLS certificate'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l ssl-upstream-insecure-skip-verify -d 'INSECURE: do not check the app\'s TLS certificate'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l standard-logging -d 'Write log lines of the program itself (default true)'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l use-system-trust-store -d 'Trust the usual authorities beside those of provider-ca-file'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l version -d 'Print the version and end'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -l watch-config -d 'Read the configuration files again when they change; a signal SIGHUP does so in any case'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand doctor" -s h -l help -d 'Print the options and end'
complete -c oauth2-sidecar -n "__fish_oauth2_sidecar_using_subcommand migrate; and not __fish_seen_subcommand_from check" -f -a "check" -d 'Tell of each option in these files whether it is the same, changed, dangerous or unsupported'
