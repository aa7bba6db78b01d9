//! `make demo`: everything that is needed to sign in with a browser, started by one command and stopped by Ctrl-C.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Arg, ArgMatches, value_parser};
use sidecar_demo::child::{KEEPER, keep};
use sidecar_demo::stage::{Entrance, Settings, Stage};
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == KEEPER) {
        eprintln!("{}", keep(arguments));
        return ExitCode::FAILURE;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let outcome = runtime.context("no runtime").and_then(|runtime| {
        // On this thread, which ends last: the children end with the thread that started them.
        runtime.block_on(run(&command_line().get_matches()))
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn command_line() -> clap::Command {
    clap::Command::new("demo")
        .about("Starts an OpenID provider, sample apps and a real sidecar before each; prints one URL to open")
        .arg(
            Arg::new("sidecar")
                .long("sidecar")
                .value_name("PATH")
                .value_parser(value_parser!(PathBuf))
                .help("the binary to demonstrate [default: oauth2-sidecar beside this program]"),
        )
        .arg(
            Arg::new("port")
                .long("port")
                .value_name("N")
                .value_parser(value_parser!(u16))
                .conflicts_with("gateway")
                .help("the port to open in the browser [default: a free one]"),
        )
        .arg(
            Arg::new("gateway")
                .long("gateway")
                .value_name("ENVOY")
                .value_parser(value_parser!(PathBuf))
                .help("put this Envoy in front, with TLS for *.example.com"),
        )
}

async fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let mut hung_up = signal(SignalKind::hangup())?;
    let settings = settings(matches)?;
    let stop = async {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
            _ = hung_up.recv() => {}
        }
    };
    tokio::pin!(stop);
    let mut stage = tokio::select! {
        stage = Stage::raise(&settings) => stage?,
        () = &mut stop => return Ok(()),
    };
    println!("{}", instructions(&stage));
    let death = tokio::select! {
        death = stage.death() => Some(death),
        () = stop => None,
    };
    stage.strike().await;
    death.map_or(Ok(()), |death| Err(death.into()))
}

fn settings(matches: &ArgMatches) -> anyhow::Result<Settings> {
    let keeper = std::env::current_exe().context("this program's own path is unknown")?;
    let sidecar = matches.get_one::<PathBuf>("sidecar").cloned();
    let sidecar = sidecar.unwrap_or_else(|| keeper.with_file_name("oauth2-sidecar"));
    anyhow::ensure!(
        sidecar.is_file(),
        "there is no sidecar at {}: build it with `cargo build -p oauth2-sidecar`, or name one with --sidecar",
        sidecar.display()
    );
    let entrance = match matches.get_one::<PathBuf>("gateway") {
        Some(program) => Entrance::Envoy { program: program.clone() },
        None => Entrance::Router { port: matches.get_one("port").copied().unwrap_or(0) },
    };
    Ok(Settings { sidecar, keeper, entrance })
}

fn instructions(stage: &Stage) -> String {
    let how = match stage.commands() {
        Some(commands) => format!("in this browser, which finds the hosts and knows the certificate:\n\n{commands}"),
        None => "in a browser.".to_owned(),
    };
    format!(
        "\n  Open {url} {how}\n\n  \
         1. The sidecar before App One knows nobody yet and shows its sign-in page: press the button.\n  \
         2. At the demo's OpenID provider choose Alice or Bob, and allow.\n  \
         3. Back in App One you see what it was told about you. Open App Two: no second sign-in.\n  \
         4. Sign out in one: the other has forgotten you too.\n\n  \
         Configuration and logs: {folder}\n  Ctrl-C stops everything.\n",
        url = stage.url(),
        folder = stage.folder().display(),
    )
}
