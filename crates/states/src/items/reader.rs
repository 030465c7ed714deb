//! `ItemReader`: which files a dataset has, and in which order they are read.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    ReadItems,
    collected::Collected,
    config::{self, InputType, ManifestType, ReaderConfig, ReaderTransformation},
    decode::{self, DataFile, Inventory},
    limits::MAX_FILES,
    objects::Objects,
};

/// The most objects that one call of `ListObjectsV2` lists (S3's limit).
const PAGE: usize = 1000;

/// The members of `GetObject` or `ListObjectsV2`.
type Arguments = Map<String, Value>;

/// Reads the items that `request` asks for: the JSON text of an array.
pub(super) async fn read(objects: &Objects<'_>, request: &ReadItems) -> Result<Arc<str>, String> {
    let config: Arc<ReaderConfig> = Arc::new(config::parse("ReaderConfig", &request.config)?);
    let arguments: Arguments =
        serde_json::from_str(&request.arguments).map_err(|_| "The ItemReader needs a Bucket.".to_owned())?;
    let mut items = Collected::new(request.max_items);
    let reading = Reading { objects, config };
    match request.resource.rsplit(':').next() {
        Some("getObject") => reading.object(arguments, &mut items).await?,
        Some("listObjectsV2") => reading.listing(arguments, &mut items).await?,
        _ => return Err(format!("stepwell does not read items with {}.", request.resource)),
    }
    Ok(items.into_text())
}

struct Reading<'a> {
    objects: &'a Objects<'a>,
    config: Arc<ReaderConfig>,
}

impl Reading<'_> {
    async fn object(&self, arguments: Arguments, items: &mut Collected) -> Result<(), String> {
        match (self.config.manifest_type, self.config.input_type) {
            (Some(ManifestType::AthenaData), input_type) => self.athena(arguments, input_type, items).await,
            (Some(ManifestType::S3Inventory), None) | (None, Some(InputType::Manifest)) => {
                self.inventory(arguments, items).await
            }
            (None, Some(input_type)) => self.file(arguments, input_type, items).await,
            (Some(ManifestType::S3Inventory), Some(_)) => {
                Err("The field 'InputType' cannot be specified with the ManifestType S3_INVENTORY.".to_owned())
            }
            (None, None) => Err(required()),
        }
    }

    /// What is known of each object, or what is in them.
    async fn listing(&self, mut arguments: Arguments, items: &mut Collected) -> Result<(), String> {
        let load = self.config.transformation == ReaderTransformation::LoadAndFlatten;
        let input_type = if load { Some(self.config.input_type.ok_or_else(required)?) } else { None };
        let bucket = arguments.get("Bucket").cloned().unwrap_or_default();
        let mut files = 0;
        while !items.is_full() {
            if !load && !arguments.contains_key("MaxKeys") {
                arguments.insert("MaxKeys".to_owned(), items.missing().min(PAGE).into());
            }
            let page = self.objects.list(arguments.clone()).await?;
            for listed in page.contents {
                if items.is_full() {
                    break;
                }
                let Some(input_type) = input_type else {
                    items.push(&listed.to_item())?;
                    continue;
                };
                // There is nothing in a folder that could be read.
                if listed.is_folder() {
                    continue;
                }
                files += 1;
                if files > MAX_FILES {
                    return Err(format!("The dataset has more than {MAX_FILES} files."));
                }
                self.file(location(bucket.clone(), &listed.key), input_type, items).await?;
            }
            match page.next_continuation_token {
                Some(token) => _ = arguments.insert("ContinuationToken".to_owned(), token.into()),
                None => break,
            }
        }
        Ok(())
    }

    async fn file(&self, arguments: Arguments, input_type: InputType, items: &mut Collected) -> Result<(), String> {
        let file = self.get(arguments).await?;
        let config = self.config.clone();
        decode(items, move |items| decode::file(file, &config, input_type, items)).await
    }

    /// The objects that an inventory knows.
    async fn inventory(&self, arguments: Arguments, items: &mut Collected) -> Result<(), String> {
        let bucket = arguments.get("Bucket").cloned().unwrap_or_default();
        let inventory = Arc::new(Inventory::parse(&self.get(arguments).await?.into_text()?)?);
        let bucket = inventory.bucket.clone().map_or(bucket, Value::from);
        for key in &inventory.keys {
            if items.is_full() {
                break;
            }
            let file = self.get(location(bucket.clone(), key)).await?;
            let inventory = inventory.clone();
            decode(items, move |items| inventory.read(file, items)).await?;
        }
        Ok(())
    }

    /// What is in the files that an `UNLOAD` of Athena has written.
    async fn athena(
        &self,
        arguments: Arguments,
        input_type: Option<InputType>,
        items: &mut Collected,
    ) -> Result<(), String> {
        let input_type = input_type.ok_or_else(required)?;
        let manifest = self.get(arguments).await?.into_text()?;
        for (bucket, key) in decode::athena_files(&manifest)? {
            if items.is_full() {
                break;
            }
            self.file(location(bucket.into(), &key), input_type, items).await?;
        }
        Ok(())
    }

    async fn get(&self, arguments: Arguments) -> Result<DataFile, String> {
        let key = arguments.get("Key").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(DataFile { key, bytes: self.objects.get(arguments).await? })
    }
}

/// Adds to `items` on a thread that may be busy for a while.
async fn decode(
    items: &mut Collected,
    add: impl FnOnce(&mut Collected) -> Result<(), String> + Send + 'static,
) -> Result<(), String> {
    let mut taken = std::mem::take(items);
    let decoding = tokio::task::spawn_blocking(move || {
        let added = add(&mut taken);
        added.map(|()| taken)
    });
    *items = decoding.await.map_err(|_| "Reading the dataset was interrupted.".to_owned())??;
    Ok(())
}

fn required() -> String {
    "The field 'InputType' is required in the ReaderConfig.".to_owned()
}

fn location(bucket: Value, key: &str) -> Arguments {
    Map::from_iter([("Bucket".to_owned(), bucket), ("Key".to_owned(), key.into())])
}
