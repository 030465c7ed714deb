//! [ListExecutions](https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html): newest
//! first, of one state machine, version, alias or map run, perhaps of one status.

use std::ops::Bound;

use serde_json::{Value, json};
use store::{Keyspace, Store};

use super::{describe_map_run, input::Input, page_token};
use crate::{
    Error, MachineType, Status,
    arn::{self, Qualifier},
    engine::Shared,
    layout,
    records::Summary,
};

/// How many executions are read for one page, wanted or not.
const MOST_READ: usize = 10_000;

/// In the order in which AWS names them in its messages.
const STATUSES: [&str; 6] = ["SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"];

pub(super) fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let machine_arn = input.text("stateMachineArn", 1, 256)?;
    let map_run_arn = input.text("mapRunArn", 1, 2000)?;
    let filter = input.choice("statusFilter", &STATUSES, "")?;
    let redriven = input.choice("redriveFilter", &["REDRIVEN", "NOT_REDRIVEN"], "")?;
    let limit = input.max_results()?;
    let token = input.text("nextToken", 1, 3096)?;
    input.finish()?;
    let Of { arn, id, qualifier } = match (machine_arn, map_run_arn) {
        (Some(arn), None) => of_machine(shared, arn)?,
        (None, Some(arn)) => of_map_run(shared, arn)?,
        // No recording shows AWS's text.
        _ => {
            return Err(Error::Validation("Exactly one of stateMachineArn and mapRunArn must be specified".to_owned()));
        }
    };
    let status = Status::parse(filter);
    if status.is_none() && !filter.is_empty() {
        // AWS differs: a map run's children that wait for their redrive are listed here as they ended before.
        return Ok(json!({ "executions": [] }));
    }
    let (keyspace, prefix) = match status {
        Some(status) => (layout::BY_STATUS, vec![id, status as u64]),
        None => (layout::BY_MACHINE, vec![id]),
    };
    let scope = format!("ListExecutions {id} {arn} {filter} {redriven}");
    let end = after_all(&prefix);
    let upper = match token {
        Some(token) => page_token::decode(&scope, token)?.min(end),
        None => end,
    };
    let list = List { keyspace, lower: layout::key(&prefix), limit };
    let (found, next) = list.page(&*shared.store, upper, |summary| {
        let is_of_machine = match qualifier {
            Qualifier::None => true,
            Qualifier::Version(_) => summary.version_arn.as_deref() == Some(arn),
            Qualifier::Alias(_) => summary.alias_arn.as_deref() == Some(arn),
        };
        let is_of_filter = match redriven {
            "REDRIVEN" => summary.redrive_count > 0,
            "NOT_REDRIVEN" => summary.redrive_count == 0,
            _ => true,
        };
        is_of_machine && is_of_filter
    })?;
    let mut answer = json!({ "executions": found.iter().map(show).collect::<Vec<_>>() });
    if let Some(next) = next {
        answer["nextToken"] = page_token::encode(&scope, &next).into();
    }
    Ok(answer)
}

/// Whose executions are listed.
struct Of<'a> {
    arn: &'a str,
    /// Their prefix in the indexes.
    id: u64,
    qualifier: Qualifier,
}

fn of_machine<'a>(shared: &Shared, arn: &'a str) -> Result<Of<'a>, Error> {
    let (name, qualifier) = arn::qualified_machine(arn)?;
    let machine = shared.catalog.machine(&name).ok_or_else(|| Error::StateMachineDoesNotExist(arn.to_owned()))?;
    if machine.kind == MachineType::Express {
        return Err(Error::StateMachineTypeNotSupported);
    }
    Ok(Of { arn, id: machine.id, qualifier })
}

// AWS differs, perhaps: Express children are listed here once they have ended.
fn of_map_run<'a>(shared: &Shared, arn: &'a str) -> Result<Of<'a>, Error> {
    let row = describe_map_run::find(shared, arn)?;
    Ok(Of { arn, id: row.id, qualifier: Qualifier::None })
}

/// A part of an index that is read backwards.
struct List {
    keyspace: Keyspace,
    lower: Vec<u8>,
    limit: usize,
}

impl List {
    /// The newest executions before `upper` that are wanted, and the upper bound of the next page if there may be more. A
    /// page is short, perhaps empty, when [`MOST_READ`] executions were read for it.
    fn page(
        &self,
        store: &dyn Store,
        mut upper: Vec<u8>,
        is_wanted: impl Fn(&Summary) -> bool,
    ) -> Result<(Vec<Summary>, Option<Vec<u8>>), Error> {
        let mut found = Vec::new();
        let mut left = MOST_READ;
        loop {
            let (lower, before) = (Bound::Included(&self.lower[..]), Bound::Excluded(&upper[..]));
            let page = store.range(self.keyspace, lower, before, self.limit + 1, true)?;
            let last_page = page.len() <= self.limit;
            for (key, bytes) in page {
                if found.len() == self.limit || left == 0 {
                    return Ok((found, Some(upper)));
                }
                let summary: Summary = layout::decode(self.keyspace, &key, &bytes)?;
                if is_wanted(&summary) {
                    found.push(summary);
                }
                left -= 1;
                upper = key;
            }
            if last_page {
                return Ok((found, None));
            }
        }
    }
}

/// The first key after every key that begins with `prefix`.
fn after_all(prefix: &[u64]) -> Vec<u8> {
    let (last, before) = prefix.split_last().expect("a prefix names a machine");
    layout::key(&[before, &[last + 1]].concat())
}

fn show(summary: &Summary) -> Value {
    let mut shown = json!({
        "executionArn": summary.arn,
        "stateMachineArn": summary.machine_arn,
        "name": summary.name,
        "status": summary.status.as_str(),
        "startDate": summary.started.epoch_seconds(),
        "redriveCount": summary.redrive_count,
    });
    let arns = [("stateMachineVersionArn", &summary.version_arn), ("stateMachineAliasArn", &summary.alias_arn)];
    for (member, arn) in arns.into_iter().filter(|(_, arn)| arn.is_some()) {
        shown[member] = json!(arn);
    }
    if let Some((map_run_arn, items)) = &summary.map_run {
        shown["mapRunArn"] = json!(map_run_arn);
        shown["itemCount"] = json!(items);
    }
    if let Some(redriven) = summary.redriven {
        shown["redriveDate"] = redriven.epoch_seconds().into();
    }
    if let Some(stopped) = summary.stopped {
        shown["stopDate"] = stopped.epoch_seconds().into();
    }
    shown
}
