//! Where the files are that a template names: beside the template, or, for what a tool has already given an address in
//! S3, where that tool keeps it on this machine.
//!
//! The AWS CDK writes `STACK.assets.json` beside `STACK.template.json`: which file goes to which key. Amplify's Gen 1
//! keeps its build folder under the keys as they are, below a prefix that the deployment makes up.

use std::{
    collections::HashMap,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    diagnostic::{Position, Problem},
    node::Node,
    source::{Files, LONGEST_FILE, SourceFile},
};

/// How many folders of a key may be left out to find its file.
const LONGEST_PREFIX: usize = 16;

/// Finds and reads the files that a template names.
pub(crate) struct Assets<'a> {
    files: &'a dyn Files,
    /// The folder of the root template.
    root: PathBuf,
    /// The CDK's files by their keys, relative to `root`.
    keys: HashMap<String, String>,
}

/// The manifest that the AWS CDK writes: what is read of it.
#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    files: HashMap<String, Asset>,
}

#[derive(Deserialize)]
struct Asset {
    source: AssetSource,
    #[serde(default)]
    destinations: HashMap<String, Destination>,
}

#[derive(Deserialize)]
struct AssetSource {
    path: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Destination {
    object_key: Option<String>,
}

impl<'a> Assets<'a> {
    /// The assets of the template at `template`.
    pub(crate) fn of(template: &Path, files: &'a dyn Files) -> Self {
        let root = folder(template).to_owned();
        let keys = manifest(template, files).map(|manifest| keys(manifest.files)).unwrap_or_default();
        Self { files, root, keys }
    }

    /// The file that `location` names in the template at `template`.
    pub(crate) fn read(&self, template: &Path, location: &Node) -> Result<SourceFile, Problem> {
        let at = location.at;
        let text = &*address(location).ok_or_else(|| in_s3(at))?;
        for path in self.candidates(template, text) {
            match self.files.read(&path) {
                Ok(text) if text.len() > LONGEST_FILE => return Err(too_large(&path, at)),
                Ok(text) => return Ok(SourceFile::new(path, text)),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) if error.kind() == ErrorKind::FileTooLarge => return Err(too_large(&path, at)),
                Err(error) => {
                    let message = format!("the file {} cannot be read: {error}", path.display());
                    return Err(Problem::error("SW0160", at, message));
                }
            }
        }
        Err(match text.contains("://") {
            true => in_s3(at),
            false => Problem::error("SW0160", at, format!("there is no file '{text}'"))
                .help("a path is relative to the folder of the template"),
        })
    }

    /// Where `location` may be found, in the order to look: what the manifest says, an asset of the CDK beside the
    /// template, and the key's path below the root template's folder with more and more of its prefix left out.
    pub(crate) fn candidates(&self, template: &Path, location: &str) -> Vec<PathBuf> {
        let Some(key) = object_key(location) else {
            return if location.contains("://") { Vec::new() } else { vec![normal(&folder(template).join(location))] };
        };
        let name = key.rsplit('/').next().unwrap_or(key);
        let known = self.keys.get(key).map(|path| normal(&self.root.join(path)));
        let beside = [folder(template).join(format!("asset.{name}")), folder(template).join(name)];
        let below = suffixes(key).map(|suffix| normal(&self.root.join(suffix)));
        known.into_iter().chain(beside).chain(below).collect()
    }
}

/// The location as text; `{ Bucket: B, Key: K }` is `s3://B/K`.
fn address(location: &Node) -> Option<String> {
    let member = |name| location.get(name).and_then(Node::as_text);
    match (location.as_text(), member("Bucket"), member("Key")) {
        (Some(text), ..) => Some(text.to_owned()),
        (None, Some(bucket), Some(key)) => Some(format!("s3://{bucket}/{key}")),
        _ => None,
    }
}

fn manifest(template: &Path, files: &dyn Files) -> Option<Manifest> {
    let name = template.file_name()?.to_str()?.strip_suffix(".template.json")?;
    let text = files.read(&template.with_file_name(format!("{name}.assets.json"))).ok()?;
    serde_json::from_str(&text).ok()
}

fn keys(assets: HashMap<String, Asset>) -> HashMap<String, String> {
    let of_asset = |asset: Asset| {
        let path = asset.source.path.unwrap_or_default();
        let keys = asset.destinations.into_values().filter_map(|destination| destination.object_key);
        keys.map(move |key| (key, path.clone())).collect::<Vec<_>>()
    };
    assets.into_values().flat_map(of_asset).collect()
}

