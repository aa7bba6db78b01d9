//! From a checked configuration to the end of the process.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use sidecar_config::{Config, Discovery, FaultCode, Listen, SecureListen, Shutdown};
use sidecar_core::report::chain;
use sidecar_gateway::{AuthLine, Counted, Journal, RequestLine};
use sidecar_net::ServerTls;
use sidecar_upstream::Tunnels;
use tokio::runtime::{self, Handle};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time;

use crate::app::{App, AppError, Lasting};
use crate::limits::{PLAIN_SILENCE, TLS_SILENCE};
use crate::logging::{self, LogWriter};
use crate::metrics::{self, Meters, Metrics};
use crate::reload::{Changes, InUse};
use crate::server::{self, AppProbes, Door, Drain, Limits, ListenError, Slots, Speech, Workers};

/// Why the process did not serve.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    /// The settings make no program.
    #[error(transparent)]
    App(#[from] AppError),
    /// The system gives no thread, runtime or signal.
    #[error("the system refuses what every program needs")]
    System(#[from] std::io::Error),
    /// Nothing can be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Lines have nowhere to go.
    #[error(transparent)]
    Log(#[from] LogFileError),
    /// The provider is needed at start and is not there.
    #[error("oidc-discovery-required")]
    Provider(#[from] sidecar_oidc::Unavailable),
}

/// The log file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("logging-filename: the log file cannot be written")]
pub(crate) struct LogFileError(#[source] std::io::Error);

/// Serves until a signal ends it.
pub(crate) fn run(in_use: InUse) -> ExitCode {
    let meters = Meters::default();
    let (log, writer) = match logging::start(&in_use.config.logs, meters.clone()) {
        Ok(started) => started,
        Err(error) => {
            complain(&RunError::from(LogFileError(error)));
            return ExitCode::FAILURE;
        }
    };
    let shows_errors = log.shows_errors();
    let Err(error) = serve(in_use, log, meters) else { return finish(writer, ExitCode::SUCCESS) };
    tracing::error!("{}", why_not(&error));
    if !shows_errors {
        complain(&error);
    }
    finish(writer, ExitCode::FAILURE)
}

/// Says what ends a start where whoever started the program looks, whatever becomes of the log.
fn complain(error: &RunError) {
    let _ = writeln!(std::io::stderr(), "{}", why_not(error));
}

fn why_not(error: &RunError) -> String {
    format!("cannot start: {} [{}]", chain(error), FaultCode::Start)
}

/// The last lines leave before the process does.
fn finish(writer: LogWriter, code: ExitCode) -> ExitCode {
    drop(writer);
    code
}

/// Whether everything that the configuration names can be set up. Listens on nothing, asks nobody.
///
/// # Errors
/// [`RunError`]
pub(crate) fn check(config: &Config) -> Result<(), RunError> {
    logging::check(&config.logs).map_err(LogFileError)?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    // What the provider begins in the background never runs: nobody drives this runtime.
    App::build(config, &Lasting::for_a_look(Arc::new(Nowhere)), runtime.handle().clone())?;
    Ok(())
}

/// Takes nothing down.
pub(crate) struct Nowhere;

impl Journal for Nowhere {
    fn request(&self, _: &RequestLine<'_>) {}

    fn auth(&self, _: &AuthLine<'_>) {}
}

fn serve(mut in_use: InUse, journal: Arc<dyn Journal>, meters: Meters) -> Result<(), RunError> {
    for warning in &in_use.config.warnings {
        tracing::warn!("{warning}");
    }
    if in_use.config.listen.is_none() && in_use.config.secure_listen.is_none() {
        return Ok(());
    }
    // Accepts connections, and makes all calls to the provider: they outlive the request that began them.
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let has_metrics = in_use.config.metrics.is_some() || in_use.config.secure_metrics.is_some();
    let counted = if has_metrics { Counted::Yes } else { Counted::No };
    let lasting = Lasting::new(journal, counted, meters);
    let app = App::build(&in_use.config, &lasting, runtime.handle().clone())?;
    let served = runtime.block_on(async {
        let mut signals = Signals::new()?;
        let mut changes = Changes::of(&in_use.config, &in_use.origin)?;
        if in_use.config.discovery == Discovery::AtStart {
            app.provider.ready_once().await?;
        }
        let Config { listen, secure_listen, metrics, secure_metrics, .. } = &in_use.config;
        let (doors, tls) = open(listen.as_ref(), secure_listen.as_ref(), "listening")?;
        lasting.meters.provider_is(Arc::clone(&app.provider));
        let (metrics_doors, metrics_tls) = open(metrics.as_ref(), secure_metrics.as_ref(), "metrics")?;
        offer_metrics(metrics_doors, &lasting);
        let probe_listener = in_use.config.app_probe_listen.as_ref().map(open_for_probes).transpose()?;
        let probes = AppProbes::new(app.gateway.for_thread());
        let workers = Workers::start(
            thread::available_parallelism().map_or(1, usize::from),
            Limits { head_bytes: in_use.config.max_header_bytes },
            in_use.config.shutdown.timeout,
            lasting.meters.clone(),
            || app.gateway.for_thread(),
        )?;
        let slots = Slots::of_this_process();
        let (stop, stopped) = watch::channel(false);
        let probing = probes.serve(probe_listener, stopped.clone());
        tokio::join!(server::accept(doors, &workers, &slots, stopped), probing, async {
            let serving = Serving { workers: &workers, probes: &probes, tls, metrics_tls };
            renew_until_stopped(&mut in_use, &mut changes, &lasting, &serving, &mut signals).await;
            lasting.readiness.end();
            linger(&in_use.config.shutdown, &mut signals).await;
            stop.send_replace(true);
        });
        drain(&lasting.tunnels, workers, signals).await;
        Ok(())
    });
    // Dropping the runtime would wait for the workers, also when a signal has said not to.
    runtime.shutdown_background();
    served
}

/// Answers scrapes until the process ends, on this thread.
fn offer_metrics(doors: Vec<Door>, lasting: &Lasting) {
    let Lasting { tallies, meters, tunnels, .. } = lasting;
    let metrics = Metrics { tallies: tallies.clone(), meters: meters.clone(), tunnels: tunnels.clone() };
    for door in doors {
        tokio::spawn(metrics::serve(door, metrics.clone()));
    }
}

/// Listens where the configuration says, for `what`. What TLS is set up with goes by the channel, if there is TLS.
fn open(
    plain: Option<&Listen>,
    secure: Option<&SecureListen>,
    what: &str,
) -> Result<(Vec<Door>, Option<watch::Sender<ServerTls>>), ListenError> {
    let mut doors = Vec::new();
    if let Some(listen) = plain {
        let listener = server::bind(listen, PLAIN_SILENCE)?;
        tracing::info!("{what} on {}", listener.place());
        doors.push(Door { listener, speech: Speech::Plain });
    }
    let Some(SecureListen { address, tls }) = secure else { return Ok((doors, None)) };
    let listener = server::bind(address, TLS_SILENCE)?;
    tracing::info!("{what} with TLS on {}", listener.place());
    let (tls, current) = watch::channel(tls.clone());
    doors.push(Door { listener, speech: Speech::Tls(current) });
    Ok((doors, Some(tls)))
}

/// Listens for probes of the app.
fn open_for_probes(listen: &Listen) -> Result<server::Listener, ListenError> {
    let listener = server::bind(listen, PLAIN_SILENCE)?;
    tracing::info!("listening on {} for probes of the app", listener.place());
    Ok(listener)
}

/// What takes the place of something when the configuration changes.
struct Serving<'a> {
    workers: &'a Workers,
    probes: &'a AppProbes,
    tls: Option<watch::Sender<ServerTls>>,
    metrics_tls: Option<watch::Sender<ServerTls>>,
}

/// Lets the threads answer by each new configuration, until a signal says to stop.
async fn renew_until_stopped(
    in_use: &mut InUse,
    changes: &mut Changes,
    lasting: &Lasting,
    serving: &Serving<'_>,
    signals: &mut Signals,
) {
    loop {
        let change = tokio::select! {
            change = changes.next() => change,
            () = signals.next() => return,
        };
        let renewed = tokio::select! {
            renewed = in_use.renew(change, changes, lasting, Handle::current()) => renewed,
            () = signals.next() => return,
        };
        if let Some(app) = renewed {
            lasting.meters.provider_is(Arc::clone(&app.provider));
            serving.workers.replace(|| app.gateway.for_thread());
            serving.probes.replace(app.gateway.for_thread());
            let Config { secure_listen, secure_metrics, .. } = &in_use.config;
            for (tls, listen) in [(&serving.tls, secure_listen), (&serving.metrics_tls, secure_metrics)] {
                if let (Some(tls), Some(listen)) = (tls, listen) {
                    tls.send_replace(listen.tls.clone());
                }
            }
        }
    }
}

/// Goes on serving for a while, not ready, so that whoever sends us requests can notice. A second signal ends it.
async fn linger(shutdown: &Shutdown, signals: &mut Signals) {
    tracing::info!("stopping");
    if shutdown.delay > Duration::ZERO {
        let _ = time::timeout(shutdown.delay, signals.next()).await;
    }
}

/// Lets requests in flight finish. A further signal cuts them.
async fn drain(tunnels: &Tunnels, workers: Workers, mut signals: Signals) {
    tunnels.cut();
    tokio::select! {
        () = tunnels.closed() => {}
        () = signals.next() => return tracing::warn!("stopped at once"),
    }
    let stopping = tokio::task::spawn_blocking(move || workers.stop());
    tokio::select! {
        drained = stopping => match drained {
            Ok(Drain::Complete) => tracing::info!("stopped"),
            Ok(Drain::Cut) | Err(_) => tracing::warn!("stopped, with connections cut"),
        },
        () = signals.next() => tracing::warn!("stopped at once"),
    }
}

/// SIGTERM and SIGINT.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
