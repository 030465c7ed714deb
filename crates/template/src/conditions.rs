//! The section `Conditions`: every condition's truth, before any resource is looked at.

use std::collections::HashMap;

use crate::{
    diagnostic::{Problem, Report},
    intrinsics::Scope,
    node::Node,
};

/// How deep conditions may nest, by name or by function.
const DEEPEST: usize = 100;

/// Evaluates all conditions; one that cannot be evaluated is reported and counts as false.
pub(crate) fn evaluate(section: Option<&Node>, scope: &Scope<'_>, report: &mut Report) -> HashMap<String, bool> {
    let mut evaluation = Evaluation { section, scope, known: HashMap::new() };
    for entry in section.map_or(&[][..], Node::entries) {
        if !evaluation.known.contains_key(&entry.key) {
            let truth = report.take(evaluation.truth(&entry.value, 0)).unwrap_or(false);
            evaluation.known.insert(entry.key.clone(), truth);
        }
    }
    evaluation.known
}

struct Evaluation<'a> {
    section: Option<&'a Node>,
    scope: &'a Scope<'a>,
    known: HashMap<String, bool>,
}

impl Evaluation<'_> {
    fn truth(&mut self, node: &Node, depth: usize) -> Result<bool, Problem> {
        if depth == DEEPEST {
            return Err(Problem::error(
                "SW0141",
                node.at,
                "the conditions refer to each other in a circle or too deeply",
            ));
        }
        let wrong = |wanted: &str| Problem::error("SW0132", node.at, format!("a condition here takes {wanted}"));
        let [call] = node.entries() else {
            return Err(wrong("Fn::And, Fn::Or, Fn::Not, Fn::Equals or Condition"));
        };
        let items = call.value.as_list().unwrap_or_default();
        match (&*call.key, items) {
            ("Condition", _) => self.named(&call.value, depth + 1),
            ("Fn::Equals", [left, right]) => {
                let (left, right) = (self.scope.resolve(left)?, self.scope.resolve(right)?);
                // Both as text, as CloudFormation compares them: 1 equals "1".
                let comparable = |node: Option<Node>| node.map(|node| node.to_text().ok_or_else(|| node.to_json()));
                Ok(comparable(left) == comparable(right))
            }
            ("Fn::Not", [only]) => Ok(!self.truth(only, depth + 1)?),
            ("Fn::And", [_, _, ..]) if items.len() <= 10 => {
                self.all(items, depth).map(|truths| truths.iter().all(|&t| t))
            }
            ("Fn::Or", [_, _, ..]) if items.len() <= 10 => {
                self.all(items, depth).map(|truths| truths.iter().any(|&t| t))
            }
            ("Fn::Equals", _) => Err(wrong("two values for Fn::Equals")),
            ("Fn::Not", _) => Err(wrong("one condition for Fn::Not")),
            ("Fn::And" | "Fn::Or", _) => Err(wrong("two to ten conditions for Fn::And and Fn::Or")),
            _ => Err(wrong("Fn::And, Fn::Or, Fn::Not, Fn::Equals or Condition")),
        }
    }

    fn all(&mut self, items: &[Node], depth: usize) -> Result<Vec<bool>, Problem> {
        items.iter().map(|item| self.truth(item, depth + 1)).collect()
    }

    fn named(&mut self, name: &Node, depth: usize) -> Result<bool, Problem> {
        let text = name.as_text().unwrap_or_default();
        if let Some(&known) = self.known.get(text) {
            return Ok(known);
        }
        let Some(definition) = self.section.and_then(|section| section.get(text)) else {
            let known = self.section.map_or(&[][..], Node::entries).iter().map(|entry| &*entry.key);
            return Err(
                Problem::error("SW0133", name.at, format!("there is no condition '{text}'")).suggest(text, known)
            );
        };
        let truth = self.truth(definition, depth)?;
        self.known.insert(text.to_owned(), truth);
        Ok(truth)
    }
}
