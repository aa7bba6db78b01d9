//! Settings that a program takes or refuses: both are asked with `--config-test`, which touches no network.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use sidecar_testkit::{Finished, Process, Which, place};

/// One way of setting a program up, on top of settings that are sound.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// What it tries.
    pub name: String,
    /// Arguments after those of [`SOUND`].
    pub arguments: Vec<String>,
    /// Flags of [`SOUND`] that are left out.
    pub without: Vec<String>,
    /// Variables.
    pub environment: Vec<(String, String)>,
    /// The configuration file.
    pub file: Option<String>,
    /// The structured configuration; then it alone says what [`SOUND`] says of the provider and the app.
    pub alpha: Option<String>,
    /// More files, by name, in the folder that the program runs in.
    pub files: Vec<(String, String)>,
    /// The row of the document that says why the verdicts differ.
    pub row: Option<String>,
    /// The flag of the option that it is about: a refusal of ours names it.
    pub subject: Option<&'static str>,
}

/// Settings that both programs take.
pub const SOUND: [&str; 8] = [
    "--provider=oidc",
    "--oidc-issuer-url=http://127.0.0.1:1",
    "--client-id=client",
    "--client-secret=marked-client-secret",
    "--cookie-secret=marked-cookie-secret-32-bytes-ok",
    "--email-domain=*",
    "--upstream=http://127.0.0.1:1/",
    // Where the defaults differ (D11).
    "--insecure-oidc-skip-nonce=false",
];

/// Those of [`SOUND`] that stand beside a structured configuration.
const BESIDE_ALPHA: [&str; 2] = ["--cookie-secret", "--email-domain"];

/// How long a program may take to say what it thinks.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a program made of its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Its exit code.
    pub code: Option<i32>,
    /// What it said.
    pub said: String,
}

impl Verdict {
    /// Whether it took them.
    #[must_use]
    pub fn accepts(&self) -> bool {
        self.code == Some(0)
    }
}

/// An attempt with more arguments.
#[must_use]
pub fn with(name: impl Into<String>, arguments: &[&str]) -> Attempt {
    Attempt {
        name: name.into(),
        arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
        without: Vec::new(),
        environment: Vec::new(),
        file: None,
        alpha: None,
        files: Vec::new(),
        row: None,
        subject: None,
    }
}

impl Attempt {
    /// Without these flags of [`SOUND`].
    #[must_use]
    pub fn without(mut self, flags: &[&str]) -> Self {
        self.without.extend(flags.iter().map(|&flag| flag.to_owned()));
        self
    }

    /// With a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a file.
    #[must_use]
    pub fn file(mut self, toml: impl Into<String>) -> Self {
        self.file = Some(toml.into());
        self
    }

    /// With a structured configuration.
    #[must_use]
    pub fn alpha(mut self, yaml: impl Into<String>) -> Self {
        self.alpha = Some(yaml.into());
        self
    }

    /// With a file of this name beside it.
    #[must_use]
    pub fn beside(mut self, name: &str, content: &str) -> Self {
        self.files.push((name.to_owned(), content.to_owned()));
        self
    }

    /// With pages of the operator's own.
    #[must_use]
    pub fn page(mut self, name: &str, template: &str) -> Self {
        self.arguments.push("--custom-templates-dir=.".to_owned());
        self.beside(name, template)
    }

    /// With verdicts that differ for this reason.
    #[must_use]
    pub fn row(mut self, id: impl Into<String>) -> Self {
        self.row = Some(id.into());
        self
    }

    /// About this option.
    #[must_use]
    pub fn about(mut self, flag: &'static str) -> Self {
        self.subject = Some(flag);
        self
    }

    /// What `program` makes of it.
    #[must_use]
    pub fn judge(&self, program: &Path) -> Verdict {
        let finished = self.run(program, "--config-test");
        Verdict { code: finished.status.code(), said: finished.stdout + &finished.stderr }
    }

    /// The structured configuration that `program` makes of it.
    #[must_use]
    pub fn convert(&self, program: &Path) -> Verdict {
        let finished = self.run(program, "--convert-config-to-alpha");
        Verdict { code: finished.status.code(), said: finished.stdout }
    }

    fn run(&self, program: &Path, first: &str) -> Finished {
        let folder = place::temporary_folder();
        let mut command = Command::new(program);
        command.env_clear().current_dir(folder.path()).arg(first);
        command.args(SOUND.iter().filter(|flag| !self.leaves_out(flag)));
        if let Some(toml) = &self.file {
            std::fs::write(folder.path().join("test.cfg"), toml).expect("a temporary folder can be written to");
            command.arg("--config=test.cfg");
        }
        if let Some(yaml) = &self.alpha {
            std::fs::write(folder.path().join("test.yaml"), yaml).expect("a temporary folder can be written to");
            command.arg("--alpha-config=test.yaml");
        }
        self.write_files(folder.path());
        command.args(&self.arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        Process::start(&self.name, command).wait(PATIENCE)
    }

    fn leaves_out(&self, flag: &str) -> bool {
        let name = flag.split('=').next().unwrap_or(flag);
        self.without.iter().any(|out| out == name) || (self.alpha.is_some() && !BESIDE_ALPHA.contains(&name))
    }

    /// How a program ends when it is started in earnest.
    ///
    /// # Panics
    /// It serves instead, for as long as a start may take.
    #[must_use]
    pub fn start(&self, which: Which) -> Verdict {
        let program = if which == Which::Ours { place::ours() } else { place::original() };
        // Where it says nothing of a listener.
        let anywhere = if self.alpha.is_none() { "--http-address=127.0.0.1:0" } else { "--reverse-proxy=false" };
        let finished = self.run(&program, anywhere);
        Verdict { code: finished.status.code(), said: finished.stdout + &finished.stderr }
    }

    fn write_files(&self, folder: &Path) {
        for (name, content) in &self.files {
            std::fs::write(folder.join(name), content).expect("a temporary folder can be written to");
        }
    }
}
