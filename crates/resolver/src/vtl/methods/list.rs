//! `java.util.List`.

use super::{Answer, answer, index, items_of, nothing, thrown};
use crate::vtl::{
    heap::{ListId, Value},
    interpreter::Interpreter,
};

pub(super) fn call(run: &mut Interpreter<'_>, id: ListId, name: &str, arguments: &[Value]) -> Answer {
    let items = run.heap.items(id);
    let length = items.len();
    match (name, arguments) {
        ("size", []) => answer(length),
        ("isEmpty", []) => answer(length == 0),
        ("get", [at]) => {
            let at = index(at, length, false)?;
            answer(items[at].clone())
        }
        ("contains", [value]) => answer(run.heap.position(items, value)?.is_some()),
        ("indexOf", [value]) => {
            answer(run.heap.position(items, value)?.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1))
        }
        ("lastIndexOf", [value]) => {
            let reversed: Vec<_> = items.iter().rev().cloned().collect();
            let found = run.heap.position(&reversed, value)?.map(|at| length - 1 - at);
            answer(found.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1))
        }
        ("containsAll", [others]) => {
            for other in items_of(run, others)? {
                if run.heap.position(run.heap.items(id), &other)?.is_none() {
                    return answer(false);
                }
            }
            answer(true)
        }
        ("subList", [from, to]) => {
            let (from, to) = (index(from, length, true)?, index(to, length, true)?);
            let Some(part) = items.get(from..to).map(<[_]>::to_vec) else {
                return thrown("the end is before the start");
            };
            answer(run.heap.list(part)?)
        }
        _ => change(run, id, name, arguments),
    }
}

/// Methods that change the list.
fn change(run: &mut Interpreter<'_>, id: ListId, name: &str, arguments: &[Value]) -> Answer {
    let length = run.heap.items(id).len();
    match (name, arguments) {
        ("add", [value]) => {
            insert(run, id, length, vec![value.clone()])?;
            answer(true)
        }
        ("add", [at, value]) => {
            insert(run, id, index(at, length, true)?, vec![value.clone()])?;
            nothing()
        }
        ("addAll", [others]) => {
            let others = items_of(run, others)?;
            let changed = !others.is_empty();
            insert(run, id, length, others)?;
            answer(changed)
        }
        ("addAll", [at, others]) => {
            let others = items_of(run, others)?;
            let changed = !others.is_empty();
            insert(run, id, index(at, length, true)?, others)?;
            answer(changed)
        }
        ("set", [at, value]) => {
            let at = index(at, length, false)?;
            let value = run.materialized(value)?;
            answer(std::mem::replace(&mut run.heap.items_mut(id)[at], value))
        }
        // A number is an index, as Java chooses `remove(int)`.
        ("remove", [Value::Number(at)]) => {
            let at = index(&Value::Number(at.clone()), length, false)?;
            answer(run.heap.items_mut(id).remove(at))
        }
        ("remove", [value]) => {
            let found = run.heap.position(run.heap.items(id), value)?;
            found.map(|at| run.heap.items_mut(id).remove(at));
            answer(found.is_some())
        }
        ("removeAll", [others]) => keep(run, id, others, false),
        ("retainAll", [others]) => keep(run, id, others, true),
        ("clear", []) => {
            run.heap.items_mut(id).clear();
            nothing()
        }
        _ => Ok(None),
    }
}

fn insert(run: &mut Interpreter<'_>, id: ListId, at: usize, mut values: Vec<Value>) -> Result<(), super::Failure> {
    run.heap.pay(values.len(), 0)?;
    for value in &mut values {
        *value = run.materialized(value)?;
    }
    run.heap.items_mut(id).splice(at..at, values);
    Ok(())
}

/// Keeps the items that are, or are not, in `others`.
fn keep(run: &mut Interpreter<'_>, id: ListId, others: &Value, present: bool) -> Answer {
    let others = items_of(run, others)?;
    let kept = run.retained(run.heap.items(id).clone(), &others, present)?;
    let changed = kept.len() != run.heap.items(id).len();
    *run.heap.items_mut(id) = kept;
    answer(changed)
}

impl Interpreter<'_> {
    /// Those of `items` that are in `others`, or those that are not.
    pub(in crate::vtl) fn retained(
        &mut self,
        items: Vec<Value>,
        others: &[Value],
        present: bool,
    ) -> Result<Vec<Value>, String> {
        let mut kept = Vec::new();
        for item in items {
            self.check_time()?;
            if self.heap.position(others, &item)?.is_some() == present {
                kept.push(item);
            }
        }
        Ok(kept)
    }
}
