//! The types of PostgreSQL that the Data API carries, in the words of JDBC.
//!
//! The list is that of the guide ("Amazon RDS Data API operations reference"); every other type is an error, which a
//! cast to `TEXT` mends.

use tokio_postgres::{
    Column as PostgresColumn,
    types::{Kind, Type},
};

use crate::{
    Error,
    answer::{Column, ColumnType},
};

/// `java.sql.Types.ARRAY`.
const ARRAY: i32 = 2003;
/// `java.sql.Types.OTHER`.
const OTHER: i32 = 1111;
/// `java.sql.Types.VARCHAR`.
const VARCHAR: i32 = 12;
/// Characters of a text without a bound of its own.
const UNBOUNDED: i32 = i32::MAX;
/// What a type modifier counts too much.
const MODIFIER: i32 = 4;

/// The column's description.
///
/// # Errors
/// [`Error::UnsupportedResult`].
pub(super) fn column(column: &PostgresColumn) -> Result<Column, Error> {
    let (label, kind) = (column.name().to_owned(), column_type(column.type_(), column.type_modifier())?);
    Ok(Column { name: label.clone(), label, kind, nullable: 2 })
}

fn column_type(kind: &Type, modifier: i32) -> Result<ColumnType, Error> {
    if let Kind::Array(item) = kind.kind() {
        let item = column_type(item, modifier)?;
        return Ok(ColumnType { code: ARRAY, array_base: item.code, name: kind.name().to_owned(), ..item });
    }
    let (code, precision, scale) = if is_enum(kind) || is_vector(kind) {
        (VARCHAR, UNBOUNDED, 0)
    } else {
        scalar(kind, modifier).ok_or_else(|| Error::UnsupportedResult(kind.name().to_uppercase()))?
    };
    Ok(ColumnType {
        code,
        name: kind.name().to_owned(),
        array_base: 0,
        precision,
        scale,
        signed: matches!(code, 2 | 4 | 5 | -5 | 7 | 8),
        case_sensitive: matches!(code, VARCHAR | 1 | OTHER),
    })
}

/// JDBC's code, precision and scale of a scalar type.
fn scalar(kind: &Type, modifier: i32) -> Option<(i32, i32, i32)> {
    let length = if modifier > MODIFIER { modifier - MODIFIER } else { UNBOUNDED };
    Some(match *kind {
        Type::BOOL => (-7, 1, 0),
        Type::INT2 => (5, 5, 0),
        Type::INT4 => (4, 10, 0),
        Type::INT8 | Type::OID => (-5, 19, 0),
        Type::FLOAT4 => (7, 8, 8),
        Type::FLOAT8 => (8, 17, 17),
        Type::NUMERIC if modifier > MODIFIER => (2, (modifier - MODIFIER) >> 16, (modifier - MODIFIER) & 0xffff),
        Type::NUMERIC => (2, 0, 0),
        Type::TEXT | Type::NAME | Type::UNKNOWN | Type::VOID => (VARCHAR, UNBOUNDED, 0),
        Type::VARCHAR => (VARCHAR, length, 0),
        Type::BPCHAR | Type::CHAR => (1, length, 0),
        Type::DATE => (91, 13, 0),
        Type::TIME => (92, 15, 6),
        Type::TIMESTAMP => (93, 29, 6),
        Type::TIMESTAMPTZ => (93, 35, 6),
        Type::BYTEA => (-2, UNBOUNDED, 0),
        Type::UUID | Type::JSON | Type::JSONB | Type::INET | Type::CIDR => (OTHER, UNBOUNDED, 0),
        _ => return None,
    })
}

/// A type of `CREATE TYPE ... AS ENUM`.
pub(super) fn is_enum(kind: &Type) -> bool {
    matches!(kind.kind(), Kind::Enum(_))
}

/// pgvector's type.
pub(super) fn is_vector(kind: &Type) -> bool {
    kind.name() == "vector" && *kind.kind() == Kind::Simple
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_the_codes_of_jdbc() {
        let of = |kind: &Type, modifier| {
            let kind = column_type(kind, modifier).unwrap();
            (kind.code, kind.array_base, kind.precision, kind.scale)
        };
        assert_eq!(of(&Type::INT4, -1), (4, 0, 10, 0));
        assert_eq!(of(&Type::VARCHAR, 24), (12, 0, 20, 0));
        assert_eq!(of(&Type::NUMERIC, (10 << 16 | 2) + 4), (2, 0, 10, 2));
        assert_eq!(of(&Type::TEXT_ARRAY, -1), (2003, 12, i32::MAX, 0));
        assert_eq!(column_type(&Type::MONEY, -1), Err(Error::UnsupportedResult("MONEY".into())));
        assert_eq!(column_type(&Type::POINT_ARRAY, -1), Err(Error::UnsupportedResult("POINT".into())));
    }
}
