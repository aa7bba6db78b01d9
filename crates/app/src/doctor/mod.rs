//! `oauth2-sidecar doctor`: tries out what the configuration names, with the network, and says what came back.
//!
//! Each [`Finding`] says what was tried, what came back and what to do about it. Nothing is changed anywhere: requests
//! are GETs without credentials, and the provider is asked for nothing but its metadata.

mod clock;
mod cookies;
mod finding;
mod issuers;
mod listener;
mod probe;
mod provider;
mod redirect;
mod trust;
mod upstreams;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use sidecar_config::Config;
use sidecar_core::report::chain;
use sidecar_net::{Dialer, Proxies, Tls, TlsSettings, Verify};
use sidecar_oidc::Client;
use tokio::runtime;

use self::finding::{Finding, Verdict};
use self::probe::Prober;
use crate::app::{self, App, Lasting};
use crate::run::Nowhere;

/// Tries everything and prints what is found as it is found. Status 0 when nothing is bad, 1 otherwise.
pub(crate) fn run(config: &Config) -> ExitCode {
    let mut report = Report { worst: Verdict::Good };
    for warning in &config.warnings {
        report.add(&Finding::doubtful("configuration", warning.to_string()));
    }
    let found = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| chain(&error))
        .and_then(|runtime| runtime.block_on(examine(config, &runtime, &mut report)));
    if let Err(reason) = found {
        report.add(&Finding::bad("start", reason, "mend what this names: the program would not start either"));
    }
    report.end()
}

async fn examine(config: &Config, runtime: &runtime::Runtime, report: &mut Report) -> Result<(), String> {
    let proxies = app::proxies().map_err(|error| chain(&error))?;
    let provider_tls = Tls::new(&config.provider_tls).map_err(|error| chain(&error))?;
    let built = App::build(config, &Lasting::for_a_look(Arc::new(Nowhere)), runtime.handle().clone())
        .map_err(|error| chain(&error))?;
    report.add(&trust::authorities(&provider_tls));

    let to_provider = Dialer::new(provider_tls, proxies.clone());
    let client = Client::new(to_provider.clone());
    report.add_all(&provider::findings(built.provider.as_ref(), &Prober::by_uri(to_provider)).await);
    report.add_all(&issuers::findings(&config.extra_issuers, &client, runtime.handle()).await);

    report.add_all(&cookies::findings(config));
    // What a browser trusts, not what provider-ca-file names.
    let browser = Tls::new(&TlsSettings::default()).map_err(|error| chain(&error))?;
    let as_browser = Prober::by_uri(Dialer::new(browser, proxies.clone()));
    report.add(&redirect::served(config, &as_browser).await);
    report.add_all(&redirect::landing(config, &as_browser).await);

    report.add_all(&upstreams::findings(&config.upstream, &proxies).await);
    // Whether it answers is asked, not whose certificate it shows: nobody made that one for 127.0.0.1.
    let anyone = TlsSettings { verify: Verify::InsecureSkip, ..TlsSettings::default() };
    let direct = Prober::by_uri(Dialer::new(Tls::new(&anyone).map_err(|error| chain(&error))?, Proxies::Direct));
    report.add_all(&listener::free(config, &direct).await);
    Ok(())
}

/// What was found so far.
struct Report {
    worst: Verdict,
}

impl Report {
    fn add(&mut self, finding: &Finding) {
        self.worst = self.worst.max(finding.verdict);
        // Nobody reads it, nobody misses it.
        let _ = writeln!(std::io::stdout(), "{finding}");
    }

    fn add_all(&mut self, findings: &[Finding]) {
        for finding in findings {
            self.add(finding);
        }
    }

    fn end(self) -> ExitCode {
        let (verdict, status) = match self.worst {
            Verdict::Good => ("all is well", ExitCode::SUCCESS),
            Verdict::Doubtful => ("nothing is broken; see what is marked ??", ExitCode::SUCCESS),
            Verdict::Bad => ("something is broken; see what is marked !!", ExitCode::FAILURE),
        };
        let _ = writeln!(std::io::stdout(), "\n{verdict}");
        status
    }
}
