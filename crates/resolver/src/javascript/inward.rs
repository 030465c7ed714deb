//! JSON values into JavaScript, natively: no JSON text in between.

use rquickjs::{Array, Ctx, Error, Exception, IntoJs, Object, String as JsString, Value, object::Property};
use serde_json::{Map, Number, Value as Json};

/// The largest whole number of QuickJS's integer representation.
const INTEGERS: std::ops::RangeInclusive<i64> = i32::MIN as i64..=i32::MAX as i64;

/// `value` as a JavaScript value of at most `depth` levels.
pub(super) fn to_js<'js>(ctx: &Ctx<'js>, value: &Json, depth: usize) -> Result<Value<'js>, Error> {
    match value {
        Json::Null => Ok(Value::new_null(ctx.clone())),
        Json::Bool(value) => Ok(Value::new_bool(ctx.clone(), *value)),
        Json::Number(number) => Ok(number_to_js(ctx, number)),
        Json::String(text) => JsString::from_str(ctx.clone(), text).map(JsString::into_value),
        Json::Array(values) => {
            let depth = deeper(ctx, depth)?;
            let array = Array::new(ctx.clone())?;
            for (index, value) in values.iter().enumerate() {
                array.set(index, to_js(ctx, value, depth)?)?;
            }
            Ok(array.into_value())
        }
        Json::Object(fields) => map_to_js(ctx, fields, depth).map(Object::into_value),
    }
}

/// `fields` as a JavaScript object of at most `depth` levels.
pub(super) fn map_to_js<'js>(ctx: &Ctx<'js>, fields: &Map<String, Json>, depth: usize) -> Result<Object<'js>, Error> {
    let depth = deeper(ctx, depth)?;
    let object = Object::new(ctx.clone())?;
    for (name, value) in fields {
        define(&object, name, to_js(ctx, value, depth)?)?;
    }
    Ok(object)
}

/// Defines a property, without regard to what the (frozen) prototype has under that name.
pub(super) fn define<'js>(object: &Object<'js>, name: &str, value: impl IntoJs<'js>) -> Result<(), Error> {
    object.prop(name, Property::from(value).writable().enumerable().configurable())
}

fn number_to_js<'js>(ctx: &Ctx<'js>, number: &Number) -> Value<'js> {
    match number.as_i64() {
        Some(whole) if INTEGERS.contains(&whole) => Value::new_int(ctx.clone(), whole as i32),
        _ => Value::new_float(ctx.clone(), number.as_f64().unwrap_or(f64::NAN)),
    }
}

fn deeper(ctx: &Ctx<'_>, depth: usize) -> Result<usize, Error> {
    depth.checked_sub(1).ok_or_else(|| Exception::throw_range(ctx, "a value in ctx is nested too deeply"))
}
