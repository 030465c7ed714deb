//! `PutEvents`: JSON in, JSON out. Entries are taken or refused one by one, and answered once every target that they
//! match has been tried: an event is kept nowhere, so what is acknowledged must have arrived.

use serde_json::{Value, json};

use crate::{Bus, Error, Event, event::iso_seconds, rule::bus_name};

/// The most entries of one call.
pub const MAX_ENTRIES: usize = 10;
/// The largest entry, counted as "Calculating Amazon EventBridge PutEvents event entry size" says.
const MAX_ENTRY_BYTES: usize = 256 * 1024;

/// The code and message of a refused entry.
type Refused = (&'static str, String);

impl Bus {
    /// `PutEvents`: `{Entries: [{Source, DetailType, Detail, Resources?, Time?, EventBusName?}]}` to
    /// `{FailedEntryCount, Entries: [{EventId} | {ErrorCode, ErrorMessage}]}`.
    ///
    /// Waits for the first try of each target; later tries happen beside. Entries of one call are delivered in their
    /// order. A target may call it.
    ///
    /// # Errors
    /// [`Error::Invalid`] (a `ValidationException`) when the whole call is refused.
    pub async fn put_events(&self, input: &Value) -> Result<Value, Error> {
        let entries = input.get("Entries").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if entries.is_empty() || entries.len() > MAX_ENTRIES {
            let bound = if entries.is_empty() { "greater than or equal to 1" } else { "less than or equal to 10" };
            return Err(Error::Invalid(format!(
                "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length {bound}"
            )));
        }
        if entries.iter().map(entry_bytes).sum::<usize>() > MAX_ENTRY_BYTES {
            return Err(Error::Invalid("Total size of the entries in the request is over the limit.".to_owned()));
        }
        let mut answers = Vec::with_capacity(entries.len());
        for entry in entries {
            answers.push(self.put_entry(entry).await);
        }
        let failed = answers.iter().filter(|answer| answer.is_err()).count();
        let answers: Vec<Value> = answers
            .into_iter()
            .map(|answer| match answer {
                Ok(id) => json!({ "EventId": id }),
                Err((code, message)) => json!({ "ErrorCode": code, "ErrorMessage": message }),
            })
            .collect();
        Ok(json!({ "FailedEntryCount": failed, "Entries": answers }))
    }

    async fn put_entry(&self, entry: &Value) -> Result<String, Refused> {
        let event = self.event_of(entry)?;
        let id = event.id.clone();
        match self.deliver_now(event).await {
            Ok(()) => Ok(id),
            Err(error) => Err(("InternalException", error.to_string())),
        }
    }

    fn event_of(&self, entry: &Value) -> Result<Event, Refused> {
        let source = required(entry, "Source")?;
        let detail_type = required(entry, "DetailType")?;
        let detail = required(entry, "Detail")?;
        if source.starts_with("aws.") {
            return Err(("NotAuthorizedForSourceException", "Not authorized for the source.".to_owned()));
        }
        let detail = match serde_json::from_str(detail) {
            Ok(detail @ Value::Object(_)) => detail,
            _ => return Err(("MalformedDetail", "Detail is malformed.".to_owned())),
        };
        let mut event = self.event(source, detail_type, resources(entry), detail);
        if let Some(bus) = text(entry, "EventBusName") {
            event.bus = bus_name(bus).to_owned();
            // AWS differs: what it answers for a bus that does not exist has not been recorded.
            self.state.check_bus(&event.bus).map_err(|error| (error.code(), error.to_string()))?;
        }
        if let Some(time) = entry.get("Time").filter(|time| !time.is_null()) {
            event.time = time_of(time).ok_or_else(|| invalid("Time", "Time is not a timestamp."))?;
        }
        Ok(event)
    }
}

fn text<'a>(entry: &'a Value, name: &str) -> Option<&'a str> {
    entry.get(name).and_then(Value::as_str)
}

fn required<'a>(entry: &'a Value, name: &'static str) -> Result<&'a str, Refused> {
    let text = text(entry, name).filter(|text| !text.is_empty());
    text.ok_or_else(|| invalid(name, &format!("{name} is a required argument.")))
}

fn invalid(name: &str, reason: &str) -> Refused {
    ("InvalidArgument", format!("Parameter {name} is not valid. Reason: {reason}"))
}

fn resources(entry: &Value) -> Vec<String> {
    let resources = entry.get("Resources").and_then(Value::as_array).into_iter().flatten();
    resources.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Epoch seconds, as AWS JSON carries times, or ISO 8601.
fn time_of(time: &Value) -> Option<String> {
    match time {
        Value::Number(seconds) => {
            let millis = seconds.as_f64()? * 1000.0;
            // Saturates, and the calendar refuses what it does not have.
            Some(iso_seconds(millis as i64))
        }
        Value::String(text) => {
            chrono::DateTime::parse_from_rfc3339(text).ok().map(|time| iso_seconds(time.timestamp_millis()))
        }
        _ => None,
    }
}

fn entry_bytes(entry: &Value) -> usize {
    let texts = ["Source", "DetailType", "Detail"].iter().filter_map(|name| text(entry, name)).map(str::len);
    let time = if entry.get("Time").is_some_and(|time| !time.is_null()) { 14 } else { 0 };
    texts.sum::<usize>() + resources(entry).iter().map(String::len).sum::<usize>() + time
}
