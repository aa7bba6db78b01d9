//! Changes without a restart (D51): what was written is read again, and an app made of it takes the place
//! of the one that serves. A faulty one is reported, and the old one stays.

use std::ffi::OsString;
use std::time::Duration;

use sidecar_config::{Command, Config, Faults, Files, SecureListen};
use sidecar_core::metric::ReloadOutcome;
use sidecar_core::report::chain;
use tokio::runtime::Handle;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time;

use crate::app::{App, Lasting};
use crate::watch::{Seen, Watch};

/// How long a new provider may take to be known before the new app serves without it.
const PROVIDER: Duration = Duration::from_secs(10);

/// What the configuration was made from.
pub(crate) struct Origin {
    /// The command line, without the program's name.
    pub(crate) arguments: Vec<OsString>,
    /// The variables of the process.
    pub(crate) environment: Vec<(OsString, OsString)>,
    /// The configuration files, as they were.
    pub(crate) files: Files,
}

impl Origin {
    /// Makes what is asked for of it.
    pub(crate) fn load(&self) -> Result<Command, Faults> {
        sidecar_config::load_from(&self.arguments, &self.environment, &self.files)
    }
}

/// What has changed.
pub(crate) enum Change {
    /// Somebody asks for everything to be read again, or a configuration file is another one.
    Configuration,
    /// A file that the configuration names.
    Part,
}

/// Everything whose change counts.
pub(crate) struct Changes {
    hangup: Signal,
    watches: Watches,
}

struct Watches {
    configuration: Watch,
    parts: Watch,
}

impl Watches {
    /// The files of what was read after this was seen: whatever has changed since is a change.
    fn since(seen: &(Seen, Seen), config: &Config, origin: &Origin) -> Self {
        let configuration = if config.watches_configuration { origin.files.paths() } else { Vec::new() };
        Self { configuration: Watch::since(&seen.0, configuration), parts: Watch::since(&seen.1, config.parts.clone()) }
    }

    fn look(&self) -> (Seen, Seen) {
        (self.configuration.look(), self.parts.look())
    }
}

impl Changes {
    /// Of what `config` was made from.
    pub(crate) fn of(config: &Config, origin: &Origin) -> std::io::Result<Self> {
        let hangup = signal(SignalKind::hangup())?;
        Ok(Self { hangup, watches: Watches::since(&(Seen::default(), Seen::default()), config, origin) })
    }

    /// Waits for the next.
    pub(crate) async fn next(&mut self) -> Change {
        tokio::select! {
            _ = self.hangup.recv() => Change::Configuration,
            () = self.watches.configuration.changed() => Change::Configuration,
            () = self.watches.parts.changed() => Change::Part,
        }
    }
}

/// A configuration in use, and what it came from.
pub(crate) struct InUse {
    pub(crate) config: Config,
    pub(crate) origin: Origin,
}

impl InUse {
    /// Reads again what has changed, and makes an app of it. `None` when that is faulty: it is in the log, and everything
    /// stays as it was.
    pub(crate) async fn renew(
        &mut self,
        change: Change,
        changes: &mut Changes,
        lasting: &Lasting,
        runtime: Handle,
    ) -> Option<App> {
        let fresh = match change {
            Change::Configuration => Some(Files::default()),
            Change::Part => None,
        };
        let kept = fresh.map(|fresh| std::mem::replace(&mut self.origin.files, fresh));
        match self.made(&changes.watches, lasting, runtime).await {
            Ok((config, app, watches)) => {
                changes.watches = watches;
                self.config = config;
                tracing::info!("the configuration was read again and is in use");
                lasting.meters.reloaded(ReloadOutcome::Used);
                Some(app)
            }
            Err(Faulty(reasons)) => {
                if let Some(kept) = kept {
                    self.origin.files = kept;
                }
                for reason in reasons {
                    tracing::error!("{reason}");
                }
                tracing::error!("the configuration was read again and is faulty: the one before stays in use");
                lasting.meters.reloaded(ReloadOutcome::Refused);
                None
            }
        }
    }

    async fn made(
        &self,
        watches: &Watches,
        lasting: &Lasting,
        runtime: Handle,
    ) -> Result<(Config, App, Watches), Faulty> {
        let seen = watches.look();
        let config = match self.origin.load() {
            Ok(Command::Run(config)) => *config,
            // The arguments are those that began to serve, so they ask for nothing else.
            Ok(_) => return Err(Faulty(vec!["the command line asks for something else than to serve".to_owned()])),
            Err(faults) => return Err(Faulty(faults.list().iter().map(ToString::to_string).collect())),
        };
        let watches = Watches::since(&seen, &config, &self.origin);
        let app = App::build(&config, lasting, runtime).map_err(|error| Faulty(vec![chain(&error)]))?;
        for option in needs_restart(&self.config, &config) {
            tracing::warn!("{option} was changed, which counts after a restart alone");
        }
        for warning in &config.warnings {
            tracing::warn!("{warning}");
        }
        // Logins go on while the new provider is being asked for its metadata.
        if let Ok(Err(unavailable)) = time::timeout(PROVIDER, app.provider.ready_once()).await {
            tracing::warn!("{unavailable}");
        }
        Ok((config, app, watches))
    }
}

/// Why there is no new app, line by line.
struct Faulty(Vec<String>);

/// What is set up once for the whole process.
fn needs_restart(old: &Config, new: &Config) -> impl Iterator<Item = &'static str> {
    let address = |listen: &Option<SecureListen>| listen.as_ref().map(|listen| listen.address.clone());
    [
        ("http-address", old.listen != new.listen),
        ("https-address", address(&old.secure_listen) != address(&new.secure_listen)),
        ("max-header-bytes", old.max_header_bytes != new.max_header_bytes),
        ("what is logged", old.logs != new.logs),
        ("app-probe-address", old.app_probe_listen != new.app_probe_listen),
        ("metrics-address", old.metrics != new.metrics),
        ("metrics-secure-address", address(&old.secure_metrics) != address(&new.secure_metrics)),
    ]
    .into_iter()
    .filter_map(|(option, differs)| differs.then_some(option))
}
