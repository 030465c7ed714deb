//! The functions of [`crate::util`] and the parts of `ctx` as JavaScript functions.

use std::sync::Arc;

use parking_lot::Mutex;
use rquickjs::{Ctx, Error, Exception, Function, Object, Value, function::Rest};
use serde_json::Value as Json;

use super::{
    inward::{define, map_to_js, to_js},
    outward::Reader,
    program::module_and_path,
};
use crate::{
    Context, End, Limits,
    deadline::Deadline,
    util::{self, Fault, Scope},
};

/// The invocation that an engine runs, or has run last.
#[derive(Debug, Default)]
pub(super) struct Call {
    pub(super) scope: Scope,
    pub(super) context: Context,
    /// What `util.error` and its like decided.
    pub(super) end: Option<End>,
    /// Whether the handler has read `ctx.stash`.
    pub(super) stash_read: bool,
}

/// What the functions of one engine share.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pub(super) call: Arc<Mutex<Call>>,
    pub(super) deadline: Arc<Deadline>,
    pub(super) limits: Limits,
}

/// The modules that code may import: name to namespace object.
pub(super) fn modules<'js>(ctx: &Ctx<'js>, shared: &Shared) -> Result<Object<'js>, Error> {
    let modules = Object::new(ctx.clone())?;
    for (path, function) in util::functions() {
        let (module, path) = module_and_path(path);
        if !modules.contains_key(module)? {
            define(&modules, module, Object::new(ctx.clone())?)?;
        }
        place(ctx, &modules.get(module)?, path, bind(ctx, shared, function)?)?;
    }
    Ok(modules)
}

/// Puts a function at a dotted path below `root`.
fn place<'js>(ctx: &Ctx<'js>, root: &Object<'js>, path: &str, function: Function<'js>) -> Result<(), Error> {
    let (parents, name) = path.rsplit_once('.').unwrap_or(("", path));
    let mut object = root.clone();
    for parent in parents.split('.').filter(|parent| !parent.is_empty()) {
        if !object.contains_key(parent)? {
            define(&object, parent, Object::new(ctx.clone())?)?;
        }
        object = object.get(parent)?;
    }
    define(&object, name, function.with_name(name)?)
}

/// A function of `util` that takes and gives JavaScript values.
fn bind<'js>(ctx: &Ctx<'js>, shared: &Shared, function: util::Function) -> Result<Function<'js>, Error> {
    let shared = shared.clone();
    Function::new(ctx.clone(), move |ctx: Ctx<'js>, arguments: Rest<Value<'js>>| {
        let arguments = shared.read_arguments(&ctx, arguments.0)?;
        let answer = function(&mut shared.call.lock().scope, &arguments);
        shared.check_time(&ctx)?;
        match answer {
            Ok(value) => to_js(&ctx, &value, shared.limits.depth.saturating_mul(2)),
            Err(Fault::Code(message)) => Err(throw(&ctx, &message)),
            Err(Fault::End(end)) => {
                shared.call.lock().end.get_or_insert(*end);
                Err(throw(&ctx, "the handler has ended"))
            }
        }
    })
}

/// Throws an `Error` whose message is not cut off.
fn throw(ctx: &Ctx<'_>, message: &str) -> Error {
    match Exception::from_message(ctx.clone(), message) {
        Ok(exception) => exception.throw(),
        Err(error) => error,
    }
}

