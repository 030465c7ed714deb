//! Workflows made by a seed.

use serde_json::{Map, Value, json};

/// A small generator of numbers (Knuth's linear congruence).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

/// A workflow of about this many states with loops, catchers, Choice states and containers.
pub(crate) fn workflow(seed: u64, states: usize) -> String {
    machine(&mut Numbers(seed), states, "S", 0).to_string()
}

fn machine(numbers: &mut Numbers, count: usize, prefix: &str, depth: usize) -> Value {
    let name = |index: usize| format!("{prefix}{index}");
    let mut states = Map::new();
    for index in 0..count {
        let any = |numbers: &mut Numbers| name(numbers.below(count));
        // Each state leads to the next, so that all are reached.
        let next = (index + 1 < count).then(|| name(index + 1));
        let mut state = match (numbers.below(6), &next) {
            (0, Some(next)) => json!({ "Type": "Choice", "Default": next, "Choices": [
                { "Variable": "$.a", "NumericLessThan": index, "Next": any(numbers) },
                { "Variable": "$.b", "IsPresent": true, "Next": any(numbers) },
            ]}),
            (1, _) if depth < 2 => {
                let inner = 1 + numbers.below(4);
                let processor = machine(numbers, inner, &format!("{}.", name(index)), depth + 1);
                json!({ "Type": "Map", "ItemProcessor": processor })
            }
            (2, _) if depth < 2 => {
                let branch = |side: usize, numbers: &mut Numbers| {
                    let inner = 1 + numbers.below(3);
                    machine(numbers, inner, &format!("{}/{side}.", name(index)), depth + 1)
                };
                json!({ "Type": "Parallel", "Branches": [branch(0, numbers), branch(1, numbers)] })
            }
            _ => json!({ "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage" }),
        };
        if state["Type"] != "Choice" {
            match next {
                Some(next) => state["Next"] = next.into(),
                None => state["End"] = true.into(),
            }
            if state["Type"] != "Choice" && numbers.below(2) == 0 {
                state["Catch"] = json!([{ "ErrorEquals": ["States.ALL"], "Next": any(numbers) }]);
            }
        }
        states.insert(name(index), state);
    }
    json!({ "StartAt": name(0), "States": states })
}

/// One state after the other.
pub(crate) fn chain(count: usize) -> String {
    let states = (0..count).map(|index| {
        let mut state = json!({ "Type": "Pass" });
        if index + 1 < count {
            state["Next"] = format!("S{}", index + 1).into();
        } else {
            state["End"] = true.into();
        }
        (format!("S{index}"), state)
    });
    json!({ "StartAt": "S0", "States": states.collect::<Map<_, _>>() }).to_string()
}

/// Every state leads to every other.
pub(crate) fn everywhere(count: usize) -> String {
    let states = (0..count).map(|index| {
        let rules: Vec<Value> =
            (0..count).map(|to| json!({ "Variable": "$.a", "NumericEquals": to, "Next": format!("S{to}") })).collect();
        (format!("S{index}"), json!({ "Type": "Choice", "Choices": rules }))
    });
    json!({ "StartAt": "S0", "States": states.collect::<Map<_, _>>() }).to_string()
}
