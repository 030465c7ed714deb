//! `ItemBatcher`: several items for one child execution.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html>

use std::sync::Arc;

use asl::{Data, ItemBatcher, Map};

use super::{enter::Attempt, frame::MapItem, map_run::Plan, problem::Problem, run::Run};

/// How much input all child executions of a Map with batches may have together, bytes: batches are made before the first
/// of them starts.
// AWS differs: it has no such bound.
const MAX_BATCHED_BYTES: usize = 256 << 20;

/// The effective fields of an `ItemBatcher`.
#[derive(Debug, Clone)]
pub(super) struct Batching {
    max_items: usize,
    max_bytes: usize,
    /// `BatchInput` (JSON text).
    input: Option<Arc<str>>,
}

impl Run<'_> {
    /// The fields of an `ItemBatcher`; a bound that is absent or 0 is AWS's own.
    pub(super) fn batching(
        &self,
        work: &Attempt<'_>,
        batcher: &ItemBatcher,
        input: &Data,
    ) -> Result<Batching, Problem> {
        let scope = self.scope(&work.scene, input);
        let bound = |field: &Option<asl::NumberField>, most: usize| {
            let wanted = field.as_ref().map(|field| field.integer(&scope)).transpose();
            let wanted = wanted.map_err(|error| work.scene.problem(&error))?.filter(|wanted| *wanted > 0);
            Ok::<_, Problem>(wanted.map_or(most, |wanted| usize::try_from(wanted).unwrap_or(most).min(most)))
        };
        let template = batcher.batch_input.as_ref();
        let input = template.map(|template| self.evaluate(template, &work.scene, &scope)).transpose()?;
        Ok(Batching {
            max_items: bound(&batcher.max_items_per_batch, usize::MAX)?,
            max_bytes: bound(&batcher.max_input_bytes_per_batch, self.execution.bounds.payload_bytes)?,
            input: input.map(|input| input.text()),
        })
    }

    /// Puts the items, each after the `ItemSelector`, into batches of as many as the bounds let in, and at least one.
    pub(super) fn batches(
        &self,
        work: &Attempt<'_>,
        map: &Map,
        batching: &Batching,
        input: &Data,
        items: Vec<Data>,
    ) -> Result<Plan, Problem> {
        let (mut batches, mut total) = (Vec::new(), 0);
        let mut batch = batching.batch();
        for (index, value) in items.into_iter().enumerate() {
            let item = match &map.item_selector {
                Some(selector) => self.item_input(&work.scene, selector, input, &Arc::new(MapItem { index, value }))?,
                None => value,
            };
            let text = item.text();
            if batch.is_full(batching, &text) {
                let full = std::mem::replace(&mut batch, batching.batch());
                batches.push(full.end());
            }
            total += text.len();
            if total + batches.len() * batching.head().len() > MAX_BATCHED_BYTES {
                return Err(Problem::too_large(&work.state.name));
            }
            batch.add(&text);
        }
        if batch.items > 0 {
            batches.push(batch.end());
        }
        Ok(Plan::Batches(batches))
    }
}

impl Batching {
    /// `BatchInput` comes first (recorded on AWS).
    fn head(&self) -> String {
        match &self.input {
            Some(input) => format!("{{\"BatchInput\":{input},\"Items\":["),
            None => "{\"Items\":[".to_owned(),
        }
    }

    fn batch(&self) -> Batch {
        Batch { text: self.head(), items: 0 }
    }
}

/// A child's input in the making.
struct Batch {
    text: String,
    items: u32,
}

impl Batch {
    fn is_full(&self, batching: &Batching, next: &str) -> bool {
        // A comma before the item, and two brackets after the last.
        let bytes = self.text.len() + next.len() + 3;
        self.items > 0 && (self.items as usize >= batching.max_items || bytes > batching.max_bytes)
    }

    fn add(&mut self, item: &str) {
        if self.items > 0 {
            self.text.push(',');
        }
        self.text.push_str(item);
        self.items += 1;
    }

    fn end(mut self) -> (Arc<str>, u32) {
        self.text.push_str("]}");
        (self.text.into(), self.items)
    }
}
