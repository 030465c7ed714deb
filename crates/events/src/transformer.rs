//! Input transformers: variables taken from the event, put into a template. See "Amazon EventBridge input
//! transformation" of the user guide.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::Value;

use crate::{Error, Event, json_path::JsonPath};

/// The most variables and the longest template that EventBridge takes.
const MAX_VARIABLES: usize = 100;
const MAX_TEMPLATE_BYTES: usize = 8192;

const RULE_ARN: &str = "aws.events.rule-arn";
const RULE_NAME: &str = "aws.events.rule-name";
const INGESTION_TIME: &str = "aws.events.event.ingestion-time";
const EVENT: &str = "aws.events.event";
const EVENT_JSON: &str = "aws.events.event.json";
const RESERVED: [&str; 5] = [RULE_ARN, RULE_NAME, INGESTION_TIME, EVENT, EVENT_JSON];

/// A compiled input transformer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Transformer {
    paths: BTreeMap<String, JsonPath>,
    parts: Vec<Part>,
    /// The template is JSON; otherwise its text is the input.
    json: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Literal(String),
    /// A variable, and whether it stands inside a string of the template.
    Variable(String, bool),
}

/// What a template can name beside its own variables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    pub(crate) rule_arn: &'a str,
    pub(crate) rule_name: &'a str,
    pub(crate) ingestion_time: &'a str,
}

impl Transformer {
    pub(crate) fn compile(target: &str, paths: &BTreeMap<String, String>, template: &str) -> Result<Self, Error> {
        if paths.len() > MAX_VARIABLES || template.len() > MAX_TEMPLATE_BYTES || template.trim().is_empty() {
            let bounds = format!("{MAX_VARIABLES} variables and a template of 1 to {MAX_TEMPLATE_BYTES} bytes");
            return Err(Error::Invalid(format!("InputTransformer for target {target} must have at most {bounds}.")));
        }
        let json = template.trim_start().starts_with(['{', '[', '"', '<']) && !is_plain_text(template);
        let parts = split(template, json);
        for part in &parts {
            if let Part::Variable(name, _) = part
                && !paths.contains_key(name)
                && !RESERVED.contains(&name.as_str())
            {
                return Err(Error::Invalid(format!(
                    "InputTemplate for target {target} contains invalid placeholder {name}."
                )));
            }
        }
        if let Some(name) = paths.keys().find(|name| name.to_ascii_lowercase().starts_with("aws.")) {
            return Err(Error::Invalid(format!("InputPathsMap for target {target} has the reserved key {name}.")));
        }
        let paths = paths
            .iter()
            .map(|(name, path)| Ok((name.clone(), JsonPath::parse(path)?)))
            .collect::<Result<_, Error>>()?;
        Ok(Self { paths, parts, json })
    }

    /// The target's input. A template that gives no valid JSON, for example because a variable outside of quotes is
    /// absent from the event, is an error: the target cannot be invoked.
    pub(crate) fn apply(&self, event: &Event, json: &Value, around: Surroundings<'_>) -> Result<Value, String> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Variable(name, quoted) => {
                    if let Some(value) = self.value_of(name, event, json, around) {
                        text.push_str(&rendered(&value, *quoted, self.json));
                    }
                }
            }
        }
        match self.json {
            true => {
                serde_json::from_str(&text).map_err(|error| format!("the input is not valid JSON: {error}: {text}"))
            }
            false => Ok(Value::String(text)),
        }
    }

    fn value_of(&self, name: &str, event: &Event, json: &Value, around: Surroundings<'_>) -> Option<Value> {
        match name {
            RULE_ARN => Some(around.rule_arn.into()),
            RULE_NAME => Some(around.rule_name.into()),
            INGESTION_TIME => Some(around.ingestion_time.into()),
            EVENT_JSON => Some(json.clone()),
            EVENT => {
                let mut without_detail = event.to_json();
                without_detail.as_object_mut()?.shift_remove("detail");
                Some(without_detail)
            }
            _ => self.paths.get(name)?.find(json),
        }
    }
}

/// Text that begins with a variable but is not JSON, such as `<instance> is in state <status>`.
fn is_plain_text(template: &str) -> bool {
    let trial: String = split(template, true)
        .iter()
        .map(|part| match part {
            Part::Literal(literal) => literal.as_str(),
            Part::Variable(_, true) => "",
            Part::Variable(_, false) => "null",
        })
        .collect();
    template.trim_start().starts_with('<') && serde_json::from_str::<serde::de::IgnoredAny>(&trial).is_err()
}

