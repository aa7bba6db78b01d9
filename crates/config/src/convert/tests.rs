use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::alpha;
use crate::meaning::{Config, Judge, Surroundings};
use crate::row::{Row, Serving};
use crate::table::OPTIONS;
use crate::value::{Input, Kind};
use crate::written::Source;

/// Values of options, by the names of their flags.
type Values = Vec<(&'static str, Loose)>;

fn set(options: &mut Options, flag: &str, value: &Loose) {
    let row = OPTIONS.iter().find(|row| row.flag == flag).expect("an option");
    let Serving::Served { set } = row.serving else { panic!("{flag} is not served") };
    assert!(set(options, Input::Loose(value), row.flag, Source::Flag).is_ok(), "{flag}");
}

fn options<'a>(values: impl IntoIterator<Item = &'a (&'static str, Loose)>) -> Options {
    let mut options = Options::default();
    for (flag, value) in values {
        set(&mut options, flag, value);
    }
    options
}

/// What all that means, but for what is only said about it: the lines of it, sorted, since sets have no order.
fn meaning(options: &Options, structured: &Structured) -> Option<Vec<String>> {
    let mut judge = Judge::default();
    let config = Config::new(options, structured, Surroundings::default(), &mut judge)?;
    let shown = format!("{:#?}", Config { warnings: Vec::new(), ..config });
    let mut lines: Vec<String> = shown.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    Some(lines)
}

fn is_core(flag: &str) -> bool {
    OPTIONS.iter().any(|row| row.flag == flag && row.alpha.is_none())
}

/// Reads what was converted, beside the options that stay flat.
fn read_back(text: &str, values: &Values) -> (Options, Structured) {
    let mut options = options(values.iter().filter(|(flag, _)| is_core(flag)));
    let (mut faults, environment) = (Vec::new(), [("x".into(), "filled in".into())]);
    let read = alpha::read(Path::new("a.yaml"), text.as_bytes(), &environment, &mut options, &mut faults);
    let (structured, _) = read.unwrap_or_else(|fault| panic!("{fault} in\n{text}"));
    assert_eq!(faults, [], "{text}");
    (options, structured)
}

fn converted(values: &Values) -> (Options, Structured, String) {
    let options = options(values);
    let mut judge = Judge::default();
    let structured = Structured::from_options(&options, &mut judge);
    let text = to_alpha(&options, &structured);
    (options, structured, text)
}

fn text(text: &str) -> Loose {
    Loose::Text(text.to_owned())
}

/// What every configuration needs.
fn minimal() -> Values {
    vec![
        ("provider", text("oidc")),
        ("oidc-issuer-url", text("https://idp.example")),
        ("client-id", text("app")),
        ("client-secret", text("s$ecret")),
        ("cookie-secret", text("0123456789abcdef")),
        ("email-domain", text("*")),
    ]
}

#[test]
fn a_small_configuration_is_written_as_the_original_writes_it() {
    let (_, _, text) = converted(&minimal());
    let (before, provider) = text.split_once("providers:\n").expect("providers");
    assert!(before.starts_with("injectRequestHeaders:\n    - name: X-Forwarded-Groups\n"), "{text}");
    assert!(before.ends_with("metricsServer: {}\n"), "{text}");
    assert_eq!(
        provider,
        "    - clientID: app
      clientSecret: s$$ecret
      azureConfig:
        tenant: common
      microsoftEntraIDConfig:
        federatedTokenAuth: false
      ADFSConfig:
        skipScope: false
      googleConfig:
        useApplicationDefaultCredentials: false
        useOrganizationID: false
      oidcConfig:
        issuerURL: https://idp.example
        insecureAllowUnverifiedEmail: false
        insecureSkipIssuerVerification: false
        insecureSkipNonce: false
        skipDiscovery: false
        emailClaim: email
        groupsClaim: groups
        userIDClaim: email
        audienceClaims:
            - aud
      id: oidc=app
      provider: oidc
      useSystemTrustStore: false
      loginURLParameters:
        - name: approval_prompt
          default:
            - force
      skipClaimsFromProfileURL: false
      backendLogoutURL: \"\"
server:
    bindAddress: 127.0.0.1:4180
upstreamConfig:
    proxyRawPath: false
"
    );
}

#[test]
fn a_dollar_is_doubled_only_where_it_would_name_something() {
    for (plain, written) in
        [("a$", "a$"), ("a$b", "a$$b"), ("$$", "$$$"), ("$1", "$1"), ("${x}", "$${x}"), ("$ x", "$ x")]
    {
        assert_eq!(escaped(plain), written);
    }
}

#[test]
fn every_option_that_has_a_place_in_the_structure_is_converted() {
    for row in OPTIONS.iter().filter(|row| row.alpha_leaf().is_some()) {
        if !matches!(row.serving, Serving::Served { .. }) || row.flag == "provider" {
            continue;
        }
        let value = match row.kind {
            Kind::Bool => Loose::Bool(row.default != "true"),
            Kind::Text | Kind::TextBool | Kind::Int | Kind::Duration | Kind::List => text("marked"),
        };
        let kinds = ["oidc", "github", "google", "keycloak-oidc", "entra-id", "azure"];
        let differs = kinds.into_iter().any(|kind| {
            let plain = vec![("provider", text(kind))];
            let mut with = plain.clone();
            with.push((row.flag, value.clone()));
            converted(&plain).2 != converted(&with).2
        });
        assert!(differs, "{}", row.flag);
    }
}

/// A text with everything that YAML and the filling in of variables care for.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,6}", "[$x{}:#'\" -]{1,6}", "\\PC{1,4}", "(true|1|~|a: b|\\$\\{x\\}|\\$x|\\$\\$x|\\$1)"]
}

