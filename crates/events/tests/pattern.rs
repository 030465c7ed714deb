//! Event patterns against events: the examples of the EventBridge user guide and their edges.

use events::{Error, Pattern};
use serde_json::{Value, json};

/// `(pattern, event, matches)`; both are only the part inside `detail`.
fn check(cases: &[(Value, Value, bool)]) {
    for (pattern, detail, matches) in cases {
        let event = json!({ "source": "s", "detail": detail });
        let parsed = Pattern::parse(&json!({ "detail": pattern })).expect("a valid pattern");
        assert_eq!(parsed.matches(&event), *matches, "{pattern} {detail}");
    }
}

#[test]
fn literals_arrays_and_nesting() {
    check(&[
        (json!({ "a": ["x", "y"] }), json!({ "a": "y" }), true),
        (json!({ "a": ["x"] }), json!({ "a": "X" }), false),
        (json!({ "a": ["x"] }), json!({ "b": "x" }), false),
        (json!({ "a": ["x"], "b": [1] }), json!({ "a": "x", "b": 1 }), true),
        (json!({ "a": ["x"], "b": [1] }), json!({ "a": "x", "b": 2 }), false),
        (json!({ "a": [300] }), json!({ "a": 300 }), true),
        (json!({ "a": [300] }), json!({ "a": 300.0 }), false),
        (json!({ "a": ["300"] }), json!({ "a": 300 }), false),
        (json!({ "a": [null] }), json!({ "a": null }), true),
        (json!({ "a": [null] }), json!({}), false),
        (json!({ "a": [""] }), json!({ "a": "" }), true),
        (json!({ "a": [true] }), json!({ "a": true }), true),
        (json!({ "a": ["x", "z"] }), json!({ "a": ["w", "z"] }), true),
        (json!({ "a": ["x"] }), json!({ "a": [["q"], ["x"]] }), true),
        (json!({ "a": ["x"] }), json!({ "a": [] }), false),
        (json!({ "a": { "b": { "c": ["x"] } } }), json!({ "a": { "b": { "c": "x", "d": 1 } } }), true),
        (json!({ "a": { "b": ["x"] } }), json!({ "a": "x" }), false),
        // One object of an array must match as a whole.
        (json!({ "a": { "n": [1], "s": ["x"] } }), json!({ "a": [{ "n": 1, "s": "x" }, { "n": 2 }] }), true),
        (json!({ "a": { "n": [1], "s": ["x"] } }), json!({ "a": [{ "n": 1, "s": "y" }, { "n": 2, "s": "x" }] }), false),
    ]);
}

#[test]
fn comparisons() {
    check(&[
        (json!({ "a": [{ "prefix": "us-" }] }), json!({ "a": "us-east-1" }), true),
        (json!({ "a": [{ "prefix": "us-" }] }), json!({ "a": 5 }), false),
        (json!({ "a": [{ "prefix": { "equals-ignore-case": "EVENTb" } }] }), json!({ "a": "eventBridge" }), true),
        (json!({ "a": [{ "suffix": ".png" }] }), json!({ "a": "x.png" }), true),
        (json!({ "a": [{ "suffix": { "equals-ignore-case": ".PNG" } }] }), json!({ "a": "x.png" }), true),
        (json!({ "a": [{ "equals-ignore-case": "Alice" }] }), json!({ "a": "aLICE" }), true),
        (json!({ "a": [{ "wildcard": "dir/*.png" }] }), json!({ "a": "dir/a/b.png" }), true),
        (json!({ "a": [{ "anything-but": "x" }] }), json!({ "a": "y" }), true),
        (json!({ "a": [{ "anything-but": "x" }] }), json!({ "a": "x" }), false),
        (json!({ "a": [{ "anything-but": "x" }] }), json!({}), false),
        (json!({ "a": [{ "anything-but": [1, 2] }] }), json!({ "a": 2 }), false),
        (json!({ "a": [{ "anything-but": { "prefix": "in" } }] }), json!({ "a": "out" }), true),
        (json!({ "a": [{ "anything-but": { "prefix": ["in", "ou"] } }] }), json!({ "a": "out" }), false),
        (json!({ "a": [{ "anything-but": { "suffix": ".tmp" } }] }), json!({ "a": "a.tmp" }), false),
        (json!({ "a": [{ "anything-but": { "equals-ignore-case": ["A", "b"] } }] }), json!({ "a": "B" }), false),
        (json!({ "a": [{ "anything-but": { "wildcard": "*/lib/*" } }] }), json!({ "a": "x/lib/y" }), false),
        (json!({ "a": [{ "numeric": [">", 0, "<=", 5] }] }), json!({ "a": 5 }), true),
        (json!({ "a": [{ "numeric": [">", 0, "<=", 5] }] }), json!({ "a": 0 }), false),
        (json!({ "a": [{ "numeric": ["=", 3.0] }] }), json!({ "a": 3 }), true),
        (json!({ "a": [{ "numeric": ["<", 10] }] }), json!({ "a": "5" }), false),
        (json!({ "a": [{ "cidr": "10.0.0.0/24" }] }), json!({ "a": "10.0.0.255" }), true),
        (json!({ "a": [{ "cidr": "10.0.0.0/24" }] }), json!({ "a": "10.0.1.0" }), false),
        (json!({ "a": [{ "cidr": "0.0.0.0/0" }] }), json!({ "a": "8.8.8.8" }), true),
        (json!({ "a": [{ "cidr": "2001:db8::/32" }] }), json!({ "a": "2001:db8:1::2" }), true),
        (json!({ "a": [{ "cidr": "10.0.0.0/24" }] }), json!({ "a": "no address" }), false),
        (json!({ "a": [{ "exists": true }] }), json!({ "a": null }), true),
        (json!({ "a": [{ "exists": true }] }), json!({}), false),
        (json!({ "a": [{ "exists": false }] }), json!({ "b": 1 }), true),
        (json!({ "a": [{ "exists": false }] }), json!({ "a": 1 }), false),
        // "Exists" works on leaves only.
        (json!({ "a": [{ "exists": true }] }), json!({ "a": { "b": 1 } }), false),
        (json!({ "a": { "b": [{ "exists": false }] } }), json!({}), true),
        (json!({ "a": [{ "exists": false }, "x"] }), json!({ "a": "x" }), true),
    ]);
}

