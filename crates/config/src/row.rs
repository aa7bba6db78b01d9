//! One option: its names, its kind, its default, what it is for, and whether this version serves it.

use crate::fault::ValueError;
use crate::options::Options;
use crate::value::{Input, Kind, Loose};
use crate::written::Source;

/// What every environment variable of ours begins with.
pub const ENVIRONMENT_PREFIX: &str = "OAUTH2_PROXY_";

/// One option. The flag, the key of the file and the environment variable all derive from its row, as do `--help`
/// and the reference.
pub struct Row {
    /// The name on the command line, without the two hyphens.
    pub flag: &'static str,
    /// The key in the file; `None` for what is a flag only.
    pub key: Option<&'static str>,
    /// An older key that means the same.
    pub alias: Option<&'static str>,
    /// The kind of its value.
    pub kind: Kind,
    /// Whether its value may be repeated in a message.
    pub secrecy: Secrecy,
    /// The default, as the command line would write it.
    pub default: &'static str,
    /// Where the structured configuration has it, in the notation of [`Row::alpha_leaf`]; an option with such a path is
    /// refused beside `--alpha-config`.
    pub alpha: Option<&'static str>,
    /// What to write instead, or another remark, when it is only kept for old configurations.
    pub deprecated: Option<&'static str>,
    /// What it is for.
    pub help: &'static str,
    /// Its value among the options, as a file would have it; the default of what is not served.
    pub(crate) value: fn(&Options) -> Loose,
    /// The name it was written by and where; `None` for what is not served.
    pub(crate) place: fn(&Options) -> Option<(&str, &Source)>,
    pub(crate) serving: Serving,
}

/// Whether a value may be repeated in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// It may be quoted.
    Open,
    /// It is never quoted.
    Secret,
}

impl Secrecy {
    pub(crate) const fn of(secret: bool) -> Self {
        if secret { Self::Secret } else { Self::Open }
    }
}

/// What happens to a value that was written.
pub(crate) enum Serving {
    /// It says what the program is to do, rather than how; read by [`crate::arguments`].
    Mode,
    /// It becomes a field of [`Options`], which is told the name that was written, and where.
    Served { set: fn(&mut Options, Input<'_>, &'static str, Source) -> Result<(), ValueError> },
    /// The name is known, and any value but the default is refused.
    NotYet {
        /// What this version lacks, as a noun: `sessions in Redis`.
        lacking: &'static str,
        /// Whether a value is another one than the default.
        differs: fn(Input<'_>) -> Result<bool, ValueError>,
    },
}

impl Row {
    /// The environment variable that sets it.
    #[must_use]
    pub fn variable(&self) -> Option<String> {
        self.key.map(variable)
    }

    /// Whether this version serves it.
    #[must_use]
    pub fn is_served(&self) -> bool {
        match self.serving {
            Serving::Mode | Serving::Served { .. } => true,
            Serving::NotYet { .. } => false,
        }
    }

    /// The path of the one place in the structured configuration whose value is this option's, as in
    /// `providers[0].clientID`. Paths that name a part of every entry (`upstreams[]`), an entry by its name
    /// (`[name=prompt]`), a header or a listener are none: these are read as structure.
    #[must_use]
    pub fn alpha_leaf(&self) -> Option<&'static str> {
        // Two flags share the path of the PKCE method; the older one is not set from the structure.
        let superseded = self.flag == "force-code-challenge-method";
        self.alpha.filter(|path| {
            let leaf = path.strip_prefix("providers[0].").is_some_and(|leaf| !leaf.contains(['[', '(', ';']));
            leaf && !superseded
        })
    }

    /// The keys it goes by in a file, the current one first.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.key.into_iter().chain(self.alias)
    }
}

/// The environment variable of a file key.
pub(crate) fn variable(key: &str) -> String {
    format!("{ENVIRONMENT_PREFIX}{}", key.to_ascii_uppercase())
}
