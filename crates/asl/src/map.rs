//! Map states, inline and distributed.

use std::sync::Arc;

use crate::data::Data;
use crate::definition::MachineId;
use crate::error::EvaluationError;
use crate::number::NumberField;
use crate::path::Path;
use crate::scope::Scope;
use crate::template::{Node, Template};

/// What a Map adds.
#[derive(Debug, Clone)]
pub struct Map {
    /// `ItemProcessor`, or the older `Iterator`.
    pub processor: MachineId,
    /// `ProcessorConfig`.
    pub mode: ProcessorMode,
    /// `ItemSelector`, or the older `Parameters`.
    pub item_selector: Option<Template>,
    /// `MaxConcurrency` or `MaxConcurrencyPath`: 0 is no limit.
    pub max_concurrency: Option<NumberField>,
    /// `ToleratedFailureCount` or its path.
    pub tolerated_failure_count: Option<NumberField>,
    /// `ToleratedFailurePercentage` or its path.
    pub tolerated_failure_percentage: Option<NumberField>,
    /// `Label`.
    pub label: Option<Arc<str>>,
    /// `ItemReader`: where a distributed Map finds its items.
    pub item_reader: Option<ItemReader>,
    /// `ItemBatcher`.
    pub item_batcher: Option<ItemBatcher>,
    /// `ResultWriter`.
    pub result_writer: Option<ResultWriter>,
    pub(crate) items: ItemsSource,
}

/// Where iterations run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessorMode {
    /// In the execution itself.
    Inline,
    /// Each in a child execution.
    Distributed {
        /// `ExecutionType` is `EXPRESS` rather than `STANDARD`.
        express: bool,
    },
}

/// `ItemReader` of a distributed Map.
#[derive(Debug, Clone)]
pub struct ItemReader {
    /// `arn:aws:states:::s3:getObject` or `...listObjectsV2`.
    pub resource: Arc<str>,
    /// `ReaderConfig` as written.
    pub config: Data,
    /// `MaxItems` or `MaxItemsPath` of `ReaderConfig`.
    pub max_items: Option<NumberField>,
    /// `Parameters` or `Arguments`.
    pub arguments: Option<Template>,
}

/// `ItemBatcher` of a distributed Map.
#[derive(Debug, Clone)]
pub struct ItemBatcher {
    /// `MaxItemsPerBatch` or its path.
    pub max_items_per_batch: Option<NumberField>,
    /// `MaxInputBytesPerBatch` or its path.
    pub max_input_bytes_per_batch: Option<NumberField>,
    /// `BatchInput`.
    pub batch_input: Option<Template>,
}

/// `ResultWriter` of a distributed Map.
#[derive(Debug, Clone)]
pub struct ResultWriter {
    /// `arn:aws:states:::s3:putObject`; absent when only `WriterConfig` is given.
    pub resource: Option<Arc<str>>,
    /// `WriterConfig` as written.
    pub config: Option<Data>,
    /// `Parameters` or `Arguments`.
    pub arguments: Option<Template>,
}

/// Where the items come from.
#[derive(Debug, Clone)]
pub(crate) enum ItemsSource {
    /// `ItemsPath`, default `$`.
    Path(Path),
    /// JSONata's `Items`.
    Template(Template),
    /// JSONata without `Items`: the input itself.
    Input,
}

impl Map {
    /// The items, from `ItemsPath` or `Items` or the input itself. `scope.input` is the effective input.
    pub fn items(&self, scope: &Scope<'_>) -> Result<Vec<Data>, EvaluationError> {
        let data = match &self.items {
            ItemsSource::Path(path) => return items_at(path, scope),
            ItemsSource::Template(Template { root: Node::Expression(expression) }) => {
                expression.expect("array", scope)?
            }
            ItemsSource::Template(template) => template.evaluate(scope)?,
            ItemsSource::Input => scope.input.clone(),
        };
        split(&data).ok_or_else(|| EvaluationError::QueryEvaluationError {
            text: format!("Map state input must be an array but was: {}", data.value()),
            location: None,
        })
    }
}

fn items_at(path: &Path, scope: &Scope<'_>) -> Result<Vec<Data>, EvaluationError> {
    let data = path.evaluate(scope)?;
    split(&data).ok_or_else(|| EvaluationError::NotAnArray { path: path.text().to_owned() })
}

fn split(array: &Data) -> Option<Vec<Data>> {
    Some(array.value().as_array()?.iter().cloned().map(Data::from_value).collect())
}
