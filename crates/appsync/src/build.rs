//! Compiles an API's resolvers and functions, and collects what is wrong with them.

use std::{collections::HashMap, sync::Arc};

use apollo_compiler::{Name, ast::Value as Literal};
use resolver::{Code, Handlers, vtl::Vtl};

use crate::{
    ApiConfig, ConflictHandler, Deps, Diagnostic, LambdaOptions, ResolverConfig, ResolverKind,
    data_source::{DataSource, Owner},
    limits,
    pipeline::{Resolver, Resolvers, Step},
    schema::Schema,
};

/// For each mutation field, the subscription fields that it triggers.
pub(crate) type Triggers = HashMap<String, Vec<String>>;

struct Build<'a> {
    config: &'a ApiConfig,
    deps: &'a Deps,
    schema: &'a Schema,
    sources: HashMap<&'a str, Arc<DataSource>>,
    functions: HashMap<&'a str, Step>,
    wrong: Vec<Diagnostic>,
}

/// The resolvers of an API, and which mutations its subscriptions listen to.
pub(crate) fn resolvers_and_triggers(
    config: &ApiConfig,
    deps: &Deps,
    schema: &Schema,
) -> Result<(Resolvers, Triggers), Vec<Diagnostic>> {
    let mut build =
        Build { config, deps, schema, sources: HashMap::new(), functions: HashMap::new(), wrong: Vec::new() };
    build.data_sources();
    build.functions();
    let mut resolvers = Resolvers::default();
    for resolver in &config.resolvers {
        if let Some(compiled) = build.resolver(resolver) {
            resolvers.insert(&resolver.type_name, &resolver.field_name, compiled);
        }
    }
    let triggers = build.triggers();
    if build.wrong.is_empty() { Ok((resolvers, triggers)) } else { Err(build.wrong) }
}

impl<'a> Build<'a> {
    fn data_sources(&mut self) {
        let ApiConfig { api_id, partition, coalesce_get_items, .. } = self.config;
        let owner = Owner { api_id, partition, coalesce_get_items: *coalesce_get_items };
        for source in &self.config.data_sources {
            self.sources.insert(&source.name, Arc::new(DataSource::build(source, owner, self.deps)));
        }
    }

    fn functions(&mut self) {
        for function in &self.config.functions {
            let step = self.step(
                &function.name,
                &function.data_source,
                function.code.as_ref(),
                function.lambda,
                function.conflict_handler.as_ref(),
            );
            if let Some(step) = step {
                self.functions.insert(&function.id, step);
            }
        }
    }

    fn resolver(&mut self, resolver: &'a ResolverConfig) -> Option<Resolver> {
        let ResolverConfig { type_name, field_name, kind, lambda, conflict_handler, .. } = resolver;
        let name = format!("{type_name}.{field_name}");
        let object = self.schema.definitions.get_object(type_name);
        if object.is_none_or(|object| !object.fields.contains_key(field_name.as_str())) {
            self.report(&name, format!("No field named {field_name} found on type {type_name}"));
            return None;
        }
        match kind {
            ResolverKind::Unit { data_source, code } => {
                self.step(&name, data_source, code.as_ref(), *lambda, conflict_handler.as_ref()).map(Resolver::Unit)
            }
            ResolverKind::Pipeline { functions, code } => self.pipeline(&name, functions, code),
        }
    }

    fn pipeline(&mut self, name: &str, ids: &[String], code: &Code) -> Option<Resolver> {
        if ids.len() > limits::PIPELINE_FUNCTIONS {
            let most = limits::PIPELINE_FUNCTIONS;
            self.report(name, format!("pipeline has {} functions, AppSync allows {most}", ids.len()));
        }
        let handlers = self.compile(code)?;
        let mut functions = Vec::with_capacity(ids.len());
        for id in ids {
            match self.functions.get(id.as_str()) {
                Some(step) => functions.push(step.clone()),
                // A function that did not compile has been reported already.
                None if self.config.functions.iter().any(|function| function.id == *id) => {}
                None => self.report(name, format!("No function found with id {id}")),
            }
        }
        (functions.len() == ids.len()).then_some(Resolver::Pipeline { handlers, functions })
    }

