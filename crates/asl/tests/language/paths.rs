//! `cases/paths.json`: paths over one document, with what they select or the words of the miss.

use asl::{Data, Path};
use serde_json::Value;

#[test]
fn paths() {
    let file: Value = serde_json::from_str(include_str!("cases/paths.json")).unwrap();
    let input = Data::from_value(file["document"].clone());
    for case in file["cases"].as_array().unwrap() {
        let text = case["path"].as_str().unwrap();
        let outcome = Path::parse(text).map_err(|error| error.to_string()).and_then(|path| {
            crate::support::with_scope(&input, |scope| path.evaluate(scope)).map_err(|error| error.to_string())
        });
        match (&case["selects"], &case["fails"]) {
            (Value::Null, Value::String(expected)) => {
                let error = outcome.expect_err(text);
                assert!(error.contains(expected.as_str()), "{text}: {error}");
            }
            (expected, _) => assert_eq!(outcome.expect(text).value(), expected, "{text}"),
        }
    }
}

#[test]
fn a_path_that_visits_too_much_is_stopped() {
    let mut document = Value::Array(Vec::new());
    for _ in 0..100 {
        document = Value::Array(vec![document, Value::Array(Vec::new())]);
    }
    let input = Data::from_value(document);
    let path = Path::parse(&format!("${}", "..*".repeat(8))).unwrap();
    let error = crate::support::with_scope(&input, |scope| path.evaluate(scope)).unwrap_err();
    assert!(error.to_string().contains("too many values"), "{error}");
}

#[test]
fn a_filter_that_nests_too_deeply_is_refused() {
    for text in [format!("$[?({}@.a{})]", "(".repeat(100_000), ")".repeat(100_000)), "$[?(@".repeat(100_000)] {
        assert!(Path::parse(&text).is_err());
    }
}
