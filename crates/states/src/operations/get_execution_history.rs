//! [GetExecutionHistory](https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html):
//! the events of an execution, oldest or newest first.

use std::ops::Bound;

use serde_json::{Value, json};

use super::{describe_execution, input::Input, page_token};
use crate::{Error, MachineType, engine::Shared, history::HistoryEvent, layout, records::StepRecord};

/// How many steps one read brings.
const STEP_PAGE: usize = 64;

pub(super) fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let arn = input.arn("executionArn")?;
    let limit = input.max_results()?;
    let reverse = input.boolean("reverseOrder", false)?;
    let include_data = input.boolean("includeExecutionData", true)?;
    let token = input.text("nextToken", 1, 1024)?;
    input.finish()?;
    let row = describe_execution::find(shared, arn)?;
    if row.machine.kind == MachineType::Express {
        return Err(Error::StateMachineTypeNotSupported);
    }
    let scope = format!("GetExecutionHistory {arn} {reverse}");
    let from = token.map(|token| position(&scope, token)).transpose()?;
    let mut events = read(shared, row.id, reverse, from, limit + 1)?;
    let more = events.len() > limit;
    events.truncate(limit);
    let shown: Vec<Value> = events.iter().map(|event| event.to_wire(include_data)).collect();
    let mut answer = json!({ "events": shown });
    if let (true, Some(last)) = (more, events.last()) {
        let next = if reverse { last.id - 1 } else { last.id + 1 };
        answer["nextToken"] = page_token::encode(&scope, &next.to_be_bytes()).into();
    }
    Ok(answer)
}

fn position(scope: &str, token: &str) -> Result<u64, Error> {
    let bytes = page_token::decode(scope, token)?;
    Ok(u64::from_be_bytes(bytes.try_into().map_err(|_| Error::InvalidToken)?))
}

/// At most `limit` events from the one with id `from` on, forwards or backwards.
fn read(
    shared: &Shared,
    execution: u64,
    reverse: bool,
    from: Option<u64>,
    limit: usize,
) -> Result<Vec<HistoryEvent>, Error> {
    let mut events = Vec::new();
    let (mut lower, mut upper) = bounds(shared, execution, reverse, from)?;
    loop {
        let page =
            shared.store.range(layout::STEPS, Bound::Included(&lower), Bound::Excluded(&upper), STEP_PAGE, reverse)?;
        let last_page = page.len() < STEP_PAGE;
        for (key, bytes) in page {
            let record: StepRecord = layout::decode(layout::STEPS, &key, &bytes)?;
            add(&mut events, record.events, reverse, from);
            if events.len() >= limit {
                events.truncate(limit);
                return Ok(events);
            }
            if reverse {
                upper = key;
            } else {
                lower = [&key[..], &[0]].concat();
            }
        }
        if last_page {
            return Ok(events);
        }
    }
}

/// The keys between which the steps lie that have the wanted events.
fn bounds(shared: &Shared, execution: u64, reverse: bool, from: Option<u64>) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let (first, end) = (layout::key(&[execution]), layout::key(&[execution + 1]));
    let Some(from) = from else { return Ok((first, end)) };
    let after = layout::key(&[execution, from.saturating_add(1)]);
    if reverse {
        return Ok((first, after));
    }
    // The event lies in the last step that begins at or before it.
    let step = shared.store.range(layout::STEPS, Bound::Included(&first), Bound::Excluded(&after), 1, true)?;
    Ok((step.into_iter().next().map_or(first, |(key, _)| key), end))
}

fn add(events: &mut Vec<HistoryEvent>, step: Vec<HistoryEvent>, reverse: bool, from: Option<u64>) {
    if reverse {
        events.extend(step.into_iter().rev().filter(|event| from.is_none_or(|from| event.id <= from)));
    } else {
        events.extend(step.into_iter().filter(|event| from.is_none_or(|from| event.id >= from)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_token_of_the_scope_gives_some_position() {
        let token = page_token::encode("s", &u64::MAX.to_be_bytes());
        assert_eq!(position("s", &token).expect("eight bytes"), u64::MAX);
        let short = page_token::encode("s", b"1234");
        assert!(matches!(position("s", &short), Err(Error::InvalidToken)));
    }
}
