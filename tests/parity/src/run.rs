//! Asks both sides the same, compares what they show, and sorts the differences.

use serde_json::{Value, json};
use sidecar_testkit::Provider;
use sidecar_testkit::place::tree;
use sidecar_testkit::program::Which;
use url::Url;

use crate::case::{Case, Configuration, Logs, Step};
use crate::explain::{Explained, Open, Pair, differences};
use crate::facts::{self, Facts};
use crate::judge::{CookieOptions, Judge};
use crate::logs;
use crate::place;
use crate::report::{Outcome, Tally};
use crate::side::{Side, Visitor, base_flags};

/// With whom the original is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// Ours: differences must be explained.
    Ours,
    /// The original once more: there must be none, or the harness compares what it should not.
    Itself,
}

/// What becomes of rows that explained nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rows {
    /// Each stands beside the difference that it explains.
    Needed,
    /// They tell what a request could show.
    Possible,
}

/// Everything that is compared with everything that explains it.
#[derive(Debug)]
pub struct Run {
    against: Against,
    rows: Rows,
    everywhere: Vec<Explained>,
    open: Vec<Open>,
    judge: Judge,
    outcome: Outcome,
    /// Bearer tokens of the provider of this configuration, by the placeholder that stands for them.
    tokens: Vec<(&'static str, String)>,
}

/// What a comparison belongs to.
#[derive(Debug, Clone, Copy)]
struct Context<'a> {
    configuration: &'a Configuration,
    case: &'a Case,
    step: usize,
    options: &'a CookieOptions,
}

