//! `PutItem`, `UpdateItem` and `DeleteItem` of a versioned data source.

use aws_protocol::ServiceError;
use serde_json::{Map, Value, json};

use super::{
    Item, Versioned,
    delta::{self, Layout, Moment},
    in_flight::Writing,
    metadata::{self, words},
};
use crate::data_source::{
    Call, Failure,
    dynamodb::{
        attribute::{plain_map, typed_map},
        condition::Action,
        expression::Input,
        failure, given, object,
    },
};

/// Times that one mutation is tried while others change its item in between. AWS's number is not known.
const MOST_ATTEMPTS: usize = 10;

/// One of the three mutations.
pub(super) struct Mutation<'a> {
    pub(super) request: &'a Map<String, Value>,
    pub(super) operation: Operation,
    pub(super) key: Item,
    /// `_version`: the one that the client knows.
    pub(super) version: Option<i64>,
    layout: Layout,
}

pub(super) enum Operation {
    /// With the whole item.
    Put(Item),
    Update,
    Delete,
}

/// What the item is to be, before it gets its new version.
pub(super) enum Wanted {
    Item(Item),
    Tombstone,
}

/// Why a transaction was not committed, other than by a failure.
enum Refused {
    /// The version is another one meanwhile.
    Meanwhile,
    /// The request's own condition does not hold for this item.
    Condition(Option<Item>),
}

impl Versioned {
    pub(super) async fn write(&self, call: &Call<'_>, request: &Map<String, Value>) -> Result<Value, Failure> {
        let mutation = Mutation::parse(request)?;
        for _ in 0..MOST_ATTEMPTS {
            let current = self.current(call, &mutation.key).await?;
            let Some(wanted) = self.wanted(call, &mutation, current.as_ref()).await? else {
                // There is nothing to delete.
                return Ok(Value::Null);
            };
            let writing = self.in_flight.begin(call.clock);
            let item = self.image(wanted, current.as_ref(), &writing);
            match self.commit(call, &mutation, current.as_ref(), &item, writing).await? {
                Ok(()) => return Ok(plain_map(&item)),
                Err(Refused::Meanwhile) => {}
                Err(Refused::Condition(found)) => return self.condition_failed(call, request, found).await,
            }
        }
        let message = "Max retry attempts were reached for conflict resolution.";
        Err(Failure::of_kind("MaxConflicts", message.to_owned()))
    }

    /// The request's own condition does not hold for the item that was `found`. The conflict handler has had its say: the
    /// condition is looked at with the version that it has settled on.
    // The guide describes handlers of conditions and handlers of conflicts, but not the two together: that the conflict's
    // comes first is our reading.
    async fn condition_failed(
        &self,
        call: &Call<'_>,
        request: &Map<String, Value>,
        found: Option<Item>,
    ) -> Result<Value, Failure> {
        let plain = found.as_ref().map_or(Value::Null, plain_map);
        match self.base.decide(call, request, found.as_ref()).await? {
            Action::Reject => Err(condition_failed(call, plain)),
            Action::Discard => Ok(plain),
            // Its condition has no handler, so that it ends here at the latest.
            Action::Retry(request) => Box::pin(self.write(call, &request)).await,
        }
    }

    async fn current(&self, call: &Call<'_>, key: &Item) -> Result<Option<Item>, Failure> {
        let mut input = Input::on(&self.base.table);
        input.set("Key", key.clone());
        input.set("ConsistentRead", true);
        let answer = self.base.send("GetItem", input.finish()).await;
        let mut answer = answer.map_err(|error| failure(call, &error, Value::Null))?;
        match answer.get_mut("Item").map(Value::take) {
            Some(Value::Object(item)) => Ok(Some(item)),
            _ => Ok(None),
        }
    }

    /// What the item is to be: as the mutation says, or as the conflict handler resolves.
    async fn wanted(
        &self,
        call: &Call<'_>,
        mutation: &Mutation<'_>,
        current: Option<&Item>,
    ) -> Result<Option<Wanted>, Failure> {
        if let (Some(handler), Some(current), Some(version)) = (call.conflict_handler, current, mutation.version)
            && version != metadata::version(current)
        {
            return self.resolve(call, handler, mutation, current).await.map(Some);
        }
        match &mutation.operation {
            Operation::Put(item) => Ok(Some(Wanted::Item(item.clone()))),
            Operation::Update => self.preview(call, mutation, current).await.map(Wanted::Item).map(Some),
            Operation::Delete => Ok(current.map(|_| Wanted::Tombstone)),
        }
    }

