//! The events of all crates as lines of the standard stream.

use std::fmt;
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::span;
use tracing::{Event, Level, Metadata, Subscriber};

use super::Log;
use super::writer::Stream;

/// Takes events of our own crates at `info` and above; spans are not used.
pub(crate) struct Standard(Arc<Log>);

impl Standard {
    pub(crate) fn new(log: Arc<Log>) -> Self {
        Self(log)
    }
}

impl Subscriber for Standard {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let ours = metadata.target().starts_with("sidecar_") || metadata.target().starts_with("oauth2_sidecar");
        ours && *metadata.level() <= Level::INFO
    }

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let stream = if *metadata.level() == Level::INFO { Stream::Info } else { Stream::Error };
        let file = metadata.file().unwrap_or("?");
        let place = (file.rsplit('/').next().unwrap_or(file), metadata.line().unwrap_or(0));
        let mut message = String::new();
        event.record(&mut Message(&mut message));
        event.record(&mut Fields(&mut message));
        self.0.event(stream, place, &message);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// The constant text of an event.
struct Message<'a>(&'a mut String);

impl Visit for Message<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            let _ = fmt::Write::write_fmt(self.0, format_args!("{value:?}"));
        }
    }
}

/// The fields of an event, `name=value` each.
struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() != "message" {
            let _ = fmt::Write::write_fmt(self.0, format_args!(" {}={value:?}", field.name()));
        }
    }
}
