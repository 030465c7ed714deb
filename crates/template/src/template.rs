//! From the text of a template to its resources with every function resolved and every property checked.

use std::collections::HashSet;

use indexmap::IndexMap;
use serde_json::Value;

use crate::{
    amplify_table, check, conditions,
    diagnostic::{Position, Problem, Report},
    graph,
    identity::{Subject, identify},
    intrinsics::Scope,
    nested::{self, Loading},
    node::{Content, Node},
    parameters,
    pseudo::Stack,
    shapes,
};

const SECTIONS: &[&str] = &[
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

const RESOURCE_KEYS: &[&str] = &[
    "Condition",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
];

/// CloudFormation's limit of resources in a template.
const MOST_RESOURCES: usize = 500;

/// A resource as it is to be created.
#[derive(Debug)]
pub(crate) struct Resource {
    /// With the logical ids of the stacks that it is nested in before its own: `Nested.LogicalId`.
    pub(crate) logical_id: String,
    pub(crate) resource_type: String,
    /// Where its logical id stands.
    pub(crate) at: Position,
    /// As resolved, with positions.
    pub(crate) node: Node,
    /// As its shape promises.
    pub(crate) properties: Value,
    pub(crate) identity: crate::identity::Identity,
}

/// A template whose functions are resolved.
pub(crate) struct Resolved {
    /// In an order in which each comes after those it refers to.
    pub(crate) resources: Vec<Resource>,
    pub(crate) outputs: Vec<ResolvedOutput>,
}

/// An output whose condition holds.
pub(crate) struct ResolvedOutput {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) value: String,
}

/// Resolves a parsed template and those nested in it, with the parameters that are `given`; what is wrong goes to the
/// report.
pub(crate) fn resolve(
    root: &Node,
    given: &IndexMap<String, String>,
    stack: &Stack,
    loading: &Loading<'_>,
    report: &mut Report,
) -> Option<Resolved> {
    sections(root, report);
    let parameters = parameters::values(root, given, report);
    let mut scope = Scope::new(stack, &parameters, root.get("Mappings"), &loading.produced);
    scope.conditions = conditions::evaluate(root.get("Conditions"), &scope, report);
    let declared = declared(root.get("Resources")?, &mut scope, report);
    report.take(loading.count(declared.len(), root.at))?;
    let order = report.take(graph::order(&declared, &scope.conditions))?;
    let mut resources = Vec::with_capacity(order.len());
    for index in order {
        let mut resource = resource(&declared[index], &scope, loading, report);
        if resource.resource_type == nested::STACK {
            let stack = stack.nested(declared[index].logical_id);
            resources.extend(nested::load(&mut resource, &stack, loading, report));
        }
        scope.identities.insert(declared[index].logical_id.to_owned(), resource.identity.clone());
        resources.push(resource);
    }
    let outputs = outputs(root.get("Outputs"), &scope, report);
    scope.warnings.take().into_iter().for_each(|warning| report.add(warning));
    Some(Resolved { resources, outputs })
}

fn sections(root: &Node, report: &mut Report) {
    if !matches!(root.content, Content::Map(_)) {
        report.add(Problem::error("SW0110", root.at, format!("a template is a map of sections, not {}", root.kind())));
        return;
    }
    for entry in root.entries() {
        if !SECTIONS.contains(&&*entry.key) {
            let message = format!("a template has no section '{}'", entry.key);
            let problem = Problem::error("SW0110", entry.key_at, message);
            report.add(problem.suggest(&entry.key, SECTIONS.iter().copied()));
        }
        if entry.key == "Transform" {
            report.add(Problem::warning("SW0172", entry.key_at, "transforms run on AWS only and are left out here"));
        }
        if entry.key == "Rules" {
            report.add(Problem::warning("SW0173", entry.key_at, "rules are checked on AWS only"));
        }
    }
    if root.get("Resources").is_none() {
        report.add(Problem::error("SW0111", root.at, "a template needs the section 'Resources'"));
    }
}

/// The resources whose condition holds and whose declaration can be read.
fn declared<'a>(section: &'a Node, scope: &mut Scope<'_>, report: &mut Report) -> Vec<graph::Declared<'a>> {
    let entries = section.entries();
    if entries.len() > MOST_RESOURCES {
        let message = format!("a template holds at most {MOST_RESOURCES} resources; these are {}", entries.len());
        report.add(Problem::error("SW0104", section.at, message));
        return Vec::new();
    }
    let names: HashSet<&str> = entries.iter().map(|entry| &*entry.key).collect();
    let mut declared = Vec::new();
    for entry in entries {
        let result = declaration(&entry.key, entry.key_at, &entry.value, &names, scope);
        match report.take(result) {
            Some(true) => {
                declared.push(graph::Declared { logical_id: &entry.key, at: entry.key_at, node: &entry.value });
            }
            // Left out as well when it is broken, so that references to it add no further errors.
            Some(false) | None => {
                scope.left_out.insert(entry.key.clone());
            }
        }
    }
    declared
}

