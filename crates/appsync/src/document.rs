//! Query documents: bounded, parsed, validated and kept, with the plans compiled from them.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::AtomicUsize},
};

use apollo_compiler::{
    ExecutableDocument, Name, Node,
    ast::{DirectiveList, Value as Literal},
    executable::{Operation, Selection, SelectionSet},
    parser::Parser,
    validation::Valid,
};
use parking_lot::Mutex;
use quick_cache::{Weighter, sync::Cache};
use serde_json::{Map, Value};

use crate::{
    GraphqlError, Location,
    authorization::Authorizer,
    hidden, limits,
    pipeline::Resolvers,
    plan::{Compiler, Plan, PlanError},
    schema::Schema,
    validation,
};

/// Everything that turns query texts into plans.
pub(crate) struct Documents {
    schema: Arc<Schema>,
    resolvers: Arc<Resolvers>,
    authorizer: Authorizer,
    depth_limit: usize,
    introspection: bool,
    cache: Cache<Arc<str>, Arc<Document>, ByText>,
}

/// A valid document.
pub(crate) struct Document {
    pub(crate) executable: Arc<Valid<ExecutableDocument>>,
    /// By operation and the values of its condition variables; bounded.
    plans: Mutex<Vec<(PlanKey, Arc<Plan>)>>,
    /// Condition variables of every operation, by its name.
    conditions: HashMap<Option<Name>, Vec<Name>>,
}

type PlanKey = (Option<Name>, Vec<bool>);

#[derive(Clone)]
struct ByText;

impl Weighter<Arc<str>, Arc<Document>> for ByText {
    fn weight(&self, text: &Arc<str>, _: &Arc<Document>) -> u64 {
        (text.len() as u64 + 256) * limits::PREPARED_FACTOR
    }
}

impl Documents {
    pub(crate) fn new(
        schema: Arc<Schema>,
        resolvers: Arc<Resolvers>,
        authorizer: Authorizer,
        depth_limit: usize,
        introspection: bool,
    ) -> Self {
        let average = 1_000 * limits::PREPARED_FACTOR;
        let items = usize::try_from(limits::PREPARED_CACHE_BYTES / average).unwrap_or(1_000);
        let cache = Cache::with_weighter(items, limits::PREPARED_CACHE_BYTES, ByText);
        Self { schema, resolvers, authorizer, depth_limit, introspection, cache }
    }

    /// The document with this text: parsed and validated the first time, remembered after that.
    pub(crate) fn document(&self, text: &Arc<str>) -> Result<Arc<Document>, Vec<GraphqlError>> {
        if let Some(document) = self.cache.get(text) {
            return Ok(document);
        }
        check_size(text).map_err(|error| vec![error])?;
        let mut parser = Parser::new().recursion_limit(2 * limits::QUERY_NESTING);
        let ast = parser
            .parse_ast(text.as_ref(), "query.graphql")
            .map_err(|invalid| validation::errors(&self.schema.definitions, &invalid.partial, &invalid.errors))?;
        let executable = ast
            .to_executable_validate(&self.schema.definitions)
            .map_err(|invalid| validation::errors(&self.schema.definitions, &ast, &invalid.errors))?;
        let refused = if self.introspection { Vec::new() } else { hidden::introspected(&executable) };
        if !refused.is_empty() {
            return Err(refused);
        }
        let document = Arc::new(Document::new(executable));
        self.cache.insert(text.clone(), document.clone());
        Ok(document)
    }

    /// The plan of `operation` with these coerced variables.
    pub(crate) fn plan(
        &self,
        document: &Document,
        operation: &Operation,
        variables: &Map<String, Value>,
    ) -> Result<Arc<Plan>, PlanError> {
        let names = document.conditions.get(&operation.name).map(Vec::as_slice).unwrap_or_default();
        let truth = |name: &Name| variables.get(name.as_str()) == Some(&Value::Bool(true));
        let key: PlanKey = (operation.name.clone(), names.iter().map(truth).collect());
        if let Some((_, plan)) = document.plans.lock().iter().find(|(known, _)| *known == key) {
            return Ok(plan.clone());
        }
        let conditions = names.iter().map(|name| (name.as_str().to_owned(), truth(name))).collect();
        let plan = Arc::new(self.compiler(document, conditions).plan(operation)?);
        let mut plans = document.plans.lock();
        if plans.len() >= limits::PLANS_PER_DOCUMENT {
            plans.remove(0);
        }
        plans.push((key, plan.clone()));
        Ok(plan)
    }

    fn compiler(&self, document: &Document, conditions: HashMap<String, bool>) -> Compiler {
        Compiler {
            schema: self.schema.clone(),
            resolvers: self.resolvers.clone(),
            authorizer: self.authorizer.clone(),
            document: document.executable.clone(),
            conditions,
            depth_limit: self.depth_limit,
            compiled: AtomicUsize::new(0),
        }
    }
}

