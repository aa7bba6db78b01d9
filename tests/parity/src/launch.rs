//! A program before whose app nobody signs in.

use sidecar_testkit::{App, Launch, Which};

/// Set up before this app, for a provider that nobody reaches and that is not looked for.
#[must_use]
pub fn without_provider(which: Which, app: &App) -> Launch {
    Launch::before(which, &app.upstream()).flags([
        "--provider=oidc",
        "--client-id=client",
        "--client-secret=secret",
        "--skip-oidc-discovery=true",
        "--oidc-issuer-url=http://127.0.0.1:1",
        "--login-url=http://127.0.0.1:1/l",
        "--redeem-url=http://127.0.0.1:1/t",
        "--oidc-jwks-url=http://127.0.0.1:1/k",
    ])
}

/// The same, and every path is open to everybody.
#[must_use]
pub fn open(which: Which, app: &App) -> Launch {
    without_provider(which, app).flag("--skip-auth-route=^/")
}
