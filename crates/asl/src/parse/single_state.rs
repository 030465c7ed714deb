//! A machine around a single state, so that TestState evaluates what an execution would.

use serde_json::{Map, Value, json};

/// The name AWS gives to the state in its findings (recorded on AWS).
const NAME: &str = "StateName";

/// The state starts the machine; whatever it leads to is a Succeed state, for targets are not checked here.
pub(super) fn machine_around(state: Value) -> Value {
    let mut states = Map::new();
    states.insert(NAME.to_owned(), Value::Null);
    for target in targets(&state) {
        states.entry(target).or_insert_with(|| json!({"Type": "Succeed"}));
    }
    states.insert(NAME.to_owned(), state);
    json!({"StartAt": NAME, "States": states})
}

fn targets(state: &Value) -> Vec<String> {
    let listed = ["Choices", "Catch"].iter().filter_map(|name| state[*name].as_array()).flatten();
    let own = [&state["Next"], &state["Default"]].into_iter();
    let targets = own.chain(listed.map(|entry| &entry["Next"])).filter_map(Value::as_str);
    targets.map(str::to_owned).collect()
}