/// Whether a well-formed declaration's condition holds.
fn declaration(
    logical_id: &str,
    at: Position,
    node: &Node,
    names: &HashSet<&str>,
    scope: &Scope<'_>,
) -> Result<bool, Problem> {
    if logical_id.is_empty() || !logical_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let message = format!("the logical id '{logical_id}' must have letters and digits only");
        return Err(Problem::error("SW0112", at, message));
    }
    for entry in node.entries() {
        if !RESOURCE_KEYS.contains(&&*entry.key) {
            let message = format!("a resource has no '{}'", entry.key);
            let problem = Problem::error("SW0112", entry.key_at, message);
            return Err(problem.suggest(&entry.key, RESOURCE_KEYS.iter().copied()));
        }
    }
    if node.get("Type").and_then(Node::as_text).is_none() {
        return Err(Problem::error("SW0112", at, format!("the resource '{logical_id}' needs a Type")));
    }
    if let Some(depends_on) = node.get("DependsOn") {
        for name in depends_on.as_list().unwrap_or(std::slice::from_ref(depends_on)) {
            let text = name.as_text().unwrap_or_default();
            if !names.contains(text) {
                let problem = Problem::error("SW0130", name.at, format!("there is no resource '{text}'"));
                return Err(problem.suggest(text, names.iter().copied()));
            }
        }
    }
    match node.get("Condition") {
        None => Ok(true),
        Some(condition) => {
            let name = condition.as_text().unwrap_or_default();
            scope.conditions.get(name).copied().ok_or_else(|| scope.unknown_condition(name, condition.at))
        }
    }
}

fn resource(declared: &graph::Declared<'_>, scope: &Scope<'_>, loading: &Loading<'_>, report: &mut Report) -> Resource {
    let resource_type = declared.node.get("Type").and_then(Node::as_text).unwrap_or_default();
    let (mut node, complete) = properties(declared, scope, report);
    if amplify_table::is(resource_type) {
        node = amplify_table::properties(&node);
    }
    let properties = match shapes::shape(resource_type) {
        Some(shape) if complete => check::properties(&node, declared.at, resource_type, shape, report),
        _ => node.to_json(),
    };
    let subject = Subject { logical_id: declared.logical_id, resource_type, properties: &properties };
    let identity = identify(&subject, scope.stack, loading.values);
    Resource {
        logical_id: scope.stack.qualified(declared.logical_id),
        resource_type: resource_type.to_owned(),
        at: declared.at,
        node,
        properties,
        identity,
    }
}

/// The resolved properties, and whether all of them could be resolved. Each is tried, so that one error does not
/// hide the next; types that run on AWS only are not worth an error.
fn properties(declared: &graph::Declared<'_>, scope: &Scope<'_>, report: &mut Report) -> (Node, bool) {
    let Some(properties) = declared.node.get("Properties") else {
        return (Node { at: declared.at, content: Content::Map(Vec::new()) }, true);
    };
    if !matches!(properties.content, Content::Map(_)) || properties.as_call().is_some() {
        let message = format!("'Properties' must be a map, not {}", properties.kind());
        report.add(Problem::error("SW0151", properties.at, message));
        return (Node { at: properties.at, content: Content::Map(Vec::new()) }, false);
    }
    let mut complete = true;
    let mut resolved = Vec::new();
    for entry in properties.entries() {
        match scope.resolve(&entry.value) {
            Ok(Some(value)) => resolved.push(crate::node::Entry { value, ..entry.clone() }),
            Ok(None) => {}
            Err(problem) => {
                report.add(problem);
                complete = false;
            }
        }
    }
    (Node { at: properties.at, content: Content::Map(resolved) }, complete)
}

fn outputs(section: Option<&Node>, scope: &Scope<'_>, report: &mut Report) -> Vec<ResolvedOutput> {
    let mut outputs = Vec::new();
    for entry in section.map_or(&[][..], Node::entries) {
        match output(&entry.value, scope) {
            Ok(Some(value)) => outputs.push(ResolvedOutput {
                name: entry.key.clone(),
                description: entry.value.get("Description").and_then(Node::to_text),
                value,
            }),
            Ok(None) => {}
            Err(problem) => report.add(problem),
        }
    }
    outputs
}

/// The value of an output, `None` when its condition does not hold.
fn output(node: &Node, scope: &Scope<'_>) -> Result<Option<String>, Problem> {
    if let Some(condition) = node.get("Condition") {
        let name = condition.as_text().unwrap_or_default();
        match scope.conditions.get(name) {
            Some(true) => {}
            Some(false) => return Ok(None),
            None => return Err(scope.unknown_condition(name, condition.at)),
        }
    }
    let value = node.get("Value").ok_or_else(|| Problem::error("SW0152", node.at, "an output needs a Value"))?;
    scope.text(value, "Value").map(Some)
}