impl Shared {
    fn read_arguments<'js>(&self, ctx: &Ctx<'js>, arguments: Vec<Value<'js>>) -> Result<Vec<Json>, Error> {
        self.check_time(ctx)?;
        let mut reader = Reader::new(ctx, self.limits.result_bytes);
        let mut read = Vec::with_capacity(arguments.len());
        for argument in arguments {
            read.push(reader.read(argument, self.limits.depth)?.unwrap_or(Json::Null));
        }
        Ok(read)
    }

    fn check_time(&self, ctx: &Ctx<'_>) -> Result<(), Error> {
        if self.deadline.check() {
            return Err(Exception::throw_internal(ctx, "interrupted"));
        }
        Ok(())
    }

    /// One part of `ctx`, by name; converted when the handler reads it first.
    fn part<'js>(&self, ctx: &Ctx<'js>, name: &str) -> Result<Value<'js>, Error> {
        let mut call = self.call.lock();
        call.stash_read |= name == "stash";
        let context = &call.context;
        let depth = self.limits.depth;
        let optional = |value: &Option<Arc<Json>>| match value {
            Some(value) => to_js(ctx, value, depth),
            None => Ok(Value::new_undefined(ctx.clone())),
        };
        match name {
            "arguments" => Ok(map_to_js(ctx, &context.arguments, depth)?.into_value()),
            "source" => to_js(ctx, &context.source, depth),
            "identity" => to_js(ctx, &context.identity, depth),
            "stash" => Ok(map_to_js(ctx, &context.stash, depth)?.into_value()),
            "previous" => optional(&context.prev_result),
            "result" => optional(&context.result),
            "env" => Ok(map_to_js(ctx, &context.env, depth)?.into_value()),
            "error" => error_part(ctx, context),
            "info" => match &context.event {
                Some(event) => to_js(ctx, &event.info, depth),
                None => info_part(ctx, context, depth),
            },
            "events" => match context.event.as_deref() {
                // The depth is that of a payload; the list and its entries come on top.
                Some(event) if !event.events.is_null() => to_js(ctx, &event.events, depth.saturating_add(2)),
                _ => Ok(Value::new_undefined(ctx.clone())),
            },
            "selectionSetList" => {
                let list = context.info.selection_set_list.iter().map(|path| Json::from(path.as_str())).collect();
                to_js(ctx, &Json::Array(list), depth)
            }
            "selectionSetGraphQL" => to_js(ctx, &Json::from(context.info.selection_set_graphql.as_str()), depth),
            "request" => request_part(ctx, context, depth),
            _ => Ok(Value::new_undefined(ctx.clone())),
        }
    }
}

fn error_part<'js>(ctx: &Ctx<'js>, context: &Context) -> Result<Value<'js>, Error> {
    let Some(error) = &context.error else { return Ok(Value::new_undefined(ctx.clone())) };
    let part = Object::new(ctx.clone())?;
    define(&part, "message", error.message.as_str())?;
    define(&part, "type", error.kind.as_str())?;
    Ok(part.into_value())
}

fn info_part<'js>(ctx: &Ctx<'js>, context: &Context, depth: usize) -> Result<Value<'js>, Error> {
    let part = Object::new(ctx.clone())?;
    define(&part, "fieldName", context.info.field_name.as_str())?;
    define(&part, "parentTypeName", context.info.parent_type_name.as_str())?;
    define(&part, "variables", map_to_js(ctx, &context.info.variables, depth)?)?;
    Ok(part.into_value())
}

fn request_part<'js>(ctx: &Ctx<'js>, context: &Context, depth: usize) -> Result<Value<'js>, Error> {
    let part = Object::new(ctx.clone())?;
    define(&part, "headers", map_to_js(ctx, &context.request.headers, depth)?)?;
    match context.request.domain_name.as_deref() {
        Some(name) => define(&part, "domainName", name)?,
        None => define(&part, "domainName", Value::new_null(ctx.clone()))?,
    }
    Ok(part.into_value())
}

/// What `sandbox.js` needs of the host.
pub(super) fn natives<'js>(ctx: &Ctx<'js>, shared: &Shared) -> Result<Object<'js>, Error> {
    let natives = Object::new(ctx.clone())?;
    let own = shared.clone();
    let part = Function::new(ctx.clone(), move |ctx: Ctx<'js>, name: String| own.part(&ctx, &name))?;
    define(&natives, "part", part)?;
    let own = shared.clone();
    let now = Function::new(ctx.clone(), move || own.call.lock().scope.now_millis as f64)?;
    define(&natives, "now", now)?;
    let own = shared.clone();
    let random = Function::new(ctx.clone(), move || own.call.lock().scope.random_fraction())?;
    define(&natives, "random", random)?;
    let own = shared.clone();
    let tick = Function::new(ctx.clone(), move |ctx: Ctx<'js>| own.check_time(&ctx))?;
    define(&natives, "tick", tick)?;
    define(&natives, "log", bind(ctx, shared, log)?)?;
    Ok(natives)
}

/// `console.log(...)`: text as it is, everything else as JSON.
fn log(scope: &mut Scope, arguments: &[Json]) -> Result<Json, Fault> {
    scope.log(arguments.iter().map(util::text_of).collect::<Vec<_>>().join(" "));
    Ok(Json::Null)
}
