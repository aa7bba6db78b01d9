//! The chart's `values.schema.json` and the list of options that its templates read.
//!
//! An option that the program serves can be written in the chart's values by its key, and one that it does not serve is
//! refused with a sentence. JSON Schema has no messages of its own; `const` has: "value must be '…'".

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use sidecar_config::{ENVIRONMENT_PREFIX, Kind, Row, Secrecy, rows};

use crate::json::{Json, Object, print};

/// Where the schema of everything but the options is written by hand.
const SKELETON: &str = "deploy/helm/schema/skeleton.json";

/// The options of oauth2-proxy v7.15.6; it refuses any other key in the file, and passes over such a variable.
const ORIGINAL: &str = include_str!("../../crates/config/src/v7_options.txt");

/// The two files of the chart.
pub(crate) struct Chart {
    /// `values.schema.json`
    pub(crate) schema: String,
    /// `files/options.json`
    pub(crate) options: String,
}

/// The schema of an option's value in the chart.
enum Value {
    /// It can be written, and this says how.
    Taken(Json),
    /// It cannot be written; the reason.
    Refused(String),
}

/// Makes both files.
pub(crate) fn chart(root: &Path) -> Result<Chart> {
    let skeleton =
        std::fs::read_to_string(root.join(SKELETON)).with_context(|| format!("{SKELETON} cannot be read"))?;
    let mut schema: Json = serde_json::from_str(&skeleton).context(SKELETON)?;
    close(&mut schema);
    let Json::Object(properties) = &mut schema else {
        bail!("{SKELETON} is no object");
    };
    let values = values();
    let comment = format!("Made by cargo xtask docs; change {SKELETON} or the option table instead.");
    properties.insert("$comment".to_owned(), Json::Text(comment));
    properties.insert("definitions".to_owned(), Json::from([("options", options(&values))]));
    Ok(Chart { schema: print(&schema)?, options: print(&taken(&values))? })
}

/// No object of the skeleton takes a property that it does not list.
fn close(schema: &mut Json) {
    match schema {
        Json::Object(parts) => {
            parts.values_mut().for_each(close);
            if parts.contains_key("properties") && !parts.contains_key("additionalProperties") {
                let none = absent("there is no such value here; values.yaml lists them");
                parts.insert("additionalProperties".to_owned(), none);
            }
        }
        Json::List(parts) => parts.iter_mut().for_each(close),
        Json::Bool(_) | Json::Integer(_) | Json::Text(_) => {}
    }
}

/// A schema that no sensible value fits, and whose refusal says why.
fn absent(why: &str) -> Json {
    Json::from([("const", Json::Text(format!("absent: {why}")))])
}

/// Each key of the file, and what the chart says to it.
fn values() -> BTreeMap<String, Value> {
    let served = rows().filter(|row| row.is_served());
    let served = served.filter_map(|row| Some((row.key?.to_owned(), value(row, row.key?))));
    let mut values: BTreeMap<_, _> = served.collect();
    for row in rows().filter(|row| !row.is_served()) {
        let why = Value::Refused("this version does not serve this option".to_owned());
        values.entry(row.flag.replace('-', "_")).or_insert(why);
    }
    let mut wrong = BTreeMap::new();
    for row in rows().filter(|row| row.is_served()) {
        for form in row.key.map(|key| misspellings(row.flag, key)).unwrap_or_default() {
            wrong.insert(form, format!("this option is written {}", row.key.unwrap_or_default()));
        }
    }
    for (form, why) in wrong {
        values.entry(form).or_insert(Value::Refused(why));
    }
    values
}

/// What the chart says to a served option.
fn value(row: &Row, key: &str) -> Value {
    let refused = |why: &str| Value::Refused(why.to_owned());
    match key {
        "client_id" | "client_secret" | "cookie_secret" => {
            Value::Refused(format!("it belongs into the Secret that secret.name names, as {}", row.flag))
        }
        "client_secret_file" => refused("the Secret that secret.name names has it, as client-secret"),
        "cookie_secret_file" => refused("the Secret that secret.name names has it, as cookie-secret"),
        "custom_templates_dir" => refused("it is /templates; write the files into the value templates"),
        "session_store_type" => Value::Taken(Json::from([("const", Json::from("cookie"))])),
        _ if row.secrecy == Secrecy::Secret => {
            refused("a secret does not belong into values; give it by sidecar.extraEnv from a Secret of yours")
        }
        _ => {
            let mut schema = Object::from_iter([("description".to_owned(), Json::Text(format!("{}.", row.help)))]);
            schema.extend(shape(row.kind));
            Value::Taken(Json::Object(schema))
        }
    }
}

/// What a value of the kind looks like.
fn shape(kind: Kind) -> Object {
    let of = |name: &str| ("type".to_owned(), Json::from(name));
    match kind {
        Kind::Bool | Kind::TextBool => Object::from_iter([of("boolean")]),
        Kind::Int => Object::from_iter([of("integer")]),
        Kind::List => {
            Object::from_iter([of("array"), ("items".to_owned(), Json::from([("type", Json::from("string"))]))])
        }
        Kind::Duration => {
            let written = Json::from([("pattern", Json::from(r"^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$"))]);
            let said = Json::from([("const", Json::from("a duration, such as 90s, 15m or 1h30m"))]);
            Object::from_iter([of("string"), ("anyOf".to_owned(), Json::List(vec![written, said]))])
        }
        Kind::Text | _ => Object::from_iter([of("string")]),
    }
}

/// How people write an option by mistake.
fn misspellings(flag: &str, key: &str) -> BTreeSet<String> {
    let single = flag.replace('-', "_");
    let mut forms = BTreeSet::from([
        flag.to_owned(),
        key.replace('_', "-"),
        camel(key),
        camel(&single),
        single,
        format!("{ENVIRONMENT_PREFIX}{}", key.to_ascii_uppercase()),
        format!("{key}s"),
        key.strip_suffix('s').unwrap_or(key).to_owned(),
    ]);
    forms.remove(key);
    forms
}

fn camel(key: &str) -> String {
    let mut words = key.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (head, tail) = word.split_at(word.len().min(1));
        camel.push_str(&head.to_ascii_uppercase());
        camel.push_str(tail);
    }
    camel
}

/// The schema of an object of options.
fn options(values: &BTreeMap<String, Value>) -> Json {
    let properties = values.iter().map(|(key, value)| {
        let schema = match value {
            Value::Taken(schema) => schema.clone(),
            Value::Refused(why) => absent(why),
        };
        (key.clone(), schema)
    });
    Json::from([
        ("type", Json::from("object")),
        ("properties", Json::Object(properties.collect())),
        ("additionalProperties", absent("there is no such option; docs/reference/options.md lists them")),
    ])
}

/// The keys that can be written, and those of them that oauth2-proxy does not know.
fn taken(values: &BTreeMap<String, Value>) -> Json {
    let original: BTreeSet<&str> =
        ORIGINAL.lines().filter_map(|line| line.split('|').nth(1)).flat_map(|keys| keys.split(',')).collect();
    let taken = values.iter().filter(|(_, value)| matches!(value, Value::Taken(_))).map(|(key, _)| key.as_str());
    let list = |keys: Vec<&str>| Json::List(keys.into_iter().map(Json::from).collect());
    Json::from([
        ("ours", list(taken.clone().filter(|key| !original.contains(key)).collect())),
        ("options", list(taken.collect())),
    ])
}
