//! What AppSync does when a condition fails (developer guide, "Handling a condition check failure").

use aws_protocol::ServiceError;
use serde_json::{Map, Value, json};

use super::{
    DynamoDb,
    attribute::{plain_map, with_numbers},
    expression::Input,
    failure, given,
};
use crate::data_source::{Call, Failure, lambda::Lambda};

/// The operation whose condition failed.
pub(super) enum Attempt {
    /// With the item as it would have been.
    Put(Value),
    Update,
    Delete,
}

impl DynamoDb {
    /// Reads the current item: if the table is already as the attempt wanted it, that is a success; otherwise the
    /// condition's strategy says what comes next.
    pub(super) async fn condition_failed(
        &self,
        call: &Call<'_>,
        request: &Map<String, Value>,
        error: ServiceError,
        key: Map<String, Value>,
        attempt: Attempt,
    ) -> Result<Value, Failure> {
        if error.code != "ConditionalCheckFailedException" {
            return Err(failure(call, &error, Value::Null));
        }
        let condition = given(request, "condition").and_then(Value::as_object);
        let current = self.current(call, condition, key).await?;
        let plain = current.as_ref().map_or(Value::Null, plain_map);
        match attempt {
            Attempt::Put(item) if current.is_some() && same(&plain, &item, condition) => return Ok(plain),
            Attempt::Delete if current.is_none() => return Ok(Value::Null),
            _ => {}
        }
        match self.decide(call, request, current.as_ref()).await? {
            Action::Reject => Err(failure(call, &error, plain)),
            Action::Discard => Ok(plain),
            // Its condition has no handler, so that it ends here at the latest.
            Action::Retry(request) => Box::pin(self.perform(call, &request)).await,
        }
    }

    /// What the condition's strategy makes of an item for which the condition does not hold.
    pub(super) async fn decide(
        &self,
        call: &Call<'_>,
        request: &Map<String, Value>,
        current: Option<&Map<String, Value>>,
    ) -> Result<Action, Failure> {
        match strategy(given(request, "condition").and_then(Value::as_object))? {
            Strategy::Reject => Ok(Action::Reject),
            Strategy::Custom { function_arn } => self.ask(call, request, current, function_arn).await,
        }
    }

    /// Asks the condition's function what to do.
    async fn ask(
        &self,
        call: &Call<'_>,
        request: &Map<String, Value>,
        current: Option<&Map<String, Value>>,
        function_arn: &str,
    ) -> Result<Action, Failure> {
        let event = json!({
            "arguments": call.arguments,
            "requestMapping": request,
            // Numbers are numbers, as in the developer guide's example.
            "currentValue": current.map(with_numbers),
            "resolver": {
                "tableName": self.table,
                "awsRegion": self.region,
                "parentType": call.parent_type,
                "field": call.field,
                "outputType": call.output_type,
            },
            "identity": call.identity,
        });
        let function = Lambda { remote: self.remote.clone(), function_arn: function_arn.to_owned() };
        let answer = function.ask(call, event).await?;
        match (answer["action"].as_str(), &answer["retryMapping"]) {
            (Some("reject"), _) => Ok(Action::Reject),
            (Some("discard"), _) => Ok(Action::Discard),
            (Some("retry"), Value::Object(mapping)) => Ok(Action::Retry(retry(request, mapping))),
            _ => {
                let message = "The function of a condition check failure answered neither reject, discard nor retry.";
                Err(Failure::Document(message.to_owned()))
            }
        }
    }

    async fn current(
        &self,
        call: &Call<'_>,
        condition: Option<&Map<String, Value>>,
        key: Map<String, Value>,
    ) -> Result<Option<Map<String, Value>>, Failure> {
        let mut input = Input::on(&self.table);
        input.set("Key", key);
        let consistent = condition.and_then(|condition| given(condition, "consistentRead")).and_then(Value::as_bool);
        input.set("ConsistentRead", consistent.unwrap_or(true));
        match self.send("GetItem", input.finish()).await {
            Ok(answer) => Ok(answer.get("Item").and_then(Value::as_object).cloned()),
            Err(error) => Err(failure(call, &error, Value::Null)),
        }
    }
}

/// `conditionalCheckFailedHandler`.
enum Strategy<'a> {
    Reject,
    Custom { function_arn: &'a str },
}

/// What becomes of a mutation whose condition failed: it is rejected, or the function of a `Custom` handler decides.
pub(super) enum Action {
    Reject,
    /// Without an error.
    Discard,
    /// With another request.
    Retry(Map<String, Value>),
}

fn strategy(condition: Option<&Map<String, Value>>) -> Result<Strategy<'_>, Failure> {
    let handler = condition.and_then(|condition| given(condition, "conditionalCheckFailedHandler"));
    let member = |name: &str| handler.and_then(|handler| handler.get(name)).and_then(Value::as_str);
    match (member("strategy"), member("lambdaArn")) {
        (None | Some("Reject"), _) => Ok(Strategy::Reject),
        (Some("Custom"), Some(function_arn)) => Ok(Strategy::Custom { function_arn }),
        (Some("Custom"), None) => Err(Failure::missing("condition][conditionalCheckFailedHandler][lambdaArn")),
        _ => Err(Failure::invalid("condition][conditionalCheckFailedHandler][strategy")),
    }
}

/// The same operation on the same item, with what the function gives instead.
fn retry(request: &Map<String, Value>, mapping: &Map<String, Value>) -> Map<String, Value> {
    let mut retry = request.clone();
    retry.remove("condition");
    for name in ["attributeValues", "update", "condition"] {
        retry.extend(given(mapping, name).map(|value| (name.to_owned(), value.clone())));
    }
    if let Some(condition) = retry.get_mut("condition").and_then(Value::as_object_mut) {
        condition.remove("conditionalCheckFailedHandler");
    }
    retry
}

/// Whether two items are equal, attributes in `equalsIgnore` left out.
fn same(current: &Value, attempted: &Value, condition: Option<&Map<String, Value>>) -> bool {
    let ignored: Vec<&str> = condition
        .and_then(|condition| given(condition, "equalsIgnore"))
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let rest = |item: &Value| {
        let mut item = item.as_object().cloned().unwrap_or_default();
        item.retain(|name, _| !ignored.contains(&name.as_str()));
        item
    };
    rest(current) == rest(attempted)
}
