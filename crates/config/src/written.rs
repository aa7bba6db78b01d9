//! A value together with the place it was written at.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

/// Where the value of an option comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nobody wrote it.
    Default,
    /// A flag.
    Flag,
    /// The environment variable of this name.
    Environment(String),
    /// A place in a configuration file.
    File {
        /// The file, as it was named.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
    },
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("not set"),
            Self::Flag => f.write_str("command line"),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::File { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
        }
    }
}

/// The value of an option and where it was written.
#[derive(Clone, Debug)]
pub struct Written<T> {
    /// The option: the name of its flag, or its path in the structured configuration.
    pub option: Cow<'static, str>,
    /// What was written, or the default.
    pub value: T,
    /// Where; for an element, where its list is.
    pub source: Source,
    /// Which element of a list it is, counted from 0; `None` for a value as a whole.
    pub element: Option<usize>,
}

impl<T> Written<T> {
    /// A value that nobody wrote.
    pub(crate) const fn default(option: &'static str, value: T) -> Self {
        Self { option: Cow::Borrowed(option), value, source: Source::Default, element: None }
    }

    /// Whether somebody wrote it, be it the default itself.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.source != Source::Default
    }

    /// The same place with what was made of its value.
    pub(crate) fn with<U>(&self, value: U) -> Written<U> {
        Written { option: self.option.clone(), value, source: self.source.clone(), element: self.element }
    }
}

impl<E> Written<Vec<E>> {
    /// The elements of a list, each with its place.
    pub(crate) fn elements(&self) -> impl Iterator<Item = Written<&E>> {
        let list = self.value.iter().enumerate();
        list.map(|(at, value)| Written { element: Some(at), ..self.with(value) })
    }
}
