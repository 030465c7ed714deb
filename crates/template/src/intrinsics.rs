//! Intrinsic functions: a node with calls in, a node without calls out.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, HashSet},
};

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    cidr,
    diagnostic::{Position, Problem},
    identity::Identity,
    node::{Content, Entry, Node},
    pseudo::{PSEUDO_PARAMETERS, Stack},
    substitution::{Part, parts},
};

/// How many bytes and values the functions of a template and those nested in it may produce together.
const MOST_PRODUCED: usize = 16 * 1024 * 1024;

/// A resolved value; `None` for `AWS::NoValue`, which takes its property away.
pub(crate) type Resolved = Result<Option<Node>, Problem>;

/// Everything a function may refer to.
pub(crate) struct Scope<'a> {
    pub(crate) stack: &'a Stack,
    pub(crate) parameters: &'a HashMap<String, Node>,
    pub(crate) mappings: Option<&'a Node>,
    pub(crate) conditions: HashMap<String, bool>,
    /// Resources that are in the template but whose condition is false.
    pub(crate) left_out: HashSet<String>,
    /// Resources whose Ref and GetAtt values are known by now.
    pub(crate) identities: HashMap<String, Identity>,
    pub(crate) warnings: RefCell<Vec<Problem>>,
    /// What the functions of all templates have produced.
    produced: &'a Cell<usize>,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(
        stack: &'a Stack,
        parameters: &'a HashMap<String, Node>,
        mappings: Option<&'a Node>,
        produced: &'a Cell<usize>,
    ) -> Self {
        Self {
            stack,
            parameters,
            mappings,
            conditions: HashMap::new(),
            left_out: HashSet::new(),
            identities: HashMap::new(),
            warnings: RefCell::default(),
            produced,
        }
    }

    /// Resolves every call in `node`.
    pub(crate) fn resolve(&self, node: &Node) -> Resolved {
        if let Some((function, argument)) = node.as_call() {
            return self.call(function, argument, node.at);
        }
        let content = match &node.content {
            Content::List(items) => Content::List(self.resolve_items(items)?),
            Content::Map(entries) => {
                let mut resolved = Vec::with_capacity(entries.len());
                for entry in entries {
                    if let Some(value) = self.resolve(&entry.value)? {
                        resolved.push(Entry { key: entry.key.clone(), key_at: entry.key_at, value });
                    }
                }
                Content::Map(resolved)
            }
            scalar => scalar.clone(),
        };
        Ok(Some(Node { at: node.at, content }))
    }

    fn resolve_items(&self, items: &[Node]) -> Result<Vec<Node>, Problem> {
        items.iter().filter_map(|item| self.resolve(item).transpose()).collect()
    }

    fn call(&self, function: &str, argument: &Node, at: Position) -> Resolved {
        match function {
            "Ref" => self.reference(argument),
            "Fn::GetAtt" => self.get_att(argument).map(Some),
            "Fn::Sub" => self.sub(argument).map(Some),
            "Fn::If" => self.if_(argument),
            "Fn::Join" => self.join(argument).map(Some),
            "Fn::Select" => self.select(argument).map(Some),
            "Fn::Split" => self.split(argument).map(Some),
            "Fn::FindInMap" => self.find_in_map(argument).map(Some),
            "Fn::Base64" => self.produce(at, STANDARD.encode(self.text(argument, function)?)).map(Some),
            "Fn::Cidr" => self.cidr(argument).map(Some),
            "Fn::GetAZs" => self.availability_zones(argument).map(Some),
            "Fn::Length" => {
                let length = self.list(argument, function)?.len();
                Ok(Some(Node { at, content: Content::Number(length.to_string()) }))
            }
            "Fn::ToJsonString" => {
                let value = self.resolve(argument)?.map_or(serde_json::Value::Null, |node| node.to_json());
                self.produce(at, value.to_string()).map(Some)
            }
            "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" => {
                Err(Problem::error("SW0132", at, format!("{function} stands in the section Conditions only")))
            }
            "Fn::ImportValue" | "Fn::Transform" => Err(Problem::error(
                "SW0136",
                at,
                format!("{function} needs a stack on AWS and cannot be resolved here"),
            )
            .help("make the value a parameter")),
            _ => Err(Problem::error("SW0103", at, format!("CloudFormation has no function '{function}'"))),
        }
    }

    fn reference(&self, argument: &Node) -> Resolved {
        let name = literal(argument, "Ref")?;
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        let at = argument.at;
        if name == "AWS::NotificationARNs" {
            return Ok(Some(Node::list(at, Vec::new())));
        }
        if let Some(value) = self.parameters.get(name) {
            self.spend(at, weight(value))?;
            return Ok(Some(Node { at, content: value.content.clone() }));
        }
        self.named(name, at).map(Some)
    }

    /// A pseudo parameter or a resource's Ref value.
    fn named(&self, name: &str, at: Position) -> Result<Node, Problem> {
        if let Some(value) = self.stack.pseudo_parameter(name) {
            return self.produce(at, value);
        }
        match self.identities.get(name) {
            Some(identity) => self.produce(at, identity.reference.clone()),
            None => Err(self.unknown(name, at)),
        }
    }

    fn unknown(&self, name: &str, at: Position) -> Problem {
        if self.left_out.contains(name) {
            let message = format!("the resource '{name}' is not created, because its condition is false");
            return Problem::error("SW0135", at, message).help("choose with Fn::If on the same condition");
        }
        let known = self.parameters.keys().chain(self.identities.keys()).map(String::as_str);
        let message = format!("there is no parameter or resource '{name}'");
        Problem::error("SW0130", at, message).suggest(name, known.chain(PSEUDO_PARAMETERS.iter().copied()))
    }

    fn get_att(&self, argument: &Node) -> Result<Node, Problem> {
        let joined;
        let (name, attribute) = match (argument.as_list(), argument.as_text()) {
            (Some([name, attribute]), _) => {
                joined = self.text(attribute, "Fn::GetAtt")?;
                (literal(name, "Fn::GetAtt")?, &*joined)
            }
            (_, Some(text)) => text.split_once('.').unwrap_or((text, "")),
            _ => return Err(arguments(argument, "Fn::GetAtt", "a resource and an attribute")),
        };
        self.attribute(name, attribute, argument.at)
    }

    fn attribute(&self, name: &str, attribute: &str, at: Position) -> Result<Node, Problem> {
        let identity = self.identities.get(name).ok_or_else(|| self.unknown(name, at))?;
        if let Some(value) = identity.attributes.get(attribute) {
            return self.produce(at, value.clone());
        }
        if identity.is_broken {
            return self.produce(at, self.stand_in(name, attribute));
        }
        if identity.runs_here {
            let message = format!("{} has no attribute '{attribute}'", identity.resource_type);
            let known = identity.attributes.keys().map(|name| &**name);
            return Err(Problem::error("SW0131", at, message).suggest(attribute, known));
        }
        let message = format!("only AWS knows the attribute '{attribute}' of {name} ({})", identity.resource_type);
        self.warnings.borrow_mut().push(Problem::warning("SW0170", at, message));
        self.produce(at, self.stand_in(name, attribute))
    }

    /// A text for an attribute that is not known. ARNs are often taken apart, so theirs has the parts of one.
    fn stand_in(&self, name: &str, attribute: &str) -> String {
        let text = format!("{name}.{attribute}");
        if attribute.ends_with("Arn") { self.stack.partition.arn("unknown", &text) } else { text }
    }

    fn sub(&self, argument: &Node) -> Result<Node, Problem> {
        let (template, variables) = match (argument.as_text(), argument.as_list()) {
            (Some(text), _) => (text, None),
            (_, Some([template, variables])) => (literal(template, "Fn::Sub")?, Some(variables)),
            _ => return Err(arguments(argument, "Fn::Sub", "a string, or a string and a map")),
        };
        let mut text = String::new();
        for part in parts(template) {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Escaped(name) => text.push_str(&format!("${{{name}}}")),
                Part::Name(name) => text.push_str(&self.variable(name.trim(), variables, argument.at)?),
            }
            if text.len() > MOST_PRODUCED {
                return Err(too_much(argument.at));
            }
        }
        self.produce(argument.at, text)
    }

    fn variable(&self, name: &str, variables: Option<&Node>, at: Position) -> Result<String, Problem> {
        if let Some(value) = variables.and_then(|variables| variables.get(name)) {
            return self.text(value, "Fn::Sub");
        }
        if let Some(value) = self.parameters.get(name) {
            return value.to_text().ok_or_else(|| {
                Problem::error("SW0132", at, format!("the parameter '{name}' is a list; Fn::Sub takes strings"))
            });
        }
        let value = match name.split_once('.') {
            Some((resource, attribute)) => self.attribute(resource, attribute, at)?,
            None => self.named(name, at)?,
        };
        Ok(value.to_text().expect("references produce text"))
    }

    fn if_(&self, argument: &Node) -> Resolved {
        let Some([name, then, otherwise]) = argument.as_list() else {
            return Err(arguments(argument, "Fn::If", "a condition and two values"));
        };
        let name_text = literal(name, "Fn::If")?;
        let holds = self.conditions.get(name_text).ok_or_else(|| self.unknown_condition(name_text, name.at))?;
        self.resolve(if *holds { then } else { otherwise })
    }

    pub(crate) fn unknown_condition(&self, name: &str, at: Position) -> Problem {
        Problem::error("SW0133", at, format!("there is no condition '{name}'"))
            .suggest(name, self.conditions.keys().map(String::as_str))
    }

    fn join(&self, argument: &Node) -> Result<Node, Problem> {
        let Some([delimiter, list]) = argument.as_list() else {
            return Err(arguments(argument, "Fn::Join", "a delimiter and a list"));
        };
        let delimiter = self.text(delimiter, "Fn::Join")?;
        let items = self.list(list, "Fn::Join")?;
        let texts =
            items.iter().map(|item| item.to_text().ok_or_else(|| arguments(item, "Fn::Join", "strings in its list")));
        let texts = texts.collect::<Result<Vec<_>, _>>()?;
        self.spend(argument.at, delimiter.len().saturating_mul(texts.len()))?;
        self.produce(argument.at, texts.join(&delimiter))
    }

    fn select(&self, argument: &Node) -> Result<Node, Problem> {
        let Some([index, list]) = argument.as_list() else {
            return Err(arguments(argument, "Fn::Select", "an index and a list"));
        };
        let position = self.text(index, "Fn::Select")?;
        let mut items = self.list(list, "Fn::Select")?;
        match position.parse::<usize>() {
            Ok(number) if number < items.len() => Ok(items.swap_remove(number)),
            _ => {
                let message = format!("Fn::Select cannot take item {position} of a list of {}", items.len());
                Err(Problem::error("SW0132", index.at, message))
            }
        }
    }

    fn split(&self, argument: &Node) -> Result<Node, Problem> {
        let Some([delimiter, text]) = argument.as_list() else {
            return Err(arguments(argument, "Fn::Split", "a delimiter and a string"));
        };
        let (delimiter, text) = (self.text(delimiter, "Fn::Split")?, self.text(text, "Fn::Split")?);
        if delimiter.is_empty() {
            return Err(Problem::error("SW0132", argument.at, "the delimiter of Fn::Split must not be empty"));
        }
        let items: Vec<Node> = text.split(&delimiter).map(|item| Node::text(argument.at, item)).collect();
        self.spend(argument.at, text.len() + items.len())?;
        Ok(Node::list(argument.at, items))
    }

    fn find_in_map(&self, argument: &Node) -> Result<Node, Problem> {
        let (keys, options) = match argument.as_list() {
            Some([map, first, second]) => ([map, first, second], None),
            Some([map, first, second, options]) => ([map, first, second], Some(options)),
            _ => return Err(arguments(argument, "Fn::FindInMap", "a mapping and two keys")),
        };
        let mut found = self.mappings;
        let mut path = Vec::new();
        for key in keys {
            let key = self.text(key, "Fn::FindInMap")?;
            found = found.and_then(|node| node.get(&key));
            path.push(key);
        }
        let default = options.and_then(|options| options.get("DefaultValue"));
        match (found, default) {
            (Some(node), _) => {
                self.spend(argument.at, weight(node))?;
                Ok(node.clone())
            }
            (None, Some(default)) => {
                self.resolve(default)?.ok_or_else(|| arguments(default, "Fn::FindInMap", "a default that is a value"))
            }
            (None, None) => {
                let message = format!("the mappings have nothing at {}", path.join("."));
                Err(Problem::error("SW0134", argument.at, message))
            }
        }
    }

    fn cidr(&self, argument: &Node) -> Result<Node, Problem> {
        let Some([block, count, rest @ ..]) = argument.as_list().filter(|items| items.len() <= 3) else {
            return Err(arguments(argument, "Fn::Cidr", "a block, a count and the bits of a subnet"));
        };
        let bits = rest.first().map(|bits| self.text(bits, "Fn::Cidr")).transpose()?;
        let blocks = cidr::split(&self.text(block, "Fn::Cidr")?, &self.text(count, "Fn::Cidr")?, bits.as_deref())
            .map_err(|why| Problem::error("SW0132", argument.at, format!("Fn::Cidr cannot split: {why}")))?;
        Ok(Node::list(argument.at, blocks.into_iter().map(|block| Node::text(argument.at, block)).collect()))
    }

    fn availability_zones(&self, argument: &Node) -> Result<Node, Problem> {
        let mut region = self.text(argument, "Fn::GetAZs")?;
        if region.is_empty() {
            region.clone_from(&self.stack.partition.region);
        }
        // AWS differs: which zones a region has depends on the account; here every region has three.
        let zones = ["a", "b", "c"].map(|zone| Node::text(argument.at, format!("{region}{zone}")));
        Ok(Node::list(argument.at, zones.into()))
    }

    /// Resolves an argument that must be a string.
    pub(crate) fn text(&self, node: &Node, function: &str) -> Result<String, Problem> {
        self.resolve(node)?.and_then(|node| node.to_text()).ok_or_else(|| arguments(node, function, "a string here"))
    }

    /// Resolves an argument that must be a list.
    fn list(&self, node: &Node, function: &str) -> Result<Vec<Node>, Problem> {
        match self.resolve(node)?.map(|node| node.content) {
            Some(Content::List(items)) => Ok(items),
            _ => Err(arguments(node, function, "a list here")),
        }
    }

    fn produce(&self, at: Position, text: String) -> Result<Node, Problem> {
        self.spend(at, text.len())?;
        Ok(Node::text(at, text))
    }

    /// Counts what the functions produce, so that a short template cannot fill the memory.
    fn spend(&self, at: Position, amount: usize) -> Result<(), Problem> {
        let produced = self.produced.get().saturating_add(amount);
        self.produced.set(produced);
        if produced > MOST_PRODUCED { Err(too_much(at)) } else { Ok(()) }
    }
}

fn too_much(at: Position) -> Problem {
    Problem::error("SW0104", at, "the functions of the template produce more than 16 MB")
}

fn arguments(node: &Node, function: &str, wanted: &str) -> Problem {
    let given = match node.as_list() {
        Some(items) => format!("a list of {}", items.len()),
        None => node.kind().to_owned(),
    };
    Problem::error("SW0132", node.at, format!("{function} takes {wanted}, not {given}"))
}

/// An argument that may not be a call.
fn literal<'n>(node: &'n Node, function: &str) -> Result<&'n str, Problem> {
    node.as_text().ok_or_else(|| arguments(node, function, "a name"))
}

/// What a copy of `node` costs.
fn weight(node: &Node) -> usize {
    match &node.content {
        Content::Text(text) | Content::Number(text) => text.len() + 1,
        Content::List(items) => items.iter().map(weight).sum::<usize>() + 1,
        Content::Map(entries) => entries.iter().map(|entry| entry.key.len() + weight(&entry.value)).sum::<usize>() + 1,
        Content::Null | Content::Bool(_) => 1,
    }
}