#[test]
fn alternatives_across_fields() {
    let pattern = json!({ "s": ["x"], "$or": [{ "a": [1] }, { "b": { "c": [{ "numeric": [">", 5] }] } }] });
    check(&[
        (pattern.clone(), json!({ "s": "x", "a": 1 }), true),
        (pattern.clone(), json!({ "s": "x", "b": { "c": 6 } }), true),
        (pattern.clone(), json!({ "s": "x", "a": 2, "b": { "c": 5 } }), false),
        (pattern, json!({ "s": "y", "a": 1 }), false),
        // With anything but objects inside, `$or` is a field like any other.
        (json!({ "$or": ["x"] }), json!({ "$or": "x" }), true),
    ]);
}

#[test]
fn refusals_have_reasons() {
    let mut deep = json!(["x"]);
    for _ in 0..70 {
        deep = json!({ "a": deep });
    }
    let cases = [
        (json!([]), "Filter is not an object"),
        (json!({}), "Empty objects are not allowed"),
        (json!({ "source": "aws.states" }), "\"source\" must be an object or an array"),
        (json!({ "source": [] }), "Empty arrays are not allowed"),
        (json!({ "a": [["x"]] }), "Match value must be String, number, true, false, or null"),
        (json!({ "a": [{ "prefix": "a", "suffix": "b" }] }), "Only one key allowed in match expression"),
        (json!({ "a": [{}] }), "Only one key allowed in match expression"),
        (json!({ "a": [{ "like": "x" }] }), "Unrecognized match type like"),
        (json!({ "a": [{ "prefix": 1 }] }), "prefix match pattern must be a string"),
        (json!({ "a": [{ "exists": "yes" }] }), "exists match pattern must be either true or false."),
        (json!({ "a": [{ "numeric": 5 }] }), "Value of numeric must be an array."),
        (json!({ "a": [{ "numeric": ["~", 5] }] }), "Unrecognized numeric range operator: \"~\""),
        (json!({ "a": [{ "numeric": [">", 5, "<", 5] }] }), "Bottom must be less than top"),
        (json!({ "a": [{ "numeric": ["=", 5, "<", 6] }] }), "Too many elements in numeric expression"),
        (json!({ "a": [{ "cidr": "10.0.0.0" }] }), "Malformed CIDR, one '/' required"),
        (json!({ "a": [{ "cidr": "10.0.0.0/33" }] }), "Malformed CIDR, mask bits must be <= 32"),
        (json!({ "a": [{ "anything-but": [] }] }), "Empty arrays are not allowed"),
        (json!({ "a": [{ "anything-but": null }] }), "Inside anything but list, start|null|boolean is not supported."),
        (json!({ "a": [{ "wildcard": "**" }] }), "Consecutive wildcard characters at pos 0"),
        (json!({ "$or": [{ "a": ["x"] }] }), "There must have at least 2 Objects in $or relationship."),
        (deep, "Event pattern is nested deeper than 64 levels"),
    ];
    for (pattern, reason) in cases {
        let error = Pattern::parse(&pattern).expect_err(reason);
        assert_eq!(error, Error::InvalidPattern(reason.to_owned()), "{pattern}");
        assert!(error.to_string().starts_with("Event pattern is not valid. Reason: "));
    }
    assert!(Pattern::parse_text("{").is_err());
}
