//! Items that a distributed Map reads from elsewhere (`ItemReader`), and results that it writes elsewhere or forms
//! (`ResultWriter`).
//!
//! [`read`]: in go the effective fields of the reader, out comes the JSON text of one array, the items in order, as the
//! child executions are to see them (before `ItemSelector`): at most [`MAX_ITEMS`] of them in at most
//! [`MAX_ITEMS_BYTES`]. `MaxItems` has been evaluated and checked; `ReaderConfig` comes as it is written. The array
//! becomes part of the execution's steps, so it is not read again after a crash.
//!
//! [`write`]: in go the effective fields of the writer and the results of the child executions, out comes the JSON text
//! of what the Map gives: `{"MapRunArn": .., "ResultWriterDetails": {"Bucket": .., "Key": ..}}` where it has a
//! `Resource`, the formed results where it has only a `WriterConfig`. It may be called again after a crash, and after a
//! redrive, and must then give the same.
//!
//! [`child_result`] forms one result as the transformation `NONE` shows it, and failed ones under every transformation.
//!
//! An error is a text, the `Cause` of `States.ItemReaderFailed` or `States.ResultWriterFailed`.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html>,
//! <https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html>

mod child_result;
mod collected;
mod config;
mod decode;
mod encode;
mod limits;
mod listing;
mod objects;
mod reader;
mod writer;

use std::{ops::Bound, sync::Arc};

use aws_protocol::Caller;

use self::objects::Objects;

pub(crate) use child_result::child_result;
pub(crate) use limits::{MAX_ITEMS, MAX_ITEMS_BYTES};

use crate::{Error, engine::Shared, layout, records::ExecutionRow, records::Summary};

/// What an `ItemReader` asks for, its fields evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadItems {
    /// `arn:aws:states:::s3:getObject` or `arn:aws:states:::s3:listObjectsV2`.
    pub resource: Arc<str>,
    /// `Parameters` or `Arguments` (JSON text).
    pub arguments: Arc<str>,
    /// `ReaderConfig` as written (JSON text of an object).
    pub config: Arc<str>,
    /// `MaxItems`, not 0; `None` for all there are.
    pub max_items: Option<u64>,
}

/// What a `ResultWriter` asks for, its fields evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteResults {
    /// `arn:aws:states:::s3:putObject`; absent where the results are only formed for the state's output.
    pub resource: Option<Arc<str>>,
    /// `Parameters` or `Arguments` (JSON text); `{}` where there are none.
    pub arguments: Arc<str>,
    /// `WriterConfig` as written (JSON text of an object).
    pub config: Option<Arc<str>>,
    /// The map run.
    pub map_run_arn: Arc<str>,
    /// The inputs of child executions that were never started, because the run failed (JSON texts).
    pub pending: Vec<Arc<str>>,
}

/// The execution that reads and writes.
pub(crate) struct Reader {
    pub(crate) execution_arn: Arc<str>,
    pub(crate) role_arn: Arc<str>,
}

impl Reader {
    /// The caller that the other service sees: the machine's role.
    pub(crate) fn caller(&self) -> Caller {
        let account = self.role_arn.split(':').nth(4).unwrap_or_default();
        Caller::internal(account, &*self.role_arn)
    }
}

/// The child executions of a map run that have ended, in the order of their items.
pub(crate) struct Results<'a> {
    pub(crate) shared: &'a Shared,
    /// The number that the run's child executions have in the indexes in the place of a machine's.
    pub(crate) run: u64,
}

impl Results<'_> {
    /// At most `limit` of them after the one with this [`ExecutionRow::id`].
    pub(crate) fn after(&self, id: Option<u64>, limit: usize) -> Result<Vec<ExecutionRow>, Error> {
        let store = &*self.shared.store;
        let lower = layout::key(&[self.run, id.map_or(0, |id| id + 1)]);
        let upper = layout::key(&[self.run + 1]);
        let page = store.range(layout::BY_MACHINE, Bound::Included(&lower), Bound::Excluded(&upper), limit, false)?;
        let mut rows = Vec::with_capacity(page.len());
        for (key, bytes) in page {
            let summary: Summary = layout::decode(layout::BY_MACHINE, &key, &bytes)?;
            rows.extend(layout::get(store, layout::EXECUTIONS, summary.arn.as_bytes())?);
        }
        Ok(rows)
    }
}

/// Reads the items of a Map.
///
/// # Errors
/// The cause of `States.ItemReaderFailed`.
pub(crate) async fn read(shared: &Shared, reader: &Reader, request: &ReadItems) -> Result<Arc<str>, String> {
    reader::read(&Objects { shared, caller: reader.caller() }, request).await
}

/// Writes or forms the results of a Map.
///
/// # Errors
/// The cause of `States.ResultWriterFailed`.
pub(crate) async fn write(
    shared: &Shared,
    writer: &Reader,
    request: &WriteResults,
    results: &Results<'_>,
) -> Result<Arc<str>, String> {
    writer::write(&Objects { shared, caller: writer.caller() }, request, results).await
}
