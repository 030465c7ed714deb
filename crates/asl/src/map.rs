//! Map states, inline and distributed.

use std::sync::Arc;

use crate::data::Data;
use crate::definition::MachineId;
use crate::error::EvaluationError;
use crate::scope::Scope;
use crate::state::NumberField;
use crate::template::Template;

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
    pub(crate) items: crate::items::ItemsSource,
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

impl Map {
    /// The items, from `ItemsPath` or `Items` or the input itself. `scope.input` is the effective input.
    pub fn items(&self, scope: &Scope<'_>) -> Result<Vec<Data>, EvaluationError> {
        todo!()
    }
}
