//! What was written: the fields of [`Options`] and the rows of the table, from one declaration.

/// Declares every option once.
///
/// A row of `served` reads `"flag" key: Type = "default", "help";` and becomes a field of [`Options`] and a
/// [`Row`](crate::row::Row). Before the colon may stand `at "path"`, where the structured configuration has it, and
/// `deprecated "remark"`. A row of `not_yet` has no field: it says what is lacking instead, and its type is there
/// to tell the default in all its spellings from anything else.
macro_rules! options {
    (
        served { $($flag:literal $key:ident $(at $alpha:literal)? $(deprecated $remark:literal)?:
                   $type:ty = $default:literal, $help:literal;)* }
        not_yet { $($later:literal $later_key:ident $(or $alias:ident)? $(at $later_alpha:literal)?
                    $(deprecated $later_remark:literal)?: $later_type:ty = $later_default:literal,
                    $lacking:literal, $later_help:literal;)* }
    ) => {
        /// What was written, from all sources: a value per served option, and where it comes from.
        ///
        /// The fields are named like the keys of the file. What they mean together is for
        /// [`Config`](crate::Config) to say.
        pub struct Options {
            $(#[doc = concat!("The option `", $flag, "`.")] pub $key: $crate::written::Written<$type>,)*
        }

        impl Default for Options {
            /// The options of an empty command line, without environment and file.
            fn default() -> Self {
                Self {
                    $($key: $crate::written::Written::default($flag, <$type as $crate::value::Setting>::from_default($default)),)*
                }
            }
        }

        /// The options that a file or the environment can set.
        pub(crate) static OPTIONS: &[$crate::row::Row] = &[
            $($crate::row::Row {
                flag: $flag,
                key: Some(stringify!($key)),
                alias: None,
                kind: <$type as $crate::value::Setting>::KIND,
                secrecy: $crate::row::Secrecy::of(<$type as $crate::value::Setting>::SECRET),
                default: $default,
                alpha: $crate::options::optional!($($alpha)?),
                deprecated: $crate::options::optional!($($remark)?),
                help: $help,
                value: |options| $crate::value::Setting::to_loose(&options.$key.value),
                place: |options| Some((&options.$key.option, &options.$key.source)),
                serving: $crate::row::Serving::Served {
                    set: |options, input, name, source| {
                        options.$key.value = <$type as $crate::value::Setting>::read(input)?;
                        options.$key.option = ::std::borrow::Cow::Borrowed(name);
                        options.$key.source = source;
                        Ok(())
                    },
                },
            },)*
            $($crate::row::Row {
                flag: $later,
                key: Some(stringify!($later_key)),
                alias: $crate::options::alias!($($alias)?),
                kind: <$later_type as $crate::value::Setting>::KIND,
                secrecy: $crate::row::Secrecy::of(<$later_type as $crate::value::Setting>::SECRET),
                default: $later_default,
                alpha: $crate::options::optional!($($later_alpha)?),
                deprecated: $crate::options::optional!($($later_remark)?),
                help: $later_help,
                value: |_| {
                    $crate::value::Setting::to_loose(&<$later_type as $crate::value::Setting>::from_default($later_default))
                },
                place: |_| None,
                serving: $crate::row::Serving::NotYet {
                    lacking: $lacking,
                    differs: |input| {
                        let default = <$later_type as $crate::value::Setting>::from_default($later_default);
                        Ok(!$crate::value::Setting::same(&<$later_type as $crate::value::Setting>::read(input)?, &default))
                    },
                },
            },)*
        ];
    };
}

/// The older key of a row, when it has one.
macro_rules! alias {
    () => {
        None
    };
    ($alias:ident) => {
        Some(stringify!($alias))
    };
}

/// A part of a row that may be left out.
macro_rules! optional {
    () => {
        None
    };
    ($text:literal) => {
        Some($text)
    };
}

pub(crate) use {alias, optional, options};

pub use crate::table::Options;
