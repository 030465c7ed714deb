//! References: variables, steps from value to value, and `#set`.

use std::sync::Arc;

use super::{
    super::{
        functions,
        heap::Value,
        methods::{self, Failure},
        syntax::{Expression, Offset, Reference, Step, StepKind},
    },
    Halt, Interpreter, Part, fault, wrong,
};

impl Interpreter<'_> {
    /// The value of a reference; null where a step has none.
    pub(super) fn refer(&mut self, reference: &Reference) -> Result<Value, Halt> {
        self.at = reference.at;
        self.check_time().map_err(wrong(reference.at))?;
        let variable = self.variable(&reference.name);
        self.follow(variable, &reference.steps)
    }

    fn follow(&mut self, mut value: Value, steps: &[Step]) -> Result<Value, Halt> {
        for step in steps {
            if value.is_null() {
                break;
            }
            value = self.step(&value, step)?;
        }
        Ok(value)
    }

    fn variable(&self, name: &str) -> Value {
        if let Some(value) = self.variables.get(name) {
            return value.clone();
        }
        match (name, self.loops.last()) {
            ("ctx" | "context", _) => Value::Context,
            ("util" | "utils", _) => Value::Namespace("util".into()),
            ("extensions", _) => Value::Namespace("extensions".into()),
            ("foreach", Some(_)) => Value::Loop(self.loops.len() - 1),
            ("velocityCount", Some(turn)) => Value::from(turn.index + 1),
            _ => Value::Null,
        }
    }

    fn step(&mut self, value: &Value, step: &Step) -> Result<Value, Halt> {
        match &step.kind {
            StepKind::Property(name) => self.property(value, name).map_err(wrong(step.at)),
            StepKind::Index(index) => {
                let index = self.evaluate(index)?;
                self.method(value, "get", &[index], step.at)
            }
            StepKind::Method(name, arguments) => {
                let arguments = self.evaluate_all(arguments)?;
                self.method(value, name, &arguments, step.at)
            }
        }
    }

    fn method(&mut self, value: &Value, name: &str, arguments: &[Value], at: Offset) -> Result<Value, Halt> {
        self.at = at;
        if let Value::Namespace(path) = value {
            return functions::call(self, &format!("{path}.{name}"), arguments).map_err(fault(at));
        }
        if let (Value::Loop(depth), []) = (value, arguments) {
            // `$foreach.hasNext()` is `$foreach.hasNext`, `$foreach.getIndex()` is `$foreach.index`.
            let name = name.trim_start_matches("get").trim_start_matches("is");
            let name = name[..1.min(name.len())].to_lowercase() + name.get(1..).unwrap_or_default();
            return Ok(self.turn(*depth, &name));
        }
        let receiver = self.materialized(value).map_err(wrong(at))?;
        match methods::call(self, &receiver, name, arguments) {
            Ok(answer) => Ok(answer.unwrap_or(Value::Null)),
            Err(Failure::Bound(message)) => Err(Halt::Wrong { at, message }),
            Err(Failure::Thrown(cause)) => {
                self.scope.log(cause);
                let classes = arguments.iter().map(Value::class).collect::<Vec<_>>().join(",");
                // Recorded on AWS.
                let message = format!("Error invoking method '{name}({classes})' in {}", receiver.class());
                Err(Halt::Wrong { at, message })
            }
        }
    }

    fn property(&mut self, value: &Value, name: &Arc<str>) -> Result<Value, String> {
        Ok(match value {
            Value::Map(id) => self.heap.fields(*id).get(name).cloned().unwrap_or(Value::Null),
            Value::Context => match Part::named(name) {
                Some(part) => self.part(part)?,
                None => Value::Null,
            },
            Value::Info => self.info(name)?,
            Value::Namespace(path) => Value::Namespace(format!("{path}.{name}").into()),
            Value::Entry(entry) => match &**name {
                "key" => Value::Text(entry.0.clone()),
                "value" => entry.1.clone(),
                _ => Value::Null,
            },
            Value::Loop(depth) => self.turn(*depth, name),
            Value::List(id) if &**name == "empty" => self.heap.items(*id).is_empty().into(),
            Value::Text(text) if &**name == "empty" => text.is_empty().into(),
            _ => Value::Null,
        })
    }

    /// `$foreach.*`.
    fn turn(&self, depth: usize, name: &str) -> Value {
        let Some(turn) = self.loops.get(depth) else { return Value::Null };
        match name {
            "count" => Value::from(turn.index + 1),
            "index" => Value::from(turn.index),
            "hasNext" => (!turn.last).into(),
            "first" => (turn.index == 0).into(),
            "last" => turn.last.into(),
            "parent" => depth.checked_sub(1).map_or(Value::Null, Value::Loop),
            "topmost" => Value::Loop(0),
            _ => Value::Null,
        }
    }

    /// `#set`: a variable, a field of a map, an item of a list. Where there is nothing to set it on, nothing happens.
    pub(super) fn assign(&mut self, target: &Reference, value: Value) -> Result<(), Halt> {
        let Some((last, steps)) = target.steps.split_last() else {
            self.variables.insert(target.name.clone(), value);
            return Ok(());
        };
        let variable = self.variable(&target.name);
        let owner = self.follow(variable, steps)?;
        match (&owner, &last.kind) {
            (Value::Null, _) => Ok(()),
            (Value::Context, StepKind::Property(name)) => {
                if let Some(part) = Part::named(name) {
                    self.set_part(part, value);
                }
                Ok(())
            }
            (Value::Map(_), StepKind::Property(name)) => {
                let name = Value::Text(name.clone());
                self.method(&owner, "put", &[name, value], last.at).map(|_| ())
            }
            (_, StepKind::Index(index)) => self.assign_at(&owner, index, value, last.at),
            _ => Err(Halt::Wrong { at: last.at, message: format!("#set cannot set {}", target.source) }),
        }
    }

    fn assign_at(&mut self, owner: &Value, index: &Expression, value: Value, at: Offset) -> Result<(), Halt> {
        let index = self.evaluate(index)?;
        let method = if matches!(owner, Value::Map(_)) { "put" } else { "set" };
        self.method(owner, method, &[index, value], at).map(|_| ())
    }
}
