//! Parameters on their way to PostgreSQL: each with the type that the Data API declares for it, as text.

use std::error::Error as StdError;

use bytes::BytesMut;
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};

use crate::{
    field::Field,
    parameter::{Parameter, TypeHint},
};

/// A value in PostgreSQL's text format, which every type reads; nothing for NULL.
#[derive(Debug)]
pub(super) struct Text(Option<String>);

impl ToSql for Text {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        Ok(match &self.0 {
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                IsNull::No
            }
            None => IsNull::Yes,
        })
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

/// The declared type and the text of a parameter.
pub(super) fn bind(parameter: &Parameter) -> (Text, Type) {
    let (text, natural) = match &parameter.value {
        // The database finds the type of a NULL from where it stands.
        Field::Null => (None, Type::UNKNOWN),
        Field::Boolean(value) => (Some(value.to_string()), Type::BOOL),
        Field::Long(value) => (Some(value.to_string()), Type::INT8),
        Field::Double(value) => (Some(value.to_string()), Type::FLOAT8),
        Field::Text(text) => (Some(text.clone()), Type::TEXT),
        Field::Blob(bytes) => (Some(hexadecimal(bytes)), Type::BYTEA),
        Field::Array(..) => (None, Type::UNKNOWN),
    };
    let declared = match parameter.hint.filter(|_| matches!(parameter.value, Field::Text(_) | Field::Null)) {
        None => natural,
        Some(TypeHint::Date) => Type::DATE,
        Some(TypeHint::Decimal) => Type::NUMERIC,
        Some(TypeHint::Json) => Type::JSON,
        Some(TypeHint::Time) => Type::TIME,
        Some(TypeHint::Timestamp) => Type::TIMESTAMP,
        Some(TypeHint::Uuid) => Type::UUID,
    };
    (Text(text), declared)
}

/// `\x` and two digits for each byte.
fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold("\\x".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_text_unless_a_hint_says_otherwise() {
        let bound = |value, hint| {
            let (Text(text), declared) = bind(&Parameter { value, hint });
            (text.unwrap_or_default(), declared)
        };
        assert_eq!(bound(Field::Text("a".into()), None), ("a".into(), Type::TEXT));
        assert_eq!(bound(Field::Text("a".into()), Some(TypeHint::Uuid)), ("a".into(), Type::UUID));
        assert_eq!(bound(Field::Long(1), Some(TypeHint::Uuid)), ("1".into(), Type::INT8));
        assert_eq!(bound(Field::Double(1e300), None).0.parse(), Ok(1e300));
        assert_eq!(bound(Field::Blob(vec![0, 255]), None), ("\\x00ff".into(), Type::BYTEA));
        assert_eq!(bound(Field::Null, Some(TypeHint::Json)), (String::new(), Type::JSON));
    }
}
