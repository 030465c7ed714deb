//! Expressions, paths and intrinsic functions that would run away: each fails its state, soon and within its memory.

use asl::{Data, Definition, EvaluationError, State, StateKind};
use serde_json::json;

use super::support::{pass, with_scope};

/// What may be resident when all of them have run, bytes. The sandboxes of all tests fit.
const MOST_RESIDENT: u64 = 256 << 20;

fn jsonata(source: &str) -> Result<Data, EvaluationError> {
    let state =
        json!({ "Type": "Pass", "QueryLanguage": "JSONata", "Output": format!("{{% {source} %}}"), "End": true });
    let definition = Definition::parse_state(&state.to_string()).unwrap_or_else(|error| panic!("{source}: {error:#?}"));
    let big = json!({ "text": "t".repeat(100_000), "items": (0..10_000).collect::<Vec<_>>() });
    pass(definition.start(), &Data::from_value(big))
}

#[test]
fn jsonata_bombs() {
    let doubling = |growth: &str, start: &str, end: &str| {
        format!("( $f := function($s, $n){{ $n = 0 ? $s : $f({growth}, $n - 1) }}; $x := $f({start}, 40); {end} )")
    };
    let bombs = [
        doubling("$s & $s", "'x'", "$x"),
        doubling("$append($s, $s)", "[1]", "$count($x)"),
        doubling("{'a': $s, 'b': $s}", "1", "$string($x)"),
        doubling("{'a': $s, 'b': $s}", "1", "$x = $f(1, 40)"),
        doubling("{'a': $s, 'b': $s}", "1", "$count($x.**)"),
        doubling("{'a': $s, 'b': $s}", "1", "$x"),
        doubling("$join([$s, $s])", "'x'", "$x"),
        doubling("$replace($s, 'x', 'xx')", "'x'", "$x"),
        "$pad('x', 1000000000)".to_owned(),
        "$pad('x', -1000000000)".to_owned(),
        "$join([1..1000000].$string($states.input.text))".to_owned(),
        "$string([1..1000000].($states.input.text))".to_owned(),
        "$states.input.items.($states.input.items.($states.input.text & 'x'))".to_owned(),
        "$states.input.items.($states.input.text)".to_owned(),
        "$replace($states.input.text, 't', $states.input.text)".to_owned(),
        "$reduce($states.input.items, function($a, $v){ $a & $a }, 'x')".to_owned(),
        "$map([1..10000], function($v){ [1..10000] })".to_owned(),
        "[1..10000000]".to_owned(),
        "( $f := function($n){ $f($n + 1) }; $f(0) )".to_owned(),
        "( $f := function($n){ 1 + $f($n + 1) }; $f(0) )".to_owned(),
        "$match('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', /(a+)+$/)".to_owned(),
        (0..40).fold("( $a := 'x'; ".to_owned(), |text, _| text + "$a := $a & $a; ") + "$a )",
    ];
    for bomb in &bombs {
        let failure = jsonata(bomb).map(|data| data.size()).expect_err(bomb);
        assert_eq!(failure.name(), "States.QueryEvaluationError", "{bomb}: {failure}");
    }
    if let Some(resident) = most_resident() {
        println!("{} bombs: at most {} MiB were resident", bombs.len(), resident >> 20);
        assert!(resident < MOST_RESIDENT, "{resident} bytes were resident");
    }
}

/// The peak of this process, where the system tells.
fn most_resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? << 10)
}

/// What expressions do in earnest stays within the bounds.
#[test]
fn honest_expressions() {
    let honest = [
        ("$count($map($states.input.items, function($v){ {'id': $v, 'text': 'item ' & $v} }))", json!(10_000)),
        ("$sum($filter($states.input.items, function($v){ $v % 2 = 0 }))", json!(24_995_000)),
        ("$reduce($states.input.items, function($sum, $v){ $sum + $v })", json!(49_995_000)),
        ("$length($states.input.text & $states.input.text)", json!(200_000)),
        ("$count($states.input.items[$ > 5000])", json!(4_999)),
        ("( $f := function($n){ $n = 0 ? 'done' : $f($n - 1) }; $f(10000) )", json!("done")),
        ("$states.input.items[0].{'n': $}", json!({ "n": 0 })),
    ];
    for (source, expected) in honest {
        let found = jsonata(source).unwrap_or_else(|failure| panic!("{source}: {failure}"));
        assert_eq!(found.value(), &expected, "{source}");
    }
}