    /// The item that an update makes of `item`.
    pub(super) async fn preview(
        &self,
        call: &Call<'_>,
        mutation: &Mutation<'_>,
        item: Option<&Item>,
    ) -> Result<Item, Failure> {
        self.rehearse(mutation, item).await?.map_err(|error| failure(call, &error, Value::Null))
    }

    pub(super) async fn rehearse(
        &self,
        mutation: &Mutation<'_>,
        item: Option<&Item>,
    ) -> Result<Result<Item, ServiceError>, Failure> {
        let mut input = mutation.expression("update", "UpdateExpression")?;
        input.set("Key", mutation.key.clone());
        if let Some(item) = item {
            input.set("Item", item.clone());
        }
        let input = Value::Object(input.finish());
        Ok(self.base.remote.call("stepwell:rehearsal", "UpdateItem", input).await.map(
            |mut answer| match answer["Item"].take() {
                Value::Object(item) => item,
                _ => Item::new(),
            },
        ))
    }

    /// The item to be written, metadata and all.
    fn image(&self, wanted: Wanted, current: Option<&Item>, writing: &Writing<'_>) -> Item {
        let previous = current.map_or(0, metadata::version);
        let mut item = match wanted {
            Wanted::Item(item) => item,
            Wanted::Tombstone => {
                let mut item = current.cloned().unwrap_or_default();
                metadata::bury(&mut item, expiry(writing.at, self.settings.base_table_ttl_minutes));
                item
            }
        };
        metadata::stamp(&mut item, previous, writing.at);
        item
    }

    /// Writes the item and the record of its change, both or neither.
    async fn commit(
        &self,
        call: &Call<'_>,
        mutation: &Mutation<'_>,
        current: Option<&Item>,
        item: &Item,
        writing: Writing<'_>,
    ) -> Result<Result<(), Refused>, Failure> {
        let keys = self.keys(call).await?;
        let ttl = expiry(writing.at, self.settings.delta_table_ttl_minutes);
        let at = Moment::of_millis(writing.at);
        let record = delta::record(&self.base.name, item, keys, &mutation.layout, at, ttl);
        let mut base = mutation.expression("condition", "ConditionExpression")?;
        base.set("TableName", &*self.base.table);
        base.set("ReturnValuesOnConditionCheckFailure", "ALL_OLD");
        require_version(&mut base, current);
        let action = if item.contains_key(metadata::DELETED) && self.settings.base_table_ttl_minutes == 0 {
            base.set("Key", mutation.key.clone());
            "Delete"
        } else {
            base.set("Item", item.clone());
            "Put"
        };
        let input = json!({ "TransactItems": [
            { action: base.finish() },
            { "Put": { "TableName": self.settings.delta_table, "Item": record } },
        ] });
        match writing.send(self.base.remote.call("dynamodb", "TransactWriteItems", input)).await {
            Ok(_) => Ok(Ok(())),
            Err(error) => refusal(call, &error, current).map(Err),
        }
    }
}

impl<'a> Mutation<'a> {
    fn parse(request: &'a Map<String, Value>) -> Result<Self, Failure> {
        metadata::refuse_edits(request)?;
        let name = request.get("operation").and_then(Value::as_str).unwrap_or_default();
        let key = typed_map(object(request, "key")?, "key")?;
        let operation = match name {
            "PutItem" => {
                let mut item = key.clone();
                if given(request, "attributeValues").is_some() {
                    item.extend(typed_map(object(request, "attributeValues")?, "attributeValues")?);
                }
                Operation::Put(item)
            }
            "UpdateItem" => {
                object(request, "update")?;
                Operation::Update
            }
            _ => Operation::Delete,
        };
        let version = version(request)?;
        if version.is_none() && !matches!(operation, Operation::Put(_)) {
            // The text is from reports of AWS's answer to `UpdateItem`.
            let message = format!("{name} on versioned data source requires the _version to be provided.");
            return Err(Failure::of_kind("BadRequest", message));
        }
        Ok(Self { request, operation, key, version, layout: Layout::of(request) })
    }