/// Cuts a template at its `<variable>`s. What merely looks like one (`<`, then a space) stays text.
fn split(template: &str, json: bool) -> Vec<Part> {
    let (mut parts, mut literal) = (Vec::new(), String::new());
    let (mut quoted, mut rest) = (false, template);
    while let Some(character) = rest.chars().next() {
        if character == '<'
            && let Some((name, after)) = rest[1..].split_once('>')
            && is_name(name)
        {
            parts.push(Part::Literal(std::mem::take(&mut literal)));
            parts.push(Part::Variable(name.to_owned(), quoted));
            rest = after;
            continue;
        }
        let mut taken = character.len_utf8();
        if json && character == '"' {
            quoted = !quoted;
        } else if json && quoted && character == '\\' {
            taken += rest[1..].chars().next().map_or(0, char::len_utf8);
        }
        literal.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    parts.push(Part::Literal(literal));
    parts
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// Outside of quotes a value is JSON; inside it is text.
// AWS differs: it does not escape what it puts inside of quotes, so that a quote in a value breaks the input there.
fn rendered(value: &Value, quoted: bool, json: bool) -> Cow<'_, str> {
    match value {
        Value::String(text) if !json => Cow::Borrowed(text),
        Value::String(text) if quoted => inside_quotes(text).into(),
        value if quoted => inside_quotes(&value.to_string()).into(),
        value => value.to_string().into(),
    }
}

fn inside_quotes(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event() -> Event {
        serde_json::from_value(json!({
            "version": "0", "id": "7bf73129", "detail-type": "EC2 Instance State-change Notification",
            "source": "aws.ec2", "account": "123456789012", "time": "2015-11-11T21:29:54Z", "region": "us-east-1",
            "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],
            "detail": { "instance-id": "i-0123456789", "state": "RUNNING", "n": 5, "quote": "say \"hi\"", "none": null }
        }))
        .expect("an event")
    }

    fn apply(template: &str) -> Result<Value, String> {
        let paths = [
            ("instance", "$.detail.instance-id"),
            ("state", "$.detail.state"),
            ("n", "$.detail.n"),
            ("quote", "$.detail.quote"),
            ("none", "$.detail.none"),
            ("absent", "$.detail.absent"),
            ("resources", "$.resources"),
        ];
        let paths = paths.map(|(name, path)| (name.to_owned(), path.to_owned())).into();
        let transformer = Transformer::compile("1", &paths, template).map_err(|error| error.to_string())?;
        let around = Surroundings { rule_arn: "arn:rule", rule_name: "rule", ingestion_time: "2015-11-11T21:29:55Z" };
        transformer.apply(&event(), &event().to_json(), around)
    }

    #[test]
    fn templates_of_the_user_guide() {
        let mut without_detail = event().to_json();
        without_detail.as_object_mut().expect("an object").remove("detail");
        let cases = [
            (r#""<instance> is in state <state>""#, json!("i-0123456789 is in state RUNNING")),
            (r#""<instance> is in state \"<state>\"""#, json!(r#"i-0123456789 is in state "RUNNING""#)),
            (
                r#"{"instance": <instance>, "state": "<state>"}"#,
                json!({ "instance": "i-0123456789", "state": "RUNNING" }),
            ),
            (
                r#"{"s": "instance \"<instance>\" is in <state>"}"#,
                json!({ "s": "instance \"i-0123456789\" is in RUNNING" }),
            ),
            (r#"{"state": [9, <state>, true], "n": <n>}"#, json!({ "state": [9, "RUNNING", true], "n": 5 })),
            (r#"{"n": "<n>", "r": <resources>}"#, json!({ "n": "5", "r": event().resources })),
            (
                r#"{"arn": <aws.events.rule-arn>, "name": "<aws.events.rule-name>"}"#,
                json!({ "arn": "arn:rule", "name": "rule" }),
            ),
            (r#"{"e": <aws.events.event>}"#, json!({ "e": without_detail })),
            ("<aws.events.event.json>", event().to_json()),
            (r#"{"t": <aws.events.event.ingestion-time>}"#, json!({ "t": "2015-11-11T21:29:55Z" })),
            (r#"{"x": "<absent>", "none": <none>}"#, json!({ "x": "", "none": null })),
            (r#"{"q": <quote>, "t": "<quote>"}"#, json!({ "q": "say \"hi\"", "t": "say \"hi\"" })),
            ("<instance> is in state <state>", json!("i-0123456789 is in state RUNNING")),
            ("it says <quote>, a < b", json!("it says say \"hi\", a < b")),
            (r#"{"a": "1 < 2 > 0"}"#, json!({ "a": "1 < 2 > 0" })),
        ];
        for (template, input) in cases {
            assert_eq!(apply(template), Ok(input), "{template}");
        }
    }

    #[test]
    fn what_cannot_be_an_input_is_refused() {
        let cases = [
            (r#"{"x": <absent>}"#, "the input is not valid JSON"),
            (r#"{"x": <unknown>}"#, "InputTemplate for target 1 contains invalid placeholder unknown."),
            (r#"{"x": "<state>""#, "the input is not valid JSON"),
            ("", "InputTransformer for target 1 must have at most 100 variables"),
        ];
        for (template, reason) in cases {
            let error = apply(template).expect_err(template);
            assert!(error.starts_with(reason), "{template}: {error}");
        }
        let reserved = BTreeMap::from([("AWS.x".to_owned(), "$".to_owned())]);
        assert!(Transformer::compile("1", &reserved, "x").is_err());
    }
}