/// A value of an option; unlike [`Loose`] it can be shown.
#[derive(Clone, Debug)]
enum Drawn {
    Text(String),
    Bool(bool),
    Nanoseconds(i64),
    List(Vec<String>),
}

impl From<Drawn> for Loose {
    fn from(drawn: Drawn) -> Self {
        match drawn {
            Drawn::Text(text) => Self::Text(text),
            Drawn::Bool(switch) => Self::Bool(switch),
            Drawn::Nanoseconds(nanos) => Self::Int(nanos),
            Drawn::List(texts) => Self::List(texts.into_iter().map(Self::Text).collect()),
        }
    }
}

/// A value for an option that is not the provider's kind.
fn any_value(row: &'static Row) -> BoxedStrategy<Drawn> {
    let upstream = "http://(a|b):1/[a-z$]{0,3}/?|https://c/|unix:///run/s|file:///w#/f/|static://20[0-4]|static://x";
    let url = "https://a/[a-z$]{0,4}(\\{id_token\\})?";
    match (row.flag, row.kind) {
        ("upstream", _) => prop::collection::vec(upstream, 0..3).prop_map(Drawn::List).boxed(),
        ("http-address", _) => "(127\\.0\\.0\\.1|):[0-9]{4}|-|".prop_map(Drawn::Text).boxed(),
        ("code-challenge-method" | "force-code-challenge-method", _) => {
            "(S256|plain|none|)".prop_map(Drawn::Text).boxed()
        }
        ("oidc-enabled-signing-alg", _) => Just(Drawn::Text("RS256,ES256".to_owned())).boxed(),
        ("login-url" | "redeem-url" | "profile-url" | "validate-url" | "backend-logout-url", _) => {
            url.prop_map(Drawn::Text).boxed()
        }
        ("client-secret-file" | "provider-ca-file" | "oidc-public-key-file", _) => {
            Just(Drawn::Text(String::new())).boxed()
        }
        (_, Kind::Bool | Kind::TextBool) => any::<bool>().prop_map(Drawn::Bool).boxed(),
        (_, Kind::Duration) => (0..9_000_000_000_i64).prop_map(Drawn::Nanoseconds).boxed(),
        (_, Kind::List) => prop::collection::vec(any_text(), 0..3).prop_map(Drawn::List).boxed(),
        (_, Kind::Text | Kind::Int) => any_text().prop_map(Drawn::Text).boxed(),
    }
}

fn any_values() -> impl Strategy<Value = Vec<(&'static str, Drawn)>> {
    let values: Vec<_> = OPTIONS
        .iter()
        .filter(|row| row.alpha.is_some() && matches!(row.serving, Serving::Served { .. }) && row.flag != "provider")
        .map(|row| (Just(row.flag), any_value(row)).boxed())
        .collect();
    let kind = prop::sample::select(vec!["oidc", "github", "google", "keycloak-oidc", "entra-id", "azure"]);
    (kind, prop::collection::vec(prop::strategy::Union::new(values), 0..12)).prop_map(|(kind, mut values)| {
        values.push(("provider", Drawn::Text(kind.to_owned())));
        values
    })
}

proptest! {
    #[test]
    fn what_was_converted_means_the_same(drawn in any_values()) {
        let mut values = minimal();
        values.extend(drawn.into_iter().map(|(flag, value)| (flag, Loose::from(value))));
        let (options, structured, text) = converted(&values);
        let (again, structured_again) = read_back(&text, &values);
        prop_assert_eq!(to_alpha(&again, &structured_again), text.clone());
        prop_assert!(meaning(&again, &structured_again) == meaning(&options, &structured), "{}", text);
    }
}
