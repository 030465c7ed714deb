//! A type as introspection describes it (GraphQL specification, "Schema Introspection"), as SDL.

use serde_json::Value;

use crate::Error;

/// SDL of a `__Type`.
///
/// # Errors
/// `BadRequest` for text that describes no type.
pub(crate) fn to_sdl(definition: &str) -> Result<String, Error> {
    let described: Value = serde_json::from_str(definition).map_err(|_| not_a_type())?;
    let name = text(&described, "name")?;
    let head = description(&described);
    Ok(match text(&described, "kind")? {
        "SCALAR" => format!("{head}scalar {name}"),
        "OBJECT" => format!("{head}type {name}{} {}", interfaces(&described)?, block(&described, "fields", field)?),
        "INTERFACE" => {
            format!("{head}interface {name}{} {}", interfaces(&described)?, block(&described, "fields", field)?)
        }
        "INPUT_OBJECT" => format!("{head}input {name} {}", block(&described, "inputFields", input_value)?),
        "ENUM" => format!("{head}enum {name} {}", block(&described, "enumValues", enum_value)?),
        "UNION" => format!("{head}union {name} = {}", names(&described, "possibleTypes")?.join(" | ")),
        _ => return Err(not_a_type()),
    })
}

fn not_a_type() -> Error {
    Error::bad("The definition must be a type as introspection describes it.")
}

fn text<'v>(value: &'v Value, member: &str) -> Result<&'v str, Error> {
    value[member].as_str().ok_or_else(not_a_type)
}

/// A JSON string is a string of GraphQL, too.
fn description(value: &Value) -> String {
    value["description"].as_str().map_or_else(String::new, |text| format!("{}\n", Value::from(text)))
}

fn items<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value[member].as_array().map_or(&[], Vec::as_slice)
}

fn names(value: &Value, member: &str) -> Result<Vec<String>, Error> {
    items(value, member).iter().map(|item| text(item, "name").map(str::to_owned)).collect()
}

fn interfaces(value: &Value) -> Result<String, Error> {
    let names = names(value, "interfaces")?;
    Ok(if names.is_empty() { String::new() } else { format!(" implements {}", names.join(" & ")) })
}

fn block(value: &Value, member: &str, item: fn(&Value) -> Result<String, Error>) -> Result<String, Error> {
    let lines: Result<Vec<String>, Error> = items(value, member).iter().map(item).collect();
    Ok(format!("{{\n{}\n}}", lines?.join("\n")))
}

fn field(field: &Value) -> Result<String, Error> {
    let arguments: Result<Vec<String>, Error> = items(field, "args").iter().map(input_value).collect();
    let arguments = match arguments?.join("\n") {
        none if none.is_empty() => none,
        some => format!("(\n{some}\n)"),
    };
    let (name, ty) = (text(field, "name")?, type_ref(&field["type"])?);
    Ok(format!("{}{name}{arguments}: {ty}{}", description(field), deprecated(field)))
}

fn input_value(value: &Value) -> Result<String, Error> {
    let default = value["defaultValue"].as_str().map_or_else(String::new, |default| format!(" = {default}"));
    Ok(format!("{}{}: {}{default}", description(value), text(value, "name")?, type_ref(&value["type"])?))
}

fn enum_value(value: &Value) -> Result<String, Error> {
    Ok(format!("{}{}{}", description(value), text(value, "name")?, deprecated(value)))
}

fn deprecated(value: &Value) -> String {
    match (value["isDeprecated"].as_bool(), value["deprecationReason"].as_str()) {
        (Some(true), Some(reason)) => format!(" @deprecated(reason: {})", Value::from(reason)),
        (Some(true), None) => " @deprecated".to_owned(),
        _ => String::new(),
    }
}

/// Recursion follows the JSON, whose nesting its parser bounds.
fn type_ref(value: &Value) -> Result<String, Error> {
    Ok(match text(value, "kind")? {
        "NON_NULL" => format!("{}!", type_ref(&value["ofType"])?),
        "LIST" => format!("[{}]", type_ref(&value["ofType"])?),
        _ => text(value, "name")?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::{super::Whole, *};

    #[test]
    fn what_introspection_says_of_a_type_is_that_type() {
        let sdl = r#"
            type Query { t(a: [Int!]! = [1, 2], e: E = A): T n: N u: U }
            "Says \"so\"." type T implements N { id: ID! old: [S] @deprecated(reason: "gone") }
            interface N { id: ID! }
            union U = T | Query
            enum E { "First." A B @deprecated }
            input I { a: Int = 3 s: String }
            scalar S"#;
        let whole = Whole::check(sdl).unwrap_or_else(|found| panic!("{found:?}"));
        let described = |whole: &Whole, name: &str| whole.introspect_type(name).expect("a type").to_string();
        let names = ["Query", "T", "N", "U", "E", "I", "S"];
        let again: Vec<String> = names
            .iter()
            .map(|name| to_sdl(&described(&whole, name)).unwrap_or_else(|error| panic!("{error}")))
            .collect();
        let copy = Whole::check(&again.join("\n")).unwrap_or_else(|found| panic!("{found:?}\n{}", again.join("\n")));
        for name in names {
            assert_eq!(described(&copy, name), described(&whole, name));
        }
    }

    #[test]
    fn what_describes_no_type_is_refused() {
        for text in ["", "{}", "[]", r#"{"kind":"LIST","name":"A"}"#, r#"{"kind":"OBJECT","name":"A","fields":[{}]}"#] {
            assert!(to_sdl(text).is_err(), "{text}");
        }
    }
}