/// A runtime that hit a bound leaves nothing behind, and no expression reaches what the others see.
#[test]
fn nothing_is_left_behind() {
    assert!(jsonata("$pad('x', 1000000000)").is_err());
    let constructor = "( $o := $reduce([1], function($a, $v){ $a }, {}); $exists($o.constructor) )";
    assert_eq!(jsonata(constructor).unwrap().value(), &json!(false));
    assert_eq!(jsonata("( $f := function($x){ $x + 1 }; $f(1) )").unwrap().value(), &json!(2));
}

fn parameters(expression: &str, input: &Data) -> Result<Data, EvaluationError> {
    let state = json!({ "Type": "Pass", "Parameters": { "v.$": expression }, "End": true });
    let definition =
        Definition::parse_state(&state.to_string()).unwrap_or_else(|error| panic!("{expression}: {error:#?}"));
    let start: &State = definition.start();
    assert!(matches!(start.kind, StateKind::Pass { .. }));
    with_scope(input, |scope| start.arguments.as_ref().expect("Parameters").evaluate(scope))
}

#[test]
fn intrinsic_bombs() {
    let input = Data::from_value(json!({
        "text": "t".repeat(250_000), "commas": ",a".repeat(125_000), "items": (0..50_000).collect::<Vec<_>>(),
    }));
    let nested = (0..9).fold("$.text".to_owned(), |inner, _| format!("States.Format('{}', {inner})", "{}"));
    let array = format!("States.Array({})", vec!["$.text"; 10_000].join(", "));
    for (call, refused) in [
        ("States.ArrayRange(1, 100000000, 1)", true),
        ("States.ArrayRange(1, 2, 0)", true),
        ("States.ArrayRange(-2147483648, 2147483647, 1)", true),
        ("States.ArrayPartition($.items, 0)", true),
        ("States.ArrayPartition($.items, -5)", true),
        ("States.ArrayGetItem($.items, 50000)", true),
        ("States.Base64Encode($.text)", true),
        ("States.Hash($.text, 'SHA-256')", true),
        ("States.MathAdd(1e300, 1)", true),
        ("States.StringSplit($.commas, ',')", false),
        ("States.ArrayUnique($.items)", false),
        ("States.ArrayContains($.items, 49999)", false),
        (nested.as_str(), false),
        (array.as_str(), true),
    ] {
        let found = parameters(call, &input);
        assert_eq!(found.is_err(), refused, "{call}: {found:.200?}");
        assert!(found.is_err() || found.is_ok_and(|data| data.size() < 2_000_000), "{call}");
    }
}

/// Each leaf may copy the whole input.
#[test]
fn template_bombs() {
    let members: serde_json::Map<String, serde_json::Value> =
        (0..20_000).map(|number| (format!("m{number}.$"), "$".into())).collect();
    let state = json!({ "Type": "Pass", "Parameters": members, "End": true });
    let definition = Definition::parse_state(&state.to_string()).expect("a definition");
    let template = definition.start().arguments.as_ref().expect("Parameters");
    let input = Data::from_value(json!("i".repeat(250_000)));
    let failure = with_scope(&input, |scope| template.evaluate(scope)).expect_err("5 GB");
    assert_eq!(failure.name(), "States.Runtime");
}

#[test]
fn path_bombs() {
    let deep = (0..100).fold(json!("leaf"), |inner, level| json!({ "a": inner, "b": [level] }));
    let wide = json!({ "items": (0..20_000).map(|n| json!({ "n": n, "tags": ["x", "y"] })).collect::<Vec<_>>() });
    let (deep, wide) = (Data::from_value(deep), Data::from_value(wide));
    for (path, input) in [
        ("$..*", &deep),
        ("$..a..a..a..a..b", &deep),
        ("$..*..*..*..*..*..*", &deep),
        ("$..*..*..*", &wide),
        ("$.items[?(@.n > 10 && @.tags[0] == 'x')]", &wide),
        ("$.items[*].tags[*]", &wide),
        ("$..[?(@..n)]", &wide),
        ("$.items[?(@.n in $.items[*].n)]", &wide),
        ("$..[?(@..[?(@..[?(@..n)])])]", &wide),
    ] {
        match parameters(path, input) {
            Ok(found) => assert!(found.size() < 64 << 20, "{path}: {}", found.size()),
            Err(failure) => assert_eq!(failure.name(), "States.Runtime", "{path}: {failure:.200}"),
        }
    }
}
