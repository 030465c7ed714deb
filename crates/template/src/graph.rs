//! Which resource needs which, in what order they can be made, and the path of a circle when there is one.

use std::collections::{HashMap, HashSet};

use crate::{
    diagnostic::{Position, Problem},
    node::{Content, Node},
    substitution::{Part, parts},
};

/// A reference from one resource to another, and where it stands.
type Edge = (usize, Position);

/// What a resource says about its dependencies.
pub(crate) struct Declared<'a> {
    pub(crate) logical_id: &'a str,
    pub(crate) at: Position,
    pub(crate) node: &'a Node,
}

/// The indexes of `resources` in an order in which each comes after what it refers to.
///
/// # Errors
/// `SW0140` with the path of a circle, at the reference that closes it.
pub(crate) fn order(resources: &[Declared<'_>], conditions: &HashMap<String, bool>) -> Result<Vec<usize>, Problem> {
    let index: HashMap<&str, usize> =
        resources.iter().enumerate().map(|(index, resource)| (resource.logical_id, index)).collect();
    let edges: Vec<Vec<Edge>> = resources.iter().map(|resource| edges(resource.node, &index, conditions)).collect();
    let (mut ordered, mut done) = (Vec::with_capacity(resources.len()), HashSet::new());
    for start in 0..resources.len() {
        // Depth first on a stack of our own: a chain of references may be as long as the template.
        let mut path: Vec<(usize, usize)> = if done.contains(&start) { Vec::new() } else { vec![(start, 0)] };
        let mut on_path = HashSet::from([start]);
        while let Some((resource, next)) = path.last_mut() {
            let Some(&(target, at)) = edges[*resource].get(*next) else {
                on_path.remove(resource);
                done.insert(*resource);
                ordered.push(*resource);
                path.pop();
                continue;
            };
            *next += 1;
            if on_path.contains(&target) {
                return Err(circle(resources, &path, target, at));
            }
            if !done.contains(&target) {
                on_path.insert(target);
                path.push((target, 0));
            }
        }
    }
    Ok(ordered)
}

fn circle(resources: &[Declared<'_>], path: &[(usize, usize)], target: usize, at: Position) -> Problem {
    let names = path.iter().map(|(index, _)| *index).skip_while(|index| *index != target).chain([target]);
    let names: Vec<&str> = names.map(|index| resources[index].logical_id).collect();
    let shown = if names.len() <= 12 {
        names.join(" -> ")
    } else {
        format!("{} -> ... ({} resources)", names[..10].join(" -> "), names.len() - 1)
    };
    Problem::error("SW0140", at, format!("these resources need each other: {shown}"))
        .help("one of these references has to go, for example into a resource of its own")
}

/// What one resource refers to: DependsOn, Ref, Fn::GetAtt and Fn::Sub, of Fn::If only the branch that is taken.
fn edges(resource: &Node, index: &HashMap<&str, usize>, conditions: &HashMap<String, bool>) -> Vec<Edge> {
    let mut walk = Walk { index, conditions, edges: Vec::new() };
    if let Some(depends_on) = resource.get("DependsOn") {
        for name in depends_on.as_list().unwrap_or(std::slice::from_ref(depends_on)) {
            walk.named(name.as_text().unwrap_or_default(), name.at);
        }
    }
    if let Some(properties) = resource.get("Properties") {
        walk.node(properties);
    }
    walk.edges
}

struct Walk<'a> {
    index: &'a HashMap<&'a str, usize>,
    conditions: &'a HashMap<String, bool>,
    edges: Vec<Edge>,
}

impl Walk<'_> {
    fn named(&mut self, name: &str, at: Position) {
        if let Some(&target) = self.index.get(name) {
            self.edges.push((target, at));
        }
    }

    fn node(&mut self, node: &Node) {
        match node.as_call() {
            Some(("Ref", argument)) => self.named(argument.as_text().unwrap_or_default(), argument.at),
            Some(("Fn::GetAtt", argument)) => {
                let name = argument.as_list().and_then(|items| items.first()).unwrap_or(argument);
                let name = name.as_text().unwrap_or_default();
                self.named(name.split('.').next().unwrap_or(name), argument.at);
            }
            Some(("Fn::Sub", argument)) => self.sub(argument),
            Some(("Fn::If", argument)) => self.branch(argument),
            _ => match &node.content {
                Content::List(items) => items.iter().for_each(|item| self.node(item)),
                Content::Map(entries) => entries.iter().for_each(|entry| self.node(&entry.value)),
                _ => {}
            },
        }
    }

    fn sub(&mut self, argument: &Node) {
        let (template, variables) = match argument.as_list() {
            Some([template, variables]) => (template, Some(variables)),
            _ => (argument, None),
        };
        for part in parts(template.as_text().unwrap_or_default()) {
            let Part::Name(name) = part else { continue };
            let name = name.trim();
            if variables.and_then(|variables| variables.get(name)).is_none() {
                self.named(name.split('.').next().unwrap_or(name), template.at);
            }
        }
        if let Some(variables) = variables {
            self.node(variables);
        }
    }

    fn branch(&mut self, argument: &Node) {
        if let Some([name, then, otherwise]) = argument.as_list() {
            let holds = self.conditions.get(name.as_text().unwrap_or_default()).copied().unwrap_or(false);
            self.node(if holds { then } else { otherwise });
        }
    }
}
