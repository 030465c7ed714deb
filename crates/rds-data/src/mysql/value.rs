//! MySQL's values as fields, and parameters as values.

use mysql_async::{Column, Value, consts::ColumnType as Type};

use super::column;
use crate::{field::Field, parameter::Parameter};

/// A parameter's value. MySQL converts texts to whatever they stand for, so that hints change nothing.
pub(super) fn bind(parameter: &Parameter) -> Value {
    match &parameter.value {
        Field::Null | Field::Array(..) => Value::NULL,
        Field::Boolean(value) => Value::Int((*value).into()),
        Field::Long(value) => Value::Int(*value),
        Field::Double(value) => Value::Double(*value),
        Field::Text(text) => Value::Bytes(text.clone().into_bytes()),
        Field::Blob(bytes) => Value::Bytes(bytes.clone()),
    }
}

/// A value of a row.
pub(super) fn field(kind: &Column, value: Value) -> Field {
    match value {
        Value::NULL => Field::Null,
        Value::Int(value) if column::is_boolean(kind) => Field::Boolean(value != 0),
        Value::UInt(value) if column::is_boolean(kind) => Field::Boolean(value != 0),
        Value::Int(value) => Field::Long(value),
        // Beyond what longValue holds.
        Value::UInt(value) => i64::try_from(value).map_or_else(|_| Field::Text(value.to_string()), Field::Long),
        Value::Float(value) => Field::Double(value.to_string().parse().unwrap_or_else(|_| value.into())),
        Value::Double(value) => Field::Double(value),
        Value::Bytes(bytes) if column::is_boolean(kind) => Field::Boolean(bytes.iter().any(|byte| *byte != 0)),
        Value::Bytes(bytes) if column::is_bytes(kind) && !is_decimal(kind) => Field::Blob(bytes),
        Value::Bytes(bytes) => Field::Text(String::from_utf8_lossy(&bytes).into_owned()),
        Value::Date(year, month, day, hours, minutes, seconds, micros) => {
            let date = format!("{year:04}-{month:02}-{day:02}");
            let time = format!(" {hours:02}:{minutes:02}:{seconds:02}{}", fraction(micros));
            let is_date = kind.column_type() == Type::MYSQL_TYPE_DATE;
            Field::Text(if is_date { date } else { date + &time })
        }
        Value::Time(negative, days, hours, minutes, seconds, micros) => {
            let (sign, hours) = (if negative { "-" } else { "" }, u64::from(days) * 24 + u64::from(hours));
            Field::Text(format!("{sign}{hours:02}:{minutes:02}:{seconds:02}{}", fraction(micros)))
        }
    }
}

/// Numbers that come as text, with the character set of bytes.
fn is_decimal(kind: &Column) -> bool {
    matches!(kind.column_type(), Type::MYSQL_TYPE_DECIMAL | Type::MYSQL_TYPE_NEWDECIMAL)
}

/// Microseconds without the zeros at the end.
fn fraction(micros: u32) -> String {
    if micros == 0 {
        return String::new();
    }
    format!(".{}", format!("{micros:06}").trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_fields() {
        let of = |kind, value| field(&Column::new(kind), value);
        let text = |text: &str| Field::Text(text.into());
        assert_eq!(of(Type::MYSQL_TYPE_LONGLONG, Value::UInt(u64::MAX)), text("18446744073709551615"));
        assert_eq!(of(Type::MYSQL_TYPE_FLOAT, Value::Float(0.1)), Field::Double(0.1));
        let moment = || Value::Date(2026, 1, 2, 3, 4, 5, 600_000);
        assert_eq!(of(Type::MYSQL_TYPE_DATETIME, moment()), text("2026-01-02 03:04:05.6"));
        assert_eq!(of(Type::MYSQL_TYPE_DATE, moment()), text("2026-01-02"));
        assert_eq!(of(Type::MYSQL_TYPE_TIME, Value::Time(true, 1, 2, 3, 4, 0)), text("-26:03:04"));
        let flag = Column::new(Type::MYSQL_TYPE_TINY).with_column_length(1);
        assert_eq!(field(&flag, Value::Int(1)), Field::Boolean(true));
        assert_eq!(of(Type::MYSQL_TYPE_NEWDECIMAL, Value::Bytes(b"1.50".to_vec())), text("1.50"));
    }
}
