//! `SqlParameter`: a name, a value, and a hint at the type that it is sent as.
//!
//! <https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_SqlParameter.html>

use std::collections::HashMap;

use serde_json::Value;

use crate::{Error, field::Field, statement::Statement};

/// A parameter's value as it goes to the database.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parameter {
    pub(crate) value: Field,
    pub(crate) hint: Option<TypeHint>,
}

/// What a text stands for. Without one, a text is a text: `uuid = text` is an error on AWS, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum TypeHint {
    Date,
    Decimal,
    Json,
    Time,
    Timestamp,
    Uuid,
}

/// The parameters of a request by name.
pub(crate) type Parameters = HashMap<String, Parameter>;

/// Reads `parameters`, or one of `parameterSets`.
pub(crate) fn parse(list: &Value) -> Result<Parameters, Error> {
    let list = match list {
        Value::Null => return Ok(Parameters::new()),
        list => list.as_array().ok_or_else(|| Error::BadRequest("parameters has to be a list.".to_owned()))?,
    };
    list.iter().map(|item| Ok((name(item)?, Parameter { value: value(item)?, hint: hint(item)? }))).collect()
}

fn name(item: &Value) -> Result<String, Error> {
    let name = item["name"].as_str().ok_or_else(|| Error::BadRequest("A parameter has no name.".to_owned()))?;
    Ok(name.to_owned())
}

fn value(item: &Value) -> Result<Field, Error> {
    match &item["value"] {
        Value::Null => Ok(Field::Null),
        value => Field::parse(value),
    }
}

fn hint(item: &Value) -> Result<Option<TypeHint>, Error> {
    let hint = &item["typeHint"];
    serde_json::from_value(hint.clone()).map_err(|_| Error::BadRequest(format!("The type hint {hint} is unknown.")))
}

/// The parameters in the order of the statement's placeholders.
///
/// # Errors
/// A name in the statement that the request has no parameter for. One that the statement does not use is none.
pub(crate) fn ordered<'a>(statement: &Statement, parameters: &'a Parameters) -> Result<Vec<&'a Parameter>, Error> {
    let find =
        |name: &String| parameters.get(name).ok_or_else(|| Error::BadRequest(format!("Cannot find parameter: {name}")));
    statement.names.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::statement::Dialect;

    #[test]
    fn parameters_go_to_their_places() {
        let list = json!([
            { "name": "a", "value": { "longValue": 1 } },
            { "name": "b", "value": { "stringValue": "x" }, "typeHint": "UUID" },
            { "name": "unused", "value": { "isNull": true } },
        ]);
        let parameters = parse(&list).unwrap();
        let statement = Statement::parse("select :b, :a, :b", Dialect::MySql).unwrap();
        let values: Vec<_> = ordered(&statement, &parameters).unwrap();
        assert_eq!(values[0], &Parameter { value: Field::Text("x".into()), hint: Some(TypeHint::Uuid) });
        assert_eq!((&values[1].value, &values[2]), (&Field::Long(1), &values[0]));
        let statement = Statement::parse("select :c", Dialect::MySql).unwrap();
        assert_eq!(ordered(&statement, &parameters), Err(Error::BadRequest("Cannot find parameter: c".into())));
    }

    #[test]
    fn what_is_no_parameter_is_refused() {
        for list in [json!({}), json!([{ "value": {} }]), json!([{ "name": "a", "typeHint": "DATETIME" }])] {
            assert!(parse(&list).is_err(), "{list}");
        }
        assert_eq!(parse(&Value::Null), Ok(Parameters::new()));
    }
}
