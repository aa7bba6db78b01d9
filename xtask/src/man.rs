//! The man page, `oauth2-sidecar(1)`.

use anyhow::{Context as _, Result};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::command::command;

/// The ways to call it.
const SYNOPSIS: [&str; 3] = [
    "oauth2-sidecar [--FLAG[=VALUE]]...",
    "oauth2-sidecar doctor [--FLAG[=VALUE]]...",
    "oauth2-sidecar migrate check FILE...",
];

/// Exit statuses and what they mean.
const STATUSES: [(&str, &str); 3] = [
    ("0", "It was asked to end and did, or what was to be checked is in order."),
    (
        "1",
        "What was written is no configuration to start with, it could not start, the doctor found something bad, or migrate something unsupported.",
    ),
    ("2", "The command line cannot be understood."),
];

/// The page in roff.
pub(crate) fn page() -> Result<String> {
    // The page has no date of its own: it is that of the version. An empty one would be left out.
    let man = Man::new(command()).date(" ");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    section("SYNOPSIS", &SYNOPSIS).to_writer(&mut page)?;
    description().to_writer(&mut page)?;
    man.render_options_section(&mut page)?;
    statuses().to_writer(&mut page)?;
    section("SEE ALSO", &["docs/reference/options.md, docs/reference/errors.md, docs/compatibility.md"])
        .to_writer(&mut page)?;
    String::from_utf8(page).context("a page is text")
}

fn section(name: &str, lines: &[&str]) -> Roff {
    let mut section = Roff::new();
    section.control("SH", [name]);
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            section.control("br", []);
        }
        section.text([roman(*line)]);
    }
    section
}

fn description() -> Roff {
    let mut section = section(
        "DESCRIPTION",
        &[
            "Signs visitors in with an OpenID Connect or OAuth 2.0 provider and forwards their requests to the app beside it.",
        ],
    );
    section.control("PP", []);
    section.text([roman(
        "Each option is a flag, an environment variable and a key of the TOML file that --config names; the first of the \
         three that has it counts. The variable is OAUTH2_PROXY_ and the key in capitals. Keys are flags with _ for -, those \
         of most lists in the plural: --upstream is OAUTH2_PROXY_UPSTREAMS. A flag that is true or false is true when it \
         stands alone; --flag=false turns it off.",
    )]);
    section.control("PP", []);
    section.text([
        roman("With "),
        bold("doctor"),
        roman(
            " as its first argument it tries out, with the network, what its configuration names: the provider, the app, \
             the callback's host. Each line says what was tried, what came back and what to do.",
        ),
    ]);
    section.control("PP", []);
    section.text([
        roman("With "),
        bold("migrate check"),
        roman(
            " it reads a configuration of oauth2-proxy (its TOML or YAML file, a file of variables, or manifests of \
             Kubernetes) and prints a line for each option: the same here, changed on purpose and why, dangerous here and \
             what to write instead, or unsupported. Nothing is started.",
        ),
    ]);
    section
}

fn statuses() -> Roff {
    let mut section = section("EXIT STATUS", &[]);
    for (status, meaning) in STATUSES {
        section.control("TP", []);
        section.text([bold(status)]);
        section.text([roman(meaning)]);
    }
    section
}
