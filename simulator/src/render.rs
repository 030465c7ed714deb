//! A generated machine as Amazon States Language, in JSONPath and JSONata.

use serde_json::{Map, Value, json};

use crate::machine::{ACTIVITY, Catcher, Kind, Machine, Node, Retrier, Sequence, Target, Task, arn};

/// The definition of a machine. `machines` are the names of all machines of the seed.
pub(crate) fn definition(machine: &Machine, machines: &[String]) -> String {
    let mut definition = Render { machines }.states_of(&machine.body);
    if machine.jsonata {
        definition["QueryLanguage"] = json!("JSONata");
    }
    if let Some(seconds) = machine.timeout_seconds {
        definition["TimeoutSeconds"] = json!(seconds);
    }
    definition.to_string()
}

struct Render<'a> {
    machines: &'a [String],
}

impl Render<'_> {
    /// `StartAt` and `States` of a machine, branch or iteration.
    fn states_of(&self, sequence: &Sequence) -> Value {
        let mut states = Map::new();
        let start = self.sequence(sequence, None, &mut states);
        json!({ "StartAt": start, "States": states })
    }

    /// Adds the states of a sequence that goes on to `next`; answers the first.
    fn sequence(&self, sequence: &[Node], next: Option<&str>, states: &mut Map<String, Value>) -> String {
        let mut next = next.map(str::to_owned);
        for node in sequence.iter().rev() {
            next = Some(self.node(node, next.as_deref(), states));
        }
        next.expect("sequences are not empty")
    }

    /// Adds the states of a node; answers the first.
    fn node(&self, node: &Node, next: Option<&str>, states: &mut Map<String, Value>) -> String {
        if let Kind::Loop { until, body } = &node.kind {
            return self.repeat(node, *until, body, next, states);
        }
        let mut state = match &node.kind {
            Kind::Choice { at_least, then, otherwise } => {
                let then = self.sequence(then, next, states);
                let otherwise = self.sequence(otherwise, next, states);
                choice(node.jsonata, *at_least, &then, &otherwise)
            }
            kind => self.state(node.jsonata, &node.name, kind),
        };
        self.finish(node, &mut state, next, states);
        states.insert(node.name.clone(), state);
        node.name.clone()
    }

    /// A loop: its body, a state that counts, and one that goes back.
    fn repeat(
        &self,
        node: &Node,
        until: i64,
        body: &Sequence,
        next: Option<&str>,
        states: &mut Map<String, Value>,
    ) -> String {
        let (count, again, after) =
            (format!("{}-count", node.name), format!("{}-again", node.name), format!("{}-after", node.name));
        let first = self.sequence(body, Some(&count), states);
        let mut counting = self.state(node.jsonata, &count, &Kind::Add(1));
        counting["Next"] = json!(again);
        language(node.jsonata, &mut counting);
        states.insert(count, counting);
        let mut deciding = choice(node.jsonata, until, next.unwrap_or(&after), &first);
        language(node.jsonata, &mut deciding);
        states.insert(again, deciding);
        if next.is_none() {
            states.insert(after, json!({ "Type": "Pass", "End": true }));
        }
        first
    }

    /// Adds what every state may have: where it goes, `Retry`, `Catch` and the query language.
    fn finish(&self, node: &Node, state: &mut Value, next: Option<&str>, states: &mut Map<String, Value>) {
        if !matches!(node.kind, Kind::Choice { .. } | Kind::Succeed | Kind::Fail { .. }) {
            match next {
                Some(next) => state["Next"] = json!(next),
                None => state["End"] = json!(true),
            }
        }
        language(node.jsonata, state);
        if !node.retry.is_empty() {
            state["Retry"] = node.retry.iter().map(retrier).collect();
        }
        if !node.catch.is_empty() {
            state["Catch"] = node.catch.iter().map(|catcher| self.catcher(node, catcher, next, states)).collect();
        }
    }

    fn catcher(&self, node: &Node, catcher: &Catcher, next: Option<&str>, states: &mut Map<String, Value>) -> Value {
        let handler = self.sequence(&catcher.handler, next, states);
        let mut rendered = json!({ "ErrorEquals": catcher.errors, "Next": handler });
        if node.jsonata {
            rendered["Output"] = with("r", json!("{% {'Error': $states.errorOutput.Error} %}"));
        } else {
            rendered["ResultPath"] = json!("$.r");
        }
        rendered
    }

    /// The fields of a state's own work.
    fn state(&self, jsonata: bool, name: &str, kind: &Kind) -> Value {
        match (kind, jsonata) {
            (Kind::Add(k), false) => pass_path("n.$", json!(format!("States.MathAdd($.n, {k})"))),
            (Kind::Add(k), true) => pass_query("n", json!(format!("{{% $states.input.n + {k} %}}"))),
            (Kind::Set(value), false) => json!({ "Type": "Pass", "Result": value, "ResultPath": "$.r" }),
            (Kind::Set(value), true) => pass_query("r", value.clone()),
            (Kind::Remember(variable), false) => {
                json!({ "Type": "Pass", "Assign": { format!("{variable}.$"): "$.n" } })
            }
            (Kind::Remember(variable), true) => {
                json!({ "Type": "Pass", "Assign": { variable: "{% $states.input.n %}" } })
            }
            (Kind::Recall(variable), false) => pass_path("r.$", json!(format!("${variable}"))),
            (Kind::Recall(variable), true) => pass_query("r", json!(format!("{{% ${variable} %}}"))),
            (Kind::Wait(seconds), _) => json!({ "Type": "Wait", "Seconds": seconds }),
            (Kind::Task(task), _) => self.task(jsonata, name, task),
            (Kind::Parallel(branches), _) => {
                let branches: Vec<Value> = branches.iter().map(|branch| self.states_of(branch)).collect();
                with_result(jsonata, json!({ "Type": "Parallel", "Branches": branches }), "$states.result")
            }
            (Kind::Map { distributed, concurrency, inner_items, body }, _) => {
                let mut state = self.map(jsonata, *concurrency, inner_items, body);
                if *distributed {
                    state["ItemProcessor"]["ProcessorConfig"] =
                        json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
                }
                state
            }
            (Kind::Succeed, _) => json!({ "Type": "Succeed" }),
            (Kind::Fail { error, cause }, _) => json!({ "Type": "Fail", "Error": error, "Cause": cause }),
            (Kind::Choice { .. } | Kind::Loop { .. }, _) => unreachable!("rendered by the caller"),
        }
    }

    fn map(&self, jsonata: bool, concurrency: u64, inner_items: &[i64], body: &Sequence) -> Value {
        let mut processor = self.states_of(body);
        processor["ProcessorConfig"] = json!({ "Mode": "INLINE" });
        let mut state = json!({ "Type": "Map", "MaxConcurrency": concurrency, "ItemProcessor": processor });
        if jsonata {
            state["Items"] = json!("{% $states.input.items %}");
            state["ItemSelector"] = json!({ "e": "{% $states.input.e %}",
                "n": "{% $states.context.Map.Item.Value %}", "r": null, "items": inner_items });
        } else {
            state["ItemsPath"] = json!("$.items");
            state["ItemSelector"] =
                json!({ "e.$": "$.e", "n.$": "$$.Map.Item.Value", "r": null, "items": inner_items });
        }
        with_result(jsonata, state, "$states.result")
    }

    fn task(&self, jsonata: bool, name: &str, task: &Task) -> Value {
        let (resource, result) = match &task.target {
            Target::Call => ("arn:aws:states:::aws-sdk:dynamodb:putItem".to_owned(), "$states.result"),
            Target::Token => {
                ("arn:aws:states:::aws-sdk:dynamodb:updateItem.waitForTaskToken".to_owned(), "$states.result")
            }
            Target::Activity => (arn("activity", ACTIVITY), "$states.result"),
            Target::Child { .. } => {
                ("arn:aws:states:::states:startExecution.sync:2".to_owned(), "{'o': $states.result.Output}")
            }
        };
        let mut state = json!({ "Type": "Task", "Resource": resource });
        state[if jsonata { "Arguments" } else { "Parameters" }] = self.parameters(jsonata, name, task);
        if matches!(task.target, Target::Child { .. }) && !jsonata {
            state["ResultSelector"] = json!({ "o.$": "$.Output" });
        }
        for (field, seconds) in [("TimeoutSeconds", task.timeout_seconds), ("HeartbeatSeconds", task.heartbeat_seconds)]
        {
            if let Some(seconds) = seconds {
                state[field] = json!(seconds);
            }
        }
        with_result(jsonata, state, result)
    }

    fn parameters(&self, jsonata: bool, name: &str, task: &Task) -> Value {
        if let Target::Child { machine, items } = &task.target {
            let input = match jsonata {
                true => {
                    json!({ "e": "{% $states.input.e %}", "n": "{% $states.input.n %}", "r": null, "items": items })
                }
                false => json!({ "e.$": "$.e", "n.$": "$.n", "r": null, "items": items }),
            };
            return json!({ "StateMachineArn": arn("stateMachine", &self.machines[*machine]), "Input": input });
        }
        let mut parameters = match jsonata {
            true => json!({ "s": name, "e": "{% $states.input.e %}", "n": "{% $states.input.n %}",
                "k": "{% $states.context.State.RetryCount %}", "x": "{% $states.context.Execution.Id %}" }),
            false => json!({ "s": name, "e.$": "$.e", "n.$": "$.n", "k.$": "$$.State.RetryCount",
                "x.$": "$$.Execution.Id" }),
        };
        match (&task.target, jsonata) {
            (Target::Token, true) => parameters["token"] = json!("{% $states.context.Task.Token %}"),
            (Target::Token, false) => parameters["token.$"] = json!("$$.Task.Token"),
            _ => {}
        }
        parameters
    }
}

