//! PostgreSQL's binary values as fields.

use std::error::Error as StdError;

use tokio_postgres::types::{FromSql, Kind as TypeKind, Type};

use super::{column, numeric, temporal};
use crate::field::{Field, Kind};

/// A value of a row; nothing refuses its type here, since [`column::column`] did.
pub(super) struct Cell(pub(super) Field);

type Failure = Box<dyn StdError + Sync + Send>;

impl<'a> FromSql<'a> for Cell {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        Ok(Self(match kind.kind() {
            TypeKind::Array(item) => array(item, kind, raw)?,
            _ => scalar(kind, raw)?,
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Failure> {
        Ok(Self(Field::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Arrays of one dimension; of more, the Data API carries none.
fn array(item: &Type, kind: &Type, raw: &[u8]) -> Result<Field, Failure> {
    let items = Vec::<Cell>::from_sql(kind, raw)?;
    Ok(Field::Array(items_kind(item), items.into_iter().map(|Cell(field)| field).collect()))
}

fn items_kind(item: &Type) -> Kind {
    match *item {
        Type::BOOL => Kind::Boolean,
        Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => Kind::Long,
        Type::FLOAT4 | Type::FLOAT8 => Kind::Double,
        _ => Kind::Text,
    }
}

fn scalar(kind: &Type, raw: &[u8]) -> Result<Field, Failure> {
    Ok(match *kind {
        Type::BOOL => Field::Boolean(bool::from_sql(kind, raw)?),
        Type::INT2 => Field::Long(i16::from_sql(kind, raw)?.into()),
        Type::INT4 => Field::Long(i32::from_sql(kind, raw)?.into()),
        Type::INT8 => Field::Long(i64::from_sql(kind, raw)?),
        Type::OID => Field::Long(u32::from_sql(kind, raw)?.into()),
        Type::FLOAT4 => Field::Double(single(f32::from_sql(kind, raw)?)),
        Type::FLOAT8 => Field::Double(f64::from_sql(kind, raw)?),
        Type::NUMERIC => Field::Text(numeric::text(raw)?),
        Type::BYTEA => Field::Blob(raw.to_vec()),
        Type::UUID => Field::Text(uuid(raw)?),
        Type::DATE => Field::Text(temporal::date(i32::from_be_bytes(raw.try_into()?))?),
        Type::TIME => Field::Text(temporal::time(i64::from_be_bytes(raw.try_into()?))?),
        // AWS documents that TIMESTAMPTZ comes in UTC; the text without an offset is not verified on AWS.
        Type::TIMESTAMP | Type::TIMESTAMPTZ => Field::Text(temporal::timestamp(i64::from_be_bytes(raw.try_into()?))?),
        // A version, then the text.
        Type::JSONB => Field::Text(utf8(raw.get(1..).unwrap_or_default())?),
        Type::INET | Type::CIDR => Field::Text(network(raw, *kind == Type::CIDR)?),
        Type::CHAR => Field::Text(raw.iter().map(|byte| char::from(*byte)).collect()),
        _ if column::is_vector(kind) => Field::Text(vector(raw)?),
        _ => Field::Text(utf8(raw)?),
    })
}

/// The double that prints as the single does: `0.1`, not `0.10000000149011612`.
fn single(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_| value.into())
}

fn utf8(raw: &[u8]) -> Result<String, Failure> {
    Ok(std::str::from_utf8(raw)?.to_owned())
}

fn uuid(raw: &[u8]) -> Result<String, Failure> {
    let number = u128::from_be_bytes(raw.try_into()?);
    let hex = format!("{number:032x}");
    Ok([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
}

/// Family, bits, whether it is a `cidr`, the address's length, the address.
fn network(raw: &[u8], with_bits: bool) -> Result<String, Failure> {
    let [_, bits, _, _, address @ ..] = raw else { return Err("a short address".into()) };
    let (address, most) = match *address {
        [a, b, c, d] => (std::net::IpAddr::from([a, b, c, d]), 32),
        _ => (std::net::IpAddr::from(<[u8; 16]>::try_from(address)?), 128),
    };
    let bare = !with_bits && *bits == most;
    Ok(if bare { address.to_string() } else { format!("{address}/{bits}") })
}

/// pgvector: how many, something unused, singles.
fn vector(raw: &[u8]) -> Result<String, Failure> {
    let numbers = raw.get(4..).unwrap_or_default().chunks_exact(4);
    let texts: Vec<_> = numbers.map(|raw| f32::from_be_bytes([raw[0], raw[1], raw[2], raw[3]]).to_string()).collect();
    Ok(format!("[{}]", texts.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_fields() {
        let of = |kind: Type, raw: &[u8]| Cell::from_sql(&kind, raw).unwrap().0;
        let text = |text: &str| Field::Text(text.into());
        assert_eq!(of(Type::INT2, &[255, 254]), Field::Long(-2));
        assert_eq!(of(Type::FLOAT4, &0.1f32.to_be_bytes()), Field::Double(0.1));
        assert_eq!(of(Type::JSONB, b"\x01{}"), text("{}"));
        assert_eq!(of(Type::UUID, &[17; 16]), text("11111111-1111-1111-1111-111111111111"));
        assert_eq!(of(Type::INET, &[2, 32, 0, 4, 127, 0, 0, 1]), text("127.0.0.1"));
        assert_eq!(of(Type::CIDR, &[2, 8, 1, 4, 10, 0, 0, 0]), text("10.0.0.0/8"));
        assert_eq!(vector(&[0, 1, 0, 0, 63, 192, 0, 0]).unwrap(), "[1.5]");
    }

    #[test]
    fn short_values_are_errors() {
        for kind in [Type::INT4, Type::UUID, Type::DATE, Type::TIMESTAMP, Type::NUMERIC, Type::INET, Type::INT4_ARRAY] {
            assert!(Cell::from_sql(&kind, &[0]).is_err(), "{kind}");
        }
    }
}
