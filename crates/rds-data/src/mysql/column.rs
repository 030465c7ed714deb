//! The types of MySQL's columns, in the words of JDBC.

use mysql_async::{
    Column as MySqlColumn,
    consts::{ColumnFlags, ColumnType as Type},
};

use crate::{
    Error,
    answer::{Column, ColumnType},
};

/// The character set that means "no characters, bytes".
const BINARY: u16 = 63;

/// The column's description.
///
/// # Errors
/// [`Error::UnsupportedResult`].
pub(super) fn column(column: &MySqlColumn) -> Result<Column, Error> {
    let (code, name) = named(column)?;
    let flags = column.flags();
    let kind = ColumnType {
        code,
        name: name.to_owned(),
        array_base: 0,
        precision: i32::try_from(column.column_length()).unwrap_or(i32::MAX),
        scale: column.decimals().into(),
        signed: matches!(code, -6 | -5 | 3 | 4 | 5 | 7 | 8) && !flags.contains(ColumnFlags::UNSIGNED_FLAG),
        case_sensitive: is_bytes(column),
    };
    Ok(Column {
        label: column.name_str().into_owned(),
        name: column.org_name_str().into_owned(),
        kind,
        nullable: u8::from(!flags.contains(ColumnFlags::NOT_NULL_FLAG)),
    })
}

/// JDBC's code and MySQL's name.
fn named(column: &MySqlColumn) -> Result<(i32, &'static str), Error> {
    Ok(match column.column_type() {
        _ if is_boolean(column) => (-7, "BIT"),
        Type::MYSQL_TYPE_TINY => (-6, "TINYINT"),
        Type::MYSQL_TYPE_SHORT | Type::MYSQL_TYPE_YEAR => (5, "SMALLINT"),
        Type::MYSQL_TYPE_INT24 => (4, "MEDIUMINT"),
        Type::MYSQL_TYPE_LONG => (4, "INT"),
        Type::MYSQL_TYPE_LONGLONG => (-5, "BIGINT"),
        Type::MYSQL_TYPE_FLOAT => (7, "FLOAT"),
        Type::MYSQL_TYPE_DOUBLE => (8, "DOUBLE"),
        Type::MYSQL_TYPE_DECIMAL | Type::MYSQL_TYPE_NEWDECIMAL => (3, "DECIMAL"),
        Type::MYSQL_TYPE_DATE | Type::MYSQL_TYPE_NEWDATE => (91, "DATE"),
        Type::MYSQL_TYPE_TIME | Type::MYSQL_TYPE_TIME2 => (92, "TIME"),
        Type::MYSQL_TYPE_DATETIME | Type::MYSQL_TYPE_DATETIME2 => (93, "DATETIME"),
        Type::MYSQL_TYPE_TIMESTAMP | Type::MYSQL_TYPE_TIMESTAMP2 => (93, "TIMESTAMP"),
        Type::MYSQL_TYPE_BIT => (-7, "BIT"),
        Type::MYSQL_TYPE_JSON => (-1, "JSON"),
        Type::MYSQL_TYPE_NULL => (0, "NULL"),
        Type::MYSQL_TYPE_VARCHAR | Type::MYSQL_TYPE_VAR_STRING if is_bytes(column) => (-3, "VARBINARY"),
        Type::MYSQL_TYPE_STRING if is_bytes(column) => (-2, "BINARY"),
        Type::MYSQL_TYPE_VARCHAR | Type::MYSQL_TYPE_VAR_STRING => (12, "VARCHAR"),
        Type::MYSQL_TYPE_STRING | Type::MYSQL_TYPE_ENUM | Type::MYSQL_TYPE_SET => (1, "CHAR"),
        Type::MYSQL_TYPE_TINY_BLOB
        | Type::MYSQL_TYPE_MEDIUM_BLOB
        | Type::MYSQL_TYPE_LONG_BLOB
        | Type::MYSQL_TYPE_BLOB
            if is_bytes(column) =>
        {
            (-4, "BLOB")
        }
        Type::MYSQL_TYPE_TINY_BLOB
        | Type::MYSQL_TYPE_MEDIUM_BLOB
        | Type::MYSQL_TYPE_LONG_BLOB
        | Type::MYSQL_TYPE_BLOB => (-1, "TEXT"),
        other => return Err(Error::UnsupportedResult(format!("{other:?}").replace("MYSQL_TYPE_", ""))),
    })
}

/// `TINYINT(1)`, which MySQL has for booleans, and `BIT(1)`.
pub(super) fn is_boolean(column: &MySqlColumn) -> bool {
    matches!(column.column_type(), Type::MYSQL_TYPE_TINY | Type::MYSQL_TYPE_BIT) && column.column_length() == 1
}

/// Whether the column's strings are bytes and not characters.
pub(super) fn is_bytes(column: &MySqlColumn) -> bool {
    column.character_set() == BINARY && column.column_type() != Type::MYSQL_TYPE_JSON
}