/// The key of an object that `location` addresses: `s3://BUCKET/KEY`, `https://s3.REGION.amazonaws.com/BUCKET/KEY` or
/// `https://BUCKET.s3.REGION.amazonaws.com/KEY`. `None` for what is no address in S3.
fn object_key(location: &str) -> Option<&str> {
    if let Some(address) = location.strip_prefix("s3://") {
        return Some(address.split_once('/')?.1);
    }
    let (host, path) = location.strip_prefix("https://")?.split_once('/')?;
    if host.starts_with("s3.") || host.starts_with("s3-") {
        return Some(path.split_once('/')?.1);
    }
    (host.contains(".s3.") || host.contains(".s3-")).then_some(path)
}

/// `a/b/c`, `b/c`, `c`.
fn suffixes(key: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(key), |rest| rest.split_once('/').map(|(_, rest)| rest)).take(LONGEST_PREFIX)
}

fn folder(template: &Path) -> &Path {
    template.parent().unwrap_or(Path::new(""))
}

fn too_large(path: &Path, at: Position) -> Problem {
    Problem::error("SW0162", at, format!("the file {} is larger than 1 MB", path.display()))
}

fn in_s3(at: Position) -> Problem {
    Problem::error("SW0161", at, "this file is in S3, where it cannot be read")
        .help("run the template as it was before `aws cloudformation package`")
}

/// `a/b/../c` as `a/c`, so that paths read well in messages. Links are not followed.
fn normal(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match (part, parts.last()) {
            (Component::ParentDir, Some(Component::Normal(_))) => {
                parts.pop();
            }
            (Component::CurDir, _) => {}
            _ => parts.push(part),
        }
    }
    parts.iter().collect()
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// One file, and nothing else.
    struct Only(&'static str, &'static str);

    impl Files for Only {
        fn read(&self, path: &Path) -> io::Result<String> {
            if path == Path::new(self.0) { Ok(self.1.to_owned()) } else { Err(ErrorKind::NotFound.into()) }
        }
    }

    fn paths(names: &[&str]) -> Vec<PathBuf> {
        names.iter().map(PathBuf::from).collect()
    }

    #[test]
    fn paths_are_relative_to_the_template() {
        let template = Path::new("app/infra/template.yaml");
        let assets = Assets::of(template, &Only("none", ""));
        let at = |location| assets.candidates(template, location);
        assert_eq!(at("../schema/a.graphql"), paths(&["app/schema/a.graphql"]));
        assert_eq!(at("./b.json"), paths(&["app/infra/b.json"]));
        assert_eq!(at("/etc/c"), paths(&["/etc/c"]));
        assert_eq!(at("https://example.com/t.yaml"), paths(&[]));
    }

    #[test]
    fn addresses_in_s3_have_their_file_beside_the_template() {
        let template = Path::new("app/build/root.json");
        let assets = Assets::of(template, &Only("none", ""));
        for bucket in ["s3://b", "https://s3.amazonaws.com/b", "https://s3.eu-west-1.amazonaws.com/b"] {
            let found = assets.candidates(template, &format!("{bucket}/x/stacks/Post.json"));
            let expected = ["asset.Post.json", "Post.json", "x/stacks/Post.json", "stacks/Post.json", "Post.json"];
            assert_eq!(found, expected.map(|name| Path::new("app/build").join(name)), "{bucket}");
        }
        let virtual_host = assets.candidates(template, "https://b.s3.eu-west-1.amazonaws.com/0f.json");
        assert_eq!(virtual_host[0], Path::new("app/build/asset.0f.json"));
    }

    #[test]
    fn the_manifest_of_the_cdk_says_which_file_a_key_is() {
        let manifest = r#"{"version": "52.0.0", "files": {"0f": {
            "displayName": "Nested", "source": {"path": "Nested.nested.template.json", "packaging": "file"},
            "destinations": {"d": {"bucketName": "b", "objectKey": "0f.json"}}}}, "dockerImages": {}}"#;
        let template = Path::new("cdk.out/Blog.template.json");
        let files = Only("cdk.out/Blog.assets.json", manifest);
        let assets = Assets::of(template, &files);
        let found = assets.candidates(template, "https://s3.us-east-1.amazonaws.com/b/0f.json");
        assert_eq!(found[0], Path::new("cdk.out/Nested.nested.template.json"));
        assert_eq!(assets.candidates(template, "s3://b/1f.json")[0], Path::new("cdk.out/asset.1f.json"));
    }
}
