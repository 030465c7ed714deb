//! What a database answers: rows with their columns, or how many rows a statement changed.

use serde_json::{Map, Value, json};

use crate::{Error, field::Field, limits};

/// The answer to one statement.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Answer {
    /// What the rows consist of; empty where the statement gives no rows.
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Field>>,
    /// Rows inserted, updated or deleted.
    pub(crate) updated: u64,
    /// Values that the database made, such as `AUTO_INCREMENT` keys (MySQL).
    pub(crate) generated: Vec<Field>,
}

/// `ColumnMetadata`.
///
/// AWS differs: it names the table and the schema of a column, and says whether it counts up by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// The name in the result.
    pub(crate) label: String,
    /// The name in the table, if the database says it.
    pub(crate) name: String,
    pub(crate) kind: ColumnType,
    /// 0: no NULL, 1: NULL, 2: unknown.
    pub(crate) nullable: u8,
}

/// The type of a column in the words of JDBC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnType {
    /// `java.sql.Types`.
    pub(crate) code: i32,
    /// The database's own name.
    pub(crate) name: String,
    /// Of the items of an array, else 0.
    pub(crate) array_base: i32,
    pub(crate) precision: i32,
    pub(crate) scale: i32,
    pub(crate) signed: bool,
    pub(crate) case_sensitive: bool,
}

impl Answer {
    /// `records`.
    pub(crate) fn records(&self) -> Value {
        self.rows.iter().map(|row| row.iter().map(Field::to_json).collect::<Value>()).collect()
    }

    /// `formattedRecords`: a list of objects as JSON text.
    pub(crate) fn formatted(&self) -> Result<String, Error> {
        let row = |row: &Vec<Field>| {
            let fields = self.columns.iter().zip(row).map(|(column, field)| (column.label.clone(), field.plain()));
            Value::Object(fields.collect::<Map<_, _>>())
        };
        let text = self.rows.iter().map(row).collect::<Value>().to_string();
        if text.len() > limits::FORMATTED_BYTES { Err(Error::ResponseTooLarge) } else { Ok(text) }
    }

    /// `columnMetadata`.
    pub(crate) fn metadata(&self) -> Value {
        self.columns.iter().map(Column::to_json).collect()
    }

    /// What a batch tells of one of its sets, without the rows.
    pub(crate) fn without_rows(self) -> Self {
        Self { columns: Vec::new(), rows: Vec::new(), ..self }
    }

    /// `generatedFields`.
    pub(crate) fn generated_fields(&self) -> Value {
        self.generated.iter().map(Field::to_json).collect()
    }
}

impl Column {
    /// `DECIMAL` and `NUMERIC`.
    pub(crate) fn is_decimal(&self) -> bool {
        matches!(self.kind.code, 2 | 3)
    }

    fn to_json(&self) -> Value {
        let kind = &self.kind;
        json!({
            "arrayBaseColumnType": kind.array_base,
            "isAutoIncrement": false,
            "isCaseSensitive": kind.case_sensitive,
            "isCurrency": false,
            "isSigned": kind.signed,
            "label": self.label,
            "name": self.name,
            "nullable": self.nullable,
            "precision": kind.precision,
            "scale": kind.scale,
            "schemaName": "",
            "tableName": "",
            "type": kind.code,
            "typeName": kind.name,
        })
    }
}

/// Counts the bytes of an answer against the Data API's limit.
#[derive(Debug, Default)]
pub(crate) struct Budget(usize);

impl Budget {
    /// Takes one more row.
    pub(crate) fn take(&mut self, row: &[Field]) -> Result<(), Error> {
        self.0 += limits::ROW_BYTES + row.iter().map(Field::bytes).sum::<usize>();
        if self.0 > limits::RESPONSE_BYTES { Err(Error::ResponseTooLarge) } else { Ok(()) }
    }
}
