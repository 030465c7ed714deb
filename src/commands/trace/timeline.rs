//! A request as lines of text: what began when, and how long it took.
//!
//! ```text
//! mutation PlaceOrder  200  8.41 ms  API_KEY  5c0f...
//!       0.31 ms  placeOrder  Mutation.placeOrder  7.90 ms
//!       0.32 ms    before  0.21 ms
//!       0.55 ms    putOrder
//!       0.56 ms      request  0.18 ms
//!       0.75 ms      PutItem  orders (AMAZON_DYNAMODB stepwell-orders)  4.02 ms
//! ```

use std::fmt::Write as _;

use serde_json::Value;

/// Longest value on a line, characters.
const VALUE_CHARACTERS: usize = 200;
/// Resolvers below resolvers that are indented; what is deeper stands as deep.
const INDENTED: usize = 40;

/// The lines, with the values of arguments, requests and answers where `values`.
pub(super) fn timeline(request: &Value, values: bool) -> String {
    let mut lines = Lines { text: String::new(), values };
    lines.head(request);
    let fields = request["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
    // Depth first; a parent comes before its children in the list.
    let mut open: Vec<(&Value, usize)> = children(fields, None).map(|field| (field, 0)).collect();
    open.reverse();
    while let Some((field, depth)) = open.pop() {
        lines.field(field, depth.min(INDENTED));
        let below = children(fields, field["number"].as_u64()).map(|child| (child, depth + 1));
        let at = open.len();
        open.extend(below);
        open[at..].reverse();
    }
    lines.foot(request, fields.len());
    lines.text
}

fn children(fields: &[Value], parent: Option<u64>) -> impl Iterator<Item = &Value> {
    fields.iter().filter(move |field| field["parent"].as_u64() == parent)
}

struct Lines {
    text: String,
    values: bool,
}

impl Lines {
    fn head(&mut self, request: &Value) {
        let kind = text(&request["operationType"]).unwrap_or("request").to_lowercase();
        let name = text(&request["operationName"]).unwrap_or_default();
        let (status, took) = (&request["status"], millis(&request["micros"]));
        let who = [&request["authorizationMode"], &request["username"]].map(|value| text(value).unwrap_or_default());
        let parts =
            [kind.as_str(), name, &status.to_string(), &took, who[0], who[1], text(&request["id"]).unwrap_or_default()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let _ = writeln!(self.text, "{}", parts.join("  "));
        if self.values && !request["variables"].is_null() {
            self.note(0, &format!("variables {}", short(&request["variables"])));
        }
        if request["cacheHit"] == true {
            self.note(0, "the answer was cached");
        }
        if request["cancelled"] == true {
            self.note(0, "the client hung up");
        }
    }

    fn foot(&mut self, request: &Value, shown: usize) {
        let resolvers = request["resolvers"].as_u64().unwrap_or_default();
        let more = resolvers.saturating_sub(shown as u64);
        if more > 0 {
            self.note(0, &format!("... and {more} more"));
        }
        for published in request["published"].as_array().into_iter().flatten() {
            let field = text(&published["field"]).unwrap_or_default();
            self.note(0, &format!("published to {} subscribers of {field}", published["subscribers"]));
        }
        for error in request["errors"].as_array().into_iter().flatten() {
            let kind = text(&error["errorType"]).map(|kind| format!("{kind}: ")).unwrap_or_default();
            self.note(0, &format!("error {kind}{}", text(&error["message"]).unwrap_or_default()));
        }
    }

    fn field(&mut self, field: &Value, depth: usize) {
        let name = |key: &str| text(&field[key]).unwrap_or_default();
        let cached = if field["cacheHit"] == true { "  (cached)" } else { "" };
        let label = format!("{}  {}.{}{cached}", name("path"), name("typeName"), name("fieldName"));
        self.line(&field["startMicros"], depth, &label, &field["micros"]);
        if self.values && !field["arguments"].is_null() {
            self.note(depth + 1, &format!("arguments {}", short(&field["arguments"])));
        }
        self.handler("before", &field["before"], depth + 1);
        for step in field["steps"].as_array().into_iter().flatten() {
            self.step(step, depth + 1);
        }
        self.handler("after", &field["after"], depth + 1);
        for arn in field["executionArns"].as_array().into_iter().flatten() {
            self.note(depth + 1, &format!("started {}", text(arn).unwrap_or_default()));
        }
        self.error("failed", &field["error"], depth + 1);
    }

    fn step(&mut self, step: &Value, depth: usize) {
        let start = [&step["before"], &step["call"], &step["after"]].map(|part| &part["startMicros"]);
        let start = start.into_iter().find(|start| !start.is_null()).unwrap_or(&Value::Null);
        self.line(start, depth, text(&step["name"]).unwrap_or_default(), &Value::Null);
        self.handler("request", &step["before"], depth + 1);
        let (call, source) = (&step["call"], &step["dataSource"]);
        if !call.is_null() {
            let target = [&source["type"], &source["target"]].map(|value| text(value).unwrap_or_default()).join(" ");
            let batch = call["batchSize"].as_u64().map(|size| format!("  (batch of {size})")).unwrap_or_default();
            let (operation, name) =
                (text(&call["operation"]).unwrap_or_default(), text(&source["name"]).unwrap_or_default());
            let label = format!("{operation}  {name} ({}){batch}", target.trim_end());
            self.line(&call["startMicros"], depth + 1, label.trim_start(), &call["micros"]);
            if self.values && !call["response"].is_null() {
                self.note(depth + 2, &short(&call["response"]));
            }
            self.error("failed", &call["error"], depth + 2);
        }
        self.handler("response", &step["after"], depth + 1);
    }

    fn handler(&mut self, label: &str, handler: &Value, depth: usize) {
        if handler.is_null() {
            return;
        }
        let end = match text(&handler["end"]) {
            Some("EARLY_RETURN") => " (early return)",
            Some("UNAUTHORIZED") => " (unauthorized)",
            _ => "",
        };
        self.line(&handler["startMicros"], depth, &format!("{label}{end}"), &handler["micros"]);
        if self.values && !handler["evaluated"].is_null() {
            self.note(depth + 1, &short(&handler["evaluated"]));
        }
        for line in handler["logs"].as_array().into_iter().flatten() {
            self.note(depth + 1, &format!("log {}", text(line).unwrap_or_default()));
        }
        for error in handler["appended"].as_array().into_iter().flatten() {
            self.error("appended", error, depth + 1);
        }
        self.error("raised", &handler["raised"], depth + 1);
    }

    fn error(&mut self, label: &str, error: &Value, depth: usize) {
        if !error.is_null() {
            let kind = text(&error["errorType"]).map(|kind| format!("{kind}: ")).unwrap_or_default();
            self.note(depth, &format!("{label} {kind}{}", text(&error["message"]).unwrap_or_default()));
        }
    }

    fn line(&mut self, start: &Value, depth: usize, label: &str, took: &Value) {
        let took = if took.is_null() { String::new() } else { format!("  {}", millis(took)) };
        let _ = writeln!(self.text, "{:>12}  {:indent$}{label}{took}", millis(start), "", indent = depth * 2);
    }

    /// A line without a time of its own.
    fn note(&mut self, depth: usize, note: &str) {
        let _ = writeln!(self.text, "{:>12}  {:indent$}{note}", "", "", indent = depth * 2);
    }
}

fn text(value: &Value) -> Option<&str> {
    value.as_str()
}

fn millis(micros: &Value) -> String {
    micros.as_f64().map(|micros| format!("{:.2} ms", micros / 1000.0)).unwrap_or_default()
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(VALUE_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request() -> Value {
        let handler =
            |start: u64| json!({ "startMicros": start, "micros": 100, "end": "RETURNED", "logs": [], "appended": [] });
        let source = json!({ "name": "table", "type": "AMAZON_DYNAMODB", "target": "orders" });
        let call = json!({ "operation": "GetItem", "startMicros": 400, "micros": 2_500, "response": { "id": 1 } });
        let step = json!({ "name": "Query.order", "dataSource": source, "before": handler(300), "call": call, "after": handler(2_900) });
        let below = json!({
            "number": 1, "parent": 0, "path": "order.items[0].sku", "typeName": "Item", "fieldName": "sku",
            "startMicros": 3_100, "micros": 50, "steps": [], "error": { "message": "no", "errorType": "E" },
        });
        let top = json!({
            "number": 0, "parent": null, "path": "order", "typeName": "Query", "fieldName": "order", "startMicros": 290,
            "micros": 2_800, "arguments": { "id": "7" }, "steps": [step],
        });
        json!({
            "id": "r-1", "operationType": "QUERY", "operationName": "Q", "status": 200, "micros": 3_300,
            "authorizationMode": "API_KEY", "resolvers": 3, "fields": [top, below],
            "errors": [{ "message": "no", "errorType": "E" }],
        })
    }

    #[test]
    fn a_request_is_a_timeline() {
        let expected = "\
query  Q  200  3.30 ms  API_KEY  r-1
     0.29 ms  order  Query.order  2.80 ms
     0.30 ms    Query.order
     0.30 ms      request  0.10 ms
     0.40 ms      GetItem  table (AMAZON_DYNAMODB orders)  2.50 ms
     2.90 ms      response  0.10 ms
     3.10 ms    order.items[0].sku  Item.sku  0.05 ms
                  failed E: no
              ... and 1 more
              error E: no
";
        assert_eq!(timeline(&request(), false), expected);
    }

    #[test]
    fn values_stand_below_what_has_them() {
        let lines = timeline(&request(), true);
        assert!(lines.contains("order  Query.order  2.80 ms\n                arguments {\"id\":\"7\"}\n"), "{lines}");
        assert!(lines.contains("2.50 ms\n                    {\"id\":1}\n"), "{lines}");
    }
}
