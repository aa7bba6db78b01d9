//! What a panic may say.

use std::panic;

use sidecar_core::code::Code;

/// Makes panics say where they happened, and nothing of what they happened with: their text may hold a visitor's data.
pub(crate) fn keep_quiet() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
        tracing::error!(code = %Code::Internal, "panicked{place}; this is a fault of the program");
    }));
}
