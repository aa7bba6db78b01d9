//! The same answers on the wire: whole grids of requests, of which no row may be missing.

use crate::case::Configuration;

mod addresses;
mod answers;
mod cookies;
mod heads;
mod json;
mod methods;
mod prefixes;
mod probes;
mod queries;
mod reasons;
mod scripts;
mod targets;

/// Every configuration of this folder.
pub(super) fn all() -> Vec<Configuration> {
    let mut all = Vec::new();
    all.extend(methods::all());
    all.extend(targets::all());
    all.extend(heads::all());
    all.extend(json::all());
    all.extend(scripts::all());
    all.extend(queries::all());
    all.extend(addresses::all());
    all.extend(answers::all());
    all.extend(cookies::all());
    all.extend(prefixes::all());
    all.extend(probes::all());
    all
}
