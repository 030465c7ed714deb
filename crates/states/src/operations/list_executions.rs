//! [ListExecutions](https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html): newest
//! first, of one state machine, version or alias, perhaps of one status.

use std::ops::Bound;

use serde_json::{Value, json};
use store::{Keyspace, Store};

use super::{input::Input, page_token};
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
    let machine_arn = input.arn("stateMachineArn")?;
    let filter = input.choice("statusFilter", &STATUSES, "")?;
    let redriven = input.choice("redriveFilter", &["REDRIVEN", "NOT_REDRIVEN"], "")?;
    let limit = input.max_results()?;
    let token = input.text("nextToken", 1, 3096)?;
    input.finish()?;
    let absent = || Error::StateMachineDoesNotExist(machine_arn.to_owned());
    let (name, qualifier) = arn::qualified_machine(machine_arn)?;
    let machine = shared.catalog.machine(&name).ok_or_else(absent)?;
    if machine.kind == MachineType::Express {
        return Err(Error::StateMachineTypeNotSupported);
    }
    let status = Status::parse(filter);
    if status.is_none() && !filter.is_empty() {
        // Nothing here waits for a redrive.
        return Ok(json!({ "executions": [] }));
    }
    let (keyspace, prefix) = match status {
        Some(status) => (layout::BY_STATUS, vec![machine.id, status as u64]),
        None => (layout::BY_MACHINE, vec![machine.id]),
    };
    let scope = format!("ListExecutions {} {machine_arn} {filter} {redriven}", machine.id);
    let end = after_all(&prefix);
    let upper = match token {
        Some(token) => page_token::decode(&scope, token)?.min(end),
        None => end,
    };
    let list = List { keyspace, lower: layout::key(&prefix), limit };
    let (found, next) = list.page(&*shared.store, upper, |summary| {
        let is_of_machine = match qualifier {
            Qualifier::None => true,
            Qualifier::Version(_) => summary.version_arn.as_deref() == Some(machine_arn),
            Qualifier::Alias(_) => summary.alias_arn.as_deref() == Some(machine_arn),
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
    if let Some(redriven) = summary.redriven {
        shown["redriveDate"] = redriven.epoch_seconds().into();
    }
    if let Some(stopped) = summary.stopped {
        shown["stopDate"] = stopped.epoch_seconds().into();
    }
    shown
}
