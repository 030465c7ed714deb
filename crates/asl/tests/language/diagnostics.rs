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