    fn step(
        &mut self,
        name: &str,
        data_source: &str,
        code: Option<&Code>,
        mut lambda: LambdaOptions,
        conflict_handler: Option<&ConflictHandler>,
    ) -> Option<Step> {
        let handlers = match code {
            Some(code) => Some(self.compile(code)?),
            None => None,
        };
        let Some(source) = self.sources.get(data_source).cloned() else {
            // A data source that could not be built has been reported already.
            if !self.config.data_sources.iter().any(|known| known.name == data_source) {
                self.report(name, format!("No data source found named {data_source}"));
            }
            return None;
        };
        lambda.whole_context |= handlers.is_none();
        lambda.plain_response |= handlers.is_none();
        self.check_lambda(name, data_source, &source, lambda);
        let conflict_handler = conflict_handler.cloned().map(Arc::new);
        Some(Step { name: name.into(), handlers, source, lambda, conflict_handler })
    }

    /// What only resolvers and functions of a Lambda data source may do without.
    fn check_lambda(&mut self, name: &str, data_source: &str, source: &DataSource, lambda: LambdaOptions) {
        let message = match (lambda.whole_context, lambda.plain_response) {
            _ if source.is_lambda() => None,
            (true, true) => Some(format!("resolver without code needs a Lambda data source, '{data_source}' is none")),
            (true, false) => Some("it needs a RequestMappingTemplate beside the other template".to_owned()),
            (false, true) => Some("it needs a ResponseMappingTemplate beside the other template".to_owned()),
            (false, false) => None,
        };
        if let Some(message) = message {
            self.report(name, message);
        }
        let largest = limits::BATCH_INVOKE;
        if usize::try_from(lambda.max_batch_size).is_ok_and(|size| size > largest) {
            self.report(name, format!("MaxBatchSize is at most {largest}"));
        }
    }

    fn compile(&mut self, code: &Code) -> Option<Arc<dyn Handlers>> {
        let compiled = match code {
            Code::JavaScript(source) => self.deps.language.compile(source),
            Code::Templates(templates) => Vtl::default().compile(templates),
        };
        match compiled {
            Ok(handlers) => Some(handlers),
            Err(error) => {
                self.wrong.extend(Diagnostic::of_code(&error));
                None
            }
        }
    }

    /// Reads `@aws_subscribe`.
    fn triggers(&mut self) -> Triggers {
        let mut triggers = Triggers::new();
        let definitions = &self.schema.definitions;
        let root = |name: Option<&Name>| name.and_then(|name| definitions.get_object(name));
        let subscriptions = root(self.schema.root(apollo_compiler::executable::OperationType::Subscription));
        let mutations = root(self.schema.root(apollo_compiler::executable::OperationType::Mutation));
        for (name, field) in subscriptions.into_iter().flat_map(|object| &object.fields) {
            let directive = field.directives.get("aws_subscribe");
            let listed = directive.and_then(|directive| directive.specified_argument_by_name("mutations"));
            let listed = match listed.map(|listed| &**listed) {
                Some(Literal::List(names)) => names.iter().filter_map(|name| name.as_str()).collect(),
                Some(Literal::String(name)) => vec![name.as_str()],
                _ => Vec::new(),
            };
            for mutation in listed {
                if mutations.is_some_and(|object| object.fields.contains_key(mutation)) {
                    triggers.entry(mutation.to_owned()).or_default().push(name.to_string());
                    continue;
                }
                let at = field.location().and_then(|span| span.line_column(&definitions.sources));
                let number = |n: Option<usize>| n.and_then(|n| u32::try_from(n).ok()).unwrap_or_default();
                self.wrong.push(Diagnostic {
                    file: self.config.schema.name.clone(),
                    line: number(at.map(|at| at.line)),
                    column: number(at.map(|at| at.column)),
                    message: format!("subscription '{name}' listens to mutation '{mutation}', which does not exist"),
                });
            }
        }
        triggers
    }

    fn report(&mut self, resource: &str, message: String) {
        self.wrong.push(Diagnostic::of_resource(resource, message));
    }
}
