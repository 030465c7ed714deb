//! `ResultWriter`: the results of a map run into files, or formed into the output of the Map.

use std::sync::Arc;

use serde_json::Value;

use super::{
    Results, WriteResults,
    config::{self, OutputType, WriterConfig},
    encode::{Destination, Files, Group, MANIFEST, ResultFile, manifest, pending, transformed},
    limits::{MAX_ITEMS_BYTES, MAX_RESULT_FILE_BYTES, RESULTS_AT_ONCE},
    objects::Objects,
};
use crate::records::{ExecutionRow, Status};

/// Writes or forms the results that `request` is about: the JSON text that the Map gives.
pub(super) async fn write(
    objects: &Objects<'_>,
    request: &WriteResults,
    results: &Results<'_>,
) -> Result<Arc<str>, String> {
    let given = request.config.as_ref().map(|config| config::parse::<WriterConfig>("WriterConfig", config));
    let config = given.transpose()?.unwrap_or_default();
    match request.resource.as_deref().map(|resource| resource.rsplit(':').next()) {
        None => formed(config, results),
        Some(Some("putObject")) => export(objects, request, config, results).await,
        Some(_) => Err("A ResultWriter writes with arn:aws:states:::s3:putObject only.".to_owned()),
    }
}

/// The results as the output of the Map.
fn formed(config: WriterConfig, results: &Results<'_>) -> Result<Arc<str>, String> {
    let mut files = Files::new(config.output_type, usize::MAX);
    let (mut after, mut bytes) = (None, 0);
    while let Some(page) = next_page(results, &mut after)? {
        for row in &page {
            for element in transformed(row, config.transformation, results.shared.clock.now()) {
                bytes += element.len();
                if bytes > MAX_ITEMS_BYTES {
                    return Err(format!("The results have more than {MAX_ITEMS_BYTES} bytes. Write them to files."));
                }
                files.push(&element);
            }
        }
    }
    let text = files.into_one();
    Ok(match config.output_type {
        OutputType::Json => text.into(),
        // Lines are no JSON, so they are one text. The guide does not show this.
        OutputType::Jsonl => Value::String(text).to_string().into(),
    })
}

/// The next results, in the order of their items; `None` after the last.
fn next_page(results: &Results<'_>, after: &mut Option<u64>) -> Result<Option<Vec<ExecutionRow>>, String> {
    let page = results.after(*after, RESULTS_AT_ONCE).map_err(|error| {
        tracing::error!(%error, "the results of a map run cannot be read");
        "The results of the child executions cannot be read.".to_owned()
    })?;
    *after = page.last().map(|row| row.id);
    Ok(after.map(|_| page))
}

/// The results as files, and the output that tells where they are.
async fn export(
    objects: &Objects<'_>,
    request: &WriteResults,
    config: WriterConfig,
    results: &Results<'_>,
) -> Result<Arc<str>, String> {
    let destination: Destination =
        serde_json::from_str(&request.arguments).map_err(|_| "The ResultWriter needs a Bucket.".to_owned())?;
    let mut succeeded = Export::new(objects, &destination, request, config, Group::Succeeded);
    let mut failed = Export::new(objects, &destination, request, config, Group::Failed);
    let mut after = None;
    while let Some(page) = next_page(results, &mut after)? {
        for row in page.iter().filter(|row| row.status != Status::Running) {
            let export = if row.status == Status::Succeeded { &mut succeeded } else { &mut failed };
            for element in transformed(row, config.transformation, results.shared.clock.now()) {
                export.add(&element).await?;
            }
        }
    }
    let mut never_started = Export::new(objects, &destination, request, config, Group::Pending);
    for input in &request.pending {
        never_started.add(&pending(input)).await?;
    }
    let mut files = Vec::new();
    for export in [failed, never_started, succeeded] {
        files.extend(export.finish().await?);
    }
    let run = &request.map_run_arn;
    // The manifest comes last: who finds it finds the files.
    let manifest = manifest(&destination, run, &files).to_string();
    objects.put(&destination.bucket, &destination.key(run, MANIFEST), &manifest).await?;
    Ok(destination.output(run).to_string().into())
}

/// The files of one group on their way.
struct Export<'a> {
    objects: &'a Objects<'a>,
    destination: &'a Destination,
    map_run_arn: &'a str,
    group: Group,
    filling: Files,
    written: Vec<ResultFile>,
}

impl<'a> Export<'a> {
    fn new(
        objects: &'a Objects<'a>,
        destination: &'a Destination,
        request: &'a WriteResults,
        config: WriterConfig,
        group: Group,
    ) -> Self {
        let filling = Files::new(config.output_type, MAX_RESULT_FILE_BYTES);
        let map_run_arn = &request.map_run_arn;
        Self { objects, destination, map_run_arn, group, filling, written: Vec::new() }
    }

    async fn add(&mut self, element: &str) -> Result<(), String> {
        match self.filling.push(element) {
            Some(full) => self.write(&full).await,
            None => Ok(()),
        }
    }

    async fn finish(mut self) -> Result<Vec<ResultFile>, String> {
        if let Some(last) = self.filling.finish() {
            self.write(&last).await?;
        }
        Ok(self.written)
    }

    /// The number and the form of files do not change when a run is written again.
    async fn write(&mut self, text: &str) -> Result<(), String> {
        // The guide names no other ending, also for lines.
        let name = format!("{}_{}.json", self.group.name(), self.written.len());
        let key = self.destination.key(self.map_run_arn, &name);
        self.objects.put(&self.destination.bucket, &key, text).await?;
        self.written.push(ResultFile { group: self.group, key, size: text.len() });
        Ok(())
    }
}
