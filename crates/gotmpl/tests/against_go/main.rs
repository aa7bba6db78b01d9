//! The judge of our templates is Go itself: the same templates, the same data, the same bytes out.
//!
//! `tests/counterparts/gotemplate` answers what Go's own packages make of a template. Where Go prints, we print the same,
//! or refuse at the start what the list of [`corpus::REFUSED`] names. Where Go refuses at the start, we do; where Go fails
//! while running, we fail, at the latest then.

mod corpus;
mod witness;

use sidecar_gotmpl::{Call, Function, Record, Set, Source, Value};
use witness::{Asked, Judgement, Mode, Witness};

const FUNCTIONS: &[Function] = &[
    Function { name: "ToUpper", body: Call::Text(|text| text.to_uppercase()) },
    Function { name: "ToLower", body: Call::Text(|text| text.to_lowercase()) },
];

/// What we make of it.
fn ours(asked: &Asked<'_>) -> Judgement {
    let sources: Vec<Source<'_>> = asked.sources.iter().map(|(name, text)| Source { name, text }).collect();
    let set = match asked.mode {
        Mode::Html => Set::html(&sources, FUNCTIONS),
        Mode::Text => Set::text(&sources, FUNCTIONS),
    };
    let set = match set {
        Ok(set) => set,
        Err(error) => return Judgement::RefusedAtStart(error.to_string()),
    };
    match set.render(asked.name, asked.data) {
        Ok(page) => Judgement::Page(page),
        Err(error) => Judgement::FailedWhileRunning(error.to_string()),
    }
}

/// Why the two differ, if they do.
fn difference(ours: &Judgement, go: &Judgement) -> Option<String> {
    let same = match (ours, go) {
        (Judgement::Page(ours), Judgement::Page(go)) => ours == go,
        (Judgement::RefusedAtStart(_), Judgement::RefusedAtStart(_) | Judgement::FailedWhileRunning(_))
        | (Judgement::FailedWhileRunning(_), Judgement::FailedWhileRunning(_)) => true,
        _ => false,
    };
    (!same).then(|| format!("ours: {ours:?}\n    Go:   {go:?}"))
}

fn data() -> Value {
    Record::new()
        .with("S", "/a?b=\"<x>&c='d'`javascript:1")
        .with("U", "é\u{2028}\u{0}\u{7f}+/=\\ \n\t${x}</script><!--")
        .with("J", "javascript:alert(1)")
        .with("A", "https://example.com/a b?c=d&e=%66#g")
        .with("H", Value::Html("<b title='x'>&amp;\"x\" & y</b><!-- c -->".to_owned()))
        .with("N", 403)
        .with("M", -7)
        .with("O", 0)
        .with("T", true)
        .with("F", Value::Float(1.5))
        .with("Z", Value::Nil)
        .with("E", "")
        .with("W", "word")
        .with("L", vec!["a".into(), 2.into(), Value::Html("<i>".to_owned()), Value::Nil, true.into()])
        .with("R", Record::new().with("X", "</script>").with("Y", 0))
        .into()
}

fn compare_all(mode: Mode, templates: &[&str]) {
    let mut witness = Witness::start();
    let data = data();
    let mut faults = Vec::new();
    for text in templates {
        let asked = Asked { mode, sources: vec![("t", text)], name: "t", data: &data };
        if let Some(difference) = difference(&ours(&asked), &witness.judge(&asked)) {
            faults.push(format!("{text:?}\n    {difference}"));
        }
    }
    assert!(faults.is_empty(), "{} of {} differ:\n{}", faults.len(), templates.len(), faults.join("\n"));
    println!("{} templates, the same as Go", templates.len());
}

#[test]
fn the_language_is_gos() {
    compare_all(Mode::Text, corpus::LANGUAGE);
}

#[test]
fn the_language_is_gos_in_pages_too() {
    compare_all(Mode::Html, corpus::LANGUAGE);
}

#[test]
fn every_place_is_escaped_as_go_does() {
    compare_all(Mode::Html, corpus::PLACES);
}

#[test]
fn what_is_not_supported_is_refused_at_the_start() {
    let mut witness = Witness::start();
    let data = data();
    for text in corpus::REFUSED {
        let asked = Asked { mode: Mode::Html, sources: vec![("t", text)], name: "t", data: &data };
        let (ours, go) = (ours(&asked), witness.judge(&asked));
        assert!(matches!(ours, Judgement::RefusedAtStart(_)), "{text}: {ours:?}");
        assert!(matches!(go, Judgement::Page(_)), "{text}: {go:?}");
    }
}