/// A method, an address and a form.
type Visit = (&'static str, Url, String);

/// Why a case cannot go on.
#[derive(Debug)]
struct Stuck(&'static str);

impl Context<'_> {
    fn label(&self) -> String {
        format!("{} / {} / step {}", self.configuration.name, self.case.name, self.step + 1)
    }
}

impl Visitor {
    /// The way back from the provider, with the address changed.
    fn returning(&self, change: impl Fn(&str) -> String) -> Result<Visit, Stuck> {
        let (url, _) = self.way_back.as_ref().ok_or(Stuck("nobody was at the provider"))?;
        Ok(("GET", Url::parse(&change(url.as_str())).expect("an address"), String::new()))
    }
}

impl Run {
    /// A run whose differences may be explained `everywhere` and by bugs that are `open`.
    #[must_use]
    pub fn new(against: Against, everywhere: Vec<Explained>, open: Vec<Open>) -> Self {
        let folder = tree().join("target/parity");
        std::fs::create_dir_all(&folder).expect("target is ours to write in");
        Self {
            against,
            rows: Rows::Needed,
            everywhere,
            open,
            judge: Judge::start(&folder),
            outcome: Outcome::default(),
            tokens: Vec::new(),
        }
    }

    /// A run of cases that chance made, with whom the rows only may show.
    #[must_use]
    pub fn at_random(everywhere: Vec<Explained>) -> Self {
        Self { rows: Rows::Possible, ..Self::new(Against::Ours, everywhere, Vec::new()) }
    }

    /// What failed so far.
    #[must_use]
    pub fn failures(&self) -> &[String] {
        self.outcome.failures()
    }

    /// Runs one configuration's cases.
    pub fn configuration(&mut self, configuration: &Configuration, provider: &Provider) {
        let other = match self.against {
            Against::Ours => Which::Ours,
            Against::Itself => Which::Original,
        };
        let sides = [
            Side::start(Which::Original, Which::Ours, configuration, provider),
            Side::start(other, Which::Ours, configuration, provider),
        ];
        let all: Vec<String> =
            base_flags(configuration.base).iter().chain(&configuration.flags).map(|flag| (*flag).to_owned()).collect();
        let options = CookieOptions::from_flags(&all);
        self.outcome.begin(configuration.name);
        self.tokens = if configuration.presents_tokens() { tokens(provider) } else { Vec::new() };
        sides.iter().for_each(Side::mark);
        for case in &configuration.cases {
            self.case(configuration, case, &sides, &options);
        }
        if configuration.logs == Logs::Compared {
            self.logs(configuration, &sides, &options);
        }
        if self.against == Against::Ours && self.rows == Rows::Needed {
            self.outcome.unused(configuration.name, &configuration.explained);
        }
        self.outcome.keep_files(configuration.name, &sides[0].said(), &sides[1].said());
    }

    /// Ends the run; explanations and open bugs that never came up are failures of their own.
    #[must_use]
    pub fn end(mut self, scope: Scope) -> Outcome {
        if self.against == Against::Ours && scope == Scope::Everything {
            self.outcome.unused("everywhere", &self.everywhere);
            self.outcome.open_bugs(&self.open);
        }
        self.outcome
    }

    fn case(&mut self, configuration: &Configuration, case: &Case, sides: &[Side; 2], options: &CookieOptions) {
        let mut visitors = [Visitor::new(), Visitor::new()];
        for (step, what) in case.steps.iter().enumerate() {
            let context = Context { configuration, case, step, options };
            match self.step(what, sides, &mut visitors, options) {
                Ok(Some([original, ours])) => self.compare(context, &original, &ours),
                Ok(None) => {}
                Err(Stuck(why)) => {
                    self.outcome
                        .fail(configuration.name, format!("{}\n    the case cannot go on: {why}", context.label()));
                    break;
                }
            }
        }
        if self.against == Against::Ours && self.rows == Rows::Needed {
            self.outcome.unused(&format!("{} / {}", configuration.name, case.name), &case.explained);
        }
    }

    /// Compares what both programs wrote down about the cases, line by line.
    fn logs(&mut self, configuration: &Configuration, sides: &[Side; 2], options: &CookieOptions) {
        sides.iter().for_each(Side::mark);
        let [original, ours] = [0, 1].map(|n| {
            let lines = logs::between_marks(&sides[n].written());
            lines.into_iter().enumerate().map(|(n, line)| (format!("log {n:03}"), line)).collect::<Facts>()
        });
        let case = Case { name: "what is written down".into(), steps: Vec::new(), explained: Vec::new() };
        self.compare(Context { configuration, case: &case, step: 0, options }, &original, &ours);
    }

    /// Does one step on both sides; `None` when it asks neither program anything.
    fn step(
        &mut self,
        step: &Step,
        sides: &[Side; 2],
        visitors: &mut [Visitor; 2],
        options: &CookieOptions,
    ) -> Result<Option<[Facts; 2]>, Stuck> {
        let shown = match step {
            Step::Ask(ask) => {
                let cookie = ask.cookie.header(&mut self.judge, options);
                let bytes = ask.with_tokens(&self.tokens).bytes(cookie.as_deref());
                [0, 1].map(|n| {
                    let exchange = sides[n].exchange(ask.method, &bytes);
                    facts::of(&exchange, options, &mut self.judge)
                })
            }
            Step::Raw(bytes) => [0, 1].map(|n| {
                let method = String::from_utf8_lossy(bytes.split(|byte| *byte == b' ').next().unwrap_or_default());
                let mut facts = facts::of(&sides[n].exchange(&method, bytes), options, &mut self.judge);
                facts.retain(|place, _| place == "status" || place.starts_with("app "));
                facts
            }),
            Step::Wire(requests) => [0, 1].map(|n| {
                let (exchange, before, afterwards) = sides[n].conversation(requests);
                let mut facts = facts::of(&exchange, options, &mut self.judge);
                facts.insert("statuses before".into(), before.join(" "));
                facts.insert("connection afterwards".into(), afterwards.into());
                facts
            }),
            Step::Open(url) => {
                let url = Url::parse(url).expect("an address");
                self.visit(sides, visitors, options, |_| Ok(("GET", url.clone(), String::new())))?
            }
            Step::Follow => self.visit(sides, visitors, options, |visitor| {
                let next = visitor.location.take().ok_or(Stuck("the last answer was no redirect"))?;
                Ok(("GET", next, String::new()))
            })?,
            Step::Return(change) => self.visit(sides, visitors, options, |visitor| visitor.returning(*change))?,
            Step::ReturnTo(target) => self.visit(sides, visitors, options, |visitor| {
                visitor.jar.forget(|cookie| cookie.name.contains("_login_"));
                visitor.returning(|url| place::with_target_in_state(url, target))
            })?,
            Step::ReturnByPost => self.visit(sides, visitors, options, |visitor| {
                let (url, form) = visitor.way_back.clone().ok_or(Stuck("nobody was at the provider"))?;
                Ok(("POST", url, form))
            })?,
            quiet @ (Step::SignIn(_) | Step::ChangePrograms | Step::Age(_) | Step::Forget(_)) => {
                return self.quiet_step(quiet, visitors, options).map(|()| None);
            }
        };
        Ok(Some(shown))
    }

    /// A step that asks neither program anything.
    fn quiet_step(&mut self, step: &Step, visitors: &mut [Visitor; 2], options: &CookieOptions) -> Result<(), Stuck> {
        match step {
            Step::SignIn(user) => visitors.iter_mut().try_for_each(|visitor| visitor.sign_in(user).map_err(Stuck))?,
            Step::ChangePrograms => visitors.swap(0, 1),
            Step::Age(seconds) => visitors.iter_mut().try_for_each(|visitor| self.age(visitor, *seconds, options))?,
            Step::Forget(part) => {
                for visitor in visitors.iter_mut() {
                    visitor.jar.forget(|cookie| cookie.name.contains(part));
                }
            }
            Step::Ask(_)
            | Step::Raw(_)
            | Step::Wire(_)
            | Step::Open(_)
            | Step::Follow
            | Step::Return(_)
            | Step::ReturnTo(_)
            | Step::ReturnByPost => {}
        }
        Ok(())
    }

    fn visit(
        &mut self,
        sides: &[Side; 2],
        visitors: &mut [Visitor; 2],
        options: &CookieOptions,
        mut to: impl FnMut(&mut Visitor) -> Result<Visit, Stuck>,
    ) -> Result<[Facts; 2], Stuck> {
        let mut one = |n: usize| {
            let (method, url, form) = to(&mut visitors[n])?;
            let request = visitors[n].request(method, &url, &form);
            let exchange = sides[n].exchange(method, &request.to_bytes(url.authority()));
            if let Some(answer) = &exchange.answer {
                visitors[n].take_in(&url, answer);
            }
            Ok(facts::of(&exchange, options, &mut self.judge))
        };
        Ok([one(0)?, one(1)?])
    }

    /// Makes the session in a visitor's jar older, sealed anew by the original's code.
    fn age(&mut self, visitor: &mut Visitor, seconds: u32, options: &CookieOptions) -> Result<(), Stuck> {
        let pairs: Vec<String> = visitor
            .jar
            .starting_with(&options.name)
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        let mut session: Value =
            self.judge.open(options, &pairs.join("; ")).map_err(|_| Stuck("there is no session"))?;
        let created = session["ca"].as_f64().expect("a session has a time");
        session["ca"] = json!(created - f64::from(seconds));
        for pair in self.judge.mint(options, &session).split("; ") {
            let (name, value) = pair.split_once('=').expect("a cookie");
            visitor.jar.overwrite(name, value);
        }
        Ok(())
    }

    fn compare(&mut self, context: Context<'_>, original: &Facts, ours: &Facts) {
        let label = context.label();
        self.outcome.record(context.configuration.name, &label, original, ours);
        let mut tally = Tally::default();
        for (place, was, is) in differences(original, ours) {
            let pair = Pair {
                place: &place,
                original: was.as_deref(),
                ours: is.as_deref(),
                all_original: original,
                all_ours: ours,
                cookie_name: &context.options.name,
            };
            let rows = context.case.explained.iter().chain(&context.configuration.explained).chain(&self.everywhere);
            let mut rows = rows.filter(|_| self.against == Against::Ours);
            if let Some(row) = rows.find(|row| row.explains(&pair)) {
                tally.rows.insert(row.id);
            } else if self.is_open(context, &place) {
                tally.open += 1;
            } else {
                tally.unexplained.push(format!(
                    "{label}\n    {place}\n      original: {}\n      ours:     {}",
                    shown(was.as_deref()),
                    shown(is.as_deref())
                ));
            }
        }
        self.outcome.add(context.configuration.name, tally);
    }

    fn is_open(&self, context: Context<'_>, place: &str) -> bool {
        let (configuration, case) = (context.configuration.name, context.case.name.as_str());
        self.against == Against::Ours && self.open.iter().any(|bug| bug.accounts_for(configuration, case, place))
    }
}

/// What stands for the placeholders: tokens that nobody here made, and one that somebody spoiled.
fn tokens(provider: &Provider) -> Vec<(&'static str, String)> {
    let of = |user: &str| provider.tokens(user, "any password").id_token;
    let alice = of("alice");
    let (head, tail) = alice.split_at(alice.len() - 20);
    let spoiled = if tail.starts_with('A') { "B" } else { "A" };
    let spoiled = format!("{head}{spoiled}{}", &tail[1..]);
    let other = provider.tokens_for(("sidecar-es256", "es-secret"), "alice", "any password").id_token;
    vec![("{alice}", alice), ("{bob}", of("bob")), ("{other}", other), ("{spoiled}", spoiled)]
}

/// A fact on one line of bearable length.
fn shown(value: Option<&str>) -> String {
    let Some(value) = value else { return "(nothing)".to_owned() };
    let short: String = value.chars().take(400).collect();
    format!("{short:?}{}", if short.len() < value.len() { " …" } else { "" })
}

/// Whether a run covers everything, so that what never came up has had its chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Every configuration.
    Everything,
    /// Some of them, while working on one.
    Some,
}