    /// The request's `ours` as DynamoDB's `member`, alone. AWS differs: names and values that neither the update nor the
    /// condition uses are an error there.
    fn expression(&self, ours: &str, member: &str) -> Result<Input, Failure> {
        let mut input = Input::default();
        let part = given(self.request, ours).and_then(Value::as_object);
        let text = part.and_then(|part| given(part, "expression")).and_then(Value::as_str).unwrap_or_default();
        let used: Vec<&str> = words(text).collect();
        for part in ["update", "condition"] {
            input.placeholders(self.request, part, &used)?;
        }
        if !text.trim().is_empty() {
            input.set(member, text);
        }
        Ok(input)
    }
}

/// `_version`, a number or the text of one.
fn version(request: &Map<String, Value>) -> Result<Option<i64>, Failure> {
    let number = |value: &Value| value.as_i64().or_else(|| value.as_str()?.parse().ok());
    match given(request, metadata::VERSION) {
        None => Ok(None),
        Some(value) => match number(value) {
            Some(version) => Ok(Some(version)),
            None => Err(Failure::Document("Value for field '$[_version]' must be a number.".to_owned())),
        },
    }
}

/// Makes a write conditional on the version that was read. An item without one counts as version 0.
fn require_version(input: &mut Input, current: Option<&Item>) {
    const NAME: &str = "#stepwell_version";
    const VALUE: &str = ":stepwell_version";
    let names = [(NAME, metadata::VERSION)];
    match current.and_then(|item| item.get(metadata::VERSION)) {
        Some(version) => {
            let text = format!("{NAME} = {VALUE}");
            input.require("ConditionExpression", &text, &names, &[(VALUE, version.clone())]);
        }
        None => input.require("ConditionExpression", &format!("attribute_not_exists({NAME})"), &names, &[]),
    }
}

fn expiry(now_millis: i64, minutes: i64) -> i64 {
    now_millis.div_euclid(1_000).saturating_add(minutes.saturating_mul(60))
}

/// What a transaction that was not committed says.
fn refusal(call: &Call<'_>, error: &ServiceError, current: Option<&Item>) -> Result<Refused, Failure> {
    let reasons = error.members.get("CancellationReasons").and_then(Value::as_array);
    let reason = |position: usize| reasons.and_then(|reasons| reasons.get(position)).unwrap_or(&Value::Null);
    let code = |position: usize| reason(position)["Code"].as_str().unwrap_or("None");
    match (code(0), code(1), &*error.code) {
        ("ConditionalCheckFailed", ..) => {
            let found = reason(0).get("Item").and_then(Value::as_object);
            let unchanged = found.map(metadata::version) == current.map(metadata::version);
            Ok(if unchanged { Refused::Condition(found.cloned()) } else { Refused::Meanwhile })
        }
        ("TransactionConflict", ..) | (_, "TransactionConflict", _) | (.., "TransactionConflictException") => {
            Ok(Refused::Meanwhile)
        }
        // The base table was found before, so it is the delta table that is missing.
        // AWS differs: there the base table has the change already, and keeps it.
        ("None", delta, code) if delta != "None" || code == "ResourceNotFoundException" => {
            let cause = reason(1)["Message"].as_str().unwrap_or(&error.message);
            let message = format!("Failed to write delta sync record: {cause}");
            Err(Failure::of_kind("DeltaSyncWriteError", message))
        }
        (other, ..) if other != "None" => {
            let cause = reason(0)["Message"].as_str().unwrap_or(&error.message).to_owned();
            let code = if other == "ValidationError" { "ValidationException" } else { other };
            Err(failure(call, &ServiceError::new(code.to_owned(), cause), Value::Null))
        }
        _ => Err(failure(call, error, Value::Null)),
    }
}

/// A condition of the request's own that does not hold, as AppSync reports it for versioned data sources (from
/// reports of AWS's answers).
fn condition_failed(call: &Call<'_>, item: Value) -> Failure {
    Failure::Reported {
        message: format!(
            "The conditional request failed (Service: DynamoDb, Status Code: 400, Request ID: {})",
            call.clock.uuid()
        ),
        kind: "ConditionalCheckFailedException".to_owned(),
        result: item,
    }
}