fn choice(jsonata: bool, at_least: i64, then: &str, otherwise: &str) -> Value {
    let rule = match jsonata {
        true => json!({ "Condition": format!("{{% $states.input.n >= {at_least} %}}"), "Next": then }),
        false => json!({ "Variable": "$.n", "NumericGreaterThanEquals": at_least, "Next": then }),
    };
    json!({ "Type": "Choice", "Choices": [rule], "Default": otherwise })
}

fn retrier(retrier: &Retrier) -> Value {
    let mut rendered = json!({ "ErrorEquals": retrier.errors, "IntervalSeconds": retrier.interval_seconds,
        "MaxAttempts": retrier.max_attempts, "BackoffRate": retrier.backoff_rate });
    if retrier.jitter {
        rendered["JitterStrategy"] = json!("FULL");
    }
    rendered
}

/// Every state names its language, whatever the machine's is.
fn language(jsonata: bool, state: &mut Value) {
    state["QueryLanguage"] = json!(if jsonata { "JSONata" } else { "JSONPath" });
}

/// Puts the result at `r`.
fn with_result(jsonata: bool, mut state: Value, result: &str) -> Value {
    if jsonata {
        state["Output"] = with("r", json!(format!("{{% {result} %}}")));
    } else {
        state["ResultPath"] = json!("$.r");
    }
    state
}

/// The members of the data, with another value for one (JSONata).
fn with(member: &str, value: Value) -> Value {
    let mut output = json!({ "e": "{% $states.input.e %}", "n": "{% $states.input.n %}",
        "r": "{% $states.input.r %}", "items": "{% $states.input.items %}" });
    output[member] = value;
    output
}

fn pass_query(member: &str, value: Value) -> Value {
    json!({ "Type": "Pass", "Output": with(member, value) })
}

/// The members of the data, with another value for one (JSONPath).
fn pass_path(member: &str, value: Value) -> Value {
    let mut parameters = json!({ "e.$": "$.e", "n.$": "$.n", "r.$": "$.r", "items.$": "$.items" });
    parameters[member] = value;
    json!({ "Type": "Pass", "Parameters": parameters })
}
