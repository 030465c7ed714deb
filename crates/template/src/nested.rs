//! `AWS::CloudFormation::Stack`: a stack in the stack. Its template is resolved like the root template, with the
//! parameters that the resource gives; its resources join those of the root, its outputs are the resource's attributes.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stack.html>

use std::{borrow::Cow, cell::Cell};

use indexmap::IndexMap;
use serde_json::Value;

use crate::{
    assets::Assets,
    diagnostic::{Position, Problem, Report},
    node::Node,
    parse,
    pseudo::Stack,
    template::{self, Resolved, Resource},
    values::Values,
};

/// The resource type.
pub(crate) const STACK: &str = "AWS::CloudFormation::Stack";

/// How deep stacks may nest. A template that contains itself ends here.
const DEEPEST: usize = 10;

/// How many stacks may be nested in a root stack, at all depths.
const MOST_STACKS: usize = 500;

/// CloudFormation's limit of resources that one operation on nested stacks touches.
const MOST_RESOURCES: usize = 2_500;

/// How many bytes the templates of all nested stacks may have together.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// What a template shares with those nested in it.
pub(crate) struct Loading<'a> {
    pub(crate) values: &'a dyn Values,
    /// What the functions of all templates have produced.
    pub(crate) produced: Cell<usize>,
    assets: &'a Assets<'a>,
    /// Set when a limit is passed: nothing more is loaded, so that one message stays one.
    is_exhausted: Cell<bool>,
    stacks: Cell<usize>,
    resources: Cell<usize>,
    bytes: Cell<usize>,
}

impl<'a> Loading<'a> {
    pub(crate) fn new(values: &'a dyn Values, assets: &'a Assets<'a>) -> Self {
        let zero = || Cell::new(0);
        Self {
            values,
            produced: zero(),
            assets,
            is_exhausted: Cell::new(false),
            stacks: zero(),
            resources: zero(),
            bytes: zero(),
        }
    }

    /// Counts the resources of one more template.
    pub(crate) fn count(&self, resources: usize, at: Position) -> Result<(), Problem> {
        if add(&self.resources, resources) > MOST_RESOURCES {
            let message = format!("a stack and those nested in it hold at most {MOST_RESOURCES} resources together");
            return Err(self.exhausted(at, message));
        }
        Ok(())
    }

    fn exhausted(&self, at: Position, message: String) -> Problem {
        self.is_exhausted.set(true);
        Problem::error("SW0142", at, message)
    }
}

/// The resources of the nested stack that `resource` is; gives `resource` the stack's outputs as attributes.
pub(crate) fn load(
    resource: &mut Resource,
    stack: &Stack,
    loading: &Loading<'_>,
    report: &mut Report,
) -> Vec<Resource> {
    let resolved = resolved(resource, stack, loading, report);
    // After an error, outputs may be missing for that reason.
    resource.identity.is_broken = report.has_errors();
    let Some(resolved) = resolved else { return Vec::new() };
    let outputs = resolved.outputs.into_iter();
    resource.identity.attributes =
        outputs.map(|output| (Cow::Owned(format!("Outputs.{}", output.name)), output.value)).collect();
    resolved.resources
}

fn resolved(resource: &Resource, stack: &Stack, loading: &Loading<'_>, report: &mut Report) -> Option<Resolved> {
    let url = resource.node.get("TemplateURL").filter(|_| !loading.is_exhausted.get())?;
    let root = template(url, stack, loading, report)?;
    let given = parameters(&resource.properties);
    template::resolve(&root, &given, stack, loading, report)
}

/// The parsed template of the stack, within the limits.
fn template(url: &Node, stack: &Stack, loading: &Loading<'_>, report: &mut Report) -> Option<Node> {
    if stack.depth() > DEEPEST {
        let message = format!("stacks nest deeper than {DEEPEST} levels; a template may contain itself");
        report.add(loading.exhausted(url.at, message));
        return None;
    }
    let parent = report.file(url.at).path.clone();
    let file = report.take(loading.assets.read(&parent, url))?;
    let (stacks, bytes) = (add(&loading.stacks, 1), add(&loading.bytes, file.text.len()));
    if stacks > MOST_STACKS || bytes > MOST_BYTES {
        let message =
            format!("nested stacks are more than {MOST_STACKS}, or their templates larger than 64 MB together");
        report.add(loading.exhausted(url.at, message));
        return None;
    }
    let text = file.text.clone();
    let number = report.add_file(file).expect("there are fewer stacks than numbers");
    report.take(parse::parse(&text, number))
}

fn parameters(properties: &Value) -> IndexMap<String, String> {
    let given = properties.get("Parameters").and_then(Value::as_object);
    let texts = given.into_iter().flatten();
    texts.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
}

fn add(total: &Cell<usize>, amount: usize) -> usize {
    total.set(total.get().saturating_add(amount));
    total.get()
}
