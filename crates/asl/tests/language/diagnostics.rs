//! `cases/diagnostics.json`: definitions, with what is found wrong and where. Texts marked `recorded` are AWS's own.

use asl::Definition;
use serde_json::Value;

#[test]
fn diagnostics() {
    let cases: Value = serde_json::from_str(include_str!("cases/diagnostics.json")).unwrap();
    for case in cases.as_array().unwrap() {
        let definition = &case["definition"];
        let text = definition.as_str().map_or_else(|| definition.to_string(), str::to_owned);
        let found = Definition::parse(&text).expect_err(&text);
        let printed: Vec<String> = found.iter().map(|diagnostic| diagnostic.to_string()).collect();
        assert_eq!(Value::from(printed), case["finds"], "{text}");
        if let Some(line) = case["line"].as_u64() {
            assert_eq!(u64::from(found[0].line), line, "{text}");
            assert_eq!(Some(u64::from(found[0].column)), case["column"].as_u64(), "{text}");
        }
    }
}

#[test]
fn depth_and_size_are_bounded() {
    for text in ["[".repeat(500_000), "{\"a\":".repeat(200_000), format!("{{\"Comment\":\"{}\"}}", "x".repeat(1 << 20))]
    {
        assert_eq!(Definition::parse(&text).expect_err("refused").len(), 1);
    }
}

/// A state alone leads anywhere, and what is wrong with it is found at `/States/StateName`.
#[test]
fn single_states() {
    let choice = r#"{"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "X"}], "Default": "Y"}"#;
    let definition = Definition::parse_state(choice).expect("targets are not checked");
    assert_eq!(definition.start().type_name(), "Choice");
    assert!(definition.state_named("X").is_some() && definition.state_named("Y").is_some());

    let parallel = Definition::parse_state(r#"{"Type": "Parallel", "Branches": [], "End": true}"#).expect_err("empty");
    let expected = "SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/StateName/Branches";
    assert_eq!(parallel[0].to_string(), expected);
}

/// Hostile definitions: many findings, long names, deep expressions. Each is refused, quickly and without a panic.
#[test]
fn hostile_definitions() {
    let many: Vec<String> = (0..20_000).map(|number| format!("\"S{number}\": {{\"Type\": \"Nap\"}}")).collect();
    let many = format!("{{\"StartAt\": \"S0\", \"States\": {{{}}}}}", many.join(","));
    assert_eq!(Definition::parse(&many).expect_err("refused").len(), 101);

    let expression = |source: &str| {
        let state =
            format!(r#"{{"Type": "Pass", "QueryLanguage": "JSONata", "End": true, "Output": "{{% {source} %}}"}}"#);
        Definition::parse_state(&state)
    };
    for opening in ["(", "[", "-", "a[", "{'a':"] {
        assert!(expression(&opening.repeat(100_000)).is_err(), "{opening}");
    }
    for (opening, closing) in [("(", ")"), ("[", "]"), ("$not(", ")")] {
        let source = format!("{}1{}", opening.repeat(50_000), closing.repeat(50_000));
        assert!(expression(&source).is_err(), "{opening}");
    }
}
