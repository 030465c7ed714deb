//! What Map adds.

use std::sync::Arc;

use serde_json::Value;

use super::fields::Fields;
use super::{Parser, SCHEMA};
use crate::data::Data;
use crate::definition::StateId;
use crate::map::{ItemBatcher, ItemReader, ItemsSource, Map, ProcessorMode, ResultWriter};
use crate::path::Path;
use crate::template::Template;

/// AWS's limit on the length of a label, in characters.
const MAX_LABEL: usize = 40;
/// What a label may not hold (developer guide, "Distributed Map state fields").
fn is_forbidden_in_label(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "?*<>{}[]:;,\\|^~$#%&`\"".contains(c)
}

const ANY_COUNT: std::ops::RangeInclusive<u64> = 0..=u32::MAX as u64;

impl Parser {
    pub(super) fn map(&mut self, id: StateId, fields: &Fields<'_>) -> Option<Map> {
        self.at_most_one(fields, &["ItemProcessor", "Iterator"]);
        let processor_name = if fields.has("Iterator") { "Iterator" } else { "ItemProcessor" };
        if !self.require(fields, &[processor_name]) {
            return None;
        }
        let processor = self.object(fields, processor_name)?;
        let mode = self.mode(&processor);
        let item_selector = self.item_selector(fields);
        let items = self.items(fields)?;
        Some(Map {
            mode,
            item_selector,
            items,
            max_concurrency: self.number(fields, ("MaxConcurrency", "MaxConcurrencyPath"), ANY_COUNT),
            tolerated_failure_count: self.number(
                fields,
                ("ToleratedFailureCount", "ToleratedFailureCountPath"),
                ANY_COUNT,
            ),
            tolerated_failure_percentage: self.number(
                fields,
                ("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
                0..=100,
            ),
            label: self.label(fields),
            item_reader: self.item_reader(fields),
            item_batcher: self.item_batcher(fields),
            result_writer: self.result_writer(fields),
            processor: self.nested_machine(&processor, id),
        })
    }

    fn mode(&mut self, processor: &Fields<'_>) -> ProcessorMode {
        let Some(config) = self.object(processor, "ProcessorConfig") else {
            return ProcessorMode::Inline;
        };
        match self.string(&config, "Mode") {
            Some("DISTRIBUTED") => {
                ProcessorMode::Distributed { express: self.string(&config, "ExecutionType") == Some("EXPRESS") }
            }
            Some("INLINE") | None => ProcessorMode::Inline,
            Some(_) => {
                let message = "The field 'Mode' should have one of these values: [INLINE, DISTRIBUTED]";
                self.report(&config.at("Mode"), SCHEMA, message);
                ProcessorMode::Inline
            }
        }
    }

    fn item_selector(&mut self, fields: &Fields<'_>) -> Option<Template> {
        self.at_most_one(fields, &["ItemSelector", "Parameters"]);
        self.template(fields, if fields.has("Parameters") { "Parameters" } else { "ItemSelector" })
    }

    fn items(&mut self, fields: &Fields<'_>) -> Option<ItemsSource> {
        if !fields.is_jsonata() {
            let path = match fields.has("ItemsPath") {
                true => self.path(fields, "ItemsPath")?,
                false => Path::parse("$").expect("the root is a path"),
            };
            return Some(ItemsSource::Path(path));
        }
        match fields.get("Items") {
            None => Some(ItemsSource::Input),
            Some(Value::Array(_) | Value::String(_)) => self.template(fields, "Items").map(ItemsSource::Template),
            Some(_) => self.expected(&fields.at("Items"), "array or JSONata expression"),
        }
    }

    fn label(&mut self, fields: &Fields<'_>) -> Option<Arc<str>> {
        let label = self.string(fields, "Label")?;
        let label: Arc<str> = label.into();
        let forbidden = label.chars().find(|c| is_forbidden_in_label(*c));
        // No recording shows AWS's texts.
        let message = if label.is_empty() {
            Some("Label cannot be empty".to_owned())
        } else if label.chars().count() > MAX_LABEL {
            Some(format!("Label cannot exceed {MAX_LABEL} characters"))
        } else if let Some(character) = forbidden {
            Some(format!("Label contains invalid character: '{character}'"))
        } else if !self.labels.insert(label.clone()) {
            Some(format!("Label '{label}' is used by another state"))
        } else {
            None
        };
        if let Some(message) = message {
            self.report(&fields.at("Label"), SCHEMA, message);
        }
        Some(label)
    }

    fn item_reader(&mut self, fields: &Fields<'_>) -> Option<ItemReader> {
        let reader = self.object(fields, "ItemReader")?;
        if !self.require(&reader, &["Resource"]) {
            return None;
        }
        let resource = self.string(&reader, "Resource")?.into();
        let config = self.object(&reader, "ReaderConfig");
        let max_items = config.as_ref().and_then(|config| self.number(config, ("MaxItems", "MaxItemsPath"), ANY_COUNT));
        Some(ItemReader {
            resource,
            config: reader.get("ReaderConfig").cloned().map_or_else(Data::empty_object, Data::from_value),
            max_items,
            arguments: self.reader_arguments(&reader),
        })
    }

    fn reader_arguments(&mut self, fields: &Fields<'_>) -> Option<Template> {
        self.template(fields, if fields.is_jsonata() { "Arguments" } else { "Parameters" })
    }

    fn item_batcher(&mut self, fields: &Fields<'_>) -> Option<ItemBatcher> {
        let batcher = self.object(fields, "ItemBatcher")?;
        Some(ItemBatcher {
            max_items_per_batch: self.number(&batcher, ("MaxItemsPerBatch", "MaxItemsPerBatchPath"), ANY_COUNT),
            max_input_bytes_per_batch: self.number(
                &batcher,
                ("MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"),
                1..=262_144,
            ),
            batch_input: self.template(&batcher, "BatchInput"),
        })
    }

    fn result_writer(&mut self, fields: &Fields<'_>) -> Option<ResultWriter> {
        let writer = self.object(fields, "ResultWriter")?;
        Some(ResultWriter {
            resource: self.string(&writer, "Resource").map(Arc::from),
            config: writer.get("WriterConfig").cloned().map(Data::from_value),
            arguments: self.reader_arguments(&writer),
        })
    }
}