impl Document {
    fn new(executable: Valid<ExecutableDocument>) -> Self {
        // Which fragments an operation reaches is not worth finding out: all of them count for all operations.
        let mut of_fragments = Vec::new();
        for fragment in executable.fragments.values() {
            condition_variables(&fragment.selection_set, &mut of_fragments);
        }
        let conditions = executable.operations.iter().map(|operation| {
            let mut names = of_fragments.clone();
            condition_variables(&operation.selection_set, &mut names);
            (operation.name.clone(), names)
        });
        let conditions = conditions.collect();
        Self { executable: Arc::new(executable), plans: Mutex::new(Vec::new()), conditions }
    }

    /// The operation to run; an error is the message of a `BadRequestException`.
    pub(crate) fn operation(&self, name: Option<&str>) -> Result<&Node<Operation>, String> {
        self.executable.operations.get(name).map_err(|_| match name {
            None => "Missing operation name.".to_owned(),
            Some(name) => format!("Unknown operation named '{name}'."),
        })
    }
}

/// Adds the variables that `@skip` and `@include` use in `set`; recursion follows the text.
fn condition_variables(set: &SelectionSet, names: &mut Vec<Name>) {
    for selection in &set.selections {
        add_conditions(selection.directives(), names);
        match selection {
            Selection::Field(field) => condition_variables(&field.selection_set, names),
            Selection::InlineFragment(fragment) => condition_variables(&fragment.selection_set, names),
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn add_conditions(directives: &DirectiveList, names: &mut Vec<Name>) {
    for directive in directives.iter().filter(|directive| matches!(directive.name.as_str(), "skip" | "include")) {
        let condition = directive.specified_argument_by_name("if").map(|condition| &**condition);
        if let Some(Literal::Variable(name)) = condition
            && !names.contains(name)
        {
            names.push(name.clone());
        }
    }
}

/// Refuses texts that are too long or nested too deep, before anything recurses into them.
fn check_size(text: &str) -> Result<(), GraphqlError> {
    let (mut tokens, mut depth) = (0_usize, 0_usize);
    let (mut line, mut line_start) = (1, 0);
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        at += token_length(&bytes[at..]);
        match bytes[start] {
            b'\n' => {
                line += 1;
                line_start = at;
            }
            b' ' | b'\t' | b'\r' | b',' | b'#' => {}
            byte => {
                tokens += 1;
                depth += usize::from(matches!(byte, b'{' | b'(' | b'['));
                depth -= usize::from(matches!(byte, b'}' | b')' | b']')).min(depth);
            }
        }
        let place = || Location { line, column: start - line_start + 1 };
        if tokens > limits::QUERY_TOKENS {
            return Err(validation::syntax("Maximum char length exceeded", place()));
        }
        if depth > limits::QUERY_NESTING {
            let text = format!("Invalid Syntax : more than {} levels of nesting", limits::QUERY_NESTING);
            return Err(validation::syntax(&text, place()));
        }
    }
    Ok(())
}

/// Bytes of the token at the start of `rest`, which is not empty; exact enough to count and to skip strings.
fn token_length(rest: &[u8]) -> usize {
    let until = |from: usize, end: &dyn Fn(u8) -> bool| {
        rest[from..].iter().position(|byte| end(*byte)).map_or(rest.len(), |found| from + found)
    };
    match rest[0] {
        b'#' => until(1, &|byte| byte == b'\n'),
        b'"' if rest.starts_with(b"\"\"\"") => {
            rest[3..].windows(3).position(|three| three == b"\"\"\"").map_or(rest.len(), |end| end + 6)
        }
        b'"' => string_length(rest),
        byte if byte.is_ascii_alphanumeric() || byte == b'_' => {
            until(1, &|byte| !byte.is_ascii_alphanumeric() && byte != b'_')
        }
        _ => 1,
    }
}

fn string_length(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            b'\n' => return at,
            _ => at += 1,
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let text = format!("{{ a(b: \"{0}\", c: \"\"\"{0}\"\"\") # {0}\n}}", "{[(".repeat(1_000));
        assert!(check_size(&text).is_ok());
    }

    #[test]
    fn long_and_deep_texts_are_refused_with_a_place() {
        let deep = check_size(&"{a".repeat(100_000)).unwrap_err();
        assert!(deep.message.contains("nesting"), "{}", deep.message);
        let long = check_size(&"a ".repeat(15_001)).unwrap_err();
        assert_eq!(long.message, "Maximum char length exceeded");
        assert_eq!(long.locations, Some(vec![Location { line: 1, column: 30_001 }]));
    }
}
