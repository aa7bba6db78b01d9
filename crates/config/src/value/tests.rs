use proptest::prelude::*;

use super::*;

/// What `T` makes of each kind of TOML value; `None` is an error.
fn loose<T: Setting>(value: &Loose) -> Option<T> {
    T::from_loose(value).ok()
}

fn text(value: &str) -> Loose {
    Loose::Text(value.to_owned())
}

#[test]
fn a_text_option_takes_every_scalar() {
    assert_eq!(loose::<String>(&text(" as is ")), Some(" as is ".to_owned()));
    assert_eq!(loose::<String>(&Loose::Bool(true)), Some("1".to_owned()));
    assert_eq!(loose::<String>(&Loose::Bool(false)), Some("0".to_owned()));
    assert_eq!(loose::<String>(&Loose::Int(-5)), Some("-5".to_owned()));
    assert_eq!(loose::<String>(&Loose::Float(1.5)), Some("1.5".to_owned()));
    assert_eq!(loose::<String>(&Loose::Float(1e21)), Some("1000000000000000000000".to_owned()));
    assert_eq!(loose::<String>(&Loose::List(vec![])), None);
    assert_eq!(loose::<String>(&Loose::Other("a table")), None);
}

#[test]
fn a_boolean_option_takes_go_words_and_numbers() {
    for word in ["1", "t", "T", "TRUE", "true", "True"] {
        assert_eq!(loose::<bool>(&text(word)), Some(true), "{word}");
        assert_eq!(bool::from_flag(&[word.to_owned()]).ok(), Some(true), "{word}");
    }
    for word in ["0", "f", "F", "FALSE", "false", "False"] {
        assert_eq!(loose::<bool>(&text(word)), Some(false), "{word}");
        assert_eq!(bool::from_flag(&[word.to_owned()]).ok(), Some(false), "{word}");
    }
    for word in ["yes", "no", "on", "off", "tRUE", " true", "2", "truefalse"] {
        assert_eq!(loose::<bool>(&text(word)), None, "{word}");
        assert!(bool::from_flag(&[word.to_owned()]).is_err(), "{word}");
    }
    assert_eq!(loose::<bool>(&text("")), Some(false), "in a file an empty text is false");
    assert!(bool::from_flag(&[String::new()]).is_err(), "on the command line it is nothing");
    assert_eq!(loose::<bool>(&Loose::Int(-1)), Some(true));
    assert_eq!(loose::<bool>(&Loose::Int(0)), Some(false));
    assert_eq!(loose::<bool>(&Loose::Float(0.1)), Some(true));
    assert_eq!(loose::<bool>(&Loose::List(vec![])), None);
}

#[test]
fn a_boolean_that_is_text_on_the_command_line_takes_an_empty_text_there() {
    assert_eq!(TextBool::from_flag(&[String::new()]).ok(), Some(TextBool(false)));
    assert_eq!(TextBool::from_flag(&["true".to_owned()]).ok(), Some(TextBool(true)));
    assert!(TextBool::from_flag(&["maybe".to_owned()]).is_err());
}

#[test]
fn an_integer_option_converts_scalars() {
    assert_eq!(loose::<i64>(&text("")), Some(0));
    assert_eq!(loose::<i64>(&text("0x10")), Some(16));
    assert_eq!(loose::<i64>(&Loose::Bool(true)), Some(1));
    assert_eq!(loose::<i64>(&Loose::Float(2.9)), Some(2));
    assert_eq!(loose::<i64>(&Loose::Float(f64::NAN)), None);
    assert_eq!(loose::<i64>(&Loose::List(vec![Loose::Int(1)])), None);
}

#[test]
fn a_duration_option_takes_bare_numbers_as_nanoseconds() {
    assert_eq!(loose::<GoDuration>(&Loose::Int(3600)), Some(GoDuration::from_nanos(3600)));
    assert_eq!(loose::<GoDuration>(&Loose::Bool(true)), Some(GoDuration::from_nanos(1)));
    assert_eq!(loose::<GoDuration>(&Loose::Float(1.9)), Some(GoDuration::from_nanos(1)));
    assert_eq!(loose::<GoDuration>(&text("60")), None);
    assert_eq!(loose::<GoDuration>(&text("")), None);
    assert_eq!(loose::<GoDuration>(&Loose::Other("a date")), None);
}

#[test]
fn a_list_option_splits_text_at_commas_and_elements_no_further() {
    let list = |elements: &[&str]| Some(elements.iter().map(|e| (*e).to_owned()).collect::<Vec<_>>());
    assert_eq!(loose::<Vec<String>>(&text("a, b,\"c")), list(&["a", " b", "\"c"]));
    assert_eq!(loose::<Vec<String>>(&text("a,,")), list(&["a", "", ""]));
    assert_eq!(loose::<Vec<String>>(&text("")), list(&[]));
    assert_eq!(loose::<Vec<String>>(&Loose::Bool(true)), list(&["1"]));
    assert_eq!(loose::<Vec<String>>(&Loose::Int(7)), list(&["7"]));
    assert_eq!(loose::<Vec<String>>(&Loose::List(vec![text("a,b"), Loose::Int(1)])), list(&["a,b", "1"]));
    assert_eq!(loose::<Vec<String>>(&Loose::List(vec![Loose::List(vec![])])), None);
    assert_eq!(loose::<Vec<String>>(&Loose::Other("a table")), None);
}

#[test]
fn occurrences_of_a_list_flag_add_up_and_those_of_a_scalar_replace() {
    let given = ["a.com, b.com".to_owned(), "c.com".to_owned()];
    assert_eq!(Vec::<String>::from_flag(&given).expect("a list"), ["a.com", " b.com", "c.com"]);
    assert_eq!(String::from_flag(&given).expect("a text"), "c.com");
    assert_eq!(Vec::<String>::from_flag(&[String::new()]).expect("a list"), Vec::<String>::new());
}

proptest! {
    #[test]
    fn no_reason_repeats_the_value(secret in "[a-zA-Z]{3,20}[!?#]") {
        let value = Loose::Text(secret.clone());
        for error in [
            bool::from_loose(&value).err(), i64::from_loose(&value).err(), GoDuration::from_loose(&value).err(),
        ].into_iter().flatten() {
            prop_assert!(!error.reason.contains(&secret));
        }
    }
}
